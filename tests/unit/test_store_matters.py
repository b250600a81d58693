"""Matters, their codes for ever, and the hotspots over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model import Colour, MatterState
from engine.store import Store
from engine.store.rows import MatterFilter, Reach
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
        records = [moved(r, r.incident.id, hotspot="h1", chain="h1") for r in samples(4)]
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
            tx.neighbourhood([Keys.of(r.sighting) for r in records], first, last, Reach(9 * DAY, 9 * DAY))
            tx.write_sightings([(r.sighting, replace(r.links, hotspot="h2", chain="h2")) for r in records])
            tx.write_hotspots([replace(spot, id="h2")], START)
        with store.read() as view:
            assert [row.id for row in view.hotspots()] == ["h2"]

    def test_a_hotspot_that_records_outside_the_batch_still_name_stays(self, store: Store) -> None:
        (record,) = samples(1)
        held = moved(record, record.incident.id, hotspot="h1", chain="h1")
        at = record.sighting.at
        with store.batch() as tx:
            tx.write_sightings([(held.sighting, held.links)])
            tx.write_hotspots([Spot("h1", 1, 1, Colour.GREEN, at, at, "", "")], START)
            tx.write_hotspots([], START, gone=["h1", "h9"])
        with store.read() as view:
            assert [row.id for row in view.hotspots()] == ["h1"]
