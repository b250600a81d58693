"""Rebuilding at its edges: nothing there, entries that decide nothing, rows that another release refuses."""

from __future__ import annotations

from dataclasses import replace

from engine.desk import acting, quarantine
from engine.desk.rebuilding import rebuild
from engine.pipeline import Stages
from engine.ruleset import loader
from tests.conftest import KEYS
from tests.installation import Installation, shipped

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"


def test_an_empty_place_has_nothing_to_rebuild(place: Installation) -> None:
    assert list(rebuild(place.desk)) == []


def test_bad_rows_and_their_cure_are_passed_over_or_come_again(place: Installation) -> None:
    person = place.person()
    place.ingest(place.call("", LEAK), place.call("A1", LEAK), {**place.call("A2", LEAK), "报警时间": "昨天"})
    open_rows = {held.row.source_id or "": held.row.id for held in quarantine.held(place.desk)}
    assert len(open_rows) >= 1
    for number in open_rows.values():
        quarantine.retry(place.desk, [{quarantine.NUMBER: number, "报警时间": place.local(hours=1)}])
    quarantine.unmasked(place.desk, person, reason="核对")
    results = list(rebuild(place.desk))
    assert {result.subject for result in results} >= {"police_110:A1", "police_110:A2"}
    assert all(result.same for result in results)


def test_many_matters_closed_together_are_closed_again(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK), place.call("B1", "村口的路灯坏了一个多星期没有人来修理", caller=2))
    acting.close_all(place.desk, place.person(), ["police_110:A1", "police_110:B1"], means="调解", evidence="纪要")
    place.later(days=1)
    place.ingest(place.call("A2", f"{LEAK}，又漏了", hours=1))
    results = list(rebuild(place.desk))
    assert len(results) >= 3
    assert all(result.same for result in results)


def test_a_row_that_another_release_refuses_is_told(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LEAK), place.call("A2", f"{LEAK}，又漏了"))
    name = "mappings/police_110.yaml"
    text = shipped().files[name].decode()
    assert text.count("接警单编号") >= 1
    other = loader.load({**shipped().files, name: text.replace("接警单编号", "从前的编号").encode()})
    forged = replace(other, digest=shipped().digest)
    desk = replace(place.desk, _stages=[Stages.of(forged, index_key=KEYS.index)])
    results = list(rebuild(desk))
    assert {result.subject for result in results} == {"police_110:A1", "police_110:A2"}
    assert {difference for result in results for difference in result.differences} == {"没有重新产生这个研判"}


def test_a_decision_that_comes_out_otherwise_is_told_with_its_place(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LEAK))
    name = "labels.yaml"
    text = shipped().files[name].decode()
    assert text.count("未命中任何风险规则") == 1
    other = loader.load({**shipped().files, name: text.replace("未命中任何风险规则", "没有命中规则").encode()})
    desk = replace(place.desk, _stages=[Stages.of(replace(other, digest=shipped().digest), index_key=KEYS.index)])
    results = list(rebuild(desk))
    assert results and not any(result.same for result in results)
    assert all("reasons" in result.differences[0] for result in results)
