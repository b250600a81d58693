"""How the rules do, at a terminal: figures of each rule, what shadow rules would have done.

In: a period. Out: tables with counts and bounds, or JSON. Not here: what a figure means (`engine.feedback`), reading them (`engine.desk.figures`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now
from cli.publishing import rules

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.desk.figures import RuleHealth
    from engine.feedback import ShadowFigures, Share

__all__ = ["rules"]
_SEEN = 5


@rules.command()
def stats(
    since: Annotated[str, typer.Option("--since", help="从什么时候发生的来件算起；默认全部", show_default=False)] = "",
    until: Annotated[str, typer.Option("--until", help="到什么时候为止", show_default=False)] = "",
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """每条规则命中多少、人怎么看：下调、上调、办结后又来、盲评；沉默的、误伤多的、总是一起命中的；漏判和多判。"""
    from cli.printing import line
    from cli.wiring import desk_of
    from engine.desk.figures import health
    from engine.errors import UsageError

    with desk_of(config, now, steadfast=True) as desk:
        begin, end = _time(desk, since), _time(desk, until)
        if begin is not None and end is not None and begin >= end:
            raise UsageError(
                f"--since {since} 不早于 --until {until}，这段时间是空的", hint="把早的写在 --since，晚的写在 --until"
            )
        found = health(desk, since=begin, until=end)
        if as_json:
            _lines(found, line)
        else:
            _tell(found)


@rules.command()
def shadow(
    days: Annotated[int | None, typer.Option("--days", help="只看最近多少天判的", min=1, show_default=False)] = None,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """试运行的规则会做什么：会把哪些升级，哪些本来就是这个颜色；离转正还差什么。它们什么也不改。"""
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.desk.figures import shadows

    with desk_of(config, now, steadfast=True) as desk:
        found = shadows(desk, since=desk.clock() - timedelta(days=days) if days else None)
        tried = _mutated(desk) if found else {}
        for one in found:
            score = tried.get(one.rule, (0, 0))
            if as_json:
                line(
                    {
                        **_plain(one),
                        "right": _share(one.right),
                        "unmet": one.unmet,
                        "mutants": {"killed": score[0], "of": score[1]},
                    }
                )
            else:
                _tell_shadow(desk, one, score)
    if not as_json:
        say(f"{len(found)} 条规则在试运行" if found else "没有试运行的规则（status: shadow）")


def _time(desk: Desk, text: str) -> datetime | None:
    from cli.wiring import moment

    return moment(text, desk.config.zone) if text else None


def _mutated(desk: Desk) -> dict[str, tuple[int, int]]:
    """Of the mistakes put into each rule, how many its tests notice, of those that change anything."""
    from engine.ruleset.strict_yaml import read
    from engine.workbench.mutation import Fate, mutate
    from engine.workbench.places import Places

    files = desk.rulebook.files
    places = Places(tuple(read(name, body) for name, body in sorted(files.items())))
    found: dict[str, tuple[int, int]] = {}
    for one in mutate(desk.rulebook, places):
        if one.fate is not Fate.EQUIVALENT:
            killed, of = found.get(one.of, (0, 0))
            found[one.of] = (killed + (one.fate is Fate.KILLED), of + 1)
    return found


def _plain(one: Any) -> dict[str, Any]:
    from cli.printing import plain

    made: dict[str, Any] = plain(one)
    return made


def _share(share: Share) -> dict[str, Any]:
    low, high = share.bounds
    return {"count": share.count, "of": share.of, "low": round(low, 4), "high": round(high, 4)}


def _lines(found: RuleHealth, line: Any) -> None:
    """One line for each rule, pair and proposal, and one for the whole."""
    for one in found.rules:
        shares = {name: _share(getattr(one, name)) for name in ("lowered", "raised", "came_back", "right")}
        line({"what": "rule", **_plain(one), **shares})
    for pair in found.pairs:
        line({"what": "pair", **_plain(pair), "always": pair.always})
    for proposal in found.proposals:
        line({"what": "proposal", **_plain(proposal)})
    held = found.yardstick
    line(
        {
            "what": "triage",
            "since": found.since,
            "until": found.until,
            "records": found.records,
            "graded": held.graded,
            "under": {**_share(held.under), "at_most": round(held.under.at_most, 4)},
            "under_within": held.under_well,
            "over": _share(held.over),
        }
    )


def _tell(found: RuleHealth) -> None:
    from cli.printing import local, say, table

    signs = {"silent": "沉默", "noisy": "误伤多"}
    table(
        ("规则", "名称", "来件", "事项", "最近命中", "下调", "上调", "办结后又来", "盲评不低于它", "提示"),
        [
            (
                one.rule,
                one.title,
                str(one.records),
                str(one.matters),
                local(one.last_at),
                _counted(one.lowered),
                _counted(one.raised),
                _counted(one.came_back),
                _counted(one.right),
                "、".join(signs[sign] for sign in one.signs),
            )
            for one in found.rules
        ],
    )
    for pair in [pair for pair in found.pairs if pair.always][:_SEEN]:
        say(
            f"总是一起：{pair.left} 和 {pair.right} 共 {pair.both} 次，{pair.left} 单独 {pair.left_alone} 次，{pair.right} 单独 {pair.right_alone} 次"
        )
    for proposal in found.proposals:
        say(f"建议（只是草稿，什么也不改）{proposal.rule or '漏判'}：{proposal.why}\n  {proposal.draft}")
    _tell_yardstick(found)


def _tell_yardstick(found: RuleHealth) -> None:
    from cli.printing import say
    from engine.feedback import OVER_LEAST, OVER_MOST, UNDER_AT_MOST

    held = found.yardstick
    well = {True: "在线内", False: "超过了", None: "件数还不够下结论"}[held.under_well]
    say(f"{found.records} 件来件；盲评 {held.graded} 件")
    say(
        f"漏判（人评红、机判低）{held.under.count}/{held.under.of}，上限 {_percent(held.under.at_most)}（目标不超过 {_percent(UNDER_AT_MOST)}）：{well}"
    )
    say(
        f"多判（机判红、人评低）{_counted(held.over)}（正常在 {_percent(OVER_LEAST)} 到 {_percent(OVER_MOST)}，先压漏判）"
    )


def _counted(share: Share) -> str:
    """Counts with their bounds; never a bare percentage."""
    if not share.of:
        return "—"
    low, high = share.bounds
    return f"{share.count}/{share.of}（{_percent(low)}–{_percent(high)}）"


def _percent(part: float) -> str:
    return f"{100 * part:.0f}%"


def _tell_shadow(desk: Desk, one: ShadowFigures, mutants: tuple[int, int]) -> None:
    from cli.printing import local, say

    words = desk.words("colours")
    say(
        f"{one.rule} {one.title}：{f'{local(one.since)} 起试运行 {one.days} 天' if one.since else '还没有判过'}，判过 {one.decided} 件"
    )
    for was, would, count in one.raises:
        say(f"  会把 {count} 件{words.get(was, was)}升为{words.get(would, would)}")
    say(
        f"  命中 {one.hits} 件，其中 {one.agrees} 件本来就不低于它；请人核实 {one.reviews} 件；盲评 {_counted(one.right)}；改错 {mutants[1]} 处发现 {mutants[0]} 处"
    )
    if one.see:
        more = f" 等 {sum(count for *_, count in one.raises)} 件" if len(one.see) > _SEEN else ""
        say(f"  见 {'、'.join(one.see[:_SEEN])}{more}")
    for missing in one.unmet:
        say(f"  转正还差：{missing}")
