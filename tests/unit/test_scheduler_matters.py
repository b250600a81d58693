"""The sweep: what it counts, that it can be stopped between pieces, and that a matter which cannot be judged stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from engine.errors import RuleError, StoreError
from engine.scheduler.matters import Swept, sweep
from engine.settlement import MATTER, Settlement
from engine.store import Store
from tests.installation import Installation

pytest_plugins = ["tests.places"]

QUIET = "楼道堆放杂物影响通行，请协调处理"


def due(place: Installation, count: int) -> None:
    """So many matters that are due."""
    place.ingest(*(place.call(f"A{n}", QUIET, caller=n, minutes=5) for n in range(count)))
    place.later(days=3)


def swept(place: Installation, **more: Any) -> Swept:
    return sweep(place.desk.store, place.desk.stages, place.desk.clock, **more)


def test_it_counts_what_it_looked_at_what_changed_and_how_late(small_place: Installation) -> None:
    due(small_place, 2)
    small_place.later(hours=2)
    made = swept(small_place, piece=1)
    assert (made.done, made.changed, made.lost, made.failed) == (2, 2, 0, [])
    assert made.latest == timedelta(hours=2)
    assert swept(small_place) == Swept()


def test_it_stops_between_pieces_when_it_is_told(small_place: Installation) -> None:
    due(small_place, 5)
    answers = iter([False, True])
    assert swept(small_place, piece=2, stop=lambda: next(answers)).done == 2
    assert swept(small_place).done == 3


@pytest.mark.parametrize("error", [RuleError("规则出错"), ZeroDivisionError("陈一一")])
def test_a_matter_that_cannot_be_judged_stops_no_other_and_is_tried_again(
    small_place: Installation, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    place = small_place
    due(place, 4)
    honest = Settlement.settle

    def poisoned(self: Settlement, members: Mapping[str, Sequence[str]], **more: Any) -> Any:
        if "police_110:A2" in members:
            raise error
        return honest(self, members, **more)

    monkeypatch.setattr(Settlement, "settle", poisoned)
    made = swept(place)
    assert (made.done, made.failed) == (3, ["police_110:A2"])
    assert swept(place) == Swept(), "somebody has it until the lease ends"
    place.later(minutes=5)
    assert swept(place).failed == ["police_110:A2"]
    with place.desk.store.read() as view:
        (defect,) = view.defects()
        (waiting,) = [row for row in view.waiting(MATTER) if row.due.at <= place.now]
    assert defect[0] == f"到期再研判出错：matter:police_110:A2（{type(error).__name__}）"
    assert waiting.attempts == 2
    monkeypatch.undo()
    place.later(minutes=5)
    assert swept(place).done == 1


def test_a_database_that_fails_ends_the_sweep(small_place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    due(small_place, 2)

    def full(*_: Any) -> None:
        raise StoreError("磁盘满")

    with monkeypatch.context() as patched, pytest.raises(StoreError, match="磁盘满"):
        patched.setattr(Store, "batch", full)
        swept(small_place)
    small_place.later(minutes=5)
    assert swept(small_place).done == 2


def test_a_claim_that_another_took_over_is_counted_as_lost(
    small_place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = small_place
    due(place, 2)
    honest = Store.batch

    def overtaken(self: Store, *arguments: Any) -> Any:
        monkeypatch.undo()
        place.later(minutes=5)
        assert swept(place).done == 2
        return honest(self, *arguments)

    monkeypatch.setattr(Store, "batch", overtaken)
    made = swept(place)
    assert (made.done, made.lost) == (0, 2)


def test_a_clock_that_was_set_back_since_the_claim_takes_the_moment_once(small_place: Installation) -> None:
    """Between claim and look the clock goes back an hour: what was due was due."""
    place = small_place
    due(place, 1)
    times = iter([place.now, place.now - timedelta(hours=1)])
    sweep(place.desk.store, place.desk.stages, lambda: next(times, place.now - timedelta(hours=1)))
    assert swept(place) == Swept()
    with place.desk.store.read() as view:
        (review,) = view.reviews_of(["police_110:A0"])
    assert review.due_at == review.done_at == place.now
