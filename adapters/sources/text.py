"""Bytes of text files to lines: UTF-8, UTF-8 with BOM, UTF-16 with BOM, GB18030, and files that mix them.

In: a binary file. Out: decoded lines; bytes that no encoding explains become U+FFFD, so that the row is still seen.
Not here: what the lines mean (`files`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines(file: BinaryIO) -> Iterator[str]:
    """Decoded lines with their ends; the encoding is judged line by line, for exports are pasted together."""
    start = file.read(3)
    file.seek(0)
    if start[:2] in _UTF16:
        yield from file.read().decode("utf-16", errors="replace").splitlines(keepends=True)
        return
    if start == codecs.BOM_UTF8:
        file.seek(3)
    order = ["utf-8", "gb18030"]
    for line in file:
        yield _decoded(line, order)


def _decoded(line: bytes, order: list[str]) -> str:
    """One line; the encoding that last worked is tried first, except that UTF-8 always goes before GB18030 for new proof."""
    for encoding in order:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    candidates = [line.decode(encoding, errors="replace") for encoding in order]
    return min(candidates, key=lambda text: text.count("\ufffd"))
