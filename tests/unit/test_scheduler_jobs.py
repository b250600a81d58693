"""Jobs: each when it is due, one worker at a time; what fails is tried again and stops no other; what was missed is one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from engine.errors import SourceError, UsageError
from engine.scheduler.jobs import Beat, Held, Job, Jobs, Ran, Unfinished, pause
from engine.store import Store
from engine.store.rows import JobRow
from tests.store_samples import START

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=2)


@dataclass
class Desk:
    """A store, a clock that stands still, and jobs that note their runs."""

    store: Store
    now: datetime = START
    ran: list[str] = field(default_factory=list)

    def job(self, name: str, every: int = 10, run: Callable[[Beat], str] | None = None) -> Job:
        def noted(beat: Beat) -> str:
            self.ran.append(name)
            return run(beat) if run else f"{name} 好"

        return Job(name, every * MINUTE, noted)

    def jobs(self, *planned: Job) -> Jobs:
        made = Jobs(self.store, lambda: self.now, planned, lease=5 * MINUTE)
        made.plan()
        return made

    def row(self, name: str) -> JobRow:
        with self.store.read() as view:
            return next(row for row in view.jobs(self.now) if row.name == name)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def failing(_: Beat) -> str:
    raise SourceError("连不上", hint="检查网络")


def broken(_: Beat) -> str:
    return str({}["陈一一 13800000001"])


def test_a_new_job_runs_at_once_and_then_each_time_it_is_due(desk: Desk) -> None:
    jobs = desk.jobs(desk.job("a"))
    assert list(jobs.run_due()) == [Ran("a", True, "a 好")]
    assert list(jobs.run_due()) == []
    desk.now += 10 * MINUTE
    assert len(list(jobs.run_due())) == 1
    assert desk.row("a").next_at == desk.now + 10 * MINUTE


def test_runs_that_were_missed_are_one_run(desk: Desk) -> None:
    jobs = desk.jobs(desk.job("a"))
    list(jobs.run_due())
    desk.now += 72 * 60 * MINUTE
    assert len(list(jobs.run_due())) == 1
    assert list(jobs.run_due()) == []


def test_the_longest_due_runs_first(desk: Desk) -> None:
    jobs = desk.jobs(desk.job("a", 30), desk.job("b", 20))
    list(jobs.run_due())
    desk.ran.clear()
    desk.now += 40 * MINUTE
    list(jobs.run_due())
    assert desk.ran == ["b", "a"]


@pytest.mark.parametrize(("run", "said"), [(failing, "连不上"), (broken, "程序错误（KeyError）")])
def test_a_job_that_fails_is_tried_sooner_at_first_and_stops_no_other(
    desk: Desk, run: Callable[[Beat], str], said: str
) -> None:
    jobs = desk.jobs(desk.job("a", run=run), desk.job("b"))
    first, second = jobs.run_due()
    assert (first.job, first.well, second.well) == ("a", False, True)
    assert said in first.said
    assert "13800000001" not in first.said
    waits = []
    for _ in range(7):
        row = desk.row("a")
        assert row.next_at is not None
        waits.append((row.next_at - desk.now) / MINUTE)
        desk.now = row.next_at
        list(jobs.run_due())
    assert waits == [0.5, 1, 2, 4, 8, 10, 10]
    assert desk.row("a").failures == 8


def test_a_job_that_somebody_has_is_left_alone_until_the_lease_ends(desk: Desk) -> None:
    def slow(beat: Beat) -> str:
        others = desk.jobs(desk.job("a"))
        assert list(others.run_due()) == []
        desk.now += 4 * MINUTE
        beat()
        desk.now += 4 * MINUTE
        assert list(others.run_due()) == [], "a beat keeps the lease"
        desk.now += 6 * MINUTE
        assert list(others.run_due()) == [Ran("a", True, "a 好")]
        beat()
        went_on.append("a")
        return "太晚"

    went_on: list[str] = []
    assert list(desk.jobs(desk.job("a", run=slow)).run_due()) == []
    assert went_on == [], "overtaken: nothing more to do"
    assert desk.row("a").failures == 0


def test_one_that_ends_after_its_lease_notes_nothing(desk: Desk) -> None:
    def asleep(_: Beat) -> str:
        desk.now += 6 * MINUTE
        list(desk.jobs(desk.job("a")).run_due())
        return "太晚"

    assert list(desk.jobs(desk.job("a", run=asleep)).run_due()) == []
    assert desk.row("a").said == "a 好"


def test_a_process_that_ends_gives_its_job_back(desk: Desk) -> None:
    stopping = [False]

    def long(beat: Beat) -> str:
        stopping[0] = True
        beat()
        return "不会到这里"

    jobs = desk.jobs(desk.job("a", run=long), desk.job("b"))
    assert list(jobs.run_due(lambda: stopping[0])) == []
    assert desk.ran == ["a"]
    again = desk.jobs(desk.job("a"), desk.job("b"))
    assert [ran.job for ran in again.run_due()] == ["a", "b"]


def test_a_paused_job_waits_until_it_is_resumed(desk: Desk) -> None:
    jobs = desk.jobs(desk.job("a"))
    pause(desk.store, lambda: desk.now, "a", paused=True)
    desk.jobs(desk.job("a"))
    assert list(jobs.run_due()) == []
    assert jobs.run_now("a") == Ran("a", True, "a 好")
    assert desk.row("a").next_at is None
    pause(desk.store, lambda: desk.now, "a", paused=False)
    assert len(list(jobs.run_due())) == 1


def test_a_job_runs_by_hand_whatever_its_turn(desk: Desk) -> None:
    jobs = desk.jobs(desk.job("a"))
    list(jobs.run_due())
    desk.now += MINUTE
    assert jobs.run_now("a") == Ran("a", True, "a 好")
    assert desk.row("a").next_at == desk.now + 10 * MINUTE


def test_by_hand_is_refused_for_unknown_ones_and_for_one_that_runs(desk: Desk) -> None:
    def again(_: Beat) -> str:
        with pytest.raises(UsageError, match="正在运行"):
            jobs.run_now("a")
        return "好"

    jobs = desk.jobs(desk.job("a", run=again))
    assert len(list(jobs.run_due())) == 1
    with pytest.raises(UsageError, match="没有这项任务：b") as fault:
        jobs.run_now("b")
    assert "a" in fault.value.hint
    with pytest.raises(UsageError, match="没有这项任务"):
        pause(desk.store, lambda: desk.now, "b", paused=True)


def test_a_job_of_a_former_configuration_has_no_more_turns(desk: Desk) -> None:
    desk.jobs(desk.job("a"), desk.job("old"))
    assert [ran.job for ran in desk.jobs(desk.job("a")).run_due()] == ["a"]
    assert desk.row("old").next_at is None


def test_a_clock_that_was_set_back_delays_no_job_by_more_than_a_round(desk: Desk) -> None:
    desk.now += 60 * MINUTE
    jobs = desk.jobs(desk.job("a"))
    list(jobs.run_due())
    desk.now -= 60 * MINUTE
    jobs.plan()
    assert desk.row("a").next_at == desk.now + 10 * MINUTE


def test_a_shorter_round_holds_at_once(desk: Desk) -> None:
    list(desk.jobs(desk.job("a", 60)).run_due())
    desk.jobs(desk.job("a", 5))
    row = desk.row("a")
    assert (row.every, row.next_at) == (5 * MINUTE, desk.now + 5 * MINUTE)


def test_a_long_job_keeps_its_lease_while_it_runs(desk: Desk) -> None:
    """Its steps are longer than the lease: another worker that looks meanwhile must not begin it too."""
    taken: list[str] = []

    def slow(_: Beat) -> str:
        began = time.monotonic()
        while (took := time.monotonic() - began) < 2 * LEASE.total_seconds():
            desk.now = START + timedelta(seconds=took)
            taken.extend(ran.job for ran in Jobs(desk.store, lambda: desk.now, [quick], lease=LEASE).run_due())
            time.sleep(0.05)
        return "好"

    quick = Job("backup", 10 * MINUTE, lambda _: "抢了")
    jobs = Jobs(desk.store, lambda: desk.now, [Job("backup", 10 * MINUTE, slow, long=True)], lease=LEASE)
    jobs.plan()
    assert [ran.said for ran in jobs.run_due()] == ["好"]
    assert taken == []


def test_those_that_only_look_have_turns_of_their_own(desk: Desk) -> None:
    work, look = desk.job("poll"), replace(desk.job("health"), looks=True)
    jobs = desk.jobs(work, look)
    assert [ran.job for ran in jobs.run_due()] == ["poll"]
    assert [ran.job for ran in jobs.run_due(looks=True)] == ["health"]
    assert list(desk.jobs(work).run_due(looks=True)) == [], "none is not any"


def test_what_waits_for_somebody_else_stays_with_its_process_and_holds_up_nothing(desk: Desk) -> None:
    answers = ["", "", "读完"]

    def asking(_: Beat) -> str:
        if not (said := answers.pop(0)):
            raise Unfinished
        return said

    def jobs(held: Held | None) -> Jobs:
        planned = [desk.job("慢", run=asking), desk.job("快", every=1)]
        made = Jobs(desk.store, lambda: desk.now, planned, lease=5 * MINUTE, held=held)
        made.plan()
        return made

    ours: Held = {}
    assert [ran.job for ran in jobs(ours).run_due()] == ["快"]
    assert (list(ours), desk.row("慢").running) == (["慢"], True)
    assert list(jobs({}).run_due()) == [], "another process does not take it"
    desk.now += 4 * MINUTE
    assert [ran.job for ran in jobs(ours).run_due()] == ["快"]
    desk.now += 4 * MINUTE
    assert list(jobs({}).run_due(stop=lambda: desk.ran[-1] == "慢")) == [Ran("快", True, "快 好")], "its lease was kept"
    assert list(jobs(ours).run_due()) == [Ran("慢", True, "读完")]
    assert (ours, desk.row("慢").running, desk.row("慢").failures) == ({}, False, 0)


def test_what_waits_is_given_back_when_the_process_ends_or_lost_when_it_slept(desk: Desk) -> None:
    def asking(_: Beat) -> str:
        raise Unfinished

    ours: Held = {}
    jobs = Jobs(desk.store, lambda: desk.now, [desk.job("慢", run=asking)], lease=5 * MINUTE, held=ours)
    jobs.plan()
    list(jobs.run_due())
    jobs.let_go()
    assert (ours, desk.row("慢").running) == ({}, False)
    list(jobs.run_due())
    desk.now += 6 * MINUTE
    theirs: Held = {}
    list(Jobs(desk.store, lambda: desk.now, [desk.job("慢", run=asking)], lease=5 * MINUTE, held=theirs).run_due())
    list(jobs.run_due())
    assert (list(ours), list(theirs)) == ([], ["慢"])
