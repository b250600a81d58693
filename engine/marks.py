"""Combining marks: no letter carries more of them than any language writes.

In: a text. Out: the same text, as long as before, with marks past the thirtieth in a row replaced by a character that shows nothing.
Not here: any other folding (`features.folding`, `normalise.cells`). The bound is that of the Stream-Safe Text Format (Unicode
Standard Annex 15, D3): past it, normalising a text costs the square of the run.
"""

from __future__ import annotations

import re
import unicodedata

MOST = 30
_PLACES = range(0x300, 0x1F000)  # where Unicode has marks
_NOTHING = "\u034f"  # combining grapheme joiner: a starter, so marks on both sides of it are never sorted together


def _marks() -> str:
    """The marks as a character class: what combines, and what decomposes into something that does."""
    found = [code for code in _PLACES if _combines(chr(code))]
    spans: list[list[int]] = []
    for code in found:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)


def _combines(char: str) -> bool:
    if unicodedata.combining(char):
        return True
    return bool(unicodedata.decomposition(char)) and unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) > 0


_MARK = f"[{_marks()}]"
_POSSIBLE = re.compile(
    f"[\u0300-\u1fff\u20d0-\u2fff\u302a-\u3030\u3099-\u309a\ua66f-\uabff\ufb00-\ufe2f\U00010000-\U0001efff]{{{MOST + 1}}}"
)
"""A run of the scripts and signs that have marks: a text without one is looked at no closer, which is ten times quicker."""
_SURPLUS = re.compile(f"(?<={_MARK}{{{MOST}}}){_MARK}")


def bounded(text: str) -> str:
    """The text with at most `MOST` marks in a row; its length and every other character stay."""
    if len(text) <= MOST or not _POSSIBLE.search(text):
        return text
    return _SURPLUS.sub(_NOTHING, text)
