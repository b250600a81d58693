"""Matters, their codes for ever, hotspots, and what people did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model import Action, Assessment, Colour, Cut, HitHad, MatterState, SetAside, Union
from engine.store import Store
from engine.store.rows import MatterFilter
from tests.store_samples import START, Keys, Sample, samples, state, write

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Spot:
    """A hotspot's state."""

    id: str
    records: int
    persons: int
    colour: Colour
    first_at: datetime
    last_at: datetime
    place: str
    topic: str


def moved(record: Sample, matter: str, **told: object) -> Sample:
    links = replace(record.links, matter=matter, cluster=matter, **told)  # type: ignore[arg-type]
    return replace(record, links=links)


class TestStates:
    """Where a matter stands is one row; ids that name none are dropped."""

    def test_a_state_comes_back_as_it_was_written(self, store: Store) -> None:
        (one,) = samples(1)
        held = replace(state(one, "SS2024-000009"), yellow_since=START, status="closed", episode=3, route="red")
        with store.batch() as tx:
            tx.write_matters([held, replace(held, id="m2", yellow_since=None, history=True)])
        with store.read() as view:
            assert view.matter_states([held.id, "m2", "none"]) == {
                held.id: held,
                "m2": replace(held, id="m2", yellow_since=None, history=True),
            }

    def test_gone_ids_are_dropped(self, store: Store) -> None:
        (one,) = samples(1)
        with store.batch() as tx:
            tx.write_matters([replace(state(one), id=id_) for id_ in ("a", "b", "c")])
        with store.batch() as tx:
            tx.write_matters([replace(state(one), id="a", records=3)], gone={"b"})
        with store.read() as view:
            states = view.matter_states(["a", "b", "c"])
            assert set(states) == {"a", "c"}
            assert states["a"].records == 3

    def test_views_of_records_hold_first_known_time_colour_and_closing(self, store: Store) -> None:
        one, two = samples(2)
        closed = replace(
            two, sighting=replace(two.sighting, closed_at=START + DAY), links=replace(two.links, counts=False)
        )
        with store.batch() as tx:
            write(tx, [one, closed], known_at=START + DAY)
        with store.batch() as tx:
            red = replace(one.assessment, colour=Colour.RED)
            tx.write_sightings([(one.sighting, one.links)])
            tx.write_assessments([(red, b"{}")], START + 9 * DAY)
        with store.read() as view:
            assert view.record_views([one.incident.id, two.incident.id, "none"]) == {
                one.incident.id: (one.sighting.at, START + DAY, True, Colour.RED, False),
                two.incident.id: (two.sighting.at, START + DAY, False, two.assessment.colour, True),
            }


