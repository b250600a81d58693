"""Mutants: small mistakes put into one rule or one window at a time, as an analyst could make them.

In: a rulebook and the thresholds of a day. Out: mutants, each with a rule or a fact changed in one place. Not here: whether a test notices (`mutation`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.model import Colour, Value
from engine.ruleset.condition import leaves, written
from engine.ruleset.facts import DISTINCT
from engine.ruleset.parameters import bound
from engine.ruleset.tree import (
    All,
    Feature,
    FeatureKind,
    Leaf,
    Name,
    Not,
    OnMissing,
    Operator,
    Rule,
    Rulebook,
    Some,
    Status,
    Tree,
)

_LOOSER = {
    Operator.AT_LEAST: Operator.MORE_THAN,
    Operator.MORE_THAN: Operator.AT_LEAST,
    Operator.AT_MOST: Operator.LESS_THAN,
    Operator.LESS_THAN: Operator.AT_MOST,
}
_OTHER_SIDE = {
    Operator.AT_LEAST: Operator.LESS_THAN,
    Operator.MORE_THAN: Operator.AT_MOST,
    Operator.AT_MOST: Operator.MORE_THAN,
    Operator.LESS_THAN: Operator.AT_LEAST,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
}
_OTHER_KEY = {
    "matter": "caller",
    "caller": "matter",
    "pair": "matter",
    "place": "matter",
    "phone": "caller",
    "hotspot": "matter",
}
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: its class, what it is in words, where it stands (`line`: of a rule's `let`, or none), and the part as it would be."""

    kind: str
    what: str
    of: str
    line: str = ""
    rule: Rule | None = None
    feature: Feature | None = None


def mutants(rulebook: Rulebook, values: Mapping[str, Value]) -> Iterator[Mutant]:
    """Every mutant of the rules that are evaluated and of the facts in windows that they read."""
    rules = [rule for rule in rulebook.rules if rule.status in (Status.LIVE, Status.SHADOW)]
    for rule in rules:
        yield from _of_lines(rule, values)
        yield from _of_tree(rule)
        yield from _of_answers(rule, rulebook.features)
        yield from _of_effect(rule)
    read = {fact for rule in rules for fact in rule.asks}
    for feature in rulebook.features.values():
        if feature.name in read:
            yield from _of_feature(feature)


def _of_lines(rule: Rule, values: Mapping[str, Value]) -> Iterator[Mutant]:
    """Another sign, another number, another code, in one line of `let` or one check of a flag."""
    named = leaves(rule.when)
    for name, line in rule.let.items():
        for kind, other in _changed(line, values) if name in named else ():
            let = {**rule.let, name: other}
            yield Mutant(kind, _shown(name, other), rule.id, name, rule=replace(rule, let=let))
    for name, line in (rule.flag.unless if rule.flag else {}).items():
        assert rule.flag is not None
        for kind, other in _changed(line, values):
            flag = replace(rule.flag, unless={**rule.flag.unless, name: other})
            yield Mutant(kind, f"unless {_shown(name, other)}", rule.id, rule=replace(rule, flag=flag))
        rest = {one: held for one, held in rule.flag.unless.items() if one != name}
        dropped = replace(rule, flag=replace(rule.flag, unless=rest))
        yield Mutant("check dropped", f"unless 少了 {name}", rule.id, rule=dropped)


def _changed(line: Leaf, values: Mapping[str, Value]) -> Iterator[tuple[str, Leaf]]:
    held = bound(line.bound, values)
    if isinstance(held, bool):
        yield "negation", replace(line, bound=not held)
        return
    if line.operator in _LOOSER:
        yield "operator", replace(line, operator=_LOOSER[line.operator])
    if line.operator in _OTHER_SIDE:
        yield "other side", replace(line, operator=_OTHER_SIDE[line.operator])
    if isinstance(held, int):
        yield from (("bound", replace(line, bound=held + step)) for step in (-1, 1))
    elif isinstance(held, tuple):
        yield from _changed_list(line, held)
    elif line.operator is Operator.IS:
        yield "code", replace(line, bound=f"{held}?")


def _changed_list(line: Leaf, held: tuple[Value, ...]) -> Iterator[tuple[str, Leaf]]:
    for number, part in enumerate(held):
        if line.operator is Operator.BETWEEN and isinstance(part, int):
            for step in (-1, 1):
                yield "bound", replace(line, bound=(*held[:number], part + step, *held[number + 1 :]))
        elif len(held) > 1:
            yield "code", replace(line, bound=(*held[:number], *held[number + 1 :]))


def _of_tree(rule: Rule) -> Iterator[Mutant]:
    for kind, tree in _changed_tree(rule.when):
        yield Mutant(kind, f"when: {written(tree)}", rule.id, rule=replace(rule, when=tree))


