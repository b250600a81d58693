"""Limits: what of another rulebook history cannot foretell.

In: the rulebook that linked and read what is stored, another one. Out: `Limits`: what must be refused, what is told beside the result.
Not here: base facts made again (`columns`), matters that hang on a moment nobody knows (`views`).

Where records belong (persons, matters, hotspots) is taken as it is stored. Other settings of identity, other places and topics, other readings of
suppliers' columns would move records, and columns of stored facts cannot follow them: such a rulebook is refused, part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.model import digest
from engine.ruleset.tree import FeatureKind, Rule, Rulebook

_HARMLESS_TOPIC = frozenset({"title", "dispute"})
"""What of a topic moves no record: its name, and whether windows count it as a dispute."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`refused`: parts that are otherwise and that no back-test can follow. `told`: what holds of the result, in words."""

    refused: tuple[str, ...]
    told: tuple[str, ...]


def limits(stored: Rulebook, other: Rulebook) -> Limits:
    """What stands between history as `stored` made it and `other`."""
    refused = [words for words, part in _LINKING.items() if digest(part(stored)) != digest(part(other))]
    return Limits(tuple(refused), tuple(_told(stored, other)))


def areas_named(rulebook: Rulebook) -> frozenset[str]:
    """The areas that routes name: a record's area is read as one of these even where it is not called as areas are."""
    named = (route.get("area", ()) for route in rulebook.documents.get("routes", ()))
    return frozenset(area for part in named for area in ([part] if isinstance(part, str) else part))


def _told(stored: Rulebook, other: Rulebook) -> Iterator[str]:
    if digest(_danger(stored)) != digest(_danger(other)):
        yield "危险规则或其用词改了：来件里没有读的列、隔离区里读不懂的行，按存下的算，没有用新规则再看"
    counting = sorted(name for name in _asked(other) if _counts_dispatches(other, name))
    if counting:
        yield f"{'、'.join(counting)} 会数到本系统自己的派单：派单按存下的算，颜色变了派单也可能不同"


def _setting(rulebook: Rulebook, name: str) -> Any:
    return (rulebook.documents.get("settings") or {}).get(name)


def _topics(rulebook: Rulebook) -> Any:
    topics: Mapping[str, Mapping[str, Any]] = rulebook.documents.get("topics") or {}
    return [[name, {key: of[key] for key in of if key not in _HARMLESS_TOPIC}] for name, of in topics.items()]


_LINKING: Mapping[str, Callable[[Rulebook], Any]] = {
    "mappings/（来源的列和编码怎么读）": lambda book: {kind: dict(of) for kind, of in book.mappings.items()},
    "categories（类别表）": lambda book: book.documents.get("categories"),
    "gazetteer（地名）": lambda book: book.documents.get("gazetteer"),
    "topics（主题用语、编码、group、common）": _topics,
    "settings.identity（认人、归并）": lambda book: _setting(book, "identity"),
    "settings.hotspot（群体诉求）": lambda book: _setting(book, "hotspot"),
    "settings.reach_days（往前往后看多少天）": lambda book: _setting(book, "reach_days"),
    "settings.act_on（多久以前的算历史、不派单）": lambda book: _setting(book, "act_on"),
}
"""What decides where a record belongs and whether its matter is dispatched, by name."""


def _danger(rulebook: Rulebook) -> Any:
    """All that decides whether a bare text is dangerous (ruling 13)."""
    chosen = set(_setting(rulebook, "danger_rules") or ())
    rules = {rule.id: rule for rule in rulebook.rules}
    concluding = [rule for rule in rulebook.rules if rule.conclude is not None]
    held = [rules[id_] for id_ in sorted(chosen) if id_ in rules]
    reads = {fact for rule in (*held, *concluding) for fact in rule.asks}
    lists = {rulebook.features[fact].of for fact in reads if _is_words(rulebook, fact)}
    words = [
        [name, repr(of.entries), repr(of.examples)] for name, of in sorted(rulebook.words.items()) if name in lists
    ]
    return [sorted(chosen), [_meaning(rule) for rule in (*held, *concluding)], words]


def _meaning(rule: Rule) -> list[str]:
    return [rule.id, rule.version, rule.status.value]


def _is_words(rulebook: Rulebook, fact: str) -> bool:
    feature = rulebook.features.get(fact)
    return feature is not None and feature.kind is FeatureKind.WORDS


def _asked(rulebook: Rulebook) -> frozenset[str]:
    """Facts that live rules read."""
    return frozenset(fact for rule in rulebook.rules if rule.status.value == "live" for fact in rule.asks)


def _counts_dispatches(rulebook: Rulebook, fact: str) -> bool:
    feature = rulebook.features.get(fact)
    return (
        feature is not None
        and feature.kind is FeatureKind.ACTIONS
        and "dispatch" in feature.where.get("action", ("dispatch",))
    )
