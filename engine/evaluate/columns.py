"""The reader by columns: the condition tree as Ibis expressions, for bulk and back-tests (rulings 21 and 90).

In: a rulebook and a table with one row per subject, its `day` and a column for each fact it has; null is unknown, a fact without a
column is absent, and so is one in the rows whose `absent__` column says so. Out: a table of outcomes, conclusions, points, colours, flags and
invariants, not yet run. Not here: which rules in which order (`plan`), how facts come into columns (`features.columns`), running anything (the
caller has the connection).

SQL's own `and`, `or`, `not` are Kleene's. Every layer is a select of its own (`view`), or a condition would be repeated wherever its
conclusion is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import add, and_, or_
from typing import Literal

import ibis
import ibis.expr.types as ir

from engine.errors import RuleError
from engine.evaluate.plan import POINTS_COLOURS, Scope, judged, unmade
from engine.model import Colour
from engine.ruleset.condition import leaves
from engine.ruleset.tree import (
    All,
    Bound,
    FeatureKind,
    Leaf,
    Name,
    Not,
    OnMissing,
    Operator,
    Reference,
    Rule,
    Rulebook,
    Some,
    Status,
    Tree,
)

Thresholds = Literal["dated", "today"]
"""Whose numbers judge: those in force on the subject's own day, or today's."""

QUIET, REVIEW, FIRED = 0, 1, 2
_ANSWER = {OnMissing.YES: FIRED, OnMissing.REVIEW: REVIEW, OnMissing.NO: QUIET}
_TYPES: Mapping[type, str] = {bool: "boolean", int: "int64", str: "string"}


def column_of(fact: str) -> str:
    """The column of a fact."""
    return fact.replace(".", "__")


def rule_column(rule: str) -> str:
    """The column of a rule's outcome: 2 fired, 1 review, 0 quiet."""
    return f"rule__{rule}"


def concluded_column(fact: str) -> str:
    """The column of a fact that live rules conclude; null is unknown."""
    return f"fact__{column_of(fact)}"


def absent_column(fact: str) -> str:
    """The column that says in which rows a fact is absent; never null."""
    return f"absent__{column_of(fact)}"


def flag_column(rule: str) -> str:
    """The column of a live flag rule: true raised, false held back by a check, null not fired."""
    return f"flag__{rule}"


POINTS_HIT = "points__hit"
"""The column that says whether the sum of points reaches a bound; only where a rulebook sets one."""


def never_column(never: str) -> str:
    """The column of an invariant: whether its condition is surely true."""
    return f"never__{never}"


def judge(
    rulebook: Rulebook,
    facts: ir.Table,
    *,
    thresholds: Thresholds,
    today: date,
    scope: Scope = Scope.RECORD,
    shadow: bool = False,
) -> ir.Table:
    """One row per row of `facts`: `subject`, `colour`, `points`, an outcome of every judged rule, every concluded fact, flags and invariants.

    The colour is that of the rules and points: what an invariant makes of it is not in it.

    Raises RuleError where two names would be one column: SQL does not tell capital letters from small ones.
    """
    _check_names(rulebook)
    reader = _Reader(rulebook, None if thresholds == "dated" else today)
    conclusions = unmade(rulebook, scope)
    given = _given(rulebook, facts) | {fact: concluded_column(fact) for fact in conclusions}
    started = facts.mutate(**{concluded_column(fact): ibis.literal(False) for fact in conclusions})
    live = judged(rulebook, scope)
    held = reader.layered(_Held(started, given, {}, _lacking(rulebook, facts)), live, concluded_column)
    seen = held
    made = [column for fact, column in held.columns.items() if _is_concluded(rulebook, fact)]
    rules = [rule for layer in live for rule in layer]
    if shadow:
        layers = judged(rulebook, scope, Status.SHADOW)
        held = reader.layered(held, layers, _seen_column)
        rules += [rule for layer in layers for rule in layer]
    summed = held.table.mutate(points=_points(held.table, rules)).view()
    told = reader.beside(rulebook, replace(seen, table=summed)) if scope is Scope.RECORD else {}
    coloured = summed.mutate(colour=reader.colour(summed, rules), **told)
    return coloured.select("subject", "colour", "points", *(rule_column(rule.id) for rule in rules), *made, *told)


def _seen_column(fact: str) -> str:
    return f"seen__{column_of(fact)}"


def _is_concluded(rulebook: Rulebook, fact: str) -> bool:
    return rulebook.features[fact].kind is FeatureKind.CONCLUDED


def _given(rulebook: Rulebook, facts: ir.Table) -> dict[str, str]:
    """The facts that have a column; a concluded fact is never given."""
    there = set(facts.columns)
    named = {fact: column_of(fact) for fact in rulebook.features if not _is_concluded(rulebook, fact)}
    return {fact: column for fact, column in named.items() if column in there}


def _lacking(rulebook: Rulebook, facts: ir.Table) -> dict[str, str]:
    """The facts that have a column which says where they are absent."""
    there = set(facts.columns)
    return {fact: absent_column(fact) for fact in rulebook.features if absent_column(fact) in there}


