"""Comparisons by columns: what a line of a rule surely and possibly says, never null, each comparison made once for all rules.

In: a table of facts (null is unknown), lines of rules. Out: the table with a column for each comparison, and lines in terms of them.
Not here: conditions over lines and what rules do (`columns`), comparing one value (`kleene`).

A fact becomes a value that is nothing (no, 0, no text, no member) where it is not there, beside whether it is unknown. Only a comparison
that nothing passes has to ask whether the fact is there; the others are false there by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import comb
from operator import add, and_, or_
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from engine.evaluate import kleene
from engine.model import Value
from engine.ruleset.parameters import bound as resolved
from engine.ruleset.parameters import regimes, values_at
from engine.ruleset.tree import Bound, Leaf, Operator, Reference, Rulebook

Thresholds = Literal["dated", "today"]
"""Whose numbers judge: those in force on the subject's own day, or today's."""

Truth = ir.BooleanValue | bool
"""A condition that is never null: a column, or a plain bool where no row can change it."""

_TYPES: Mapping[type, str] = {bool: "boolean", int: "int64", str: "string"}
_NOTHING: Mapping[str, Value] = {"bool": False, "int": 0, "code": "", "list": ()}
_WRITTEN_OUT = 30


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in columns that are never null: its value, whether it is unknown, whether it is not there, unknown or absent (False: never)."""

    value: str
    unknown: str | bool = False
    missing: str | bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a line says of a row: surely, possibly (they differ only where its fact is unknown)."""

    surely: Truth
    possibly: Truth


def swept_column(parameter: str) -> str:
    """The column in which each row brings its own value of a parameter, in place of the rulebook's."""
    return f"swept__{parameter.replace('.', '__')}"


class Comparisons:
    """The comparisons of one rulebook on the thresholds of each row's day, or of one day; a parameter that has a column is what each row brings."""

    def __init__(self, rulebook: Rulebook, day: date | None) -> None:
        self._rulebook, self._day = rulebook, day
        self._swept: set[str] = set()
        days = regimes(rulebook) if day is None else (day,)
        self._values = [values_at(rulebook, one) for one in days]
        self._bounds: dict[str, str] = {}
        self._made: dict[tuple[str, Operator, Bound], str | bool] = {}

    def bounds(self, table: ir.Table, names: Iterable[str]) -> ir.Table:
        """The table with the value of each dated parameter on each row's day, where the row does not bring one."""
        made, there = {}, set(table.columns)
        for name in sorted(names):
            if swept_column(name) in there:
                self._bounds[name] = swept_column(name)
                self._swept.add(name)
                continue
            first, *later = self._rulebook.parameters[name].values
            if later and self._day is None:
                since = [(table.day >= ibis.literal(one.start, type="date"), literal(one.value)) for one in later[::-1]]
                self._bounds[name] = f"_bound{len(self._bounds)}"
                made[self._bounds[name]] = ibis.cases(*since, else_=literal(first.value))
        return table.mutate(**made).view() if made else table

    def in_columns(self) -> Iterable[str]:
        """The columns in which bounds are."""
        return self._bounds.values()

    def bound(self, written: Bound, table: ir.Table) -> ir.Value:
        """A bound as a value, or as the column that holds the parameter's value on the row's day."""
        if not isinstance(written, Reference):
            return literal(written)
        column = self._bounds.get(written.name)
        return literal(self._values[0][written.name]) if column is None else table[column]

    def facts(
        self, table: ir.Table, given: Mapping[str, str], lacking: Mapping[str, str]
    ) -> tuple[ir.Table, dict[str, Fact]]:
        """The table without null, and where its facts are; `given` are their columns. A column declared never null stays as it is.

        `lacking`: the columns that say in which rows a fact is absent; elsewhere null is unknown.
        """
        made, facts = {}, {}
        for name, column in given.items():
            if not table[column].type().nullable:
                facts[name] = Fact(column)
                continue
            at, null = len(facts), table[column].isnull()
            made[f"_value{at}"] = table[column].fill_null(_nothing(self._rulebook.features[name].type))
            made[f"_unknown{at}"] = null & ~table[lacking[name]] if name in lacking else null
            if name in lacking:
                made[f"_missing{at}"] = null
            facts[name] = Fact(f"_value{at}", f"_unknown{at}", f"_missing{at}" if name in lacking else f"_unknown{at}")
        return (table.mutate(**made).view() if made else table), facts

    def compared(self, table: ir.Table, lines: Iterable[Leaf], facts: Mapping[str, Fact]) -> ir.Table:
        """The table with the comparisons of these lines that have not been made before."""
        made: dict[str, ir.BooleanValue] = {}
        for line in lines:
            for one, fact in _single(line, facts):
                key = (fact.value, one.operator, one.bound)
                if key not in self._made:
                    self._made[key] = fact.value if one.bound is True else f"_holds{len(self._made)}"
                    if one.bound is not True:
                        made[str(self._made[key])] = self._condition(one, fact, table)
        return table.mutate(**made).view() if made else table

    def says(self, table: ir.Table, line: Leaf, facts: Mapping[str, Fact]) -> Said:
        """A line in terms of comparisons that were made: an absent fact says no, `exists` is never in doubt."""
        unknown = unknown_of(table, line.feature, facts)
        if line.operator is Operator.EXISTS:
            there = opposite(missing_of(table, line.feature, facts)) if line.feature in facts else False
            held = there if line.bound is True else opposite(there)
            return Said(held, held)
        surely = either([table[self._made[fact.value, one.operator, one.bound]] for one, fact in _single(line, facts)])
        return Said(surely, either([surely, unknown]))

    def _condition(self, line: Leaf, fact: Fact, table: ir.Table) -> ir.BooleanValue:
        if isinstance(line.bound, tuple):
            bounds = [self.bound(part, table) for part in line.bound]
            held = _AMONG[line.operator](table[fact.value], bounds)
        else:
            held = _COMPARE[line.operator](table[fact.value], self.bound(line.bound, table))
        return held if fact.missing is False or not self._passed_by_nothing(line) else held & ~table[fact.missing]

    def _passed_by_nothing(self, line: Leaf) -> bool:
        """Whether the value of a fact that is not there may pass a comparison, on any day, with any number that a row brings."""
        parts = line.bound if isinstance(line.bound, tuple) else (line.bound,)
        if any(isinstance(part, Reference) and part.name in self._swept for part in parts):
            return True
        nothing = _NOTHING[self._rulebook.features[line.feature].type]
        return any(
            kleene.leaf(line, resolved(line.bound, values))({line.feature: nothing}) is True for values in self._values
        )


