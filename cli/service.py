"""Service: the process that does what is due, and says so in its journal.

In: a configuration. Out: runs until it is stopped, or everything due once. Not here: what is due and how it is done (`engine.scheduler`), which
jobs there are (`cli.jobs`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now

if TYPE_CHECKING:
    from cli.jobs import Polls
    from engine.desk import Desk
    from engine.errors import OtherKeys
    from engine.scheduler.carrying import Carriers
    from engine.scheduler.jobs import Ran
    from engine.scheduler.matters import Swept
    from engine.scheduler.messages import Parcel, Posted
    from engine.scheduler.vitals import Pulse

_WHERE = {
    "StoreError": "数据库",
    "SourceError": "来源",
    "Unreachable": "来源",
    "RuleError": "规则",
    "ConfigError": "配置",
}
"""Where a round stumbled, by what it raised; the health sign says no more of it."""
_LONGEST_SENDING = timedelta(seconds=30)
"""So long a process that is to end waits for messages on their way: three times the usual patience with a channel."""
_SLICE_SECONDS = 5.0
"""So long matters are looked at again at a stretch: then what has come and what is to be told has its turn."""


def serve(
    once: Annotated[bool, typer.Option("--once", help="把到期的都办一遍就结束（给 cron 用）")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """常驻运行：按时读来源，到点再研判；收到停止信号，办完手上的就退出。"""
    from cli.wiring import desk_of
    from engine.errors import UsageError

    if now and not once:
        raise UsageError("--now 只能和 --once 合用", hint="演练时逐次给出时间：sanse serve --once --now 时间")
    with desk_of(config, now, steadfast=True) as desk:
        service = _Service(desk, as_json=as_json)
        if not once:
            service.run()
        elif not service.once():
            raise typer.Exit(1)


def worker(config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """PostgreSQL 上再加一个帮手：和 serve 做同样的事，开几个都行，一件事只有一个办。"""
    from cli.wiring import desk_of
    from engine.errors import UsageError

    with desk_of(config, steadfast=True) as desk:
        if desk.config.database_url.startswith("sqlite"):
            raise UsageError(
                "SQLite 一次只有一个能写，帮手帮不上忙", hint="只开一个 sanse serve；要多个帮手，换用 PostgreSQL"
            )
        _Service(desk, as_json=as_json, listen=False).run()


class _Service:
    """One process of the service: a round after another, each with the rules that stand in their folder by then."""

    def __init__(self, desk: Desk, *, as_json: bool, listen: bool = True) -> None:
        from cli.channels import post_of
        from cli.jobs import check_feeds
        from cli.journal import journal
        from cli.wiring import real_clock
        from engine.scheduler.thrift import Thrift
        from engine.scheduler.vitals import Pulse

        self._desk, self._refused, self._waiting, self._listen = desk, "", "", listen
        self._log: Any = journal(desk.clock if desk.config.clock == "simulated" else real_clock, as_json=as_json)
        self.pulse: Pulse = Pulse(real_clock)
        self._looked: dict[str, str] = {}
        self._failed: set[str] = set()
        self._polls: Polls | None = None
        self._carriers: Carriers[Parcel] | None = None
        self._stop: Callable[[], bool] = lambda: False
        self._give_up: Callable[[], None] = lambda: None
        self._hopeless: OtherKeys | None = None
        self._thrift: Thrift = Thrift()
        check_feeds(desk)
        post_of(desk)  # a channel or watchman that cannot work is told now, not at the first message
        self._jobs()

    def run(self) -> None:
        """Until a signal says stop."""
        from cli.jobs import Polls
        from cli.journal import FromLibraries
        from engine.scheduler.carrying import Carriers
        from engine.scheduler.ticker import Ticker

        logging.getLogger().addHandler(FromLibraries(self._log))
        self._polls, self._carriers = Polls(), Carriers()
        tick = int(self._desk.config.service.tick.total_seconds())
        with self._exported():
            self._log.info(
                "started", words=f"已开始：每 {tick} 秒看一次有没有到期的；按 Ctrl+C 结束", started=True, tick=tick
            )
            self._tell_held()
            ticker = Ticker(self.tick, self._desk.config.service.tick)
            self._give_up = ticker.stop
            ticker.run()
        self._let_go()
        if self._hopeless is not None:
            raise self._hopeless
        self._log.info("stopped", words="已停下：手上的都办完了，没办的下次接着办", started=False)

    def once(self) -> bool:
        """Everything that is due now; whether all of it went well, the rules of the folder among it, and nothing waits to be tried again."""
        self._tell_held()
        self._renew()
        well = self.everything(lambda: False)
        return self._nothing_waits() and well and not self._refused

    def _tell_held(self) -> None:
        """At the start: which jobs another process has, or one had that was killed or could not write that it stopped; their turn is not ours yet."""
        from cli.printing import local
        from engine.errors import SanseError
        from engine.scheduler.watching import job_views

        with suppress(SanseError):  # a database that is away is told by the first round
            for view in job_views(self._desk.store, self._desk.clock()):
                if view.held_until is not None:
                    words = f"{view.name}：还在别的进程手上，或上次停下时没来得及放下；再没有动静的话，{local(view.held_until)} 起轮到这里办"
                    self._log.info("held", words=words, job=view.name, until=view.held_until.isoformat())

    def _nothing_waits(self) -> bool:
        """Whether no job failed before and waits for another try; those that do are told, for this round did not come to them."""
        from cli.jobs import unmended
        from cli.printing import local
        from engine.scheduler.watching import job_views

        views = job_views(self._desk.store, self._desk.clock())
        left = [view for view in unmended(views) if view.name not in self._failed]
        for view in left:
            words = f"✗ {view.name}：上次没有办成，{local(view.next_at)} 再试：{view.said}"
            self._log.error("job", words=words, job=view.name, well=False, said=view.said)
        return not left

    def tick(self, stop: Callable[[], bool]) -> None:
        """Everything that is due now; what goes wrong is told, and tried again at the next tick, unless no try of this process can go well."""
        from cli.refusals import unforeseen
        from engine.errors import OtherKeys, SanseError

        try:
            self._renew()
            self.everything(lambda: self._came_on(stop))
            self.pulse.fault = ""
        except OtherKeys as fault:
            self._hopeless = fault
            self._give_up()
        except SanseError as fault:
            self._wrong(_WHERE.get(type(fault).__name__, "程序"), str(fault))
        except Exception as fault:  # noqa: BLE001 -- the edge of the process: it must be there at the next tick
            self._wrong("程序", unforeseen(fault))

    def everything(self, stop: Callable[[], bool]) -> bool:
        """Everything that is due, a turn after another while many matters are to be looked at; whether all of it went well."""
        well, left = self._turn(stop)
        while left and not stop():
            more, left = self._turn(stop)
            well &= more
        return well

    def _turn(self, stop: Callable[[], bool]) -> tuple[bool, bool]:
        """Feeds first, so that what they bring is looked at too, then matters for a while, then messages; last, how we are.

        Whether all of it went well, and whether matters are left: after a change of the rules all open ones are due, and what came meanwhile,
        a red among it, must not wait for the last. Of what only looks nobody is told until it sees something else than before.
        """
        from engine.scheduler.matters import sweep
        from engine.scheduler.rules import queue

        self._stop = stop
        desk, planned, well = self._desk, self._jobs(), True
        planned.plan()
        for ran in planned.run_due(stop):
            well &= ran.well
            self._ran(ran)
        desk = self._desk  # a poll may have taken up new rules
        self._queued(queue(desk.store, desk.stages, desk.clock))
        until = monotonic() + _SLICE_SECONDS

        def over() -> bool:
            return stop() or monotonic() > until

        swept = sweep(desk.store, desk.stages, desk.clock, lease=desk.config.service.lease, stop=over)
        self._swept(swept)
        self._post()
        for ran in planned.run_due(stop, looks=True):
            if self._looked.get(ran.job, "") != (said := "" if ran.well else ran.said):
                self._looked[ran.job] = said
                self._ran(ran)
        self.pulse.beat()
        self._thrift.turn(desk.clock())
        return well and not swept.failed, swept.cut

    def _jobs(self) -> Any:
        from cli.jobs import jobs_of

        return jobs_of(self._desk, self.pulse, self._between, self._polls)

    def _between(self) -> Desk:
        """Before each batch of a feed: what the one before decided is told, for a red cannot wait until a long file ends; then rules may be others."""
        self._post()
        return self._renew()

    def _post(self) -> None:
        from cli.channels import post_of

        self._posted(post_of(self._desk, carriers=self._carriers).run(self._stop))

    def _let_go(self) -> None:
        from cli.channels import post_of
        from engine.errors import SanseError

        with suppress(SanseError):  # a database that is away: the leases lapse by themselves
            self._posted(post_of(self._desk, carriers=self._carriers).settle(_LONGEST_SENDING))
            self._jobs().let_go()

    def _came_on(self, stop: Callable[[], bool]) -> bool:
        self.pulse.beat()
        return stop()

    def _renew(self) -> Desk:
        """Rules that were changed, or published where they must be, hold from now on; faulty ones are told once, and those that held go on."""
        from engine.desk.opening import renewed
        from engine.errors import RuleError

        try:
            before, self._desk = self._desk, renewed(self._desk)
            if self._desk is not before:
                digest = self._desk.rulebook.digest
                self._log.info("renewed", words=f"✓ 换上新的规则（摘要 {digest[:12]}）", rulebook=digest)
            if self._refused:
                self._log.info("mended", words="✓ 规则已改好，从这一轮起用改好的", mended=True)
            self._refused = ""
        except RuleError as fault:
            if str(fault) != self._refused:
                self._fault(f"规则有误，仍用原来的（摘要 {self._desk.rulebook.digest[:12]}）：{fault}")
            self._refused = str(fault)
        self.pulse.rules_refused = bool(self._refused)
        self._tell_waiting()
        return self._desk

    def _tell_waiting(self) -> None:
        """Rules in the folder that nobody published are told once, and not used."""
        from engine.desk.opening import unpublished
        from engine.desk.publishing import finishing, unfinished

        waiting = unpublished(self._desk)
        if waiting and waiting != self._waiting:
            if cut := unfinished(self._desk):
                words = f"已发布 {cut[:12]}，已经起用；规则目录没有换成它（还是 {waiting[:12]}）：{finishing(cut)}"
            else:
                words = f"规则目录改了（摘要 {waiting[:12]}），还没有发布，仍用 {self._desk.rulebook.digest[:12]}：sanse rules publish"
            self._log.info("unpublished", words=words, folder=waiting, rulebook=self._desk.rulebook.digest)
        self._waiting = waiting

    @contextmanager
    def _exported(self) -> Iterator[None]:
        """Health and figures for whoever may see them, while the service runs."""
        address = self._desk.config.service.address
        if address is None or not self._listen:
            yield
            return
        from adapters.exporter import Exporter
        from engine.scheduler.vitals import figures, signs

        exporter = Exporter(address, lambda: signs(self._desk, self.pulse), lambda: figures(self._desk))
        try:
            yield
        finally:
            exporter.close()

    def _ran(self, ran: Ran) -> None:
        from cli.jobs import ran_words

        (self._failed.discard if ran.well else self._failed.add)(ran.job)
        tell = self._log.info if ran.well else self._log.error
        tell("job", words=ran_words(ran), job=ran.job, well=ran.well, said=ran.said)

    def _queued(self, matters: int) -> None:
        if matters:
            self._log.info("rules", words=f"规则变了：{matters} 件办理中的事项按新规则再研判", queued=matters)

    def _swept(self, swept: Swept) -> None:
        self._log.info(
            "reviews",
            words=f"✓ 再研判 {swept.done} 件次，{swept.changed} 件次改了等级" if swept.done else "",
            reviewed=swept.done,
            changed=swept.changed,
            lost=swept.lost,
            failed=swept.failed,
            latest_seconds=int(swept.latest.total_seconds()),
        )
        for matter in swept.failed:
            self._log.error("review", words=f"✗ 再研判 {matter} 出错，已记为缺陷，稍后再试", matter=matter)

    def _posted(self, posted: Posted) -> None:
        if posted.sent or posted.refused or posted.dead:
            dead = f"，{posted.dead} 条不再试" if posted.dead else ""
            words = f"{'✗' if posted.refused or posted.dead else '✓'} 通知：发出 {posted.sent} 条，{posted.refused} 条没有被收下{dead}"
            counts = {"sent": posted.sent, "refused": posted.refused, "dead": posted.dead, "nobody": posted.nobody}
            self._log.info("messages", words=words, **counts)

    def _wrong(self, kind: str, said: str) -> None:
        self.pulse.beat()
        self.pulse.fault = kind
        self._fault(said)

    def _fault(self, said: str) -> None:
        self._log.error("fault", words=f"✗ {said}；稍后再试", fault=said)
