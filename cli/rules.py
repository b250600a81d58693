"""Rules: lint, test, schema.

In: a folder of rules. Out: findings with file, line, code and hint. Not here: what rules mean (`engine.ruleset`, `engine.workbench`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson

rules = typer.Typer(help="规则：检查、测试、编辑器用的格式说明", no_args_is_help=True)
Folder = Annotated[
    Path | None, typer.Option("--rules", help="规则目录；默认当前目录的 rules，没有则用自带的", show_default=False)
]


def _folder(given: Path | None) -> Path:
    from engine.ruleset import loader

    here = Path("rules")
    return given or (here if here.is_dir() else loader.shipped())


@rules.command()
def lint(rules_folder: Folder = None, as_json: AsJson = False) -> None:
    """一次列出全部问题；有问题则退出码为 1。"""
    from cli.printing import line, say
    from engine.ruleset import loader
    from engine.workbench.lint import lint as linted

    folder = _folder(rules_folder)
    faults = linted(loader.read_folder(folder))
    for fault in faults:
        line(fault) if as_json else say(str(fault))
    if not as_json:
        say(f"{folder}：{len(faults)} 处问题" if faults else f"{folder}：没有问题")
    if faults:
        raise typer.Exit(1)


@rules.command()
def test(rules_folder: Folder = None, as_json: AsJson = False) -> None:
    """运行写在规则旁边的测试；有不通过或一个测试也没有则退出码为 1。"""
    from cli.printing import line, say
    from cli.wiring import rulebook_of
    from engine.workbench.examples import run

    results = run(rulebook_of(_folder(rules_folder)))
    failed = [result for result in results if not result.passed]
    for result in results if as_json else failed:
        line(result) if as_json else say(
            f"✗ {result.rule} {result.name}（{result.file}:{result.line}）：{result.message}"
        )
    if not as_json:
        say(
            f"{len(results)} 个测试，通过 {len(results) - len(failed)}，不通过 {len(failed)}"
            if results
            else "一个测试也没有，这本身就是问题"
        )
    if failed or not results:
        raise typer.Exit(1)


@rules.command()
def schema(
    folder: Annotated[Path | None, typer.Option("--dir", help="写到哪个目录；不写则打印", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """规则文件的 JSON Schema，给编辑器用。"""
    import json

    from cli.printing import line, say
    from engine.ruleset.schema import schemas

    made = schemas()
    if folder is None:
        line(made) if as_json else print(json.dumps(made, ensure_ascii=False, indent=2))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in made.items():
        target = folder / f"{name.replace('/', '-').replace('*', 'any').removesuffix('.yaml')}.schema.json"
        target.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
        line({"file": str(target)}) if as_json else say(f"已写入 {target}")
