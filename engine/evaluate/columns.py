"""The reader by columns: the condition tree as Ibis expressions, for bulk and back-tests (rulings 21 and 90).

In: a rulebook and a table with one row per subject, its `day` and a column for each fact it has; null is unknown, a fact without a
column is absent, and so is one in the rows whose `absent__` column says so; a column declared never null (`!int64`) is never unknown and
costs less. Out: a table of outcomes, conclusions, points, colours, flags and invariants, not yet run. Not here: which rules in which order (`plan`), one comparison (`comparisons`), how facts come into columns
(`features.columns`), running anything (the caller has the connection).

Engines compute with nulls many times slower than without, so Kleene's logic is two plain conditions, what surely and what possibly holds.
Every step is a select of its own (`view`), or an expression would be repeated wherever its result is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir

from engine.errors import RuleError
from engine.evaluate.comparisons import (
    Comparisons,
    Fact,
    Said,
    Thresholds,
    Truth,
    at_least,
    both,
    either,
    number,
    opposite,
    summed,
    unknown_of,
)
from engine.evaluate.plan import POINTS_COLOURS, Scope, judged, unmade
from engine.model import Colour
from engine.ruleset.condition import leaves
from engine.ruleset.tree import (
    All,
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

QUIET, REVIEW, FIRED = 0, 1, 2
_SCORED, _RED, _YELLOW = "_scored", "_hit_red", "_hit_yellow"
_HITS = {Colour.RED: _RED, Colour.YELLOW: _YELLOW}


def column_of(fact: str) -> str:
    """The column of a fact."""
    return fact.replace(".", "__")


def rule_column(rule: str) -> str:
    """The column of a rule's outcome: 2 fired, 1 review, 0 quiet."""
    return f"rule__{rule}"


def fired_column(rule: str) -> str:
    """The column that says whether a rule fired."""
    return f"fired__{rule}"


def review_column(rule: str) -> str:
    """The column that says whether a rule is in review; a rule that never can be has none."""
    return f"review__{rule}"


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
    made = decide(rulebook, facts, thresholds=thresholds, today=today, scope=scope, shadow=shadow).view()
    there = set(made.columns)
    fired = {rule.id: fired_column(rule.id) for rule in rulebook.rules if fired_column(rule.id) in there}
    outcomes = {rule_column(rule): _outcome_of(made, rule) for rule in fired}
    others = [column for column in _others(rulebook) if column in there]
    return made.select("subject", "colour", "points", *others, **outcomes)


def _others(rulebook: Rulebook) -> list[str]:
    """The columns there can be beside colour, points and outcomes."""
    concluded = [concluded_column(name) for name in rulebook.features]
    flags = [flag_column(rule.id) for rule in rulebook.rules if rule.flag is not None]
    return [*concluded, *flags, *(never_column(never.id) for never in rulebook.nevers), POINTS_HIT]


def decide(
    rulebook: Rulebook,
    facts: ir.Table,
    *,
    thresholds: Thresholds,
    today: date,
    scope: Scope = Scope.RECORD,
    shadow: bool = False,
) -> ir.Table:
    """As `judge`, but every rule's outcome as plain columns, which are a bit each in Arrow: whether it fired, whether it is in review."""
    _check_names(rulebook)
    reader = _Reader(rulebook, None if thresholds == "dated" else today)
    live, hidden = judged(rulebook, scope), judged(rulebook, scope, Status.SHADOW) if shadow else ()
    held = reader.started(facts, [rule for layers in (live, hidden) for layer in layers for rule in layer], scope)
    held = reader.layered(held, live)
    concluded = {fact: held.facts[fact] for fact in held.facts if _is_concluded(rulebook, fact)}
    held = reader.beside(held) if scope is Scope.RECORD else held
    return reader.told(reader.layered(held, hidden), concluded)


def _outcome_of(made: ir.Table, rule: str) -> ir.IntegerValue:
    quiet = number(QUIET, "int8")
    column = review_column(rule)
    rest = made[column].ifelse(number(REVIEW, "int8"), quiet) if column in made.columns else quiet
    return made[fired_column(rule)].ifelse(number(FIRED, "int8"), rest)


def _is_concluded(rulebook: Rulebook, fact: str) -> bool:
    return rulebook.features[fact].kind is FeatureKind.CONCLUDED


