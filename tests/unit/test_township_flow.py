"""The flow: rows without end, the same for the same number, accepted by the door, people who grow with the rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from adapters.township import stream
from engine.model import Incident
from tests.installation import stages

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_the_same_seed_and_number_give_the_same_row() -> None:
    assert list(stream(1, 50)) == list(stream(1, 50))
    assert list(stream(1, 20, first=30)) == list(stream(1, 50))[30:]
    assert list(stream(2, 50)) != list(stream(1, 50))
    assert list(stream(1, 0)) == []


def test_it_can_be_read_a_piece_at_a_time() -> None:
    endless = stream(1, 10**12)
    assert [raw.row for raw in islice(endless, 3)] == [2, 3, 4]


def test_every_row_is_accepted_in_order_of_time_under_a_number_of_its_own() -> None:
    parsed = [stages().normalise(raw, NOW) for raw in stream(4, 1_500)]
    incidents = [one for one in parsed if isinstance(one, Incident)]
    assert len(incidents) == 1_500
    times = [one.occurred_at for one in incidents]
    assert times == sorted(times)
    assert times[-1] - times[0] <= timedelta(days=1), "two thousand a day"
    assert len({one.id for one in incidents}) == 1_500
    assert {one.kind for one in incidents} == {"police_110", "hotline_12345"}


def test_everybody_calls_about_four_times_however_many_rows() -> None:
    for first in (10_000, 1_000_000):
        calls = Counter(raw.values.get("报警电话") or raw.values.get("来电号码") for raw in stream(4, 400, first=first))
        assert max(calls.values()) <= 4, "a bigger database is no busier caller"


def test_townships_have_places_of_their_own() -> None:
    places = {str(raw.values.get("警情地址") or raw.values.get("事发地址"))[:6] for raw in stream(4, 3_000)}
    assert len(places) > 500


def test_the_first_day_is_as_asked() -> None:
    (raw,) = stream(1, 1, date(2024, 2, 29))
    assert "2024-02-29" in str(raw.values.get("报警时间") or raw.values.get("来电时间"))
