"""Service: the process that does what is due, and a look at its jobs.

In: a configuration. Out: runs until it is stopped, or everything due once. Not here: what is due and how it is done (`engine.scheduler`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now

if TYPE_CHECKING:
    from engine.config import SourceConfig
    from engine.desk import Desk
    from engine.scheduler.jobs import Beat, Job, Jobs, Ran
    from engine.scheduler.matters import Swept

jobs = typer.Typer(help="定时任务：查看、立即运行、暂停、恢复", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="任务名，见 sanse jobs list", show_default=False)]


def serve(
    once: Annotated[bool, typer.Option("--once", help="把到期的都办一遍就结束（给 cron 用）")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """常驻运行：按时读来源，到点再研判；收到停止信号，办完手上的就退出。"""
    from cli.channels import post_of
    from cli.wiring import desk_of
    from engine.errors import UsageError

    if now and not once:
        raise UsageError("--now 只能和 --once 合用", hint="演练时逐次给出时间：sanse serve --once --now 时间")
    with desk_of(config, now) as desk:
        post_of(desk)  # a channel that cannot work is told now, not at the first message
        if not once:
            _keep_on(desk, as_json=as_json)
        elif not _everything(desk, lambda: False, as_json=as_json):
            raise typer.Exit(1)


def worker(config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """PostgreSQL 上再加一个帮手：和 serve 做同样的事，开几个都行，一件事只有一个办。"""
    from cli.wiring import desk_of
    from engine.errors import UsageError

    with desk_of(config) as desk:
        if desk.config.database_url.startswith("sqlite"):
            raise UsageError(
                "SQLite 一次只有一个能写，帮手帮不上忙", hint="只开一个 sanse serve；要多个帮手，换用 PostgreSQL"
            )
        _keep_on(desk, as_json=as_json)


def _keep_on(desk: Desk, *, as_json: bool) -> None:
    """Until a signal says stop."""
    from engine.scheduler.ticker import Ticker

    _tell_start(desk, as_json=as_json)
    Ticker(_Round(desk, as_json=as_json).tick, desk.config.service.tick).run()
    _tell_end(as_json=as_json)


class _Round:
    """One round after another, each with the rules that stand in their folder by then."""

    def __init__(self, desk: Desk, *, as_json: bool) -> None:
        self._desk, self._as_json = desk, as_json
        self._refused = ""

    def tick(self, stop: Callable[[], bool]) -> None:
        """Everything that is due now; what goes wrong is told, and tried again at the next tick."""
        from cli.refusals import unforeseen
        from engine.errors import SanseError

        try:
            self._renew()
            _everything(self._desk, stop, as_json=self._as_json)
        except SanseError as fault:
            _tell_fault(str(fault), as_json=self._as_json)
        except Exception as fault:  # noqa: BLE001 -- the edge of the process: it must be there at the next tick
            _tell_fault(unforeseen(fault), as_json=self._as_json)

    def _renew(self) -> None:
        """Rules that were changed hold from now on; faulty ones are told once, and those that held go on."""
        from engine.desk.opening import renewed
        from engine.errors import RuleError

        try:
            self._desk, self._refused = renewed(self._desk), ""
        except RuleError as fault:
            if str(fault) != self._refused:
                _tell_fault(f"规则有误，仍用原来的：{fault}", as_json=self._as_json)
            self._refused = str(fault)


def jobs_of(desk: Desk) -> Jobs:
    """The jobs of this installation, from its configuration."""
    from engine.scheduler.jobs import Jobs

    polls = [_poll(desk, feed) for feed in desk.config.sources if feed.every is not None]
    return Jobs(desk.store, desk.clock, polls, lease=desk.config.service.lease)


def _poll(desk: Desk, feed: SourceConfig) -> Job:
    from engine.scheduler.jobs import Job

    assert feed.every is not None
    return Job(f"poll:{feed.name}", feed.every, lambda beat: _read(desk, feed.name, beat))


def _read(desk: Desk, name: str, beat: Beat) -> str:
    """New records of a feed, a batch at a time."""
    from cli.records import accounted
    from cli.wiring import feed_of, source_of
    from engine.desk.intake import cursor_of, known_headers, take_in
    from engine.pipeline import Tally

    feed = feed_of(desk.config, name, None, desk.rulebook.mappings)
    source = source_of(
        feed, known=known_headers(desk, feed.kind), cursor=cursor_of(desk, feed.name), until=desk.clock()
    )
    total = Tally()
    for tally in take_in(desk, source):
        total.add(tally)
        beat()
    return accounted(total)


def _everything(desk: Desk, stop: Callable[[], bool], *, as_json: bool) -> bool:
    """Everything that is due: feeds first, so that what they bring is looked at too, then matters. Whether all of it went well."""
    from cli.notify import send_due
    from engine.scheduler.matters import sweep
    from engine.scheduler.rules import queue

    planned, well = jobs_of(desk), True
    planned.plan()
    for ran in planned.run_due(stop):
        well &= ran.well
        _tell_run(ran, as_json=as_json)
    _tell_queued(queue(desk.store, desk.stages, desk.clock), as_json=as_json)
    swept = sweep(desk.store, desk.stages, desk.clock, lease=desk.config.service.lease, stop=stop)
    _tell_sweep(swept, as_json=as_json)
    send_due(desk, stop, as_json=as_json)
    return well and not swept.failed


def _tell_start(desk: Desk, *, as_json: bool) -> None:
    from cli.printing import line, say

    tick = int(desk.config.service.tick.total_seconds())
    if as_json:
        line({"started": True, "tick": tick})
    else:
        say(f"已开始：每 {tick} 秒看一次有没有到期的；按 Ctrl+C 结束")


def _tell_end(*, as_json: bool) -> None:
    from cli.printing import line, say

    line({"started": False}) if as_json else say("已停下：手上的都办完了，没办的下次接着办")


def _tell_run(ran: Ran, *, as_json: bool) -> None:
    from cli.printing import line, say

    if as_json:
        line({"job": ran.job, "well": ran.well, "said": ran.said})
    else:
        say(f"{'✓' if ran.well else '✗'} {ran.job}：{ran.said}")


def _tell_queued(matters: int, *, as_json: bool) -> None:
    from cli.printing import line, say

    if matters:
        line({"queued": matters}) if as_json else say(f"规则变了：{matters} 件办理中的事项按新规则再研判")


def _tell_sweep(swept: Swept, *, as_json: bool) -> None:
    from cli.printing import line, say

    if as_json:
        told = {"reviewed": swept.done, "changed": swept.changed, "lost": swept.lost, "failed": swept.failed}
        line({**told, "latest_seconds": int(swept.latest.total_seconds())})
        return
    if swept.done:
        say(f"✓ 再研判 {swept.done} 件事项，{swept.changed} 件改了等级")
    for matter in swept.failed:
        say(f"✗ 再研判 {matter} 出错，已记为缺陷，稍后再试", style="bold red")


def _tell_fault(said: str, *, as_json: bool) -> None:
    from cli.printing import line, say

    line({"fault": said}) if as_json else say(f"✗ {said}；稍后再试", style="bold red")


@jobs.command("list")
def list_(config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """每项任务：上次、下次、拖延、失败次数；有任务连续失败则退出码为 1。"""
    from cli.printing import line, local, say, table
    from cli.wiring import desk_of
    from engine.scheduler.watching import job_views

    with desk_of(config, now) as desk:
        views = job_views(desk.store, desk.clock())
    for view in views if as_json else ():
        line(view)
    if not as_json:
        rows = [
            (v.name, v.state, local(v.last_at), local(v.next_at), f"{v.lag_seconds} 秒", str(v.failures), v.said)
            for v in views
        ]
        table(("任务", "状态", "上次", "下次", "拖延", "连续失败", "说明"), rows) if rows else say(
            "服务还没有运行过：sanse serve"
        )
    if any(view.failures for view in views):
        raise typer.Exit(1)


@jobs.command()
def run(name: Name, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """立即运行一项任务，不管轮没轮到、是否暂停。"""
    from cli.wiring import desk_of

    with desk_of(config, now) as desk:
        ran = jobs_of(desk).run_now(name)
    if ran is not None:
        _tell_run(ran, as_json=as_json)
        if not ran.well:
            raise typer.Exit(1)


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

    with desk_of(config, now) as desk:
        pause(desk.store, desk.clock, name, paused=paused)
    line({"job": name, "paused": paused}) if as_json else say(f"{name} 已{'暂停' if paused else '恢复'}")
