"""Nearest: the smallest change of facts under which one incident would have another colour.

In: a rulebook, the facts of a decision, the wanted colour. Out: up to three ways, the smallest first, each judged by the engine; or that there is none, proved. Not here: the
decision itself (`triage`), its words (`words`).

Facts marked `mutable: no` are never touched, what is known stays known, and what a source does not carry stays away; but a window that counts the record itself by a fact that is changed counts it no more, which is no change of its own. A way
can be *done* where all it needs is to find out what is not known, or to do what the process lacks; any other only explains the decision. Time does not go back: days never
become fewer, what the process has stays; days may pass, as many for everything that is counted in days, which nobody does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import z3

from engine.evaluate.plan import judged
from engine.model import Colour, FeatureSet, Value
from engine.ruleset.parameters import values_at
from engine.ruleset.tree import Feature, FeatureKind, Rulebook
from engine.workbench.proof.benches import FAULT
from engine.workbench.proof.confirming import Case, Engine
from engine.workbench.proof.encoding import encoded, exactly, stated
from engine.workbench.proof.formulas import Formula, both, either, opposite, so_many
from engine.workbench.proof.solving import Asker, Budget
from engine.workbench.proof.space import ABSENT, OTHER, Fact, Space, holds, value_of

_MOST_CHANGES = 6
_OUTCOME = "outcome_recorded"


@dataclass(frozen=True, slots=True)
class Step:
    """One fact that would be otherwise; `before` and `after` None: not known, or absent as it says. `can_be_done`: by finding it out, or in the process; `by_time`: by waiting."""

    fact: str
    title: str
    before: Value | None
    after: Value | None
    can_be_done: bool
    was_absent: bool = False
    is_absent: bool = False
    by_time: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Changes that together give the colour, with what the engine says then. `follows`: counts that change by themselves, days that end with the process or pass along."""

    steps: tuple[Step, ...]
    follows: tuple[Step, ...]
    colour: Colour
    reasons: tuple[str, ...]

    @property
    def can_be_done(self) -> bool:
        """Whether every change can be done, and does not only explain."""
        return all(step.can_be_done for step in self.steps)

    @property
    def needs_time(self) -> bool:
        """Whether days have to pass, and nothing else is wanted but what can be done."""
        return not self.can_be_done and all(step.can_be_done or step.by_time for step in self.steps)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Ways to a colour, the smallest first. None found: proved that there is none within so many changes, unless `reason` says why it is not known."""

    colour: Colour
    ways: tuple[Way, ...]
    reason: str = ""


def nearest(
    rulebook: Rulebook, case: Case, colour: Colour, budget: Budget, *, day: date, subject: str = "", most: int = 3
) -> Nearest:
    """The smallest changes that give a colour, in the end: what invariants raise is counted in."""
    return _Near(rulebook, case, day, budget, subject).ways(colour, most)


class _Near:
    def __init__(self, rulebook: Rulebook, case: Case, day: date, budget: Budget, subject: str) -> None:
        self._rulebook, self._case, self._subject = rulebook, case, subject
        self._engine = Engine(rulebook, day)
        self._space = Space([rulebook], case.scope)
        self._facts = self._space.facts(rulebook)
        values = values_at(rulebook, day)
        self._made = encoded(rulebook, self._facts, values, case.scope)
        self._asker = Asker([*self._space.domain, *self._made.definitions], budget)
        self._asker.tell(stated(rulebook, self._facts, values).values())
        read = {fact for layer in judged(rulebook, case.scope) for rule in layer for fact in rule.reads}
        read |= {leaf.feature for never in rulebook.nevers for leaf in never.let.values()}
        self._read = [f for f in sorted(read) if self._facts.get(f, ABSENT) is not ABSENT]
        self._following = {name: bases for name in self._read if (bases := self._bases(rulebook.features[name]))}
        self._same = {name: self._stands(name) for name in self._read}
        self._free = [f for f in self._read if self._rulebook.features[f].mutable and f not in self._following]
        self._days = [f for f in self._free if self._elapses(f) and isinstance(self._state(f), int)]
        self._passed = {days: self._after_days(days) for days in self._told_apart()}

    def ways(self, colour: Colour, most: int) -> Nearest:
        """Ways of one change, then of two, and so on; none holds another."""
        free = self._free
        fixed = [self._same[name] for name in self._read if name not in free]
        now = self._asker.ask(*fixed, *(self._same[name] for name in free))
        if now.model is None:
            return Nearest(colour, (), now.why or "这件来件的事实与 facts 里写的关系不合")
        found: list[Way] = []
        passing = either((self._ended(), *self._passed.values()))
        asked: list[Formula] = [*fixed, *map(self._can_become, free), passing, exactly(self._made, colour)]
        stays = self._stays()
        for number in range(1, min(_MOST_CHANGES, len(stays)) + 1):
            few = so_many(len(stays) - number, stays)
            while len(found) < most:
                reply = self._asker.plainest(*asked, few, wishes=[self._asker.name(near) for near in self._near(free)])
                if reply.why:
                    return Nearest(colour, tuple(found), reply.why)
                if reply.model is None:
                    break
                changed = [name for name in free if not holds(reply.model, self._same[name])]
                way = self._way(self._after(reply.model, changed), changed)
                if way.colour is not colour:
                    return Nearest(colour, tuple(found), FAULT)
                found.append(way)
                asked.append(either(self._same[name] for name in changed))
        return Nearest(colour, tuple(found))

    def _stands(self, name: str) -> Formula:
        """That a fact is as it is; of a count that holds the record by another fact, that it follows it."""
        as_it_is = self._is(name, self._state(name))
        bases = self._bases(self._rulebook.features[name])
        value = self._state(name)
        if not bases or type(value) is not int or value < 1:
            return as_it_is
        kept = both(self._facts[base].truth for base in bases)
        return either((both((kept, as_it_is)), both((opposite(kept), self._is(name, value - 1)))))

    def _can_become(self, name: str) -> Formula:
        """What is known does not become unknown, and what the source does not carry is not carried; the process goes on."""
        fact, state = self._facts[name], self._state(name)
        if self._rulebook.features[name].kind is FeatureKind.PROCESS:
            return fact.absent if state is ABSENT else self._goes_on(fact, state)
        if state is ABSENT:
            return fact.absent
        return opposite(fact.absent) if state is None else fact.known

    def _goes_on(self, fact: Fact, state: Value | object | None) -> Formula:
        """What was done stays done, and days are counted (how many: `_passed`); all of it ends with the outcome alone."""
        kept = both((fact.known, fact.truth)) if state is True else fact.known
        return either((kept, both((fact.absent, self._ended()))))

    def _ended(self) -> Formula:
        """Whether an outcome is recorded, where that is a fact that may change."""
        features = self._rulebook.features
        recorded = (f for f in self._free if (features[f].kind, features[f].of) == (FeatureKind.PROCESS, _OUTCOME))
        return either(both((self._facts[name].known, self._facts[name].truth)) for name in recorded)

    def _stays(self) -> list[Formula]:
        """What each change takes away: that a fact is as it was, or ended with the process; days that pass are one change."""
        ends = {
            name: both((self._facts[name].absent, self._ended()))
            for name in self._free
            if self._rulebook.features[name].kind is FeatureKind.PROCESS
        }
        stays = {name: either((self._same[name], ends.get(name, False))) for name in self._free}
        days = [stays.pop(name) for name in self._days]
        return [*stays.values(), *([both(days)] if days else [])]

    def _elapses(self, name: str) -> bool:
        feature = self._rulebook.features[name]
        return feature.kind is FeatureKind.PROCESS and feature.type == "int"

    def _told_apart(self) -> list[int]:
        """Numbers of days after which a rule can tell that they passed, and none, the fewest first."""
        later = {step - self._number(name) for name in self._days for step in self._facts[name].steps}
        return sorted({0, *(days for days in later if days > 0)})

    def _after_days(self, days: int) -> Formula:
        """That so many days have passed, for all that is counted in days."""
        return both(self._is(name, self._number(name) + days) for name in self._days)

    def _number(self, name: str) -> int:
        value = self._state(name)
        assert isinstance(value, int)
        return value

    def _bases(self, feature: Feature) -> list[str]:
        """The facts by which a window counts this very record now."""
        windowed = feature.kind is FeatureKind.COUNT and feature.including_this and feature.by == "occurred_at"
        if not windowed or not self._counted(feature.name):
            return []
        given = self._case.features.values
        return [
            f
            for f, allowed in feature.where.items()
            if f in self._facts and allowed == (True,) and given.get(f) is True
        ]

    def _counted(self, name: str) -> bool:
        ids = self._case.features.ids.get(name, ())
        return self._subject in ids or (not ids and self._case.features.values.get(name) == 1)

    def _state(self, name: str) -> Value | object | None:
        return self._case.features.values.get(name, ABSENT)

    def _is(self, name: str, state: object) -> Formula:
        """That a fact is in a state, as far as any rule can tell."""
        fact = self._facts[name]
        if state is ABSENT:
            return fact.absent
        if state is None:
            return fact.unknown
        return both((fact.known, *_holding(fact, state)))

    def _near(self, free: list[str]) -> Iterator[Formula]:
        """That numbers which change stay as near as they can."""
        for name in free:
            value = self._state(name)
            if type(value) is int and not isinstance(value, bool):
                fact = self._facts[name]
                for step, at_least in sorted(fact.steps.items(), key=lambda held: -abs(held[0] - value)):
                    yield at_least if step <= value else opposite(at_least)

    def _after(self, model: z3.ModelRef, changed: list[str]) -> FeatureSet:
        """The facts with those that change as a model has them, numbers as near as they can be; what follows goes along."""
        given = self._case.features
        values, absent = dict(given.values), set(given.absent)
        days = next((days for days, passed in self._passed.items() if holds(model, passed)), 0)
        values |= {name: self._number(name) + days for name in self._days}
        for name in changed:
            fact = self._facts[name]
            if name in self._days and holds(model, fact.known):
                continue
            values.pop(name, None)
            absent.discard(name)
            if holds(model, fact.known):
                values[name] = self._nearest_number(name, value_of(model, fact), fact)
            elif holds(model, fact.unknown):
                values[name] = None
            else:
                absent.add(name)
        for name, bases in self._following.items():
            counted = values[name]
            if not all(values.get(base) is True for base in bases) and isinstance(counted, int):
                values[name] = counted - 1
        return FeatureSet(values, given.ids, given.spans, tuple(sorted(absent)))

    def _nearest_number(self, name: str, value: Value, fact: Fact) -> Value:
        """Of all numbers that no rule tells from this one, the one nearest to what was."""
        was = self._case.features.values.get(name)
        if fact.type != "int" or not isinstance(was, int) or not isinstance(value, int):
            return value
        above = min((step for step in fact.steps if step > value), default=None)
        return max(value, min(was, above - 1)) if above is not None else max(value, was)

    def _way(self, after: FeatureSet, changed: list[str]) -> Way:
        decided = self._engine.decide(Case(after, self._case.scope)).assessment
        was, process = self._case.features.values, FeatureKind.PROCESS
        ended = [n for n in changed if n not in after.values and self._rulebook.features[n].kind is process]
        passed = [n for n in self._days if n not in changed]
        followed = [n for n in (*self._following, *passed) if after.values.get(n) != was.get(n)]
        names = ([n for n in changed if n not in ended], [*followed, *ended])
        steps, follows = (tuple(self._step(name, after) for name in part) for part in names)
        return Way(steps, follows, decided.colour, decided.reasons)

    def _step(self, name: str, after: FeatureSet) -> Step:
        feature, before = self._rulebook.features[name], self._case.features.values
        found_out = name in before and before[name] is None and after.values.get(name) is not None
        time = self._elapses(name)
        done = found_out or (feature.kind is FeatureKind.PROCESS and not time)
        title, now = feature.title or name, after.values.get(name)
        return Step(name, title, before.get(name), now, done, name not in before, name not in after.values, time)


def _holding(fact: Fact, state: object) -> Iterator[Formula]:
    if isinstance(state, bool):
        yield fact.truth if state else opposite(fact.truth)
    elif isinstance(state, int):
        yield from (at_least if step <= state else opposite(at_least) for step, at_least in fact.steps.items())
    else:
        codes = set(state) if isinstance(state, tuple) else {state if state in fact.members else OTHER}
        yield from (truth if code in codes else opposite(truth) for code, truth in fact.members.items())
