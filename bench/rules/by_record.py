"""Peers that judge one record after the other, each by the best call path that was found.

In: a `Sheet` for each regime of thresholds. Out: functions from a record to which conditions hold. Not here: peers that judge columns
(`by_column`), colours of hits (`answers`), clocks (`measuring`). Peers are imported where they are used: none of them is needed otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import compress
from typing import Any

from bench.rules.lowering import Both, Either, Opposite, Plain, Sheet, Test, Unknown
from engine.evaluate.columns import column_of
from engine.ruleset.tree import Operator

Row = Mapping[str, Any]
"""A record: facts by the names of their columns, and `unknown__…` beside each that may be unknown."""
Judge = Callable[[Any], list[int]]
"""The numbers of the conditions that hold, in order."""


@dataclass(frozen=True, slots=True)
class RecordPeer:
    """A peer: the package it needs (none: no package), how it is called, what builds its judge; `as_tuple`: records as tuples, not dicts."""

    package: str
    path: str
    build: Callable[[Sheet, Sequence[str]], Judge]
    as_tuple: bool = False

    @property
    def version(self) -> str | None:
        """The installed version; None where it is not installed."""
        if not self.package:
            return ""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


def unknown_name(fact: str) -> str:
    """The boolean beside a fact."""
    return f"unknown__{column_of(fact)}"


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a language of conditions is written."""

    both: str
    either: str
    opposite: str
    value: Callable[[Any], str]
    has_any: Callable[[str, Sequence[Any]], str]
    among: Callable[[str, Sequence[Any]], str]

    def text(self, plain: Plain) -> str:
        """A condition as text."""
        match plain:
            case Both(parts):
                return f"({self.both.join(map(self.text, parts))})"
            case Either(parts):
                return f"({self.either.join(map(self.text, parts))})"
            case Opposite(part):
                return f"({self.opposite}{self.text(part)})"
            case Unknown(fact):
                return unknown_name(fact)
            case Test(fact, operator, bound):
                return self._test(column_of(fact), operator, bound)

    def array(self, conditions: Sequence[Plain]) -> str:
        """All conditions as one list."""
        return f"[{', '.join(map(self.text, conditions))}]"

    def _test(self, name: str, operator: Operator, bound: Any) -> str:
        match operator:
            case Operator.IS if isinstance(bound, bool):
                return name if bound else f"({self.opposite}{name})"
            case Operator.HAS_ANY:
                return self.has_any(name, bound)
            case Operator.IN:
                return self.among(name, bound)
            case Operator.BETWEEN:
                return f"({name} >= {self.value(bound[0])}{self.both}{name} <= {self.value(bound[1])})"
        return f"({name} {SIGNS[operator]} {self.value(bound)})"


SIGNS = {
    Operator.IS: "==",
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.MORE_THAN: ">",
    Operator.LESS_THAN: "<",
}


def _listed(name: str, bound: Sequence[Any]) -> str:
    return f"({name} in {json.dumps(list(bound))})"


def _each(joined: str) -> Callable[[str, Sequence[Any]], str]:
    return lambda name, bound: f"({joined.join(f'{json.dumps(one)} in {name}' for one in bound)})"


PYTHON = Grammar(" and ", " or ", "not ", repr, _each(" or "), lambda name, bound: f"({name} in {tuple(bound)!r})")
WORDS = Grammar(" and ", " or ", "not ", json.dumps, _each(" or "), _listed)
CEL = Grammar(" && ", " || ", "!", json.dumps, _each(" || "), _listed)


def python_function(sheet: Sheet, names: Sequence[str]) -> Judge:
    """All rules in one generated function over local variables."""
    lines = [f"def judge(row):\n ({', '.join(names)},) = row\n held = []"]
    lines += [f" if {PYTHON.text(one)}: held.append({at})" for at, one in enumerate(sheet.conditions)]
    return _compiled("\n".join([*lines, " return held"]), "judge")


def python_closures(sheet: Sheet, names: Sequence[str]) -> Judge:
    """A generated closure for each condition."""
    where = {name: f"row[{at}]" for at, name in enumerate(names)}
    made = [_compiled(f"judge = lambda row: {_placed(one, where)}", "judge") for one in sheet.conditions]
    numbered = tuple(enumerate(made))
    return lambda row: [at for at, judge in numbered if judge(row)]


