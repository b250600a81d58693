"""The edges of acting: who may, on what conditions exactly, and two people at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.desk import Person, acting
from engine.desk.opening import add_person
from engine.desk.reading import show
from engine.errors import UsageError
from engine.model import Colour
from tests.installation import MORNING, Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"
OLD = "police_110:A1"


def did(place: Installation, kind: str, level: str = "", **ago: float) -> None:
    """An action of the usual person."""
    at = place.now - timedelta(**ago)
    acting.act(place.desk, place.person(), OLD, kind=kind, level=level, at=at)


def lowered(place: Installation, to: Colour, second: Person | None = None) -> Colour:
    """What a lowering leads to."""
    person = place.person()
    return acting.override(place.desk, person, OLD, to=to, reason="已化解", second=second).after.state.standing


@pytest.mark.parametrize(
    ("text", "quiet", "to"),
    [(f"{LEAK}，还互相推搡", timedelta(days=7), Colour.GREEN), (KNIFE, timedelta(days=14), Colour.YELLOW)],
    ids=["yellow", "red"],
)
def test_the_quiet_days_are_whole_to_the_second(
    small_place: Installation, text: str, quiet: timedelta, to: Colour
) -> None:
    place = small_place
    place.ingest(place.call("A1", text))
    second = place.person("李所长", "lead")
    place.now += quiet - timedelta(seconds=1)
    did(place, "agreement")
    did(place, "opinion", "police")
    with pytest.raises(UsageError, match=f"不满{quiet.days}天"):
        lowered(place, to, second)
    place.later(seconds=1)
    assert lowered(place, to, second) is to


class TestConditions:
    def test_whoever_resets_a_secret_cannot_make_its_owner_the_second_person(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", KNIFE))
        admin, second = place.person(), place.person("李所长", "lead")
        place.later(days=20)
        did(place, "agreement")
        did(place, "opinion", "police")
        add_person(place.desk, second.name, "known to the admin", by=admin, reset=True)
        with pytest.raises(UsageError, match="李所长 的口令是 王主任 重设的"):
            lowered(place, Colour.YELLOW, second)
        add_person(place.desk, second.name, "known to nobody else", by=second, reset=True)
        with place.desk.store.read() as view:
            told = [(row.actor, row.payload) for row in view.audit_rows() if row.payload.get("reset")]
        assert told == [(actor, {"name": "李所长", "role": "lead", "reset": True}) for actor in ("王主任", "李所长")]
        assert lowered(place, Colour.YELLOW, second) is Colour.YELLOW

    def test_an_opinion_from_before_the_danger_counts_for_nothing(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LEAK))
        place.later(days=1)
        did(place, "opinion", "police")
        place.later(days=1)
        place.ingest(place.call("A2", f"{KNIFE}，为了漏水的事", 关联主接警单编号="A1"))
        place.later(days=20)
        did(place, "agreement")
        with pytest.raises(UsageError, match="opinion"):
            lowered(place, Colour.YELLOW, place.person("李所长", "lead"))

    def test_the_danger_of_a_closed_episode_asks_for_no_opinion_now(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", KNIFE))
        acting.close(place.desk, place.person(), OLD, means="调解", evidence="移送书1号")
        place.later(days=100)
        place.ingest(place.call("A2", f"{LEAK}，还互相推搡", 关联主接警单编号="A1"))
        assert show(place.desk, OLD).row.state.standing is Colour.YELLOW
        place.later(days=7)
        did(place, "measure")
        assert lowered(place, Colour.GREEN) is Colour.GREEN

    def test_red_goes_down_one_step_and_then_another(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", KNIFE))
        place.later(days=14)
        for kind, level in (("agreement", ""), ("opinion", "police"), ("mediation_succeeded", "township")):
            did(place, kind, level)
        assert lowered(place, Colour.YELLOW, place.person("李所长", "lead")) is Colour.YELLOW
        assert lowered(place, Colour.GREEN) is Colour.GREEN
        assert len(show(place.desk, OLD).set_asides) == 2

    def test_a_lowering_of_history_needs_no_dispatch(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", f"{LEAK}，还互相推搡", days=30))
        did(place, "agreement")
        assert lowered(place, Colour.GREEN) is Colour.GREEN

    def test_what_a_person_raised_a_person_lowers(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LEAK))
        acting.override(place.desk, place.person(), OLD, to=Colour.YELLOW, reason="带班研判")
        place.later(days=7)
        did(place, "agreement")
        assert lowered(place, Colour.GREEN) is Colour.GREEN


class TestRoles:
    def test_an_analyst_acts_on_no_matter(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", LEAK))
        analyst = small_place.person("钱分析", "admin")
        analyst = replace(analyst, role="analyst")
        with pytest.raises(UsageError, match="钱分析 的角色是 规则分析员 analyst，不能办理事项"):
            acting.close(small_place.desk, analyst, OLD, means="调解", evidence="维修单")
        with pytest.raises(UsageError, match="不能办理事项"):
            acting.close_all(small_place.desk, analyst, [OLD], means="调解", evidence="维修单")
        assert show(small_place.desk, OLD).row.state.status == "open"

    def test_many_are_closed_with_means_and_evidence_or_not_at_all(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", LEAK))
        with pytest.raises(UsageError, match="化解方式和依据"):
            acting.close_all(small_place.desk, small_place.person(), [OLD], means="调解", evidence="")
        assert acting.close_all(small_place.desk, small_place.person(), ["nobody"], means="调解", evidence="单1") == 0
        assert show(small_place.desk, OLD).row.state.status == "open"

    def test_the_second_person_is_a_lead(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", KNIFE))
        small_place.later(days=14)
        did(small_place, "agreement")
        did(small_place, "opinion", "police")
        place, clerk = small_place, small_place.person()
        operator = place.person("孙干事", "operator")
        with pytest.raises(UsageError, match="孙干事 的角色是 办理 operator，须是 负责人 lead 或 管理员 admin"):
            lowered(place, Colour.YELLOW, operator)
        assert clerk.role == "admin"


class TestAtOnce:
    def test_many_people_at_once_lose_no_action(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK))
        person = place.person()

        def one(number: int) -> None:
            acting.act(place.desk, person, OLD, kind="note", evidence=f"第{number}条")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(12)))
        notes = {action.evidence for action in show(place.desk, OLD).actions if action.kind == "note"}
        assert notes == {f"第{number}条" for number in range(12)}
        with place.desk.store.read() as view:
            assert view.examine_audit().sound

    def test_two_who_close_at_once_close_once(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK))
        person = place.person()

        def one(number: int) -> str:
            try:
                acting.close(place.desk, person, OLD, means="调解", evidence=f"单{number}")
            except UsageError as fault:
                return fault.what
            return "closed"

        with ThreadPoolExecutor(4) as pool:
            said = sorted(pool.map(one, range(4)))
        assert said == ["closed", "事项已经办结", "事项已经办结", "事项已经办结"]

    def test_an_act_while_records_come_in_is_seen_by_both(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=6))
        person = place.person()
        paths = [place.write([place.call(f"B{n}", f"{LEAK}{n}", hours=n)]) for n in range(1, 5)]
        with ThreadPoolExecutor(4) as pool:
            reading = [pool.submit(place.read, path) for path in paths]
            acts = [
                pool.submit(acting.act, place.desk, person, OLD, kind="mediation_failed", level="township",
                            at=MORNING - timedelta(days=days))
                for days in (4, 5)
            ]  # fmt: skip
            for future in (*reading, *acts):
                future.result()
        shown = show(place.desk, OLD)
        assert shown.row.state.records == 5
        assert shown.row.state.standing is Colour.RED
        assert all("R8" in " ".join(record.reasons) for record in shown.records[1:])
