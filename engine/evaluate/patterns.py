"""Conditions as durable-rules patterns: one layer of rules as named questions, each with a pattern for "surely yes" and for "surely no".

In: rules, their facts' types, bounds of one day. Out: a Layer, and the flat typed message that its patterns read. Not here: asserting
(`durable`). durable-rules spreads an `or` inside an `and` into branches and fires once for each that is true, so that five nested lines
can take it minutes; and it refuses a pattern of 16 operators (error 113). A condition past `MOST_BRANCHES` or `MOST_OPERATORS` is asked
node by node, in stages: a later stage compares how many parts were surely true and surely false. Where only its "surely no" is too large,
the nodes are asked for records alone of which one of its facts is unknown.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, prod
from typing import Any

from engine.model import Value
from engine.ruleset.parameters import Resolved, bound
from engine.ruleset.tree import All, Leaf, Name, Not, Operator, Rule, Rulebook, Some, Tree

Pattern = dict[str, Any]
MOST_BRANCHES = 64
MOST_OPERATORS = 13
"""Of a pattern without the guard of a "surely no"."""

HERE: Pattern = {"here": 1}
_NEVER: Pattern = {"here": 0}
_NEGATED = {"$gte": "$lt", "$lte": "$gt", "$gt": "$lte", "$lt": "$gte"}
_ORDER = {
    Operator.AT_LEAST: "$gte",
    Operator.AT_MOST: "$lte",
    Operator.MORE_THAN: "$gt",
    Operator.LESS_THAN: "$lt",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question by what fires where it is surely true (`yes`) and where it is surely false (`no`)."""

    yes: str
    no: str

    @classmethod
    def named(cls, name: str) -> Asked:
        """The question whose patterns bear this name."""
        return cls(f"y{name}", f"n{name}")

    @property
    def turned(self) -> Asked:
        """The opposite question."""
        return Asked(self.no, self.yes)


@dataclass(frozen=True, slots=True)
class Counted:
    """A question of a later stage: whether at least `least` of its parts, asked in earlier ones, are true."""

    name: str
    least: int
    parts: tuple[Asked, ...]

    def patterns(self) -> dict[str, Pattern]:
        """Surely yes and surely no, as comparisons of the counts in the message."""
        enough_false = len(self.parts) - self.least + 1
        return {
            f"y{self.name}": {"$gte": {f"t{self.name}": self.least}},
            f"n{self.name}": {"$gte": {f"f{self.name}": enough_false}},
        }

    def counts(self, fired: Iterable[str]) -> dict[str, int]:
        """How many parts are surely true and how many surely false, after what fired."""
        held = frozenset(fired)
        sure = sum(part.yes in held for part in self.parts)
        return {f"t{self.name}": sure, f"f{self.name}": sum(part.no in held for part in self.parts)}


@dataclass(slots=True)
class Column:
    """How one fact is handed over: its key and type, whether its presence or absence and which list members are asked for."""

    key: str
    type: str
    presence: bool = False
    absence: bool = False
    members: dict[str, str] = field(default_factory=dict)

    def given(self, facts: Mapping[str, Value | None], fact: str) -> dict[str, Any]:
        """The part of a message that tells this fact; an unknown one is left out."""
        value = facts.get(fact)
        told: dict[str, Any] = {f"{self.key}e": value is not None} if self.presence else {}
        if value is None:
            if self.absence and fact not in facts:
                told[f"{self.key}a"] = True
        elif isinstance(value, tuple):
            told.update({key: member in value for member, key in self.members.items()})
        else:
            told[self.key] = _code(value) if isinstance(value, str) else value
        return told


@dataclass(frozen=True, slots=True)
class Telling:
    """The values of one key that some pattern can be true by: from `low` up to `high`, or `equal` to one of these."""

    low: float = inf
    high: float = -inf
    equal: frozenset[Any] = frozenset()

    def holds(self, value: int) -> bool:
        """Whether a pattern may be true by this value."""
        return value >= self.low or value <= self.high or value in self.equal