def _placed(plain: Plain, where: Mapping[str, str]) -> str:
    match plain:
        case Both(parts):
            return f"({' and '.join(_placed(part, where) for part in parts)})"
        case Either(parts):
            return f"({' or '.join(_placed(part, where) for part in parts)})"
        case Opposite(part):
            return f"(not {_placed(part, where)})"
        case Unknown(fact):
            return where[unknown_name(fact)]
        case Test(fact, _, _):
            return PYTHON.text(plain).replace(column_of(fact), where[column_of(fact)])


def _compiled(source: str, name: str) -> Any:
    space: dict[str, Any] = {}
    exec(compile(source, "<rules>", "exec"), space)  # noqa: S102
    return space[name]


def zen(sheet: Sheet, _names: Sequence[str]) -> Judge:
    """One compiled expression that is the list of all conditions."""
    import zen as engine

    compiled = engine.compile_expression(WORDS.array(sheet.conditions))
    numbers = range(len(sheet.conditions))
    return lambda row: list(compress(numbers, compiled.evaluate(row)))


def rule_engine(sheet: Sheet, _names: Sequence[str]) -> Judge:
    """One compiled rule that is the list of all conditions."""
    import rule_engine as engine

    compiled = engine.Rule(WORDS.array(sheet.conditions))
    numbers = range(len(sheet.conditions))
    return lambda row: list(compress(numbers, compiled.evaluate(row)))


def cel(sheet: Sheet, _names: Sequence[str]) -> Judge:
    """One compiled program that is the list of all conditions."""
    import cel as engine

    compiled = engine.compile(CEL.array(sheet.conditions))
    numbers = range(len(sheet.conditions))
    return lambda row: list(compress(numbers, compiled.execute(row)))


def business_rules(sheet: Sheet, _names: Sequence[str]) -> Judge:
    """Nested conditions, checked without its actions; it has no `not`, so negations are pushed down to the comparisons."""
    from business_rules.engine import check_conditions_recursively
    from business_rules.variables import (
        BaseVariables,
        boolean_rule_variable,
        numeric_rule_variable,
        select_multiple_rule_variable,
        string_rule_variable,
    )

    kinds: Mapping[type, Any] = {
        bool: boolean_rule_variable,
        int: numeric_rule_variable,
        str: string_rule_variable,
        tuple: select_multiple_rule_variable,
    }
    space: dict[str, Any] = {"__init__": _keep_row}
    for fact, nothing in sheet.nothing.items():
        wrap = kinds[type(nothing)]
        read = _reading(column_of(fact))
        space[column_of(fact)] = wrap()(read) if type(nothing) is not tuple else wrap(options=[])(read)
        space[unknown_name(fact)] = boolean_rule_variable()(_reading(unknown_name(fact)))
    variables = type("Variables", (BaseVariables,), space)
    conditions = tuple(enumerate(_nested(one, holds=True) for one in sheet.conditions))

    def judge(row: Row) -> list[int]:
        held = variables(row)
        return [at for at, one in conditions if check_conditions_recursively(one, held)]

    return judge


def _keep_row(self: Any, row: Row) -> None:
    self.row = row


def _reading(name: str) -> Callable[[Any], Any]:
    def read(self: Any) -> Any:
        return self.row[name]

    read.__name__ = name
    return read


def _nested(plain: Plain, *, holds: bool) -> dict[str, Any]:
    match plain:
        case Opposite(part):
            return _nested(part, holds=not holds)
        case Both(parts):
            return {"all" if holds else "any": [_nested(part, holds=holds) for part in parts]}
        case Either(parts):
            return {"any" if holds else "all": [_nested(part, holds=holds) for part in parts]}
        case Unknown(fact):
            return _said(unknown_name(fact), "is_true" if holds else "is_false", value=True)
        case Test(fact, operator, bound):
            return _compared(column_of(fact), operator, bound, holds=holds)


def _said(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"name": name, "operator": operator, "value": value}


def _compared(name: str, operator: Operator, bound: Any, *, holds: bool) -> dict[str, Any]:
    """A comparison, or its opposite by another operator; strings have none but a pattern, so that "not one of" is a pattern that refuses."""
    match operator:
        case Operator.IS if isinstance(bound, bool):
            return _said(name, "is_true" if bound == holds else "is_false", value=True)
        case Operator.HAS_ANY:
            return _said(name, "shares_at_least_one_element_with" if holds else "shares_no_elements_with", bound)
        case Operator.BETWEEN:
            low, high = (Operator.AT_LEAST, Operator.AT_MOST) if holds else (Operator.LESS_THAN, Operator.MORE_THAN)
            ends = [_compared(name, low, bound[0], holds=True), _compared(name, high, bound[1], holds=True)]
            return {"all" if holds else "any": ends}
        case Operator.IN:
            return {"any" if holds else "all": [_compared(name, Operator.IS, one, holds=holds) for one in bound]}
        case Operator.IS if isinstance(bound, str):
            return _said(name, "equal_to", bound) if holds else _said(name, "matches_regex", f"^(?!{bound}$)")
    return _said(name, _BUSINESS[operator][not holds], bound)