def _check_names(rulebook: Rulebook) -> None:
    names = [*map(column_of, rulebook.features), *(rule_column(rule.id) for rule in rulebook.rules)]
    twice = sorted(name for name, times in Counter(name.lower() for name in names).items() if times > 1)
    if twice:
        raise RuleError(
            f"按列计算分不清只差大小写或“.”“__”的名称：{'、'.join(twice)}", hint="给其中一条规则或一个事实换个名称"
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """A table on its way through the layers: its facts, what each rule came to, which rules conclude which fact, columns of flags and invariants."""

    table: ir.Table
    facts: Mapping[str, Fact]
    fired: Mapping[str, str | bool]
    review: Mapping[str, str | bool]
    makers: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...] = ()
    beside: tuple[str, ...] = ()

    def truths(self, table: ir.Table, of: Mapping[str, str | bool], rules: Iterable[str]) -> list[Truth]:
        """Whether each of some rules fired, or is in review."""
        return [column if isinstance(column := of[rule], bool) else table[column] for rule in rules]


class _Reader:
    """The tree of one rulebook, on the thresholds of each row's day or of one day."""

    def __init__(self, rulebook: Rulebook, day: date | None) -> None:
        self._rulebook, self._comparisons = rulebook, Comparisons(rulebook, day)

    def started(self, facts: ir.Table, rules: Sequence[Rule], scope: Scope) -> _Held:
        """The facts that rules read, without null; conclusions that no live rule can draw are known and false."""
        lines = [line for rule in rules for line in rule.let.values()]
        lines += _lines_beside(rules, self._rulebook) if scope is Scope.RECORD else []
        there, named = set(facts.columns), sorted({line.feature for line in lines})
        given = {fact: column_of(fact) for fact in named if not _is_concluded(self._rulebook, fact)}
        lacking = {fact: absent_column(fact) for fact in given if absent_column(fact) in there}
        table, held = self._comparisons.facts(facts, {fact: at for fact, at in given.items() if at in there}, lacking)
        limits = [name for name, _ in POINTS_COLOURS if name in self._rulebook.parameters]
        table = self._comparisons.bounds(table, {*limits, *(name for line in lines for name in _references(line))})
        kept = dict.fromkeys(["subject", *self._comparisons.in_columns(), *_columns_in(held.values())])
        false = {fact: concluded_column(fact) for fact in unmade(self._rulebook, scope)}
        table = table.select(*kept, **dict.fromkeys(false.values(), ibis.literal(False)))
        return _Held(table.view(), held | {fact: Fact(column) for fact, column in false.items()}, {}, {}, {})

    def layered(self, held: _Held, layers: Iterable[Sequence[Rule]]) -> _Held:
        """Outcomes and conclusions of layers, each in terms of the one before."""
        for rules in layers:
            lines = [rule.let[name] for rule in rules for name in leaves(rule.when)]
            table = self._comparisons.compared(held.table, lines, held.facts)
            held = self._concluded(self._outcomes(replace(held, table=table), rules), rules)
        return held

    def _outcomes(self, held: _Held, rules: Sequence[Rule]) -> _Held:
        """What a layer's rules come to. Of a rule that can be in doubt, what surely and what possibly holds are read twice: first a column each."""
        conditions: dict[str, Truth] = {}
        for rule in rules:
            said = {name: self._comparisons.says(held.table, rule.let[name], held.facts) for name in leaves(rule.when)}
            conditions[f"_surely_{rule.id}"] = _tree(rule.when, said, surely=True)
            if _in_doubt(rule, held, held.table, OnMissing.YES, OnMissing.REVIEW) is not False:
                conditions[f"_possibly_{rule.id}"] = _tree(rule.when, said, surely=False)
        between = held.table.mutate(**_columns_of(conditions)).view()
        fired, review = dict(held.fired), dict(held.review)
        made: dict[str, Truth] = {}
        for rule in rules:
            surely, possibly = (_read(between, conditions, f"_{what}_{rule.id}") for what in ("surely", "possibly"))
            on_yes = _in_doubt(rule, held, between, OnMissing.YES)
            on_review = False if rule.flag is not None else _in_doubt(rule, held, between, OnMissing.REVIEW)
            made[fired_column(rule.id)] = either([surely, both([possibly, on_yes])])
            made[review_column(rule.id)] = both([possibly, opposite(surely), on_review, opposite(on_yes)])
            for outcomes, column in ((fired, fired_column(rule.id)), (review, review_column(rule.id))):
                outcomes[rule.id] = truth if isinstance(truth := made[column], bool) else column
        table = between.select(*held.table.columns, **_columns_of(made)).view()
        return replace(held, table=table, fired=fired, review=review, rules=(*held.rules, *rules))

    def _concluded(self, held: _Held, rules: Sequence[Rule]) -> _Held:
        """Facts that rules conclude: true if one of them fired, else unknown if one is in review, else false."""
        makers, facts, made = dict(held.makers), dict(held.facts), dict[str, Truth]()
        for rule in rules:
            if rule.conclude is not None:
                makers[rule.conclude] = (*makers.get(rule.conclude, ()), rule.id)
        for fact in sorted({rule.conclude for rule in rules if rule.conclude is not None}):
            at = len(makers[fact])
            true, unknown = f"_true{at}_{column_of(fact)}", f"_open{at}_{column_of(fact)}"
            fired = either(held.truths(held.table, held.fired, makers[fact]))
            made[true] = fired if not isinstance(fired, bool) else ibis.literal(fired)
            open_ = both([either(held.truths(held.table, held.review, makers[fact])), opposite(fired)])
            made[unknown] = open_
            in_doubt = open_ if isinstance(open_, bool) else unknown
            facts[fact] = Fact(true, in_doubt, in_doubt)
        table = held.table.mutate(**_columns_of(made)).view() if made else held.table
        return replace(held, table=table, facts=facts, makers=makers)

    def beside(self, held: _Held) -> _Held:
        """What live rules and invariants say beside a colour: flags, raised where every check is surely false, and invariants surely broken."""
        nevers = self._rulebook.nevers
        table = self._comparisons.compared(held.table, _lines_beside(held.rules, self._rulebook), held.facts)
        made: dict[str, ir.BooleanValue] = {}
        for never in nevers:
            said = {name: self._comparisons.says(table, never.let[name], held.facts) for name in leaves(never.when)}
            made[never_column(never.id)] = _written(table, _tree(never.when, said, surely=True))
        for rule in held.rules:
            if rule.flag is not None:
                checks = [self._comparisons.says(table, line, held.facts) for line in rule.flag.unless.values()]
                raised = _written(table, both([opposite(check.possibly) for check in checks]))
                fired = _written(table, held.fired[rule.id])
                made[flag_column(rule.id)] = fired.ifelse(raised, ibis.null("boolean"))
        return replace(held, table=table.mutate(**made).view() if made else table, beside=tuple(made))

    def told(self, held: _Held, concluded: Mapping[str, Fact]) -> ir.Table:
        """The table of answers. What many hits come to together are columns of their own: in a condition of a case it costs twice."""
        live = [rule for rule in held.rules if rule.status is Status.LIVE]
        scoring = [rule for rule in live if rule.points is not None and held.fired[rule.id] is not False]
        together = {
            _SCORED: either(held.truths(held.table, held.fired, [rule.id for rule in scoring])),
            _RED: either(_reaching(Colour.RED, held, live)),
            _YELLOW: either(_reaching(Colour.YELLOW, held, live)),
        }
        summed_up = held.table.mutate(**_columns_of(together)).view()
        points = _points(held, scoring, summed_up, _read(summed_up, together, _SCORED))
        scored = summed_up.mutate(points=points).view()
        colour = self._colour(scored, {of: _read(scored, together, name) for of, name in _HITS.items()})
        outcomes = {fired_column(rule): _written(scored, held.fired[rule]) for rule in held.fired}
        outcomes |= {review_column(rule): _written(scored, at) for rule, at in held.review.items() if at is not False}
        facts = {concluded_column(name): _fact(scored, fact) for name, fact in concluded.items()}
        reached = self._points_hit(scored)
        return scored.select("subject", "points", *held.beside, colour=colour, **outcomes, **facts, **reached)

    def _points_hit(self, table: ir.Table) -> dict[str, ir.BooleanValue]:
        names = [name for name, _ in POINTS_COLOURS if name in self._rulebook.parameters]
        bounds = [self._comparisons.bound(Reference(name), table) for name in names]
        reached = either([(table.points >= bound) & (bound > 0) for bound in bounds])
        return {POINTS_HIT: _written(table, reached)} if names else {}

    def _colour(self, table: ir.Table, hits: Mapping[Colour, Truth]) -> ir.IntegerValue:
        """The highest colour of hits and of the points."""
        held: ir.IntegerValue = number(int(Colour.GREEN), "int8")
        limits = {of: name for name, of in POINTS_COLOURS if name in self._rulebook.parameters}
        for colour in (Colour.YELLOW, Colour.RED):
            reached = [hits[colour]]
            if colour in limits:
                reached.append(table.points >= self._comparisons.bound(Reference(limits[colour]), table))
            held = _written(table, either(reached)).ifelse(number(int(colour), "int8"), held)
        return held


