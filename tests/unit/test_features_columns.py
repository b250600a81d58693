"""Windows by columns: every case of the page in one query each, and rows that keep what they came with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from engine.features.columns import ColumnFeatures, sliding
from engine.features.counting import Windows
from engine.features.frames import actions_frame, base_frame, records_frame
from engine.features.running import running
from engine.features.subjects import Member
from engine.model import Action, FeatureSet
from engine.ruleset.tree import Rulebook
from tests.feature_samples import DAY, action, member
from tests.rulebook_samples import rulebook
from tests.window_cases import CASES, COUNT, distinct, window


def run(
    held: Rulebook,
    members: Sequence[Member],
    subjects: Mapping[str, FeatureSet],
    actions: Sequence[Action] = (),
    windows: Windows = sliding,
) -> dict[str, dict[str, Any]]:
    """Rows by subject."""
    times = {one.sighting.id: one.sighting.at for one in members}
    with duckdb.connect() as connection:
        table = ColumnFeatures(held, windows).run(
            connection,
            records=records_frame(held, members),
            base=base_frame(held, subjects, {id_: times[id_] for id_ in subjects}),
            actions=actions_frame(actions),
        )
    rows = table.to_pylist()
    assert len({row["subject"] for row in rows}) == len(rows)
    return {row["subject"]: row for row in rows}


@pytest.mark.parametrize("windows", [sliding, running])
def test_every_window_by_hand(windows: Windows) -> None:
    wrong = []
    for case in CASES:
        held = rulebook(features={"m.fact": case.definition})
        rows = run(held, [*case.around, case.this], {"this": FeatureSet({})}, case.actions, windows)
        value = rows["this"]["m__fact"]
        if value != case.value:
            wrong.append((case.title, value))
    assert wrong == []


def test_all_definitions_together_do_not_disturb_each_other() -> None:
    """The windows whose case is that of a record with only one other, of all kinds of join, in one query."""
    features = {
        "m.count": COUNT,
        "m.others": window(including_this=False),
        "m.closed": window(by="closed_at"),
        "m.closed_week": window(by="closed_at", within="7d"),
        "m.closed_place": window(by="closed_at", same="place"),
        "m.people": distinct("person"),
        "m.other_people": distinct("person", including_this=False),
        "m.acts": {"count": "actions", "same": "matter"},
    }
    this = member("this", person="p", place="石桥村")
    around = [
        member("a", 5 * DAY, person="q", closed_at=this.sighting.at),
        member("b", 9 * DAY, place="石桥村", matter="x", closed_at=this.sighting.at),
        member("c", 40 * DAY, closed_at=member("", 9 * DAY).sighting.at),
    ]
    row = run(rulebook(features=features), [this, *around], {"this": FeatureSet({})}, [action(before=1, matter="c")])[
        "this"
    ]
    assert {name: row[name.replace(".", "__")] for name in features} == {
        "m.count": 2,
        "m.others": 1,
        "m.closed": 2,
        "m.closed_week": 1,
        "m.closed_place": 1,
        "m.people": 2,
        "m.other_people": 1,
        "m.acts": 1,
    }


def test_only_subjects_have_rows_and_they_keep_their_base_facts() -> None:
    base = FeatureSet(
        {"record.weapon": None, "record.heads": 3, "words.knife": True}, absent=("record.topic", "record.injury")
    )
    held = run(rulebook(features={"m.fact": COUNT}), [member("a", 5), member("this")], {"this": base})
    assert held == {
        "this": {
            "subject": "this",
            "day": date(2024, 3, 1),
            "absent": "record.injury,record.topic",
            "record__weapon": None,
            "record__injury": None,
            "record__heads": 3,
            "record__topic": None,
            "record__marks": None,
            "words__knife": True,
            "m__fact": 2,
            "matter__failed": 0,
        }
    }


def test_no_subjects_no_rows() -> None:
    assert run(rulebook(features={"m.fact": COUNT}), [member("a")], {}) == {}
    assert run(rulebook(), [], {}) == {}


def test_a_rulebook_without_windows_leaves_the_base_facts() -> None:
    row = run(rulebook(), [member()], {"this": FeatureSet({"record.heads": 1})})["this"]
    assert (row["record__heads"], row["matter__failed"]) == (1, 0)


def test_two_subjects_of_one_second_see_each_other() -> None:
    held = run(
        rulebook(features={"m.fact": COUNT}), [member("a"), member("b")], {"a": FeatureSet({}), "b": FeatureSet({})}
    )
    assert [held[id_]["m__fact"] for id_ in "ab"] == [2, 2]


def test_the_tables_are_the_callers_again_afterwards() -> None:
    held = rulebook(features={"m.fact": COUNT})
    reader = ColumnFeatures(held)
    with duckdb.connect() as connection:
        connection.execute("create table kept as select 1 as one")
        for _ in range(2):
            reader.run(
                connection,
                records=records_frame(held, [member()]),
                base=base_frame(held, {}, {}),
                actions=actions_frame([]),
            )
        assert connection.execute("select table_name from information_schema.tables").fetchall() == [("kept",)]


def test_a_query_that_fails_leaves_no_tables_behind() -> None:
    reader = ColumnFeatures(rulebook(features={"m.fact": COUNT}))
    nothing = pa.table({"subject": pa.array([], pa.string())})
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.Error):
            reader.run(connection, records=nothing, base=nothing, actions=nothing)
        assert connection.execute("select table_name from information_schema.tables").fetchall() == []


@pytest.mark.parametrize("windows", [sliding, running])
def test_no_step_over_one_matter_has_more_rows_than_there_are_records_and_actions(windows: Windows) -> None:
    """A matter of a million records must be borne: no record is put beside every other of its matter."""
    size, done = 3_000, 300
    held = rulebook(
        features={
            "m.closed": window(by="closed_at"),
            "m.people_closed": distinct("person", by="closed_at"),
            "m.other_people": distinct("person", including_this=False),
            "m.acts": {"count": "actions", "same": "matter"},
        }
    )
    members = [member(f"{n}", n, person=f"p{n % 50}", closed_at=member("", n).sighting.at) for n in range(size)]
    bases = {one.sighting.id: FeatureSet({}) for one in members}
    given = {
        "records": records_frame(held, members),
        "base": base_frame(held, bases, {one.sighting.id: one.sighting.at for one in members}),
        "actions": actions_frame([action(before=10 * n, matter="0") for n in range(done)]),
    }
    with duckdb.connect() as connection:
        for name, table in given.items():
            connection.register(name, table)
        query = f"EXPLAIN (ANALYZE, FORMAT JSON) {ColumnFeatures(held, windows).sql}"
        ((_, plan),) = connection.execute(query).fetchall()
    assert size <= max(_rows_of_steps(json.loads(plan)["operator"])) <= 4 * (size + done)


def _rows_of_steps(steps: Sequence[dict[str, Any]]) -> Iterator[int]:
    for step in steps:
        yield step["intermediate_rows"]
        yield from _rows_of_steps(step.get("children", ()))
