"""Relations: what facts have to do with each other by what they count, whatever the records are.

In: facts in windows, word lists. Out: bounds between counts, lists that match whenever others do. Not here: unknowns of a solver (`space`), what authors state.

A window is part of another where it is no longer, over a group that is part of the other's, and every line of the other's `where` follows from its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

from engine.model import Cause, Value
from engine.ruleset.tree import Feature, FeatureKind, WordList

WINDOWED = frozenset({FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT})
_PARTS = {("pair", "matter"), ("pair", "caller")}
_SINGLE = {"matter": ("matter", "pair"), "person": ("caller", "pair"), "place": ("place",)}
"""A distinct count over a group that shares the very thing is at most one."""
_EVERY_RECORD_HAS = frozenset({"kind", "person", "matter"})
_COUNTING = frozenset(cause.value for cause in Cause if cause.counts)


@dataclass(frozen=True, slots=True)
class AtMost:
    """`less` is at most `more` and `slack`."""

    less: str
    more: str
    slack: int = 0


@dataclass(frozen=True, slots=True)
class Needs:
    """Where `one` is not 0, `other` is not 0 either."""

    one: str
    other: str


def between(features: Iterable[Feature], disputes: Collection[str]) -> Iterator[AtMost | Needs]:
    """What windows and action counts have to do with each other, by the names of the facts."""
    for one, other in permutations(features, 2):
        slack = _within(one, other, disputes)
        if slack is None:
            continue
        distinct = other.kind is FeatureKind.COUNT_DISTINCT
        if not distinct or (one.kind is FeatureKind.COUNT_DISTINCT and one.of == other.of):
            yield AtMost(one.name, other.name, slack)
        if distinct and other.of in _EVERY_RECORD_HAS and slack == 0:
            yield Needs(one.name, other.name)


def most(feature: Feature, kinds: int) -> int | None:
    """The largest number a count can be, where there is one; `kinds`: how many channels there are, 0 if that is not known."""
    if feature.kind is not FeatureKind.COUNT_DISTINCT:
        return None
    if feature.same in _SINGLE.get(feature.of, ()):
        return 1
    if feature.of != "kind":
        return None
    named = len(set(feature.where["kind"])) if "kind" in feature.where else 0
    return min((number for number in (kinds, named) if number), default=None)


def implied_lists(words: Iterable[WordList]) -> Iterator[tuple[str, str]]:
    """Lists of which the first cannot match without the second: fewer of the same entries, or the same examples with a higher bound."""
    for one, other in permutations(words, 2):
        if one.examples is not None and other.examples is not None:
            same = (one.examples.like, one.examples.unlike) == (other.examples.like, other.examples.unlike)
            if same and one.examples.at_least >= other.examples.at_least:
                yield one.name, other.name
        elif one.examples is None and other.examples is None and set(one.entries) <= set(other.entries):
            yield one.name, other.name


def _within(one: Feature, other: Feature, disputes: Collection[str]) -> int | None:
    """By how much a part may be larger than the whole it is part of: 0, 1 where only it counts the record itself; None where it is no part."""
    if (one.kind is FeatureKind.ACTIONS) != (other.kind is FeatureKind.ACTIONS) or one.by != other.by:
        return None
    if one.same != other.same and (one.same, other.same) not in _PARTS:
        return None
    if other.within is not None and (one.within is None or one.within > other.within):
        return None
    if not all(_follows(one, key, allowed, disputes) for key, allowed in other.where.items()):
        return None
    itself = one.kind in WINDOWED and one.by == "occurred_at"
    return int(itself and one.including_this and not other.including_this)


def _follows(one: Feature, key: str, allowed: tuple[Value, ...], disputes: Collection[str]) -> bool:
    if key == "cause" and one.kind in WINDOWED and set(allowed) >= _COUNTING:
        return True
    if key == "topic_is" and "topic" in one.where:
        return set(one.where["topic"]) <= set(disputes)
    return key in one.where and set(one.where[key]) <= set(allowed)
