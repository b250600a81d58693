"""Upkeep: the jobs that keep the service itself in order: looking at its health and its table of days off, telling a watchman, backups, retention.

In: an installation, the pulse of the process. Out: jobs. Not here: what each does (`engine.desk`, `engine.scheduler.vitals`), when they run
(`engine.scheduler.jobs`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from engine.config import from_environment
from engine.errors import DeliveryError, RuleError, SanseError
from engine.model import ChannelSpec, Health, Refused, worst
from engine.ruleset.tree import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.config import PingConfig
    from engine.desk import Desk
    from engine.scheduler.jobs import Beat, Job
    from engine.scheduler.vitals import Pulse

BACKUP, RETENTION, CALENDAR, SHADOW = "backup", "retention", "calendar", "shadow"
_LOOK, _DAILY = timedelta(minutes=1), timedelta(days=1)


def upkeep_jobs(desk: Desk, pulse: Pulse | None = None) -> Iterator[Job]:
    """Health and the calendar always, the others where the configuration says how often."""
    from engine.scheduler.jobs import Job
    from engine.scheduler.vitals import HEALTH, PING

    config = desk.config
    if config.backup.every is not None:
        yield Job(BACKUP, config.backup.every, partial(_back_up, desk), long=True)
    if config.retention.every is not None:
        yield Job(RETENTION, config.retention.every, partial(_purge, desk), long=True)
    yield Job(CALENDAR, _DAILY, partial(_reach, desk), looks=True)
    if any(rule.status is Status.SHADOW for rule in desk.rulebook.rules):
        yield Job(SHADOW, _DAILY, partial(_digest, desk))
    yield Job(HEALTH, _LOOK, partial(_look, desk, pulse), looks=True)
    if config.service.ping is not None:
        spec = watchman(config.service.ping)
        yield Job(PING, config.service.ping.every, partial(_ping, desk, pulse, spec), looks=True)


def watchman(ping: PingConfig) -> ChannelSpec:
    """Where the ping goes; raises ConfigError when its variable is not set."""
    url = from_environment(ping.url_env, "service.ping.url_env") if ping.url_env else ping.url
    return ChannelSpec("ping", url, "", ping.allowed_hosts, ping.private_hosts, {})


def _look(desk: Desk, pulse: Pulse | None, _beat: Beat) -> str:
    from engine.scheduler.vitals import signs

    found = signs(desk, pulse)
    wrong = [f"{sign.name}：{sign.said}" for sign in found if sign.health is not Health.OK]
    if wrong:
        raise SanseError("；".join(wrong))
    return f"{len(found)} 项都好"


def _reach(desk: Desk, _beat: Beat) -> str:
    """How far the table of days off reaches; fails while there is still time to copy the next year."""
    from engine.desk.upkeep import calendar

    check = calendar(desk)
    if not check.well:
        raise RuleError(f"{check.what}：{check.found}", hint=check.hint)
    return check.found


def _digest(desk: Desk, _beat: Beat) -> str:
    """What shadow rules would have done with what was decided in a day."""
    from engine.desk.figures import shadows

    told, words = [], desk.words("colours")
    for one in shadows(desk, since=desk.clock() - _DAILY):
        raised = "，".join(
            f"{count} 件{words.get(was, was)}升为{words.get(would, would)}" for was, would, count in one.raises
        )
        told.append(f"{one.rule} 会把 {raised}" if raised else f"{one.rule} 不会升级哪一件")
    return "试运行的规则（没有起作用）：" + "；".join(told) + "。见 sanse rules shadow"


def _ping(desk: Desk, pulse: Pulse | None, spec: ChannelSpec, _beat: Beat) -> str:
    """Tell the watchman that we work; silence is the alarm, so nothing is told while we do not."""
    from adapters.channels.post import Door
    from engine.scheduler.vitals import signs

    health = worst(signs(desk, pulse))
    if health is Health.FAILING:
        raise SanseError("情况不好，不报平安", hint="看 health 一项")
    now = desk.clock()
    headers = {"Content-Type": "text/plain"}
    answer = Door(spec).post(spec.address, health.word.encode(), key=f"{now:%Y%m%d%H%M%S}", at=now, headers=headers)
    if isinstance(answer, Refused):
        raise DeliveryError(f"平安信号没有送到：{answer.why}")
    return "已报平安"


def _back_up(desk: Desk, beat: Beat) -> str:
    from engine.desk.backups import backup, thin

    config = desk.config.backup
    folder = desk.config.folder / config.folder
    made = backup(desk, folder)
    beat()
    gone = thin(folder, desk.clock() - config.keep)
    return f"已备份 {made.path.name}" + (f"，删去 {gone} 份过期的" if gone else "")


def _purge(desk: Desk, beat: Beat) -> str:
    from engine.desk.retention import purge_by_schedule

    terms = purge_by_schedule(desk, beat)
    return f"清除 {sum(term.records for term in terms)} 件次来件的内容，{sum(term.rows for term in terms)} 行"
