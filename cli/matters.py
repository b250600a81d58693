"""Matters: lists, pages, and what people do to them.

In: references, reasons, the person who acts. Out: calls of the desk, printed. Not here: what may be done (`engine.desk.acting`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now, Reason, Reference

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.desk.acting import Done
    from engine.desk.callers import CallerShown
    from engine.desk.reading import MatterShown

matters = typer.Typer(help="事项：查看、记录办理、改级、办结、合并、拆分", no_args_is_help=True)
_MEANS = "化解方式：调解、仲裁、行政裁决、行政复议、诉讼、法律监督"


@matters.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="也列已办结的和历史的")] = False,
    history: Annotated[bool, typer.Option("--history", help="只列历史来件里没有办结的，供人接手")] = False,
    colour: Annotated[str, typer.Option("--colour", help="红、黄 或 绿", show_default=False)] = "",
    limit: Annotated[int, typer.Option("--limit", help="最多多少条；JSON 为全部", min=1)] = 50,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """列出事项：红的在前，新的在前。"""
    from cli.printing import line, local, say, style_of, table
    from cli.wiring import desk_of
    from engine.desk.reading import matters as listed
    from engine.desk.reading import matters_filter

    with desk_of(config, steadfast=True) as desk:
        chosen = matters_filter(colour, open_only=not every, history=history)
        if as_json:
            offset = 0
            while page := listed(desk, chosen, limit=1000, offset=offset)[0]:
                for row in page:
                    state = row.state
                    line(
                        {
                            "matter": state.id,
                            "code": state.code,
                            "colour": state.standing,
                            "status": state.status,
                            "machine": state.machine,
                            "route": state.route,
                            "records": state.records,
                            "area": row.area,
                            "place": row.place,
                            "topic": row.topic,
                            "history": state.history,
                            "for_110": row.for_110,
                            "first_at": state.first_at,
                            "last_at": state.last_at,
                        }
                    )
                offset += len(page)
            return
        rows, total = listed(desk, chosen, limit=limit)
        topics = desk.rulebook.documents.get("topics", {})
        table(
            ("编号", "颜色", "状态", "件数", "地点", "主题", "最近来件"),
            [
                (
                    row.state.code or ("历史" if row.state.history else row.state.id),
                    (
                        desk.colour_word(row.state.standing) + "，交回110" * row.for_110,
                        style_of(row.state.standing),
                    ),
                    _status(desk, row.state.status, history=row.state.history),
                    str(row.state.records),
                    row.place or row.area,
                    str(topics.get(row.topic, {}).get("title", "")),
                    local(row.state.last_at),
                )
                for row in rows
            ],
        )
        say(f"共 {total} 个事项，列出 {len(rows)} 个" + ("；--limit 可加长" if total > len(rows) else ""))


@matters.command()
def show(reference: Reference, config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """一个事项的全部：来件、理由、关联依据、办理记录。"""
    from cli.printing import line
    from cli.wiring import desk_of
    from engine.desk.reading import show as shown

    with desk_of(config, steadfast=True) as desk:
        matter = shown(desk, reference)
        if as_json:
            line(matter)
        else:
            tell(desk, matter)


def tell(desk: Desk, matter: MatterShown, *, most: int = 20) -> None:
    """A matter's page on a screen."""
    from cli.printing import local, one_line, say, style_of

    state = matter.row.state
    colour = desk.colour_word(state.standing)
    former = [code for code in matter.codes if code != state.code]
    say(
        f"{state.code or state.id}  {colour}  {_status(desk, state.status, history=state.history)}  {matter.row.place or matter.row.area}"
        f"  共 {state.records} 件" + _turn(matter) + (f"  原编号 {'、'.join(former)}" if former else ""),
        style=style_of(state.standing),
    )
    if state.standing > state.machine:
        say(f"  现为{colour}，按现有事实机判为{desk.colour_word(state.machine)}，请人工核定")
    if matter.route:
        say(f"  办理：{matter.route}（{'、'.join(matter.receivers)}）")
    kinds, links = desk.words("kinds"), desk.words("links")
    for record in matter.records[-most:]:
        counted = "" if record.counts else "，不计次"
        say(f"  {local(record.at)} {kinds.get(record.kind, record.kind)} {record.id}{counted}")
        say(f"    {one_line(record.text, 120)}")
        for reason in record.reasons:
            say(f"    · {reason}")
        for flag in record.flags:
            say(f"    · 请复核：{flag}（只是提示，不影响颜色）")
        for tie in record.links[:3]:
            other = tie.right if tie.left == record.id else tie.left
            say(
                f"    · 关联 {other}（{links.get(tie.why, tie.why)}，{tie.score} 分{'' if tie.applied else '，未采用'}）"
            )
    _tell_process(desk, matter)
    _tell_reviews(desk, matter, most=most)


