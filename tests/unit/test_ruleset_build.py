"""Building rules: effects, flags, invariants, layers, what may be read by what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.model import Colour
from engine.ruleset import loader
from engine.ruleset.tree import OnMissing, Reference, Rulebook

FACTS = """features:
  record.heads: {title: 人数, field: heads}
  record.weapon: {title: 持械, field: weapon}
  caller.n: {title: 次数, count: incidents, same: caller, within: 30d}
  phone.n: {title: 次数, count: incidents, same: phone, within: 30d}
  pair.n: {title: 次数, count: incidents, same: pair, within: 30d}
  matter.tries: {title: 调解, count: actions, same: matter, where: {action: mediation_tried}}
  process.days_open: {title: 天数, process: days_open}
parameters:
  limit.a: {title: 甲, values: [{from: '2025-01-01', value: 3, source: 惯例}]}
"""


def loaded(rules: str, *, never: str = "") -> Rulebook:
    return loader.load({"a.yaml": (FACTS + rules + never).encode()})


def codes(rules: str, *, never: str = "") -> list[str]:
    return [fault.code for fault in loader.check({"a.yaml": (FACTS + rules + never).encode()})[1]]


def rule(let: str, *, effect: str = "colour: yellow, because: 甲", more: str = "", id_: str = "Y1") -> str:
    return f"  - {{id: {id_}, title: 甲, status: live, {effect}, let: {{{let}}}{more}}}\n"


HEADS = "x: {feature: record.heads, at_least: 3}"


@pytest.mark.parametrize(
    ("effect", "found"),
    [
        ("colour: yellow, because: 甲", []),
        ("points: 1, because: 甲", []),
        ("points: 100, because: 甲", []),
        ("conclude: {a.b: true}", []),
        ("flag: {title: 甲, expires: 90d}, because: 甲", []),
        ("because: 甲", ["R102"]),
        ("colour: red, points: 3, because: 甲, advice: 办", ["R102"]),
        ("colour: yellow", ["R116"]),
        ("colour: red, because: 甲", ["R119"]),
        ("points: 0, because: 甲", ["S002"]),
        ("points: 101, because: 甲", ["S002"]),
        ("colour: green, because: 甲", ["S002"]),
        ("conclude: {a.b: false}", ["S002"]),
        ("conclude: {a.b: true, a.c: true}", ["S002"]),
        ("flag: {title: 甲, expires: soon}, because: 甲", ["S002"]),
    ],
)
def test_a_rule_has_one_effect(effect: str, found: list[str]) -> None:
    assert codes("rules:\n" + rule(HEADS, effect=effect)) == found


def test_a_flag_has_its_checks() -> None:
    effect = "flag: {title: 复核, expires: 90d, unless: {armed: {feature: record.weapon, is: true}}}, because: 甲"
    (held,) = loaded("rules:\n" + rule("x: {feature: caller.n, at_least: $limit.a}", effect=effect)).rules
    assert held.flag is not None
    assert held.flag.expires == timedelta(days=90)
    assert held.flag.unless["armed"].feature == "record.weapon"
    assert held.let["x"].bound == Reference("limit.a")


@pytest.mark.parametrize("fact", ["caller.n", "phone.n", "pair.n"])
def test_only_flags_look_at_callers(fact: str) -> None:
    assert codes("rules:\n" + rule(f"x: {{feature: {fact}, at_least: 3}}")) == ["R114"]
    flag = "flag: {title: 复核, expires: 90d}, because: 甲"
    assert codes("rules:\n" + rule(f"x: {{feature: {fact}, at_least: 3}}", effect=flag)) == []


def test_rules_of_the_process_read_nothing_of_records() -> None:
    days, tries = "x: {feature: process.days_open, at_least: 3}", "y: {feature: matter.tries, at_least: 1}"
    (held,) = loaded("rules:\n" + rule(f"{days}, {tries}")).rules
    assert (held.process_rule, held.matter_rule) == (True, True)
    (held,) = loaded("rules:\n" + rule(tries)).rules
    assert (held.process_rule, held.matter_rule) == (False, True)
    (held,) = loaded("rules:\n" + rule(f"{tries}, {HEADS}")).rules
    assert (held.process_rule, held.matter_rule) == (False, False)
    heads = "z: {feature: record.heads, at_least: 3}"
    assert codes("rules:\n" + rule(f"{days}, {heads}")) == ["R115"]


def test_answers_to_the_unknown() -> None:
    (held,) = loaded("rules:\n" + rule(HEADS, more=", on_missing: {record.heads: yes}")).rules
    assert held.on_missing == {"record.heads": OnMissing.YES}
    assert codes("rules:\n" + rule(HEADS, more=", on_missing: {record.weapon: yes}")) == ["R111"]
    assert codes("rules:\n" + rule(HEADS, more=", on_missing: {record.heads: maybe}")) == ["S002"]


@pytest.mark.parametrize(
    ("because", "found"),
    [
        ("人数{record.heads}，阈值{$limit.a}", []),
        ("[{?record.weapon}持械][{!record.heads}人数不明]", []),
        ("{ record.heads }", []),
        ("{record.head}", ["R110"]),
        ("{$limit.b}", ["R110"]),
        ("{?record.none}", ["R110"]),
        ("{$record.heads}", ["R110"]),
    ],
)
def test_reasons_name_facts_and_parameters(because: str, found: list[str]) -> None:
    assert codes("rules:\n" + rule(HEADS, effect=f"colour: yellow, because: '{because}'")) == found


def test_layers_follow_what_is_concluded() -> None:
    chain = "".join(
        rule(f"x: {{feature: {of}, is: true}}", effect=f"conclude: {{{makes}: true}}", id_=id_)
        for id_, of, makes in (("C3", "a.two", "a.three"), ("C1", "record.weapon", "a.one"), ("C2", "a.one", "a.two"))
    )
    book = loaded("rules:\n" + chain + rule("x: {feature: a.three, is: true}", id_="Y9"))
    assert {held.id: held.layer for held in book.rules} == {"C3": 2, "C1": 0, "C2": 1, "Y9": 3}


def test_circles_of_conclusions() -> None:
    circle = "".join(
        rule(f"x: {{feature: {of}, is: true}}", effect=f"conclude: {{{makes}: true}}", id_=id_)
        for id_, of, makes in (("C1", "a.two", "a.one"), ("C2", "a.one", "a.two"))
    )
    assert codes("rules:\n" + circle) == ["R113"]
    own = rule("x: {feature: a.one, is: true}", effect="conclude: {a.one: true}", id_="C1")
    assert codes("rules:\n" + own) == ["R113"]


def test_ids_are_given_once_over_rules_and_invariants() -> None:
    never = "never:\n  - {id: Y1, title: 绝不, colour: [green], let: {x: {feature: record.weapon, is: true}}}\n"
    assert codes("rules:\n" + rule(HEADS), never=never) == ["R101"]


def test_invariants() -> None:
    never = "never:\n  - {id: N1, title: 绝不, colour: [green, yellow], let: {x: {feature: record.weapon, is: true}}}\n"
    (held,) = loaded("rules:\n" + rule(HEADS), never=never).nevers
    assert (held.id, held.colours) == ("N1", (Colour.GREEN, Colour.YELLOW))
    assert codes("rules:\n" + rule(HEADS), never=never.replace("green, yellow", "red")) == ["S002"]
