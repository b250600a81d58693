"""Rules at a terminal: clean rules say so, faults come all at once with file and line, schemas are written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.ruleset import loader
from tests.console import Console


@pytest.fixture
def rules(tmp_path: Path) -> Console:
    """A folder with a copy of the shipped rules."""
    shutil.copytree(loader.shipped(), tmp_path / "rules")
    return Console(tmp_path)


def test_the_rules_of_the_current_folder_are_linted_and_else_the_shipped_ones(rules: Console, tmp_path: Path) -> None:
    assert rules.ok("rules", "lint").out == "rules：没有问题\n"
    (tmp_path / "elsewhere").mkdir()
    assert str(loader.shipped()) in Console(tmp_path / "elsewhere").ok("rules", "lint").out


def test_every_fault_comes_with_file_line_and_hint(rules: Console) -> None:
    file = rules.folder / "rules" / "repeats.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("when: thrice or steady", "when: thrice or nothing").replace("id: Y2", "id: R6")
    file.write_text(text, encoding="utf-8")
    ran = rules.run("rules", "lint", "--json")
    assert ran.code == 1
    assert len(ran.lines) >= 2
    assert all(line["place"]["file"] == "repeats.yaml" and line["place"]["line"] > 1 for line in ran.lines)
    assert "处问题" in rules.run("rules", "lint").out


def test_the_tests_beside_the_rules_run_and_a_failing_one_is_named(rules: Console) -> None:
    file = rules.folder / "rules" / "repeats.yaml"
    text = file.read_text(encoding="utf-8")
    broken = text.replace("{name: 第二次, given: [{at: -30d, same: [matter]}]", "{name: 第二次, given: []", 1)
    assert broken != text
    file.write_text(broken, encoding="utf-8")
    ran = rules.run("rules", "test")
    assert ran.code == 1
    assert "✗ Y2 第二次（repeats.yaml:" in ran.out
    assert "不通过 1" in ran.out


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    ran = Console(tmp_path).run("rules", "lint", "--rules", tmp_path)
    assert (ran.code, "没有规则文件" in ran.err) == (2, True)


def test_schemas_are_printed_or_written(tmp_path: Path) -> None:
    console = Console(tmp_path)
    printed = json.loads(console.ok("rules", "schema").out)
    assert printed
    files = [Path(line["file"]) for line in console.ok("rules", "schema", "--dir", "schemas", "--json").lines]
    assert len(files) == len(printed)
    assert {json.loads((tmp_path / file).read_text(encoding="utf-8"))["type"] for file in files} == {"object"}


def test_coverage_is_told_with_its_sums_and_fails_below_the_threshold(rules: Console, tmp_path: Path) -> None:
    assert "条件覆盖 100%" in rules.ok("rules", "coverage").out
    file = rules.folder / "rules" / "groups.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text("\n".join(one for one in text.split("\n") if "name: 差一分" not in one), encoding="utf-8")
    ran = rules.run("rules", "coverage", "--junit", tmp_path / "coverage.xml")
    assert ran.code == 1
    assert "R11 amount：没有测试试过 49999999" in ran.out
    assert "<failure" in (tmp_path / "coverage.xml").read_text(encoding="utf-8")
    lenient = rules.ok("rules", "coverage", "--at-least", "90", "--json")
    assert 90 <= lenient.lines[-1]["percent"] < 100
    assert lenient.lines[-1]["missed"] == sum(line.get("state") == "missed" for line in lenient.lines)


def test_a_word_entry_without_a_sentence_is_missing_in_coverage(rules: Console) -> None:
    file = rules.folder / "rules" / "words" / "people.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("        - 家里有卧床老母\n") == 1
    file.write_text(text.replace("        - 家里有卧床老母\n", ""), encoding="utf-8")
    ran = rules.run("rules", "coverage")
    assert ran.code == 1
    assert "词条没有例句守着：elder" in ran.out


def test_sayings_are_kept_and_a_word_that_is_lost_is_missed(tmp_path: Path) -> None:
    base = Path(__file__).parents[2] / "fixtures" / "bad_rules" / "lint" / "base"
    shutil.copytree(base, tmp_path / "rules")
    console, file = Console(tmp_path), tmp_path / "rules" / "more.yaml"
    kept = tmp_path / "rules" / "words" / "sayings.yaml"
    text = "words:\n  land:\n    title: 地\n    entries: [{pattern: (宅基|自留|承包)地}]\n"
    file.write_text(text, encoding="utf-8")
    assert "land：3 句，另有 0 个词没有哪一句离不了它" in console.ok("rules", "sayings").out
    assert not kept.exists()
    assert console.ok("rules", "sayings", "--write", "--json").lines[-1]["file"].endswith("sayings.yaml")
    console.ok("rules", "test")
    file.write_text(text.replace("自留|", ""), encoding="utf-8")
    ran = console.run("rules", "test")
    assert ran.code == 1
    assert "✗ land 存着的说法（more.yaml:2）：找不到 自留地" in ran.out


def test_rules_without_a_test_are_never_enough(tmp_path: Path) -> None:
    shutil.copytree(loader.shipped(), tmp_path / "rules")
    for name in ("danger", "violence", "repeats", "groups", "process", "quality", "flags"):
        (tmp_path / "rules" / f"{name}.yaml").unlink()
    for command in (("coverage", "--at-least", "0"), ("test",)):
        assert Console(tmp_path).run("rules", *command).code == 1


def test_results_are_also_written_for_build_servers(rules: Console, tmp_path: Path) -> None:
    rules.ok("rules", "test", "--junit", tmp_path / "tests.xml")
    written = (tmp_path / "tests.xml").read_text(encoding="utf-8")
    assert written.count("<testcase") == len(rules.ok("rules", "test", "--json").lines)


def test_mistakes_that_no_test_notices_are_told_with_a_ready_test(rules: Console) -> None:
    told = rules.ok("rules", "mutate").out
    assert "变异得分 100%" in told
    file = rules.folder / "rules" / "groups.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text("\n".join(one for one in text.split("\n") if "name: 九人," not in one), encoding="utf-8")
    ran = rules.run("rules", "mutate", "--at-least", "100")
    assert ran.code == 1
    assert "R10 没有测试发现：many: at_least 9" in ran.out
    assert "generated: true" in ran.out
    lines = rules.ok("rules", "mutate", "--json").lines
    assert sum(line.get("fate") == "survived" for line in lines) == lines[-1]["survived"]


def test_the_shipped_rules_are_proved_and_what_no_rule_sees_is_shown(rules: Console) -> None:
    ran = rules.ok("rules", "prove", "--seconds", "600")
    assert "没有要改的" in ran.out
    assert "供参考：并非每件来件都有规则看见" in ran.out
    lines = rules.ok("rules", "prove", "--seconds", "600", "--json").lines
    assert lines[-1] == {"asked": len(lines) - 1, "findings": 0}
    assert {line["verdict"] for line in lines[:-1]} == {"proved", "refuted"}


def test_a_rule_that_never_decides_is_a_finding_with_its_place(rules: Console) -> None:
    more = """rules:
  - id: Z1
    title: 正在施暴的另一种写法
    status: live
    colour: red
    let: {assault: {feature: words.assault_now, is: true}}
    because: 正在施暴{words.assault_now}
    advice: 立即处置