def _changed_tree(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The tree with one node otherwise: a negation more or less, `and` for `or`, a part dropped, another number of parts."""
    match tree:
        case Name():
            yield "negation", Not(tree)
        case Not(part):
            yield "negation", part
            yield from ((kind, Not(other)) for kind, other in _changed_tree(part))
        case All(parts):
            yield "and/or", Some(1, parts)
            yield from (("part dropped", _all(rest)) for rest in _dropped(parts))
            yield from ((kind, All(others)) for kind, others in _each(parts))
        case Some(least, parts):
            yield from (("and/or", _some(n, parts)) for n in _numbers(least, len(parts)))
            yield from (("part dropped", _some(min(least, len(rest)), rest)) for rest in _dropped(parts))
            yield from ((kind, Some(least, others)) for kind, others in _each(parts))


def _numbers(least: int, parts: int) -> Iterator[int]:
    others = {parts} if least == 1 else {least - 1, least + 1}
    return (number for number in sorted(others) if 1 <= number <= parts and number != least)


def _all(parts: tuple[Tree, ...]) -> Tree:
    return parts[0] if len(parts) == 1 else All(parts)


def _some(least: int, parts: tuple[Tree, ...]) -> Tree:
    return parts[0] if len(parts) == 1 else All(parts) if least == len(parts) else Some(least, parts)


def _dropped(parts: Sequence[Tree]) -> Iterator[tuple[Tree, ...]]:
    return ((*parts[:n], *parts[n + 1 :]) for n in range(len(parts)) if len(parts) > 1)


def _each(parts: Sequence[Tree]) -> Iterator[tuple[str, tuple[Tree, ...]]]:
    for number, part in enumerate(parts):
        for kind, other in _changed_tree(part):
            yield kind, (*parts[:number], other, *parts[number + 1 :])


def _of_answers(rule: Rule, features: Mapping[str, Feature]) -> Iterator[Mutant]:
    """Another answer to an unknown field."""
    facts = sorted({rule.let[name].feature for name in leaves(rule.when)})
    for fact in facts:
        if features[fact].kind is FeatureKind.FIELD:
            now = rule.on_missing.get(fact, OnMissing.REVIEW)
            for answer in OnMissing:
                if answer is not now:
                    other = replace(rule, on_missing={**rule.on_missing, fact: answer})
                    yield Mutant("on_missing", f"on_missing {fact}: {answer.value}", rule.id, rule=other)


def _of_effect(rule: Rule) -> Iterator[Mutant]:
    """Another colour, or none at all: a live rule left in shadow looks on and does nothing, whatever its colour."""
    live = rule.status is Status.LIVE
    if live and rule.colour is not None:
        other = Colour.YELLOW if rule.colour is Colour.RED else Colour.RED
        yield Mutant("colour", f"colour: {other.word}", rule.id, rule=replace(rule, colour=other))
    if live and (rule.colour is not None or rule.flag):
        yield Mutant("status", "status: shadow", rule.id, rule=replace(rule, status=Status.SHADOW))


def _of_feature(feature: Feature) -> Iterator[Mutant]:
    """A window a second longer or shorter, another key, a line of `where` or one of its values lost, the record itself in or out."""
    name = feature.name
    for step in (-_SECOND, _SECOND) if feature.within else ():
        assert feature.within is not None
        within = f"within {'多' if step > timedelta(0) else '少'}一秒"
        yield Mutant("window", within, name, feature=replace(feature, within=feature.within + step))
    if feature.kind in (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT):
        key = _OTHER_KEY[feature.same]
        yield Mutant("key", f"same: {key}", name, feature=replace(feature, same=key))
        if feature.kind is FeatureKind.COUNT_DISTINCT:
            for of in DISTINCT:
                if of != feature.of:
                    yield Mutant("distinct", f"count_distinct: {of}", name, feature=replace(feature, of=of))
        if feature.by == "occurred_at" and feature.kind is FeatureKind.COUNT:
            other = not feature.including_this
            yield Mutant("itself", f"including_this: {other}", name, feature=replace(feature, including_this=other))
    for key in feature.where:
        rest = {one: values for one, values in feature.where.items() if one != key}
        yield Mutant("where", f"where 少了 {key}", name, feature=replace(feature, where=rest))
        held = feature.where[key]
        for value in held if len(held) > 1 else ():
            fewer = {**feature.where, key: tuple(one for one in held if one != value)}
            yield Mutant("where", f"where {key} 少了 {value}", name, feature=replace(feature, where=fewer))


def _shown(name: str, line: Leaf) -> str:
    return f"{name}: {line.operator.value} {line.bound}"