_ALL, _TRUE = Telling(low=-inf), Telling(equal=frozenset({True}))


class Layer:
    """The rules of one layer as questions: `first` has the patterns of the first stage, `later` the counted ones of each further stage."""

    def __init__(self, rules: Sequence[Rule], rulebook: Rulebook, values: Mapping[str, Value]) -> None:
        self.columns: dict[str, Column] = {}
        self.first: dict[str, Pattern] = {}
        self.later: list[list[Counted]] = []
        self._guarded: set[str] = set()
        self._late: set[int] = set()
        self._always_late = False
        self._rulebook, self._values = rulebook, values
        self.asked = tuple(self._asked(position, rule) for position, rule in enumerate(rules))
        self._reads = tuple([fact for fact in sorted(rule.reads) if fact in self.columns] for rule in rules)
        telling = _telling([pattern for name, pattern in self.first.items() if name not in self._guarded])
        self._truths: list[tuple[str, str]] = []
        self._numbers: list[tuple[str, str, float]] = []
        self._others: list[tuple[str, Column, Telling, bool]] = []
        for fact, column in self.columns.items():
            told, when_missing = telling.get(column.key, _ALL), column.presence or f"{column.key}a" in telling
            if not when_missing and column.type == "bool" and told == _TRUE:
                self._truths.append((fact, column.key))
            elif not when_missing and column.type == "int" and told == Telling(low=told.low):
                self._numbers.append((fact, column.key, told.low))
            else:
                self._others.append((fact, column, told, when_missing))

    def message(self, facts: Mapping[str, Value | None], open_rules: Collection[int]) -> dict[str, Any]:
        """Known facts that rules use, flat and typed; `open_rules` are the positions of rules with an unknown fact.

        What no "surely yes" can be true by is left out, as if unknown: most facts of most records. Rules that are open get all they read.
        """
        message: dict[str, Any] = dict(HERE)
        given = facts.get
        for fact, key in self._truths:
            if given(fact) is True:
                message[key] = True
        for fact, key, low in self._numbers:
            value = given(fact)
            if value is not None and value >= low:  # type: ignore[operator]
                message[key] = value
        message.update(self._rest(facts))
        for position in open_rules:
            message[f"u{position}"] = True
            for fact in self._reads[position]:
                message.update(self.columns[fact].given(facts, fact))
        return message

    def staged(self, open_rules: Collection[int]) -> bool:
        """Whether the later stages can tell anything of a record with these open rules."""
        return self._always_late or not self._late.isdisjoint(open_rules)

    def _rest(self, facts: Mapping[str, Value | None]) -> dict[str, Any]:
        """Codes, lists, facts asked for by their presence: whatever is no plain truth or threshold."""
        message: dict[str, Any] = {}
        for fact, column, telling, told_when_missing in self._others:
            value = facts.get(fact)
            if value is None:
                if told_when_missing:
                    message.update(column.given(facts, fact))
            elif column.presence or isinstance(value, (str, tuple)) or telling.holds(value):
                message.update(column.given(facts, fact))
        return message

    def _asked(self, position: int, rule: Rule) -> Asked:
        """The question of a rule; its "surely no" is for records of which it is open."""
        name, guard = f"{position}", {f"u{position}": True}
        yes, no = (self._whole(rule, wanted=wanted) for wanted in (True, False))
        if yes is None:
            self._always_late = True
            return self._node(rule.when, rule.let, name)[0]
        self.first[f"y{name}"] = yes
        if no is not None:
            self._ask(f"n{name}", no, guard)
            return Asked.named(name)
        self._late.add(position)
        nodes, _ = self._node(rule.when, rule.let, f"{name}_", guard)
        return Asked(f"y{name}", nodes.no)

    def _whole(self, rule: Rule, *, wanted: bool) -> Pattern | None:
        """A whole condition as one pattern; None where it is too large for that."""
        if self._branches(rule.when, rule.let, wanted=wanted) > MOST_BRANCHES:
            return None
        pattern = self._tree(rule.when, rule.let, wanted=wanted)
        return pattern if _operators(pattern) <= MOST_OPERATORS else None

    def _ask(self, name: str, pattern: Pattern, guard: Pattern | None) -> None:
        """Put a pattern into the first stage; one with a guard can be true of records only that tell the guard."""
        self.first[name] = _join("$and", [guard, pattern]) if guard else pattern
        if guard:
            self._guarded.add(name)

    def _node(self, node: Tree, let: Mapping[str, Leaf], name: str, guard: Pattern | None = None) -> tuple[Asked, int]:
        """A question for one node of a large condition, and the stage that answers it."""
        match node:
            case Not(part):
                asked, stage = self._node(part, let, name, guard)
                return asked.turned, stage
            case Name(line):
                self._ask(f"y{name}", self._leaf(let[line], wanted=True), guard)
                self._ask(f"n{name}", self._leaf(let[line], wanted=False), guard)
                return Asked.named(name), 0
            case All(parts):
                least = len(parts)
            case Some(least, parts):
                pass
        inner = [self._node(part, let, f"{name}_{number}", guard) for number, part in enumerate(parts)]
        stage = 1 + max(of for _, of in inner)
        while len(self.later) < stage:
            self.later.append([])
        self.later[stage - 1].append(Counted(name, least, tuple(asked for asked, _ in inner)))
        return Asked.named(name), stage

    def _branches(self, node: Tree, let: Mapping[str, Leaf], *, wanted: bool) -> int:
        """Into how many branches durable-rules would spread a condition."""
        match node:
            case Name(line):
                compared = bound(let[line].bound, self._values)
                return 1 + (len(compared) if isinstance(compared, tuple) else 1)
            case Not(part):
                return self._branches(part, let, wanted=not wanted)
            case All(parts):
                least = len(parts)
            case Some(least, parts):
                pass
        each = [self._branches(part, let, wanted=wanted) for part in parts]
        chosen = least if wanted else len(parts) - least + 1
        return sum(prod(ways) for ways in itertools.islice(itertools.combinations(each, chosen), MOST_BRANCHES + 1))

    def _tree(self, node: Tree, let: Mapping[str, Leaf], *, wanted: bool) -> Pattern:
        """The tree in negation normal form, where it is surely true, or surely false."""
        match node:
            case Name(name):
                return self._leaf(let[name], wanted=wanted)
            case Not(part):
                return self._tree(part, let, wanted=not wanted)
            case All(parts):
                return _join("$and" if wanted else "$or", [self._tree(part, let, wanted=wanted) for part in parts])
            case Some(least, parts):
                inner = [self._tree(part, let, wanted=wanted) for part in parts]
                return _at_least(least if wanted else len(parts) - least + 1, inner)

    def _leaf(self, line: Leaf, *, wanted: bool) -> Pattern:
        feature = self._rulebook.features[line.feature]
        column = self.columns.setdefault(line.feature, Column(f"f{len(self.columns)}", feature.type))
        value = bound(line.bound, self._values)
        if line.operator is Operator.EXISTS:
            column.presence = True
            return {f"{column.key}e": (value is True) is wanted}
        pattern = _compared(line.operator, column, value, wanted=wanted)
        if wanted:
            return pattern
        column.absence = True
        return _join("$or", [pattern, {f"{column.key}a": True}])


