"""Demo: a township's year on a simulated clock, month by month, and what came of it.

In: a folder, a seed. Out: export files, an installation, a summary. Not here: the year (`adapters.township`), the order (`engine.pipeline`).
Killed half-way and started again it ends the same: rows that were taken in are unchanged.
"""

from __future__ import annotations

import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import SourceConfig, load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.township import Export
    from engine.desk import Desk, Person
    from engine.desk.reading import Summary
    from engine.pipeline import Tally

_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
_CLERK = "演示调解员"
_NOTE = "demo.json"
_WORKS_AFTER = timedelta(days=2)
_QUIET = timedelta(days=1)
_LEFT_LYING = 25
_MOST = 5_000
_SHOWN = 5
_STATES = {"open": "待处理", "retried": "改正后已读入", "dismissed": "已确认不是来件"}


def live_a_year(folder: Path, *, seed: int, records: int, as_json: bool) -> None:
    """Make the year, live it, tell of it."""
    from adapters.township import write_year
    from cli.folder import prepare
    from cli.options import CONFIG
    from cli.printing import progress, say
    from engine.desk import open_desk

    began = time.monotonic()
    config_file = folder / CONFIG
    again = _claim(folder, {"seed": seed, "records": records}, taken=config_file.exists())
    if not config_file.exists():
        for part in ("sanse.keys", "sanse.db") if again else ():
            (folder / part).unlink(missing_ok=True)
        prepare(folder, clock="simulated", at=_BEGIN)
    with progress("写出一年的导出文件", quiet=as_json):
        exports = sorted(
            write_year(folder / "exports", seed=seed, records=records), key=lambda e: (e.read_at, e.path.name)
        )
    now = [exports[0].read_at]
    desk = open_desk(load_config(config_file), lambda: now[0])
    try:
        if not as_json:
            say(f"虚构的云溪镇，{len(exports)} 个导出文件在 {folder / 'exports'}，数据库在 {folder / 'sanse.db'}")
        started = time.monotonic()
        total, by_source = _take_in(desk, exports, now, as_json=as_json)
        took = time.monotonic() - started
        _tell(desk, total, by_source, folder, took=took, whole=time.monotonic() - began, as_json=as_json)
    finally:
        desk.close()


def _claim(folder: Path, wanted: dict[str, int], *, taken: bool) -> bool:
    """Note which year lives in a folder, and whether it did before; raises UsageError for another one or a real installation."""
    import json

    from engine.errors import UsageError

    note = folder / _NOTE
    held = json.loads(note.read_text(encoding="utf-8")) if note.exists() else None
    if taken and held is None:
        raise UsageError(f"{folder} 是一个正式的安装，不能放演示数据", hint="用 --dir 换一个目录")
    if held not in (None, wanted):
        year = f"--seed {held['seed']} --records {held['records']}"
        raise UsageError(f"{folder} 里是另一年的演示（{year}）", hint="用 --dir 换一个目录，或先删掉这个目录")
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(wanted), encoding="utf-8")
    return held is not None


def _take_in(
    desk: Desk, exports: Sequence[Export], now: list[datetime], *, as_json: bool
) -> tuple[Tally, dict[str, Tally]]:
    from cli.printing import progress
    from cli.wiring import source_of
    from engine.desk.intake import known_headers, take_in
    from engine.pipeline import Tally

    clerk = _clerk(desk)
    total: Tally = Tally()
    by_source: dict[str, Tally] = {}
    with progress("读入、归并、研判、派单", quiet=as_json) as advance:
        for export in exports:
            if export.read_at > now[0]:
                now[0] = min(now[0] + _WORKS_AFTER, export.read_at)
                work_off(desk, clerk)
                now[0] = export.read_at
            feed = SourceConfig(name=export.kind, kind=export.kind, location=str(export.path))
            for tally in take_in(desk, source_of(feed, known=known_headers(desk, export.kind))):
                total.add(tally)
                by_source.setdefault(export.kind, Tally()).add(tally)
                advance(tally.read)
    return total, by_source


def _clerk(desk: Desk) -> Person:
    """Somebody who works the matters off in this year, with a secret that nobody needs to know."""
    import secrets

    from engine.desk.opening import add_person, authenticate, people

    secret = secrets.token_hex(16)
    if _CLERK not in {person.name for person in people(desk)}:
        add_person(desk, _CLERK, secret, role="admin", by=None)
        return authenticate(desk, _CLERK, secret)
    return next(person for person in people(desk) if person.name == _CLERK)


def work_off(desk: Desk, clerk: Person) -> None:
    """Two days after each reading most green and yellow matters that are quiet are mediated and closed; some are left lying."""
    from engine.desk import acting
    from engine.desk.reading import matters, matters_filter

    for colour in ("green", "yellow"):
        rows, _ = matters(desk, matters_filter(colour, open_only=True), limit=_MOST)
        # Begun again, the year meets matters of later weeks: they are not there yet.
        known = [row.state for row in rows if row.state.updated_at <= desk.clock()]
        quiet = sorted(state.code for state in known if desk.clock() - state.last_at > _QUIET)
        done = [code for code in quiet if int(code[-3:]) % _LEFT_LYING]
        if done:
            acting.close_all(desk, clerk, done, means="调解", evidence="本周调解登记表")


