"""What is old goes, whole and for good, and the skeleton stays: nobody else's counts change, every decision replays, the log proves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.config import RetentionConfig
from engine.desk import Desk, acting
from engine.desk import retention as retaining
from engine.desk.callers import repeat_callers
from engine.desk.explaining import explain
from engine.desk.reading import PURGED, show
from engine.desk.rebuilding import rebuild
from engine.desk.replaying import sample
from engine.desk.retention import Term, due_now, hold, preview, purge, release
from engine.errors import UsageError
from engine.store import tables
from engine.store.retention import DECISIONS, RAW, RECORDS
from tests.installation import ZONE, Installation
from tests.orders import picture

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
LAMP = "村口的路灯坏了一个多星期没有人来修理"
EVERY = 100_000
DAY = timedelta(days=1)


@pytest.fixture
def old(place: Installation) -> Installation:
    """Three matters of long ago, one of them of several records; then one more of somebody who called before."""
    return lived(place)


def lived(place: Installation) -> Installation:
    place.ingest(
        place.call("A1", LEAK, days=3),
        place.call("A2", f"{LEAK}，第二次", days=2),
        place.call("A3", f"{LEAK}，第三次", days=1),
    )
    place.ingest(
        place.call("B1", LAMP, caller=2, hours=5),
        place.call("C1", LEAK, caller=3, hours=4),
        {**place.call("X1", LAMP), "报警时间": "昨天"},
    )
    for reference in ("police_110:A1", "police_110:B1", "police_110:C1"):
        acting.close(place.desk, place.person(), reference, means="调解", evidence="协议书由陈一签字")
    place.later(days=2000)
    place.ingest(place.call("D1", LAMP, caller=2, hours=3))
    return place


def keeping(place: Installation, **days: int) -> Desk:
    """The desk with other terms."""
    terms = RetentionConfig(**{name: timedelta(days=span) for name, span in days.items()})
    return replace(place.desk, config=place.desk.config.model_copy(update={"retention": terms}))


def by_aim(terms: list[Term]) -> dict[str, Term]:
    return {term.aim: term for term in terms}


def rows(place: Installation, table: Any) -> list[Any]:
    with place.desk.store.read() as view:
        return list(view._connection.execute(select(table)))


def content(place: Installation) -> dict[str, list[Any]]:
    return {table.name: sorted(map(str, rows(place, table))) for table in tables.metadata.sorted_tables}


def test_looking_writes_nothing(old: Installation) -> None:
    before = content(old)
    terms = by_aim(preview(old.desk))
    assert {aim: (term.matters, term.records) for aim, term in terms.items()} == {
        RAW: (3, 5), RECORDS: (3, 5), DECISIONS: (3, 5), "access": (0, 0),
    }  # fmt: skip
    assert content(old) == before
    assert due_now(old.desk, most=100) == 9
    assert due_now(old.desk, most=4) == 4


def test_what_tells_of_people_goes_and_the_skeleton_stays(old: Installation) -> None:
    before, seen = picture(old.url), {row.id: row for row in rows(old, tables.sightings)}
    done = by_aim(purge(old.desk, old.person()))
    assert (done[RAW].matters, done[RECORDS].records, done[DECISIONS].matters) == (3, 5, 3)
    assert picture(old.url) == before
    for row in rows(old, tables.sightings):
        was = seen[row.id]
        gone = row.id != "police_110:D1"
        assert ((row.phone, row.fine, row.text_digest) != (was.phone, was.fine, was.text_digest)) is gone
        assert (row.gist == "") is gone
        assert (row.at, row.kind, row.matter, row.place, row.person) == (
            was.at,
            was.kind,
            was.matter,
            was.place,
            was.person,
        )
    for table in (tables.raws, tables.bodies):
        assert [bool(row.sealed) for row in sorted(rows(old, table), key=lambda row: row.version)] == [False] * 5 + [
            True
        ]
    assert not any(row.evidence for row in rows(old, tables.actions) if row.matter != "police_110:D1")
    assert old.desk.store.verify(deep=True).sound


def test_callers_are_counted_by_what_is_still_there(old: Installation) -> None:
    """Records that are purged, or confidential, are no longer part of what a caller came for; the others still are."""
    before = repeat_callers(old.desk, days=3000, least=2)
    assert [caller.records for caller in before] == [3, 2]
    purge(old.desk, old.person())
    assert repeat_callers(old.desk, days=3000, least=2) == []
    old.ingest(old.call("D2", LAMP, caller=2, hours=2))
    assert [caller.records for caller in repeat_callers(old.desk, days=3000, least=2)] == [2]


def test_the_same_person_within_a_matter_stays_the_same(old: Installation) -> None:
    purge(old.desk, old.person())
    phones = {row.id: row.phone for row in rows(old, tables.sightings)}
    assert phones["police_110:A1"] == phones["police_110:A2"] == phones["police_110:A3"]
    assert len(set(phones.values())) == 4


def test_no_key_leads_from_a_person_to_what_is_purged(old: Installation) -> None:
    """Whoever called long ago and calls again is not found in what was purged, in no index either."""
    before = {row.key for row in rows(old, tables.blocks)}, {row.key for row in rows(old, tables.founders)}
    numbers = {row.n for row in rows(old, tables.sightings) if row.id != "police_110:D1"}
    purge(old.desk, old.person())
    places = {row.key for row in rows(old, tables.blocks) if row.record in numbers} & before[0]
    shared = {row.key for row in rows(old, tables.blocks) if row.record not in numbers}
    kept = {k for row in rows(old, tables.sightings) if row.id != "police_110:D1" for k in _place_keys(row)}
    assert places <= kept
    assert shared
    assert not {row.key for row in rows(old, tables.founders) if row.record in numbers} & before[1]


def _place_keys(row: Any) -> set[int]:
    from engine.store import block_keys

    return {block_keys.place("v", row.place, row.topic or None)} if row.place else set()


def test_every_decision_replays_to_the_byte(old: Installation) -> None:
    before = len(list(sample(old.desk, EVERY)))
    purge(old.desk, old.person())
    again = list(sample(old.desk, EVERY))
    assert len(again) == before
    assert all(one.same for one in again)


def test_from_raw_says_what_was_purged_when_and_under_which_rule(old: Installation) -> None:
    assert all(one.same and not one.purged for one in rebuild(old.desk))
    purge(keeping(old, raw=1999), old.person())
    told = list(rebuild(old.desk))
    own = [one for one in told if one.subject == "police_110:A1"]
    assert own
    assert all("它的原始行已于" in one.purged and "retention.raw：1999 天" in one.purged for one in own)
    assert [one.subject for one in told if not one.same and not one.purged] == []
    (later,) = [one for one in told if one.subject == "police_110:D1"]
    assert "此前 5 件来件的原始行已于" in later.purged  # it names the first record of its person, which is gone


def test_the_day_of_a_purge_is_the_day_here(old: Installation) -> None:
    old.now = old.now.replace(hour=17)
    purge(keeping(old, raw=1999), old.person())
    said = next(one.purged for one in rebuild(old.desk) if one.purged)
    assert f"已于 {old.now.astimezone(ZONE).date().isoformat()} 按" in said
    assert old.now.date() != old.now.astimezone(ZONE).date()


def test_the_chain_holds_a_tombstone_of_each_purge(old: Installation) -> None:
    purge(old.desk, old.person())
    with old.desk.store.read() as view:
        entries = [entry for entry in view.audit_rows(limit=1000) if entry.what == "purge"]
        gone = view.purged(RECORDS, ["police_110:A1", "police_110:D1"])
    assert {entry.actor for entry in entries} == {"王主任"}
    assert {entry.payload["aim"] for entry in entries} >= {RAW, RECORDS, DECISIONS}
    assert all(len(entry.payload["tombstone"]) == 64 for entry in entries)
    assert list(gone) == ["police_110:A1"]
    assert gone["police_110:A1"].rule == "retention.records：1825 天"


def test_a_blank_cell_without_a_tombstone_is_a_finding(old: Installation) -> None:
    purge(old.desk, old.person())
    with old.desk.store.batch() as tx:
        tx._connection.execute(tables.tombstones.delete().where(tables.tombstones.c.row == 1))
        tx.append_audit("x", "x", {}, old.now)
    found = old.desk.store.verify(deep=True).findings
    assert [finding.split("：")[1] for finding in found] == ["raws/sealed/1", "bodies/sealed/1"]


def test_what_is_purged_is_shown_as_purged(old: Installation) -> None:
    purge(old.desk, old.person())
    matter = show(old.desk, "police_110:A1")
    assert {record.text for record in matter.records} == {PURGED}
    assert all(record.reasons for record in matter.records)
    assert all(action.evidence == "" for action in matter.actions)
    assert {part.text for part in explain(old.desk, "police_110:A2")} == {PURGED}


class TestKept:
    def test_a_hold_keeps_a_matter_until_it_is_released(self, old: Installation) -> None:
        assert hold(old.desk, old.person(), "police_110:A2", reason="（2025）民初1号").records == 3
        done = by_aim(purge(old.desk, old.person()))
        assert (done[RAW].matters, done[RAW].held) == (2, 1)
        assert "漏水" in show(old.desk, "police_110:A1").records[0].text
        release(old.desk, old.person(), "police_110:A1", reason="结案")
        assert by_aim(purge(old.desk, old.person()))[RAW].matters == 1
        assert show(old.desk, "police_110:A1").records[0].text == PURGED
        with old.desk.store.read() as view:
            assert [entry.what for entry in view.audit_rows(limit=1000)].count("hold") == 1

    def test_a_hold_that_comes_too_late_says_what_is_gone(self, old: Installation) -> None:
        assert hold(old.desk, old.person(), "police_110:A2", reason="复议").gone == {}
        release(old.desk, old.person(), "police_110:A2", reason="撤回")
        purge(old.desk, old.person())
        gone = hold(old.desk, old.person(), "police_110:A2", reason="复议").gone
        assert gone[RAW] == gone[RECORDS] == (3, old.now)

    def test_a_hold_needs_a_reason_and_somebody_who_may(self, old: Installation) -> None:
        with pytest.raises(UsageError, match="理由"):
            hold(old.desk, old.person(), "police_110:A1", reason=" ")
        with pytest.raises(UsageError, match="不能设置"):
            hold(old.desk, old.person("张三", "operator"), "police_110:A1", reason="x")
        with pytest.raises(UsageError, match="没有保全"):
            release(old.desk, old.person(), "police_110:A1", reason="x")
        with pytest.raises(UsageError, match="没有找到"):
            hold(old.desk, old.person(), "police_110:none", reason="x")

    def test_whoever_works_on_a_matter_keeps_it(self, old: Installation) -> None:
        acting.reopen(old.desk, old.person(), "police_110:A1", reason="又来了")
        done = by_aim(purge(old.desk, old.person()))
        assert (done[RAW].matters, done[RAW].open) == (2, 1)

    def test_something_younger_keeps_what_it_belongs_to(self, old: Installation) -> None:
        acting.merge(old.desk, old.person(), "police_110:B1", "police_110:D1", reason="同一盏灯")
        acting.close(old.desk, old.person(), "police_110:D1", means="调解", evidence="照片")
        done = by_aim(preview(old.desk))
        assert (done[RAW].matters, done[RAW].open, done[RAW].younger) == (2, 0, 1)

    def test_what_people_wrote_is_kept_three_years_at_least(self, old: Installation) -> None:
        done = by_aim(preview(keeping(old, raw=30, records=366, audit=2001)))
        assert (done[RECORDS].matters, done[DECISIONS].matters) == (3, 0)

    def test_only_an_administrator_purges(self, old: Installation) -> None:
        with pytest.raises(UsageError, match="只有管理员"):
            purge(old.desk, old.person("李所长", "lead"))


class TestAfterwards:
    def test_a_second_purge_has_nothing_to_do(self, old: Installation) -> None:
        purge(old.desk, old.person())
        before = content(old)
        assert sum(term.matters + term.rows for term in purge(old.desk, old.person())) == 0
        assert content(old) == before

    def test_a_row_that_was_dealt_with_goes_an_open_one_stays(self, old: Installation) -> None:
        purge(old.desk, old.person())
        assert [row.status for row in rows(old, tables.quarantine)] == ["open"]
        with old.desk.store.batch() as tx:
            tx.mark_quarantine([rows(old, tables.quarantine)[0].n], "dismissed")
            tx.append_audit("x", "dismiss", {}, old.now)
        digest = rows(old, tables.quarantine)[0].digest
        assert by_aim(purge(old.desk, old.person()))[RAW].rows == 1
        (row,) = rows(old, tables.quarantine)
        assert (row.status, row.sealed, row.digest != digest) == ("purged", b"", True)
        with old.desk.store.read() as view:
            assert view.quarantined(["purged"])[0].text == ""
        assert old.desk.store.verify(deep=True).sound

    def test_a_later_version_of_a_purged_record_is_a_record_and_goes_again(self, old: Installation) -> None:
        purge(old.desk, old.person())
        row = {**old.call("A1", f"{LEAK}，补记", days=2003), "处警反馈": "已补录"}
        assert old.ingest(row).updated == 1
        assert "补记" in show(old.desk, "police_110:A1").records[0].text
        again = by_aim(preview(old.desk))
        assert again[RECORDS].matters + again[RECORDS].open == 1

    def test_acting_on_a_purged_matter_judges_by_what_is_recorded(self, old: Installation) -> None:
        before = picture(old.url)
        purge(old.desk, old.person())
        acting.reopen(old.desk, old.person(), "police_110:A1", reason="又来了")
        after = picture(old.url)
        assert after["records"] == before["records"]
        assert after["matters"] == before["matters"]


def test_killed_before_the_files_are_clean_the_next_purge_cleans_them(
    old: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(retaining, "_clean", killed)
        with pytest.raises(KeyboardInterrupt):
            purge(old.desk, old.person())
    cleaned = []
    monkeypatch.setattr(type(old.desk.store), "scrub", lambda store: cleaned.append(store))
    purge(old.desk, old.person())
    purge(old.desk, old.person())
    assert len(cleaned) == 1


def test_stopped_between_two_transactions_it_goes_on(old: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retaining, "_RECORDS_AT_ONCE", 1)
    term = by_aim(retaining.terms_of(old.desk))[RECORDS]
    assert retaining._purge_some(old.desk, old.person().name, term)
    assert len(rows(old, tables.purges)) == 1
    assert old.desk.store.verify(deep=True).sound
    purge(old.desk, old.person())
    assert len([row for row in rows(old, tables.purges) if "records" in row.rule]) == 3
    assert by_aim(preview(old.desk))[RECORDS].matters == 0


def test_the_service_purges_in_its_own_name_where_the_configuration_says_so(old: Installation) -> None:
    with pytest.raises(UsageError, match=r"retention\.every"):
        retaining.purge_by_schedule(old.desk, lambda: None)
    desk, beats = keeping(old, every=1), []
    done = by_aim(retaining.purge_by_schedule(desk, lambda: beats.append(1)))
    assert (done[RAW].matters, done[RECORDS].records, done[DECISIONS].matters) == (3, 5, 3)
    assert len(beats) > 4, "between transactions too"
    assert {row.by for row in rows(old, tables.purges)} == {"sanse"}
    assert {row.actor for row in rows(old, tables.audit) if row.what == "purge"} == {"sanse"}
    assert old.desk.store.verify(deep=True).sound


def test_a_service_that_is_stopped_in_the_middle_goes_on_at_its_next_turn(
    old: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "_RECORDS_AT_ONCE", 1)
    desk, beats = keeping(old, every=1), iter([None, None])
    with pytest.raises(StopIteration):
        retaining.purge_by_schedule(desk, lambda: next(beats))
    assert 0 < due_now(desk, most=10) < 9
    assert old.desk.store.verify(deep=True).sound
    retaining.purge_by_schedule(desk, lambda: None)
    assert due_now(desk, most=10) == 0


@pytest.fixture
def two(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Installation, Installation]]:
    """The same past twice."""
    places = []
    for name in ("purged", "kept"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "sanse.db").write_bytes(sqlite_template.read_bytes())
        places.append(lived(Installation(folder, f"sqlite:///{folder / 'sanse.db'}")))
    yield places[0], places[1]
    for one in places:
        one.close()


def test_nobody_elses_counts_change(two: tuple[Installation, Installation]) -> None:
    """What comes afterwards, from the same people and others, is judged as if nothing had been purged."""
    purge(two[0].desk, two[0].person())
    for one in two:
        one.ingest(
            one.call("E1", f"{LEAK}，又来", hours=2),
            one.call("E2", LAMP, caller=2, hours=1),
            one.call("E3", LEAK, caller=9),
        )
        one.ingest(one.call("E4", f"{LEAK}，再来", minutes=30))
    told = [picture(one.url) for one in two]
    for part in ("records", "matters", "hotspots", "defects"):
        assert told[0][part] == told[1][part], part


def test_what_was_confidential_stays_so(small_place: Installation) -> None:
    """Reasons quote the text: they are hidden before and after."""
    place = small_place
    place.ingest(
        {
            "工单编号": "H1",
            "来电时间": place.local(hours=3),
            "来电人": "陈一",
            "来电号码": "13800000001",
            "事发地址": "云溪镇柳树村1组",
            "诉求内容": LEAK,
            "是否保密": "是",
        },
        kind="hotline_12345",
    )
    before = show(place.desk, "hotline_12345:H1").records[0]
    assert "保密" in before.text
    acting.close(place.desk, place.person(), "hotline_12345:H1", means="调解", evidence="协议书")
    place.later(days=2000)
    purge(place.desk, place.person())
    after = show(place.desk, "hotline_12345:H1").records[0]
    assert (after.text, after.reasons, after.place) == (PURGED, before.reasons, "")
    (told, *_) = explain(place.desk, "hotline_12345:H1")
    assert told.rules == ()
