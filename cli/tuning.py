"""Tuning at a terminal: numbers to try, limits to keep, and what each choice would cost.

In: names and numbers, or a plan as YAML; a list of judged cases. Out: a table of the choices that cannot be bettered, the cases that each loses, the edit
that was offered; or JSON lines. Not here: trying (`engine.workbench.tuning`), what ids mean (`engine.desk.wanted`), publishing (`cli.publishing`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.backtest import rules
from cli.options import CONFIG, AsJson, ConfigPath, Now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from engine.desk import Desk
    from engine.rescore import Asked
    from engine.ruleset.tree import Rulebook
    from engine.workbench.tuning.ground import Case, Ground
    from engine.workbench.tuning.plan import Knob, Plan
    from engine.workbench.tuning.search import Found, Offer
    from engine.workbench.tuning.weighing import Figures

__all__ = ["rules"]
_ROWS, _CASES = 12, 20
_LARGEST = 4 * 1024 * 1024


@rules.command()
def tune(
    tried: Annotated[
        list[str] | None,
        typer.Option(
            "--try", help="试哪个数：参数名=2,3,4，或 规则.行=5..15/5；可写几个，各种搭配都试", show_default=False
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="约束，如 reds_per_week<=8、missed<=0；可写几个", show_default=False),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="把要试的数和约束写成 YAML 文件", show_default=False)
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="不许漏的：csv 或 json，id 和至少应是的颜色", show_default=False),
    ] = None,
    grades: Annotated[bool, typer.Option("--grades", help="盲评过的、人工上调过的也算标注")] = False,
    most: Annotated[int, typer.Option("--most", help="最多试多少种搭配；再多就逐个数地找", min=1, max=5000)] = 400,
    rules_folder: Annotated[
        Path | None, typer.Option("--rules", help="在这个目录的规则上试；默认用现行规则", show_default=False)
    ] = None,
    since: Annotated[str, typer.Option("--since", help="只看从这时起发生的", show_default=False)] = "",
    until: Annotated[str, typer.Option("--until", help="只看到这时为止发生的", show_default=False)] = "",
    effective: Annotated[str, typer.Option("--from", help="新数从哪一天起用；默认今天", show_default=False)] = "",
    draft: Annotated[
        Path | None, typer.Option("--draft", help="把第一个可用的方案写成一个新的规则目录", show_default=False)
    ] = None,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """在历史来件上试规则里的数：每周多少红和黄、漏掉哪几件，给出过得了的改法；一种也没有则退出码为 1。"""
    from cli.wiring import desk_of, rulebook_of

    with desk_of(config, now, lived=True) as desk:
        rulebook = rulebook_of(rules_folder) if rules_folder else desk.rulebook
        wanted = _planned(plan, tried or [], keep or [], most)
        cases = _cases(desk, labels, graded=grades)
        _countable(wanted, cases)
        asked, day = _asked(desk, since, until), _day(desk, effective)
        good = _tune(desk, rulebook, wanted, cases, asked, since=day, draft=draft, as_json=as_json)
    if not good:
        raise typer.Exit(1)


def _countable(plan: Plan, cases: Sequence[Case]) -> None:
    from engine.errors import UsageError
    from engine.workbench.tuning.plan import OF_CASES

    counted = [name for name in plan.keep if name in OF_CASES]
    if counted and not cases:
        raise UsageError(
            f"没有标注，{'、'.join(counted)} 无从数起", hint="加 --labels 文件，或 --grades 用盲评过的、人工上调过的"
        )


def _tune(
    desk: Desk,
    rulebook: Rulebook,
    plan: Plan,
    cases: Sequence[Case],
    asked: Asked,
    *,
    since: date,
    draft: Path | None,
    as_json: bool,
) -> bool:
    """Whether the numbers of today keep to the limits, or something may be offered."""
    from cli.printing import progress
    from engine.desk.publishing import write_to
    from engine.desk.rescoring import as_read
    from engine.rescore import workspace
    from engine.workbench.tuning.ground import Ground
    from engine.workbench.tuning.plan import knobs
    from engine.workbench.tuning.search import offered, search

    today = _day(desk)
    tried = knobs(rulebook, plan, today)
    with workspace() as space:
        ground = Ground(rulebook, tried, space, today=today, zone=desk.config.zone)
        with as_read(desk, rulebook) as (columns, known), progress("铺开历史", quiet=as_json) as advance:
            ground.lay(columns, cases, asked=asked, advance=advance)
        with progress("试算", quiet=as_json) as advance:
            found = search(ground, cases, plan.keep, plan.most, advance=advance)
        offers = list(offered(found, rulebook, tried, since))
        worded = ground.makers <= known
        _Telling(desk, ground, cases, found, offers, as_json=as_json).tell(worded=worded)
    fit = [offer for offer in offers if offer.fit]
    if draft is not None and fit:
        from cli.printing import line, say

        write_to(draft, fit[0].edit.files)
        line({"what": "draft", "folder": str(draft)}) if as_json else say(
            f"已写成草稿：{draft}；它动了哪些事项：sanse rules backtest --rules {draft} --thresholds today"
        )
    return bool(fit) or not found.now.broken


def _planned(path: Path | None, tried: list[str], keep: list[str], most: int) -> Plan:
    from engine.errors import UsageError
    from engine.workbench.tuning.plan import of_file, of_words

    if path is None:
        return of_words(tried, keep, most)
    if tried or keep:
        raise UsageError("--plan 已经写了要试的数和约束", hint="不再写 --try 和 --keep")
    return of_file(path.name, _content(path))


def _cases(desk: Desk, path: Path | None, *, graded: bool) -> list[Case]:
    """What a list names goes before what was graded."""
    from engine.desk.wanted import judged, listed
    from engine.workbench.tuning.ground import Case

    wanted = listed(desk, path.name, _content(path)) if path is not None else []
    named = {one.matter for one in wanted if one.matter}
    wanted += [one for one in judged(desk) if one.matter not in named] if graded else []
    return [Case(one.name, one.colour, one.matter, one.record) for one in wanted]


def _content(path: Path) -> bytes:
    from engine.errors import UsageError

    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise UsageError(f"文件读不了：{path}", hint="检查路径；最多 4 MB")
    return path.read_bytes()


def _asked(desk: Desk, since: str, until: str) -> Asked:
    from cli.wiring import moment
    from engine.rescore import Asked

    first, last = (int(moment(text, desk.config.zone).timestamp()) if text else None for text in (since, until))
    return Asked(first, last)


def _day(desk: Desk, text: str = "") -> date:
    """A day that was typed, or today, as the calendar here has it."""
    from zoneinfo import ZoneInfo

    from cli.wiring import moment

    at = moment(text, desk.config.zone) if text else desk.clock()
    return at.astimezone(ZoneInfo(desk.config.zone)).date()


class _Telling:
    """What was found, in words or as lines."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        cases: Sequence[Case],
        found: Found,
        offers: Sequence[Offer],
        *,
        as_json: bool,
    ) -> None:
        self._desk, self._ground, self._cases, self._found = desk, ground, cases, found
        self._offers, self._json = offers, as_json
        self._knobs: Sequence[Knob] = ground.tried

    def tell(self, *, worded: bool) -> None:
        """All of it."""
        self._lines(worded=worded) if self._json else self._words(worded=worded)

    def _words(self, *, worded: bool) -> None:
        from cli.printing import say

        found, ground = self._found, self._ground
        if not worded:
            say("有的来件，词语和字段的事实是用别的词表做的，这里按存下的算")
        say(
            f"{ground.records} 件来件，{ground.matters} 个事项，{len(ground.weeks)} 周（首尾不满的不计）；人工改级和办理时限不在试算之内"
        )
        if not self._cases:
            say("没有标注：只看得到数量和降级，看不到漏判。少红不等于好，先用 --labels 或 --grades")
        if found.every:
            say(f"{found.choices} 种搭配全部试过")
        else:
            say(f"{found.choices} 种搭配太多，逐个数地找，试了 {found.tried} 种：要几个数一起动才更好的，可能没有找到")
        shown = self._shown()
        self._table(shown)
        for name, one in shown.items():
            self._lost(name, one)
        for offer in self._offers:
            self._offer(offer)
        self._ended()

    def _shown(self) -> dict[str, Figures]:
        """The numbers of today and the front, by the name of their row."""
        now = self._found.now
        others = [one for one in self._found.front if one.values != now.values]
        return {"现在": now, **{str(place): one for place, one in enumerate(others[:_ROWS], start=1)}}

    def _table(self, shown: Mapping[str, Figures]) -> None:
        from cli.printing import say, table

        headers = [
            "",
            *(knob.name for knob in self._knobs),
            "红/周",
            "最多",
            "黄/周",
            "最多",
            "降级",
            "漏判",
            "多判",
            "约束",
        ]
        table(headers, [[name, *self._cells(one)] for name, one in shown.items()], title="现在的数，和不能再好的取法")
        more = len(self._found.front) - len(shown)
        if more > 0:
            say(f"另有 {more} 种，见 --json")

    def _cells(self, one: Figures) -> list[str]:
        low, high = one.over.bounds
        over = f"{one.over.count}/{one.over.of}（{low:.0%}–{high:.0%}）" if one.over.of else "—"
        return [
            *map(str, one.values),
            f"{float(one.reds_per_week):.1f}",
            str(one.most_reds),
            f"{float(one.yellows_per_week):.1f}",
            str(one.most_yellows),
            str(one.lowered),
            f"{len(one.missed)}/{one.judged}" if one.judged else "—",
            over,
            "、".join(one.broken) or "✓",
        ]

    def _named(self, values: tuple[int, ...]) -> str:
        return "，".join(f"{knob.name}={value}" for knob, value in zip(self._knobs, values, strict=True))

    def _lost(self, name: str, one: Figures) -> None:
        from cli.printing import say

        told = list(self._told_lost(one))
        for case in told[:_CASES]:
            why = "；".join(case["why"]) or f"按现在的数也是{self._word(case['now'])}"
            say(f"  {name} 漏判 {case['case']}：应至少{self._word(case['wanted'])}，判{self._word(case['got'])}。{why}")
        if len(told) > _CASES:
            say(f"  {name} 另有 {len(told) - _CASES} 件，见 --json")

    def _told_lost(self, one: Figures) -> Iterator[dict[str, Any]]:
        from engine.masking import mask_reference
        from engine.workbench.tuning.weighing import lost

        now = self._found.measured[self._found.now.values]
        for place, (case, got) in zip(
            one.missed, lost(one, self._cases, self._found.measured[one.values]), strict=True
        ):
            found = self._ground.reasons(case, self._found.now.values, one.values)
            whys = [
                f"{why.rule} 不再命中" + (f"：{why.fact} {why.value}，线是 {why.bound}" if why.fact else "")
                for why in found
            ]
            yield {
                "case": mask_reference(case.name),
                "wanted": case.colour,
                "got": got,
                "now": now.got[place],
                "why": whys,
            }

    def _word(self, colour: Any) -> str:
        return self._desk.colour_word(colour)

    def _offer(self, offer: Offer) -> None:
        from cli.printing import say

        named = self._named(offer.figures.values)
        if offer.edit.fails:
            say(f"✗ {named}：过不了关")
            for part, said in offer.edit.fails[:_CASES]:
                say(f"    {part}：{said}")
            return
        say(f"✓ {named}：检查、测试、底线都过" + ("，还要补新线边上的测试" if offer.edit.wants else ""))
        say(offer.edit.diff)
        for edge in offer.edit.wants[:_CASES]:
            say(f"  要由人补：{edge}")
        for test in offer.edit.pinned[:_CASES]:
            say(f"  照新数会不同，它守着旧日子：{test}")

    def _ended(self) -> None:
        from cli.printing import say

        fit = sum(offer.fit for offer in self._offers)
        if fit:
            more = f"；另有 {self._found.waiting} 种没有过关检查" if self._found.waiting else ""
            held = "" if self._found.now.broken else "现在的数已经合约束；"
            say(f"{held}可用 {fit} 种{more}。什么也没有改：照上面改规则目录，再 sanse rules publish")
        elif self._offers:
            say("合约束的都过不了关，见上")
        elif self._found.now.broken or all(one.broken for one in self._found.front):
            say("没有一种合约束：放宽约束，或多试几个数")
        else:
            say("现在的数已经合约束，没有更好的取法")

    def _lines(self, *, worded: bool) -> None:
        from cli.printing import line

        found, ground = self._found, self._ground
        line(
            {
                "what": "search",
                "records": ground.records,
                "matters": ground.matters,
                "weeks": [week.isoformat() for week in ground.weeks],
                "knobs": self._knobs,
                "choices": found.choices,
                "tried": found.tried,
                "every": found.every,
                "cases": len(self._cases),
                "words_as_stored": not worded,
            }
        )
        line({"what": "now", **self._figures(found.now)})
        for one in found.front:
            line({"what": "choice", **self._figures(one)})
        for offer in self._offers:
            line({"what": "offer", "values": self._valued(offer.figures), "fit": offer.fit, **_edited(offer)})

    def _valued(self, one: Figures) -> dict[str, int]:
        return {knob.name: value for knob, value in zip(self._knobs, one.values, strict=True)}

    def _figures(self, one: Figures) -> dict[str, Any]:
        measured = self._found.measured[one.values]
        return {
            "values": self._valued(one),
            "reds": measured.reds,
            "yellows": measured.yellows,
            "reds_per_week": round(float(one.reds_per_week), 3),
            "yellows_per_week": round(float(one.yellows_per_week), 3),
            "lowered": one.lowered,
            "raised": one.raised,
            "guarded": one.guarded,
            "judged": one.judged,
            "missed": list(self._told_lost(one)),
            "over": {"count": one.over.count, "of": one.over.of, "bounds": [round(b, 4) for b in one.over.bounds]},
            "broken": {name: round(float(by), 4) for name, by in one.broken.items()},
        }


def _edited(offer: Offer) -> dict[str, Any]:
    return {
        "fails": [{"part": part, "said": said} for part, said in offer.edit.fails],
        "tests_to_write": offer.edit.wants,
        "tests_of_the_old_number": offer.edit.pinned,
        "diff": offer.edit.diff,
    }
