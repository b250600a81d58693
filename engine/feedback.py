"""Feedback: what people made of what the rules said becomes figures of each rule, and proposals (ruling 51). It never changes a rule.

In: which rules hit which records and matters, what people did to these matters, blind grades. Out: figures with their counts and bounds, drafts for the
workbench. Not here: reading them (`engine.desk.figures`), printing.

Bounds of a share are Wilson's, two-sided, 95 %. That of under-triage is the exact one-sided one (Clopper and Pearson): 0 of 59 is at most 5 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from math import comb, sqrt

from engine.model import Colour
from engine.ruleset.tree import Rule, Status

SILENT_AFTER = timedelta(days=60)
"""A live rule without a hit for so long before the newest record is silent (our proposal)."""
UNDER_AT_MOST, OVER_LEAST, OVER_MOST = 0.05, 0.25, 0.35
"""Field triage: under-triage at most 5 %, over-triage 25 to 35 % (American College of Surgeons; Dutch practice is 21.6 and 30.6 %, PMC5933379)."""
FEWEST = 5
"""Of fewer cases nothing is said of a rule or a pair of rules."""
SHADOW_DAYS, SHADOW_JUDGED = 30, 20
"""A shadow rule is ready after so many days and so many blind grades on what it hit (our proposal; SigmaHQ raises a status after 90 days of use)."""
_Z = 1.959964
_SURE = 0.95
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, with Wilson's bounds; 0 to 1 of nothing."""

    count: int
    of: int

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what the share lies with 95 %."""
        n, k = self.of, self.count
        if not n:
            return 0.0, 1.0
        middle = (k + _Z * _Z / 2) / (n + _Z * _Z)
        half = _Z * sqrt(k * (n - k) / n + _Z * _Z / 4) / (n + _Z * _Z)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def at_most(self) -> float:
        """The exact one-sided upper bound, 95 %: the share at which so few would come up in one sample of twenty."""
        if self.count >= self.of:
            return 1.0
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if _at_most(self.count, self.of, middle) < 1 - _SURE else (middle, high)
        return high


def _at_most(k: int, n: int, p: float) -> float:
    """How likely at most k of n are."""
    return float(sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1)))


@dataclass(frozen=True, slots=True)
class Graded:
    """A matter as a person graded it blind, beside what the machine held of it then."""

    machine: Colour
    rules: frozenset[str]
    grade: Colour
    shadow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Under-triage: graded red and held lower, of all graded red. Over-triage: held red and graded lower, of all held red."""

    graded: int
    under: Share
    over: Share

    @property
    def under_well(self) -> bool | None:
        """Whether under-triage is surely within 5 %, surely beyond it, or not known yet."""
        if self.under.of and self.under.at_most <= UNDER_AT_MOST:
            return True
        return False if self.under.bounds[0] > UNDER_AT_MOST else None


def yardstick(graded: Collection[Graded]) -> Yardstick:
    """How the machine does on a sample that was graded blind."""
    red, held = ([g for g in graded if getattr(g, name) is Colour.RED] for name in ("grade", "machine"))
    return Yardstick(
        len(graded),
        Share(sum(g.machine < Colour.RED for g in red), len(red)),
        Share(sum(g.grade < Colour.RED for g in held), len(held)),
    )


