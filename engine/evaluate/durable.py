"""durable-rules decides live incidents: the tree as its rulesets, used the one way that loses nothing (rulings 24, 88).

In: a FeatureSet and a day. Out: a Judgement, equal to the tracer's. Facts are handed over flat and typed, unknown ones left out; the tree goes
over in negation normal form, "surely yes" always and "surely no" only where a fact of the rule is unknown; neither means unknown.
Not here: what to do when the two disagree (`engine.triage`). One thread owns it in each process; its rulesets are never freed.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.errors import RuleError
from engine.evaluate.plan import Scope, Truth, concluded, judged, judgement, outcome, unmade
from engine.model import FeatureSet, Judgement, Outcome, Value
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import bound, regimes, values_at
from engine.ruleset.tree import All, Leaf, Name, Not, Operator, Rule, Rulebook, Some, Status, Tree

try:
    from durable import engine as durable_engine
except ImportError:  # no wheel and no compiler, or Python 3.13 and later
    durable_engine = None  # type: ignore[assignment]

Pattern = dict[str, Any]
_NEGATED = {"$gte": "$lt", "$lte": "$gt", "$gt": "$lte", "$lt": "$gte"}
_ORDER = {
    Operator.AT_LEAST: "$gte",
    Operator.AT_MOST: "$lte",
    Operator.MORE_THAN: "$gt",
    Operator.LESS_THAN: "$lt",
}


def available() -> bool:
    """Whether durable-rules can be used in this process."""
    return durable_engine is not None


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    rules: tuple[Rule, ...]
    columns: Mapping[str, _Column]


@dataclass(slots=True)
class _Column:
    """How one fact is handed over: its key, whether as a code, whether its presence and which list members are asked for."""

    key: str
    type: str
    presence: bool = False
    absence: bool = False
    members: dict[str, str] | None = None


class DurableReader:
    """The live reader: one ruleset per layer, scope and parameter regime, registered when first needed by the owning thread."""

    def __init__(self, rulebook: Rulebook) -> None:
        if durable_engine is None:
            raise RuleError(
                "durable-rules 未安装",
                hint="使用 Python 3.11 或 3.12 并安装 C 编译器，或在 config.yaml 写 engine: trace",
            )
        self._rulebook = rulebook
        self._rules = {rule.id: rule for rule in rulebook.rules}
        self._regimes = regimes(rulebook)
        self._registered: dict[tuple[date, Scope, Status], tuple[_Layer, ...]] = {}
        self._values = {regime: values_at(rulebook, regime) for regime in self._regimes}
        self._unmade = {scope: unmade(rulebook, scope) for scope in Scope}

    def judge(self, features: FeatureSet, day: date, *, scope: Scope = Scope.RECORD, shadow: bool = False) -> Judgement:
        """Every live rule of the scope on these facts, layer by layer; with `shadow` the outcomes of shadow rules too."""
        regime = self._regimes[bisect_right(self._regimes, day) - 1]
        outcomes, known = self._layered(self._layers(regime, scope, Status.LIVE), features, self._unmade[scope])
        made = judgement(self._rules, outcomes, known, self._values[regime])
        if not shadow:
            return made
        more, _ = self._layered(self._layers(regime, scope, Status.SHADOW), features, known)
        return replace(made, outcomes={**outcomes, **more})

    def _layered(
        self, layers: Sequence[_Layer], features: FeatureSet, before: Mapping[str, Truth]
    ) -> tuple[dict[str, Outcome], dict[str, Truth]]:
        """Outcomes that are not quiet, and the conclusions known before with those of these layers."""
        facts: dict[str, Value | None] = {**features.values, **before}
        outcomes: dict[str, Outcome] = {}
        known = dict(before)
        for layer in layers:
            outcomes.update(self._layer(layer, facts))
            made = concluded(layer.rules, outcomes, known)
            known.update(made)
            facts.update(made)
        return outcomes, known

    def _layer(self, layer: _Layer, facts: Mapping[str, Value | None]) -> dict[str, Outcome]:
        unknown = {fact for fact, value in facts.items() if value is None}
        open_rules = {rule.id: named for rule in layer.rules if (named := _unknown(rule, unknown))} if unknown else {}
        message = _message(layer.columns, facts)
        for position, rule in enumerate(layer.rules):
            if rule.id in open_rules:
                message[f"u{position}"] = True
        fired = _HOST.ask(layer.name, message)
        outcomes: dict[str, Outcome] = {}
        for position, rule in enumerate(layer.rules):
            verdict: Truth = f"y{position}" in fired
            if not verdict and rule.id in open_rules and f"n{position}" not in fired:
                verdict = None
            if verdict is not False:
                what = outcome(rule, verdict, open_rules.get(rule.id, ()))
                if what is not Outcome.QUIET:
                    outcomes[rule.id] = what
        return outcomes

    def _layers(self, regime: date, scope: Scope, status: Status) -> tuple[_Layer, ...]:
        held = self._registered.get((regime, scope, status))
        if held is None:
            layers = judged(self._rulebook, scope, status)
            made = [_HOST.register(rules, self._rulebook, self._values[regime]) for rules in layers]
            held = self._registered[regime, scope, status] = tuple(made)
        return held


def _unknown(rule: Rule, unknown: set[str]) -> tuple[str, ...]:
    """The unknown facts of the lines named in `when`; `exists` is never unknown."""
    if rule.reads.isdisjoint(unknown):
        return ()
    lines = [rule.let[name] for name in leaves(rule.when)]
    return tuple(sorted({x.feature for x in lines if x.feature in unknown and x.operator is not Operator.EXISTS}))


def _message(columns: Mapping[str, _Column], facts: Mapping[str, Value | None]) -> dict[str, Any]:
    """Known facts that rules use, flat and typed; codes carry a prefix so that they are never coerced (ruling 78)."""
    message: dict[str, Any] = {"here": 1}
    for fact, column in columns.items():
        value = facts.get(fact)
        if column.presence:
            message[f"{column.key}e"] = value is not None
        if value is None:
            if column.absence and fact not in facts:
                message[f"{column.key}a"] = True
        elif column.members is not None and isinstance(value, tuple):
            message.update({key: member in value for member, key in column.members.items()})
        else:
            message[column.key] = f"c{value}" if column.type == "code" else value
    return message


class _Writer:
    """The tree of one layer as durable-rules patterns."""

    def __init__(self, rulebook: Rulebook, values: Mapping[str, Value]) -> None:
        self.columns: dict[str, _Column] = {}
        self._rulebook, self._values = rulebook, values

    def surely(self, rule: Rule, *, wanted: bool) -> Pattern:
        """The pattern that matches where the rule is surely true (or surely false)."""
        return self._tree(rule.when, rule.let, wanted)

    def _tree(self, node: Tree, let: Mapping[str, Leaf], wanted: bool) -> Pattern:
        match node:
            case Name(name):
                return self._leaf(let[name], wanted)
            case Not(part):
                return self._tree(part, let, not wanted)
            case All(parts):
                return _join("$and" if wanted else "$or", [self._tree(part, let, wanted) for part in parts])
            case Some(least, parts):
                inner = [self._tree(part, let, wanted) for part in parts]
                return _at_least(least if wanted else len(parts) - least + 1, inner)

    def _leaf(self, line: Leaf, wanted: bool) -> Pattern:
        feature = self._rulebook.features[line.feature]
        column = self.columns.setdefault(line.feature, _Column(f"f{len(self.columns)}", feature.type))
        value = bound(line.bound, self._values)
        if line.operator is Operator.EXISTS:
            column.presence = True
            return {f"{column.key}e": (value is True) is wanted}
        pattern = self._compared(line.operator, column, value, wanted)
        if wanted:
            return pattern
        column.absence = True
        return _join("$or", [pattern, {f"{column.key}a": True}])

    def _compared(self, operator: Operator, column: _Column, value: Any, wanted: bool) -> Pattern:
        if operator in _ORDER:
            sign = _ORDER[operator] if wanted else _NEGATED[_ORDER[operator]]
            return {sign: {column.key: value}}
        if operator is Operator.BETWEEN:
            low, high = value
            if wanted:
                return _join("$and", [{"$gte": {column.key: low}}, {"$lte": {column.key: high}}])
            return _join("$or", [{"$lt": {column.key: low}}, {"$gt": {column.key: high}}])
        if operator is Operator.HAS_ANY:
            return self._has_any(column, value, wanted)
        return _listed(operator, column, value if isinstance(value, tuple) else (value,), wanted)

    def _has_any(self, column: _Column, value: Sequence[str], wanted: bool) -> Pattern:
        column.members = column.members if column.members is not None else {}
        keys = [column.members.setdefault(one, f"{column.key}m{len(column.members)}") for one in value]
        return _join("$or" if wanted else "$and", [{key: wanted} for key in keys])


def _listed(operator: Operator, column: _Column, value: Sequence[Any], wanted: bool) -> Pattern:
    """`is`, `in` and `not_in`: equal to one of the values, or to none."""
    typed = [f"c{one}" if column.type == "code" else one for one in value]
    if column.type == "bool":
        return {column.key: bool(typed[0]) is wanted}
    if wanted is not (operator is Operator.NOT_IN):
        return _join("$or", [{column.key: one} for one in typed])
    return _join("$and", [{"$neq": {column.key: one}} for one in typed])


def _join(how: str, parts: Sequence[Pattern]) -> Pattern:
    return parts[0] if len(parts) == 1 else {how: list(parts)}


def _at_least(least: int, parts: Sequence[Pattern]) -> Pattern:
    if least <= 1:
        return _join("$or", parts)
    ways = [_join("$and", chosen) for chosen in itertools.combinations(parts, least)]
    return _join("$or", ways)


class _Quiet(durable_engine.Host if durable_engine else object):  # type: ignore[misc]
    """A host without its timer threads: they race with actions and can abort the process (ruling 88)."""

    def _run(self) -> None:
        """No timers."""


class _Desk:
    """The one host of a process: registers rulesets, asserts one fact under a fresh state and deletes it again."""

    def __init__(self) -> None:
        self._host: Any = None
        self._fired: set[str] = set()
        self._turn = itertools.count(1)

    def register(self, rules: Sequence[Rule], rulebook: Rulebook, values: Mapping[str, Value]) -> _Layer:
        """A layer as a ruleset of its own."""
        writer = _Writer(rulebook, values)
        name = f"layer{next(self._turn)}"
        definition: dict[str, Any] = {}
        for position, rule in enumerate(rules):
            definition[f"y{position}"] = self._rule(f"y{position}", writer.surely(rule, wanted=True))
            no = _join("$and", [{f"u{position}": True}, writer.surely(rule, wanted=False)])
            definition[f"n{position}"] = self._rule(f"n{position}", no)
        definition["looked"] = self._rule("looked", {"here": 1})
        if self._host is None:
            self._host = _Quiet()
        self._host.register_rulesets({name: definition})
        return _Layer(name, tuple(rules), writer.columns)

    def _rule(self, name: str, pattern: Pattern) -> dict[str, Any]:
        def consequent(_context: Any) -> None:
            self._fired.add(name)

        return {"all": [{"m": pattern}], "run": consequent}

    def ask(self, name: str, message: dict[str, Any]) -> set[str]:
        """Names of the rules that fired; raises RuleError when an action failed, for that must never be swallowed."""
        self._fired = set()
        turn = str(next(self._turn))
        ruleset = self._host.get_ruleset(name)
        state = self._host.assert_fact(name, {"id": turn, "sid": turn, **message})
        ruleset.delete_state(turn)
        if isinstance(state, Mapping) and "exception" in state:
            raise RuleError(
                f"durable-rules 的动作出错：{state['exception']}", hint="请把这一行报给维护者；本件已由另一判读器判断"
            )
        if "looked" not in self._fired:
            raise RuleError("durable-rules 没有看过这件来件", hint="请把这一行报给维护者")
        return self._fired


_HOST = _Desk()
