"""How the service is doing: every job and the due matters, with lag and failures, from what stands in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import SourceError, UsageError
from engine.scheduler.jobs import Beat, Job, Jobs, pause
from engine.scheduler.matters import sweep
from engine.scheduler.watching import REVIEW, JobView, job_views
from tests.installation import Installation

pytest_plugins = ["tests.places"]

HOUR = timedelta(hours=1)


def views(place: Installation) -> dict[str, JobView]:
    return {view.name: view for view in job_views(place.desk.store, place.now)}


def failing(_: Beat) -> str:
    raise SourceError("连不上")


def test_jobs_show_state_runs_lag_and_failures(place: Installation) -> None:
    seen: list[str] = []

    def looking(_: Beat) -> str:
        seen.append(views(place)["well"].state)
        return "好"

    assert views(place) == {}
    jobs = Jobs(place.desk.store, place.desk.clock, [Job("well", HOUR, looking), Job("ill", HOUR, failing)])
    jobs.plan()
    list(jobs.run_due())
    assert seen == ["运行中"]
    began = place.now
    place.later(hours=3)
    found = views(place)
    assert found["well"] == JobView("well", "等待", began, began + HOUR, 7_200, 0, "好")
    assert (found["ill"].failures, "连不上" in found["ill"].said) == (1, True)
    pause(place.desk.store, place.desk.clock, "well", paused=True)
    Jobs(place.desk.store, place.desk.clock, [Job("well", HOUR, looking)]).plan()
    found = views(place)
    assert (found["well"].state, found["well"].next_at, found["well"].lag_seconds) == ("暂停", None, 0)
    assert (found["ill"].state, found["ill"].failures) == ("停用", 1)
    assert {name for name, view in found.items() if view.in_turn} == set()
    with pytest.raises(UsageError, match="没有这项任务"):
        pause(place.desk.store, place.desk.clock, "ill", paused=True)


def test_what_a_job_said_is_masked_as_in_the_log(place: Installation) -> None:
    """A supplier's file may bear a phone in its name."""

    def refused(_: Beat) -> str:
        raise SourceError("没有表头", where="来件13800000009.csv")

    jobs = Jobs(place.desk.store, place.desk.clock, [Job("ill", HOUR, refused)])
    jobs.plan()
    list(jobs.run_due())
    said = views(place)["ill"].said
    assert "没有表头" in said
    assert "来件＊" in said
    assert "13800000009" not in said


def test_due_matters_are_shown_as_one_with_their_lag(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", "楼道堆放杂物影响通行，请协调处理", caller=n, minutes=5) for n in range(2)))
    view = views(place)[REVIEW]
    assert (view.next_at, view.lag_seconds) == (place.now + timedelta(days=3), 0)
    assert view.said == "2 件事项有下一次研判的时间，0 件已到期"
    place.later(days=3, minutes=1)
    view = views(place)[REVIEW]
    assert (view.lag_seconds, view.said) == (60, "2 件事项有下一次研判的时间，2 件已到期")
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    assert views(place)[REVIEW].lag_seconds == 0