def _tell_process(desk: Desk, matter: MatterShown) -> None:
    """What the rules of the process said, what people and sanse did, what people set aside."""
    from cli.printing import local, say
    from engine.settlement import MACHINE

    if matter.process:
        say("  办理过程")
    for said in matter.process:
        say(f"    · {said.rule}：{said.reason}（{local(said.at)} 研判）")
    actions, levels = desk.words("actions"), desk.words("levels")
    for action in matter.actions:
        level = levels.get(action.level, action.level) if action.level else ""
        actor = "系统" if action.actor == MACHINE else action.actor
        say(f"  {local(action.at)} {actions.get(action.kind, action.kind)} {level} {actor} {action.evidence}".rstrip())
    for aside in matter.set_asides:
        second = f"、{aside.second}" if aside.second else ""
        say(f"  下调至 {local(aside.expires_at)}：{aside.by}{second}，{aside.reason}")


def _status(desk: Desk, status: str, *, history: bool) -> str:
    """Where it stands; nobody handles what came as history until somebody takes it up."""
    return desk.words("statuses").get("history" if history and status == "open" else status, status)


def _tell_reviews(desk: Desk, matter: MatterShown, *, most: int) -> None:
    """Every time it was looked at again: when, why, what changed; and when it will be next."""
    from cli.printing import local, say

    triggers, titles = desk.words("triggers"), desk.words("changes")
    for review in matter.reviews[-most:]:
        pairs = [
            (title, _sides(desk, name, *review.changed[name]))
            for name, title in titles.items()
            if name in review.changed
        ]
        changed = "；".join(f"{title} {sides}" for title, sides in pairs) or "没有变化"
        say(f"  {local(review.done_at)} 再研判（{triggers.get(review.trigger, review.trigger)}）：{changed}")
    if matter.next_review:
        why = triggers.get(matter.next_review.why, matter.next_review.why)
        say(f"  下次再研判 {local(matter.next_review.at)}（{why}）")


def _sides(desk: Desk, name: str, before: Any, after: Any) -> str:
    """What something was and is, in words; rules with their titles, lists as far as they have something."""
    if name == "rules":
        titles = {rule.id: rule.title for rule in desk.rulebook.rules}
        return "、".join(f"{rule}（{titles[rule]}）" if rule in titles else rule for rule in after)
    if isinstance(after, list):
        return " → ".join("、".join(map(str, side)) for side in (before, after) if side)
    words = {"status": desk.words("statuses"), "route": _routes(desk)}.get(name, desk.words("colours"))
    return " → ".join(words.get(str(side), str(side) or "无") for side in (before, after))


def _routes(desk: Desk) -> dict[str, str]:
    return {str(route["id"]): str(route["title"]) for route in desk.rulebook.documents.get("routes", ())}


