"""Figures of rules: what they hit, what people made of it, what shadow rules would have done. Numbers and rule ids only, never a word of a record.

In: an installation, a period. Out: `Health` of the rules, `ShadowFigures`. Not here: what a figure means (`engine.feedback`), dealing and grading (`sampling`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from engine import casework, feedback
from engine.assessment import POINTS_RULE
from engine.desk.acting import BY_HAND, RAISE
from engine.desk.opening import Desk
from engine.desk.publishing import turns
from engine.errors import RuleError
from engine.feedback import Course, Graded, Hits, Pair, Proposal, RuleFigures, ShadowFigures, Share, Yardstick
from engine.model import Colour, Outcome
from engine.ruleset import loader
from engine.ruleset.tree import Rule, Status
from engine.store import Reading
from engine.store.rows import Dealt

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SEEN = 20
_NO_RULE = frozenset({BY_HAND, POINTS_RULE})


@dataclass(frozen=True, slots=True)
class RuleHealth:
    """How the rules do over the records of a period: each rule, pairs, the yardstick of blind grades, proposals."""

    since: datetime | None
    until: datetime
    records: int
    rules: tuple[RuleFigures, ...]
    pairs: tuple[Pair, ...]
    yardstick: Yardstick
    proposals: tuple[Proposal, ...]


def health(desk: Desk, *, since: datetime | None = None, until: datetime | None = None) -> RuleHealth:
    """Every figure over the records that happened in a period, or over all; grades of what was dealt in it."""
    end = until or desk.clock() + timedelta(seconds=1)
    begin = since or _BEGINNING
    with desk.store.read() as view:
        hits = _hits(view, begin, end, of_matters=frozenset(r.id for r in desk.rulebook.rules if r.matter_rule))
        courses = _courses(view)
        graded = _graded(view, view.dealt_between(begin, end))
    figures = feedback.of_rules(desk.rulebook.rules, hits, courses, graded)
    paired, held = feedback.pairs(hits), feedback.yardstick(graded)
    made = feedback.proposals(figures, paired, held)
    return RuleHealth(since, end, hits.records, tuple(figures), tuple(paired), held, tuple(made))


def shadows(desk: Desk, *, since: datetime | None = None) -> list[ShadowFigures]:
    """What each shadow rule would have done since it became what it is, or since a later time."""
    rules = [rule for rule in desk.rulebook.rules if rule.status is Status.SHADOW]
    begun = _begun(desk, rules) if rules else {}
    return [_shadow(desk, rule, begun.get(rule.id), since) for rule in rules]


def _shadow(desk: Desk, rule: Rule, begun: datetime | None, since: datetime | None) -> ShadowFigures:
    now = desk.clock()
    begin = max(begun or now, since or _BEGINNING)
    colour = rule.colour
    with desk.store.read() as view:
        lines = [found for found in view.shadow_standing(begin) if found[1].partition(":")[0] == rule.id]
        decided = view.decided_since(begin)
        graded = _graded(view, view.dealt_between(_BEGINNING, now + timedelta(seconds=1)), shadow=lines)
    fired = [(subject, held) for subject, line, held in lines if line.endswith(f":{Outcome.FIRED.value}")]
    raised = [(subject, held) for subject, held in fired if colour is not None and held < colour]
    judged = [g for g in graded if rule.id in g.shadow and colour is not None]
    counted = Counter(held for _, held in raised)
    return ShadowFigures(
        rule=rule.id,
        title=rule.title,
        colour=colour.word if colour is not None else "",
        since=begun,
        days=(now - begun).days if begun else 0,
        decided=decided,
        hits=len(fired),
        agrees=len(fired) - len(raised) if colour is not None else 0,
        reviews=len(lines) - len(fired),
        raises=tuple((held.word, (colour or held).word, n) for held, n in sorted(counted.items())),
        right=Share(sum(g.grade >= (colour or Colour.GREEN) for g in judged), len(judged)),
        see=tuple(subject for subject, _ in raised[:_SEEN]),
    )


def _begun(desk: Desk, rules: Iterable[Rule]) -> dict[str, datetime]:
    """Since when each shadow rule has meant the same without a break, by the rulebooks that were in force."""
    wanted, begun = {rule.id: rule.version for rule in rules}, dict[str, datetime]()
    with desk.store.read() as view:
        for at, digest, *_ in reversed(turns(view)):
            try:
                held = {rule.id: rule for rule in loader.load(view.rulebook(digest)).rules}
            except RuleError:
                break
            wanted = {
                id_: version
                for id_, version in wanted.items()
                if id_ in held and held[id_].status is Status.SHADOW and held[id_].version == version
            }
            if not wanted:
                break
            begun.update(dict.fromkeys(wanted, at))
    return begun


def _hits(view: Reading, since: datetime, until: datetime, *, of_matters: frozenset[str]) -> Hits:
    """What hit the records of a period; rules `of_matters` speak when somebody acts or time passes, not when a record comes."""
    by_record: dict[str, set[str]] = defaultdict(set)
    matter_of, last = dict[str, str](), dict[str, datetime]()
    for rule, record, matter, happened, hit_at in view.hits_between(since, until):
        if rule not in _NO_RULE:
            by_record[record].add(rule)
            matter_of[record] = matter
            at = hit_at if rule in of_matters else happened
            last[rule] = max(at, last.get(rule, at))
    records, first, newest = view.records_between(since, until)
    fired = {record: frozenset(rules) for record, rules in by_record.items()}
    return Hits(fired, matter_of, last, first, newest, records)


def _courses(view: Reading) -> dict[str, Course]:
    """What people did to each matter: a dispatch after a closing that nobody took back is one that came back of itself."""
    steps: dict[str, list[str]] = defaultdict(list)
    for matter, kind in view.steps():
        steps[matter].append(kind)
    aside: dict[str, frozenset[str]] = defaultdict(frozenset)
    for matter, rules in view.rules_set_aside():
        aside[matter] |= rules
    return {
        matter: Course(aside[matter], RAISE in done, casework.CLOSE in done, _came_back(done))
        for matter in {*steps, *aside}
        for done in (steps.get(matter, []),)
    }


def _came_back(done: list[str]) -> bool:
    turns_ = [kind for kind in done if kind != RAISE]
    return any(one == casework.CLOSE and then == casework.DISPATCH for one, then in pairwise(turns_))


def _graded(view: Reading, dealt: Iterable[Dealt], shadow: Iterable[tuple[str, str, Colour]] = ()) -> list[Graded]:
    """Grades beside what was held; `shadow`: lines of shadow rules, by the matter of their subject today."""
    graded = [one for one in dealt if one.grade is not None]
    said: dict[str, set[str]] = defaultdict(set)
    if graded:
        lines = [(subject, line.partition(":")[0]) for subject, line, _ in shadow]
        homes = {id_: row.links.matter for id_, row in view.sightings({subject for subject, _ in lines}).items()}
        for subject, rule in lines:
            said[homes.get(subject, subject.removeprefix("matter:"))].add(rule)
    return [
        Graded(
            one.machine,
            frozenset(one.rules),
            one.grade,
            frozenset(said[view.matter_id(one.matter) or ""] if said else ()),
        )
        for one in graded
        if one.grade is not None
    ]
