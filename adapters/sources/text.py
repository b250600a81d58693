"""Bytes of text files to lines: UTF-8, UTF-8 with BOM, UTF-16 with BOM, GB18030, and files that mix them.

In: a binary file. Out: decoded lines with their ends; bytes that no encoding explains become U+FFFD, so that the row is still seen.
Not here: what the lines mean (`files`). The encoding is judged line by line, for exports are pasted together.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import AnyStr, BinaryIO

from engine.errors import SourceError

LONGEST_LINE = 16 * 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TWO_BYTES = "\u07ff"
_UTF8, _GB18030 = "utf-8", "gb18030"


def lines(file: BinaryIO, *, longest: int = LONGEST_LINE) -> Iterator[str]:
    """Decoded lines, ended by LF, CRLF or a lone CR; raises SourceError for a line of more than `longest` bytes."""
    for line in _decoded_lines(file, longest):
        if "\r" in line:
            yield from io.StringIO(line, newline="")
        else:
            yield line


def _decoded_lines(file: BinaryIO, longest: int) -> Iterator[str]:
    start = file.read(3)
    file.seek(0)
    if start[:2] in _UTF16:
        reader = io.TextIOWrapper(file, "utf-16", errors="replace", newline="\n")
        yield from _checked(iter(lambda: reader.readline(longest + 1), ""), longest, file)
        return
    if start == codecs.BOM_UTF8:
        file.seek(3)
    judge = _Judge()
    for raw in _checked(iter(lambda: file.readline(longest + 1), b""), longest, file):
        yield judge.decoded(raw)


def _checked(stream: Iterator[AnyStr], longest: int, file: BinaryIO) -> Iterator[AnyStr]:
    for number, line in enumerate(stream, start=1):
        if len(line) > longest:
            raise SourceError(
                f"第 {number} 行超过 {longest // 2**20} MB，不像是一行数据",
                where=Path(file.name).name,
                hint="确认文件没有选错、没有损坏，再从原系统重新导出",
            )
        yield line


@dataclass(slots=True)
class _Judge:
    """What the file has shown so far: `proven` is the encoding that the last telling line was written in."""

    proven: str = _UTF8

    def decoded(self, line: bytes) -> str:
        """One line; 卢 in GB18030 is also ¬ in UTF-8: where a line may be either, the file's last telling line decides."""
        if line.isascii():
            return line.decode("ascii")
        utf8, gb18030 = _tried(line, _UTF8), _tried(line, _GB18030)
        if utf8 is not None and max(utf8) > _TWO_BYTES:
            self.proven = _UTF8
            return utf8
        if utf8 is None and gb18030 is not None:
            self.proven = _GB18030
        either = {_UTF8: utf8, _GB18030: gb18030}
        fitting = either[self.proven] or utf8 or gb18030
        return fitting if fitting is not None else _patched(line)


def _tried(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _patched(line: bytes) -> str:
    """The reading with fewer bytes left unexplained."""
    readings = [line.decode(encoding, errors="replace") for encoding in (_UTF8, _GB18030)]
    return min(readings, key=lambda text: text.count("\ufffd"))