def _tell(
    desk: Desk, total: Tally, by_source: dict[str, Tally], folder: Path, *, took: float, whole: float, as_json: bool
) -> None:
    from cli.matters import tell
    from cli.printing import line, say, style_of, table
    from cli.records import counted
    from engine.desk.reading import summary

    found = summary(desk)
    if as_json:
        line({"tally": counted(total), "seconds": round(took, 1), "summary": found})
        return
    kinds = desk.words("kinds")
    table(
        ("渠道", "读入", "新增", "未变", "更新", "隔离"),
        [
            (kinds.get(kind, kind), *map(str, (t.read, t.new, t.unchanged, t.updated, t.quarantined)))
            for kind, t in by_source.items()
        ],
        title="一年的来件：读入 ＝ 新增 ＋ 未变 ＋ 更新 ＋ 隔离，一行不少",
    )
    if (before := found.records - total.new) > 0:
        say(f"其中 {before} 件上一次运行时已经读入，这一次算作未变")
    table(
        ("颜色", "事项", "已办结", "办理中（已派单）", "历史（没有派单）"),
        _by_colour(desk, found),
        title=f"{found.records} 件来件归并成 {sum(found.matters.values())} 个事项",
    )
    table(
        ("路线", "办理中的事项"),
        [(route, str(count)) for route, count in found.routes.items() if count],
        title=f"派给谁：办理中（已派单）的 {_dispatched(found)} 个，也就是 sanse matters list 列出的",
    )
    if found.hotspots:
        topics = desk.rulebook.documents.get("topics", {})
        table(
            ("地点", "主题", "来件", "人数", "颜色"),
            [
                (
                    spot.place,
                    str(topics.get(spot.topic, {}).get("title", spot.topic)),
                    str(spot.records),
                    str(spot.persons),
                    (desk.colour_word(spot.colour), style_of(spot.colour)),
                )
                for spot in found.hotspots
            ],
            title="群体诉求",
        )
    say("最急的几个事项", style="bold")
    for matter in found.reddest:
        tell(desk, matter, most=4)
        say()
    _tell_quarantine(desk)
    _reconcile(total, found)
    example = next((matter.row.state.code for matter in found.reddest), "编号")
    _next_steps(total, folder, took=took, whole=whole, waiting=found.quarantine.get("open", 0), example=example)


def _by_colour(desk: Desk, found: Summary) -> list[tuple[tuple[str, str], str, str, str, str]]:
    """Each colour's matters, split without a remainder."""
    from cli.printing import style_of

    rows = []
    for colour in sorted(found.matters, reverse=True):
        every, standing, never = found.matters[colour], found.open_matters[colour], found.history[colour]
        name = (desk.colour_word(colour), style_of(colour))
        rows.append((name, str(every), str(every - standing), str(standing - never), str(never)))
    return rows


def _dispatched(found: Summary) -> int:
    return sum(found.open_matters.values()) - sum(found.history.values())


def _reconcile(total: Tally, found: Summary) -> None:
    """Where figures that look alike come from, so that they can be added up."""
    from cli.printing import say

    never, kept = sum(found.history.values()), sum(found.quarantine.values())
    if never:
        say(f"历史 {never} 个：读入时已早于派单期限的来件，只研判、归并，不派单；sanse matters list --all 也列出它们")
    states = "、".join(f"{word} {found.quarantine.get(state, 0)}" for state, word in _STATES.items())
    say(
        f"隔离 {total.quarantined} 行次 ＝ 不同的 {kept} 行（{states}）"
        f"＋ 同一行在后来的文件里又来的 {total.quarantined - kept} 行次"
    )


def _tell_quarantine(desk: Desk) -> None:
    from cli.printing import style_of, table
    from engine.desk.quarantine import held

    rows = held(desk, limit=_SHOWN)
    if rows:
        table(
            ("来源", "行", "原因"),
            [(one.row.source, str(one.row.row), (one.reason, style_of(one.row.colour) if one.row.colour else "")) for one in rows],
            title="读不懂的行（涉险的在最前）",
        )  # fmt: skip


def _next_steps(total: Tally, folder: Path, *, took: float, whole: float, waiting: int, example: str) -> None:
    from cli.printing import say

    rate = round(total.read / took) if took else 0
    say(
        f"用时 {whole:.0f} 秒，其中读入到派单 {took:.0f} 秒（每秒 {rate} 件）；隔离待处理 {waiting} 行；立即交回 110 的 {len(total.handbacks)} 件"
    )
    config = folder / "config.yaml"
    scripts = Path(sys.executable).parent
    say("接下来可以：")
    if shutil.which("sanse") is None:
        say(f'  export PATH="{scripts}:$PATH"   先运行这一行，终端才找得到 sanse')
    say(f"  sanse matters list --config {config}   看全部事项")
    say(f"  sanse explain {example} --config {config}   为什么是这个颜色")
    say(f"  sanse explain {example} --why-not R7 --config {config}   某条规则为什么没有命中")
    say(f"  sanse quarantine list --config {config}   看读不懂的行")
    say(f"  sanse replay --sample 200 --config {config}   逐字节重做旧的研判")
