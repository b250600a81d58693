"""Text as word lists read it: NFKC, lower case, no white space between Chinese characters, and the way back.

In: a masked text, or a literal or pattern of a word list. Out: its folded form, and for every folded character where it stood.
Not here: which words are sought (`words`), what is masked (`engine.masking`).

Nearly every text differs from its folded form by full-width punctuation alone, so that is exchanged first and the slow
ways are taken only by texts that need them: 2 us instead of 20 for 150 characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from engine.marks import bounded

_NARROW = {0xFF01 + step: 0x21 + step for step in range(94)}
_SPECIAL = frozenset(r"\.+*?()|[]{}^$-")
_HAN = "[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_BETWEEN_HAN = re.compile(f"(?<={_HAN})[ \t\u00a0\u00ad\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff]++(?={_HAN})")
"""White space within a line between Chinese characters, and characters that show nothing; a line end is the end of a sentence and stays."""


def fold(text: str) -> str:
    """The folded form of a text or literal."""
    return folded(text)[0]


def folded(text: str) -> tuple[str, bool]:
    """The folded form of a text, and whether every character stands where it stood."""
    plain = bounded(text).replace("，", ",").replace("！", "!").replace("？", "?").replace("；", ";").replace("：", ":")
    plain = plain.replace("（", "(").replace("）", ")").replace("＊", "*")
    aligned = unicodedata.is_normalized("NFKC", plain)
    if not aligned:
        plain = plain.translate(_NARROW)
        aligned = unicodedata.is_normalized("NFKC", plain)
    form = plain.lower() if aligned else _nfkc(plain).lower()
    if not form.isprintable() or " " in form:
        form = _BETWEEN_HAN.sub("", form)
    return form, aligned and len(form) == len(text)


def fold_pattern(pattern: str) -> str:
    """A pattern whose own characters are folded like the text; what folding makes of one is never an operator.

    A full-width question mark in a pattern stands for the `?` that the text will hold, not for the operator.
    """
    return "".join(char if char.isascii() else _literally(_nfkc(char)) for char in pattern)


def origins(text: str) -> Sequence[tuple[int, int]]:
    """For every character of `fold(text)`: start and end of the characters of `text` that it came from."""
    pieces: list[str] = []
    stood: list[tuple[int, int]] = []
    for start, end, piece in _clusters(bounded(text)):
        lowered = piece.lower()
        pieces.append(lowered)
        stood += [(start, end)] * len(lowered)
    form = "".join(pieces)
    kept: list[tuple[int, int]] = []
    position = 0
    for gap in _BETWEEN_HAN.finditer(form):
        kept += stood[position : gap.start()]
        position = gap.end()
    return kept + stood[position:]


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _literally(form: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in form)


def _clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and NFKC form of the shortest stretches that fold by themselves: a letter with its marks is one."""
    start, held = 0, ""
    for position, char in enumerate(text):
        piece = _nfkc(char)
        joined = _nfkc(text[start : position + 1])
        if position == start or joined != held + piece or _is_mark(char):
            held = joined
            continue
        yield start, position, held
        start, held = position, piece
    if text:
        yield start, len(text), held


def _is_mark(char: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) > 0
