"""Encoding: a rulebook over the facts of a space, as the readers judge it: Kleene's logic, layers, conclusions, points, colours, flags, invariants.

In: facts by name, thresholds of a day. Out: formulas of what every rule comes to. Not here: what facts can be (`space`), what is asked (`questions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import z3

from engine.evaluate.plan import POINTS_COLOURS, Scope, judged, unmade
from engine.model import Colour, Value
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import Resolved, bound
from engine.ruleset.tree import (
    All,
    Leaf,
    Name,
    Never,
    Not,
    OnMissing,
    Operator,
    Rule,
    Rulebook,
    Some,
    Stated,
    Status,
    Tree,
)
from engine.workbench.proof.formulas import Formula, Kleene, both, differs, either, implies, opposite, so_many
from engine.workbench.proof.space import ABSENT, Fact

Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does with unknown facts counted in (chapter 4)."""

    fired: Formula
    review: Formula


@dataclass(slots=True)
class Encoding:
    """A rulebook judged on unknown facts. `definitions` say what its names stand for; formulas are names where they are long.

    `facts` are those that live rules see, `shadow_facts` those that shadow rules see. `red`, `yellow`: the rules make it at least so; `finally_red`,
    `finally_yellow`: after what invariants raise. `raised`: flags that nothing holds back. `sums`: whether the points come to at least so much, for the bounds of colours
    and for those with the points of one rule more.
    """

    facts: dict[str, Fact]
    values: Mapping[str, Value]
    shadow_facts: dict[str, Fact] = field(default_factory=dict)
    definitions: list[z3.BoolRef] = field(default_factory=list)
    effects: dict[str, Effect] = field(default_factory=dict)
    raised: dict[str, Formula] = field(default_factory=dict)
    nevers: dict[str, Formula] = field(default_factory=dict)
    red: Formula = False
    yellow: Formula = False
    finally_red: Formula = False
    finally_yellow: Formula = False
    sums: dict[int, Formula] = field(default_factory=dict)
    handback: Formula = False

    def limit(self, colour: Colour) -> int | None:
        """From how many points on the sum has this colour; None where it never has."""
        held = next(self.values.get(name) for name, of in POINTS_COLOURS if of is colour)
        return int(held) if isinstance(held, int) else None

    def points(self, colour: Colour, more: int = 0) -> Formula:
        """Whether the points of all rules reach the bound of a colour and so many `more`."""
        limit = self.limit(colour)
        return False if limit is None else self.sums[limit + more]


def encoded(
    rulebook: Rulebook,
    facts: Facts,
    values: Mapping[str, Value],
    scope: Scope,
    *,
    tag: str = "",
    base: Encoding | None = None,
    shadow: bool = False,
) -> Encoding:
    """The rulebook over these facts. `base`: the same rulebook over other facts; rules that see no other fact are taken from it."""
    return _Encoder(rulebook, facts, values, tag, base).over(scope, shadow=shadow)


def effect(rule: Rule, said: Mapping[str, Kleene], unknown: Mapping[str, Formula]) -> Effect:
    """What a rule does, given what each of its lines says and whether its fact is unknown."""
    verdict = tree(rule.when, said)
    answers: dict[OnMissing, list[Formula]] = {answer: [] for answer in OnMissing}
    for name in leaves(rule.when):
        answers[rule.on_missing.get(rule.let[name].feature, OnMissing.REVIEW)].append(unknown[name])
    open_, on_yes = verdict.unknown, either(answers[OnMissing.YES])
    fired = either((verdict.surely, both((open_, on_yes))))
    if rule.flag is not None:
        return Effect(fired, review=False)
    return Effect(fired, both((open_, opposite(on_yes), either(answers[OnMissing.REVIEW]))))


def tree(node: Tree, said: Mapping[str, Kleene]) -> Kleene:
    """A condition over what its lines say."""
    match node:
        case Name(name):
            return said[name]
        case Not(part):
            return tree(part, said).denied
        case All(parts):
            made = [tree(part, said) for part in parts]
            return Kleene(both(part.surely for part in made), both(part.possibly for part in made))
        case Some(least, parts):
            made = [tree(part, said) for part in parts]
            return Kleene(so_many(least, [x.surely for x in made]), so_many(least, [x.possibly for x in made]))


def line(leaf: Leaf, facts: Facts, values: Mapping[str, Value]) -> Kleene:
    """A comparison: false of an absent fact, unknown of an unknown one, but for `exists`."""
    fact, held = facts[leaf.feature], bound(leaf.bound, values)
    if leaf.operator is Operator.EXISTS:
        there = fact.known if held is True else opposite(fact.known)
        return Kleene(there, there)
    surely = False if fact.known is False else both((fact.known, _COMPARE[leaf.operator](fact, held)))
    return Kleene(surely, either((surely, fact.unknown)))


