"""Logic: what is wrong with conditions that load, found by trying every case of their facts.

In: a rulebook, places, the rules that may be looked at. Out: findings: never or always true, never but where a fact is unknown, a bound outside its domain, identical, subsumed or masked rules, a
placeholder that may be unknown. What has more cases than are looked at is left to `prove`. Not here: names and uses (`lint`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.assessment import segments
from engine.model import Colour, Outcome
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import regimes
from engine.ruleset.tree import Fault, Leaf, Name, Operator, Rule, Rulebook, Status
from engine.workbench.cases import Cases, Condition, Facts
from engine.workbench.linting.codes import finding
from engine.workbench.places import Places


def findings(rulebook: Rulebook, places: Places, rules: Sequence[Rule]) -> Iterator[Fault]:
    """What is wrong with the conditions of these rules, by the thresholds of the newest day."""
    logic = _Logic(rulebook, places)
    for rule in rules:
        yield from logic.of_rule(rule)
    yield from logic.between(rules)


class _Logic:
    def __init__(self, rulebook: Rulebook, places: Places) -> None:
        self._rulebook, self._places = rulebook, places
        self._cases = Cases(rulebook, regimes(rulebook)[-1])

    def of_rule(self, rule: Rule) -> Iterator[Fault]:
        """What a rule shows of itself."""
        place = self._places.of("rules", rule.id)
        constant = list(self._constant(rule))
        yield from constant
        cases = self._cases.of(_named(rule))
        if cases is None:
            return
        condition = self._cases.condition(rule)
        outcomes = {condition.outcome(facts) for facts in cases}
        if outcomes == {Outcome.QUIET} and not constant:
            yield finding("L121", place, id=rule.id)
        if outcomes == {Outcome.FIRED} and not constant:
            yield finding("L122", place, id=rule.id)
        if Outcome.REVIEW in outcomes and Outcome.FIRED not in outcomes and not constant:
            asking = (facts for facts in cases if condition.outcome(facts) is Outcome.REVIEW)
            yield finding("L128", place, id=rule.id, facts="、".join(_enough(asking)))
        yield from self._unknown_words(rule)

    def between(self, rules: Sequence[Rule]) -> Iterator[Fault]:
        """Rules that others make needless."""
        live = [rule for rule in rules if rule.status is Status.LIVE and (rule.colour or rule.conclude)]
        said: set[frozenset[str]] = set()
        for rule in live:
            above = [other for other in live if other is not rule and _above(other, rule)]
            yield from self._needless(rule, above, said)

    def _constant(self, rule: Rule) -> Iterator[Fault]:
        """Lines whose number no value of the fact is on both sides of."""
        unless = rule.flag.unless if rule.flag else {}
        for path, lines in ((("let",), rule.let), (("flag", "unless"), unless)):
            for name, line in lines.items():
                feature = self._rulebook.features[line.feature]
                if feature.type == "int" and line.operator is not Operator.EXISTS:
                    truths = self._truths(line)
                    if len(truths) == 1:
                        truth, why = ("成立", "全都符合") if True in truths else ("不成立", "没有一个符合")
                        place = self._places.of("rules", rule.id, *path, name)
                        yield finding("L123", place, name=name, truth=truth, fact=line.feature, why=why)

    def _truths(self, line: Leaf) -> set[object]:
        condition = Condition(_alone(line), self._cases.values)
        states = self._cases.of([line], apart=True) or []
        return {condition.verdict(facts) for facts in states if facts.get(line.feature) is not None}

    def _unknown_words(self, rule: Rule) -> Iterator[Fault]:
        """Facts that a reason prints though the rule may fire without them, where `on_missing` does not speak of them."""
        pieces = [piece for part in segments(rule.because) if not part.optional for piece in part.pieces]
        printed = dict.fromkeys(name for _, sigil, name in pieces if name and not sigil)
        doubtful = [name for name in printed if name not in rule.on_missing and self._cases.nullable(name)]
        cases = self._cases.of(_named(rule), apart=True) if doubtful else None
        condition = self._cases.condition(rule)
        for name in doubtful:
            read = any(line.feature == name for line in _named(rule))
            fires = (facts for facts in cases or () if condition.outcome(facts) is Outcome.FIRED)
            if not read or any(facts.get(name) is None for facts in fires):
                yield finding("L133", self._places.of("rules", rule.id, "because"), name=name)

    def _needless(self, rule: Rule, above: Sequence[Rule], said: set[frozenset[str]]) -> Iterator[Fault]:
        lines = [line for one in (rule, *above) for line in _named(one)]
        cases = self._cases.of(lines) if above else None
        own = self._cases.condition(rule)
        fires = [facts for facts in cases or () if own.outcome(facts) is not Outcome.QUIET]
        place = self._places.of("rules", rule.id)
        if not fires:
            return
        for other in above:
            if self._covers([other], own, fires):
                pair = frozenset((rule.id, other.id))
                same = _above(rule, other) and self._covers([rule], self._cases.condition(other), cases or ())
                if pair not in said:
                    yield finding("L124" if same else "L125", place, id=rule.id, other=other.id)
                said.add(pair)
                return
        if len(above) > 1 and self._covers(above, own, fires):
            yield finding("L126", place, id=rule.id, others="、".join(other.id for other in above))

    def _covers(self, others: Sequence[Rule], own: Condition, cases: Iterable[Facts]) -> bool:
        """Whether in every case one of the others does at least what the rule does."""
        conditions = [self._cases.condition(other) for other in others]
        return all(any(_RANK[one.outcome(facts)] >= _RANK[own.outcome(facts)] for one in conditions) for facts in cases)


_RANK: Mapping[Outcome, int] = {Outcome.QUIET: 0, Outcome.REVIEW: 1, Outcome.FIRED: 2}


def _named(rule: Rule) -> list[Leaf]:
    return [rule.let[name] for name in leaves(rule.when)]


def _enough(asking: Iterable[Facts]) -> list[str]:
    """The facts of which it is enough that they are not known: those that are not known beside others make no difference."""
    unknown = {frozenset(name for name, state in facts.items() if state is None) for facts in asking}
    return sorted({name for few in unknown if not any(fewer < few for fewer in unknown) for name in few})


def _alone(line: Leaf) -> Rule:
    """A rule of one line, to ask that line alone."""
    return Rule(id="", title="", status=Status.LIVE, let={line.name: line}, when=Name(line.name), colour=Colour.RED)


def _above(other: Rule, rule: Rule) -> bool:
    """Whether a rule can make another needless: it reads nothing more, does the same or more, and sends back where that does."""
    if (
        not other.reads <= rule.reads
        or (rule.handback and not other.handback)
        or other.process_rule != rule.process_rule
    ):
        return False
    if rule.conclude or other.conclude:
        return rule.conclude == other.conclude
    return (other.colour or Colour.GREEN) >= (rule.colour or Colour.GREEN)
