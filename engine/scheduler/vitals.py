"""Vitals: how the service does, as a few named signs, and as figures for whoever draws curves.

In: an installation, the pulse of the process that serves it. Out: `Sign`s, `Figure`s. Not here: whether the data is sound (`engine.desk.health`),
who may read this over the net (`adapters.exporter`), what a person should do about it (`engine.desk.upkeep`).

Both are read from the database, so that any number of processes say the same; only the pulse is a process's own. Names, counts and
times of the service itself are all that is in them: nothing of a record or a person.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from engine.desk.backups import age
from engine.desk.messages import red_unheard, refused_often
from engine.desk.opening import Desk
from engine.errors import SanseError
from engine.model import Colour, Figure, Health, Sign
from engine.occasion import RULEBOOK
from engine.settlement import MATTER
from engine.store import Reading
from engine.store.jobs import JOB
from engine.store.rows import Backlog, JobRow

HEALTH, PING = "health", "ping"
"""Jobs that only look: their own failures say nothing that the signs do not say."""
_LATE = timedelta(minutes=15)
_FAILURES = 3
_LATELY = timedelta(days=30)
"""Every sign is read often: of what nobody was told before, `doctor` knows."""
_SCARCE, _NONE_LEFT = 500 << 20, 50 << 20
_OK, _DEGRADED, _FAILING = Health.OK, Health.DEGRADED, Health.FAILING


class Pulse:
    """What a serving process knows of itself: when it last came on with something, what went wrong in its last round, whether rules were refused."""

    def __init__(self, host: Callable[[], datetime]) -> None:
        self._host, self._last = host, host()
        self.fault, self.rules_refused = "", False

    def beat(self) -> None:
        """It has come on."""
        self._last = self._host()

    @property
    def silence(self) -> timedelta:
        """How long it has not come on, by the clock of the host."""
        return max(self._host() - self._last, timedelta(0))


def signs(desk: Desk, pulse: Pulse | None = None) -> list[Sign]:
    """Every sign; where the database cannot be read, `database` says so and those that would be read from it are left out."""
    found = [] if pulse is None else [_rounds(pulse), _rules(desk, pulse)]
    found.append(_disk(desk))
    try:
        now = desk.clock()
        with desk.store.read() as view:
            read = [_jobs(view.jobs(now), now), _due(view, now), _messages(desk, view, now)]
        read.append(_backup(desk))
    except (SanseError, OSError):
        return [*found, Sign("database", _FAILING, "读不到")]
    return [*found, Sign("database", _OK, "读得到"), *read]


def _rounds(pulse: Pulse) -> Sign:
    if pulse.silence > _LATE:
        return Sign("rounds", _FAILING, f"{_minutes(pulse.silence)} 分钟没有动静")
    if pulse.fault:
        return Sign("rounds", _DEGRADED, f"上一轮出错（{pulse.fault}）")
    return Sign("rounds", _OK, "按时")


def _rules(desk: Desk, pulse: Pulse) -> Sign:
    whence = "最近发布的规则" if desk.config.publish.required else "目录里的规则"
    if pulse.rules_refused:
        return Sign("rules", _DEGRADED, f"{whence}有误，仍用原来的")
    return Sign("rules", _OK, f"用的是{whence}")


def _disk(desk: Desk) -> Sign:
    try:
        free = shutil.disk_usage(desk.config.folder).free
    except OSError:
        return Sign("disk", _FAILING, "看不到")
    health = _FAILING if free < _NONE_LEFT else _DEGRADED if free < _SCARCE else _OK
    return Sign("disk", health, f"剩余 {free >> 20} MiB")


def _jobs(rows: Sequence[JobRow], now: datetime) -> Sign:
    watched = [row for row in rows if row.name not in (HEALTH, PING) and not row.retired]
    failing = [row.name for row in watched if row.failures >= _FAILURES and not row.paused]
    late = [row.name for row in watched if row.next_at is not None and not row.running and now - row.next_at > _LATE]
    if not failing and not late:
        return Sign("jobs", _OK, f"{len(watched)} 项")
    said = [f"连续失败：{'、'.join(failing)}"] * bool(failing) + [f"拖延：{'、'.join(late)}"] * bool(late)
    return Sign("jobs", _DEGRADED, "；".join(said))


def _due(view: Reading, now: datetime) -> Sign:
    """Whatever is due, jobs apart; one kind that is late is enough."""
    backlogs = view.backlogs(now)
    late = max((_lag(backlogs[kind], now) for kind in backlogs.keys() - {JOB}), default=timedelta(0))
    if late > _LATE:
        return Sign("due", _DEGRADED, f"到期的事项拖了 {_minutes(late)} 分钟")
    return Sign("due", _OK, "没有拖延")


def _messages(desk: Desk, view: Reading, now: datetime) -> Sign:
    dead, unheard = view.dead_deliveries(), red_unheard(desk, view, lately=_LATELY)
    late = _lag(view.delivery_backlog(now), now)
    said = [f"{dead} 条发不出去"] * bool(dead) + [f"待发的拖了 {_minutes(late)} 分钟"] * (late > _LATE)
    said += [f"{unheard} 条红色没有渠道接收"] * bool(unheard)
    said += refused_often(view)
    return Sign("messages", _DEGRADED, "；".join(said)) if said else Sign("messages", _OK, "没有积压")


def _backup(desk: Desk) -> Sign:
    """Judged only where the service is to make backups; elsewhere somebody else sees to them, and `doctor` says how old they are."""
    if desk.config.backup.every is None:
        return Sign("backup", _OK, "不由服务备份")
    last = age(desk)
    if last is not None and last <= desk.config.backup.warn_after:
        return Sign("backup", _OK, f"{last.days} 天前")
    return Sign("backup", _DEGRADED, "从来没有备份过" if last is None else f"最近一次在 {last.days} 天前")


def figures(desk: Desk) -> Iterator[Figure]:
    """Everything that is worth a curve; raises StoreError when the database cannot be read."""
    now = desk.clock()
    with desk.store.read() as view:
        yield from _of_matters(view)
        yield from _of_work(view, now)
        yield from _of_jobs(view.jobs(now), now)
    last = age(desk)
    if last is not None:
        yield Figure("sanse_backup_age_seconds", "Time since the newest backup.", last.total_seconds())


def _of_matters(view: Reading) -> Iterator[Figure]:
    counts = view.matters_by_colour()
    for status, colour in sorted({*counts, *(("open", colour) for colour in Colour)}):
        labels = (("status", status), ("colour", colour.word))
        yield Figure("sanse_matters", "Matters, history among them.", counts.get((status, colour), 0), labels)
    waiting = view.quarantine_counts().get("open", 0)
    yield Figure("sanse_quarantine_rows", "Rows of the quarantine that wait for somebody.", waiting)
    yield Figure(
        "sanse_defects",
        "Defects filed: disagreements of the readers, matters that could not be judged.",
        view.defects_count(),
    )


def _of_work(view: Reading, now: datetime) -> Iterator[Figure]:
    known = {**dict.fromkeys((JOB, MATTER, RULEBOOK), Backlog(0, 0, None)), **view.backlogs(now)}
    for kind, backlog in {**known, "message": view.delivery_backlog(now)}.items():
        labels = (("kind", kind),)
        yield Figure("sanse_due_waiting", "What waits for its time.", backlog.waiting, labels)
        yield Figure("sanse_due_overdue", "What is due by now.", backlog.overdue, labels)
        yield Figure(
            "sanse_due_lag_seconds",
            "How long the first of it has been due.",
            _lag(backlog, now).total_seconds(),
            labels,
        )
    for (channel, state), count in sorted(view.delivery_counts().items()):
        yield Figure(
            "sanse_deliveries", "Messages by channel and state.", count, (("channel", channel), ("state", state))
        )


def _of_jobs(rows: Sequence[JobRow], now: datetime) -> Iterator[Figure]:
    for row in (row for row in rows if not row.retired):
        labels = (("job", row.name),)
        yield Figure("sanse_job_failures", "Failures since the last success.", row.failures, labels)
        yield Figure("sanse_job_paused", "Whether somebody paused it.", row.paused, labels)
        if row.last_ok_at is not None:
            since = (now - row.last_ok_at).total_seconds()
            yield Figure("sanse_job_success_age_seconds", "Time since the last success.", since, labels)


def _lag(backlog: Backlog, now: datetime) -> timedelta:
    return max(now - backlog.first_at, timedelta(0)) if backlog.first_at is not None else timedelta(0)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
