"""Places: the villages, estates, firms, shops and roads that a text names, each in one spelling.

In: the document `gazetteer` and texts. Out: `Mention`s, best ones by `Places.best`. A pure function of the text: no other record is needed, so a place is
spelt the same whenever its record comes. Spellings meet because a name is what stands directly before its ending, without district, verb or the
estate around it: A市伊景园·滨河苑, 伊景园滨河苑项目 and 武广新城伊景园滨河苑 are all 滨河苑.
Not here: the household within a place (`units`), which records share a place (`resolve`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from engine.identity.wording import Lexicon, bigrams

_LONGEST_STEM = 4
_SHORTEST_STEM = 2
_SHORT = 40
_DIRECTIONS = frozenset("东西南北中新老前后大小")
_ROAD_SIGNS = ("路", "街", "巷", "大道", "高速")
_VILLAGE_SIGNS = ("村", "社区", "居委会", "村委会")
_ESTATE_SIGNS = ("新村", "度假村", "安置村")
_COMPANY = re.compile(r"(?:有限责任|股份有限|有限)公司$")


class Rank(IntEnum):
    """How well a mention tells where a matter is; the lowest wins."""

    ESTATE = 0
    FIRM = 1
    SHOP = 2
    ROAD = 3


@dataclass(frozen=True, slots=True)
class Mention:
    """A place as a text names it: `name` is its one spelling, `end` where the text goes on."""

    name: str
    rank: Rank
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """The best mention of several texts, the number of the text it stands in, and all mentions of that text."""

    mention: Mention
    text: int
    mentions: Sequence[Mention]


def _worth(mention: Mention) -> tuple[Rank, int]:
    return mention.rank, mention.start


def is_road(place: str) -> bool:
    """Whether a place is a road: too large for a hotspot, and no contradiction to an estate that lies on it."""
    return place.endswith(_ROAD_SIGNS)


def is_village(place: str) -> bool:
    """Whether a place is a whole village or community, by its name: larger than an estate, a firm or a site."""
    return place.endswith(_VILLAGE_SIGNS) and not place.endswith(_ESTATE_SIGNS)


def squeezed(text: str) -> str:
    """The text without the dots and spaces that people set inside names."""
    for sign in ("·", "•", "・", " ", "\u3000"):
        if sign in text:
            text = text.replace(sign, "")
    return text


class Places:
    """The places of one gazetteer, and its ways to recognise others."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        ways = document.get("extraction") or {}
        self._shops = tuple(ways.get("shop_endings", ()))
        self._ranks: dict[str, Rank | None] = dict.fromkeys(ways.get("not_places", ()))
        for rank, key in ((Rank.ROAD, "road"), (Rank.SHOP, "shop"), (Rank.FIRM, "firm"), (Rank.ESTATE, "estate")):
            self._ranks |= dict.fromkeys(ways.get(f"{key}_endings", ()), rank)
        longest_first = sorted(self._ranks, key=len, reverse=True)
        self._endings = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._before = frozenset(ways.get("before", ()))
        self._never, self._soft = frozenset(ways.get("never_within", "")), frozenset(ways.get("soft", ""))
        self._generic = frozenset(ways.get("generic", ()))
        self._known = Lexicon(_known_places(document))

    def best(self, texts: Sequence[str], pairs: frozenset[str]) -> Found | None:
        """The best mention of several texts: the first text counts most, but estates before all else; `pairs` hold the bigrams of the longer texts."""
        held: Found | None = None
        for number, text in enumerate(texts):
            mentions = self.mentions(text, pairs) if text else ()
            mention = min(mentions, key=_worth, default=None)
            if mention is not None and (held is None or mention.rank < held.mention.rank):
                held = Found(mention, number, mentions)
                if mention.rank is Rank.ESTATE:
                    break
        return held

    def is_shop(self, mention: Mention) -> bool:
        """Whether the place is no larger than a shop, so that two people who name it mean one household, so to speak."""
        return mention.rank is Rank.SHOP or mention.name.endswith(self._shops)

    def mentions(self, text: str, pairs: frozenset[str] | None = None) -> Sequence[Mention]:
        """The places a squeezed text names, in order; of places strung together (村 + 小区 + 苑) only the last."""
        short = pairs is None or len(text) < _SHORT
        known = self._known_in(text, bigrams(text) if short or pairs is None else pairs)
        found: list[Mention] = []
        floor = 0
        for ending in self._endings.finditer(text):
            while known and known[0].start < ending.end():
                _put(found, known.pop(0))
            floor = max(floor, found[-1].end) if found else floor
            if ending.start() < floor:
                continue
            mention = self._named(text, ending, floor)
            if mention is not None:
                _put(found, mention)
            elif found and self._is_tail(text, found[-1].end, ending):
                floor = ending.end()
        for mention in known:
            _put(found, mention)
        return found

    def _known_in(self, text: str, pairs: frozenset[str]) -> list[Mention]:
        mentions = []
        for word, (name, rank) in self._known.found(pairs, text):
            start = text.find(word)
            end = start + len(word)
            if start >= 0 and (rank is Rank.ROAD or not self._names_road(text, end)):
                mentions.append(Mention(name, rank, start, end))
        if len(mentions) > 1:
            mentions.sort(key=lambda m: (m.start, -m.end))
            return _apart(mentions)
        return mentions

    def _named(self, text: str, ending: re.Match[str], floor: int) -> Mention | None:
        rank = self._ranks[ending.group()]
        if rank is None:
            return None
        start = self._start(text, ending.start(), floor)
        stem = text[start : ending.start()]
        if len(stem) < _SHORTEST_STEM or (rank is not Rank.ROAD and stem in self._generic):
            return None
        if rank is Rank.ESTATE and self._names_road(text, ending.end()):
            return None
        return Mention(_spelt(text[start : ending.end()]), rank, start, ending.end())

    def _start(self, text: str, end: int, floor: int) -> int:
        """Where the name before an ending begins: at most four characters back, not beyond a word that is no name."""
        start, lowest = end, max(floor, end - _LONGEST_STEM)
        while start > lowest:
            character = text[start - 1]
            if not "\u4e00" <= character <= "\u9fff" or text[start - 2 : start] in self._before:
                break
            if character in self._never:
                break
            if character in self._soft and end - start >= _SHORTEST_STEM:
                break
            start -= 1
        return start

    def _names_road(self, text: str, end: int) -> bool:
        return text.startswith(_ROAD_SIGNS, end) and text[end : end + 2] not in self._ranks

    @staticmethod
    def _is_tail(text: str, end: int, ending: re.Match[str]) -> bool:
        """Whether an ending without a name of its own goes on from a place: 新城小区, 花园东苑."""
        between = text[end : ending.start()]
        return not between or between in _DIRECTIONS


def _put(found: list[Mention], mention: Mention) -> None:
    """Append; a place that the next one of its rank follows directly was only its surroundings."""
    if found and found[-1].rank == mention.rank and found[-1].end == mention.start:
        found.pop()
    found.append(mention)


def _apart(mentions: Iterable[Mention]) -> list[Mention]:
    """Of mentions that overlap only the first and longest."""
    kept: list[Mention] = []
    for mention in mentions:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _spelt(name: str) -> str:
    return _COMPANY.sub("公司", name)


def _known_places(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, Rank]]]:
    for key, rank in (("villages", Rank.ESTATE), ("estates", Rank.ESTATE), ("firms", Rank.FIRM), ("roads", Rank.ROAD)):
        for entry in document.get(key) or ():
            for name in (entry["name"], *entry.get("aliases", ())):
                yield squeezed(str(name)), (str(entry["name"]), rank)