class TestCodes:
    """One matter, one code: never changed, never given twice, leading to the matter for ever."""

    def test_codes_count_up_within_a_year_of_the_zone(self, store: Store) -> None:
        new_year = datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC)
        with store.batch() as tx:
            assert tx.new_code("a", new_year) == "SS2024-000001"
            assert tx.new_code("b", new_year + timedelta(seconds=1)) == "SS2025-000001"
            assert tx.new_code("c", new_year) == "SS2024-000002"
        with store.batch() as tx:
            assert tx.new_code("d", new_year) == "SS2024-000003"

    def test_a_code_of_a_batch_that_failed_was_never_given(self, store: Store) -> None:
        with pytest.raises(RuntimeError), store.batch() as tx:
            assert tx.new_code("a", START) == "SS2024-000001"
            raise RuntimeError
        with store.batch() as tx:
            assert tx.new_code("b", START) == "SS2024-000001"

    def test_former_codes_and_ids_lead_to_the_matter_after_merges(self, store: Store) -> None:
        records = list(samples(3))
        ids = [r.incident.id for r in records]
        with store.batch() as tx:
            write(tx, records, codes=True)
        with store.read() as view:
            codes = [view.matter_states([id_])[id_].code for id_ in ids]
        merged = [moved(r, ids[0]) for r in records]
        with store.batch() as tx:
            tx.write_sightings([(r.sighting, r.links) for r in merged])
            tx.write_matters([state(merged[0], codes[0])], gone=ids[1:])
        with store.read() as view:
            for reference in (*codes, *ids, f"matter:{ids[2]}"):
                found = view.matter(reference)
                assert found is not None
                assert (found.state.id, found.state.code) == (ids[0], codes[0])
            assert view.codes_of(ids[0]) == sorted(codes)
            assert [row.sighting.id for row in view.members(ids[0])] == ids

    def test_a_code_follows_its_record_when_an_older_one_renames_the_matter(self, store: Store) -> None:
        records = list(samples(2))
        older, newer = records
        with store.batch() as tx:
            write(tx, [newer], codes=True)
        with store.read() as view:
            code = view.matter_states([newer.incident.id])[newer.incident.id].code
        renamed = moved(newer, older.incident.id)
        with store.batch() as tx:
            tx.write_versions([(older.raw, older.incident)], {older.incident.version}, START)
            tx.write_sightings([(r.sighting, r.links) for r in (older, renamed)])
            tx.write_matters([state(older, code)], gone=[newer.incident.id])
        with store.read() as view:
            for reference in (code, newer.incident.id, older.incident.id):
                found = view.matter(reference)
                assert found is not None
                assert found.state.id == older.incident.id

    def test_what_nobody_knows_is_none(self, store: Store) -> None:
        with store.read() as view:
            assert view.matter("SS2024-999999") is None
            assert view.matter("") is None
            assert view.matter_id("police_110:none") is None


class TestLists:
    """A page of matters: highest colour first, then newest."""

    @pytest.fixture
    def listed(self, store: Store) -> list[MatterState]:
        records = list(samples(60, per_day=3))
        states = [
            replace(
                state(r),
                standing=Colour(n % 3),
                status="open" if n % 4 else "closed",
                route="red" if n % 5 == 0 else "mediator",
                history=n < 10,
            )
            for n, r in enumerate(records)
        ]
        with store.batch() as tx:
            write(tx, records)
            tx.write_matters(states)
        return states

    def test_order_pages_and_count(self, store: Store, listed: list[MatterState]) -> None:
        wanted = sorted(listed, key=lambda s: (-s.standing, -s.last_at.timestamp(), s.id))
        with store.read() as view:
            pages = [view.matters(MatterFilter(), limit=25, offset=skip) for skip in (0, 25, 50)]
            assert [row.state for page in pages for row in page] == wanted
            assert view.matters_count(MatterFilter()) == 60

    @pytest.mark.parametrize(
        "chosen",
        [
            MatterFilter(status="open"),
            MatterFilter(colour=Colour.GREEN),
            MatterFilter(colour=Colour.RED, status="closed"),
            MatterFilter(route="red"),
            MatterFilter(history=False),
            MatterFilter(since=START + 10 * DAY),
            MatterFilter(area="青禾镇", status="open"),
            MatterFilter(area="别处"),
        ],
    )
    def test_filters(self, store: Store, listed: list[MatterState], chosen: MatterFilter) -> None:
        wanted = {
            s.id
            for s in listed
            if (not chosen.status or s.status == chosen.status)
            and (chosen.colour is None or s.standing == chosen.colour)
            and (not chosen.route or s.route == chosen.route)
            and (chosen.history is None or s.history == chosen.history)
            and (chosen.since is None or s.last_at >= chosen.since)
            and chosen.area in ("", "青禾镇")
        }
        with store.read() as view:
            assert {row.state.id for row in view.matters(chosen, limit=100)} == wanted
            assert view.matters_count(chosen) == len(wanted)


