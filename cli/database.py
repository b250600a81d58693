"""Database: made, brought to this release, examined, backed up and put back.

In: a configuration. Out: calls of the desk. Not here: what is kept (`engine.store`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CONFIG, Anchors, AsJson, ConfigPath, Now, Reason

if TYPE_CHECKING:
    from engine.desk.backups import Restored
    from engine.desk.retention import Term

CLASSES = {"raw": "原始行", "records": "来件正文和身份摘要", "decisions": "办理文字", "access": "读入记录"}

_COUNTED = {"sightings": "来件", "versions": "版本", "assessments": "研判", "matters": "事项", "audit": "审计"}

db = typer.Typer(help="数据库：升级、检查、备份、恢复", no_args_is_help=True)


@db.command()
def upgrade(config: ConfigPath = CONFIG, as_json: AsJson = False) -> None:
    """建库，或升级到本版本；先备份。"""
    from cli.printing import line, say
    from cli.wiring import real_clock
    from engine.config import load_config
    from engine.desk import create

    before = create(load_config(config), at=real_clock())
    line({"before": before}) if as_json else say("已是本版本" if before else "数据库已建好")


@db.command()
def verify(
    deep: Annotated[bool, typer.Option("--deep", help="打开每个加密格，重算每条研判的摘要")] = False,
    anchors: Anchors = None,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """检查整个数据库；有问题则退出码为 1。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, lines_of
    from engine.desk.health import verify as examined

    with desk_of(config, bare=True) as desk:
        result = examined(desk, deep=deep, anchors=lines_of(anchors))
        if as_json:
            line({"sound": result.sound, "counts": result.counts, "findings": result.findings,
                  "audit": [str(finding) for finding in result.audit.findings]})  # fmt: skip
        else:
            say("、".join(f"{word} {result.counts.get(table, '读不出')}" for table, word in _COUNTED.items()))
            for finding in (*result.findings, *map(str, result.audit.findings)):
                say(f"  问题：{finding}", style="bold red")
            say("检查完毕：没有问题" if result.sound else "检查完毕：有问题，请保留现场并联系管理员")
    if not result.sound:
        raise typer.Exit(1)


@db.command()
def backup(
    to: Annotated[
        Path | None, typer.Option("--to", help="写到哪个目录；默认是配置的 backup.folder", show_default=False)
    ] = None,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """把整个数据库备份成一个新文件，不用停机；密钥不在里面。"""
    from cli.printing import line, say
    from cli.wiring import desk_of
    from engine.desk.backups import backup as backed_up

    with desk_of(config, now, bare=True) as desk:
        made = backed_up(desk, to or desk.config.folder / desk.config.backup.folder)
    if as_json:
        line({"path": str(made.path), **made.manifest.model_dump()})
        return
    held = made.manifest
    say(
        f"已备份到 {made.path}：来件 {held.rows['sightings']}、研判 {held.rows['assessments']}、审计到第 {held.audit_seq} 条"
    )
    say("密钥不在备份里：密钥文件另存一处，与备份分开放。")


@db.command()
def export(
    parquet: Annotated[Path, typer.Option("--parquet", help="写到哪个新目录", show_default=False)],
    reason: Reason = "",
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """把重判要用的各列导出成 Parquet 文件：没有正文、姓名，摘要换过盐；要写明用途，记入审计日志。"""
    from cli.printing import line, progress, say
    from cli.wiring import desk_of, person_of
    from engine.desk.exchange import export as exported

    with desk_of(config, now, bare=True) as desk, progress("导出", quiet=as_json) as advance:
        made = exported(desk, person_of(desk), parquet, reason=reason, advance=advance)
    if as_json:
        line({"path": str(parquet), "rows": made.rows})
        return
    say(
        f"已导出到 {parquet}：来件 {made.rows['records']}、办理动作 {made.rows['actions']}、研判 {made.rows['verdicts']}"
    )
    say("里面有来件编号、时间、地点类别和事实，仍是个人信息：用完就删。试规则：sanse rescore --from-parquet 目录")


@db.command("rotate-keys")
def rotate_keys(config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False) -> None:
    """换加密密钥：每个加密格换用新密钥；中途停了再运行一次，接着做完。"""
    from cli.printing import line, progress, say
    from cli.wiring import desk_of, person_of
    from engine.config import read_keys
    from engine.desk.rotation import rotate

    done = 0
    with desk_of(config, now, bare=True) as desk, progress("换密钥", quiet=as_json) as advance:
        for cells in rotate(desk, person_of(desk)):
            advance(cells)
            done += cells
        kept, generation = desk.config.key_file.name, read_keys(desk.config.key_file).generation
    if as_json:
        line({"resealed": done, "generation": generation})
        return
    say(f"已换用第 {generation} 代密钥，{done} 个加密格已重新加密。新的密钥文件 {kept} 请另存一份到别处。")
    say(f"换之前的密钥在 {kept}.{generation - 1}：恢复以前的备份要用它，和那些备份一起保管；备份都清掉以后销毁。")


@db.command()
def purge(
    yes: Annotated[bool, typer.Option("--yes", help="真的清除；不写只说会清除什么")] = False,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """清除过了保存期限的原始行、正文、身份摘要和办理文字；默认只说会清除什么。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk.retention import preview
    from engine.desk.retention import purge as purged

    with desk_of(config, now, bare=True) as desk:
        terms = purged(desk, person_of(desk)) if yes else preview(desk)
    if as_json:
        for term in terms:
            line({"done": yes, **term.told()})
        return
    for term in terms:
        _say_term(term, "已清除" if yes else "会清除")
    say(
        "数据库文件已整理。以前的备份里还有这些内容：过期的备份也要清掉。"
        if yes
        else "什么也没有动；真的清除加 --yes。"
    )


def _say_term(term: Term, word: str) -> None:
    from cli.printing import local, say

    kept = {"保全": term.held, "未办结": term.open, "连着较新的来件": term.younger}
    stays = "、".join(f"{why} {count}" for why, count in kept.items() if count)
    say(
        f"{CLASSES[term.aim]}（{term.rule}，早于 {local(term.before)}）：{word} {term.matters} 个事项 {term.records} 件来件，"
        f"另 {term.rows} 行" + (f"；留下：{stays}" if stays else "")
    )


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件", show_default=False)],
    deep: Annotated[bool, typer.Option("--verify", help="恢复前打开每个加密格，并多抽研判重做")] = False,
    config: ConfigPath = CONFIG,
    as_json: AsJson = False,
) -> None:
    """把备份恢复到一个空的地方；先核对清单、审计链，抽研判重做，不对就什么也不动。"""
    from cli.printing import line
    from cli.wiring import real_clock
    from engine.config import load_config
    from engine.desk.backups import restore as restored

    done = restored(load_config(config), file, real_clock, deep=deep)
    if as_json:
        line({"replayed": done.replayed, "deep": done.deep, "missing": done.missing, **done.manifest.model_dump()})
    else:
        _tell(done)


def _tell(done: Restored) -> None:
    from cli.printing import local, say

    held = done.manifest
    say(
        f"已恢复 {local(datetime.fromisoformat(held.made_at))} 的备份：来件 {held.rows['sightings']}、研判 {held.rows['assessments']}、"
        f"审计 {held.audit_seq} 条；清单、审计链{'、每个加密格' if done.deep else ''}核对无误，{done.replayed} 个研判重做相同"
    )
    for missing in done.missing:
        say(f"  还要看：{missing}")
