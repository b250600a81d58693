"""Notify: what was told and what was not, test messages, dead letters, silences.

In: references, keys, the person who acts. Out: calls of the desk and the post, printed. Not here: who is told (`engine.notify`), sending
(`engine.scheduler.messages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now, Reason, Reference

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.desk.messages import DeliveryRow, NoticeShown, Shown

notify = typer.Typer(help="通知：发了什么、没发什么和原因、试发、重发、静默", no_args_is_help=True)
_STATES = {"waiting": "待发", "sent": "已发", "dead": "发不出去", "not sent": "不发"}
_GIVEN_UP = "渠道没有收下，不再试"
_GONE = "config.yaml 里没有这个渠道了，改由现有的渠道说"
"""`gone` as the labels say it, for rules whose labels were written before there was that word."""
_OUTCOMES = {"sent": "已收下", "refused": "没有收下", "": "中断，不知是否收下"}


@notify.command("list")
def list_(
    state: Annotated[
        str,
        typer.Option("--state", help="waiting、sent、dead 或 held（不发）；不写列待发和发不出去的", show_default=False),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", help="最多多少条", min=1, max=100_000)] = 100,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """列出通知：红的在前，各自在哪个渠道、为什么还没有发。"""
    from cli.printing import line, local, say, style_of, table
    from cli.wiring import desk_of
    from engine.desk.messages import deliveries

    with desk_of(config, steadfast=True) as desk:
        rows = deliveries(desk, state, limit=limit)
        events, reasons = desk.words("messages"), desk.words("not_sent")
        for row in rows if as_json else ():
            line(_plain(row))
        shown = [
            (
                (row.notice.code, style_of(row.notice.colour)),
                events.get(row.notice.event, row.notice.event),
                row.channel,
                _STATES[row.state],
                _why(row, reasons),
                local(row.due_at if row.state == "waiting" else row.done_at or row.due_at),
                row.parcel,
            )
            for row in rows
        ]
    if not as_json:
        nothing = "没有这样的通知" if state else "没有待发的，也没有发不出去的；已发的用 --state sent 看"
        table(("编号", "事由", "渠道", "状态", "原因", "时间", "通知编号"), shown) if shown else say(nothing)


def _why(row: DeliveryRow, reasons: Mapping[str, str]) -> str:
    """Why it waits or was not sent; what was given up, or is on its way, waits for nothing."""
    if row.state == "waiting" and row.lease_until is not None:
        return "正在发"
    return _GIVEN_UP if row.state == "dead" else reasons.get(row.why, _GONE if row.why == "gone" else row.why)


def _plain(row: DeliveryRow) -> dict[str, object]:
    return {
        "key": row.parcel,
        "notice": row.notice.key,
        "code": row.notice.code,
        "colour": row.notice.colour,
        "event": row.notice.event,
        "channel": row.channel,
        "state": row.state,
        "why": row.why,
        "due_at": row.due_at,
        "done_at": row.done_at,
        "attempts": row.attempts,
        "failures": row.failures,
    }


@notify.command()
def show(reference: Reference, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """一个事项（或隔离行，写 Q 加隔离编号）通知过什么、没有通知什么和原因、每一次发送。"""
    from cli.printing import line
    from cli.wiring import desk_of
    from engine.desk.messages import show as shown

    with desk_of(config, now, steadfast=True) as desk:
        found = shown(desk, reference)
        if as_json:
            line({"code": found.code, "why": found.why, "silence": found.silence, "notices": _told(found)})
        else:
            _tell(desk, found)


def _told(found: Shown) -> list[dict[str, object]]:
    return [
        {
            "key": one.notice.key,
            "event": one.notice.event,
            "colour": one.notice.colour,
            "at": one.notice.at,
            "why": one.notice.verdict,
            "deliveries": [_plain(row) for row in one.deliveries],
            "tries": list(one.tries),
        }
        for one in found.notices
    ]


def _tell(desk: Desk, found: Shown) -> None:
    from cli.printing import local, say

    reasons = desk.words("not_sent")
    say(f"{found.code}：{len(found.notices)} 条" + (f"（{reasons.get(found.why, found.why)}）" if found.why else ""))
    if found.silence is not None and found.silence.until > desk.clock():
        say(f"  静默到 {local(found.silence.until)}：{found.silence.by}")
    for one in found.notices:
        _tell_notice(desk, one)


def _tell_notice(desk: Desk, one: NoticeShown) -> None:
    from cli.printing import local, say

    events, reasons, notice = desk.words("messages"), desk.words("not_sent"), one.notice
    what = events.get(notice.event, notice.event) if notice.event else "不通知"
    why = f"（{reasons.get(notice.verdict, notice.verdict)}）" if notice.verdict else ""
    say(f"  {local(notice.at)} {desk.colour_word(notice.colour)} {what}{why}")
    for row in one.deliveries:
        because = f"（{_why(row, reasons)}）" if row.why else ""
        say(
            f"    {row.channel}：{_STATES[row.state]}{because} {local(row.done_at or row.due_at)} {row.parcel}".rstrip()
        )
        for made in one.tries:
            if made.parcel == row.parcel:
                outcome = _OUTCOMES.get(made.outcome, made.outcome)
                say(f"      第 {made.attempt} 次 {local(made.began_at)}：{outcome} {made.said}".rstrip())


@notify.command()
def test(
    channel: Annotated[str, typer.Argument(help="渠道名，见 config.yaml 的 channels", show_default=False)],
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """马上试发一条；没有被收下则退出码为 1。"""
    from cli.channels import post_of
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.model import Delivered

    with desk_of(config, now, steadfast=True) as desk:
        answer = post_of(desk, channel).test(channel)
    well = isinstance(answer, Delivered)
    said = answer.said if isinstance(answer, Delivered) else answer.why
    if as_json:
        line({"channel": channel, "delivered": well, "said": said})
    else:
        say(f"{'✓' if well else '✗'} {channel}：{said}")
    if not well:
        raise typer.Exit(1)


@notify.command()
def replay(
    keys: Annotated[list[str] | None, typer.Argument(help="通知编号，见 notify list", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="全部发不出去的和没有渠道接收的")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """把发不出去的、当时没有渠道接收的通知重新排上，编号不变：对方已经收过的能认出来。"""
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.desk.messages import revive
    from engine.errors import UsageError

    if not keys and not every:
        raise UsageError("没有写通知编号", hint="写编号，或用 --all 全部重发")
    with desk_of(config, now, steadfast=True) as desk:
        count = revive(desk, keys or (), every=every)
    line({"revived": count}) if as_json else say(f"已重新排上 {count} 条，服务下一次运行时发出")


@notify.command()
def silence(
    reference: Reference,
    reason: Reason,
    days: Annotated[int, typer.Option("--days", help="静默几天；0 为取消静默", min=0, max=30)] = 7,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """暂不通知一个事项，最多 30 天；红色不能静默，升为红色照样通知。"""
    from cli.printing import line, local, say
    from cli.wiring import desk_of, person_of
    from engine.desk.messages import silence as silenced

    with desk_of(config, now, steadfast=True) as desk:
        made = silenced(desk, person_of(desk), reference, lasts=timedelta(days=days), reason=reason)
    if as_json:
        line({"code": made.code, "until": made.until, "by": made.by})
    else:
        say(f"{made.code} 静默到 {local(made.until)}" if days else f"{made.code} 不再静默")
