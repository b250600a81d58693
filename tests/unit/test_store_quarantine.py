"""A bad row is kept whole with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model import Colour, RawRecord, Rejected
from engine.store import Store
from engine.store.quarantine import DISMISSED, RETRIED
from tests.store_samples import START

DAY = timedelta(days=1)


def rejected(
    row: int, *, colour: Colour | None = None, source: str = "town_110", reason: str = "时间无法识别"
) -> Rejected:
    raw = RawRecord(source, "police_110", row, {"接警单编号": f"J{row}", "报警时间": "昨天", "报警电话": "13800000000"})
    return Rejected(raw, "time.unreadable", reason, f"J{row}", "有人持刀" if colour else "", colour)


class TestQuarantine:
    """Nothing that arrived is lost: a bad row is kept whole with its reason."""

    def test_a_row_comes_back_whole_and_red_ones_stand_on_top(self, store: Store) -> None:
        rows = [rejected(1), rejected(2, colour=Colour.RED), rejected(3, reason="“昨天”不是时间：13800000000")]
        with store.batch() as tx:
            tx.write_quarantine(rows, START)
        with store.read() as view:
            held = view.quarantined()
            assert [row.row for row in held] == [2, 1, 3]
            assert [row.colour for row in held] == [Colour.RED, None, None]
            assert held[2].reason == "“昨天”不是时间：13800000000"
            assert held[0].values == rows[1].raw.values
            assert (held[0].source_id, held[0].text, held[0].code) == ("J2", "有人持刀", "time.unreadable")
            assert (held[0].status, held[0].times, held[0].first_at) == ("open", 1, START)
            assert view.quarantine_rows([held[1].id]) == [held[1]]
            assert view.quarantined(limit=1, offset=1) == [held[1]]

    def test_the_same_row_again_is_counted_not_doubled(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_quarantine([rejected(1), rejected(1), rejected(1, source="other")], START)
        with store.batch() as tx:
            tx.write_quarantine([rejected(1, reason="新的说法")], START + DAY)
        with store.read() as view:
            held = {row.source: row for row in view.quarantined()}
            assert held["town_110"].times == 3
            assert (held["town_110"].first_at, held["town_110"].last_at) == (START, START + DAY)
            assert held["town_110"].reason == "新的说法"
            assert held["other"].times == 1

    def test_a_row_that_was_settled_and_comes_again_stays_settled(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_quarantine([rejected(1), rejected(2)], START)
        with store.read() as view:
            one, two = view.quarantined()
        with store.batch() as tx:
            assert tx.mark_quarantine([one.id], RETRIED) == 1
            assert tx.mark_quarantine([two.id], DISMISSED) == 1
        with store.read() as view:
            assert view.quarantined() == []
            assert [row.row for row in view.quarantined([RETRIED, DISMISSED])] == [1, 2]
        with store.batch() as tx:
            assert tx.write_quarantine([rejected(1), rejected(2), rejected(3)], START) == 2
        with store.read() as view:
            assert [row.row for row in view.quarantined()] == [3]
            assert view.quarantine_counts() == {"open": 1, RETRIED: 1, DISMISSED: 1}

    def test_an_empty_list_is_no_trouble(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_quarantine([], START)
        with store.read() as view:
            assert view.quarantine_rows([]) == []
            assert view.quarantined([]) == []


def test_rejected_rows_of_a_file_differ_only_by_content(store: Store) -> None:
    """Where a row stood in its file is no part of what it is."""
    again = rejected(1)
    with store.batch() as tx:
        tx.write_quarantine([rejected(1), replace(again, raw=replace(again.raw, row=77))], START)
    with store.read() as view:
        (row,) = view.quarantined()
        assert (row.row, row.times) == (77, 2)
