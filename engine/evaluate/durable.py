"""durable-rules decides live incidents: the tree as its rulesets, used the one way that loses nothing (rulings 24, 88).

In: a FeatureSet and a day. Out: a Judgement, equal to the tracer's. Facts are handed over flat and typed, unknown ones left out; the tree goes
over in negation normal form, "surely yes" always and "surely no" only where a fact of the rule is unknown; neither means unknown.
Not here: the patterns (`patterns`), what to do when the readers disagree (`engine.triage`). One thread owns it in each process; its
rulesets are never freed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.errors import RuleError
from engine.evaluate.patterns import HERE, Layer, Pattern
from engine.evaluate.plan import Scope, Truth, concluded, judged, judgement, outcome, unmade
from engine.model import FeatureSet, Judgement, Outcome, Value
from engine.recent import Recent
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import regime_of, regimes, values_at
from engine.ruleset.tree import Operator, Rule, Rulebook, Status

try:
    from durable import engine as durable_engine
except ImportError:  # no wheel and no compiler, or Python 3.13 and later
    durable_engine = None  # type: ignore[assignment]


_Message = tuple[str, frozenset[tuple[str, Value]]]
_REMEMBERED = 500
_LOOKED = frozenset({"looked"})
"""The rule that every fact fires: without it nobody looked."""


def available() -> bool:
    """Whether durable-rules can be used in this process."""
    return durable_engine is not None


@dataclass(frozen=True, slots=True)
class _Registered:
    """A layer with the names of its rulesets: the first stage, then one for each stage of counts."""

    rules: tuple[Rule, ...]
    layer: Layer
    first: str
    later: tuple[str, ...]


class DurableReader:
    """The live reader: one ruleset per layer, scope and parameter regime, registered when first needed by the owning thread."""

    def __init__(self, rulebook: Rulebook, *, remember: bool = False) -> None:
        """`remember`: what a ruleset has said of a message is not asked again; nineteen messages in twenty have come before."""
        if durable_engine is None:
            raise RuleError(
                "durable-rules 未安装",
                hint="使用 Python 3.11 或 3.12 并安装 C 编译器，或在 config.yaml 写 engine: trace",
            )
        self._rulebook = rulebook
        self._rules = {rule.id: rule for rule in rulebook.rules}
        self._regimes = regimes(rulebook)
        self._registered: dict[tuple[date, Scope, Status], tuple[_Registered, ...]] = {}
        self._values = {regime: values_at(rulebook, regime) for regime in self._regimes}
        self._unmade = {scope: unmade(rulebook, scope) for scope in Scope}
        self._said = Recent[_Message, frozenset[str]](_REMEMBERED if remember else 0)

    def judge(self, features: FeatureSet, day: date, *, scope: Scope = Scope.RECORD, shadow: bool = False) -> Judgement:
        """Every live rule of the scope on these facts, layer by layer; with `shadow` the outcomes of shadow rules too."""
        regime = regime_of(self._regimes, day)
        outcomes, known = self._layered(self._layers(regime, scope, Status.LIVE), features, self._unmade[scope])
        made = judgement(self._rules, outcomes, known, self._values[regime])
        if not shadow:
            return made
        more, _ = self._layered(self._layers(regime, scope, Status.SHADOW), features, known)
        return replace(made, outcomes={**outcomes, **more})

    def _layered(
        self, layers: Sequence[_Registered], features: FeatureSet, before: Mapping[str, Truth]
    ) -> tuple[dict[str, Outcome], dict[str, Truth]]:
        """Outcomes that are not quiet, and the conclusions known before with those of these layers."""
        facts: dict[str, Value | None] = {**features.values, **before}
        unknown = {fact for fact, value in facts.items() if value is None}
        outcomes: dict[str, Outcome] = {}
        known = dict(before)
        for at, layer in enumerate(layers):
            outcomes.update(self._layer(layer, facts, unknown, always=at == 0))
            made = concluded(layer.rules, outcomes, known)
            known.update(made)
            facts.update(made)
            unknown = unknown.difference(made).union(fact for fact, truth in made.items() if truth is None)
        return outcomes, known

    def _layer(
        self, held: _Registered, facts: Mapping[str, Value | None], unknown: set[str], *, always: bool
    ) -> dict[str, Outcome]:
        """Outcomes of one layer that are not quiet; unless `always`, nothing is asked where there is nothing to tell."""
        open_ = (
            {at: named for at, rule in enumerate(held.rules) if (named := _unknown(rule, unknown))} if unknown else {}
        )
        message, staged = held.layer.message(facts, open_), held.layer.staged(open_)
        if message == HERE and not (always or staged):
            return {}
        fired = self._ask(held.first, message)
        if not (open_ or staged) and fired == _LOOKED:
            return {}
        for name, counted in zip(held.later, held.layer.later, strict=True) if staged else ():
            counts = {key: count for one in counted for key, count in one.counts(fired).items()}
            fired = fired | self._ask(name, {**HERE, **counts})
        outcomes: dict[str, Outcome] = {}
        for at, (rule, asked) in enumerate(zip(held.rules, held.layer.asked, strict=True)):
            verdict: Truth = asked.yes in fired
            if not verdict and at in open_ and asked.no not in fired:
                verdict = None
            if verdict is not False:
                what = outcome(rule, verdict, open_.get(at, ()))
                if what is not Outcome.QUIET:
                    outcomes[rule.id] = what
        return outcomes

    def _ask(self, name: str, message: dict[str, Any]) -> frozenset[str]:
        """What fires on a message; the keys of a message have one type each, so equal messages are the same."""
        asked = (name, frozenset(message.items()))
        fired = self._said.get(asked)
        if fired is None:
            fired = frozenset(_HOST.ask(name, message))
            self._said.put(asked, fired)
        return fired

    def _layers(self, regime: date, scope: Scope, status: Status) -> tuple[_Registered, ...]:
        held = self._registered.get((regime, scope, status))
        if held is None:
            layers = judged(self._rulebook, scope, status)
            made = [_HOST.register(rules, Layer(rules, self._rulebook, self._values[regime])) for rules in layers]
            held = self._registered[regime, scope, status] = tuple(made)
        return held


def _unknown(rule: Rule, unknown: set[str]) -> tuple[str, ...]:
    """The unknown facts of the lines named in `when`; `exists` is never unknown."""
    if rule.reads.isdisjoint(unknown):
        return ()
    lines = [rule.let[name] for name in leaves(rule.when)]
    return tuple(sorted({x.feature for x in lines if x.feature in unknown and x.operator is not Operator.EXISTS}))


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

    def register(self, rules: Sequence[Rule], layer: Layer) -> _Registered:
        """A layer as rulesets of its own, one for each stage."""
        stages = [
            {name: pattern for one in counted for name, pattern in one.patterns().items()} for counted in layer.later
        ]
        first, *later = [self._ruleset(patterns) for patterns in (layer.first, *stages)]
        return _Registered(tuple(rules), layer, first, tuple(later))

    def _ruleset(self, patterns: Mapping[str, Pattern]) -> str:
        name = f"layer{next(self._turn)}"
        if self._host is None:
            self._host = _Quiet()
        asked = {**patterns, **dict.fromkeys(_LOOKED, HERE)}
        self._host.register_rulesets({name: {rule: self._rule(rule, pattern) for rule, pattern in asked.items()}})
        return name

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
        if not self._fired >= _LOOKED:
            raise RuleError("durable-rules 没有看过这件来件", hint="请把这一行报给维护者")
        return self._fired


_HOST = _Desk()