def _compared(operator: Operator, column: Column, value: Resolved, *, wanted: bool) -> Pattern:
    if operator in _ORDER:
        sign = _ORDER[operator] if wanted else _NEGATED[_ORDER[operator]]
        return {sign: {column.key: value}}
    several = value if isinstance(value, tuple) else (value,)
    if operator is Operator.BETWEEN:
        low, high = several
        if wanted:
            return _join("$and", [{"$gte": {column.key: low}}, {"$lte": {column.key: high}}])
        return _join("$or", [{"$lt": {column.key: low}}, {"$gt": {column.key: high}}])
    if operator is Operator.HAS_ANY:
        return _has_any(column, several, wanted=wanted)
    if column.type == "bool":
        return {column.key: (several[0] is True) is wanted}
    return _listed(column, several, among=wanted is not (operator is Operator.NOT_IN))


def _has_any(column: Column, value: Sequence[Value], *, wanted: bool) -> Pattern:
    keys = [column.members.setdefault(str(one), f"{column.key}m{len(column.members)}") for one in value]
    if keys:
        return _join("$or" if wanted else "$and", [{key: wanted} for key in dict.fromkeys(keys)])
    return _none(column, wanted=not wanted)


def _listed(column: Column, value: Sequence[Value], *, among: bool) -> Pattern:
    """`is`, `in` and `not_in`: equal to one of the values, or to none."""
    typed = list(dict.fromkeys(_code(one) if isinstance(one, str) else one for one in value))
    if not typed:
        return _none(column, wanted=not among)
    if among:
        return _join("$or", [{column.key: one} for one in typed])
    return _join("$and", [{"$neq": {column.key: one}} for one in typed])


