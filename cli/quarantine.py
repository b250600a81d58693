"""Quarantine: bad rows listed, exported, tried again.

In: options. Out: calls of the desk, workbooks written and read. Not here: why a row is bad.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import CONFIG, AsJson, ConfigPath, Now, Reason
from engine.errors import UsageError

quarantine = typer.Typer(help="隔离区：读不懂的行，一行都不会丢", no_args_is_help=True)


@quarantine.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", help="最多多少行", min=1)] = 50,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """待处理的行和原因；文字涉险的排在最前。"""
    from cli.printing import line, say, style_of, table
    from cli.wiring import desk_of
    from engine.desk.quarantine import held, waiting

    with desk_of(config, steadfast=True) as desk:
        rows = held(desk, limit=limit)
        if as_json:
            for one in rows:
                row = one.row
                line(
                    {"id": row.id, "source": row.source, "kind": row.kind, "row": row.row, "source_id": row.source_id,
                     "code": row.code, "reason": one.reason, "colour": row.colour, "times": row.times,
                     "values": one.cells}
                )  # fmt: skip
            return
        table(
            ("编号", "来源", "行", "原因", "提示"),
            [
                (
                    str(one.row.id),
                    one.row.source,
                    str(one.row.row),
                    one.reason,
                    ("来件有误，内容涉险", style_of(one.row.colour)) if one.row.colour else "",
                )
                for one in rows
            ],
        )
        total = waiting(desk)
        more = f"，列出 {len(rows)} 行；--limit 可加长" if total > len(rows) else ""
        say(f"{total} 行待处理{more}" if rows else "没有待处理的行")


@quarantine.command()
def export(
    file: Annotated[Path, typer.Option("--file", help="写到哪个 xlsx", show_default=False)],
    unmask: Annotated[bool, typer.Option("--unmask", help="电话、证件号不打码；要写理由，记入审计")] = False,
    reason: Reason = "",
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """导出待处理的行，改正后交给 retry；打了码的格子不用改，原值会接回去。"""
    from adapters.sheets import write_sheets
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk.quarantine import NUMBER, REASON, held, in_sheet, unmasked

    with desk_of(config, steadfast=True) as desk:
        rows = unmasked(desk, person_of(desk), reason=reason) if unmask else held(desk, limit=1_000_000)
        sheets: dict[str, list[dict[str, object]]] = {}
        for one in rows:
            cells = {header: in_sheet(cell) for header, cell in one.cells.items()}
            cells = {NUMBER: one.row.id, REASON: in_sheet(one.reason), **cells}
            sheets.setdefault(one.row.source, []).append(cells)
        write_sheets(file, sheets)
        if as_json:
            line({"file": str(file), "rows": len(rows)})
        else:
            say(f"已导出 {len(rows)} 行到 {file}，改正后运行 sanse quarantine retry --file {file}")


@quarantine.command()
def retry(
    file: Annotated[
        Path | None, typer.Option("--file", help="改正后的 xlsx；不写则原样再试全部", show_default=False)
    ] = None,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """把改正后的行再读一遍；通过的成为来件，没通过的留下。"""
    from adapters.sheets import read_sheets
    from cli.printing import line, say
    from cli.records import counted
    from cli.wiring import desk_of
    from engine.desk.quarantine import NUMBER
    from engine.desk.quarantine import retry as again

    with desk_of(config, now) as desk:
        tally = again(desk, read_sheets(file, header=NUMBER) if file else ())
        if as_json:
            line({**counted(tally), "passed_over": tally.passed_over})
        else:
            passed = tally.read - tally.quarantined
            say(
                f"再试 {tally.read} 行：通过 {passed}（新增 {tally.new}、更新 {tally.updated}、未变 {tally.unchanged}），仍有问题 {tally.quarantined}"
            )
            if tally.passed_over:
                say(f"  跳过 {len(tally.passed_over)} 行，以前已经处理过：{'、'.join(map(str, tally.passed_over))}")


@quarantine.command()
def dismiss(
    reason: Reason,
    numbers: Annotated[list[int] | None, typer.Argument(help="隔离编号", show_default=False)] = None,
    source: Annotated[str, typer.Option("--source", help="选错来源读入的：这个来源的全部", show_default=False)] = "",
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """本来就不是来件的行（合计、备注）：留底，不再提醒。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk.quarantine import dismiss as dismissed

    if not numbers and not source:
        raise UsageError("没有说是哪些行", hint="写隔离编号，或用 --source 指明来源")
    with desk_of(config, now, steadfast=True) as desk:
        count = dismissed(desk, person_of(desk), numbers or (), reason=reason, source=source)
        before = 0 if source else len(set(numbers or ())) - count
        more = f"；另有 {before} 行以前已经处理过" if before else ""
        line({"dismissed": count}) if as_json else say(f"{count} 行不再提醒{more}")
