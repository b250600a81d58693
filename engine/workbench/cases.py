"""Cases: every state of its facts that a condition can tell apart, so that what holds in all of them is proved.

In: a rulebook, a day, the lines of one or several conditions. Out: conditions ready to be asked; their states as facts, or None where there are more than
are looked at. Facts are taken as free of each other: what holds in all cases holds, but a case need not be one that can occur. Not here: what is asked of them (`lint`, `mutants`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from math import prod

from engine.evaluate import kleene
from engine.evaluate.plan import Truth, outcome
from engine.model import Outcome, Value
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import bound, values_at
from engine.ruleset.tree import Feature, FeatureKind, Leaf, Never, Operator, Rule, Rulebook, Tree

Facts = dict[str, Value | None]
MOST = 60_000
"""So many states of one condition are looked at; past it the answer is that it is not known."""
ALWAYS = frozenset({"kind", "source", "cause", "anonymous", "confidential", "unreadable"})
NEVER_ABSENT = ALWAYS | {"topic"}
_COUNTS = frozenset({FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT, FeatureKind.ACTIONS})
_OTHER = "\0"
"""A code that no bound names."""


class _Absent:
    """The state of a fact that the source does not carry."""


ABSENT = _Absent()
State = Value | None | _Absent


class Condition:
    """The condition of a rule on one day."""

    def __init__(self, rule: Rule | Never, values: Mapping[str, Value], *, when: Tree | None = None) -> None:
        self.rule = rule
        self.lines = {name: kleene.leaf(line, bound(line.bound, values)) for name, line in rule.let.items()}
        self.verdict = kleene.tree(when or rule.when, self.lines)
        self._tree, self._named = when or rule.when, leaves(when or rule.when)
        self._supposed: dict[tuple[str, Truth], tuple[Mapping[str, kleene.Verdict], kleene.Verdict]] = {}

    def outcome(self, facts: kleene.Facts) -> Outcome:
        """What the rule does in a case."""
        return self._decided(facts, self.lines, self.verdict(facts))

    def flipped(self, facts: kleene.Facts, name: str) -> Outcome:
        """What the rule would do if one line that is true or false were the other."""
        return self.supposed(facts, name, not self.lines[name](facts))

    def supposed(self, facts: kleene.Facts, name: str, truth: Truth) -> Outcome:
        """What the rule would do if one line were so."""
        held = self._supposed.get((name, truth))
        if held is None:
            lines: Mapping[str, kleene.Verdict] = {**self.lines, name: lambda _: truth}
            held = self._supposed[name, truth] = (lines, kleene.tree(self._tree, lines))
        return self._decided(facts, held[0], held[1](facts))

    def _decided(self, facts: kleene.Facts, lines: Mapping[str, kleene.Verdict], verdict: Truth) -> Outcome:
        assert isinstance(self.rule, Rule)
        let = self.rule.let
        unknown = () if verdict is not None else {let[n].feature for n in self._named if lines[n](facts) is None}
        return outcome(self.rule, verdict, unknown)


class Cases:
    """The states of facts on one day."""

    def __init__(self, rulebook: Rulebook, day: date) -> None:
        self.values = values_at(rulebook, day)
        self._features = rulebook.features
        self._kinds = len(rulebook.mappings) or None
        self._doubtful = _doubtful(rulebook)

    def condition(self, rule: Rule | Never) -> Condition:
        """The condition of a rule, with its thresholds of the day."""
        return Condition(rule, self.values)

    def of(self, lines: Iterable[Leaf], *, apart: bool = False) -> list[Facts] | None:
        """Every case of these lines; with `apart` also those that differ only in whether a fact is known, unknown or absent."""
        by_fact: dict[str, list[Leaf]] = {}
        for line in lines:
            by_fact.setdefault(line.feature, []).append(line)
        states = {fact: self.states(fact, of, apart=apart) for fact, of in by_fact.items()}
        if prod(map(len, states.values())) > MOST:
            return None
        return [
            {fact: state for fact, state in zip(states, case, strict=True) if not isinstance(state, _Absent)}
            for case in product(*states.values())
        ]

    def states(self, fact: str, lines: Sequence[Leaf], *, apart: bool = False) -> list[State]:
        """The states of one fact that its lines can tell apart."""
        judges = [kleene.leaf(line, bound(line.bound, self.values)) for line in lines]
        told: dict[tuple[object, ...], State] = {}
        for state in self._candidates(self._features[fact], lines):
            facts: Facts = {} if isinstance(state, _Absent) else {fact: state}
            kind = (isinstance(state, _Absent), state is None) if apart else ()
            told.setdefault((kind, *(judge(facts) for judge in judges)), state)
        return list(told.values())

    def nullable(self, fact: str) -> bool:
        """Whether a fact may be unknown or absent."""
        return any(state is None or isinstance(state, _Absent) for state in self._gaps(self._features[fact]))

    def _candidates(self, feature: Feature, lines: Sequence[Leaf]) -> Iterator[State]:
        bounds = [part for line in lines for part in self._parts(line)]
        if feature.type == "bool":
            yield from (True, False)
        elif feature.type == "int":
            numbers = {0, *(n + step for n in bounds if type(n) is int for step in (-1, 0, 1))}
            yield from sorted(n for n in numbers if self.possible(feature.name, n))
        elif feature.type == "list":
            codes = sorted({b for b in bounds if isinstance(b, str)})
            yield from ((), (_OTHER,), *((code,) for code in codes))
        else:
            yield from sorted({_OTHER, *(b for b in bounds if isinstance(b, str))})
        yield from self._gaps(feature)

    def possible(self, fact: str, number: int) -> bool:
        """Whether a fact can be this number."""
        feature = self._features[fact]
        most = self._kinds if feature.kind is FeatureKind.COUNT_DISTINCT and feature.of == "kind" else None
        least = 1 if feature.of in ("text_length", "title_length") and feature.kind is FeatureKind.FIELD else 0
        return number >= least and (most is None or number <= most)

    def _parts(self, line: Leaf) -> Iterator[Value]:
        if line.operator is not Operator.EXISTS:
            resolved = bound(line.bound, self.values)
            yield from resolved if isinstance(resolved, tuple) else (resolved,)

    def _gaps(self, feature: Feature) -> Iterator[State]:
        """Unknown and absent, where the fact can be so."""
        if feature.kind is FeatureKind.FIELD:
            if feature.of not in ALWAYS:
                yield None
            if feature.of not in NEVER_ABSENT:
                yield ABSENT
        elif feature.kind is FeatureKind.PROCESS:
            yield ABSENT
        elif feature.name in self._doubtful:
            yield None


def _doubtful(rulebook: Rulebook) -> frozenset[str]:
    """Conclusions that can be unknown: a rule that draws them reads a field that can be, or another such conclusion."""
    open_ = {f.name for f in rulebook.features.values() if f.kind is FeatureKind.FIELD and f.of not in ALWAYS}
    makers = [rule for rule in rulebook.rules if rule.conclude]
    found: set[str] = set()
    while True:
        more = {rule.conclude for rule in makers if rule.conclude and rule.reads & (open_ | found)} - found
        if not more:
            return frozenset(found)
        found |= more
