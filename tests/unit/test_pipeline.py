"""The order inside a batch: which versions decide, what a bad row says, one entry for each batch, and all of it or nothing."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.desk.reading import show
from engine.errors import StoreError
from engine.model import Colour, RawRecord, Rejected
from engine.pipeline import Tally, ingest_batch, rejudge, supersedes
from engine.store import Store
from engine.triage import Decision, Triage
from tests.installation import Installation, stages

pytest_plugins = ["tests.places"]

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)
LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
KNIFE = "有人拿着菜刀砍人，快来救命"


def row(source_id: str, text: str = LEAK, *, day: int = 9, **more: Any) -> RawRecord:
    cells = {
        "接警单编号": source_id,
        "报警时间": f"2025-03-{day:02d} 08:00:00",
        "报警电话": "13800000001",
        "报警内容": text,
    }
    return RawRecord("town", "police_110", 2, {**cells, **more})


def taken(store: Store, *rows: RawRecord, at: datetime = NOW) -> Tally:
    return ingest_batch(rows, store=store, stages=stages(), known_at=at)


class TestTally:
    def test_sums_are_field_by_field(self) -> None:
        one, other = Tally(3, 1, 1, 1, 0), Tally(2, 0, 0, 1, 1, unknown_headers={"天气"})
        one.colours[Colour.RED] = 1
        other.colours[Colour.RED] = 2
        one.add(other)
        assert (one.read, one.new, one.unchanged, one.updated, one.quarantined) == (5, 1, 1, 2, 1)
        assert one.colours == {Colour.RED: 3}
        assert one.unknown_headers == {"天气"}


class TestNormalise:
    def test_a_broken_row_with_dangerous_words_is_red(self) -> None:
        grave = stages().normalise(row("A1", KNIFE, 报警时间="某日"), NOW)
        plain = stages().normalise(row("A2", LEAK, 报警时间="某日"), NOW)
        assert isinstance(grave, Rejected)
        assert isinstance(plain, Rejected)
        assert (grave.colour, plain.colour) == (Colour.RED, None)


class TestVersions:
    """Ruling 17."""

    @pytest.mark.parametrize(
        ("updated", "held", "wins"),
        [(None, None, True), (None, 1, True), (1, None, True), (2, 1, True), (1, 1, True), (1, 2, False)],
    )
    def test_the_later_supplier_time_wins_and_equal_or_none_the_one_known_last(
        self, updated: int | None, held: int | None, *, wins: bool
    ) -> None:
        days = [NOW + timedelta(days=d) if d is not None else None for d in (updated, held)]
        assert supersedes(*days) is wins

    def test_an_old_version_that_comes_again_decides_nothing(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", KNIFE, days=1))
        place.ingest(place.call("A1", LEAK, days=1))
        assert show(place.desk, "police_110:A1").records[0].colour is Colour.GREEN
        place.ingest(place.call("A1", KNIFE, days=1))
        shown = show(place.desk, "police_110:A1")
        assert shown.records[0].colour is Colour.GREEN
        assert shown.row.state.machine is Colour.GREEN

    def test_three_versions_in_one_batch_leave_the_last(self, store: Store) -> None:
        tally = taken(store, row("A1", "一"), row("A1", "二"), row("A1", "三"), row("A1", "二"))
        assert (tally.new, tally.updated, tally.unchanged) == (1, 2, 1)
        with store.read() as view:
            assert view.incidents(["police_110:A1"])["police_110:A1"].narrative == "三"
            assert [version.current for version in view.versions_of("police_110:A1")] == [False, False, True]

    def test_an_older_one_beside_a_newer_one_in_one_batch(self, store: Store) -> None:
        new = row("A1", "新稿", 更新时间="2025-03-09 10:00:00")
        old = row("A1", "旧稿", 更新时间="2025-03-09 09:00:00")
        tally = taken(store, new, old)
        assert (tally.new, tally.updated) == (1, 1)
        with store.read() as view:
            assert view.incidents(["police_110:A1"])["police_110:A1"].narrative == "新稿"


class TestBatch:
    def test_nothing_but_bad_rows_is_a_batch_too(self, store: Store) -> None:
        tally = taken(store, row("A1", 报警时间="某日"), row("", LEAK))
        assert (tally.read, tally.quarantined) == (2, 2)
        with store.read() as view:
            assert view.records_count() == 0
            assert len(view.quarantined()) == 2

    def test_each_batch_is_one_entry_that_accounts_for_every_row(self, store: Store) -> None:
        taken(store, row("A1"), row("A2", day=8), row("A3", 报警时间="某日"))
        taken(store, row("A1"))
        with store.read() as view:
            first, second = view.audit_rows()
            assert view.examine_audit().sound
        told = {key: first.payload[key] for key in ("read", "new", "unchanged", "updated", "quarantined")}
        assert told == {"read": 3, "new": 2, "unchanged": 0, "updated": 0, "quarantined": 1}
        assert (first.actor, first.what) == ("sanse", "ingest")
        assert second.payload["unchanged"] == 1

    @pytest.mark.parametrize(
        "stage",
        ["engine.pipeline._Middle.link", "engine.pipeline._Middle.judge", "engine.settlement.Settlement.settle"],
    )
    def test_killed_half_way_nothing_of_it_is_kept_and_it_can_begin_again(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        taken(store, row("A0", day=7))

        class PowerCut(Exception):
            """Not one of ours."""

        def cut(*_: object, **__: object) -> None:
            raise PowerCut

        with monkeypatch.context() as patched:
            patched.setattr(stage, cut)
            with pytest.raises(PowerCut):
                taken(store, row("A1"), row("A0", f"{LEAK}，更正", day=7), row("A2", 报警时间="某日"))
        with store.read() as view:
            assert view.records_count() == 1
            assert len(view.versions_of("police_110:A0")) == 1
            assert view.quarantined() == []
            assert view.examine_audit().entries == 1
        tally = taken(store, row("A1"), row("A0", f"{LEAK}，更正", day=7), row("A2", 报警时间="某日"))
        assert (tally.new, tally.updated, tally.quarantined) == (1, 1, 1)

    def test_a_store_that_refuses_the_last_write_keeps_nothing(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise StoreError("磁盘满了", hint="清理")

        with monkeypatch.context() as patched:
            patched.setattr("engine.store.audit.Audit.append_audit", full)
            with pytest.raises(StoreError):
                taken(store, row("A1"))
        with store.read() as view:
            assert view.records_count() == 0

    @pytest.mark.parametrize("was", [True, False])
    def test_the_collector_is_as_it_was_whatever_happens(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, *, was: bool
    ) -> None:
        seen: list[bool] = []
        monkeypatch.setattr("engine.pipeline._accept", lambda *_: seen.append(gc.isenabled()) or 1 / 0)
        try:
            (gc.enable if was else gc.disable)()
            with pytest.raises(ZeroDivisionError):
                taken(store, row("A1"))
            assert gc.isenabled() is was
        finally:
            gc.enable()
        assert seen == [False]

    def test_unknown_headers_are_told_once_for_each_shape(self, store: Store) -> None:
        tally = taken(store, row("A1", 天气="雨"), row("A2", 天气="晴", 风向="北"))
        assert tally.unknown_headers == {"天气", "风向"}


class TestMoved:
    """Stored records in whose windows something late has come (ruling 4)."""

    @pytest.fixture
    def judged(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The subjects of every decision that is made, in order."""
        made: list[str] = []

        def noted(triage: Triage, subject: str, *args: Any, **more: Any) -> Decision:
            made.append(subject)
            return decide(triage, subject, *args, **more)

        decide = Triage.decide
        monkeypatch.setattr(Triage, "decide", noted)
        return made

    def test_whose_facts_are_others_now_is_judged_again(self, store: Store, judged: list[str]) -> None:
        taken(store, row("A1"))
        taken(store, row("A2", day=8))
        assert judged == ["police_110:A1", "police_110:A2", "police_110:A1"]

    def test_whose_facts_stay_the_same_is_not_and_its_matter_is_left_alone(
        self, store: Store, judged: list[str]
    ) -> None:
        taken(store, row("A0", "咨询办事流程", day=5), row("A1"))
        taken(store, row("A2", "咨询办事流程", day=8, 无效标记="是"), at=NOW + timedelta(hours=1))
        assert judged == ["police_110:A0", "police_110:A1", "police_110:A2"]
        with store.read() as view:
            assert view.matter_states(["police_110:A1"])["police_110:A1"].updated_at == NOW

    def test_under_new_rules_the_same_facts_are_judged_again(self, store: Store, judged: list[str]) -> None:
        taken(store, row("A1"))
        with store.batch([]) as tx:
            rejudge(tx, stages(), ["police_110:A1"], known_at=NOW)
        assert judged == ["police_110:A1", "police_110:A1"]


def test_judged_again_under_the_same_rules_nothing_is_written(store: Store) -> None:
    taken(store, row("A1", KNIFE), row("A2", day=8), row("A3", day=9))
    with store.read() as view:
        before = view.assessment_numbers()
    with store.batch() as tx:
        assert rejudge(tx, stages(), [f"police_110:A{n}" for n in (1, 2, 3)], known_at=NOW + timedelta(days=1)) == []
    with store.read() as view:
        assert view.assessment_numbers() == before
