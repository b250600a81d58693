"""Histories drawn by seed: records that share persons, matters, places, hotspots and seconds, and actions about them.

In: a rulebook and a random source. Out: members in the order in which they became known, base facts, actions. Times are drawn at the
edges of the rulebook's own windows, so that "in" and "a second earlier, out" both come up. Not here: rulebooks (`rulebooks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from engine.features.definitions import Definitions, seconds
from engine.features.subjects import Member, Subject
from engine.model import Action, Cause, FeatureSet, Links, Sighting, Value
from engine.ruleset.tree import Rulebook

START = datetime(2025, 3, 1, 15, 59, 58, tzinfo=UTC)
KINDS = ("police_110", "hotline_12345", "petition", "walk_in")
_CODES = ("a", "b", "c")


@dataclass(frozen=True, slots=True)
class History:
    """What both readers of windows are handed."""

    members: Sequence[Member]
    subjects: Sequence[Subject]
    actions: Sequence[Action]


def history(rulebook: Rulebook, rng: Random, *, size: int) -> History:
    """A history of `size` records in a random order of arrival; about two thirds of them are subjects."""
    definitions = Definitions.of(rulebook)
    lengths = sorted({seconds(feature) for feature in (*definitions.windows, *definitions.actions)} - {0}) or [86_400]
    times: list[datetime] = [START]
    for _ in range(size - 1):
        times.append(_moment(rng, times, lengths))
    members = [_member(rng, number, at, times, lengths, definitions) for number, at in enumerate(times)]
    rng.shuffle(members)
    chosen = [member for member in members if rng.random() < 0.7] or members
    subjects = [Subject(member, _base(rng, definitions)) for member in chosen]
    return History(members, subjects, _actions(rng, members, times, lengths))


def _moment(rng: Random, times: Sequence[datetime], lengths: Sequence[int]) -> datetime:
    """The same second as another record, the edge of a window from one, a second beyond it, or anywhere."""
    near = rng.choice(times)
    length = rng.choice(lengths) * rng.choice((1, -1))
    step = rng.choice((0, 1, length, length + 1, length - 1, rng.randrange(-20_000_000, 20_000_000)))
    return near + timedelta(seconds=step)


def _member(
    rng: Random,
    number: int,
    at: datetime,
    times: Sequence[datetime],
    lengths: Sequence[int],
    definitions: Definitions,
) -> Member:
    cause = rng.choice((Cause.NEW, Cause.NEW, Cause.REPEAT, Cause.URGE, Cause.VOID))
    sighting = Sighting(
        id=f"{rng.choice(KINDS)}:{number}",
        kind=rng.choice(KINDS),
        at=at,
        cause=cause,
        topic=rng.choice((None, "neighbours", "noise", "wages")),
        area=rng.choice(("", "a", "b")),
        place=rng.choice((None, None, "东塘小区", "石桥村")),
        phone=rng.choice((None, "f1", "f2")),
        id_number=rng.choice((None, "n1", "n2", "n3")),
        closed_at=rng.choice((None, _moment(rng, times, lengths), at)),
        marks=frozenset(mark for mark in definitions.marks if rng.random() < 0.4),
    )
    links = Links(
        person=rng.choice((None, None, "p1", "p2", "p3")),
        matter=rng.choice(("m1", "m1", "m2", sighting.id)),
        hotspot=rng.choice((None, "h1", "h2")),
        counts=cause.counts and rng.random() < 0.9,
    )
    return Member(sighting, links)


def _base(rng: Random, definitions: Definitions) -> FeatureSet:
    """Known, unknown and absent base facts; a word fact is always known."""
    drawn: dict[str, Value] = {"bool": rng.random() < 0.5, "int": rng.randrange(9), "code": rng.choice(_CODES)}
    values: dict[str, Value | None] = {feature.name: rng.random() < 0.3 for feature in definitions.words}
    absent = []
    for feature in definitions.fields:
        state = rng.random()
        if state < 0.2:
            absent.append(feature.name)
        else:
            values[feature.name] = None if state < 0.4 else drawn[feature.type]
    return FeatureSet(values, absent=tuple(absent))


def _actions(
    rng: Random, members: Sequence[Member], times: Sequence[datetime], lengths: Sequence[int]
) -> tuple[Action, ...]:
    """Actions that name any record of their matter; some name one of another neighbourhood."""
    records = [member.sighting.id for member in members] + ["police_110:elsewhere"]
    return tuple(
        Action(
            matter=rng.choice(records),
            kind=rng.choice(("mediation_failed", "close", "returned", "dispatch")),
            level=rng.choice(("village", "township", "green", "")),
            actor="李四",
            at=(at := _moment(rng, times, lengths)),
            known_at=at,
            id=f"act{number}",
        )
        for number in range(rng.randrange(12))
    )
