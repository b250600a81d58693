"""Jobs: what the service does again and again: each when it is due, by one worker at a time, with a record of how it went.

In: a store, the clock, jobs. Out: `Ran` for each run. Not here: what jobs do (the rooms they call; `cli` puts them together), how often the
process looks (`ticker`), matters (`matters`: they have moments of their own).

A job that fails is tried again sooner than its next turn at first, later and later while it goes on failing, and never stops another. Runs that
were missed while nothing ran are one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread

from engine.errors import SanseError, StoreError, UsageError
from engine.model import Moment
from engine.store import Store
from engine.store.jobs import JOB
from engine.store.rows import Claim, JobRow

LEASE = timedelta(minutes=5)
_FIRST_RETRY = timedelta(seconds=30)
_TURN, _RETRY, _BY_HAND = "turn", "retry", "by hand"
_LONGEST = 500

Held = dict[str, Claim]
"""Jobs that a process has begun and that wait for somebody else, by name."""
Beat = Callable[[], None]
"""Called by a job between its steps: keeps its lease; raises `Overtaken` when it has lost it, `Interrupted` when the process is to end."""


class Overtaken(Exception):
    """Somebody else runs this job by now: this run has nothing more to do."""


class Interrupted(Exception):
    """The process is to end: whoever looks next goes on with this job."""


class Unfinished(Exception):
    """The job waits for somebody else: it stays with this process, which goes on with it at its next look."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something done every so often; `run` says in Chinese what it did.

    `long`: it has steps longer than a lease, which is kept for it meanwhile. `looks`: it only looks, and nobody is told when all is well.
    """

    name: str
    every: timedelta
    run: Callable[[Beat], str]
    long: bool = False
    looks: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """One run."""

    job: str
    well: bool
    said: str


class Jobs:
    """The jobs of one process; `held`: those that it has begun and that wait for somebody else, kept from look to look."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        jobs: Sequence[Job],
        *,
        lease: timedelta = LEASE,
        held: Held | None = None,
    ) -> None:
        self._store, self._clock, self._lease = store, clock, lease
        self._held: Held = {} if held is None else held
        self._jobs = {job.name: job for job in jobs}

    def plan(self) -> None:
        """Note every job; one that has no turn yet is due at once; those of a former configuration have no more turns.

        A turn that is further away than a whole round, because the clock was set back or the configuration changed, comes sooner.
        """
        now = self._clock()
        with self._store.beside() as tx:
            known = {row.name: row for row in tx.jobs(now)}
            for job in self._jobs.values():
                row = known.get(job.name)
                if row is None or row.every != job.every:
                    tx.plan_job(job.name, job.every)
                at = _turn(job, row, now)
                if at is not None:
                    tx.schedule(JOB, {job.name: Moment(at, _TURN)})
            tx.unschedule(JOB, {name for name in known.keys() - self._jobs.keys() if known[name].next_at})

    def run_due(self, stop: Callable[[], bool] = lambda: False, *, looks: bool = False) -> Iterator[Ran]:
        """Each job that is due, once: those that do something, the longest due first, or those that only look, in their own order.

        Those that wait for somebody else are gone on with first. `stop` says, between the steps of a job too, that the process is to end.
        """
        for claim in () if looks else list(self._held.values()):
            if stop():
                return
            if (ran := self._run(claim, stop)) is not None:
                yield ran
        named = [job.name for job in self._jobs.values() if job.looks is looks]
        for turn in named:
            if stop():
                return
            now = self._clock()
            with self._store.beside() as tx:
                claims = tx.claim(JOB, now=now, until=now + self._lease, most=1, items=[turn] if looks else named)
            ran = self._run(claims[0], stop) if claims else None
            if ran is not None:
                yield ran

    def run_now(self, name: str) -> Ran | None:
        """One job now, whatever its turn, paused or not; None when another worker took it. Raises UsageError for an unknown one."""
        if name not in self._jobs:
            raise UsageError(f"没有这项任务：{name}", hint=f"可用：{'、'.join(sorted(self._jobs)) or '（无）'}")
        self.plan()
        now = self._clock()
        with self._store.beside() as tx:
            row = next(row for row in tx.jobs(now) if row.name == name)
            if row.running:
                hint = "等它结束，用 sanse jobs list 查看；运行它的进程若已被强行停下，等 service.lease 那么久再试"
                raise UsageError(f"任务正在运行：{name}", hint=hint)
            tx.schedule(JOB, {name: Moment(now, _BY_HAND)})
            (claim,) = tx.claim(JOB, now=now, until=now + self._lease, most=1, items=[name])
        return self._run(claim, lambda: False)

    def let_go(self) -> None:
        """Give back what waits for somebody else: the process ends, and whoever looks next begins anew."""
        with self._store.beside() as tx:
            for claim in self._held.values():
                tx.release(claim)
        self._held.clear()

    def _run(self, claim: Claim, stop: Callable[[], bool]) -> Ran | None:
        job = self._jobs[claim.item]
        self._held.pop(job.name, None)
        try:
            with self._kept(claim) if job.long else nullcontext():
                ran = Ran(job.name, True, job.run(lambda: self._beat(claim, stop)))
        except Overtaken:
            return None
        except Unfinished:
            with suppress(Overtaken):
                self._beat(claim, lambda: False)
                self._held[job.name] = claim
            return None
        except Interrupted:
            with self._store.beside() as tx:
                tx.release(claim)
            return None
        except SanseError as fault:
            ran = Ran(job.name, False, str(fault))
        except Exception as fault:  # noqa: BLE001 -- one job that breaks must not stop the others; what broke is told
            ran = Ran(job.name, False, f"程序错误（{type(fault).__name__}）")
        return ran if self._note(claim, job, ran) else None

    def _beat(self, claim: Claim, stop: Callable[[], bool]) -> None:
        if stop():
            raise Interrupted
        with self._store.beside() as tx:
            if not tx.renew(claim, self._clock() + self._lease):
                raise Overtaken

    @contextmanager
    def _kept(self, claim: Claim) -> Iterator[None]:
        """Keep a lease from a thread of its own: whoever is killed or stopped stops keeping it."""
        over = Event()

        def keep() -> None:
            while not over.wait(self._lease.total_seconds() / 3):
                with suppress(StoreError), self._store.beside() as tx:
                    tx.renew(claim, self._clock() + self._lease)

        thread = Thread(target=keep, name=f"lease of {claim.item}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _note(self, claim: Claim, job: Job, ran: Ran) -> bool:
        """Write how it went and the next turn, unless the lease was lost meanwhile."""
        now = self._clock()
        with self._store.beside() as tx:
            if not tx.still_held([claim]):
                return False
            tx.job_ran(job.name, at=now, said=ran.said[:_LONGEST], well=ran.well)
            row = next(row for row in tx.jobs(now) if row.name == job.name)
            if row.paused:
                tx.unschedule(JOB, [job.name])
            else:
                wait = job.every if ran.well else min(job.every, _FIRST_RETRY * 2 ** min(row.failures - 1, 20))
                tx.schedule(JOB, {job.name: Moment(max(now, claim.due.at) + wait, _TURN if ran.well else _RETRY)})
        return True


def _turn(job: Job, row: JobRow | None, now: datetime) -> datetime | None:
    """When a job must have its next turn instead of when it has; None: leave it."""
    if row is None or (row.next_at is None and not row.paused):
        return now
    latest = now + job.every
    return latest if row.next_at is not None and row.next_at > latest else None


def pause(store: Store, clock: Callable[[], datetime], name: str, *, paused: bool) -> None:
    """Give a job no more turns, or a turn at once; raises UsageError for one that was never planned, or is no more."""
    now = clock()
    with store.beside() as tx:
        known = {row.name for row in tx.jobs(now) if not row.retired}
        if name not in known:
            raise UsageError(
                f"没有这项任务：{name}", hint=f"可用：{'、'.join(sorted(known)) or '（服务还没有运行过）'}"
            )
        tx.pause_job(name, paused=paused)
        if paused:
            tx.unschedule(JOB, [name])
        else:
            tx.schedule(JOB, {name: Moment(now, _TURN)})
