"""Deciding: where a rule makes a difference beside all others, and which of them make it needless.

In: benches and a rule. Out: formulas; rules by id. Not here: the answers (`questions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.model import Colour
from engine.ruleset.tree import Rule, Status
from engine.workbench.proof.benches import Bench
from engine.workbench.proof.formulas import Formula, both, either, opposite


def decides(bench: Bench, rule: Rule) -> Formula:
    """Whether without the rule the colour, the handing back, its conclusion or its flag would be otherwise."""
    does = bench.made.effects[rule.id]
    if rule.flag is not None:
        return bench.made.raised[rule.id]
    if rule.conclude is not None:
        others = [bench.made.effects[other.id] for other in _others(bench, rule) if other.conclude == rule.conclude]
        fired, review = either(o.fired for o in others), either(o.review for o in others)
        made_true = both((does.fired, opposite(fired)))
        return either((made_true, both((does.review, opposite(fired), opposite(review)))))
    backs = either(bench.made.effects[other.id].fired for other in _others(bench, rule) if other.handback)
    back = both((does.fired, opposite(backs))) if rule.handback else False
    return either((_coloured(bench, rule), back))


def _coloured(bench: Bench, rule: Rule) -> Formula:
    """Whether the colour is lower without the rule."""
    made, does = bench.made, bench.made.effects[rule.id]
    others = [other for other in _others(bench, rule) if other.colour or other.points]
    points = {colour: made.points(colour) for colour in (Colour.RED, Colour.YELLOW)}
    fired = {colour: [made.effects[o.id].fired for o in others if o.colour is colour] for colour in Colour}
    review = [made.effects[other.id].review for other in others]
    red = either(fired[Colour.RED])
    yellow = either((red, *fired[Colour.YELLOW], *review))
    asks = both((does.review, opposite(either((yellow, points[Colour.RED], points[Colour.YELLOW])))))
    if rule.points:
        counts = {colour: both((points[colour], opposite(made.points(colour, rule.points)))) for colour in points}
        to_red = both((counts[Colour.RED], opposite(red)))
        to_yellow = both((counts[Colour.YELLOW], opposite(either((yellow, made.points(Colour.RED, rule.points))))))
        return either((asks, both((does.fired, either((to_red, to_yellow))))))
    of_red = both((does.fired, opposite(either((red, points[Colour.RED]))))) if rule.colour is Colour.RED else False
    of_yellow = both((does.fired, opposite(either((yellow, *points.values())))))
    return either((asks, of_red, of_yellow))


def _others(bench: Bench, rule: Rule) -> Iterator[Rule]:
    """The other live rules that are judged here."""
    for other in bench.rulebook.rules:
        if other is not rule and other.status is Status.LIVE and bench.judges(other):
            yield other


def covers(benches: Sequence[Bench], other: Rule, rule: Rule) -> bool:
    """Whether, whenever a rule says something, another says at least as much by itself."""
    unlike = rule.points or other.points or rule.flag or other.flag or rule.conclude != other.conclude
    if unlike or (rule.handback and not other.handback) or (rule.colour or 0) > max(other.colour or 0, Colour.YELLOW):
        return False
    return all(_covered(bench, other, rule) for bench in benches)


def _covered(bench: Bench, other: Rule, rule: Rule) -> bool:
    if not bench.judges(other):
        return False
    does, more = bench.made.effects[rule.id], bench.made.effects[other.id]
    says = either((more.fired, more.review))
    whole = rule.colour is Colour.RED or rule.conclude is not None or rule.handback
    enough = more.fired if whole else says
    missed = either((both((does.fired, opposite(enough))), both((does.review, opposite(says)))))
    reply = bench.asker.ask(missed)
    return reply.model is None and not reply.why


def maskers(benches: Sequence[Bench], rule: Rule) -> tuple[str, ...]:
    """Rules that together say all that a rule says: those in the reason why it is never alone."""
    named: set[str] = set()
    for bench in benches:
        does, asker = bench.made.effects[rule.id], bench.asker
        red = rule.colour is Colour.RED
        silent = [(id_, asker.name(quiet)) for id_, quiet in _silences(bench, rule, red=red)]
        says = does.fired if red or rule.conclude else either((does.fired, does.review))
        reply = asker.ask(says, supposing=[name for _, name in silent])
        named.update(id_ for id_, name in silent if name.get_id() in reply.core)
    return tuple(sorted(named))


def _silences(bench: Bench, rule: Rule, *, red: bool) -> Iterator[tuple[str, Formula]]:
    """That another rule says nothing that counts for as much, and so do the points."""
    for other in _others(bench, rule):
        does = bench.made.effects[other.id]
        if rule.conclude or other.conclude:
            if rule.conclude == other.conclude:
                yield other.id, opposite(does.fired)
        elif other.flag is None and (not red or other.colour is Colour.RED):
            says = does.fired if red or other.points else either((does.fired, does.review))
            if other.points is None:
                yield other.id, opposite(says)
    if rule.conclude is None:
        yield "POINTS", opposite(bench.made.points(Colour.RED if red else Colour.YELLOW))
