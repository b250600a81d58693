"""Steadiness: whether the facts of a record were the same from the day we learned of it until now, under windows that nobody asked for then.

In: a rulebook and all that ever judged the stored records; a workspace. Out: the kinds of groups over which windows are new; a query for the records
whose windows over them can only ever have held what they hold now. Not here: what hangs on it (`views`).

A record looks back. What it sees changes afterwards only where something older comes late, is corrected, or is joined to its group by what comes later.
So it is quiet where nothing older is in its group, or nobody in the group was learned of later, and none of the older ones was ever judged twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from engine.features.definitions import Definitions
from engine.ruleset.tree import Feature, FeatureKind, Rulebook

ACTIONS = "actions"
_JOINED = {"matter": ("matter",), "caller": ("person",), "pair": ("person", "matter"), "hotspot": ("hotspot", "matter")}
"""The columns of groups that later records may join together."""
_OWN = {"place": ("place",), "phone": ("phone",)}
"""The columns of groups that a record belongs to by itself."""


def unsteady(rulebook: Rulebook, books: Sequence[Rulebook] | None) -> frozenset[str]:
    """Kinds of groups over which it has windows or action facts that not every one of the others had; `books` None: nobody knows them."""
    held = None if books is None else [_counted(book) for book in books]
    return frozenset(
        _kind(feature)
        for feature, made in _windows(rulebook)
        if held is None or not all(made in others for others in held)
    )


def quiet_sql(kinds: Collection[str]) -> str:
    """Numbers of the records of `history` that were judged once and are quiet over groups of these kinds; asks `learned` for when each was known."""
    columns = {column for kind in kinds for column in (*_JOINED.get(kind, ()), *_OWN.get(kind, ()))}
    joined = {column for kind in kinds for column in _JOINED.get(kind, ())}
    tests = [_quiet(column, joined=column in joined) for column in sorted(columns)]
    return f"SELECT n, {' AND '.join(['once', *tests])} AS quiet FROM history JOIN learned USING (n)"


def _quiet(column: str, *, joined: bool) -> str:
    before = f'(PARTITION BY {column} ORDER BY "at" RANGE UNBOUNDED PRECEDING)'
    whole = f"(PARTITION BY {column})" if joined else before
    return (
        f"({column} IS NULL OR count(*) OVER {before} = 1 "
        f"OR (max(known) OVER {whole} <= known AND bool_and(once) OVER {before}))"
    )


def _kind(feature: Feature) -> str:
    return ACTIONS if feature.kind is FeatureKind.ACTIONS else feature.same


def _counted(rulebook: Rulebook) -> list[Any]:
    return [made for _, made in _windows(rulebook)]


def _windows(rulebook: Rulebook) -> list[tuple[Feature, Any]]:
    """Windows and action facts with all that they are made by, whatever they are called."""
    definitions = Definitions.of(rulebook)
    return [(f, _made(f, rulebook, definitions.disputes)) for f in (*definitions.windows, *definitions.actions)]


def _made(feature: Feature, rulebook: Rulebook, disputes: frozenset[str]) -> Any:
    lists = []
    for name in feature.where:
        asked = rulebook.features.get(name)
        words = rulebook.words.get(asked.of) if asked is not None and asked.kind is FeatureKind.WORDS else None
        lists.append((name, asked and (asked.kind, asked.of), words and (repr(words.entries), repr(words.examples))))
    return (
        (feature.kind, feature.of, feature.same, feature.within, sorted(feature.where.items(), key=repr)),
        (feature.including_this, feature.by, lists, disputes if "topic_is" in feature.where else None),
    )