def _reaching(colour: Colour, held: _Held, rules: Sequence[Rule]) -> list[Truth]:
    """What gives a colour: live rules of it, and for yellow rules in review that would give one."""
    reached = held.truths(held.table, held.fired, [rule.id for rule in rules if rule.colour is colour])
    if colour is Colour.YELLOW:
        asking = [rule.id for rule in rules if rule.colour is not None or rule.points is not None]
        reached += held.truths(held.table, held.review, asking)
    return reached


def _lines_beside(rules: Iterable[Rule], rulebook: Rulebook) -> list[Leaf]:
    """The lines of the checks of flags and of invariants."""
    checks = [line for rule in rules if rule.flag is not None for line in rule.flag.unless.values()]
    return [*checks, *(line for never in rulebook.nevers for line in never.let.values())]


def _references(line: Leaf) -> list[str]:
    bounds = line.bound if isinstance(line.bound, tuple) else (line.bound,)
    return [bound.name for bound in bounds if isinstance(bound, Reference)]


def _tree(node: Tree, lines: Mapping[str, Said], *, surely: bool) -> Truth:
    """A condition over lines: what surely holds, or what possibly does."""
    match node:
        case Name(name):
            return lines[name].surely if surely else lines[name].possibly
        case Not(part):
            return opposite(_tree(part, lines, surely=not surely))
        case All(parts):
            return both([_tree(part, lines, surely=surely) for part in parts])
        case Some(least, parts):
            return at_least(least, [_tree(part, lines, surely=surely) for part in parts])


