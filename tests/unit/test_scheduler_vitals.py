"""Vitals: each sign of how the service does, and the figures, from what stands in the database."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from engine.config import BackupConfig, ChannelConfig
from engine.desk import acting
from engine.desk.backups import backup
from engine.errors import SourceError, StoreError
from engine.model import Health, Moment, Sign, worst
from engine.notify import NOBODY
from engine.scheduler.jobs import Job, Jobs, pause
from engine.scheduler.matters import sweep
from engine.scheduler.vitals import HEALTH, Pulse, figures, signs
from engine.settlement import MATTER
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LAMP = "村口的路灯坏了一个多星期没有人来修理"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"
OK, DEGRADED, FAILING = Health.OK, Health.DEGRADED, Health.FAILING
MINUTE = timedelta(minutes=1)


def seen(place: Installation, pulse: Pulse | None = None) -> dict[str, Sign]:
    return {sign.name: sign for sign in signs(place.desk, pulse)}


def health(place: Installation, name: str) -> Health:
    return seen(place)[name].health


def numbers(place: Installation) -> dict[tuple[str, ...], float]:
    return {(one.name, *(value for _, value in one.labels)): one.value for one in figures(place.desk)}


def broken(_: object) -> str:
    raise SourceError("对方关机")


def test_a_new_installation_is_well(small_place: Installation) -> None:
    found = seen(small_place)
    assert set(found) == {"database", "disk", "jobs", "due", "messages", "backup"}
    assert {sign.health for sign in found.values()} == {OK}
    assert worst(found.values()) is OK
    assert worst([]) is OK


def test_the_whole_is_as_well_as_its_worst_sign() -> None:
    well, late, away = (Sign("x", one, "") for one in (OK, DEGRADED, FAILING))
    assert worst([well, late]) is DEGRADED
    assert worst([late, away, well]) is FAILING


class TestPulse:
    def test_silence_is_failing_after_a_quarter_of_an_hour(self, small_place: Installation) -> None:
        now = datetime(2025, 3, 10, tzinfo=UTC)
        pulse = Pulse(lambda: now)
        now += 15 * MINUTE
        assert seen(small_place, pulse)["rounds"].health is OK
        now += timedelta(seconds=1)
        assert seen(small_place, pulse)["rounds"].health is FAILING
        pulse.beat()
        assert seen(small_place, pulse)["rounds"].health is OK
        now -= timedelta(hours=1)
        assert pulse.silence == timedelta(0), "a clock that was set back"

    def test_a_round_that_failed_and_rules_that_were_refused(self, small_place: Installation) -> None:
        pulse = Pulse(lambda: small_place.now)
        pulse.fault, pulse.rules_refused = "数据库", True
        found = seen(small_place, pulse)
        assert (found["rounds"].health, found["rules"].health) == (DEGRADED, DEGRADED)
        assert found["rounds"].said == "上一轮出错（数据库）"


class TestJobs:
    def test_three_failures_in_a_row(self, small_place: Installation) -> None:
        place = small_place
        jobs = Jobs(place.desk.store, place.desk.clock, [Job("poll:日报", 10 * MINUTE, broken)])
        for expected in (OK, OK, DEGRADED):
            jobs.run_now("poll:日报")
            assert health(place, "jobs") is expected
        assert "poll:日报" in seen(place)["jobs"].said
        assert numbers(place)["sanse_job_failures", "poll:日报"] == 3

    def test_what_is_paused_or_gone_from_the_configuration_is_no_news(self, small_place: Installation) -> None:
        place = small_place
        named = ("poll:日报", "poll:周报")
        jobs = Jobs(place.desk.store, place.desk.clock, [Job(name, 10 * MINUTE, broken) for name in named])
        for name in named * 3:
            jobs.run_now(name)
        assert health(place, "jobs") is DEGRADED
        pause(place.desk.store, place.desk.clock, named[0], paused=True)
        Jobs(place.desk.store, place.desk.clock, []).plan()
        assert health(place, "jobs") is OK
        found = numbers(place)
        assert (("sanse_job_failures", named[0]) in found, ("sanse_job_failures", named[1]) in found) == (True, False)

    def test_one_whose_turn_was_missed(self, small_place: Installation) -> None:
        place = small_place
        Jobs(place.desk.store, place.desk.clock, [Job("poll:日报", 10 * MINUTE, broken)]).plan()
        place.later(minutes=15)
        assert health(place, "jobs") is OK
        place.later(seconds=1)
        assert health(place, "jobs") is DEGRADED

    def test_those_that_only_look_do_not_look_at_themselves(self, small_place: Installation) -> None:
        place = small_place
        jobs = Jobs(place.desk.store, place.desk.clock, [Job(HEALTH, MINUTE, broken, looks=True)])
        for _ in range(4):
            jobs.run_now(HEALTH)
        assert health(place, "jobs") is OK


class TestDueWork:
    def test_every_kind_has_a_curve_from_the_beginning(self, small_place: Installation) -> None:
        found = numbers(small_place)
        for kind in (MATTER, "rulebook", "job", "message"):
            assert found["sanse_due_waiting", kind] == found["sanse_due_overdue", kind] == 0

    def test_matters_that_wait_longer_than_a_quarter_of_an_hour(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", LAMP))
        with place.desk.store.beside() as tx:
            moment = tx.due_of(MATTER, "police_110:A1")
        assert isinstance(moment, Moment)
        place.now = moment.at + 15 * MINUTE
        assert health(place, "due") is OK
        assert numbers(place)["sanse_due_overdue", MATTER] == 1
        assert numbers(place)["sanse_due_lag_seconds", MATTER] == 900
        place.later(seconds=1)
        assert health(place, "due") is DEGRADED
        sweep(place.desk.store, place.desk.stages, place.desk.clock)
        assert health(place, "due") is OK


def test_the_disk(small_place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, expected in (
        (500 << 20, OK),
        ((500 << 20) - 1, DEGRADED),
        (50 << 20, DEGRADED),
        ((50 << 20) - 1, FAILING),
    ):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        assert health(small_place, "disk") is expected

    def away(_: object) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr(shutil, "disk_usage", away)
    assert health(small_place, "disk") is FAILING


def test_backups_are_judged_where_the_service_makes_them(small_place: Installation) -> None:
    place = small_place
    assert seen(place)["backup"].said == "不由服务备份"
    config = place.desk.config.model_copy(update={"backup": BackupConfig(every="1d")})
    object.__setattr__(place.desk, "config", config)
    assert health(place, "backup") is DEGRADED
    backup(place.desk, place.folder / "backups")
    place.later(days=2)
    assert health(place, "backup") is OK
    assert numbers(place)["sanse_backup_age_seconds",] == 2 * 86_400
    place.later(seconds=1)
    assert health(place, "backup") is DEGRADED


def test_red_that_no_channel_takes(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", KNIFE, minutes=5))
    with place.desk.store.beside() as tx:
        tx.close_notices(dict.fromkeys((one.key for one in tx.fresh_notices(9)), NOBODY))
    assert health(place, "messages") is OK, "there are no channels"
    config = place.desk.config.model_copy(update={"channels": (ChannelConfig(name="屏幕", type="console"),)})
    object.__setattr__(place.desk, "config", config)
    assert seen(place)["messages"] == Sign("messages", DEGRADED, "1 条红色没有渠道接收")
    place.later(days=31)
    assert health(place, "messages") is OK


def test_a_database_that_is_away_is_failing_and_the_rest_is_still_told(
    small_place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> Any:
        raise StoreError("连不上")

    monkeypatch.setattr(type(small_place.desk.store), "read", away)
    found = seen(small_place, Pulse(lambda: small_place.now))
    assert {name: sign.health for name, sign in found.items() if sign.health is not OK} == {"database": FAILING}
    assert set(found) == {"rounds", "rules", "disk", "database"}


def test_figures_count_matters_by_status_and_colour(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LAMP), place.call("B1", KNIFE, caller=2), place.call("C1", LAMP, caller=3))
    acting.close(place.desk, place.person(), "police_110:C1", means="调解", evidence="协议书由陈一签字")
    place.ingest({**place.call("X1", LAMP), "报警时间": "昨天"})
    found = numbers(place)
    assert {key[1:]: value for key, value in found.items() if key[0] == "sanse_matters"} == {
        ("open", "green"): 1, ("open", "yellow"): 0, ("open", "red"): 1, ("closed", "green"): 1,
    }  # fmt: skip
    assert found["sanse_quarantine_rows",] == 1
    assert found["sanse_defects",] == 0


def test_no_text_of_a_record_is_in_signs_or_figures(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", KNIFE), {**place.call("X1", LAMP), "报警时间": "昨天"})
    place.later(days=40)
    told = f"{signs(place.desk, Pulse(lambda: place.now))}{list(figures(place.desk))}"
    for secret in ("13800000001", "陈二", "陈一", "柳树村", "菜刀", "A1"):
        assert secret not in told
