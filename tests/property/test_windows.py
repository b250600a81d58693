"""The readers of window definitions are one: live, by columns that slide and that run, and the language page read word by word.

In: histories drawn by seed, under the shipped rulebook and under drawn window definitions. Not here: rules (`test_readers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import pytest

from engine.features.columns import ColumnFeatures, sliding
from engine.features.counting import Windows
from engine.features.definitions import Definitions
from engine.features.frames import actions_frame, base_frame, column_of, records_frame
from engine.features.live import LiveFeatures
from engine.features.running import running
from engine.features.subjects import Member, Subject
from engine.model import FeatureSet, Value
from engine.ruleset import loader
from engine.ruleset.tree import Feature, FeatureKind, Rulebook
from tests.property import rulebooks
from tests.property.histories import History, history

SHIPPED_HISTORIES, DRAWN_BOOKS, WINDOWS, HISTORIES = 20, 8, 24, 6


@cache
def shipped() -> Rulebook:
    return loader.load(loader.read_folder(loader.shipped()))


@cache
def drawn(seed: int) -> Rulebook:
    return loader.load(rulebooks.windows(Random(seed), size=WINDOWS))


def by_columns(columns: ColumnFeatures, rulebook: Rulebook, held: History) -> dict[str, dict[str, object]]:
    times = {subject.member.sighting.id: subject.member.sighting.at for subject in held.subjects}
    bases = {subject.member.sighting.id: subject.base for subject in held.subjects}
    with duckdb.connect() as connection:
        table = columns.run(
            connection,
            records=records_frame(rulebook, held.members),
            base=base_frame(rulebook, bases, times),
            actions=actions_frame(held.actions),
        )
    rows: list[dict[str, object]] = table.to_pylist()
    assert len(rows) == len(held.subjects)
    return {str(row["subject"]): row for row in rows}


def agree(columns: ColumnFeatures, rulebook: Rulebook, held: History) -> int:
    """Holds the two readers and the naive one equal on every fact of every subject; the number of facts that were not zero."""
    live = LiveFeatures(rulebook).compute(held.subjects, held.members, held.actions)
    bulk = by_columns(columns, rulebook, held)
    definitions = Definitions.of(rulebook)
    seen = 0
    for subject in held.subjects:
        id_ = subject.member.sighting.id
        row = bulk[id_]
        assert row["day"] == subject.member.sighting.at.astimezone(ZoneInfo("Asia/Shanghai")).date()
        assert row["absent"] == ",".join(sorted(subject.base.absent))
        for feature in (*definitions.fields, *definitions.words):
            assert row[column_of(feature.name)] == subject.base.values.get(feature.name), feature.name
        for feature in (*definitions.windows, *definitions.actions):
            expected, ids = naive(feature, subject, held, definitions.disputes)
            assert live[id_].values[feature.name] == expected, (id_, feature)
            assert row[column_of(feature.name)] == expected, (id_, feature)
            assert contributing(live[id_], feature, id_) == ids, (id_, feature)
            seen += expected != 0
    return seen


def contributing(facts: FeatureSet, feature: Feature, own: str) -> tuple[str, ...]:
    """The ids of a fact; where only the subject itself made it they are left out."""
    alone = (own,) if facts.values[feature.name] else ()
    return facts.ids.get(feature.name, alone)


def naive(feature: Feature, subject: Subject, held: History, disputes: frozenset[str]) -> tuple[int, tuple[str, ...]]:
    """A window as chapter 2 of docs/rule-language.md says it: the value, and the sorted ids that made it."""
    if feature.kind is FeatureKind.ACTIONS:
        done = sorted(acted(feature, subject, held))
        return len(done), tuple(done)
    inside = [member for member in held.members if within(feature, subject.member, member, disputes)]
    ids = tuple(sorted(member.sighting.id for member in inside))
    if feature.kind is FeatureKind.COUNT:
        return len(inside), ids
    values = [(value_of(feature.of, member), member.sighting.id) for member in inside]
    having = [(value, id_) for value, id_ in values if value is not None]
    return len({value for value, _ in having}), tuple(sorted(id_ for _, id_ in having))


def acted(feature: Feature, subject: Subject, held: History) -> Iterator[str]:
    matters = {member.sighting.id: member.links.matter for member in held.members}
    now = subject.member.sighting.at
    for action in held.actions:
        if matters.get(action.matter) != subject.member.links.matter or action.at >= now:
            continue
        if feature.within is not None and action.at < now - feature.within:
            continue
        if all(getattr(action, {"action": "kind"}.get(key, key)) in wanted for key, wanted in feature.where.items()):
            yield action.id


def within(feature: Feature, mine: Member, other: Member, disputes: frozenset[str]) -> bool:
    itself = other.sighting.id == mine.sighting.id
    if itself and (feature.by == "closed_at" or not feature.including_this):
        return False
    moment = other.sighting.at if feature.by == "occurred_at" else other.sighting.closed_at
    assert feature.within is not None
    if moment is None or not timedelta(0) <= mine.sighting.at - moment <= feature.within:
        return False
    if not other.links.counts or not (itself or shares(feature.same, mine, other)):
        return False
    return all(passes(key, wanted, other, disputes) for key, wanted in feature.where.items())


def shares(same: str, mine: Member, other: Member) -> bool:
    matter = mine.links.matter == other.links.matter
    person = mine.links.person is not None and mine.links.person == other.links.person
    match same:
        case "matter":
            return matter
        case "caller":
            return person
        case "pair":
            return person and matter
        case "place":
            return mine.sighting.place is not None and mine.sighting.place == other.sighting.place
        case "phone":
            return mine.sighting.phone is not None and mine.sighting.phone == other.sighting.phone
    return mine.links.hotspot is not None and mine.links.hotspot == other.links.hotspot


def passes(key: str, wanted: tuple[Value, ...], other: Member, disputes: frozenset[str]) -> bool:
    sighting = other.sighting
    match key:
        case "kind":
            return sighting.kind in wanted
        case "cause":
            return sighting.cause.value in wanted
        case "topic":
            return sighting.topic in wanted
        case "area":
            return sighting.area in wanted
        case "topic_is":
            return sighting.topic is None or sighting.topic in disputes
    return (key in sighting.marks) in wanted


def value_of(of: str, member: Member) -> str | None:
    sighting, links = member.sighting, member.links
    return {
        "kind": sighting.kind,
        "person": links.person or "anonymous",
        "place": sighting.place,
        "topic": sighting.topic,
        "matter": links.matter,
        "identity": sighting.id_number,
    }[of]


@pytest.mark.parametrize("windows", [sliding, running])
def test_live_and_columns_agree_on_the_shipped_facts(windows: Windows) -> None:
    columns = ColumnFeatures(shipped(), windows)
    drawn_histories = (history(shipped(), Random(seed), size=1 + 3 * seed) for seed in range(SHIPPED_HISTORIES))
    assert sum(agree(columns, shipped(), held) for held in drawn_histories) > 2_000


@pytest.mark.parametrize("windows", [sliding, running])
@pytest.mark.parametrize("seed", range(DRAWN_BOOKS))
def test_live_and_columns_agree_on_drawn_definitions(seed: int, windows: Windows) -> None:
    rulebook = drawn(seed)
    columns = ColumnFeatures(rulebook, windows)
    drawn_histories = (
        history(rulebook, Random(f"{seed}/{number}"), size=3 + 9 * number) for number in range(HISTORIES)
    )
    assert sum(agree(columns, rulebook, held) for held in drawn_histories) > 200


def test_an_empty_neighbourhood_has_no_rows() -> None:
    columns = ColumnFeatures(shipped())
    assert by_columns(columns, shipped(), History((), (), ())) == {}


def test_the_order_in_which_records_became_known_plays_no_part() -> None:
    rulebook, rng = drawn(3), Random(99)
    held = history(rulebook, rng, size=40)
    reader = LiveFeatures(rulebook)
    first = reader.compute(held.subjects, held.members, held.actions)
    for _ in range(5):
        members, actions = list(held.members), list(held.actions)
        rng.shuffle(members)
        rng.shuffle(actions)
        assert reader.compute(held.subjects, members, actions) == first
