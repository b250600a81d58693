"""Slips of the hand: what is taken for one and what is not; each has its rulebook in fixtures/bad_rules/lint."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.workbench.linting.slips import of_parts, of_whole
from engine.workbench.places import Places

ROUTES = """routes:
  - {id: a, title: 甲, colour: red, receivers: [司法所, 党工委], root: true}
  - {id: b, title: 乙, colour: red, topic: noise, receivers: [司法所]}
  - {id: c, title: 丙, colour: red, topic: dv, receivers: [%s]}
"""
DEADLINES = """deadlines:
  yellow: {sign: 4h, contact: 4h, mediate: 48h, close: 15d, follow_up: [], clock: working}
  red: {sign: %s, contact: %s, mediate: %s, close: 30d, follow_up: [], clock: natural}
"""


def codes(text: str) -> list[str]:
    seen = loader.survey({"a.yaml": text.encode()})
    assert seen.faults == ()
    places = Places(seen.documents)
    return [fault.code for check in (of_parts, of_whole) for fault in check(seen.rulebook, places)]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("司法所", []),
        ("司所", ["L143"]),
        ("司法法所", ["L143"]),
        ("法司所", ["L143"]),
        ("人社所", []),
        ("党委", []),
        ("司法所，妇联", ["L153"]),
        ("司法所、妇联", ["L153"]),
    ],
)
def test_a_receiver_a_letter_away_from_one_that_several_routes_name(name: str, found: list[str]) -> None:
    """党委 stays: only one other route has 党工委, so it is not known which of the two is meant."""
    assert codes(ROUTES % name) == found


@pytest.mark.parametrize(
    ("spans", "found"),
    [(("1h", "1h", "24h"), []), (("2h", "1h", "24h"), ["L144"]), (("1h", "5h", "24h"), ["L144"])],
)
def test_deadlines_follow_each_other_and_red_is_no_slower(spans: tuple[str, str, str], found: list[str]) -> None:
    assert codes(DEADLINES % spans) == found


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ("[广场舞，跳舞的音响]", ["L153"]),
        ("[广场舞、跳舞的音响]", ["L153"]),
        ("[{text: 广场舞, not_after: [没有、没]}]", ["L153"]),
        ("[广场舞, 跳舞的音响]", []),
        ("[{pattern: '刀(、|和)斧'}]", []),
        ("[{pattern: '刀[^，]{0,3}砍'}]", []),
        ("[{pattern: '刀｜斧'}]", ["L153"]),
    ],
)
def test_signs_of_the_chinese_keyboard_in_entries(entries: str, found: list[str]) -> None:
    assert codes(f"words:\n  list: {{title: 试, entries: {entries}}}\n") == found


def test_headers_and_categories_of_a_supplier_may_enumerate() -> None:
    mapping = "mapping:\n  kind: grid\n  title: 网格\n  columns: {source_id: [编号], title: [标题、摘要], occurred_at: [%s], narrative: [内容]}\n"
    assert codes(mapping % "时间") == []
    assert codes(mapping % "时间，日期") == ["L153"]


def test_a_missing_column_is_wanted_after_the_one_it_follows_elsewhere() -> None:
    other = "mapping:\n  kind: grid\n  title: 网格\n  columns:\n    source_id: [编号]\n    title: [标题]\n%s"
    whole = other.replace("kind: grid", "kind: walk_in") % "    occurred_at: [时间]\n    narrative: [内容]\n"
    for written, line in (("", 6), ("    heads: [人数]\n    occurred_at: [时间]\n", 8)):
        seen = loader.survey({"a.yaml": whole.encode(), "b.yaml": (other % written).encode()})
        assert seen.faults == ()
        found = [one for one in of_whole(seen.rulebook, Places(seen.documents)) if one.code == "L145"]
        assert [one.place.line for one in found if "narrative" in one.message] == [line]
