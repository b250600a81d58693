"""Persons by how often they came since a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model import Cause
from engine.store import Store
from tests.store_samples import START, Sample, samples, write

DAY = timedelta(days=1)


def sent(sample: Sample, person: str | None, day: int, cause: Cause = Cause.NEW) -> Sample:
    sighting = replace(sample.sighting, at=START + day * DAY, cause=cause)
    return replace(sample, sighting=sighting, links=replace(sample.links, person=person))


def test_they_are_counted_since_a_time_the_most_frequent_first(store: Store) -> None:
    plan = [("a", 1), ("a", 2), ("a", 9), ("b", 8), ("b", 9), (None, 9), (None, 9), (None, 9), ("c", 9)]
    batch = [sent(sample, *told) for sample, told in zip(samples(len(plan)), plan, strict=True)]
    void = sent(next(iter(samples(1, first=50))), "c", 9, Cause.VOID)
    with store.batch() as tx:
        write(tx, [*batch, void])
    with store.read() as view:
        assert view.repeat_callers(START, least=2, most=9) == ["a", "b"]
        assert view.repeat_callers(START, least=1, most=2) == ["a", "b"]
        assert view.repeat_callers(START + 8 * DAY, least=2, most=9) == ["b"]
        calls = view.calls_of(["a", "c"], START + 2 * DAY)
        assert [(call.person, (call.at - START) // DAY) for call in calls] == [("a", 2), ("a", 9), ("c", 9)]
        assert view.calls_of([], START) == []
