"""The tracer: walks the tree in plain Python, keeps every verdict on demand, and writes why.

In: a FeatureSet and a day. Out: a Judgement, or the Explanation of one rule. It runs beside durable-rules on every live decision.
Not here: deciding live (`durable`), deciding in bulk (`columns`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from engine.evaluate import kleene
from engine.evaluate.plan import Scope, Truth, concluded, judged, judgement, outcome, unmade
from engine.model import FeatureSet, Judgement, Outcome, Value
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import Resolved, bound, regime_of, regimes, values_at
from engine.ruleset.tree import Leaf, Never, Reference, Rule, Rulebook, Status


@dataclass(frozen=True, slots=True)
class Line:
    """One line of `let` against the facts. `state`: known, unknown or absent; `parameter`: the name of the bound, if it has one."""

    name: str
    feature: str
    operator: str
    bound: Resolved
    parameter: str
    actual: Value | None
    state: str
    verdict: Truth


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule fired or did not: every line, the verdict of the whole, what was done about unknown facts."""

    rule: str
    lines: tuple[Line, ...]
    verdict: Truth
    outcome: Outcome
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule | Never
    lines: Mapping[str, kleene.Verdict]
    bounds: Mapping[str, Resolved]
    verdict: kleene.Verdict


class Tracer:
    """The reader that explains; compiled once per parameter regime."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._rules: Mapping[str, Rule] = {rule.id: rule for rule in rulebook.rules}
        self._regimes = regimes(rulebook)
        self._layers = {
            (scope, status): judged(rulebook, scope, status)
            for scope in Scope
            for status in (Status.LIVE, Status.SHADOW)
        }
        self._unmade = {scope: unmade(rulebook, scope) for scope in Scope}
        self._compiled: dict[date, Mapping[str, _Compiled]] = {}
        self._values = {regime: values_at(rulebook, regime) for regime in self._regimes}

    def judge(self, features: FeatureSet, day: date, *, scope: Scope = Scope.RECORD, shadow: bool = False) -> Judgement:
        """Every live rule of the scope on these facts, layer by layer; with `shadow` the outcomes of shadow rules too."""
        regime = self._regime(day)
        compiled = self._of(regime)
        outcomes, known = self._layered(self._layers[scope, Status.LIVE], compiled, features, self._unmade[scope])
        made = judgement(self._rules, outcomes, known, self._values[regime])
        if not shadow:
            return made
        more, _ = self._layered(self._layers[scope, Status.SHADOW], compiled, features, known)
        return replace(made, outcomes={**outcomes, **more})

    def _layered(
        self,
        layers: Sequence[Sequence[Rule]],
        compiled: Mapping[str, _Compiled],
        features: FeatureSet,
        before: Mapping[str, Truth],
    ) -> tuple[dict[str, Outcome], dict[str, Truth]]:
        """Outcomes that are not quiet, and the conclusions known before with those of these layers."""
        facts: kleene.Facts = {**features.values, **before} if before else features.values
        outcomes: dict[str, Outcome] = {}
        known = dict(before)
        for rules in layers:
            for rule in rules:
                verdict = compiled[rule.id].verdict(facts)
                if verdict is False:
                    continue
                unknown = () if verdict else self._unknown(compiled[rule.id], rule, facts)
                what = outcome(rule, verdict, unknown)
                if what is not Outcome.QUIET:
                    outcomes[rule.id] = what
            made = concluded(rules, outcomes, known)
            if made:
                known.update(made)
                facts = {**facts, **made}
        return outcomes, known

    def parameters(self, day: date) -> Mapping[str, Value]:
        """Every parameter as it stands on a day."""
        return self._values[self._regime(day)]

    def unknowns(self, rule: str, features: FeatureSet, day: date) -> tuple[str, ...]:
        """The unknown facts that make a rule unknown."""
        compiled = self._of(self._regime(day))[rule]
        return self._unknown(compiled, self._rules[rule], self._facts(self._rules[rule], features, day))

    def flags(
        self, features: FeatureSet, day: date, held: Judgement
    ) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
        """Flag rules that fired: those raised, and those held back with the checks that hold them (ruling 26)."""
        raised, considered = [], []
        facts: kleene.Facts | None = None
        for rule_id in held.outcomes:
            flag = self._rules[rule_id].flag
            if flag is None:
                continue
            facts = facts if facts is not None else {**features.values, **held.concluded}
            bounds = self._values[self._regime(day)]
            back = tuple(
                name
                for name, line in flag.unless.items()
                if kleene.leaf(line, bound(line.bound, bounds))(facts) is not False
            )
            if back:
                considered.append((rule_id, back))
            else:
                raised.append(rule_id)
        return tuple(raised), tuple(considered)

    def nevers(self, features: FeatureSet, day: date, held: Judgement) -> tuple[str, ...]:
        """Invariants whose condition is surely true."""
        compiled = self._of(self._regime(day))
        facts = {**features.values, **held.concluded} if held.concluded else features.values
        return tuple(never.id for never in self._rulebook.nevers if compiled[never.id].verdict(facts) is True)

    def explain(self, rule_id: str, features: FeatureSet, day: date) -> Explanation:
        """Every line of one rule, without short circuit; raises KeyError for an unknown rule."""
        rule = self._rules[rule_id]
        compiled = self._of(self._regime(day))[rule_id]
        facts = self._facts(rule, features, day)
        verdict = compiled.verdict(facts)
        unknown = self._unknown(compiled, rule, facts) if verdict is None else ()
        lines = tuple(self._line(line, compiled, facts) for line in rule.let.values())
        return Explanation(rule_id, lines, verdict, outcome(rule, verdict, unknown), unknown)

    def _facts(self, rule: Rule, features: FeatureSet, day: date) -> kleene.Facts:
        """Facts with the conclusions that a rule sees: of live rules, and of shadow rules where it is none itself."""
        if rule.layer == 0:
            return features.values
        compiled = self._of(self._regime(day))
        _, known = self._layered(
            self._layers[Scope.RECORD, Status.LIVE], compiled, features, self._unmade[Scope.RECORD]
        )
        if rule.status is not Status.LIVE:
            _, known = self._layered(self._layers[Scope.RECORD, Status.SHADOW], compiled, features, known)
        return {**features.values, **known}

    @staticmethod
    def _line(line: Leaf, compiled: _Compiled, facts: kleene.Facts) -> Line:
        state = "absent" if line.feature not in facts else "unknown" if facts[line.feature] is None else "known"
        parameter = line.bound.name if isinstance(line.bound, Reference) else ""
        return Line(
            line.name,
            line.feature,
            line.operator.value,
            compiled.bounds[line.name],
            parameter,
            facts.get(line.feature),
            state,
            compiled.lines[line.name](facts),
        )

    @staticmethod
    def _unknown(compiled: _Compiled, rule: Rule, facts: kleene.Facts) -> tuple[str, ...]:
        named = leaves(rule.when)
        return tuple(sorted({rule.let[n].feature for n in named if compiled.lines[n](facts) is None}))

    def _regime(self, day: date) -> date:
        return regime_of(self._regimes, day)

    def _of(self, regime: date) -> Mapping[str, _Compiled]:
        held = self._compiled.get(regime)
        if held is None:
            values = self._values[regime]
            parts: Sequence[Rule | Never] = (*self._rulebook.rules, *self._rulebook.nevers)
            held = self._compiled[regime] = {part.id: _compile(part, values) for part in parts}
        return held


def _compile(part: Rule | Never, values: Mapping[str, Value]) -> _Compiled:
    bounds = {name: bound(line.bound, values) for name, line in part.let.items()}
    lines = {name: kleene.leaf(line, bounds[name]) for name, line in part.let.items()}
    return _Compiled(part, lines, bounds, kleene.tree(part.when, lines))
