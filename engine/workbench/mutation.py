"""Mutation: whether the tests beside rules would notice a small mistake.

In: a rulebook whose tests pass. Out: every mutant with its fate, and for a survivor a case that tells it from the rule. Facts of tests are worked out once; a
mutant is asked for its outcome on them. Equivalent mutants are proved equal, case by case, and left out of the score. Not here: making mutants (`mutants`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from engine.evaluate import kleene
from engine.evaluate.plan import Scope, judgement
from engine.features.live import LiveFeatures
from engine.features.subjects import Subject
from engine.model import Cause, Colour, Outcome
from engine.ruleset.parameters import bound, regimes, values_at
from engine.ruleset.tree import Feature, FeatureKind, Never, Place, Rule, Rulebook, Status
from engine.triage import Triage
from engine.workbench.cases import Cases, Condition, Facts
from engine.workbench.mutants import Mutant, mutants
from engine.workbench.places import Places
from engine.workbench.proof.meaning import alike
from engine.workbench.proof.solving import Budget
from engine.workbench.testing import sentences
from engine.workbench.testing.coverage import facts_of
from engine.workbench.testing.examples import results
from engine.workbench.testing.scenes import OURS, Scene, Stage, View


class Fate(str, Enum):
    """KILLED: a test would fail. EQUIVALENT: proved to do the same in every case. SURVIVED: no test notices."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Tried:
    """One mutant with its fate. `case`: facts on which it differs, where one is known; `now`, `then`: what the rule does there, and what the mutant would."""

    kind: str
    what: str
    of: str
    place: Place
    fate: Fate
    case: Facts | None = None
    now: Outcome | None = None
    then: Outcome | None = None


def score(tried: Sequence[Tried]) -> int:
    """Of the mutants that are not proved equal, how many per cent are killed, rounded down; of none, none."""
    real = [one for one in tried if one.fate is not Fate.EQUIVALENT]
    return 100 * sum(one.fate is Fate.KILLED for one in real) // len(real) if real else 0


def mutate(rulebook: Rulebook, places: Places, budget: Budget | None = None) -> Iterator[Tried]:
    """Every mutant of rules and windows and its fate; tests that fail or wait notice nothing. Within a budget, what survives of windows is asked of the solver."""
    trial = _trial(rulebook, places, budget)
    day = regimes(rulebook)[-1]
    for mutant in mutants(rulebook, values_at(rulebook, day)):
        yield trial.of_feature(mutant) if mutant.feature else trial.of_rule(mutant)


def forget(rulebook: Rulebook, places: Places) -> Iterator[Tried]:
    """Every word entry left out of its list and every context left out of its entry, and whether a sentence beside the list notices."""
    for one in sentences.shown(rulebook):
        path = (one.words.name, "entries", one.index, *([one.context] if one.context else ()))
        what = f"少了{one.context or '词条'}：{one.words.entries[one.index].text[:40]}"
        fate = Fate.KILLED if one.shown else Fate.SURVIVED
        yield Tried("context" if one.context else "word", what, one.words.name, places.of("words", *path), fate)


def _trial(rulebook: Rulebook, places: Places, budget: Budget | None = None) -> _Trial:
    triage = Triage(rulebook, engine="trace")
    scenes = list(Stage(rulebook, triage).scenes())
    passed = zip(scenes, results(rulebook, triage, scenes), strict=True)
    shown = [scene for scene, went in passed if went.passed and not scene.todo]
    return _Trial(rulebook, triage, shown, places, budget)


@dataclass(frozen=True, slots=True)
class _Witness:
    """One moment of a test with all that its expectations rest on."""

    scene: Scene
    view: View
    cases: Cases
    facts: kleene.Facts
    outcomes: Mapping[str, Outcome]
    nevers: tuple[Never, ...]