@matters.command()
def callers(
    days: Annotated[int, typer.Option("--days", help="看最近多少天")] = 180,
    least: Annotated[int, typer.Option("--at-least", help="来过至少多少次")] = 3,
    limit: Annotated[int, typer.Option("--limit", help="最多多少人", min=1, max=1000)] = 50,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """反复来件的人：为哪几件事、从哪些渠道来、我们答复了没有、办过什么；用来帮人解决问题，不作处理任何人的依据。"""
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.desk.callers import repeat_callers

    with desk_of(config, now, steadfast=True) as desk:
        found = repeat_callers(desk, days=days, least=least, most=limit)
        for caller in found:
            line(caller) if as_json else _tell_caller(desk, caller)
    if not as_json:
        say(f"最近 {days} 天来过 {least} 次以上的有 {len(found)} 人。这份清单只用来帮人解决问题、检查我们自己的办理。")


def _tell_caller(desk: Desk, caller: CallerShown) -> None:
    from cli.printing import local, say, style_of

    kinds, actions, help_ = desk.words("kinds"), desk.words("actions"), desk.words("help")
    channels = "、".join(f"{kinds.get(kind, kind)} {count} 次" for kind, count in caller.kinds.items())
    replies = "、".join(f"{desk.words('replies')[name]} {count} 次" for name, count in caller.replies.items())
    say(
        f"{caller.name or '未留姓名'} {caller.phone}  来件 {caller.records} 次（{channels}），最近 {local(caller.last_at)}"
    )
    say(f"  {'同一件事' if len(caller.matters) == 1 else f'{len(caller.matters)} 件不同的事'}；我方答复：{replies}")
    for matter in caller.matters:
        done = "、".join(f"{actions.get(kind, kind)} {count} 次" for kind, count in matter.done.items())
        status = f"{desk.colour_word(matter.colour)}，{_status(desk, matter.status, history=matter.history)}"
        say(
            f"  {matter.code or matter.matter}（{status}）来过 {matter.records} 次；{f'办过：{done}' if done else '还没有办理记录'}",
            style=style_of(matter.colour),
        )
    for name in caller.help:
        say(f"    → {help_.get(name, name)}")


def _turn(matter: MatterShown) -> str:
    """Which time the matter is being handled, and whether a new record brought it back."""
    from engine.settlement import REFLOW

    if matter.row.state.episode == 1:
        return ""
    back = any(action.kind == "dispatch" and action.evidence.startswith(REFLOW) for action in matter.actions)
    return f"  第{matter.row.state.episode}次办理" + ("（回流）" if back else "")


@matters.command()
def act(
    reference: Reference,
    kind: Annotated[
        str, typer.Option("--kind", help="动作，例如 联系、调解失败、达成协议；写错会列出全部", show_default=False)
    ],
    level: Annotated[str, typer.Option("--level", help="层级，例如 村级、乡级、公安", show_default=False)] = "",
    at: Annotated[str, typer.Option("--at", help="发生时间；默认现在", show_default=False)] = "",
    evidence: Annotated[str, typer.Option("--evidence", help="依据，例如文书编号", show_default=False)] = "",
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """记下对事项做了什么（联系、调解、会商、达成协议），规则随即重新研判。"""
    from cli.wiring import desk_of, moment, person_of
    from engine.desk import acting

    with desk_of(config, now) as desk:
        when = moment(at, desk.config.zone) if at else None
        done = acting.act(desk, person_of(desk), reference, kind=kind, level=level, at=when, evidence=evidence)
        _report(desk, done, "已记录", as_json=as_json)


@matters.command()
def override(
    reference: Reference,
    to: Annotated[str, typer.Option("--to", help="红、黄 或 绿", show_default=False)],
    reason: Reason,
    second: Annotated[str, typer.Option("--second", help="第二人姓名（红色下调必填）", show_default=False)] = "",
    days: Annotated[int, typer.Option("--days", help="下调的有效天数", min=1, max=365)] = 90,
    as_test: Annotated[bool, typer.Option("--as-test", help="同时打印规则测试的草稿，给分析员补全")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """人工改颜色：上调随时可以；下调要具备条件，到期自动失效。"""
    from cli.wiring import desk_of, person_of
    from engine.desk import acting
    from engine.desk.reading import colour_named

    with desk_of(config, now) as desk:
        other = person_of(desk, second=second) if second else None
        done = acting.override(
            desk,
            person_of(desk),
            reference,
            to=colour_named(to),
            reason=reason,
            second=other,
            lasts=timedelta(days=days),
        )
        _report(desk, done, "已改级", as_json=as_json)
        _offer(desk, reference, as_test=as_test, as_json=as_json)


def _offer(desk: Desk, reference: str, *, as_test: bool, as_json: bool) -> None:
    """A change of a colour is a lesson for the rules: the skeleton of its test, or where it is to be had."""
    from cli.printing import line, say
    from engine.desk.drafts import as_tests

    if as_test:
        draft = as_tests(desk, reference)
        line({"test": draft}) if as_json else say(draft)
    elif not as_json:
        say("  要让规则记住这次改级：加 --as-test 打印测试的草稿")


@matters.command()
def close(
    reference: Reference,
    means: Annotated[str, typer.Option("--means", help=_MEANS, show_default=False)],
    evidence: Annotated[str, typer.Option("--evidence", help="依据文书", show_default=False)],
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """办结：写明化解方式和依据文书；以后再有来件会自动重开。"""
    from cli.wiring import desk_of, person_of
    from engine.desk import acting

    with desk_of(config, now) as desk:
        done = acting.close(desk, person_of(desk), reference, means=means, evidence=evidence)
        _report(desk, done, "已办结", as_json=as_json)


@matters.command()
def reopen(
    reference: Reference, reason: Reason, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False
) -> None:
    """重新打开已办结的事项。"""
    from cli.wiring import desk_of, person_of
    from engine.desk import acting

    with desk_of(config, now) as desk:
        done = acting.reopen(desk, person_of(desk), reference, reason=reason)
        _report(desk, done, "已重新打开", as_json=as_json)


@matters.command()
def merge(
    left: Reference,
    right: Annotated[str, typer.Argument(help="另一个事项", show_default=False)],
    reason: Reason,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """两个事项其实是一件事：合并，两个编号以后都查得到。"""
    from cli.wiring import desk_of, person_of
    from engine.desk import acting

    with desk_of(config, now) as desk:
        _report(desk, acting.merge(desk, person_of(desk), left, right, reason=reason), "已合并", as_json=as_json)


@matters.command()
def split(
    reference: Reference,
    records: Annotated[list[str], typer.Argument(help="要拆出去的来件 id", show_default=False)],
    reason: Reason,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """把不是一件事的来件拆出去，以后也不会再并回来。"""
    from cli.wiring import desk_of, person_of
    from engine.desk import acting

    with desk_of(config, now) as desk:
        done = acting.split(desk, person_of(desk), reference, records=records, reason=reason)
        _report(desk, done, "已拆分", as_json=as_json)


def _report(desk: Desk, done: Done, word: str, *, as_json: bool) -> None:
    from cli.printing import line, say

    before, after = done.before.state, done.after.state
    told: dict[str, Any] = {
        "matter": after.id,
        "code": after.code,
        "colour": after.standing,
        "was": before.standing,
        "status": after.status,
        "episode": after.episode,
        "records": after.records,
    }
    if as_json:
        line(told)
        return
    colours = desk.colour_word(after.standing)
    if before.standing != after.standing:
        colours = f"{desk.colour_word(before.standing)} → {colours}"
    say(
        f"{word}：{after.code or after.id}，{colours}，{_status(desk, after.status, history=after.history)}，共 {after.records} 件"
    )
