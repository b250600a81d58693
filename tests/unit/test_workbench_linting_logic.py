"""Logic: conditions that say nothing are found by trying every case; those that say something are not."""

from __future__ import annotations

from engine.ruleset import loader
from engine.workbench.linting.logic import findings
from engine.workbench.places import Places

FACTS = """features:
  record.heads: {title: 人数, field: heads}
  matter.n: {title: 件数, count: incidents, same: matter, within: 30d}
rules:
"""


def rule(id_: str, let: str, when: str = "", colour: str = "yellow", **more: str) -> str:
    keys = {"title": id_, "status": "live", "colour": colour, "let": let, **({"when": when} if when else {}), **more}
    keys |= {"because": keys.get("because", "x"), "advice": "x"}
    return f"  - id: {id_}\n" + "".join(f"    {key}: {value}\n" for key, value in keys.items())


def codes(*rules: str) -> list[str]:
    seen = loader.survey({"a.yaml": (FACTS + "".join(rules)).encode()})
    assert seen.faults == ()
    found = findings(seen.rulebook, Places(seen.documents), seen.rulebook.rules)
    return [fault.code for fault in found]


MANY = "{many: {feature: record.heads, at_least: 5}}"


def test_a_rule_that_says_something_is_left_alone() -> None:
    assert codes(rule("A", MANY)) == []


def test_two_bounds_that_exclude_each_other() -> None:
    let = "{many: {feature: matter.n, at_least: 5}, few: {feature: matter.n, at_most: 4}}"
    assert codes(rule("A", let)) == ["L121"]
    assert codes(rule("A", let, "many or few")) == ["L122"]
    assert codes(rule("A", let, "many and not few")) == []


def test_an_unknown_fact_may_still_be_asked_about() -> None:
    let = "{many: {feature: record.heads, at_least: 5}, few: {feature: record.heads, at_most: 4}}"
    assert codes(rule("A", let)) == ["L128"]
    assert codes(rule("A", let, "many or few")) == []
    assert codes(rule("A", let, on_missing="{record.heads: no}")) == ["L121"]
    assert codes(rule("A", let, on_missing="{record.heads: yes}")) == []


def test_what_only_asks_names_the_facts_that_are_not_known() -> None:
    facts = FACTS.replace("rules:", "  record.amount: {title: 金额, field: amount}\nrules:")
    let = (
        "{many: {feature: record.heads, at_least: 10}, few: {feature: record.heads, at_most: 3}, "
        "often: {feature: matter.n, at_least: 3}, much: {feature: record.amount, at_least: 100}}"
    )
    seen = loader.survey({"a.yaml": (facts + rule("A", let)).encode()})
    (found,) = findings(seen.rulebook, Places(seen.documents), seen.rulebook.rules)
    assert found.message == "规则 A 永远不会命中，只会在record.heads不知道时请人核实"
    two = "{many: {feature: record.heads, at_least: 10}, few: {feature: record.heads, at_most: 3}}"
    assert codes(rule("A", two).replace("live", "shadow")) == ["L128"]


def test_a_bound_that_no_value_reaches() -> None:
    assert codes(rule("A", "{any: {feature: matter.n, at_least: 0}}")) == ["L123"]
    assert codes(rule("A", "{none: {feature: matter.n, less_than: 0}}")) == ["L123"]
    assert codes(rule("A", "{zero: {feature: matter.n, at_most: 0}}")) == []


def test_a_rule_below_another_of_the_same_or_a_higher_colour() -> None:
    few = "{few: {feature: record.heads, at_least: 9}}"
    assert codes(rule("A", MANY, colour="red"), rule("B", few)) == ["L125"]
    assert codes(rule("A", MANY), rule("B", few, colour="red")) == []
    assert codes(rule("A", MANY), rule("B", few, handback="true")) == []
    assert codes(rule("A", MANY), rule("B", "{more: {feature: record.heads, more_than: 4}}")) == ["L124"]


def test_a_rule_that_asks_where_the_other_is_silent_is_not_below_it() -> None:
    assert (
        codes(
            rule("A", MANY, on_missing="{record.heads: no}"), rule("B", "{some: {feature: record.heads, at_least: 6}}")
        )
        == []
    )


def test_a_reason_that_may_have_nothing_to_print() -> None:
    let = "{many: {feature: record.heads, at_least: 5}, often: {feature: matter.n, at_least: 3}}"
    assert codes(rule("A", let, "many or often", because="'{record.heads}人'")) == ["L133"]
    assert codes(rule("A", let, "many and often", because="'{record.heads}人'")) == []
    assert codes(rule("A", let, "many or often", because="'[{record.heads}人]'")) == []
    assert codes(rule("A", let, "many or often", because="'{matter.n}件'")) == []
