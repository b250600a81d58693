"""Mutants: every class of mistake that an analyst makes, one at a time, and none that is the rule itself."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.ruleset.condition import written
from engine.workbench.mutants import Mutant, mutants

BOOK = """features:
  record.heads: {title: 人数, field: heads}
  record.kind: {title: 渠道, field: kind}
  matter.n: {title: 件数, count: incidents, same: matter, within: 30d, where: {kind: [grid]}}
  matter.unread: {title: 没人读, count: incidents, same: matter, within: 30d}
rules:
  - id: A
    title: 甲
    status: live
    colour: red
    let:
      many: {feature: record.heads, at_least: 5}
      often: {feature: matter.n, more_than: 2}
      phone: {feature: record.kind, in: [grid, petition]}
    when: many and not often or phone
    because: x
    advice: x
  - id: B
    title: 乙
    status: draft
    colour: red
    let: {many: {feature: record.heads, at_least: 5}}
    because: x
    advice: x
"""


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return list(mutants(loader.load({"a.yaml": BOOK.encode()}), {}))


def what(made: list[Mutant], kind: str) -> set[str]:
    return {mutant.what for mutant in made if mutant.kind == kind}


def test_lines(made: list[Mutant]) -> None:
    assert what(made, "bound") == {
        "many: at_least 4",
        "many: at_least 6",
        "often: more_than 1",
        "often: more_than 3",
    }
    assert what(made, "operator") == {"many: more_than 5", "often: at_least 2"}
    assert what(made, "other side") == {
        "many: less_than 5",
        "often: at_most 2",
        "phone: not_in ('grid', 'petition')",
    }
    assert what(made, "code") == {"phone: in ('petition',)", "phone: in ('grid',)"}


def test_trees(made: list[Mutant]) -> None:
    trees = {written(m.rule.when) for m in made if m.rule and m.kind in ("negation", "and/or", "part dropped")}
    assert trees >= {
        "((many) and (often)) or (phone)",
        "((not (many)) and (not (often))) or (phone)",
        "((many) or (not (often))) or (phone)",
        "((many) and (not (often))) and (phone)",
        "(many) or (phone)",
        "(many) and (not (often))",
        "phone",
    }
    assert "((many) and (not (often))) or (phone)" not in trees


def test_answers_and_effects(made: list[Mutant]) -> None:
    assert what(made, "on_missing") >= {"on_missing record.heads: yes", "on_missing record.heads: no"}
    assert not any("matter.n" in one for one in what(made, "on_missing"))
    assert what(made, "colour") == {"colour: yellow"}
    assert what(made, "status") == {"status: shadow"}


def test_windows(made: list[Mutant]) -> None:
    of_fact = {mutant.what for mutant in made if mutant.of == "matter.n"}
    assert of_fact == {"within 多一秒", "within 少一秒", "same: caller", "including_this: False", "where 少了 kind"}


def test_what_is_not_evaluated_or_not_read_is_left_alone(made: list[Mutant]) -> None:
    assert {mutant.of for mutant in made} == {"A", "matter.n"}