@dataclass(frozen=True, slots=True)
class Course:
    """What people did to a matter: which rules' hits they set aside, whether they raised it, closed it, and whether it came back of itself."""

    aside: frozenset[str] = frozenset()
    raised: bool = False
    closed: bool = False
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """Which rules ever hit each record of a period, to which matter each belongs, when each rule hit last; the first and the newest record of the period, and how many."""

    by_record: Mapping[str, frozenset[str]]
    matter_of: Mapping[str, str]
    last: Mapping[str, datetime]
    first_at: datetime | None
    newest_at: datetime | None
    records: int


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """One rule: what it hit, and what people made of it. `lowered`: matters of which a person set its hits aside. `right`: graded at least its colour."""

    rule: str
    title: str
    status: str
    colour: str
    records: int
    matters: int
    last_at: datetime | None
    lowered: Share
    raised: Share
    came_back: Share
    right: Share
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rules on the same records; `always`: one never hit without the other."""

    left: str
    right: str
    both: int
    left_alone: int
    right_alone: int

    @property
    def always(self) -> bool:
        """Whether one of them adds no record to the other."""
        return not (self.left_alone and self.right_alone)


SILENT, NOISY = "silent", "noisy"


def of_rules(
    rules: Sequence[Rule], hits: Hits, courses: Mapping[str, Course], graded: Collection[Graded]
) -> list[RuleFigures]:
    """Figures of every rule of a colour that is live or retired, in their order; a rule is noisy only when it is surely beyond the band.

    Rules that only flag, conclude or add points leave no hit of their own, so nothing is known of them here.
    """
    held: dict[str, set[str]] = {}
    records: Counter[str] = Counter()
    for record, fired in hits.by_record.items():
        for rule in fired:
            records[rule] += 1
            held.setdefault(rule, set()).add(hits.matter_of[record])
    return [
        _of_rule(rule, held.get(rule.id, set()), records[rule.id], hits, courses, graded)
        for rule in rules
        if rule.status in (Status.LIVE, Status.RETIRED) and rule.colour is not None
    ]


def _of_rule(
    rule: Rule,
    matters: Collection[str],
    records: int,
    hits: Hits,
    courses: Mapping[str, Course],
    graded: Collection[Graded],
) -> RuleFigures:
    those = [courses.get(matter, Course()) for matter in matters]
    closed = [course for course in those if course.closed]
    judged = [g for g in graded if rule.id in g.rules and rule.colour is not None]
    made = RuleFigures(
        rule=rule.id,
        title=rule.title,
        status=rule.status.value,
        colour=rule.colour.word if rule.colour is not None else "",
        records=records,
        matters=len(matters),
        last_at=hits.last.get(rule.id),
        lowered=Share(sum(rule.id in course.aside for course in those), len(those)),
        raised=Share(sum(course.raised for course in those), len(those)),
        came_back=Share(sum(course.came_back for course in closed), len(closed)),
        right=Share(sum(g.grade >= (rule.colour or Colour.GREEN) for g in judged), len(judged)),
    )
    return _signed(rule, made, hits)


def _signed(rule: Rule, made: RuleFigures, hits: Hits) -> RuleFigures:
    signs = []
    if rule.status is Status.LIVE and hits.first_at is not None and hits.newest_at is not None:
        since = made.last_at or hits.first_at
        if hits.newest_at - since >= SILENT_AFTER:
            signs.append(SILENT)
    wrong = Share(made.right.of - made.right.count, made.right.of)
    if any(share.of >= FEWEST and share.bounds[0] > OVER_MOST for share in (made.lowered, wrong)):
        signs.append(NOISY)
    return replace(made, signs=tuple(signs))


def pairs(hits: Hits) -> list[Pair]:
    """Rules that hit the same records, those that do so most first; of pairs with fewer than `FEWEST` nothing is said."""
    alone: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for fired in hits.by_record.values():
        alone.update(fired)
        both.update(combinations(sorted(fired), 2))
    found = [
        Pair(left, right, count, alone[left] - count, alone[right] - count)
        for (left, right), count in both.items()
        if count >= FEWEST
    ]
    return sorted(found, key=lambda pair: (not pair.always, -pair.both, pair.left, pair.right))


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something to be looked at, with a draft for the workbench; nothing happens by itself."""

    rule: str
    why: str
    draft: str


def proposals(figures: Sequence[RuleFigures], paired: Sequence[Pair], held: Yardstick) -> Iterator[Proposal]:
    """What the figures suggest, as drafts that a person takes up or not."""
    for one in figures:
        if SILENT in one.signs:
            why = f"{SILENT_AFTER.days} 天没有命中"
            yield Proposal(
                one.rule, why, f"# {one.rule}：先用 sanse rules coverage 看还够不够得着；不用的改成 status: retired"
            )
        if NOISY in one.signs:
            share = max((one.lowered, Share(one.right.of - one.right.count, one.right.of)), key=lambda s: s.bounds[0])
            why = f"{share.of} 件里 {share.count} 件人判得比它低"
            yield Proposal(one.rule, why, f"# {one.rule}：给误伤补反例测试，收紧条件；改好前可先 status: shadow")
    colours = {one.rule: one.colour for one in figures}
    for pair in paired:
        if pair.always and colours.get(pair.left, "-") == colours.get(pair.right):
            inner, outer = (pair.left, pair.right) if not pair.left_alone else (pair.right, pair.left)
            why = f"{pair.both} 次命中，次次都有 {outer}，颜色也一样"
            yield Proposal(inner, why, f"# {inner}：看要不要并入 {outer}，并入前先用 sanse rescore --rules 试")
    if held.under.count:
        why = f"盲评为红的 {held.under.of} 件里 {held.under.count} 件机判低了"
        yield Proposal("", why, "# 把漏判的写成测试（expect: {colour: red}），再写或放宽规则")


@dataclass(frozen=True, slots=True)
class ShadowFigures:
    """A shadow rule: since when, how many subjects were decided since, what it would have done. `see`: the first of those it would have raised.

    `raises`: colours as (was, would be, how many). `agrees`: those that have its colour or a higher one anyway.
    """

    rule: str
    title: str
    colour: str
    since: datetime | None
    days: int
    decided: int
    hits: int
    agrees: int
    reviews: int
    raises: tuple[tuple[str, str, int], ...]
    right: Share
    see: tuple[str, ...] = field(default=())

    @property
    def unmet(self) -> tuple[str, ...]:
        """What is missing before it is ready to be live."""
        found = []
        if self.days < SHADOW_DAYS:
            found.append(f"试运行 {self.days} 天，不满 {SHADOW_DAYS} 天")
        if self.right.of < SHADOW_JUDGED:
            found.append(f"它命中的事项盲评过 {self.right.of} 件，不满 {SHADOW_JUDGED} 件")
        elif 1 - self.right.bounds[1] > OVER_MOST:
            found.append(f"盲评 {self.right.of} 件里只有 {self.right.count} 件不低于它的颜色")
        return tuple(found)
