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
