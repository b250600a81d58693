"""Proofs: on small rulebooks every answer is what trying every case through the engine gives; nothing false is proved, no witness is false."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.evaluate import kleene
from engine.evaluate.plan import Scope
from engine.model import Colour, Outcome
from engine.ruleset import loader
from engine.ruleset.parameters import bound, regimes
from engine.ruleset.tree import FeatureKind, Never, Place, Rule, Rulebook, Status
from engine.workbench.cases import Cases
from engine.workbench.places import Places
from engine.workbench.proof.codes import Answer, Verdict
from engine.workbench.proof.confirming import Case, Engine
from engine.workbench.proof.meaning import compare
from engine.workbench.proof.nearest import Way, nearest
from engine.workbench.proof.questions import prove
from engine.workbench.proof.solving import Budget
from tests.property.every_case import ABSENT, cases, states_of
from tests.property.rulebooks import rules

SOME = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),  # a smaller seed is no smaller rulebook
)
MORE_EXAMPLES = st.integers(0, 2**32)
_NO_PLACES = Places(())


def budget() -> Budget:
    return Budget(120, each=60, clock=time.monotonic)


def small(seed: int) -> tuple[Rulebook, list[Case], Random]:
    """A rulebook few enough facts of which are read that every case can be tried, with an invariant and facts that may rise."""
    rng = Random(seed)
    while True:
        drawn = loader.load(rules(rng, size=rng.choice((2, 3, 4))))
        telling = [rule for rule in drawn.rules if rule.status is Status.LIVE and not rule.flag]
        if not telling:
            continue
        of = rng.choice(telling)
        rising = [
            name
            for name in sorted({fact for rule in drawn.rules for fact in rule.reads})
            if drawn.features[name].type in ("bool", "int") and drawn.features[name].kind is not FeatureKind.CONCLUDED
        ]
        never = Never("N1", "底线", of.let, of.when, (rng.choice((Colour.GREEN, Colour.YELLOW)),))
        rulebook = replace(drawn, nevers=(never,), rising=dict.fromkeys(rising[:3], Place()))
        every = cases(rulebook)
        if every is not None:
            return rulebook, every, rng


class Tried:
    """The same claims, by trying every case."""

    def __init__(self, rulebook: Rulebook, every: list[Case]) -> None:
        self.rulebook, self.every = rulebook, every
        self.engine = Engine(rulebook)
        self.rules = {rule.id: rule for rule in rulebook.rules}
        self.conditions = Cases(rulebook, regimes(rulebook)[-1])

    def shown(self, answer: Answer, line: str) -> bool:
        """Whether some case shows that the claim does not hold."""
        match answer.code:
            case "P201":
                return any(answer.of in self.engine.judge(case).outcomes for case in self.of(answer.of))
            case "P202":
                return any(self.line(answer.of, line, case) for case in self.of(answer.of))
            case "P203":
                return any(self.turns(answer.of, line, case) for case in self.of(answer.of))
            case "P204":
                return any(not self.fires(answer.of, case) for case in self.of(answer.of))
            case "P205" | "P206":
                return any(self.decides(answer.of, case) for case in self.of(answer.of))
            case "P209":
                return any(self.falls(answer.of, case) for case in self.every)
            case "P210":
                return any(self.breaks(case) for case in self.every)
            case "P211":
                return any(self.unseen(case) for case in self.every if case.scope is Scope.RECORD)
        raise AssertionError(answer.code)

    def of(self, id_: str) -> Iterator[Case]:
        """The cases of the scopes in which a rule is judged."""
        rule = self.rules[id_]
        for case in self.every:
            if rule.matter_rule if case.scope is Scope.MATTER else not rule.process_rule:
                yield case

    def fires(self, id_: str, case: Case) -> bool:
        return self.engine.judge(case).outcomes.get(id_) is Outcome.FIRED

    def line(self, id_: str, name: str, case: Case) -> bool:
        lines = self.engine.tracer.explain(id_, case.features, self.engine.day).lines
        return next(one.verdict for one in lines if one.name == name) is True

    def turns(self, id_: str, name: str, case: Case) -> bool:
        lines = self.engine.tracer.explain(id_, case.features, self.engine.day).lines
        facts = {one.feature: one.actual for one in lines if one.state != "absent"}
        condition = self.conditions.condition(self.rules[id_])
        known = condition.lines[name](facts) is not None
        return known and condition.flipped(facts, name) is not condition.outcome(facts)

    def decides(self, id_: str, case: Case) -> bool:
        rule = self.rules[id_]
        if rule.flag is not None:
            return id_ in self.engine.raised(case)
        rest = self.rest(rule).judge(case)
        now = self.engine.judge(case)
        if rule.conclude is not None:
            return now.concluded.get(rule.conclude, False) is not rest.concluded.get(rule.conclude, False)
        return now.colour is not rest.colour

    def rest(self, rule: Rule) -> Engine:
        if not hasattr(self, "_rest") or self._rest[0] is not rule:
            left = tuple(one for one in self.rulebook.rules if one is not rule)
            self._rest = (rule, Engine(replace(self.rulebook, rules=left)))
        return self._rest[1]

    def falls(self, name: str, case: Case) -> bool:
        states = states_of(case)
        now = states.get(name)
        if not isinstance(now, int):
            return False
        return any(
            other.scope is case.scope
            and type(then.get(name)) is type(now)
            and then[name] > now  # type: ignore[operator]
            and {**states, name: None} == {**then, name: None}
            and self.engine.colour(other) < self.engine.colour(case)
            for other in self.every
            for then in (states_of(other),)
        )

    def breaks(self, case: Case) -> bool:
        broken = self.engine.nevers(case)
        return bool(broken) and self.engine.judge(case).colour in self.rulebook.nevers[0].colours

    def unseen(self, case: Case) -> bool:
        judged = self.engine.judge(case)
        live = {rule.id for rule in self.rulebook.rules if rule.status is Status.LIVE and rule.conclude is None}
        return live.isdisjoint(judged.outcomes)


@SOME
@given(seed=MORE_EXAMPLES)
def test_every_answer_is_what_trying_every_case_gives(seed: int) -> None:
    rulebook, every, _ = small(seed)
    tried = Tried(rulebook, every)
    for answer in prove(rulebook, _NO_PLACES, budget()):
        assert answer.verdict is not Verdict.UNDECIDED, answer
        if answer.code in ("P207", "P208", "P212"):
            continue
        shown = tried.shown(answer, answer.line)
        assert shown is (answer.verdict is Verdict.REFUTED), answer
        assert (answer.case is not None) is shown


@SOME
@given(seed=MORE_EXAMPLES)
def test_colours_change_where_trying_every_case_shows_it(seed: int) -> None:
    old, _, rng = small(seed)
    rule = rng.choice(old.rules)
    status = Status.RETIRED if rule.status is Status.LIVE else Status.LIVE
    changed = replace(rule, status=status if not rule.conclude else rule.status)
    new = replace(old, rules=tuple(changed if one is rule else one for one in old.rules))
    every = cases(old, new)
    assert every is not None
    engines = Engine(old), Engine(new)
    steps = {tuple(engine.colour(case) for engine in engines) for case in every}
    for change in compare(old, new, budget()):
        assert change.verdict is (Verdict.REFUTED if (change.before, change.after) in steps else Verdict.PROVED)


class Course:
    """What may become of a case, by trying: what is known stays known, days pass for everything alike, the process ends by its outcome only."""

    def __init__(self, rulebook: Rulebook, case: Case, every: list[Case], free: set[str]) -> None:
        self.before = states_of(case)
        kinds = {name: rulebook.features[name].kind for name in self.before}
        self.process = {name for name, kind in kinds.items() if kind is FeatureKind.PROCESS}
        self.outcome = self.process & free & {"process.outcome_recorded"}
        self.days = {name: now for name in self.process & free if type(now := self.before[name]) is int}
        known = [states_of(other) for other in every if other.scope is case.scope]
        later = {then - now for name, now in self.days.items() for of in known if type(then := of[name]) is int}
        self.later = sorted({0, *(more for more in later if more > 0)})
        values = Cases(rulebook, regimes(rulebook)[-1]).values
        lines = [line for part in (*rulebook.rules, *rulebook.nevers) for line in part.let.values()]
        self.judges = {
            name: [kleene.leaf(line, bound(line.bound, values)) for line in lines if line.feature == name]
            for name in self.days
        }

    def fits(self, after: dict[str, object]) -> bool:
        ended = self.ends(after)
        changed = [name for name, state in after.items() if name in self.before and state != self.before[name]]
        return all(self.can_become(name, after[name], ended=ended) for name in changed) and (
            ended or self.passes(after)
        )

    def ends(self, after: dict[str, object]) -> bool:
        return any(after[name] is True and self.before[name] is not True for name in self.outcome)

    def can_become(self, name: str, after: object, *, ended: bool) -> bool:
        before = self.before[name]
        if before is ABSENT:
            return False
        if name in self.process:
            return ended if after is ABSENT else before is not True
        return after is not ABSENT and (after is not None or before is None)

    def passes(self, after: dict[str, object]) -> bool:
        return any(
            all(self.told(name, now + more) == self.told(name, after[name]) for name, now in self.days.items())
            for more in self.later
        )

    def told(self, name: str, days: object) -> list[object]:
        return [judge({name: days}) for judge in self.judges[name]]  # type: ignore[dict-item]

    def distance(self, after: dict[str, object]) -> int:
        """How many facts changed; what ended with the process is none, days that passed are one."""
        changed = {name for name, state in after.items() if state != self.before.get(name)}
        if self.ends(after):
            changed -= {name for name in self.process if after.get(name) is ABSENT}
        return len(changed - set(self.days)) + bool(changed & set(self.days))


def far(way: Way) -> int:
    """How many changes a way is; days that pass are one."""
    return len([step for step in way.steps if not step.by_time]) + any(step.by_time for step in way.steps)


@SOME
@given(seed=MORE_EXAMPLES)
def test_the_nearest_other_colour_is_as_near_as_trying_every_case_shows(seed: int) -> None:
    rulebook, every, rng = small(seed)
    case, wanted = rng.choice(every), rng.choice(tuple(Colour))
    engine = Engine(rulebook)
    judged = (r for r in rulebook.rules if (r.matter_rule if case.scope is Scope.MATTER else not r.process_rule))
    read = {fact for rule in judged if rule.status is Status.LIVE for fact in rule.reads}
    read |= {leaf.feature for never in rulebook.nevers for leaf in never.let.values()}
    fixed = rng.choice(["", *sorted(read & set(states_of(case)))])
    features = {n: replace(f, mutable=n != fixed) for n, f in rulebook.features.items()}
    found = nearest(replace(rulebook, features=features), case, wanted, budget(), day=engine.day)
    before = states_of(case)
    course = Course(rulebook, case, every, read - {fixed})
    distances = []
    for other in every:
        after = states_of(other)
        still = other.scope is case.scope and after.get(fixed) == before.get(fixed)
        if still and course.fits(after) and engine.colour(other) is wanted:
            distances.append(course.distance({name: state for name, state in after.items() if name in read}))
    assert found.reason == ""
    assert all(way.colour is wanted and fixed not in {step.fact for step in way.steps} for way in found.ways)
    if engine.colour(case) is not wanted:
        assert bool(found.ways) is bool(distances)
        assert not found.ways or far(found.ways[0]) == min(distances)
        assert len({frozenset(step.fact for step in way.steps) for way in found.ways}) == len(found.ways)
