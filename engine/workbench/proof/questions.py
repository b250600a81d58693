"""Questions about one rulebook, each with an answer: proved, refuted with a witness, or undecided with a reason.

In: a rulebook, places, a budget. Out: answers. Not here: two rulebooks (`meaning`), one decision (`nearest`), what trying every case of a rule shows (`engine.workbench.linting.logic`).

A rule *says* something where it fires or asks for review. It *decides* where without it the colour, the handing back, a conclusion or a flag would be otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations

from engine.evaluate.plan import Scope, judgement
from engine.model import Colour, Outcome
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import regimes
from engine.ruleset.tree import Never, Place, Rule, Rulebook, Status
from engine.workbench.cases import Cases
from engine.workbench.places import Places
from engine.workbench.proof.benches import FAULT, Bench, Found, search
from engine.workbench.proof.codes import Answer, Verdict, answer
from engine.workbench.proof.confirming import Case, Engine
from engine.workbench.proof.deciding import covers, decides, maskers
from engine.workbench.proof.encoding import effect, encoded, line, stated, unknown_of
from engine.workbench.proof.formulas import Formula, both, differs, either, implies, opposite
from engine.workbench.proof.solving import Budget
from engine.workbench.proof.space import ABSENT, Fact, Key, Space, key_of

_EVALUATED = (Status.LIVE, Status.SHADOW)


def prove(rulebook: Rulebook, places: Places, budget: Budget, *, day: date | None = None) -> Iterator[Answer]:
    """Every question with its answer, by the thresholds of a day (the newest unless given)."""
    prover = _Prover(rulebook, places, budget, day or regimes(rulebook)[-1])
    contradiction = prover.stated()
    yield contradiction
    if contradiction.verdict is not Verdict.REFUTED:
        return
    for rule in rulebook.rules:
        if rule.status in _EVALUATED:
            yield from prover.of_rule(rule)
    yield from prover.contradictions()
    for name, place in rulebook.rising.items():
        yield prover.rising(name, place)
    for never in rulebook.nevers:
        yield prover.never(never)
    yield prover.gap()


class _Prover:
    def __init__(self, rulebook: Rulebook, places: Places, budget: Budget, day: date) -> None:
        self._rulebook, self._places = rulebook, places
        self._engine = Engine(rulebook, day)
        self._benches = [Bench(rulebook, scope, day, budget) for scope in Scope]
        self._cases = Cases(rulebook, day)
        self._rules = {rule.id: rule for rule in rulebook.rules}

    def stated(self) -> Answer:
        """Whether there is any incident at all of which everything holds that authors state; later questions take it to hold."""
        bench, place = self._benches[0], self._places.of("facts")
        names = {id_: bench.asker.name(formula) for id_, formula in bench.stated.items()}
        reply = bench.asker.ask(supposing=list(names.values()))
        for one in self._benches:
            one.asker.tell(one.stated.values())
        if reply.model is None:
            others = tuple(sorted(id_ for id_, name in names.items() if name.get_id() in reply.core))
            return self._told("P208", "facts", place, Found(why=reply.why), others=others)
        return self._told("P208", "facts", place, self._search([bench], lambda _: True, lambda _: True))

    def of_rule(self, rule: Rule) -> Iterator[Answer]:
        """What a rule shows of itself and beside the others."""
        place = self._places.of("rules", rule.id)
        benches = [bench for bench in self._benches if bench.judges(rule)]
        says = self._search(benches, lambda b: _says(b, rule), lambda case: self._says(rule, case))
        dead = self._told("P201", rule.id, place, says)
        yield dead
        if dead.verdict is not Verdict.REFUTED:
            return
        silent = self._search(
            benches, lambda b: opposite(b.made.effects[rule.id].fired), lambda c: not self._fires(rule, c)
        )
        yield self._told("P204", rule.id, place, silent)
        yield from self._of_lines(rule, benches)
        if rule.status is Status.LIVE:
            yield self._decides(rule, benches, place)

    def _of_lines(self, rule: Rule, benches: Sequence[Bench]) -> Iterator[Answer]:
        named = leaves(rule.when)
        for name in named if len(named) > 1 else ():
            yield from self._of_line(rule, name, benches)

    def _of_line(self, rule: Rule, name: str, benches: Sequence[Bench]) -> Iterator[Answer]:
        place = self._places.of("rules", rule.id, "let", name)
        true = self._search(
            benches,
            lambda b: line(rule.let[name], _facts(b, rule), b.values).surely,
            lambda case: self._line(rule, name, case),
        )
        dead = self._told("P202", rule.id, place, true, name=name)
        yield dead
        if dead.verdict is Verdict.REFUTED:
            turned = self._search(
                benches, lambda b: _turned(b, rule, name), lambda case: self._turned(rule, name, case)
            )
            yield self._told("P203", rule.id, place, turned, name=name)

    def _decides(self, rule: Rule, benches: Sequence[Bench], place: Place) -> Answer:
        rest: list[Engine] = []

        def otherwise(case: Case) -> bool:
            if not self._says(rule, case) or not self._alone(rule, case):
                return False
            if not rest:
                left = tuple(one for one in self._rulebook.rules if one is not rule)
                rest.append(Engine(replace(self._rulebook, rules=left), self._engine.day))
            return self._otherwise(rule, rest[0], case)

        found = self._search(benches, lambda b: decides(b, rule), otherwise)
        if found.case is not None or found.why:
            return self._told("P206", rule.id, place, found, others=())
        others = [other for other in self._rulebook.rules if other is not rule and other.status is Status.LIVE]
        met = [(bench, self._engine.judge(case).outcomes.keys()) for bench in benches for case in bench.known]
        missing = {id_ for _, said in met if rule.id in said for id_ in self._rules if id_ not in said}
        one = next((other.id for other in others if other.id not in missing and covers(benches, other, rule)), None)
        if one is not None:
            return self._told("P205", rule.id, place, found, others=(one,))
        return self._told("P206", rule.id, place, found, others=maskers(benches, rule))

    def contradictions(self) -> Iterator[Answer]:
        """Rules that fire in just the same incidents and give another colour: what fired together in every case met is asked."""
        live = [rule for rule in self._rulebook.rules if rule.status is Status.LIVE and rule.colour is not None]
        alike: dict[object, list[Rule]] = {}
        for rule in live:
            shown = tuple(self._fires(rule, case) for bench in self._benches for case in bench.known)
            alike.setdefault(shown, []).append(rule)
        pairs = [
            pair for group in alike.values() for pair in combinations(group, 2) if pair[0].colour is not pair[1].colour
        ]
        apart = [self._apart(*pair) for pair in pairs]
        for (rule, other), found in zip(pairs, apart, strict=True):
            if found == Found():
                place = self._places.of("rules", rule.id)
                yield self._told("P207", rule.id, place, found, others=(other.id,))
        if Found() not in apart:
            why = next((found.why for found in apart if found.why), "")
            verdict = Verdict.UNDECIDED if why else Verdict.PROVED
            yield answer("P212", verdict, "rules", self._places.of("rules"), finding=bool(why), reason=why)

    def _apart(self, rule: Rule, other: Rule) -> Found:
        """A case in which one of two rules fires alone."""
        return self._search(
            [bench for bench in self._benches if bench.judges(rule) or bench.judges(other)],
            lambda b: differs(_fired(b, rule), _fired(b, other)),
            lambda case: self._fires(rule, case) is not self._fires(other, case),
        )

    def rising(self, name: str, place: Place) -> Answer:
        """Whether the colour never falls when a fact rises and all else stays."""
        found = Found()
        for bench in self._benches:
            if bench.facts[name] is not ABSENT and found == Found():
                found = self._fallen(bench, name)
        verdict = Verdict.UNDECIDED if found.why else Verdict.REFUTED if found.case else Verdict.PROVED
        return answer(
            "P209", verdict, name, place, finding=verdict is not Verdict.PROVED, name=name,
            case=found.case, then=found.then, reason=found.why,
        )  # fmt: skip

    def _fallen(self, bench: Bench, name: str) -> Found:
        """Two incidents, the second with more of the fact and a lower colour."""
        raised = _Raised(bench, name)
        reply = bench.asker.plainest(*raised.asked, wishes=list(bench.wishes.values()))
        if reply.model is None:
            return Found(why=reply.why)
        case, then = bench.case(reply.model), Case(raised.space.read(reply.model, self._rulebook), bench.scope)
        fell = self._engine.colour(then) < self._engine.colour(case)
        return Found(case, then) if fell else Found(why=FAULT)

    def never(self, never: Never) -> Answer:
        """Whether the rules keep an invariant, so that it never has to raise a colour by itself."""

        def broken(bench: Bench) -> Formula:
            made = bench.made
            of = {Colour.GREEN: opposite(made.yellow), Colour.YELLOW: both((made.yellow, opposite(made.red)))}
            return both((made.nevers[never.id], either(of[colour] for colour in never.colours)))

        def confirmed(case: Case) -> bool:
            return never.id in self._engine.nevers(case) and self._engine.judge(case).colour in never.colours

        found = self._search(self._benches, broken, confirmed)
        verdict = Verdict.UNDECIDED if found.why else Verdict.REFUTED if found.case else Verdict.PROVED
        place = self._places.of("never", never.id)
        return answer(
            "P210", verdict, never.id, place, finding=verdict is not Verdict.PROVED, name=never.title,
            case=found.case, reason=found.why,
        )  # fmt: skip

    def gap(self) -> Answer:
        """An incident that no rule of colour, points or flags says anything of, with as many signs as there can be."""
        telling = [rule for rule in self._rulebook.rules if rule.status is Status.LIVE and rule.conclude is None]
        bench = self._benches[0]
        signs = [bench.asker.name(fact.truth) for key, fact in bench.space.unknowns.items() if key[0] == "words"]
        plain = [wish for key, wish in bench.wishes.items() if key[0] != "words"]
        told = {rule.id for rule in telling}
        found = search(
            [bench],
            lambda b: opposite(either(_says(b, rule) for rule in telling if b.judges(rule))),
            lambda case: told.isdisjoint(self._engine.judge(case).outcomes),
            engine=self._engine,
            wishes=lambda _: [*signs, *plain],
        )
        verdict = Verdict.UNDECIDED if found.why else Verdict.REFUTED if found.case else Verdict.PROVED
        return answer(
            "P211",
            verdict,
            "rules",
            self._places.of("rules"),
            finding=bool(found.why),
            case=found.case,
            reason=found.why,
        )

    def _search(
        self, benches: Sequence[Bench], asked: Callable[[Bench], Formula], confirmed: Callable[[Case], bool]
    ) -> Found:
        return search(benches, asked, confirmed, engine=self._engine)

    @staticmethod
    def _told(
        code: str, of: str, place: Place, found: Found, *, name: str = "", others: tuple[str, ...] = ()
    ) -> Answer:
        """The answer to a claim that had better not be so."""
        verdict = Verdict.UNDECIDED if found.why else Verdict.REFUTED if found.case else Verdict.PROVED
        finding = verdict is not Verdict.REFUTED
        return answer(
            code, verdict, of, place, finding=finding, name=name, others=others, case=found.case, reason=found.why
        )

    def _says(self, rule: Rule, case: Case) -> bool:
        return rule.id in self._engine.judge(case).outcomes

    def _fires(self, rule: Rule, case: Case) -> bool:
        return self._engine.judge(case).outcomes.get(rule.id) is Outcome.FIRED

    def _line(self, rule: Rule, name: str, case: Case) -> bool:
        explained = self._engine.tracer.explain(rule.id, case.features, self._engine.day)
        return any(one.name == name and one.verdict is True for one in explained.lines)

    def _turned(self, rule: Rule, name: str, case: Case) -> bool:
        """Whether the rule would do otherwise, were that line the other."""
        explained = self._engine.tracer.explain(rule.id, case.features, self._engine.day)
        facts = {one.feature: one.actual for one in explained.lines if one.state != "absent"}
        condition = self._cases.condition(rule)
        known = condition.lines[name](facts) is not None
        return known and condition.flipped(facts, name) is not condition.outcome(facts)

    def _otherwise(self, rule: Rule, rest: Engine, case: Case) -> bool:
        """Whether the engine comes to something else without the rule."""
        now, then = self._engine.judge(case), rest.judge(case)
        if rule.flag is not None:
            return rule.id in self._engine.raised(case)
        if rule.conclude is not None:
            return now.concluded.get(rule.conclude, False) is not then.concluded.get(rule.conclude, False)
        backs = [
            any(self._handback(id_) for id_, o in one.outcomes.items() if o is Outcome.FIRED) for one in (now, then)
        ]
        return now.colour is not then.colour or backs[0] is not backs[1]

    def _alone(self, rule: Rule, case: Case) -> bool:
        """Whether it looks so from what the rules say: a quick look, before the engine is set up without the rule."""
        if rule.colour is None and rule.points is None:
            return True
        outcomes = dict(self._engine.judge(case).outcomes)
        now = self._coloured(outcomes)
        outcomes.pop(rule.id)
        backs = (o is Outcome.FIRED and self._handback(id_) for id_, o in outcomes.items())
        return self._coloured(outcomes) is not now or (rule.handback and not any(backs))

    def _coloured(self, outcomes: Mapping[str, Outcome]) -> Colour:
        live = {id_: what for id_, what in outcomes.items() if self._rules[id_].status is Status.LIVE}
        return judgement(self._rules, live, {}, self._cases.values).colour

    def _handback(self, id_: str) -> bool:
        return self._rules[id_].handback


@dataclass(slots=True)
class _Raised:
    """A second incident that is the first but for one fact, which is higher; windows that count records by it may count more."""

    space: Space
    asked: list[Formula]

    def __init__(self, bench: Bench, name: str) -> None:
        rulebook, own = bench.rulebook, key_of(bench.rulebook.features[name], bench.rulebook)
        tied = {key_of(f, rulebook) for f in rulebook.features.values() if name in f.where}
        shared: Mapping[Key, Fact] = {
            key: fact for key, fact in bench.space.unknowns.items() if key not in {own, *tied}
        }
        self.space = Space([rulebook], bench.scope, tag="then ", shared=shared)
        facts = self.space.facts(rulebook)
        then = encoded(rulebook, facts, bench.values, bench.scope, tag="then ", base=bench.made)
        before, after = bench.space.unknowns, self.space.unknowns
        self.asked = [*self.space.domain, *then.definitions, *stated(rulebook, facts, bench.values).values()]
        self.asked += [_higher(before[own], after[own]), *(_no_fewer(before[key], after[key]) for key in tied)]
        now = bench.made
        self.asked.append(
            either(
                (
                    both((now.finally_red, opposite(then.finally_red))),
                    both((now.finally_yellow, opposite(then.finally_yellow))),
                )
            )
        )


def _higher(now: Fact, then: Fact) -> Formula:
    more: Formula = both((opposite(now.truth), then.truth))
    if now.type == "int":
        more = either(both((opposite(now.steps[step]), then.steps[step])) for step in now.steps)
    return both((now.known, then.known, more))


def _no_fewer(now: Fact, then: Fact) -> Formula:
    return both(implies(now.steps[step], then.steps[step]) for step in now.steps)


def _facts(bench: Bench, rule: Rule) -> Mapping[str, Fact]:
    return bench.made.facts if rule.status is Status.LIVE else bench.made.shadow_facts


def _says(bench: Bench, rule: Rule) -> Formula:
    does = bench.made.effects[rule.id]
    return either((does.fired, does.review))


def _fired(bench: Bench, rule: Rule) -> Formula:
    return bench.made.effects[rule.id].fired if bench.judges(rule) else False


def _turned(bench: Bench, rule: Rule, name: str) -> Formula:
    """Whether the rule does otherwise if one line that is known is the other."""
    facts = _facts(bench, rule)
    said = {one: line(leaf, facts, bench.values) for one, leaf in rule.let.items()}
    unknown = {one: unknown_of(leaf, facts) for one, leaf in rule.let.items()}
    now, then = bench.made.effects[rule.id], effect(rule, {**said, name: said[name].denied}, unknown)
    other = either((differs(now.fired, then.fired), differs(now.review, then.review)))
    return both((opposite(unknown[name]), other))
