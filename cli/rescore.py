"""Rescore: all of history judged again, shown as a table of changes; written only when asked.

In: filters, perhaps another folder of rules. Out: what would change, or what was written. Not here: judging (`engine.rescore`), writing
(`engine.desk.rescoring`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now
from cli.tried import hits

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.desk.rescoring import Which
    from engine.evaluate.comparisons import Thresholds
    from engine.rescore import Scan
    from engine.ruleset.tree import Rulebook

ZONE = "Asia/Shanghai"
"""Where the days of an export begin."""


def rescore(
    rules_folder: Annotated[
        Path | None, typer.Option("--rules", help="用这个目录的规则；默认用现行规则", show_default=False)
    ] = None,
    since: Annotated[str, typer.Option("--since", help="只看从这时起发生的", show_default=False)] = "",
    until: Annotated[str, typer.Option("--until", help="只看到这时为止发生的", show_default=False)] = "",
    caller: Annotated[
        str, typer.Option("--caller", help="只看一个来件人：写他任何一件来件的 id", show_default=False)
    ] = "",
    matter: Annotated[
        str, typer.Option("--matter", help="只看一个事项：编号、事项 id 或来件 id", show_default=False)
    ] = "",
    colour: Annotated[
        str, typer.Option("--colour", help="只看原来是这个颜色的：红、黄 或 绿", show_default=False)
    ] = "",
    thresholds: Annotated[
        str, typer.Option("--thresholds", help="dated 按来件当天的阈值；today 按今天的阈值（只看不写）")
    ] = "dated",
    files: Annotated[
        Path | None,
        typer.Option("--from-parquet", help="重判 sanse db export 导出的目录，不开数据库", show_default=False),
    ] = None,
    write: Annotated[bool, typer.Option("--apply", help="把变化写进数据库；只能用现行规则")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """把历史来件按规则重判一遍：默认只看会有什么变化。"""
    from cli.printing import progress
    from cli.wiring import desk_of, person_of, rulebook_of, thresholds_of
    from engine.desk.rescoring import may_apply, rescored
    from engine.errors import UsageError

    way = thresholds_of(thresholds)
    if write and (rules_folder or way != "dated"):
        raise UsageError(
            "只有现行规则、按来件当天的阈值才能写进去：每条研判都要能重做出来",
            hint="先把规则放进现行规则目录，再运行 sanse rescore --apply；只看变化时不写 --apply",
        )
    if files is not None:
        if write:
            raise UsageError("导出的文件里写不进研判", hint="在数据库上运行 sanse rescore --apply")
        which = _which_of(ZONE, since=since, until=until, caller=caller, matter=matter, colour=colour)
        _from_files(files, which, rules_folder, way, now=now, as_json=as_json)
        return
    with desk_of(config, now) as desk:
        which = _which_of(desk.config.zone, since=since, until=until, caller=caller, matter=matter, colour=colour)
        person = person_of(desk) if write else None
        if person is not None:
            may_apply(person)
            _refresh(desk, person, as_json=as_json)
        rulebook = rulebook_of(rules_folder) if rules_folder else None
        with (
            progress("重判", quiet=as_json) as advance,
            rescored(desk, which, rulebook=rulebook, thresholds=way, advance=advance) as found,
        ):
            _tell(found, rulebook or desk.rulebook, as_json=as_json)
            if person is not None:
                _write(desk, person, found, as_json=as_json)


def _from_files(
    folder: Path, which: Which, rules_folder: Path | None, thresholds: Thresholds, *, now: str, as_json: bool
) -> None:
    """An export judged by the rules of a folder, or the shipped ones."""
    from zoneinfo import ZoneInfo

    from cli.printing import progress
    from cli.wiring import moment, real_clock, rulebook_of
    from engine.desk.exchange import rescored_files

    rulebook = rulebook_of(rules_folder)
    today = (moment(now, ZONE) if now else real_clock()).astimezone(ZoneInfo(ZONE)).date()
    with (
        progress("重判", quiet=as_json) as advance,
        rescored_files(folder, which, rulebook=rulebook, thresholds=thresholds, today=today, advance=advance) as found,
    ):
        _tell(found, rulebook, as_json=as_json)


def _which_of(zone: str, *, since: str, until: str, caller: str, matter: str, colour: str) -> Which:
    from cli.wiring import moment
    from engine.desk.reading import colour_named
    from engine.desk.rescoring import Which
    from engine.errors import UsageError

    first, last = (moment(text, zone) if text else None for text in (since, until))
    if first is not None and last is not None and first > last:
        raise UsageError(f"--since {since} 在 --until {until} 之后，中间没有来件", hint="把两个时间对调")
    return Which(
        first,
        last,
        caller or None,
        matter or None,
        colour_named(colour) if colour else None,
    )


def _tell(found: Scan, rulebook: Rulebook, *, as_json: bool) -> None:
    from cli.printing import line, say, table
    from engine.model import Colour

    if as_json:
        for changed in found.lines():
            line(changed)
        line(_summary(found))
        return
    if not found.worded:
        say("有的来件没有正文可以重读，词语和字段的事实是用别的词表做的，按存下的算")
    if not found.records:
        say("所选的范围里没有来件，没有判任何一件")
        return
    say(f"重判 {found.records} 件，" + (f"{found.changed} 件会有变化" if found.changed else "没有变化"))
    if not found.changed:
        return
    labels = rulebook.documents.get("labels", {}).get("colours", {})
    words = {held: str(labels.get(held.word, held.word)) for held in Colour}
    table(
        ["原来＼现在", *words.values()],
        [[words[was], *(str(found.matrix[was, is_]) for is_ in Colour)] for was in Colour],
    )
    hits(found.moved(rulebook))


def _summary(found: Scan) -> dict[str, Any]:
    from engine.model import Colour

    return {
        "records": found.records,
        "changed": found.changed,
        "matrix": {was.word: {is_.word: found.matrix[was, is_] for is_ in Colour} for was in Colour},
        "gained": dict(sorted((+found.gained).items())),
        "lost": dict(sorted((+found.lost).items())),
        "words_as_stored": not found.worded,
    }


def _refresh(desk: Desk, person: Any, *, as_json: bool) -> None:
    from cli.printing import line, progress, say
    from engine.desk.rescoring import refreshed

    done = 0
    with progress("重做词语事实", quiet=as_json) as advance:
        for count in refreshed(desk, person):
            advance(count)
            done += count
    if done:
        line({"remade": done}) if as_json else say(f"词表或字段改过：已重做 {done} 件的词语和字段事实")


def _write(desk: Desk, person: Any, found: Scan, *, as_json: bool) -> None:
    from cli.printing import line, progress, say
    from engine.desk.rescoring import apply

    written = 0
    with progress("写入", total=found.changed, quiet=as_json) as advance:
        for count in apply(desk, person, found):
            advance(count)
            written += count
    line({"written": written}) if as_json else say(f"已写入 {written} 件的新研判" if written else "没有要写的")
