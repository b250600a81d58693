"""Frames: records, base facts and actions as Arrow tables, with nothing guessed from the first rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from engine.features.frames import actions_frame, base_frame, column_of, mark_of, records_frame, schemas
from engine.model import Cause, FeatureSet
from tests.feature_samples import NOW, action, member
from tests.rulebook_samples import rulebook

HELD = rulebook(
    features={
        "m.armed": {
            "count": "incidents",
            "same": "matter",
            "within": "1d",
            "where": {"words.knife": True, "record.weapon": True},
        }
    }
)


def test_names_of_columns() -> None:
    assert column_of("matter.incidents_30d") == "matter__incidents_30d"
    assert mark_of("words.knife") == "mark__words__knife"


def test_tables_of_nothing_have_their_columns_and_types() -> None:
    records, base, actions = records_frame(HELD, []), base_frame(HELD, {}, {}), actions_frame([])
    assert [table.num_rows for table in (records, base, actions)] == [0, 0, 0]
    assert base.schema.field("record__heads").type == pa.int64()
    assert base.schema.field("record__marks").type == pa.list_(pa.string())
    assert base.schema.field("day").type == pa.date32()
    assert records.schema.field("mark__words__knife").type == pa.bool_()


def test_the_schemas_are_those_of_the_tables() -> None:
    tables = {
        "records": records_frame(HELD, [member()]),
        "base": base_frame(HELD, {}, {}),
        "actions": actions_frame([]),
    }
    made = schemas(HELD)
    assert {name: tuple(schema.names) for name, schema in made.items()} == {
        name: tuple(table.schema.names) for name, table in tables.items()
    }


def test_a_record_as_windows_see_it() -> None:
    seen = member(
        "police_110:1",
        cause=Cause.REPEAT,
        topic="noise",
        area="a",
        place="石桥村",
        phone="f",
        id_number="n",
        person="p",
        hotspot="h",
        closed_at=datetime(1970, 1, 2, tzinfo=UTC),
        marks=frozenset({"words.knife", "words.other"}),
    )
    assert records_frame(HELD, [seen]).to_pylist() == [
        {
            "subject": "police_110:1",
            "at": int(NOW.timestamp()),
            "closed_at": 86_400,
            "counts": True,
            "kind": "police_110",
            "cause": "repeat",
            "topic": "noise",
            "area": "a",
            "person": "p",
            "matter": "m",
            "place": "石桥村",
            "hotspot": "h",
            "phone": "f",
            "identity": "n",
            "mark__record__weapon": False,
            "mark__words__knife": True,
        }
    ]


def test_what_a_record_has_not_is_null_and_marks_never_are() -> None:
    row = records_frame(HELD, [member(counts=False)]).to_pylist()[0]
    nothing = ("closed_at", "topic", "person", "place", "hotspot", "phone", "identity")
    assert [row[name] for name in nothing] == [None] * len(nothing)
    assert (row["counts"], row["mark__record__weapon"], row["area"]) == (False, False, "")


def test_times_before_1970_and_of_any_zone_are_whole_seconds() -> None:
    times = ["1969-12-31T23:59:59+00:00", "1970-01-01T08:00:01+08:00", "2024-02-29T23:59:59+08:00"]
    held = records_frame(HELD, [member(text, at=datetime.fromisoformat(text)) for text in times])
    assert held.column("at").to_pylist() == [-1, 1, 1_709_222_399]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-02-29T15:59:59+00:00", date(2024, 2, 29)),
        ("2024-02-29T16:00:00+00:00", date(2024, 3, 1)),
        ("2024-12-31T15:59:59+00:00", date(2024, 12, 31)),
        ("2024-12-31T16:00:00+00:00", date(2025, 1, 1)),
    ],
)
def test_the_day_is_that_of_the_calendar_in_shanghai(moment: str, day: date) -> None:
    held = base_frame(HELD, {"x": FeatureSet({})}, {"x": datetime.fromisoformat(moment)})
    assert held.column("day").to_pylist() == [day]


def test_another_zone_may_be_asked_for() -> None:
    moment = {"x": datetime.fromisoformat("2024-12-31T16:00:00+00:00")}
    assert base_frame(HELD, {"x": FeatureSet({})}, moment, zone="UTC").column("day").to_pylist() == [date(2024, 12, 31)]


def test_base_facts_are_typed_however_few_are_known() -> None:
    bases = {
        "x": FeatureSet({"record.heads": None, "record.topic": None}, absent=("record.weapon", "record.injury")),
        "y": FeatureSet(
            {"record.heads": 2**40, "record.topic": "101", "record.marks": ("a", "b"), "words.knife": True}
        ),
    }
    table = base_frame(HELD, bases, dict.fromkeys(bases, NOW))
    assert table.column("record__heads").to_pylist() == [None, 2**40]
    assert table.column("record__topic").to_pylist() == [None, "101"]
    assert table.column("record__marks").to_pylist() == [None, ["a", "b"]]
    assert table.column("words__knife").to_pylist() == [None, True]
    assert table.column("absent").to_pylist() == ["record.injury,record.weapon", ""]
    assert "m__armed" not in table.schema.names


def test_actions_name_a_record() -> None:
    assert actions_frame([action("close", 60, matter="police_110:1", level="village")]).to_pylist() == [
        {"record": "police_110:1", "action": "close", "level": "village", "done_at": int(NOW.timestamp()) - 60}
    ]
