"""R3, R4, R5, R9 in the size of a commit: each moment once, nothing lost, nobody overtaken writes, whatever the clock does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.scheduler.matters import sweep
from engine.settlement import MATTER
from engine.store import open_store
from tests.conftest import KEYS
from tests.installation import Installation
from tests.promises.due_work import arrive, exactly_once, judged, jumping, outage
from tests.promises.takeover import overtaken

pytest_plugins = ["tests.places"]


@pytest.mark.promise("R3")
@pytest.mark.parametrize("workers", [1, 4])
def test_each_moment_takes_effect_once_whatever_is_killed(place: Installation, workers: int) -> None:
    made = exactly_once(place, matters=75, workers=workers, kills=25, seed=workers)
    assert made.violations == []
    assert made.trials > 75, "a matter has up to seven moments; fewer where nobody was there for a day"


@pytest.mark.promise("R4")
@pytest.mark.parametrize("hours", [72])
def test_an_outage_loses_nothing_and_is_made_up_red_first(place: Installation, hours: float) -> None:
    made = outage(place, hours=hours, number=0)
    assert made.violations == []
    assert made.trials == 18


@pytest.mark.promise("R5")
def test_who_sleeps_through_its_lease_writes_nothing(place: Installation) -> None:
    made = overtaken(place, first=0, count=5)
    assert (made.trials, made.violations) == (5, [])


@pytest.mark.promise("R9")
def test_clocks_that_jump_take_no_moment_early_or_twice(place: Installation) -> None:
    found = [jumping(place, number=number) for number in range(10)]
    assert [line for made in found for line in made.violations] == []
    assert sum(made.trials for made in found) > 150


@pytest.mark.promise("R9")
def test_workers_whose_clocks_are_ten_minutes_apart_go_by_the_servers(postgres_url: str, place: Installation) -> None:
    """The server's time decides: a host that is ahead takes nothing early, one that is behind misses nothing."""
    store = open_store(postgres_url, KEYS)
    server = store.clock(lambda: place.now)
    there = Installation(place.folder, postgres_url, now=server() - timedelta(days=3) + timedelta(seconds=4))
    arrive(there, 0, 3)
    hosts = [store.clock(lambda minutes=minutes: server() + timedelta(minutes=minutes)) for minutes in (10, -10)]
    done = []
    while server() < there.now + timedelta(days=3, seconds=1):
        done += [(server(), sweep(store, there.desk.stages, host).done) for host in hosts]
    with store.read() as view:
        reviews = view.reviews_of([f"police_110:A{number:06d}" for number in range(3)])
        assert all(row.due.at > server() for row in view.waiting(MATTER))
    assert sum(count for _, count in done) == 3
    assert all(one.due_at and one.done_at >= one.due_at for one in reviews)
    there.close()
    store.close()


def test_a_moment_that_is_missing_or_taken_at_another_time_is_seen(small_place: Installation) -> None:
    """The judge judges: a moment taken from the log and one put off are both told."""
    place = small_place
    arrive(place, 0, 2)
    place.later(days=3)
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    assert judged(place.desk.store, place.desk.stages, place.now).violations == []
    assert len(judged(place.desk.store, place.desk.stages, place.now + timedelta(days=2)).violations) == 2
    with place.desk.store.beside() as tx:
        tx.unschedule(MATTER, ["police_110:A000001"])
    assert len(judged(place.desk.store, place.desk.stages, place.now).violations) == 1
