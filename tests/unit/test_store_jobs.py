"""The table of jobs: what was planned, how the runs went, which of them are paused."""

from __future__ import annotations

from datetime import timedelta

from engine.model import Moment
from engine.store import Store
from engine.store.jobs import JOB
from engine.store.rows import JobRow
from tests.store_samples import START

HOUR = timedelta(hours=1)


def rows(store: Store) -> dict[str, JobRow]:
    with store.read() as view:
        return {row.name: row for row in view.jobs(START)}


def test_a_job_that_is_planned_again_keeps_its_history(store: Store) -> None:
    with store.beside() as tx:
        tx.plan_job("poll:a", HOUR)
        tx.job_ran("poll:a", at=START, said="没连上", well=False)
        tx.pause_job("poll:a", paused=True)
        tx.plan_job("poll:a", 2 * HOUR)
    row = rows(store)["poll:a"]
    assert (row.every, row.paused, row.last_at, row.last_ok_at) == (2 * HOUR, True, START, None)
    assert (row.failures, row.said, row.next_at, row.running) == (1, "没连上", None, False)


def test_failures_are_counted_until_it_goes_well(store: Store) -> None:
    with store.beside() as tx:
        tx.plan_job("a", HOUR)
        for _ in range(3):
            tx.job_ran("a", at=START, said="错", well=False)
    assert rows(store)["a"].failures == 3
    with store.beside() as tx:
        tx.job_ran("a", at=START + HOUR, said="好", well=True)
    row = rows(store)["a"]
    assert (row.failures, row.last_at, row.last_ok_at, row.said) == (0, START + HOUR, START + HOUR, "好")


def test_its_next_turn_and_whether_it_runs_come_from_what_is_due(store: Store) -> None:
    with store.beside() as tx:
        for name in ("a", "b"):
            tx.plan_job(name, HOUR)
            tx.schedule(JOB, {name: Moment(START, "turn")})
        tx.claim(JOB, now=START, until=START + HOUR, most=1, items=["b"])
    found = rows(store)
    assert [(found[name].next_at, found[name].running) for name in "ab"] == [(START, False), (START, True)]
