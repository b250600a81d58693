"""Jobs: what the service does again and again, and how it went.

In: jobs with the time between runs, outcomes of runs. Out: the same with the next run. Not here: what a job does (`engine.scheduler`), who has
it now (its row in `due`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, select, update

from engine.store import cells
from engine.store.dialects import Insert, Query
from engine.store.rows import JobRow
from engine.store.session import Session
from engine.store.tables import NO_TIME, due, jobs

JOB = "job"
"""The kind of due row that a job has while it is not paused."""

_JOBS = Query(
    select(jobs, due.c.due_at, due.c.lease_until)
    .outerjoin(due, and_(due.c.item == jobs.c.name, due.c.kind == bindparam("of_kind")))
    .order_by(jobs.c.name)
)
_WENT_WELL = Query(
    update(jobs)
    .where(jobs.c.name == bindparam("job"))
    .values(last_at=bindparam("at"), last_ok_at=bindparam("at"), failures=0, said=bindparam("what"))
)
_FAILED = Query(
    update(jobs)
    .where(jobs.c.name == bindparam("job"))
    .values(last_at=bindparam("at"), failures=jobs.c.failures + 1, said=bindparam("what"))
)
_PAUSE = Query(update(jobs).where(jobs.c.name == bindparam("job")).values(paused=bindparam("now")))
_PLAN = Insert(jobs, keys=("name",), keep=("paused", "last_at", "last_ok_at", "failures", "said"))


class Jobs(Session):
    """The table of jobs."""

    def plan_job(self, name: str, every: timedelta) -> None:
        """Note a job; one that is known keeps its history."""
        self._each(_PLAN, [(name, int(every.total_seconds()), 0, NO_TIME, NO_TIME, 0, "")])

    def jobs(self, now: datetime) -> list[JobRow]:
        """Every job ever planned."""
        return [
            JobRow(
                row.name,
                timedelta(seconds=row.every),
                row.paused == 1,
                cells.moment_or_none(row.last_at),
                cells.moment_or_none(row.last_ok_at),
                row.failures,
                row.said,
                None if row.due_at is None else cells.moment(row.due_at),
                _held(row.lease_until, now),
            )
            for row in self._rows(_JOBS, of_kind=JOB)
        ]

    def job_ran(self, name: str, *, at: datetime, said: str, well: bool) -> None:
        """How a run went."""
        self._change(_WENT_WELL if well else _FAILED, job=name, at=cells.seconds(at), what=said)

    def pause_job(self, name: str, *, paused: bool) -> None:
        """Stop planning a job, or plan it again."""
        self._change(_PAUSE, job=name, now=int(paused))


def _held(lease: int | None, now: datetime) -> datetime | None:
    return cells.moment(lease) if lease is not None and lease > cells.seconds(now) else None
