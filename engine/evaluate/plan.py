"""Which rules are judged, in which order, and what an unknown rule does: shared by all readers.

In: a Rulebook. Out: rules by layer, outcomes of unknown verdicts, the colour of outcomes. Not here: comparing facts (`kleene`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from engine.model import Colour, Judgement, Outcome, Value
from engine.ruleset.tree import FeatureKind, OnMissing, Rule, Rulebook, Status

Truth = bool | None
_STRICT = {OnMissing.NO: 0, OnMissing.REVIEW: 1, OnMissing.YES: 2}
_ANSWER = {OnMissing.YES: Outcome.FIRED, OnMissing.REVIEW: Outcome.REVIEW, OnMissing.NO: Outcome.QUIET}


class Scope(Enum):
    """What is judged: a record at its own time, or a matter at `as_of`."""

    RECORD = "record"
    MATTER = "matter"


def judged(rulebook: Rulebook, scope: Scope, status: Status = Status.LIVE) -> tuple[tuple[Rule, ...], ...]:
    """The rules of a scope and status by layer."""
    fitting = [
        rule
        for rule in rulebook.rules
        if rule.status is status and (rule.matter_rule if scope is Scope.MATTER else not rule.process_rule)
    ]
    layers = sorted({rule.layer for rule in fitting})
    return tuple(tuple(rule for rule in fitting if rule.layer == layer) for layer in layers)


def unmade(rulebook: Rulebook, scope: Scope) -> dict[str, Truth]:
    """Conclusions that no live rule can draw: false, never absent. A matter's rules read none."""
    if scope is Scope.MATTER:
        return {}
    made = {rule.conclude for layer in judged(rulebook, scope) for rule in layer}
    concluded_facts = (fact for fact, made_by in rulebook.features.items() if made_by.kind is FeatureKind.CONCLUDED)
    return {fact: False for fact in concluded_facts if fact not in made}


def outcome(rule: Rule, verdict: Truth, unknown: Iterable[str]) -> Outcome:
    """What a rule does (chapter 4): an unknown one by the strictest `on_missing` of its unknown facts."""
    if verdict is not None:
        return Outcome.FIRED if verdict else Outcome.QUIET
    answers = [rule.on_missing.get(fact, OnMissing.REVIEW) for fact in unknown]
    decided = _ANSWER[max(answers, key=_STRICT.__getitem__, default=OnMissing.REVIEW)]
    return Outcome.QUIET if rule.flag is not None and decided is Outcome.REVIEW else decided


def concluded(rules: Sequence[Rule], outcomes: Mapping[str, Outcome], known: Mapping[str, Truth]) -> dict[str, Truth]:
    """What one layer concludes, added to what is known of the same facts: true if a rule fires, else unknown if one is in review."""
    facts: dict[str, Truth] = {}
    for rule in rules:
        if rule.conclude is None:
            continue
        held = facts[rule.conclude] if rule.conclude in facts else known.get(rule.conclude, False)
        now = outcomes.get(rule.id, Outcome.QUIET)
        if now is Outcome.FIRED or held is True:
            facts[rule.conclude] = True
        elif now is Outcome.REVIEW or held is None:
            facts[rule.conclude] = None
        else:
            facts[rule.conclude] = False
    return facts


def judgement(
    rules: Mapping[str, Rule], outcomes: Mapping[str, Outcome], facts: Mapping[str, Truth], bounds: Mapping[str, Value]
) -> Judgement:
    """Points and colour of outcomes (chapter 4, Colour of a subject)."""
    points, colour = 0, Colour.GREEN
    for rule_id, what in outcomes.items():
        rule = rules[rule_id]
        if rule.flag is not None or rule.conclude is not None:
            continue
        if what is Outcome.REVIEW:
            colour = max(colour, Colour.YELLOW)
        elif rule.points is not None:
            points += rule.points
        elif rule.colour is not None:
            colour = max(colour, rule.colour)
    return Judgement(dict(outcomes), dict(facts), points, max(colour, _points_colour(points, bounds)))


POINTS_COLOURS = (("points.red", Colour.RED), ("points.yellow", Colour.YELLOW))
"""The parameters that give the sum of points a colour, the stricter first."""


def _points_colour(points: int, bounds: Mapping[str, Value]) -> Colour:
    for name, colour in POINTS_COLOURS:
        bound = bounds.get(name)
        if isinstance(bound, int) and points >= bound:
            return colour
    return Colour.GREEN