class TestHotspots:
    """A hotspot that no record names any more is dropped."""

    def test_hotspots_come_and_go(self, store: Store) -> None:
        records = [moved(r, r.incident.id, hotspot="h1", chain="c1") for r in samples(4)]
        first, last = records[0].sighting.at, records[-1].sighting.at
        spot = Spot("h1", 4, 3, Colour.YELLOW, first, last, "柳塘村", "noise")
        with store.batch() as tx:
            tx.write_sightings([(r.sighting, r.links) for r in records])
            tx.write_hotspots([spot], START)
        with store.read() as view:
            (held,) = view.hotspots()
            assert (held.id, held.records, held.persons, held.colour) == ("h1", 4, 3, Colour.YELLOW)
            assert (held.first_at, held.last_at, held.place, held.topic) == (first, last, "柳塘村", "noise")
        with store.batch() as tx:
            tx.neighbourhood([Keys.of(r.sighting) for r in records], first, last, 9 * DAY)
            tx.write_sightings([(r.sighting, replace(r.links, hotspot="h2")) for r in records])
            tx.write_hotspots([replace(spot, id="h2")], START)
        with store.read() as view:
            assert [row.id for row in view.hotspots()] == ["h2"]

    def test_a_hotspot_that_records_outside_the_batch_still_name_stays(self, store: Store) -> None:
        (record,) = samples(1)
        held = moved(record, record.incident.id, hotspot="h1")
        at = record.sighting.at
        with store.batch() as tx:
            tx.write_sightings([(held.sighting, held.links)])
            tx.write_hotspots([Spot("h1", 1, 1, Colour.GREEN, at, at, "", "")], START)
            tx.write_hotspots([], START, gone=["h1", "h9"])
        with store.read() as view:
            assert [row.id for row in view.hotspots()] == ["h1"]


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


class TestJudgements:
    """Every assessment stays; the newest speaks for its subject."""

    def judged(self, subject: str, colour: Colour, inputs: str) -> Assessment:
        (one,) = samples(1)
        return replace(one.assessment, subject=subject, colour=colour, input_digest=inputs)

    def test_assessments_of_a_subject_in_order_with_their_bytes(self, store: Store) -> None:
        for n in range(3):
            with store.batch() as tx:
                both = [(self.judged(s, Colour(n), f"{s}{n}"), f"{s}{n}".encode()) for s in ("x", "y")]
                tx.write_assessments(both, START + n * DAY)
        with store.read() as view:
            rows = view.assessments_of("x")
            assert [(row.record, row.colour, row.known_at) for row in rows] == [
                (f"x{n}".encode(), Colour(n), START + n * DAY) for n in range(3)
            ]
            assert [row.previous for row in rows] == [0, rows[0].seq, rows[1].seq]
            assert view.assessment(rows[1].seq) == rows[1]
            assert view.assessment(10**9) is None
            assert view.input_digests(["x", "y", "z"]) == {"x": "x2", "y": "y2"}
            assert view.assessments_of("z") == []

    def test_a_subject_twice_in_one_batch_keeps_both_and_the_last_speaks(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_assessments(
                [(self.judged("x", Colour.RED, "1"), b"1"), (self.judged("x", Colour.GREEN, "2"), b"2")], START
            )
        with store.read() as view:
            assert [row.record for row in view.assessments_of("x")] == [b"1", b"2"]
            assert view.input_digests(["x"]) == {"x": "2"}

    def test_numbers_are_dealt_a_page_at_a_time(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_assessments([(self.judged(str(n), Colour.GREEN, ""), b"") for n in range(7)], START)
        with store.read() as view:
            first = view.assessment_numbers(size=5)
            assert first + view.assessment_numbers(after=first[-1], size=5) == view.assessment_numbers()
            assert len(view.assessment_numbers()) == 7

    def test_hits_shadow_lines_and_defects_only_grow(self, store: Store) -> None:
        had = HitHad("a", "R1|a,b", "R1", Colour.RED, START)
        with store.batch() as tx:
            tx.write_hits([had, replace(had, incident="b", key="Y1|b", colour=Colour.YELLOW)])
            tx.write_hits([replace(had, known_at=START + DAY)])
            tx.write_shadow([("a", "S1:fired")], START)
            tx.write_defects(["a：两个判读器不一致"], START)
        with store.read() as view:
            assert view.hits_of(["a"]) == [had, replace(had, known_at=START + DAY)]
            assert view.hits_of(["c"]) == []
            assert view.shadow_since(START) == [("a", "S1:fired")]
            assert view.shadow_since(START + DAY) == []
            assert view.defects() == [("a：两个判读器不一致", START)]