def _none(column: Column, *, wanted: bool) -> Pattern:
    """A comparison with an empty list: none of them for every known fact, one of them for no fact."""
    column.presence = column.presence or wanted
    return {f"{column.key}e": True} if wanted else _NEVER


def _code(value: str) -> str:
    """A code as a string that durable-rules neither coerces to a number (ruling 78) nor fails to read (quotes, backslashes)."""
    return f"c{value}" if value.isascii() and value.isalnum() else f"x{value.encode('utf-8', 'surrogatepass').hex()}"


def _telling(patterns: Iterable[Pattern]) -> dict[str, Telling]:
    """For every key that is compared with numbers or truths only, the values that matter."""
    compared: dict[str, list[tuple[str, Any]]] = {}
    for pattern in patterns:
        for key, how, value in _comparisons(pattern):
            compared.setdefault(key, []).append((how, value))
    return {key: _together(held) for key, held in compared.items()}


def _together(compared: Sequence[tuple[str, Any]]) -> Telling:
    lows = [value for how, value in compared if how in ("$gte", "$gt")]
    highs = [value for how, value in compared if how in ("$lte", "$lt")]
    equal = frozenset(value for how, value in compared if how == "=")
    if any(how == "$neq" for how, _ in compared):
        return _ALL
    return Telling(min(lows, default=inf), max(highs, default=-inf), equal)


def _comparisons(pattern: Pattern) -> Iterator[tuple[str, str, Any]]:
    """Every (key, comparison, value) of a pattern."""
    for how, held in pattern.items():
        if how in ("$and", "$or"):
            for part in held:
                yield from _comparisons(part)
        elif isinstance(held, dict):
            yield from ((key, how, value) for key, value in held.items())
        else:
            yield how, "=", held


def _operators(pattern: Pattern) -> int:
    """How many `$and` and `$or` a pattern holds."""
    return sum(1 + sum(map(_operators, parts)) for how, parts in pattern.items() if how in ("$and", "$or"))


def _join(how: str, parts: Sequence[Pattern]) -> Pattern:
    """Parts under one operator; a part that is under the same one is spread out."""
    flat = [inner for part in parts for inner in part.get(how, (part,))]
    return flat[0] if len(flat) == 1 else {how: flat}


def _at_least(least: int, parts: Sequence[Pattern]) -> Pattern:
    if least <= 1:
        return _join("$or", parts)
    ways = [_join("$and", chosen) for chosen in itertools.combinations(parts, least)]
    return _join("$or", ways)