def _columns_in(facts: Iterable[Fact]) -> Iterator[str]:
    """Where facts are."""
    for fact in facts:
        yield from (column for column in (fact.value, fact.unknown, fact.missing) if isinstance(column, str))


def _in_doubt(rule: Rule, held: _Held, table: ir.Table, *answers: OnMissing) -> Truth:
    """Whether a fact of a line named in `when` is unknown, of those that are answered so."""
    lines = [rule.let[name] for name in leaves(rule.when)]
    asked = dict.fromkeys(line.feature for line in lines if line.operator is not Operator.EXISTS)
    fitting = [fact for fact in asked if rule.on_missing.get(fact, OnMissing.REVIEW) in answers]
    return either([unknown_of(table, fact, held.facts) for fact in fitting])


def _columns_of(truths: Mapping[str, Truth]) -> dict[str, ir.BooleanValue]:
    return {name: truth for name, truth in truths.items() if not isinstance(truth, bool)}


def _read(table: ir.Table, made: Mapping[str, Truth], name: str) -> Truth:
    """A condition that was made a column; one that was not made is false."""
    truth = made.get(name, False)
    return truth if isinstance(truth, bool) else table[name]


def _written(table: ir.Table, truth: Truth | str) -> ir.BooleanValue:
    if isinstance(truth, bool):
        return ibis.literal(truth)
    return table[truth] if isinstance(truth, str) else truth


def _fact(table: ir.Table, fact: Fact) -> ir.BooleanValue:
    """A concluded fact, null where it is unknown."""
    value = table[fact.value]
    return value if fact.unknown is False else table[fact.unknown].ifelse(ibis.null("boolean"), value)


def _points(held: _Held, rules: Sequence[Rule], table: ir.Table, any_fired: Truth) -> ir.IntegerValue:
    """The sum over rules that fired, worked out only for rows where one did."""
    none = number(0, "int64")
    scores = [
        _written(table, truth).ifelse(number(rule.points or 0, "int64"), none)
        for rule, truth in zip(rules, held.truths(table, held.fired, [rule.id for rule in rules]), strict=True)
    ]
    return _written(table, any_fired).ifelse(summed(scores), none) if scores else none