def unknown_of(table: ir.Table, feature: str, facts: Mapping[str, Fact]) -> Truth:
    """Whether a fact is unknown; an absent one never is."""
    unknown = facts[feature].unknown if feature in facts else False
    return table[unknown] if isinstance(unknown, str) else unknown


def missing_of(table: ir.Table, feature: str, facts: Mapping[str, Fact]) -> Truth:
    """Whether a fact that has columns is unknown or absent."""
    missing = facts[feature].missing
    return table[missing] if isinstance(missing, str) else missing


def literal(value: Bound) -> ir.Scalar:
    """A value of the rules."""
    return number(value, "int64") if type(value) is int else ibis.literal(value, type=_TYPES[type(value)])


def number(value: int, type_: str) -> ir.Scalar:
    """A number of a type that the engine is told: Ibis writes a bare literal, and an engine gives that a type of its own."""
    bare = "int32" if -(2**31) <= value < 2**31 and type_ == "int64" else "int64"
    return ibis.literal(value, type=bare).cast(type_)


def opposite(truth: Truth) -> Truth:
    """Not."""
    return not truth if isinstance(truth, bool) else ~truth


def both(parts: Iterable[Truth]) -> Truth:
    """All of the parts."""
    open_ = [part for part in parts if part is not True]
    return False if any(part is False for part in open_) else _folded(and_, open_) if open_ else True


def either(parts: Iterable[Truth]) -> Truth:
    """Any of the parts."""
    open_ = [part for part in parts if part is not False]
    return True if any(part is True for part in open_) else _folded(or_, open_) if open_ else False


def at_least(least: int, parts: Sequence[Truth]) -> Truth:
    """So many of the parts: a few ways are written out, of many the true ones are counted."""
    sure = sum(part is True for part in parts)
    open_ = [part for part in parts if not isinstance(part, bool)]
    return _so_many(least - sure, open_)


def summed(parts: Sequence[ir.IntegerValue]) -> ir.IntegerValue:
    """The sum of one part or more."""
    return _folded(add, parts)


def _so_many(least: int, parts: Sequence[ir.BooleanValue]) -> Truth:
    if least <= 1 or least >= len(parts):
        return True if least <= 0 else False if least > len(parts) else either(parts) if least == 1 else both(parts)
    if comb(len(parts), least) > _WRITTEN_OUT:
        return summed([part.cast("int64") for part in parts]) >= least
    first, *rest = parts
    return either([both([first, _so_many(least - 1, rest)]), _so_many(least, rest)])


def _folded(operator: Callable[[Any, Any], Any], parts: Sequence[Any]) -> Any:
    """Parts joined two by two: a thousand of them are ten deep, not a thousand."""
    held = list(parts)
    while len(held) > 1:
        pairs = zip(held[::2], held[1::2], strict=False)
        held = [operator(left, right) for left, right in pairs] + held[len(held) // 2 * 2 :]
    return held[0]


def _single(line: Leaf, facts: Mapping[str, Fact]) -> Iterator[tuple[Leaf, Fact]]:
    """The comparisons that a line needs: one, or for `has_any` one for each member; none of an absent fact."""
    fact = facts.get(line.feature)
    if fact is None or line.operator is Operator.EXISTS:
        return
    if line.operator is Operator.HAS_ANY:
        assert isinstance(line.bound, tuple)
        for member in line.bound:
            yield Leaf("", line.feature, Operator.HAS_ANY, (member,)), fact
    else:
        yield Leaf("", line.feature, line.operator, line.bound), fact


def _nothing(type_: str) -> ir.Scalar:
    return ibis.literal([], type="array<string>") if type_ == "list" else literal(_NOTHING[type_])


_COMPARE: Mapping[Operator, Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    Operator.IS: lambda fact, bound: fact == bound,
    Operator.AT_LEAST: lambda fact, bound: fact >= bound,
    Operator.AT_MOST: lambda fact, bound: fact <= bound,
    Operator.MORE_THAN: lambda fact, bound: fact > bound,
    Operator.LESS_THAN: lambda fact, bound: fact < bound,
}
_AMONG: Mapping[Operator, Callable[[ir.Value, Sequence[ir.Value]], ir.BooleanValue]] = {
    Operator.IN: lambda fact, bounds: fact.isin(bounds) if bounds else ibis.literal(False),
    Operator.NOT_IN: lambda fact, bounds: ~fact.isin(bounds) if bounds else ibis.literal(True),
    Operator.BETWEEN: lambda fact, bounds: (fact >= bounds[0]) & (fact <= bounds[1]),
    Operator.HAS_ANY: lambda fact, bounds: fact.contains(bounds[0]),
}
