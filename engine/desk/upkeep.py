"""Upkeep: what an administrator does now and then, and whether it is due: backups, keys, retention, next year's days off.

In: an installation. Out: `Check`s with advice. Not here: doing it (`backups`, `rotation`, `retention`), whether the data is sound (`health`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.desk.backups import age
from engine.desk.health import Check
from engine.desk.opening import Desk, simulated
from engine.desk.retention import due_now
from engine.desk.rotation import SINCE

_MOST_COUNTED = 100
_FAR_ENOUGH, _TOO_NEAR = 400, 35
"""Days of the calendar, today among them: a year and what is dispatched in it; the last weeks, when the State Council has spoken as a rule."""
_COPY = "把国务院办公厅下一年的放假通知抄进 rules/calendar.yaml，见操作手册“工作日历”"
_TAKE = "运行 sanse init 新目录，把其中的 rules/calendar.yaml 拷到本地规则目录，再照国务院办公厅的通知补齐"


def upkeep(desk: Desk) -> Iterator[Check]:
    """Each thing, well or with what to do."""
    yield _backups(desk)
    yield _keys(desk)
    yield _retention(desk)
    if not desk.bare:
        yield calendar(desk)


def _backups(desk: Desk) -> Check:
    last = age(desk)
    if last is None:
        empty = _is_empty(desk)
        hint = "" if empty else "运行 sanse db backup，以后定期运行；密钥文件另存一处"
        return Check("备份", empty, "还没有数据" if empty else "从来没有备份过", hint)
    late = last > desk.config.backup.warn_after
    return Check(
        "备份",
        not late,
        f"最近一次在 {_span(last)}前",
        "运行 sanse db backup；看看定时备份为什么没有做" if late else "",
    )


def _keys(desk: Desk) -> Check:
    if desk.keys.former:
        return Check("密钥轮换", False, "轮换没有做完", "运行 sanse db rotate-keys 接着做完；做完之前不能备份")
    with desk.store.read() as view:
        facts = view.meta()
    since = facts.get(SINCE) or facts.get("created_at")
    old = desk.clock() - datetime.fromisoformat(since) if since else timedelta(0)
    late = old > desk.config.keys.rotate_after
    found = f"第 {desk.keys.generation} 代，用了 {_span(old)}"
    return Check("密钥轮换", not late, found, "运行 sanse db rotate-keys 换一把，新的密钥文件另存一份" if late else "")


def _retention(desk: Desk) -> Check:
    late = due_now(desk, most=_MOST_COUNTED)
    more = "至少 " if late >= _MOST_COUNTED else ""
    found = f"{more}{late} 处过了保存期限" if late else "没有过期的"
    return Check(
        "保存期限",
        not late,
        found,
        "运行 sanse db purge 看看有哪些，核对后加 --yes；要留的先 sanse matters hold" if late else "",
    )


def calendar(desk: Desk) -> Check:
    """How far the table of days off reaches: a finding when it ends within weeks.

    Where nothing has a deadline yet, and on a simulated clock, nobody waits for a notice: it is only told.
    """
    table = desk.stages.terms.messages.calendar
    today = table.day_of(desk.clock())
    until = table.covered_until(today)
    days = 0 if until is None else (until - today).days + 1
    well = days >= _TOO_NEAR or simulated(desk) or _is_empty(desk)
    if not table.years:
        return Check("日历", well, "规则里没有工作日历，时限只按周一至周五算", "" if well else _TAKE)
    if until is None:
        return Check("日历", well, f"没有{today.year}年的放假安排，时限暂按周一至周五算", _COPY)
    found = f"排到 {until}，含今天 {days} 天"
    if days >= _FAR_ENOUGH:
        return Check("日历", True, found)
    bound = f"不足 {_TOO_NEAR} 天" if days < _TOO_NEAR else f"最好有 {_FAR_ENOUGH} 天"
    return Check("日历", well, f"{found}，{bound}；以后的时限暂按周一至周五算", _COPY)


def _is_empty(desk: Desk) -> bool:
    """Whether nothing was ever judged here."""
    with desk.store.read() as view:
        return not view.assessment_numbers(size=1)


def _span(elapsed: timedelta) -> str:
    """As people say it: days, or hours within two days."""
    hours = int(elapsed.total_seconds() // 3600)
    return f"{hours // 24} 天" if hours >= 48 else f"{max(hours, 0)} 小时"
