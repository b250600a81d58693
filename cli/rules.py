"""Rules: lint, prove, diff, test, coverage, mutate, sayings, schema.

In: a folder of rules. Out: findings with file, line, code and hint. Not here: what rules mean (`engine.ruleset`, `engine.workbench`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import AsJson

if TYPE_CHECKING:
    from datetime import date

    from engine.ruleset.tree import Rulebook
    from engine.workbench.places import Places
    from engine.workbench.proof.solving import Budget
    from engine.workbench.testing.coverage import Report

rules = typer.Typer(
    help="规则：检查、证明、比较、测试、测试够不够、测试灵不灵、编辑器用的格式说明", no_args_is_help=True
)
Folder = Annotated[
    Path | None, typer.Option("--rules", help="规则目录；默认当前目录的 rules，没有则用自带的", show_default=False)
]
Junit = Annotated[Path | None, typer.Option("--junit", help="同时写成 JUnit XML，给构建服务器看", show_default=False)]


def _folder(given: Path | None) -> Path:
    from engine.ruleset import loader

    here = Path("rules")
    return given or (here if here.is_dir() else loader.shipped())


def _loaded(given: Path | None) -> tuple[Rulebook, Places]:
    """The rulebook of a folder with the places of its parts; raises RuleError with every fault."""
    from engine.ruleset import loader
    from engine.workbench.places import Places

    files = loader.read_folder(_folder(given))
    seen = loader.survey(files)
    return (loader.load(files) if seen.faults else seen.rulebook), Places(seen.documents)


@rules.command()
def lint(rules_folder: Folder = None, as_json: AsJson = False) -> None:
    """一次列出全部问题；有问题则退出码为 1。"""
    from cli.printing import line, say
    from engine.ruleset import loader
    from engine.workbench.linting.lint import lint as linted

    folder = _folder(rules_folder)
    faults = linted(loader.read_folder(folder))
    for fault in faults:
        line(fault) if as_json else say(str(fault))
    if not as_json:
        say(f"{folder}：{len(faults)} 处问题" if faults else f"{folder}：没有问题")
    if faults:
        raise typer.Exit(1)


Seconds = Annotated[int, typer.Option("--seconds", min=1, help="总共最多用几秒；没来得及的说明未能判定")]


@rules.command()
def prove(
    rules_folder: Folder = None,
    on: Annotated[str, typer.Option("--on", help="用哪一天的阈值，如 2026-01-01；默认最新的", show_default=False)] = "",
    seconds: Seconds = 120,
    show_all: Annotated[bool, typer.Option("--all", help="没有问题的也列出来，连同例子")] = False,
    as_json: AsJson = False,
) -> None:
    """对一切可能的来件证明：有没有死的、被盖住的、互相矛盾的规则，颜色会不会倒着走，底线守不守得住；有问题或未能判定则退出码为 1。"""
    from cli.printing import line, say
    from engine.workbench.proof import words
    from engine.workbench.proof.codes import FOR_INFORMATION
    from engine.workbench.proof.questions import prove as proved

    rulebook, places = _loaded(rules_folder)
    findings = asked = 0
    for answer in proved(rulebook, places, budget(seconds), day=_day(on)):
        asked += 1
        findings += answer.finding
        if as_json:
            line(answer)
        elif answer.finding or show_all or answer.code == FOR_INFORMATION:
            say(words.told(answer))
            for name, case in (("例子", answer.case), ("升高以后", answer.then)):
                if case is not None:
                    say(f"  {name}：{words.witness(case, rulebook)}")
    if as_json:
        line({"asked": asked, "findings": findings})
    else:
        say(f"问了 {asked} 个问题，{findings} 个的答案要看" if findings else f"{asked} 个问题都有答案，没有要改的")
    if findings:
        raise typer.Exit(1)


@rules.command()
def diff(
    old: Annotated[Path, typer.Argument(help="原来的规则目录", show_default=False)],
    new: Annotated[Path | None, typer.Argument(help="新的规则目录；默认当前目录的 rules", show_default=False)] = None,
    seconds: Seconds = 120,
    as_json: AsJson = False,
) -> None:
    """两套规则的意思：证明没有一件来件会变颜色，或给出会变的例子；会变或未能判定则退出码为 1。"""
    from cli.printing import line, say
    from engine.workbench.proof import words
    from engine.workbench.proof.codes import Verdict
    from engine.workbench.proof.meaning import compare

    (before, _), (after, _) = _loaded(old), _loaded(new)
    changes = compare(before, after, budget(seconds))
    for change in changes:
        if as_json:
            line(change)
            continue
        say(f"{words.VERDICTS[change.verdict]}：{change.claim}{f'，因为{change.reason}' if change.reason else ''}")
        if change.old is not None and change.new is not None:
            say(f"  例子：{words.witness(change.old.case, before)}")
            for name, side in (("原来", change.old), ("现在", change.new)):
                say(f"  {name}：{'；'.join(side.reasons)}")
    if any(change.verdict is not Verdict.PROVED for change in changes):
        raise typer.Exit(1)


_FOR_SURVIVORS = 15
"""So many seconds `mutate` may ask whether what survives is the same in truth."""


def budget(seconds: int) -> Budget:
    """So many seconds for the solver."""
    from time import monotonic

    from engine.workbench.proof.solving import Budget

    return Budget(seconds, each=min(seconds, 20), clock=monotonic)


def _day(text: str) -> date | None:
    from datetime import date

    from engine.errors import UsageError

    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise UsageError(f"“{text}”不是日期", hint="写成 2026-01-01") from problem


@rules.command()
def test(rules_folder: Folder = None, junit: Junit = None, as_json: AsJson = False) -> None:
    """运行写在规则、词表、映射和设置旁边的测试；有不通过、或规则旁边一个也没有则退出码为 1。"""
    from cli.printing import line, say
    from cli.wiring import rulebook_of
    from engine.workbench.testing.junit import of_results
    from engine.workbench.testing.suite import run

    rulebook = rulebook_of(_folder(rules_folder))
    results, beside_rules = run(rulebook), any(rule.tests for rule in rulebook.rules)
    failed = [result for result in results if not result.passed]
    todo = sum(result.todo for result in results if result.passed)
    if junit is not None:
        junit.write_bytes(of_results(results))
    for result in results if as_json else failed:
        line(result) if as_json else say(
            f"✗ {result.rule} {result.name}（{result.file}:{result.line}）：{result.message}"
        )
    if not as_json:
        waiting = f"，待办 {todo}" if todo else ""
        say(
            f"{len(results)} 个测试，通过 {len(results) - len(failed) - todo}，不通过 {len(failed)}{waiting}"
            if beside_rules
            else f"规则旁边一个测试也没有，这本身就是问题（别处有 {len(results)} 个）"
        )
    if failed or not beside_rules:
        raise typer.Exit(1)


@rules.command()
def coverage(
    rules_folder: Folder = None,
    at_least: Annotated[int, typer.Option("--at-least", min=0, max=100, help="条件覆盖低于百分之几则退出码为 1")] = 100,
    junit: Junit = None,
    as_json: AsJson = False,
) -> None:
    """旁边的测试够不够：每一行条件真、假、未知、各自起作用，数的边上，每个词条和它的上下文；不够则退出码为 1。"""
    from cli.printing import line
    from engine.workbench.testing.coverage import cover
    from engine.workbench.testing.junit import of_goals

    report = cover(*_loaded(rules_folder))
    if junit is not None:
        junit.write_bytes(of_goals(report.goals))
    if as_json:
        for part in (*report.goals, *report.uses, _totals(report)):
            line(part)
    else:
        _told(report)
    if report.percent < at_least or not report.tests:
        raise typer.Exit(1)


def _totals(report: Report) -> dict[str, int]:
    from engine.workbench.testing.coverage import COUNTING

    return {
        "percent": report.percent,
        "goals": len(report.goals) + sum(use.kind in COUNTING for use in report.uses),
        "missed": len(report.missed) + len(report.untold),
        "tests": report.tests,
        "generated": report.generated,
    }


def _told(report: Report) -> None:
    """What is missing, by place, and the sums."""
    from cli.printing import say
    from engine.workbench.testing.coverage import COUNTING, KINDS, State, told

    for use in report.untold:
        say(f"{use.place} {KINDS[use.kind]}没有例句守着：{use.name}")
    for goal in report.missed:
        say(f"{goal.place} {goal.rule} {goal.line}：{told(goal.want)}")
    for use in report.uses:
        if not use.used and use.kind not in COUNTING:
            say(f"{use.place} {KINDS[use.kind]}没有测试用到：{use.name}")
    for goal in report.goals:
        if goal.state is State.IMPOSSIBLE:
            say(f"{goal.place} {goal.rule} {goal.line}：{told(goal.want)}，证明不可能，不计")
    reached = sum(goal.state is State.REACHED for goal in report.goals)
    told_of = sum(use.kind in COUNTING for use in report.uses)
    can, shown = reached + len(report.missed) + told_of, reached + told_of - len(report.untold)
    say(f"条件覆盖 {report.percent}%：{can} 项里有 {shown} 项")
    for kind, name in KINDS.items():
        of_kind = [use.used for use in report.uses if use.kind == kind]
        say(f"{name} {sum(of_kind)}/{len(of_kind)}")
    share = 100 * report.generated // report.tests if report.tests else 0
    say(f"{report.tests} 个测试算数，机器生成的 {report.generated} 个（{share}%）")


@rules.command()
def mutate(
    rules_folder: Folder = None,
    at_least: Annotated[int, typer.Option("--at-least", min=0, max=100, help="发现的低于百分之几则退出码为 1")] = 95,
    show_words: Annotated[bool, typer.Option("--words", help="也把词条和它们的上下文一处一处删去试，另算")] = False,
    as_json: AsJson = False,
) -> None:
    """把规则一处一处改错，看旁边的测试发现不发现；没有发现的给出一个现成的测试，由人写上期望。"""
    from cli.printing import line, say
    from engine.workbench.mutation import Fate, forget, mutate, ready, score

    rulebook, places = _loaded(rules_folder)
    tried = list(mutate(rulebook, places, budget(_FOR_SURVIVORS)))
    words = list(forget(rulebook, places)) if show_words else []
    survived = [one for one in (*words, *tried) if one.fate is Fate.SURVIVED]
    for one in (*words, *tried) if as_json else survived:
        if as_json:
            line(one)
            continue
        say(f"{one.place} {one.of} 没有测试发现：{one.what}")
        if one.case is not None:
            say(ready(one, rulebook))
    counts = {fate.value: sum(one.fate is fate for one in tried) for fate in Fate}
    if as_json:
        line({"percent": score(tried), **counts})
    else:
        if words:
            say(f"词条和上下文删去 {len(words)} 处，发现 {sum(one.fate is Fate.KILLED for one in words)} 处")
        real = len(tried) - counts["equivalent"]
        say(
            f"改错 {len(tried)} 处，证明与原来一样的 {counts['equivalent']} 处不计；其余 {real} 处发现 {counts['killed']} 处"
        )
        say(f"变异得分 {score(tried)}%")
    if score(tried) < at_least:
        raise typer.Exit(1)


@rules.command()
def sayings(
    rules_folder: Folder = None,
    write: Annotated[bool, typer.Option("--write", help="写进规则目录的 words/sayings.yaml；不写则只打印合计")] = False,
    as_json: AsJson = False,
) -> None:
    """把每张词表找得到的说法存一份：以后少了一个词，rules test 会说哪一句找不到了。"""
    from cli.printing import line, say
    from engine.workbench.testing.sayings import draw_all, written

    rulebook, _ = _loaded(rules_folder)
    drawn = draw_all(rulebook)
    for name, made in drawn.items():
        if as_json:
            line({"words": name, "phrases": len(made.phrases), "missed": made.missed})
        else:
            say(f"{name}：{len(made.phrases)} 句，另有 {len(made.missed)} 个词没有哪一句离不了它")
    if write:
        target = _folder(rules_folder) / "words" / "sayings.yaml"
        target.parent.mkdir(exist_ok=True)
        target.write_text(written(drawn), encoding="utf-8")
        line({"file": str(target)}) if as_json else say(f"已写入 {target}")


@rules.command()
def schema(
    folder: Annotated[Path | None, typer.Option("--dir", help="写到哪个目录；不写则打印", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """规则文件的 JSON Schema，给编辑器用。"""
    import json

    from cli.printing import line, say
    from engine.workbench.schema import schemas

    made = schemas()
    if folder is None:
        line(made) if as_json else print(json.dumps(made, ensure_ascii=False, indent=2))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in made.items():
        target = folder / f"{name}.schema.json"
        target.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
        line({"file": str(target)}) if as_json else say(f"已写入 {target}")
