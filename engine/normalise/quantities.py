"""Amounts, head counts and stated repeats in free text.

In: a narrative and the wording of `mappings/common.yaml`. Out: fen, heads, times; None where the text names none. The largest counts.
Not here: what a number written alone means (`numerals`), whether it matters (`rules/`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.normalise.numerals import SPOKEN, number

_FEN = Decimal(100)
_FEW_YUAN = 10
_NUMBER = re.compile(rf"[\d{SPOKEN}](?:[\d{SPOKEN}多余来]|(?<=\d)[,，](?=\d\d\d(?!\d))|(?<=\d)[.．](?=\d))*+")
_MYRIAD_ENDS = re.compile(r"[万亿萬億](?:[多余来]|[一二三四五六七八九1-9][千百]?)?$")
_ADVERB = re.compile(r"[百千万亿萬億]")
_SIGN = re.compile(r"(?:人民币|[¥￥]|rmb)\s*$", re.IGNORECASE)
_YUAN = re.compile(r"(?P<w>[wW])?\s?余?(?P<unit>元|块钱|块|圆|人民币)(?![旦宵月件素老首凶])")
_SHORT = re.compile(r"[wW](?![A-Za-z0-9])")
_RANGE = re.compile(rf"\s?[-~—至到]\s?[\d{SPOKEN}]+[多余来]?")
_BARE = re.compile(r"个?人(?![次民行工间座份字口才家均制])|名(?![下字称义额单誉牌声次校片气])")
_HOUSEHOLD = re.compile(r"户(?![口外型籍室主])")
_TIMES = re.compile(r"[次回遍](?![性数级序])")
_ROOM_BEFORE = frozenset("栋幢座元楼号室梯弄巷-－#第.")
_MONEY_NEXT = frozenset(" 元块圆人余wW")
_MONEY_LAST = re.compile(r"[万亿萬億]")
_SIGN_LAST = frozenset("¥￥币bB ")
_PEOPLE_NEXT = frozenset(" 人名户个位家余-~—至到")
_TIMES_NEXT = frozenset("次回遍")
_LONGEST = 16
_SCALE_WITHIN = 8
_VAGUE = re.compile(r"[几数]")
_CLAUSE = re.compile(r"[，。！？；,!?;\n]")
_WE = re.compile(r"我们|咱们|我村|我小区|本小区|本村|本组|我组|俺们")


@dataclass(frozen=True, slots=True)
class Quantities:
    """What one text names: money in fen, people who complain, times reported; None where it names none."""

    amount: int | None = None
    heads: int | None = None
    repeats: int | None = None


_NONE = Quantities()


class QuantityReader:
    """Reads every number of a text once and asks what stands behind it."""

    def __init__(self, common: Mapping[str, Any]) -> None:
        limits, heads = common["limits"], common["heads"]
        self._money = _Money(common["money"], limits["amount_yuan"])
        self._people = _People(heads, limits["heads"])
        self._repeats = _Repeats(common["repeats"], limits["repeats"])
        self._people_next = _PEOPLE_NEXT | {noun[0] for noun in heads["nouns"]}

    def read(self, text: str) -> Quantities:
        """The largest of each kind."""
        amounts: list[int | None] = []
        heads: list[int | None] = []
        repeats: list[int | None] = []
        for match in _NUMBER.finditer(text):
            start, end = match.span()
            if end - start > _LONGEST or len(_VAGUE.findall(match[0])) > 1:
                continue
            after = text[end : end + 1]
            if after in _MONEY_NEXT or text[start - 1 : start] in _SIGN_LAST or _MONEY_LAST.search(text, start, end):
                amounts.append(self._money.read(text, match))
            if after in self._people_next:
                heads.append(self._people.read(text, match))
            if after in _TIMES_NEXT:
                repeats.append(self._repeats.read(text, match))
        if not (amounts or heads or repeats):
            return _NONE
        return Quantities(_largest(amounts), _largest(heads), _largest(repeats))

    def amount_cell(self, text: str, *, unit: int) -> int | None:
        """A cell of an amount column in fen: a bare number is in yuan times `unit` (10,000 under a 万元 header)."""
        bare = number(text.strip("¥￥元 "))
        if bare is None:
            return self.read(text).amount
        written_out = any(mark in text for mark in "万亿元¥￥")
        return self._money.fen(bare if written_out else bare * unit)


class _Money:
    """Sums: 50万, 五十万元, ¥30,000.00, 两千块, 50w; never 50万人, 千万不要, 5块砖 or somebody's turnover."""

    def __init__(self, wording: Mapping[str, Any], most_yuan: int) -> None:
        self._other = re.compile(rf"余?(?:{_any_of(wording['not_before'])})")
        self._elses = re.compile(_any_of(wording.get("not_after", ())))
        self._most = Decimal(most_yuan)

    def read(self, text: str, match: re.Match[str]) -> int | None:
        written, end = match[0], match.end()
        if self._elses.search(text, max(match.start() - _SCALE_WITHIN, 0), match.start()):
            return None
        yuan = _YUAN.match(text, end)
        if yuan:
            value = number(written + (yuan["w"] or ""))
            return None if yuan["unit"] == "块" and value is not None and value < _FEW_YUAN else self.fen(value)
        if _SIGN.search(text[max(match.start() - 5, 0) : match.start()]):
            return self.fen(number(written + ("w" if _SHORT.match(text, end) else "")))
        short = _SHORT.match(text, end)
        if short and written[-1].isdigit() and not self._other.match(text, end + 1):
            return self.fen(number(written + "w"))
        if _MYRIAD_ENDS.search(written) and not self._other.match(text, end) and not self._is_adverb(text, match):
            return self.fen(number(written))
        return None

    @staticmethod
    def _is_adverb(text: str, match: re.Match[str]) -> bool:
        """千万, 万一 and the like; 上百万 is a sum."""
        return bool(_ADVERB.match(match[0])) and text[match.start() - 1 : match.start()] not in tuple("上近逾过达")

    def fen(self, yuan: Decimal | None) -> int | None:
        """Yuan as fen, None past the limit."""
        return int(yuan * _FEN) if yuan is not None and 0 <= yuan <= self._most else None


