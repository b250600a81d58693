"""Forms of tests: every key of chapter 7 is one, and a strange one is told with the nearest."""

from __future__ import annotations

from pathlib import Path

from engine.workbench.testing.forms import Example, Expected, Given, Record, Step, wrong

LANGUAGE = Path(__file__).parents[2] / "docs" / "rule-language.md"


def test_a_good_test_has_no_faults() -> None:
    assert list(wrong({"name": "好", "incident": {"heads": None}, "expect": {"match": True}})) == []
    assert list(wrong({"name": "步", "steps": [{"as_of": "+1d", "expect": {"colour": "red"}}]})) == []


def test_all_faults_of_a_test_come_at_once() -> None:
    told = list(wrong({"name": "坏", "icident": {}, "expect": {"colour": "blue", "match": "是"}}))
    assert len(told) == 3
    assert any("是不是“incident”" in one for one in told)
    assert any("expect.colour" in one for one in told)


def test_every_key_stands_in_the_language() -> None:
    page = LANGUAGE.read_text(encoding="utf-8")
    chapter = page[page.index("## 2.") : page.index("## 3.")] + page[page.index("## 7.") : page.index("## 8.")]
    keys = {name for form in (Record, Given, Expected, Step, Example) for name in form.model_fields}
    assert sorted(name for name in keys if name not in chapter) == []
