"""Rules for languages of two values: what fires a rule and what puts it in review, in plain `and`, `or`, `not`.

In: a rulebook and a day. Out: for each rule two conditions over comparisons of known values and over "this fact is unknown". An unknown fact
is handed to peers as nothing (no, 0, no text, no member) beside a boolean that says so; this stands in the report. The tree is the rule's
own; "2 of" is written out, for no peer has it. Not here: how a peer writes a condition (`by_record`); peers with null of their own
(`by_column`). Independent of the product's way of doing the same, so that an error of one is not an error of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from bench.rules.facts import UNKNOWABLE
from engine.model import Colour, Value
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import Resolved, bound, values_at
from engine.ruleset.tree import All, Leaf, Name, Not, OnMissing, Operator, Rule, Rulebook, Some, Tree

NOTHING: Mapping[str, Value] = {"bool": False, "int": 0, "code": "", "list": ()}


@dataclass(frozen=True, slots=True)
class Test:
    """A fact compared with a value, or with several (`in`, `between`, `has_any`)."""

    fact: str
    operator: Operator
    bound: Resolved


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether a fact is unknown."""

    fact: str


@dataclass(frozen=True, slots=True)
class Opposite:
    """Not."""

    part: Plain


@dataclass(frozen=True, slots=True)
class Both:
    """All of two parts or more."""

    parts: tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of two parts or more."""

    parts: tuple[Plain, ...]


Plain = Test | Unknown | Opposite | Both | Either


@dataclass(frozen=True, slots=True)
class Lowered:
    """A rule in two values; `review` is None where no fact of the rule can be unknown and ask for it."""

    rule: Rule
    fired: Plain
    review: Plain | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rulebook on one day: its rules, its facts with what stands for unknown, and when points make a colour."""

    rules: tuple[Lowered, ...]
    nothing: Mapping[str, Value]
    points: tuple[tuple[Any, int], ...]

    @property
    def conditions(self) -> tuple[Plain, ...]:
        """What fires each rule, then what puts those in review that can be."""
        return (*(one.fired for one in self.rules), *(one.review for one in self.rules if one.review is not None))

    @property
    def hits(self) -> tuple[tuple[str, bool], ...]:
        """What it means that a condition holds: the rule's id, and whether it fired."""
        reviews = [(one.rule.id, False) for one in self.rules if one.review is not None]
        return (*((one.rule.id, True) for one in self.rules), *reviews)

    @property
    def weights(self) -> tuple[tuple[int, int], ...]:
        """The colour and the points of each condition that holds."""
        fired = [(int(one.rule.colour or Colour.GREEN), one.rule.points or 0) for one in self.rules]
        return (*fired, *((int(Colour.YELLOW), 0) for one in self.rules if one.review is not None))


def sheet(rulebook: Rulebook, day: date) -> Sheet:
    """The rulebook on the thresholds of one day."""
    return sheet_of(rulebook, values_at(rulebook, day))


def sheet_of(rulebook: Rulebook, values: Mapping[str, Any]) -> Sheet:
    """The rulebook on such values of parameters; a peer of columns hands in what stands for them."""
    rules = tuple(_lowered(rule, values) for rule in rulebook.rules)
    reads = {fact for rule in rulebook.rules for fact in rule.reads}
    nothing = {fact: NOTHING[rulebook.features[fact].type] for fact in sorted(reads)}
    limits = (("points.red", Colour.RED), ("points.yellow", Colour.YELLOW))
    reached = tuple((values[name], int(colour)) for name, colour in limits if name in values)
    return Sheet(rules, nothing, reached)


def _lowered(rule: Rule, values: Mapping[str, Any]) -> Lowered:
    surely, possibly = (_tree(rule.when, rule.let, values, surely=surely) for surely in (True, False))
    answers: dict[OnMissing, list[Plain]] = {}
    for fact in dict.fromkeys(rule.let[name].feature for name in leaves(rule.when)):
        if fact in UNKNOWABLE:
            answers.setdefault(rule.on_missing.get(fact, OnMissing.REVIEW), []).append(Unknown(fact))
    on_yes, on_review = answers.get(OnMissing.YES, []), answers.get(OnMissing.REVIEW, [])
    fired = either([surely, both([possibly, either(on_yes)])]) if on_yes else surely
    if not on_review:
        return Lowered(rule, fired, None)
    return Lowered(rule, fired, both([either(on_review), possibly, Opposite(fired)]))


def both(parts: Sequence[Plain]) -> Plain:
    """All of the parts."""
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def either(parts: Sequence[Plain]) -> Plain:
    """Any of the parts."""
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _tree(node: Tree, let: Mapping[str, Leaf], values: Mapping[str, Any], *, surely: bool) -> Plain:
    match node:
        case Name(name):
            return _line(let[name], values, surely=surely)
        case Not(part):
            return Opposite(_tree(part, let, values, surely=not surely))
        case All(parts):
            return both([_tree(part, let, values, surely=surely) for part in parts])
        case Some(least, parts):
            held = [_tree(part, let, values, surely=surely) for part in parts]
            return either([both(chosen) for chosen in combinations(held, least)])


def _line(line: Leaf, values: Mapping[str, Any], *, surely: bool) -> Plain:
    """A comparison. Rules of `drawing` ask for more than nothing, so that a fact that is unknown does not pass by itself."""
    test = Test(line.feature, line.operator, bound(line.bound, values))
    if surely or line.feature not in UNKNOWABLE:
        return test
    return either([test, Unknown(line.feature)])