class _People:
    """我们9个会员, 20多户业主, 十几个工人, 三十余名; not opponents, rooms or phones, nor 影响上万居民: those who suffer are not those who complain."""

    def __init__(self, wording: Mapping[str, Any], most: int) -> None:
        self._noun = re.compile(rf"[个名位户家]{{0,2}}\s?(?:{_any_of(wording['nouns'])})")
        self._opponents = re.compile(_any_of(wording["opponents"]))
        self._ours = re.compile(_any_of(wording["ours"]))
        self._others = re.compile(_any_of(wording.get("others", ())))
        self._numbers = frozenset(wording.get("service_numbers", ()))
        self._least, self._distance, self._most = wording["bare_least"], wording["distance"], most

    def read(self, text: str, match: re.Match[str]) -> int | None:
        start, end = match.span()
        if (start and text[start - 1] in _ROOM_BEFORE) or match[0] in self._numbers or self._is_of_others(text, match):
            return None
        reach = _RANGE.match(text, end)
        end = reach.end() if reach else end
        while text[end : end + 1] in (" ", "余"):
            end += 1
        if self._noun.match(text, end) or _HOUSEHOLD.match(text, end):
            return self._whole(match[0], 2)
        if not _BARE.match(text, end):
            return None
        before = text[max(start - self._distance, 0) : start]
        if self._opponents.search(before):
            return None
        return self._whole(match[0], 2 if self._ours.search(before) else self._least)

    def _is_of_others(self, text: str, match: re.Match[str]) -> bool:
        """Whether it counts those concerned or around: 周边4000名学生; a vague multitude is ours only when the words say so: 我们数百户."""
        start = match.start()
        clause = _CLAUSE.split(text[max(start - 2 * self._distance, 0) : start])[-1]
        if self._others.search(clause):
            return True
        vague = _VAGUE.match(match[0]) is not None or text[start - 1 : start] == "上"
        return vague and _WE.search(clause) is None

    def _whole(self, written: str, least: int) -> int | None:
        value = number(written)
        whole = value is not None and value == value.to_integral_value() and least <= value <= self._most
        return int(value) if whole and value is not None else None


class _Repeats:
    """How often the caller says to have called, when the words place it in the recent past (ruling 58).

    With this record: 第三次 is 3, 之前报警两次 is 3.
    """

    def __init__(self, wording: Mapping[str, Any], most: int) -> None:
        self._verbs = re.compile(_any_of(wording["verbs"]))
        self._recent = re.compile(_any_of(wording["recent"]))
        self._earlier = re.compile(_any_of(wording["earlier"]))
        self._distance, self._most = wording["distance"], most

    def read(self, text: str, match: re.Match[str]) -> int | None:
        if not _TIMES.match(text, match.end()):
            return None
        around = text[max(match.start() - self._distance, 0) : match.end() + self._distance // 2]
        if not (self._verbs.search(around) and self._recent.search(around)):
            return None
        value = number(match[0])
        if value is None or not 0 < value <= self._most:
            return None
        ordinal = text[match.start() - 1 : match.start()] == "第"
        return int(value) + (not ordinal and self._earlier.search(around) is not None)


def _largest(values: Sequence[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)"
