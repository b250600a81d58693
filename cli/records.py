"""Records: take them in, score a file, say why, decide again.

In: files and references. Out: tallies, lines, trees. Not here: the order (`engine.pipeline`), stateless scoring (`engine.score`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now
from engine.errors import SanseError, UsageError

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.desk.explaining import Explained
    from engine.desk.rebuilding import Rebuilt
    from engine.desk.replaying import Replayed
    from engine.evaluate.trace import Explanation
    from engine.model import RawRecord
    from engine.pipeline import Stages, Tally

File = Annotated[
    Path | None, typer.Option("--file", help="要读的文件：csv、xlsx、xls、json、jsonl", show_default=False)
]
_ABSENT = "（来源无此字段）"
_RULE_WORDS = {
    "at_least": "≥",
    "at_most": "≤",
    "more_than": "＞",
    "less_than": "＜",
    "equals": "＝",
    "is": "为",
    "in": "属于",
}


def ingest(
    sources: Annotated[
        list[str] | None, typer.Argument(help="config.yaml 里的来源名；不写则全部", show_default=False)
    ] = None,
    file: File = None,
    source: Annotated[str, typer.Option("--source", help="--file 是哪个来源或渠道", show_default=False)] = "",
    propose: Annotated[bool, typer.Option("--map", help="为不认识的列名拟一份对应，确认后写入规则")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="与 --map 合用：不再询问")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """读入新来件：规整、归并、研判、派单。"""
    from cli.printing import clean
    from cli.wiring import desk_of, named

    with desk_of(config, now) as desk:
        names = [source] if file else list(sources or [feed.name for feed in desk.config.sources])
        if not names:
            raise UsageError("没有来源可读", hint="写 --file 文件 --source 渠道，或在 config.yaml 里配置 sources")
        broken = []
        for name in names:
            try:
                _read(desk, name, file, propose=propose, yes=yes, as_json=as_json)
            except SanseError as fault:
                if len(names) == 1:
                    raise
                fault.where = named(fault.where, config)
                broken.append(fault.exit_code)
                print(clean(f"错误：{name}：{fault}"), file=sys.stderr)
    if broken:
        raise typer.Exit(max(broken))


def _read(desk: Desk, name: str, file: Path | None, *, propose: bool, yes: bool, as_json: bool) -> None:
    """One source; what was committed before it broke or was interrupted is told all the same."""
    from cli.printing import progress
    from cli.wiring import feed_of, source_of
    from engine.desk.intake import cursor_of, known_headers, take_in
    from engine.pipeline import Tally

    feed = feed_of(desk.config, name, file, desk.rulebook.mappings)
    known, until = known_headers(desk, feed.kind), None if file else desk.clock()
    reader = source_of(feed, known=known, cursor=cursor_of(desk, feed.name), until=until)
    if propose:
        from cli.mapping import map_headers

        map_headers(desk, reader, feed.kind, yes=yes)
        return
    total = Tally()
    try:
        with progress(f"读入 {name}", quiet=as_json) as advance:
            for tally in take_in(desk, reader):
                total.add(tally)
                advance(tally.read)
    except (SanseError, KeyboardInterrupt):
        if total.read:
            _answer(desk, name, total, as_json=as_json)
        raise
    _answer(desk, name, total, as_json=as_json)
    if total.read and total.quarantined == total.read:
        _ask_about_the_kind(desk, feed.kind, total)


def _ask_about_the_kind(desk: Desk, kind: str, total: Tally) -> None:
    """Not a row could be read: perhaps the file is another supplier's."""
    from engine.desk.intake import likelier_kind

    other = likelier_kind(desk, kind, total.unknown_headers)
    if other:
        print(
            f"一行也没读进来，这个文件更像是 {other}（{desk.words('kinds').get(other, other)}）的导出：\n"
            f"  先用 sanse quarantine dismiss --source 来源 --reason 选错来源 清掉这些行，再用 --source {other} 读入",
            file=sys.stderr,
        )


def _answer(desk: Desk, name: str, total: Tally, *, as_json: bool) -> None:
    from cli.printing import line

    if as_json:
        line({"source": name, **counted(total)})
    else:
        _tell(desk, name, total)


def counted(tally: Tally) -> dict[str, Any]:
    """A tally with stable keys."""
    return {
        "read": tally.read,
        "new": tally.new,
        "unchanged": tally.unchanged,
        "updated": tally.updated,
        "quarantined": tally.quarantined,
        "colours": {colour.word: count for colour, count in sorted(tally.colours.items())},
        "handbacks": tally.handbacks,
        "defects": tally.defects,
        "reflows": tally.reflows,
        "beside": tally.beside,
        "surplus": tally.surplus,
        "settled": tally.settled,
        "unknown_headers": sorted(tally.unknown_headers),
    }


def accounted(tally: Tally) -> str:
    """Where every row is, as a sum."""
    parts = f"新增 {tally.new} ＋ 未变 {tally.unchanged} ＋ 更新 {tally.updated} ＋ 隔离 {tally.quarantined}"
    return f"读入 {tally.read} 行 ＝ {parts}"