class _Trial:
    def __init__(
        self, rulebook: Rulebook, triage: Triage, scenes: Sequence[Scene], places: Places, budget: Budget | None
    ) -> None:
        self._rulebook, self._triage, self._places, self._budget = rulebook, triage, places, budget
        self._rules: dict[str, Rule] = {rule.id: rule for rule in rulebook.rules}
        self._cases = Cases(rulebook, regimes(rulebook)[-1])
        self._days: dict[object, Cases] = {}
        self._witnesses: dict[str, list[_Witness]] = {}
        for scene in scenes:
            for view in scene.views:
                self._witnesses.setdefault(scene.rule.id, []).append(self._witness(scene, view))

    def of_rule(self, mutant: Mutant) -> Tried:
        """A mutant of a rule: its own tests are asked, then every case."""
        assert mutant.rule is not None
        path = ("let", mutant.line) if mutant.line else ()
        place = self._places.of("rules", mutant.of, *path)
        bare = Tried(mutant.kind, mutant.what, mutant.of, place, Fate.SURVIVED)
        if any(self._notices(witness, mutant.rule) for witness in self._witnesses.get(mutant.of, ())):
            return replace(bare, fate=Fate.KILLED)
        return bare if mutant.kind in ("colour", "status") else self._proved(bare, self._rules[mutant.of], mutant.rule)

    def of_feature(self, mutant: Mutant) -> Tried:
        """A mutant of a fact: the tests of every rule that asks for it see other facts."""
        assert mutant.feature is not None
        changed = {**self._rulebook.features, mutant.of: mutant.feature}
        live = LiveFeatures(replace(self._rulebook, features=changed))
        asking = (
            w for rule in self._rulebook.rules if mutant.of in rule.asks for w in self._witnesses.get(rule.id, ())
        )
        bare = Tried(mutant.kind, mutant.what, mutant.of, self._places.of("features", mutant.of), Fate.SURVIVED)
        if _same_by_language(self._rulebook.features[mutant.of], mutant.feature):
            return replace(bare, fate=Fate.EQUIVALENT)
        if any(self._sees(witness, mutant.of, live) for witness in asking):
            return replace(bare, fate=Fate.KILLED)
        other = replace(self._rulebook, features=changed)
        proved = self._budget is not None and self._budget.milliseconds and alike(self._rulebook, other, self._budget)
        return replace(bare, fate=Fate.EQUIVALENT) if proved else bare

    def _witness(self, scene: Scene, view: View) -> _Witness:
        judged = self._triage.tracer.judge(view.features, view.day, scope=view.scope)
        held = set(self._triage.tracer.nevers(view.features, view.day, judged))
        nevers = tuple(never for never in self._rulebook.nevers if never.id in held)
        cases = self._days.setdefault(view.day, Cases(self._rulebook, view.day))
        return _Witness(scene, view, cases, facts_of(self._triage, scene.rule, view), judged.outcomes, nevers)

    def _sees(self, witness: _Witness, fact: str, live: LiveFeatures) -> bool:
        """Whether a test fails once a fact is worked out otherwise."""
        scene, view = witness.scene, witness.view
        if fact in scene.facts:
            return False
        if view.scope is Scope.MATTER:
            made = live.matter(OURS, scene.actions, view.at, view.yellow)
        else:
            assert scene.base is not None
            subject = Subject(scene.members[0], scene.base)
            made = live.compute([subject], scene.members, scene.actions)[scene.members[0].sighting.id]
        now, then = witness.facts.get(fact), made.values.get(fact)
        return now != then and self._notices(replace(witness, facts={**witness.facts, fact: then}), scene.rule)

    def _notices(self, witness: _Witness, rule: Rule) -> bool:
        """Whether what a test expects of its rule or its colour no longer comes."""
        expect = witness.view.expect
        condition = witness.cases.condition(rule)
        now = condition.outcome(witness.facts)
        if "match" in expect and (now is Outcome.FIRED) != expect["match"]:
            return True
        if "review" in expect and (now is Outcome.REVIEW) != expect["review"]:
            return True
        if "because" in expect and condition.lines[expect["because"]](witness.facts) is True:
            return True
        raised = rule.status is not Status.SHADOW and _raised(condition, witness.cases, witness.facts)
        if "flagged" in expect and raised != expect["flagged"]:
            return True
        if "colour" not in expect:
            return False
        made = self._colour(witness, rule, now)
        return made.word != expect["colour"] or any(made in never.colours for never in witness.nevers)

    def _colour(self, witness: _Witness, rule: Rule, now: Outcome) -> Colour:
        """What the rules give the subject if this one did that, before an invariant lifts it."""
        outcomes = {**witness.outcomes, rule.id: now}
        if now is Outcome.QUIET or rule.status is Status.SHADOW or not self._is_judged(rule, witness):
            outcomes.pop(rule.id, None)
        return judgement({**self._rules, rule.id: rule}, outcomes, {}, witness.cases.values).colour

    @staticmethod
    def _is_judged(rule: Rule, witness: _Witness) -> bool:
        return rule.matter_rule if witness.view.scope is Scope.MATTER else not rule.process_rule

    def _proved(self, tried: Tried, rule: Rule, other: Rule) -> Tried:
        """Equal in every case, or a case in which it is not; where there are too many cases it has survived and nothing is said."""
        lines = [
            line
            for one in (rule, other)
            for line in (*one.let.values(), *(one.flag.unless.values() if one.flag else ()))
        ]
        own, changed = self._cases.condition(rule), self._cases.condition(other)
        cases = self._cases.of(lines)
        for facts in cases or ():
            if self._effect(own, facts) != self._effect(changed, facts):
                return replace(tried, case=facts, now=own.outcome(facts), then=changed.outcome(facts))
        return tried if cases is None else replace(tried, fate=Fate.EQUIVALENT)

    def _effect(self, condition: Condition, facts: Facts) -> tuple[Outcome, bool]:
        return condition.outcome(facts), _raised(condition, self._cases, facts)


