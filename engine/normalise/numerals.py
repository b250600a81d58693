"""Numbers as people write them: 3.5万, 三万五, 50w, 二十多, 十几, 1,280.00.

In: text that is a number and nothing else. Out: a Decimal or None; a vague number counts as its lower bound.
Not here: finding numbers in a sentence (`quantities`).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

_ZERO, _TEN_THOUSAND = Decimal(0), Decimal(10_000)
_DIGITS = {
    c: Decimal(v)
    for c, v in zip("零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖", map(int, "001223456789123456789"), strict=True)
}
_DIGITS |= {"幺": Decimal(1), "俩": Decimal(2)}
_UNITS = {c: Decimal(v) for c, v in (("十", 10), ("拾", 10), ("百", 100), ("佰", 100), ("千", 1000), ("仟", 1000))}
_MYRIADS = {c: Decimal(v) for c, v in (("万", 10**4), ("萬", 10**4), ("w", 10**4), ("亿", 10**8), ("億", 10**8))}
_VAGUE_DIGIT = "几数"
_IGNORED = "多余来近约"
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|.", re.DOTALL)
_SEQUENCE = re.compile(r"[零〇一二三四五六七八九幺]{3,}")

SPOKEN = "零〇一二两三四五六七八九十百千万亿几数壹贰叁肆伍陆柒捌玖拾佰仟萬億"
"""Characters that a number out of characters is made of."""


@lru_cache(maxsize=256)
def number(text: str) -> Decimal | None:
    """The number, exact; None if the text holds anything else. 三四十 is 30, 几十 is 20, 三万五 is 35000."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    text = text.strip().lower().replace(" ", "")
    if not text:
        return None
    if _SEQUENCE.fullmatch(text):
        return Decimal("".join(str(_DIGITS[c]) for c in text))
    reading = _Reading()
    for token in _TOKEN.findall(text):
        if not reading.take(token):
            return None
    return reading.total()


class _Reading:
    """The state of reading one number from left to right: finished myriads, the section so far, the digit in hand."""

    __slots__ = ("digit", "myriads", "section", "seen", "unit", "vague")

    def __init__(self) -> None:
        self.myriads, self.section, self.unit = _ZERO, _ZERO, Decimal(1)
        self.digit: Decimal | None = None
        self.vague = False
        self.seen = False

    def take(self, token: str) -> bool:
        """Reads one token; False if it belongs to no number."""
        if token[0].isdigit():
            self._hold(Decimal(token.replace(",", "")))
        elif token in _DIGITS:
            self._hold(_DIGITS[token])
        elif token in _VAGUE_DIGIT:
            self.vague = True
        elif token in _UNITS:
            self._close(_UNITS[token])
        elif token in _MYRIADS:
            self._lift(_MYRIADS[token])
        else:
            return token in _IGNORED
        return True

    def _hold(self, value: Decimal) -> None:
        """Keeps the first of two neighbouring digits (三四十); a zero says that a unit was skipped (三万零五)."""
        self.seen = True
        if value == 0 and self.digit is None:
            self.unit = Decimal(10)
        self.digit = value if not self.digit else self.digit

    def _take_digit(self, *, empty: int) -> Decimal:
        value = self.digit if self.digit is not None else Decimal(2 if self.vague else empty)
        self.digit, self.vague = None, False
        return value

    def _close(self, unit: Decimal) -> None:
        self.section += self._take_digit(empty=1) * unit
        self.unit, self.seen = unit, True

    def _lift(self, unit: Decimal) -> None:
        bare = self.section == 0 and self.myriads == 0
        self.section += self._take_digit(empty=1 if bare else 0)
        if unit > _TEN_THOUSAND:
            self.myriads = (self.myriads + self.section) * unit
        else:
            self.myriads += self.section * unit
        self.section, self.unit, self.seen = _ZERO, unit, True

    def total(self) -> Decimal | None:
        """The whole: a last digit counts in tenths of the unit before it (三万五, 一百二)."""
        if not self.seen:
            return None
        last = self.digit or _ZERO
        if self.unit >= 100 and last < 10 and last == last.to_integral_value():
            last *= self.unit / 10
        return self.myriads + self.section + last
