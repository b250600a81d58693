"""Watching: how the service is doing, from what stands in the database.

In: a store and the time. Out: `JobView` of every job and of the due matters. Not here: running them (`jobs`, `matters`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.settlement import MATTER
from engine.store import Store

REVIEW = "review"
"""The name under which due matters are shown beside the jobs."""


@dataclass(frozen=True, slots=True)
class JobView:
    """One job: its state in Chinese, last and next run, how many seconds what is due has waited, failures since the last success."""

    name: str
    state: str
    last_at: datetime | None
    next_at: datetime | None
    lag_seconds: int
    failures: int
    said: str


def job_views(store: Store, now: datetime) -> list[JobView]:
    """Every job that was ever planned, and the due matters as one."""
    with store.read() as view:
        rows, waiting = view.jobs(now), view.waiting(MATTER)
    views = [
        JobView(
            row.name,
            "暂停" if row.paused else "运行中" if row.running else "停用" if row.next_at is None else "等待",
            row.last_at,
            row.next_at,
            _lag(row.next_at, now),
            row.failures,
            row.said,
        )
        for row in rows
    ]
    if not waiting:
        return views
    next_at = waiting[0].due.at
    said = f"{len(waiting)} 件事项有下一次研判的时间，{sum(row.due.at <= now for row in waiting)} 件已到期"
    return [*views, JobView(REVIEW, "等待", None, next_at, _lag(next_at, now), 0, said)]


def _lag(at: datetime | None, now: datetime) -> int:
    return int(max(now - at, timedelta(0)).total_seconds()) if at is not None else 0