def _same_by_language(feature: Feature, other: Feature) -> bool:
    """Whether two facts differ only in a `where` by cause that every counting record passes (chapter 2: only new and repeat count)."""
    every = {cause.value for cause in Cause if cause.counts}
    lost = feature.where.keys() - other.where.keys()
    return lost == {"cause"} and every <= set(feature.where["cause"])


def _raised(condition: Condition, cases: Cases, facts: kleene.Facts) -> bool:
    """Whether a flag rule raises its flag: it fires and nothing holds it back."""
    assert isinstance(condition.rule, Rule)
    flag = condition.rule.flag
    if flag is None or condition.outcome(facts) is not Outcome.FIRED:
        return False
    checks = (kleene.leaf(line, bound(line.bound, cases.values)) for line in flag.unless.values())
    return all(check(facts) is False for check in checks)


def ready(tried: Tried, rulebook: Rulebook) -> str:
    """A test that tells a survivor from its rule, in YAML, but for what is expected: that a person writes."""
    facts = tried.case or {}
    kinds = {name: rulebook.features[name].kind for name in facts}
    told = [f"{name}: {_yaml(value)}" for name, value in facts.items() if kinds[name] is not FeatureKind.CONCLUDED]
    also = [f"{name}={_yaml(value)}" for name, value in facts.items() if kinds[name] is FeatureKind.CONCLUDED]
    note = f"；还要使结论 {'、'.join(also)}" if also else ""
    outcomes = f"现在：{tried.now.value if tried.now else ''}，改错以后：{tried.then.value if tried.then else ''}"
    return (
        f"# {tried.what}；{outcomes}{note}\n"
        f"- {{name: 写明是什么情形, generated: true, incident: {{narrative: 请协调}}, facts: {{{', '.join(told)}}}}}   # expect: 由人写"
    )


def _yaml(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return f"'{value}'" if isinstance(value, str) else str(value)