def _tell(desk: Desk, name: str, tally: Tally) -> None:
    from cli.printing import say

    say(f"{name}：{accounted(tally)}")
    colours = "、".join(
        f"{desk.colour_word(colour)} {count}" for colour, count in sorted(tally.colours.items(), reverse=True)
    )
    if colours:
        say(f"  研判：{colours}")
    for remark, style in remarks(desk, tally):
        say(f"  {remark}", style=style)
    if tally.settled:
        say(f"  隔离的行里有 {tally.settled} 行以前改正过或确认过，不再提醒")
    if tally.quarantined > tally.settled:
        say("  隔离的行用 sanse quarantine list 查看，export 导出改正后 retry")


def remarks(desk: Desk, tally: Tally) -> Iterator[tuple[str, str]]:
    """What somebody must know of the rows beside their number, and in which style: whatever reads them says it."""
    from engine.desk.reading import waiting_history

    for record in tally.handbacks:
        yield f"立即交回 110：{record}", _URGENT
    for code in dict.fromkeys(tally.reflows):
        yield f"回流：{code} 办结后又来件，已重新打开并派单", "bold yellow"
    if tally.unknown_headers:
        yield f"不认识的列（内容已随原件保存）：{'、'.join(sorted(tally.unknown_headers))}；可用 --map 拟定对应", ""
    for record in tally.beside:
        yield f"不认识的列里有险情文字，已并入内容研判：{record}", _URGENT
    if tally.surplus:
        yield f"{tally.surplus} 行比表头多出格子（多半是内容里的逗号没加引号），多出的文字已并入内容", ""
    waiting = waiting_history(desk) if tally.new else 0
    if waiting:
        listed = "用 sanse matters list --history --colour 红 查看"
        yield f"历史来件里有 {waiting} 个没有办结的红色事项，没有派单；{listed}", ""
    if tally.defects:
        yield f"两个判读器有 {len(tally.defects)} 处不一致，已取较高者，见 sanse doctor", _URGENT


_URGENT = "bold red"


def score(
    file: Annotated[Path, typer.Option("--file", help="要研判的文件", show_default=False)],
    source: Annotated[str, typer.Option("--source", help="渠道名，例如 police_110", show_default=False)],
    rules: Annotated[
        Path | None, typer.Option("--rules", help="规则目录；默认用自带的规则", show_default=False)
    ] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="不看晚于此时的来件", show_default=False)] = "",
    engine: Annotated[str, typer.Option("--engine", help="durable 或 trace")] = "durable",
    as_json: AsJson = False,
) -> None:
    """只研判一个文件，每行输出一个 JSON，不写任何东西。"""
    import os
    from collections import Counter

    from cli.printing import clean, line
    from cli.wiring import feed_of, moment, real_clock, rulebook_of, source_of
    from engine.pipeline import Stages
    from engine.score import score as scored

    rulebook = rulebook_of(rules)
    stages = Stages.of(rulebook, index_key=os.urandom(32), engine=engine)
    feed = feed_of(None, source, file, rulebook.mappings)
    reader = source_of(feed, known=frozenset(stages.normaliser.known_headers(feed.kind)))
    counts: Counter[str] = Counter()
    strange: dict[str, None] = {}
    for row in scored(
        _noting(reader.read(), stages, strange), stages=stages, now=real_clock(), as_of=moment(as_of) if as_of else None
    ):
        line(row)
        counts["quarantined" if "quarantined" in row else row.get("colour", "cut_off")] += 1
    words = {"red": "红", "yellow": "黄", "green": "绿", "quarantined": "隔离", "cut_off": "晚于 --as-of"}
    told = "、".join(f"{word} {counts[name]}" for name, word in words.items() if counts[name])
    print(f"共 {sum(counts.values())} 行：{told or '没有数据行'}", file=sys.stderr)
    if strange:
        names = clean("、".join(strange))
        print(f"不认识的列，没有参与研判：{names}；sanse ingest --map 可代拟对应", file=sys.stderr)


def _noting(rows: Iterator[RawRecord], stages: Stages, strange: dict[str, None]) -> Iterator[RawRecord]:
    """The rows as they are; headers that nobody knows are put into `strange` in the order in which they are met."""
    seen: set[tuple[str, ...]] = set()
    for raw in rows:
        shape = tuple(raw.values)
        if shape not in seen:
            seen.add(shape)
            strange.update(dict.fromkeys(stages.normaliser.unknown_headers(raw)))
        yield raw


