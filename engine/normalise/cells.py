"""A cell of any supplier as clean text, and the folded form in which headers and codes are compared.

In: cells as sources yield them (text, number, truth, None). Out: text without control characters and export tricks.
Not here: what the text means (`times`, `quantities`, `contacts`, `suppliers`).
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from engine.marks import bounded

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_INVISIBLE = {ord(c): None for c in "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"}
_NOTE = re.compile(r"\(.*\)$|\[.*\]$|【.*】$")
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,300}>")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")
_EXPORT_MARKS = frozenset("='")
_DIGITS_EXACT = 15


def cell_text(cell: object) -> str:
    """The cell as stripped text: 3.0 is "3", truth is 是 or 否, `="007"` and `'007` lose the spreadsheet's marks."""
    if type(cell) is str:
        text = cell.strip()
        return bounded(text if text.isprintable() and text[:1] not in _EXPORT_MARKS else _tidied(text))
    return _scalar(cell)


def _tidied(text: str) -> str:
    wrapped = _FORMULA_TEXT.fullmatch(text)
    text = wrapped[1] if wrapped else text.removeprefix("'")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text)).strip()


def _scalar(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return ""
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return _tidied(str(cell).strip())


def plain_text(text: str) -> str:
    """A text without the HTML that web forms leave in it."""
    if "<" in text or "&" in text:
        return html.unescape(_TAG.sub("", text)).strip()
    return text


def half_width(text: str) -> str:
    """NFKC: full-width letters, digits and marks as plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def folded(text: str) -> str:
    """For comparison: NFKC, no white space or invisible characters, lower case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if not text.isprintable():
            text = text.translate(_INVISIBLE)
    return "".join(text.split()).lower()


def header_forms(header: str) -> tuple[str, ...]:
    """The folded header, then without marks (`*报警时间：`), then without a note in brackets (`报警时间(必填)`)."""
    whole = folded(header)
    bare = whole.strip("*:：#•·.、")
    return tuple(dict.fromkeys((whole, bare, _NOTE.sub("", bare).strip("*:："))))


def lost_digits(cell: object) -> bool:
    """Whether a number once longer than a spreadsheet can hold came back rounded: it names no record any more."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)) or abs(cell) < 10**_DIGITS_EXACT:
        return isinstance(cell, str) and _scientific(cell)
    if isinstance(cell, float):
        return True
    near = float(cell)
    digits = repr(near).partition("e")[0].replace(".", "").strip("0")
    return near == cell and len(digits) <= _DIGITS_EXACT and cell >= 10**16


def _scientific(text: str) -> bool:
    return ("E" in text or "e" in text) and _SCIENTIFIC.fullmatch(text.strip()) is not None


def row_text(values: Mapping[str, Any]) -> str:
    """Every textual cell of a row whose columns nobody knows, so that its words can still be read."""
    return "。".join(filter(None, (cell_text(cell) for cell in values.values())))
