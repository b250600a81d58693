"""Sightings: what of one record identity and windows need, and nothing that names a person.

In: an `Incident` in memory. Out: a `Sighting` whose phones, ID numbers, accounts, opponents and households are keyed digests.
A pure function of the record and the rulebook: the same record is the same sighting whenever and beside whatever it comes.
Not here: what sightings mean to each other (`resolve`), the base facts that become `marks` (`features.base`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from engine.identity.places import Found, Places, squeezed
from engine.identity.settings import Settings
from engine.identity.topics import Topics
from engine.identity.units import unit
from engine.identity.wording import Sketcher, bare, bigrams
from engine.masking import fingerprint, mask_text
from engine.model import Incident, Sighting
from engine.ruleset.tree import Rulebook

NAMED = "~"
"""Before the digest of an opponent known by name only: a name alone is no person."""

_READ = 400
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d{9}|0\d{2,3}[2-9]\d{6,7})(?!\d)")
_CARD = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_HONORIFIC = re.compile(r"(?:先生|女士|小姐|师傅|老板|某)+$")
_NOBODY = frozenset(
    [
        "对方",
        "邻居",
        "楼上",
        "楼下",
        "隔壁",
        "物业",
        "业主",
        "住户",
        "老公",
        "老婆",
        "丈夫",
        "妻子",
        "前夫",
        "前妻",
        "房东",
        "租客",
        "老板",
        "开发商",
        "公司",
        "不详",
        "不明",
        "未知",
        "无",
        "没有",
        "某某",
        "男子",
        "女子",
        "陌生人",
    ]
)
_AREA_ENDS = (*"省市州盟区县旗镇乡街村组屯局社", "街道", "委会", "办事处", "派出所", "大队", "中队", "网格", "开发区")
_LONGEST_AREA = 30
_NAMING = ("gazetteer", "routes", "features", "rules")
"""The parts of a rulebook that may name areas."""
_NO_MARKS: frozenset[str] = frozenset()


@lru_cache(maxsize=256)
def _pairs_of(name: str | None) -> frozenset[str]:
    """The bigrams of a place's name: that two texts name one shop does not make them alike."""
    return bigrams(name) if name else _NO_MARKS


def _words(value: Any) -> Iterator[str]:
    """Every text in a part of a rulebook."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _words(value.values())
    elif isinstance(value, Iterable):
        for part in value:
            yield from _words(part)


class Sighter:
    """Makes sightings for one rulebook; `index_key` is the key of all digests."""

    def __init__(self, rulebook: Rulebook, index_key: bytes) -> None:
        documents: Mapping[str, Any] = rulebook.documents
        self.settings = Settings.of(documents)
        self._key = index_key
        self._topics = Topics(documents.get("topics") or {})
        self._sketcher = Sketcher()
        self._places = Places(documents.get("gazetteer") or {})
        numbers = (documents.get("settings") or {}).get("identity") or {}
        self._named = frozenset(_words(documents.get(part) for part in _NAMING))
        self._nameless = frozenset(numbers.get("anonymous_accounts", ()))

    def sight(self, incident: Incident, marks: frozenset[str] = _NO_MARKS) -> Sighting:
        """The sighting of a record's current version."""
        words = bare(incident.title + incident.narrative)
        pairs = bigrams(words)
        place, fine = self._where(incident, pairs)
        caller = incident.caller
        return Sighting(
            id=incident.id,
            kind=incident.kind,
            at=incident.occurred_at,
            cause=incident.cause,
            topic=self._topics.topic(incident.category, incident.title, incident.category_text, words, pairs),
            area=self._area(incident.area),
            place=place,
            fine=self._digest("fine", f"{place}|{fine}") if place and fine else None,
            phone=self._digest("phone", caller.phone),
            id_number=self._digest("id", caller.id_number),
            account=None if caller.account in self._nameless else self._digest("account", caller.account),
            opponent=self._opponent(incident.opponent),
            gist=self._sketcher.sketch(pairs - _pairs_of(place) - _pairs_of(fine)),
            text_digest=self._digest("text", words) or "",
            numbers=incident.numbers,
            closed_at=incident.closed_at,
            marks=marks,
        )

    @staticmethod
    def marked(sighting: Sighting, marks: frozenset[str]) -> Sighting:
        """The same sighting with other marks (`dataclasses.replace` costs three times as much)."""
        s = sighting
        return Sighting(
            id=s.id, kind=s.kind, at=s.at, cause=s.cause, topic=s.topic, area=s.area, place=s.place, fine=s.fine,
            phone=s.phone, id_number=s.id_number, account=s.account, opponent=s.opponent, gist=s.gist,
            text_digest=s.text_digest, numbers=s.numbers, closed_at=s.closed_at, marks=marks,
        )  # fmt: skip

    def _digest(self, kind: str, value: str) -> str | None:
        return fingerprint(self._key, kind, value) if value else None

    def _area(self, text: str) -> str:
        """An area that the rulebook names or that is called as areas are; what a row that slipped has there instead is nobody's business."""
        if text in self._named:
            return text
        called = len(text) <= _LONGEST_AREA and text.endswith(_AREA_ENDS)
        return text if called and mask_text(text) == text else ""

    def _where(self, incident: Incident, pairs: frozenset[str]) -> tuple[str | None, str]:
        """The place and the unit in it: the address before the title before the text, an estate before a firm or road anywhere; the area last."""
        texts = (squeezed(incident.address), squeezed(incident.title), squeezed(incident.narrative[:_READ]))
        found, address = self._places.best(texts, pairs), texts[0]
        if found is None:
            around = self._places.best((incident.area,), pairs)
            return (around.mention.name, unit(address, address=True) if address else "") if around else (None, "")
        mention = found.mention
        within = unit(address[0 if found.text else mention.end :], address=True) if address else ""
        if not within and found.text:
            within = unit(texts[found.text][mention.end :], address=False)
        return mention.name, within or self._shop(found)

    def _shop(self, found: Found) -> str:
        """A shop's name as the unit, when the place is one or the same text names one in it."""
        if self._places.is_shop(found.mention):
            return found.mention.name
        return next((other.name for other in found.mentions if self._places.is_shop(other)), "")

    def _opponent(self, text: str) -> str | None:
        """An opponent by phone or ID number, equal to a caller's digest; else by name, marked as such."""
        if not text:
            return None
        text = unicodedata.normalize("NFKC", text)
        if phone := _PHONE.search(text):
            return self._digest("phone", phone[1])
        if card := _CARD.search(text):
            return self._digest("id", card.group().upper())
        name = _HONORIFIC.sub("", bare(text))
        return f"{NAMED}{self._digest('name', name)}" if len(name) > 1 and name not in _NOBODY else None
