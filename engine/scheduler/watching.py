"""Watching: how the service is doing, from what stands in the database.

In: a store and the time. Out: `JobView` of every job and of the due matters. Not here: running them (`jobs`, `matters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.masking import mask_text
from engine.occasion import RULEBOOK
from engine.settlement import MATTER
from engine.store import Store
from engine.store.rows import DueRow

REVIEW = "review"
"""The name under which due matters are shown beside the jobs."""
OTHERS = (REVIEW, RULEBOOK)
"""What is shown beside the jobs."""


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
    in_turn: bool = True
    """Neither paused nor given up by the configuration: its failures are news."""
    held_until: datetime | None = None
    """Until when whoever runs it has it at least: it stays so long with a process that was killed, too."""


def job_views(store: Store, now: datetime) -> list[JobView]:
    """Every job that was ever planned, the due matters as one, and those that wait because the rules changed as one."""
    with store.read() as view:
        rows, due = view.jobs(now), {kind: view.waiting(kind) for kind in (MATTER, RULEBOOK)}
    views = [
        JobView(
            row.name,
            "暂停" if row.paused else "运行中" if row.running else "停用" if row.retired else "等待",
            row.last_at,
            row.next_at,
            _lag(row.next_at, now),
            row.failures,
            mask_text(row.said),
            not (row.paused or row.retired),
            row.held_until,
        )
        for row in rows
    ]
    return [*views, *(_waiting(kind, waiting, now) for kind, waiting in due.items() if waiting)]


def _waiting(kind: str, rows: Sequence[DueRow], now: datetime) -> JobView:
    next_at = rows[0].due.at
    said = f"{len(rows)} 件事项有下一次研判的时间，{sum(row.due.at <= now for row in rows)} 件已到期"
    if kind == RULEBOOK:
        said = f"规则变了，还有 {len(rows)} 件事项要按新规则再看"
    return JobView(REVIEW if kind == MATTER else RULEBOOK, "等待", None, next_at, _lag(next_at, now), 0, said)


def _lag(at: datetime | None, now: datetime) -> int:
    return int(max(now - at, timedelta(0)).total_seconds()) if at is not None else 0
