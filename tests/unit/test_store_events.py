"""What people did is only ever added."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model import Action, Cut, SetAside, Union
from engine.store import Store
from engine.store.events import action_id, once_more
from tests.store_samples import START

DAY = timedelta(days=1)


class TestEvents:
    """What people did is only ever added."""

    def test_actions_come_back_in_order_of_time_with_ids(self, store: Store) -> None:
        done = [
            Action("m1", "visit", "township", "张三", START + DAY, START + 2 * DAY, "上门，无人"),
            Action("m1", "dispatch", "yellow", "sanse", START, START, ""),
            Action("m2", "close", "", "李四", START, START, "已结", id="act:given"),
        ]
        with store.batch() as tx:
            named = tx.write_actions(done)
        with store.read() as view:
            assert view.actions_of(["m1"]) == [named[1], named[0]]
            assert view.actions_of(["m2", "m3"]) == [done[2]]
            assert view.actions_of([]) == []
        assert {replace(action, id="") for action in named} == {replace(action, id="") for action in done}
        assert all(action.id for action in named)

    def test_the_same_action_is_kept_once_and_another_one_is_not_lost(self, store: Store) -> None:
        visit = Action("m1", "visit", "township", "张三", START, START, "一")
        with store.batch() as tx:
            tx.write_actions([visit, visit, replace(visit, evidence="二")])
        with store.batch() as tx:
            tx.write_actions([visit])
        with store.read() as view:
            assert sorted(action.evidence for action in view.actions_of(["m1"])) == ["一", "二"]

    def test_the_same_done_again_in_one_second_is_kept_with_what_it_concerns(self, store: Store) -> None:
        closing = Action("m1", "close", "red", "张三", START, START, "一", concerns=("m1", "m2"))
        with store.batch() as tx:
            for _ in range(3):
                tx.write_actions([once_more(closing, tx.actions_of(["m1"]))])
        with store.read() as view:
            kept = view.actions_of(["m1"])
        assert [action.concerns for action in kept] == [("m1", "m2")] * 3
        assert len({action.id for action in kept}) == 3
        assert kept[0].id == action_id(closing)

    def test_cuts_and_unions_that_hold_are_found_by_any_of_their_records(self, store: Store) -> None:
        cut, union = Cut(("a", "b"), ("c",)), Union("d", "e")
        with store.batch() as tx:
            number = tx.write_decision(cut, by="张三", reason="两家不同", known_at=START)
            tx.write_decision(union, by="张三", reason="同一件", known_at=START)
        with store.read() as view:
            assert view.decisions_about(["c", "x"]) == ([cut], [])
            assert view.decisions_about(["b", "e"]) == ([cut], [union])
            assert view.decisions_about(["x"]) == ([], [])
        with store.batch() as tx:
            tx.revoke_decision(number, by="李四", reason="弄错", known_at=START + DAY)
        with store.read() as view:
            assert view.decisions_about(["a", "d"]) == ([], [union])
            shown = [(row.kind, row.left, row.right, row.reason, row.revoked) for row in view.decision_rows(["a", "d"])]
            assert shown == [
                ("cut", ("a", "b"), ("c",), "两家不同", True),
                ("union", ("d",), ("e",), "同一件", False),
            ]

    def test_set_asides_come_back(self, store: Store) -> None:
        lowered = SetAside("a", frozenset({"R1|a", "R6|a,b"}), "张三", "当事人已和解", START, START + 30 * DAY, "李四")
        with store.batch() as tx:
            tx.write_set_aside(lowered)
            tx.write_set_aside(replace(lowered, incident="b", second=""))
        with store.read() as view:
            assert view.set_asides(["a"]) == [lowered]
            assert len(view.set_asides(["a", "b", "c"])) == 2