def unknown_of(leaf: Leaf, facts: Facts) -> Formula:
    """Whether a line is unknown because its fact is."""
    return False if leaf.operator is Operator.EXISTS else facts[leaf.feature].unknown


def condition(part: Never | Stated, when: Tree, facts: Facts, values: Mapping[str, Value]) -> Kleene:
    """A condition over facts."""
    return tree(when, {name: line(leaf, facts, values) for name, leaf in part.let.items()})


def stated(rulebook: Rulebook, facts: Facts, values: Mapping[str, Value]) -> dict[str, Formula]:
    """What authors state of the facts, by its id; of a matter only what speaks of nothing else than a matter has."""
    made: dict[str, Formula] = {}
    for part in rulebook.stated:
        if any(facts[leaf.feature] is ABSENT for leaf in part.let.values()):
            continue
        then = condition(part, part.then, facts, values).surely
        when = True if part.when is None else condition(part, part.when, facts, values).surely
        made[part.id] = implies(when, then)
    return made


class _Encoder:
    def __init__(
        self, rulebook: Rulebook, facts: Facts, values: Mapping[str, Value], tag: str, base: Encoding | None
    ) -> None:
        self._rulebook, self._tag, self._base = rulebook, tag, base
        self._made = Encoding(dict(facts), values)

    def over(self, scope: Scope, *, shadow: bool) -> Encoding:
        """Layer by layer, then what the rules come to together."""
        made = self._made
        for fact, truth in unmade(self._rulebook, scope).items():
            made.facts[fact] = Fact("bool", known=True, unknown=False, truth=bool(truth))
        concluding = {name for name, f in self._rulebook.features.items() if f.kind.value == "concluded"}
        for name in concluding - set(made.facts):
            made.facts[name] = Fact("bool", known=False, unknown=False)
        makers: dict[str, list[str]] = {}
        live = judged(self._rulebook, scope)
        for rules in live:
            self._layer(rules, makers, made.facts)
        self._together([rule for rules in live for rule in rules])
        made.shadow_facts = dict(made.facts)
        for rules in judged(self._rulebook, scope, Status.SHADOW) if shadow else ():
            self._layer(rules, makers, made.shadow_facts)
        return made

    def _layer(self, rules: Sequence[Rule], makers: dict[str, list[str]], facts: dict[str, Fact]) -> None:
        for rule in rules:
            self._made.effects[rule.id] = self._effect(rule, facts)
            if rule.conclude is not None:
                makers.setdefault(rule.conclude, []).append(rule.id)
        for fact in {rule.conclude for rule in rules if rule.conclude is not None}:
            facts[fact] = self._concluded(fact, makers[fact])

    def _effect(self, rule: Rule, facts: Facts) -> Effect:
        base = self._base
        if base is not None and all(facts[one] is base.facts[one] for one in rule.reads):
            return base.effects[rule.id]
        said = {name: line(leaf, facts, self._made.values) for name, leaf in rule.let.items()}
        unknown = {name: unknown_of(leaf, facts) for name, leaf in rule.let.items()}
        does = effect(rule, said, unknown)
        return Effect(self._named(f"fired {rule.id}", does.fired), self._named(f"review {rule.id}", does.review))

    def _concluded(self, fact: str, makers: Sequence[str]) -> Fact:
        """True if a rule fires, else unknown if one is in review, else false."""
        effects = [self._made.effects[rule] for rule in makers]
        if self._base is not None and all(self._base.effects[r] is e for r, e in zip(makers, effects, strict=True)):
            return self._base.facts[fact]
        fired = either(one.fired for one in effects)
        open_ = both((either(one.review for one in effects), opposite(fired)))
        return Fact("bool", opposite(open_), open_, truth=fired)

    def _together(self, live: Sequence[Rule]) -> None:
        made = self._made
        colours = [rule for rule in live if rule.colour is not None]
        scoring = [rule for rule in live if rule.points is not None]
        made.sums = self._sums(scoring)
        red = [made.effects[rule.id].fired for rule in colours if rule.colour is Colour.RED]
        yellow = [made.effects[rule.id].fired for rule in colours if rule.colour is Colour.YELLOW]
        review = [made.effects[rule.id].review for rule in (*colours, *scoring)]
        made.red = self._named("red", either((*red, made.points(Colour.RED))))
        made.yellow = self._named("yellow", either((made.red, *yellow, *review, made.points(Colour.YELLOW))))
        made.handback = either(made.effects[rule.id].fired for rule in live if rule.handback)
        for rule in live:
            if rule.flag is not None:
                checks = [line(leaf, made.facts, made.values).possibly for leaf in rule.flag.unless.values()]
                made.raised[rule.id] = both((made.effects[rule.id].fired, *map(opposite, checks)))
        for never in self._rulebook.nevers:
            made.nevers[never.id] = condition(never, never.when, made.facts, made.values).surely
        self._guarded()

    def _guarded(self) -> None:
        """What invariants raise, in the order in which the assessment takes them."""
        made = self._made
        red, yellow = made.red, made.yellow
        for never in sorted(self._rulebook.nevers, key=lambda one: min(one.colours)):
            holds, not_green, not_yellow = (
                made.nevers[never.id],
                Colour.GREEN in never.colours,
                Colour.YELLOW in never.colours,
            )
            was_green = opposite(yellow)
            if not_green:
                yellow = either((yellow, both((holds, was_green))))
            if not_yellow:
                left = yellow if not_green else both((yellow, opposite(was_green)))
                red = either((red, both((holds, left))))
        made.finally_red, made.finally_yellow = red, yellow

    def _sums(self, scoring: Sequence[Rule]) -> dict[int, Formula]:
        """Step by step: the rules from one on come to so much, with that rule or without it."""
        weights = [rule.points or 0 for rule in scoring]
        bounds = {limit for _, colour in POINTS_COLOURS for limit in (self._made.limit(colour),) if limit is not None}
        wanted = [{limit + more for limit in bounds for more in (0, *weights)}]
        for weight in weights:
            wanted.append({left - less for left in wanted[-1] for less in (0, weight) if left > less})
        after: dict[int, Formula] = {}
        for number in reversed(range(len(scoring))):
            fired, weight = self._made.effects[scoring[number].id].fired, weights[number]
            after = {
                left: self._named(
                    f"points {number} {left}",
                    either((_reached(after, left), both((fired, _reached(after, left - weight))))),
                )
                for left in wanted[number]
                if left > 0
            }
        return {left: _reached(after, left) for left in wanted[0]}

    def _named(self, name: str, formula: Formula) -> Formula:
        """A name for a formula, so that it is written once."""
        if isinstance(formula, bool):
            return formula
        literal = z3.Bool(f"{self._tag}{name}")
        self._made.definitions.append(literal == formula)
        return literal


