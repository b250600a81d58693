"""Bad rows, feeds, rulebooks and people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import UsageError
from engine.model import Colour, RawRecord, Rejected
from engine.store import Store
from engine.store.quarantine import DISMISSED, RETRIED
from tests.store_samples import START, rulebook

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

    def test_a_retried_row_that_fails_again_is_open_again_and_a_dismissed_one_stays(self, store: Store) -> None:
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
            tx.write_quarantine([rejected(1), rejected(2)], START)
        with store.read() as view:
            assert [row.row for row in view.quarantined()] == [1]
            assert view.quarantine_counts() == {"open": 1, DISMISSED: 1}


class TestFeeds:
    """Where reading stopped, and what was taken in."""

    def test_cursors(self, store: Store) -> None:
        with store.batch() as tx:
            assert tx.cursor("town_110") == ""
            tx.write_cursor("town_110", "2024-01-01", START)
            tx.write_cursor("town_110", "2024-01-02", START)
        with store.read() as view:
            assert view.cursor("town_110") == "2024-01-02"

    def test_imports(self, store: Store) -> None:
        counts = {"read": 3, "new": 2, "quarantined": 1}
        with store.batch() as tx:
            tx.write_import("d" * 64, "town_110", counts=counts, at=START)
            tx.write_import("d" * 64, "town_110", counts={"read": 3, "unchanged": 3}, at=START + DAY)
        with store.read() as view:
            first, second = view.imports_of("d" * 64)
            assert (first.counts, first.at, second.counts["unchanged"]) == (counts, START, 3)
            assert view.imports_of("e" * 64) == []


class TestRulebooks:
    """Every rulebook that was ever live, byte for byte."""

    def test_files_come_back_and_equal_ones_are_kept_once(self, store: Store) -> None:
        first = rulebook(a=b"rules: []\n", b=b"same")
        second = rulebook(a="rules: [规则]\n".encode(), b=b"same", c=b"same")
        with store.batch() as tx:
            assert tx.note_rulebook(first, START) is True
            assert tx.note_rulebook(first, START + DAY) is False
            assert tx.note_rulebook(second, START + DAY) is True
        with store.read() as view:
            assert view.rulebook(first.digest) == first.files
            assert view.rulebook(second.digest) == second.files
            assert view.rulebook("unknown") == {}
            assert view.rulebooks() == [(first.digest, START), (second.digest, START + DAY)]
        assert store.verify().counts["blobs"] == 3


class TestPeople:
    """Who may act proves it with a secret."""

    def test_only_the_right_secret_gives_the_person(self, store: Store) -> None:
        with store.batch() as tx:
            tx.add_person("张三", "correct horse", role="officer", at=START)
            tx.add_person("李四", "another secret", role="admin", at=START)
        with store.read() as view:
            person = view.person("张三", "correct horse")
            assert person is not None
            assert (person.name, person.role, person.added_at) == ("张三", "officer", START)
            assert view.person("张三", "another secret") is None
            assert view.person("王五", "correct horse") is None
            assert [p.name for p in view.people()] == sorted(["张三", "李四"])

    def test_a_new_secret_replaces_the_old_one(self, store: Store) -> None:
        with store.batch() as tx:
            tx.add_person("张三", "correct horse", role="officer", at=START)
            tx.add_person("张三", "battery staple", role="admin", at=START + DAY)
        with store.read() as view:
            assert view.person("张三", "correct horse") is None
            person = view.person("张三", "battery staple")
            assert person is not None
            assert (person.role, person.added_at) == ("admin", START)

    def test_who_is_retired_may_no_longer_act(self, store: Store) -> None:
        with store.batch() as tx:
            tx.add_person("张三", "correct horse", role="officer", at=START)
            assert tx.retire_person("张三") is True
            assert tx.retire_person("王五") is False
        with store.read() as view:
            assert view.person("张三", "correct horse") is None
            assert view.people() == []

    def test_a_short_secret_is_refused(self, store: Store) -> None:
        with pytest.raises(UsageError, match="口令"), store.batch() as tx:
            tx.add_person("张三", "short", role="officer", at=START)

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
