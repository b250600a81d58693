"""Lists of judged cases: what each row names today, and every slip told."""

from __future__ import annotations

import pytest

from engine.desk.acting import override
from engine.desk.sampling import deal, grade, waiting
from engine.desk.wanted import Wanted, judged, listed
from engine.errors import UsageError
from engine.model import Colour
from tests.installation import Installation

pytest_plugins = ["tests.places"]


@pytest.fixture
def town(small_place: Installation) -> Installation:
    place = small_place
    place.ingest(
        place.call("A1", "楼上漏水把天花板泡坏了，双方争吵", days=3),
        place.call("A2", "楼上又漏水把天花板泡坏了，双方争吵", days=1),
        place.call("B1", "村口的路灯坏了一个多星期没有人来修理", caller=2),
    )
    return place


def matter(place: Installation, record: str) -> str:
    with place.desk.store.read() as view:
        found = view.matter_id(f"police_110:{record}")
    assert found
    return found


def test_a_list_names_matters_by_any_of_their_records_and_records_by_themselves(town: Installation) -> None:
    text = "\ufeffid,colour,record\npolice_110:A2,红,\n,yellow,police_110:B1\n"
    found = listed(town.desk, "cases.csv", text.encode())
    assert matter(town, "A2") == matter(town, "A1") == "police_110:A1"
    assert found == [
        Wanted("police_110:A2", Colour.RED, matter="police_110:A1"),
        Wanted("police_110:B1", Colour.YELLOW, record="police_110:B1"),
    ]
    assert listed(town.desk, "cases.json", b'{"police_110:A2": "red"}') == found[:1]
    assert listed(town.desk, "cases.csv", "编号,颜色\npolice_110:A2,红\n".encode("gb18030")) == found[:1]
    assert listed(town.desk, "cases.csv", b"id,colour\npolice_110:A2,red\npolice_110:A2,red\n") == found[:1]
    rows = b'[{"matter": "police_110:A2", "colour": "red"}, {"record": "police_110:B1", "colour": "yellow"}]'
    assert listed(town.desk, "cases.json", rows) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "一条标注也没有"),
        ("id,colour\n", "一条标注也没有"),
        ("id,colour\npolice_110:A1,\n", "第 1 条读不懂"),
        ("id,colour,record\npolice_110:A1,red,police_110:A1\n", "第 1 条读不懂"),
        ("id,colour\npolice_110:A1,紫\n", "没有这个颜色：紫"),
        ("id,colour\npolice_110:A1,red\npolice_110:X9,red\n", "库里没有的编号：police_110:X9"),
        ("record,colour\nSS2025-000001,red\n", "库里没有的编号"),
        (
            "id,colour\npolice_110:A1,red\npolice_110:B1,red\npolice_110:A1,黄\n",
            "第 1 条和第 3 条是同一个编号，颜色不同：police_110:A1",
        ),
        ("[1]", "第 1 条读不懂"),
        ("{", "读不懂"),
    ],
)
def test_a_slip_in_a_list_is_told(town: Installation, text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        listed(town.desk, "cases.csv", text.encode())
    assert told in str(refused.value)


def test_what_a_person_typed_in_place_of_an_id_is_masked(town: Installation) -> None:
    with pytest.raises(UsageError) as refused:
        listed(town.desk, "cases.csv", b"id,colour\n13912345678,red\n")
    assert "13912345678" not in str(refused.value)


def test_blind_grades_and_raisings_are_cases_and_the_last_grade_holds(town: Installation) -> None:
    assert judged(town.desk) == []
    admin, other = town.person(), town.person("李所长", "lead")
    override(town.desk, admin, "police_110:B1", to=Colour.RED, reason="上次有人受伤")
    assert judged(town.desk) == [Wanted("police_110:B1", Colour.RED, matter="police_110:B1")]
    town.later(days=1)
    assert deal(town.desk, admin, percent=100, days=30, seed="s") == 2  # type: ignore[arg-type]
    for one in waiting(town.desk, other):
        grade(town.desk, other, one.number, colour=Colour.YELLOW)
    assert [(one.matter, one.colour) for one in judged(town.desk)] == [
        ("police_110:A1", Colour.YELLOW),
        ("police_110:B1", Colour.YELLOW),
    ]