_BUSINESS = {
    Operator.AT_LEAST: ("greater_than_or_equal_to", "less_than"),
    Operator.AT_MOST: ("less_than_or_equal_to", "greater_than"),
    Operator.MORE_THAN: ("greater_than", "less_than_or_equal_to"),
    Operator.LESS_THAN: ("less_than", "greater_than_or_equal_to"),
}


def clips(sheet: Sheet, names: Sequence[str]) -> Judge:
    """One template, a rule for each condition, a fact asserted, run and retracted; rules note their numbers in a global."""
    import clips as engine

    environment = engine.Environment()
    used = [name for name in names if name != "regime"]
    lists = {column_of(fact) for fact, nothing in sheet.nothing.items() if isinstance(nothing, tuple)}
    slots = " ".join(f"({'multislot' if name in lists else 'slot'} {name})" for name in used)
    environment.build(f"(deftemplate record {slots})")
    environment.build("(defglobal ?*held* = (create$))")
    for at, condition in enumerate(sheet.conditions):
        text = _lisp(condition)
        read = [name for name in used if f"?{name} " in text or f"?{name})" in text]
        pattern = " ".join(f"({name} {'$' if name in lists else ''}?{name})" for name in read)
        noted = f"(bind ?*held* (create$ ?*held* {at}))"
        environment.build(f"(defrule c{at} (record {pattern}) (test {text}) => {noted})")
    template = environment.find_template("record")
    held = environment.find_global("held")
    symbols = {True: engine.Symbol("TRUE"), False: engine.Symbol("FALSE")}

    def judge(row: Row) -> list[int]:
        held.value = ()
        told = {name: symbols[said] if type(said := row[name]) is bool else said for name in used}
        fact = template.assert_fact(**told)
        environment.run()
        fact.retract()
        return sorted(held.value)

    return judge


def _lisp(plain: Plain) -> str:
    match plain:
        case Both(parts):
            return f"(and {' '.join(map(_lisp, parts))})"
        case Either(parts):
            return f"(or {' '.join(map(_lisp, parts))})"
        case Opposite(part):
            return f"(not {_lisp(part)})"
        case Unknown(fact):
            return f"(eq ?{unknown_name(fact)} TRUE)"
        case Test(fact, operator, bound):
            return _lisp_test(f"?{column_of(fact)}", operator, bound)


def _lisp_test(name: str, operator: Operator, bound: Any) -> str:
    match operator:
        case Operator.IS if isinstance(bound, bool):
            return f"(eq {name} {'TRUE' if bound else 'FALSE'})"
        case Operator.IS:
            return f"(eq {name} {json.dumps(bound)})"
        case Operator.IN:
            return f"(or {' '.join(f'(eq {name} {json.dumps(one)})' for one in bound)} FALSE)"
        case Operator.HAS_ANY:
            return f"(or {' '.join(f'(member$ {json.dumps(one)} {name})' for one in bound)} FALSE)"
        case Operator.BETWEEN:
            return f"(and (>= {name} {bound[0]}) (<= {name} {bound[1]}))"
    return f"({SIGNS[operator]} {name} {bound})"


PEERS: Mapping[str, RecordPeer] = {
    "generated Python": RecordPeer("", "one generated function for all rules", python_function, as_tuple=True),
    "generated closures": RecordPeer("", "a generated closure for each condition", python_closures, as_tuple=True),
    "zen-engine": RecordPeer("zen-engine", "compile_expression of one list, evaluate(dict)", zen),
    "rule-engine": RecordPeer("rule-engine", "one Rule of a list, evaluate(dict)", rule_engine),
    "common-expression-language": RecordPeer("common-expression-language", "compile of one list, execute(dict)", cel),
    "business-rules": RecordPeer("business-rules", "check_conditions_recursively, no actions", business_rules),
    "clipspy": RecordPeer("clipspy", "assert one fact, run, retract; (test …) in each rule", clips),
}
