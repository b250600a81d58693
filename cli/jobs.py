"""Jobs: everything that the service does again and again, put together from the configuration; and the commands that show and steer it.

In: an installation, names of jobs. Out: jobs, tables, runs. Not here: when they run (`engine.scheduler.jobs`), upkeep (`cli.upkeep`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now

if TYPE_CHECKING:
    from engine.config import SourceConfig
    from engine.desk import Desk
    from engine.model import Source
    from engine.pipeline import Tally
    from engine.scheduler.jobs import Beat, Held, Job, Jobs, Ran
    from engine.scheduler.vitals import Pulse
    from engine.scheduler.watching import JobView

jobs = typer.Typer(help="定时任务：查看、立即运行、暂停、恢复", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="任务名，见 sanse jobs list", show_default=False)]


class Polls:
    """What a process that serves has begun to read elsewhere and waits for: by name of the feed, with what was taken in of it so far."""

    def __init__(self) -> None:
        self.claims: Held = {}
        self.begun: dict[str, tuple[Source, Tally]] = {}


def jobs_of(
    desk: Desk,
    pulse: Pulse | None = None,
    renew: Callable[[], Desk] | None = None,
    polls: Polls | None = None,
) -> Jobs:
    """The jobs of this installation, from its configuration.

    `pulse` of the process that serves it; `renew` gives it the rules in force by then; with `polls` feeds from elsewhere are read beside all else.
    """
    from cli.upkeep import upkeep_jobs
    from engine.scheduler.jobs import Jobs

    feeds = [_poll(desk, feed, renew, polls) for feed in desk.config.sources if feed.every is not None]
    held = polls.claims if polls is not None else None
    return Jobs(desk.store, desk.clock, [*feeds, *upkeep_jobs(desk, pulse)], lease=desk.config.service.lease, held=held)


def check_feeds(desk: Desk) -> None:
    """Raises ConfigError naming every feed of a kind that nobody knows, whether or not it has a turn; rules that wait to be mended or published may know it."""
    from cli.wiring import feed_of
    from engine.desk.opening import unpublished
    from engine.errors import ConfigError

    wrong: list[ConfigError] = []
    for feed in desk.config.sources if desk.refused is None and not unpublished(desk) else ():
        try:
            feed_of(desk.config, feed.name, None, desk.rulebook.mappings)
        except ConfigError as fault:
            wrong.append(fault)
    if wrong:
        what, where = ("；".join(dict.fromkeys(told)) for told in zip(*((f.what, f.where) for f in wrong), strict=True))
        raise ConfigError(what, where=where, hint=wrong[0].hint)


def _poll(desk: Desk, feed: SourceConfig, renew: Callable[[], Desk] | None, polls: Polls | None) -> Job:
    from engine.scheduler.jobs import Job

    assert feed.every is not None
    afar = polls if feed.type != "file" else None
    return Job(f"poll:{feed.name}", feed.every, lambda beat: poll(desk, feed.name, beat, renew, afar))


def poll(desk: Desk, name: str, beat: Beat, renew: Callable[[], Desk] | None = None, polls: Polls | None = None) -> str:
    """New records of a feed, a batch at a time, each by the rules that are in force by then; raises SourceError, saying what came in before.

    With `polls` only what has come by now; raises Unfinished while there may be more.
    """
    from engine.desk.intake import take_in
    from engine.errors import SourceError
    from engine.pipeline import Tally
    from engine.scheduler.ahead import Ahead
    from engine.scheduler.jobs import Unfinished

    begun = {} if polls is None else polls.begun
    if name not in begun:
        source = _source(desk, name)
        begun[name] = (source if polls is None else Ahead(source), Tally())
    source, total = begun[name]
    waits = False
    try:
        for tally in take_in(desk, source, renew=renew):
            total.add(tally)
            beat()
        waits = isinstance(source, Ahead) and not source.over
    except SourceError as fault:
        if not total.read:
            raise
        raise type(fault)(f"{fault.what}；{_told(desk, total)}", where=fault.where, hint=fault.hint) from fault
    finally:
        if not waits:
            del begun[name]
            if isinstance(source, Ahead):
                source.give_up()
    if waits:
        raise Unfinished
    return _told(desk, total)


def _told(desk: Desk, total: Tally) -> str:
    """What came in, and what somebody must know of it."""
    from cli.records import accounted, remarks

    return "；".join([accounted(total), *(remark for remark, _ in remarks(desk, total))])


def _source(desk: Desk, name: str) -> Source:
    from cli.wiring import feed_of, source_of
    from engine.desk.intake import cursor_of, known_headers

    feed = feed_of(desk.config, name, None, desk.rulebook.mappings)
    return source_of(
        feed,
        known=known_headers(desk, feed.kind),
        cursor=cursor_of(desk, name),
        until=desk.clock(),
        settled=desk.config.clock == "real",
    )


def ran_words(ran: Ran) -> str:
    """A run as people read it."""
    return f"{'✓' if ran.well else '✗'} {ran.job}：{ran.said}"


@jobs.command("list")
def list_(config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """每项任务：上次、下次、拖延、失败次数；有任务失败还没好则退出码为 1（暂停、停用的和只看一看的不算）。"""
    from cli.printing import line, local, say, table
    from cli.wiring import desk_of
    from engine.scheduler.watching import job_views

    with desk_of(config, now, bare=True) as desk:
        views = job_views(desk.store, desk.clock())
    for view in views if as_json else ():
        line(view)
    if not as_json:
        rows = [
            (v.name, v.state, local(v.last_at), local(v.next_at), f"{v.lag_seconds} 秒", str(v.failures), _said(v))
            for v in views
        ]
        table(("任务", "状态", "上次", "下次", "拖延", "连续失败", "说明"), rows) if rows else say(
            "服务还没有运行过：sanse serve"
        )
    if unmended(views):
        raise typer.Exit(1)


def _said(view: JobView) -> str:
    """What its last run said; of one that runs also when others take it if whoever runs it is no more."""
    from cli.printing import local

    held = f"若已中断，{local(view.held_until)} 起换人接着办；" if view.held_until else ""
    return f"{held}{view.said}"


def unmended(views: Sequence[JobView]) -> list[JobView]:
    """Jobs with a turn whose last run failed; those that only look at how we are do not count."""
    from cli.upkeep import CALENDAR
    from engine.scheduler.vitals import HEALTH, PING

    return [view for view in views if view.failures and view.in_turn and view.name not in (CALENDAR, HEALTH, PING)]


@jobs.command()
def run(name: Name, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """立即运行一项任务，不管轮没轮到、是否暂停。"""
    from cli.printing import line, say
    from cli.wiring import desk_of

    _is_a_job(name)
    with desk_of(config, now, steadfast=True) as desk:
        ran = jobs_of(desk).run_now(name)
    if ran is not None:
        line({"job": ran.job, "well": ran.well, "said": ran.said}) if as_json else say(ran_words(ran))
        if not ran.well:
            raise typer.Exit(1)


def _is_a_job(name: str) -> None:
    """Raises UsageError for what is listed beside the jobs and is none of them."""
    from engine.errors import UsageError
    from engine.scheduler.watching import OTHERS

    if name in OTHERS:
        raise UsageError(
            f"{name} 是到期的事项，不是单独的任务，不能单独运行或暂停",
            hint="服务每一轮都办；现在就办一遍：sanse serve --once",
        )


@jobs.command()
def pause(name: Name, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """暂停一项任务。"""
    _pause(name, config, now, paused=True, as_json=as_json)


@jobs.command()
def resume(name: Name, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """恢复一项任务，马上轮到它。"""
    _pause(name, config, now, paused=False, as_json=as_json)


def _pause(name: str, config: ConfigPath, now: str, *, paused: bool, as_json: bool) -> None:
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.scheduler.jobs import pause

    _is_a_job(name)
    with desk_of(config, now, bare=True) as desk:
        pause(desk.store, desk.clock, name, paused=paused)
    line({"job": name, "paused": paused}) if as_json else say(f"{name} 已{'暂停' if paused else '恢复'}")
