"""Small rulebooks for unit tests: rules over a few facts, written in a line each.

In: rules and parameters as plain data. Out: a loaded Rulebook, and FeatureSets. Not here: rulebooks drawn by seed (`tests.property`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.model import FeatureSet, Value
from engine.ruleset import loader
from engine.ruleset.tree import All, Leaf, Name, Operator, Rule, Rulebook, Some
from tests.property.rulebooks import as_files

TOPICS = {"neighbours": {"title": "邻里", "dispute": True}, "noise": {"title": "噪声", "dispute": False}}
FEATURES: Mapping[str, Mapping[str, Any]] = {
    "record.weapon": {"field": "weapon"},
    "record.injury": {"field": "injury"},
    "record.heads": {"field": "heads"},
    "record.topic": {"field": "topic"},
    "record.marks": {"field": "category", "type": "list"},
    "words.knife": {"words": "knife"},
    "matter.failed": {"count": "actions", "same": "matter", "where": {"action": "mediation_failed"}},
    "process.days_open": {"process": "days_open"},
}


def rulebook(
    *rules: Mapping[str, Any],
    parameters: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
    features: Mapping[str, Mapping[str, Any]] | None = None,
    words: Mapping[str, Sequence[Any]] | None = None,
    never: Sequence[Mapping[str, Any]] = (),
) -> Rulebook:
    """A rulebook of these rules over `FEATURES` and more; raises RuleError for a fault."""
    lists = {"knife": ["菜刀"], **(words or {})}
    named = {**FEATURES, **(features or {})}
    dated = {
        name: {"title": name, "values": [{"from": start, "value": value, "source": "测试"} for start, value in values]}
        for name, values in (parameters or {}).items()
    }
    return loader.load(
        as_files(
            rules={"rules": list(rules), "never": list(never)},
            features={"features": {name: {"title": name, **made} for name, made in named.items()}},
            words={"words": {name: {"title": name, "entries": entries} for name, entries in lists.items()}},
            parameters={"parameters": dated},
            topics={"topics": TOPICS},
        )
    )


def rule(id_: str, lines: Mapping[str, tuple[str, str, Any]], when: str = "", **more: Any) -> dict[str, Any]:
    """A live rule for red unless another effect or status is given; `lines` are fact, operator, bound."""
    let = {name: {"feature": fact, operator: bound} for name, (fact, operator, bound) in lines.items()}
    effect = {} if {"points", "conclude", "flag", "colour"} & set(more) else {"colour": "red"}
    written = {"id": id_, "title": id_, "status": "live", "because": "理由", "advice": "建议", "let": let}
    return {**written, **({"when": when} if when else {}), **effect, **more}


def facts(*absent: str, **values: Value | None) -> FeatureSet:
    """Facts by name, `__` for the dot; None is unknown."""
    return FeatureSet({name.replace("__", "."): value for name, value in values.items()}, absent=absent)


def without(rulebook: Rulebook, rule: str, *names: str) -> Rulebook:
    """The rulebook without some tests of a rule."""

    def kept(one: Rule) -> Rule:
        if one.id != rule:
            return one
        left = [
            (test, place) for test, place in zip(one.tests, one.test_places, strict=True) if test["name"] not in names
        ]
        assert len(left) == len(one.tests) - len(names)
        return replace(one, tests=tuple(t for t, _ in left), test_places=tuple(p for _, p in left))

    return replace(rulebook, rules=tuple(kept(one) for one in rulebook.rules))


def with_needless_line(rule: Rule) -> Rule:
    """R8 with a line that can never decide, for it stands only beside one that suffices; any other rule as it is."""
    if rule.id != "R8":
        return rule
    village = Leaf("village", "matter.failed_village", Operator.AT_LEAST, 1)
    parts = (Name("township"), Name("county"), All((Name("village"), Name("county"))))
    return replace(rule, let={**rule.let, "village": village}, when=Some(1, parts))