def _reached(after: Mapping[int, Formula], left: int) -> Formula:
    return left <= 0 or after.get(left, False)


def colours_differ(one: Encoding, other: Encoding) -> Formula:
    """Whether two judgements come to other colours in the end."""
    return either((differs(one.finally_red, other.finally_red), differs(one.finally_yellow, other.finally_yellow)))


def exactly(made: Encoding, colour: Colour) -> Formula:
    """Whether the colour in the end is this one."""
    if colour is Colour.RED:
        return made.finally_red
    if colour is Colour.YELLOW:
        return both((made.finally_yellow, opposite(made.finally_red)))
    return opposite(made.finally_yellow)


def _is(fact: Fact, held: Resolved) -> Formula:
    if fact.type == "bool":
        return fact.truth if held is True else opposite(fact.truth) if held is False else False
    return fact.among([held])


def _listed(held: Resolved) -> tuple[Value, ...]:
    assert isinstance(held, tuple)
    return held


def _at_least(fact: Fact, held: Resolved, more: int = 0) -> Formula:
    assert isinstance(held, int)
    return fact.at_least(held + more)


def _between(fact: Fact, held: Resolved) -> Formula:
    low, high = _listed(held)
    return both((_at_least(fact, low), opposite(_at_least(fact, high, 1))))


_COMPARE: Mapping[Operator, Callable[[Fact, Resolved], Formula]] = {
    Operator.IS: _is,
    Operator.IN: lambda fact, held: fact.among(_listed(held)),
    Operator.NOT_IN: lambda fact, held: opposite(fact.among(_listed(held))),
    Operator.AT_LEAST: _at_least,
    Operator.AT_MOST: lambda fact, held: opposite(_at_least(fact, held, 1)),
    Operator.MORE_THAN: lambda fact, held: _at_least(fact, held, 1),
    Operator.LESS_THAN: lambda fact, held: opposite(_at_least(fact, held)),
    Operator.BETWEEN: _between,
    Operator.HAS_ANY: lambda fact, held: either(fact.members.get(str(code), False) for code in _listed(held)),
}