def explain(
    reference: Annotated[str, typer.Argument(help="事项编号或来件 id", show_default=False)],
    why_not: Annotated[str, typer.Option("--why-not", help="某条规则为什么没有命中", show_default=False)] = "",
    nearest: Annotated[
        str, typer.Option("--nearest", help="最少改哪几件事实会是这个颜色：红、黄 或 绿", show_default=False)
    ] = "",
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """为什么是这个颜色：每条规则逐行说明；最少改什么会是别的颜色。"""
    from cli.nearest import show
    from cli.printing import line
    from cli.wiring import desk_of
    from engine.desk.explaining import explain as explained
    from engine.desk.reading import colour_named

    wanted = colour_named(nearest) if nearest else None
    with desk_of(config, steadfast=True) as desk:
        for part in explained(desk, reference, why_not=why_not):
            if as_json:
                line(part)
            else:
                _tree(desk, part, why_not)
            if wanted is not None and not part.sealed:
                show(desk, part, wanted, as_json=as_json)


def _tree(desk: Desk, part: Explained, why_not: str) -> None:
    from cli.printing import local, one_line, say, style_of

    colour = desk.colour_word(part.colour)
    what = "办理过程" if part.subject.startswith("matter:") else part.subject
    say(
        f"{what}  {colour}（事项 {part.code or '未派单'} 现为{desk.colour_word(part.standing)}）",
        style=style_of(part.colour),
    )
    if part.text:
        say(f"  {one_line(part.text, 200)}")
    for reason in part.record["reasons"]:
        say(f"  · {reason}")
    absent = [item.removesuffix(_ABSENT) for item in part.record["missing"] if item.endswith(_ABSENT)]
    unknown = [item for item in part.record["missing"] if not item.endswith(_ABSENT)]
    if unknown:
        say(f"  · 缺：{'、'.join(unknown)}")
    if absent:
        say(f"  · 这个来源没有的项，不作判断：{'、'.join(absent)}")
    for rule, title, explanation in part.rules:
        verdict = {True: "命中", False: "未命中", None: "无法判断"}[explanation.verdict]
        say(f"  {rule} {title}：{verdict}")
        _lines(desk, explanation, why_not=bool(why_not))
    say(f"  规则集 {part.record['rulebook'][:12]}，研判于 {local(part.known_at)}；sanse replay 可逐字节重做")


def _lines(desk: Desk, explanation: Explanation, *, why_not: bool) -> None:
    from cli.printing import say
    from engine.assessment import show

    for leaf in explanation.lines:
        feature = desk.rulebook.features.get(leaf.feature)
        title = feature.title if feature else leaf.feature
        bound = leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,)
        wanted = "、".join(show(value, feature) for value in bound)
        named = f"（{leaf.parameter}）" if leaf.parameter else ""
        state = {"absent": "来源没有这一项", "unknown": "未知"}.get(leaf.state)
        actual = state or (show(leaf.actual, feature) if leaf.actual is not None else "未知")
        sign = {True: "✓", False: "✗", None: "？"}[leaf.verdict]
        say(f"      {sign} {title}：{actual}；要求{_RULE_WORDS.get(leaf.operator, leaf.operator)}{wanted}{named}")


def replay(
    references: Annotated[list[str] | None, typer.Argument(help="事项编号或来件 id", show_default=False)] = None,
    size: Annotated[int, typer.Option("--sample", help="从全部研判中均匀抽取多少件", min=0)] = 0,
    from_raw: Annotated[
        bool, typer.Option("--from-raw", help="从原始行重做：按当时的次序，在一个临时的空库里从头来过")
    ] = False,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """用存下的事实和规则（或从原始行）重做旧的研判，逐字节比较；有不同则退出码为 1。"""
    from cli.printing import line, local, progress, say
    from cli.wiring import desk_of

    if not references and not size and not from_raw:
        raise UsageError("没有说要重做哪些", hint="写编号，或用 --sample 100，或用 --from-raw 从原始行全部重做")
    if size and from_raw:
        raise UsageError("--from-raw 总是从头做起，不用抽样", hint="去掉 --sample，或写出要比较的编号")
    same = different = purged = 0
    with desk_of(config, steadfast=True) as desk, progress("重做研判", size or None, quiet=as_json) as advance:
        for result in _again(desk, references or (), size, from_raw=from_raw):
            gone = getattr(result, "purged", "")
            same, purged, different = (
                same + result.same,
                purged + bool(gone),
                different + (not result.same and not gone),
            )
            advance(1)
            if as_json:
                line(result)
            elif not result.same or references:
                word = "一致" if result.same else "已清除" if gone else "不同"
                say(f"{word}：{result.subject}（{local(result.known_at)}）")
                for difference in (gone,) if gone else getattr(result, "differences", ()):
                    say(f"    {difference}")
    if not as_json:
        told = f"，已清除 {purged}（用存下的事实仍可重做）" if purged else ""
        say(f"重做 {same + different + purged} 件：一致 {same}，不同 {different}{told}")
    if different:
        raise typer.Exit(1)


def _again(desk: Desk, references: Sequence[str], size: int, *, from_raw: bool) -> Iterator[Rebuilt | Replayed]:
    """The decisions asked for, made again."""
    from engine.desk.rebuilding import rebuild
    from engine.desk.replaying import replay, sample

    if from_raw:
        return rebuild(desk, references)
    return replay(desk, references) if references else sample(desk, size)