"""
    (rules.folder / "rules" / "more.yaml").write_text(more, encoding="utf-8")
    ran = rules.run("rules", "prove", "--seconds", "600")
    assert ran.code == 1
    assert "more.yaml:2:5 [P205] 已证明：规则 Z1 从来不起决定作用：它说话时 P0 已经说了" in ran.out


def test_a_day_that_is_none_is_refused(rules: Console) -> None:
    assert rules.run("rules", "prove", "--on", "昨天").code == 2


def test_what_a_change_means_is_proved_or_shown(rules: Console) -> None:
    before = rules.folder / "before"
    shutil.copytree(rules.folder / "rules", before)
    ran = rules.ok("rules", "diff", str(before), "--seconds", "600")
    assert ran.out.count("已证明：没有一件来件从") == 6
    file = rules.folder / "rules" / "parameters.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("value: 10000000,") == 1
    file.write_text(text.replace("value: 10000000,", "value: 20000000,"), encoding="utf-8")
    ran = rules.run("rules", "diff", str(before), "--seconds", "600")
    assert ran.code == 1
    assert "被推翻：没有一件来件从黄变绿" in ran.out
    assert "原来：Y6" in ran.out
    assert "现在：G0" in ran.out
    changed = [line for line in rules.run("rules", "diff", str(before), "rules", "--json").lines if line["old"]]
    assert [(line["before"], line["after"]) for line in changed] == [("yellow", "green")]