def _check_names(rulebook: Rulebook) -> None:
    names = [*map(column_of, rulebook.features), *(rule_column(rule.id) for rule in rulebook.rules)]
    twice = sorted(name for name, times in Counter(name.lower() for name in names).items() if times > 1)
    if twice:
        raise RuleError(
            f"按列计算分不清只差大小写或“.”“__”的名称：{'、'.join(twice)}", hint="给其中一条规则或一个事实换个名称"
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """A table on its way through the layers: which column holds which fact, which rules conclude which fact, which column says where one is absent."""

    table: ir.Table
    columns: Mapping[str, str]
    makers: Mapping[str, tuple[str, ...]]
    absent: Mapping[str, str] = field(default_factory=dict)

    def unknown(self, fact: str) -> ir.BooleanValue | None:
        """Where a fact is unknown; None where it is absent from all rows."""
        column, absent = self.columns.get(fact), self.absent.get(fact)
        if column is None:
            return None
        null = self.table[column].isnull()
        return null if absent is None else null & ~self.table[absent]


class _Reader:
    """The tree of one rulebook, on the thresholds of each row's day or of one day."""

    def __init__(self, rulebook: Rulebook, day: date | None) -> None:
        self._parameters, self._day = rulebook.parameters, day

    def layered(self, held: _Held, layers: Iterable[Sequence[Rule]], column_for: Callable[[str], str]) -> _Held:
        """Outcomes and conclusions of layers, each in terms of the one before."""
        for rules in layers:
            outcomes = {rule_column(rule.id): self._outcome(rule, held) for rule in rules}
            table = held.table.mutate(**outcomes).view()
            makers, columns = dict(held.makers), dict(held.columns)
            for rule in rules:
                if rule.conclude is not None:
                    makers[rule.conclude] = (*makers.get(rule.conclude, ()), rule_column(rule.id))
                    columns[rule.conclude] = column_for(rule.conclude)
            made = sorted({rule.conclude for rule in rules if rule.conclude is not None})
            if made:
                table = table.mutate(**{columns[fact]: _concluded(table, makers[fact]) for fact in made}).view()
            held = _Held(table, columns, makers, held.absent)
        return held

    def _outcome(self, rule: Rule, held: _Held) -> ir.IntegerValue:
        lines = {name: self._leaf(rule.let[name], held) for name in leaves(rule.when)}
        return ibis.coalesce(_tree(rule.when, lines).cast("int8") * FIRED, _on_missing(rule, held)).cast("int8")

    def _leaf(self, line: Leaf, held: _Held) -> ir.BooleanValue:
        """False for an absent fact, null for an unknown one; `exists` is never null."""
        column = held.columns.get(line.feature)
        if line.operator is Operator.EXISTS:
            there = held.table[column].notnull() if column else ibis.literal(False)
            return there if line.bound is True else ~there
        if column is None:
            return ibis.literal(False)
        compared, absent = self._compared(line, held.table[column], held.table), held.absent.get(line.feature)
        return compared if absent is None else compared & ~held.table[absent]

    def _compared(self, line: Leaf, fact: ir.Value, table: ir.Table) -> ir.BooleanValue:
        if not isinstance(line.bound, tuple):
            return _COMPARE[line.operator](fact, self.bound(line.bound, table))
        bounds = [self.bound(part, table) for part in line.bound]
        if line.operator is Operator.BETWEEN:
            return (fact >= bounds[0]) & (fact <= bounds[1])
        nothing = ibis.ifelse(fact.isnull(), ibis.null("boolean"), ibis.literal(False))
        if line.operator is Operator.HAS_ANY:
            return reduce(or_, [fact.contains(one) for one in bounds], nothing)
        among = fact.isin(bounds) if bounds else nothing
        return among if line.operator is Operator.IN else ~among

    def bound(self, written: Bound, table: ir.Table) -> ir.Value:
        """A bound as a value, or as the parameter's value on the row's day."""
        if not isinstance(written, Reference):
            return _literal(written)
        parameter = self._parameters[written.name]
        if self._day is not None:
            return _literal(parameter.at(self._day))
        first, *later = parameter.values
        if not later:
            return _literal(first.value)
        since = [
            (table.day >= ibis.literal(dated.start, type="date"), _literal(dated.value)) for dated in reversed(later)
        ]
        return ibis.cases(*since, else_=_literal(first.value))

    def beside(self, rulebook: Rulebook, held: _Held) -> dict[str, ir.BooleanValue]:
        """What live rules and invariants say beside a colour: flags, raised unless a check is not surely false, and invariants surely broken."""
        told = self._points_hit(held.table)
        for never in rulebook.nevers:
            lines = {name: self._leaf(never.let[name], held) for name in leaves(never.when)}
            told[never_column(never.id)] = _tree(never.when, lines).fill_null(False)
        for rule in (rule for layer in judged(rulebook, Scope.RECORD) for rule in layer):
            if rule.flag is not None:
                checks = [~self._leaf(line, held).fill_null(True) for line in rule.flag.unless.values()]
                raised = reduce(and_, checks, ibis.literal(True))
                told[flag_column(rule.id)] = ibis.cases((held.table[rule_column(rule.id)] == FIRED, raised))
        return told

    def _points_hit(self, table: ir.Table) -> dict[str, ir.BooleanValue]:
        bounds = [self.bound(Reference(name), table) for name, _ in POINTS_COLOURS if name in self._parameters]
        reached = [(table.points >= bound) & (bound > 0) for bound in bounds]
        return {POINTS_HIT: reduce(or_, reached)} if reached else {}

    def colour(self, table: ir.Table, rules: Sequence[Rule]) -> ir.IntegerValue:
        """The highest colour of live rules, of what is in review, and of the points."""
        colours = [ibis.literal(int(Colour.GREEN), type="int8")]
        for rule in rules:
            if rule.status is Status.LIVE and (rule.colour is not None or rule.points is not None):
                fired = Colour.GREEN if rule.colour is None else rule.colour
                colours.append(_by_outcome(table[rule_column(rule.id)], int(fired)))
        for name, colour in POINTS_COLOURS:
            if name in self._parameters:
                reached = table.points >= self.bound(Reference(name), table)
                colours.append(reached.ifelse(ibis.literal(int(colour), type="int8"), ibis.literal(0, type="int8")))
        return ibis.greatest(*colours).cast("int8")


def _literal(value: Bound) -> ir.Scalar:
    return ibis.literal(value, type=_TYPES[type(value)])


def _tree(node: Tree, lines: Mapping[str, ir.BooleanValue]) -> ir.BooleanValue:
    match node:
        case Name(name):
            return lines[name]
        case Not(part):
            return ~_tree(part, lines)
        case All(parts):
            return reduce(and_, [_tree(part, lines) for part in parts])
        case Some(1, parts):
            return reduce(or_, [_tree(part, lines) for part in parts])
        case Some(least, parts):
            return _at_least(least, [_tree(part, lines) for part in parts])


def _at_least(least: int, parts: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    """True if enough parts are true, false if too few are true or unknown, else null."""
    sure = reduce(add, [part.fill_null(False).cast("int64") for part in parts])
    possible = reduce(add, [part.fill_null(True).cast("int64") for part in parts])
    return ibis.cases((sure >= least, ibis.literal(True)), (possible < least, ibis.literal(False)))


def _on_missing(rule: Rule, held: _Held) -> ir.IntegerValue:
    """The strictest answer among the unknown facts of the lines named in `when`; a flag in review is quiet."""
    answers: dict[int, list[ir.BooleanValue]] = {}
    for name in leaves(rule.when):
        line = rule.let[name]
        unknown = held.unknown(line.feature)
        if unknown is not None and line.operator is not Operator.EXISTS:
            answer = _ANSWER[rule.on_missing.get(line.feature, OnMissing.REVIEW)]
            answers.setdefault(answer, []).append(unknown)
    on_review = QUIET if rule.flag is not None else REVIEW
    steps = [
        (reduce(or_, answers[answer]), ibis.literal(outcome, type="int8"))
        for answer, outcome in ((FIRED, FIRED), (REVIEW, on_review))
        if answer in answers
    ]
    quiet = ibis.literal(QUIET, type="int8")
    return ibis.cases(*steps, else_=quiet) if steps else quiet


def _concluded(table: ir.Table, makers: Sequence[str]) -> ir.BooleanValue:
    """True if a rule that concludes it fired, else null if one is in review, else false."""
    highest = ibis.greatest(*(table[maker] for maker in makers))
    return highest.nullif(ibis.literal(REVIEW, type="int8")) == FIRED


def _points(table: ir.Table, rules: Sequence[Rule]) -> ir.IntegerValue:
    scores = [
        (table[rule_column(rule.id)] == FIRED).cast("int64") * rule.points
        for rule in rules
        if rule.points is not None and rule.status is Status.LIVE
    ]
    return reduce(add, scores, ibis.literal(0, type="int64")).cast("int64")


def _by_outcome(outcome: ir.IntegerValue, fired: int) -> ir.IntegerValue:
    """The colour of a rule: its own when it fired, yellow in review."""
    yellow = (outcome == REVIEW, ibis.literal(int(Colour.YELLOW), type="int8"))
    return ibis.cases((outcome == FIRED, ibis.literal(fired, type="int8")), yellow, else_=ibis.literal(0, type="int8"))


_COMPARE: Mapping[Operator, Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    Operator.IS: lambda fact, bound: fact == bound,
    Operator.AT_LEAST: lambda fact, bound: fact >= bound,
    Operator.AT_MOST: lambda fact, bound: fact <= bound,
    Operator.MORE_THAN: lambda fact, bound: fact > bound,
    Operator.LESS_THAN: lambda fact, bound: fact < bound,
}
