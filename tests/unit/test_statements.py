"""The threat model and the impact assessment: what they claim is held by tests that exist, and they say what is not held."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THREATS, IMPACT = (ROOT / "docs" / name for name in ("threat-model.md", "impact-assessment.md"))
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CLAIMS = sorted({claim for page in (THREATS, IMPACT) for claim in NAMED.findall(page.read_text(encoding="utf-8"))})


@cache
def functions_of(file: str) -> frozenset[str]:
    """The functions of a module, those of its classes too."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "test"), CLAIMS, ids=[test for _, test in CLAIMS])
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    assert test.startswith("test_")
    assert test in functions_of(file)


def test_every_defence_names_a_test() -> None:
    defences = THREATS.read_text(encoding="utf-8").split("## 三、防线")[1].split("## 四、")[0]
    rows = [line for line in defences.splitlines() if line.startswith("| ") and not line.startswith(("| 威胁", "|---"))]
    assert len(rows) >= 40
    assert [row for row in rows if not NAMED.search(row)] == []


def test_what_is_not_defended_is_said() -> None:
    rest = THREATS.read_text(encoding="utf-8").split("## 四、没有防住的")[1]
    assert rest.count("\n- ") >= 10


def test_the_assessment_leaves_to_the_centre_what_is_the_centre_s() -> None:
    text = IMPACT.read_text(encoding="utf-8")
    assert text.count("【") == text.count("】") >= 40
    asked = ("第五十五条", "第五十六条", "第二十四条", "至少保存三年", "保存期限", "谁能看", "拒绝仅由机器决定", "结论")
    assert [words for words in asked if words not in text] == []
