"""Coverage: what the tests beside rules have shown of every condition, and what they have not.

In: a rulebook. Out: goals, each reached, missed or proved impossible; word entries and their contexts, windows, parts of reasons and routes that no test uses.
Only passing tests count, and of a rule only its own that expect something of it. Not here: whether a change would be noticed (`mutants`).

A line is to be seen true, false, unknown where its fact can be, and *decisive* both ways: in some test the rule would have done otherwise, had
that line alone been the other (the idea of MC/DC). A number is to be tried at its edge and one beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from engine.assessment import segments
from engine.evaluate import kleene
from engine.model import Outcome
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import bound, regimes
from engine.ruleset.tree import Feature, FeatureKind, Leaf, Operator, Place, Rule, Rulebook, Status
from engine.triage import Triage
from engine.workbench.cases import Cases, Condition
from engine.workbench.places import Places
from engine.workbench.testing import sentences
from engine.workbench.testing.examples import results
from engine.workbench.testing.scenes import OURS, Scene, Stage, View

TRUE, FALSE, UNKNOWN, DECIDES_TRUE, DECIDES_FALSE = "true", "false", "unknown", "decides_true", "decides_false"
EDGE = "edge "
_TOLD = {
    TRUE: "没有测试见它成立",
    FALSE: "没有测试见它不成立",
    UNKNOWN: "没有测试见它未知",
    DECIDES_TRUE: "没有测试因为它成立而不同",
    DECIDES_FALSE: "没有测试因为它不成立而不同",
}
KINDS = {"window": "窗口边上", "message": "理由的部分", "route": "路线", "word": "词条", "context": "词条的上下文"}
"""What else is looked for, as people call it."""
COUNTING = frozenset({"word", "context"})
"""Of these, what the percentage counts beside the goals of rules."""
_SECOND = timedelta(seconds=1)
_OF_CHECKS = ((DECIDES_TRUE, True), (DECIDES_FALSE, True))
"""A check is to hold a flag back alone, and to let it pass."""
_SAYS = frozenset({"match", "review", "flagged", "concluded"})
_EDGES: Mapping[Operator, tuple[int, ...]] = {
    Operator.AT_LEAST: (-1, 0),
    Operator.LESS_THAN: (-1, 0),
    Operator.AT_MOST: (0, 1),
    Operator.MORE_THAN: (0, 1),
}


class State(str, Enum):
    """How a goal stands. IMPOSSIBLE is proved: no case of the facts shows it."""

    REACHED = "reached"
    MISSED = "missed"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing that a test should show of one line of a rule (`unless.name` for checks of a flag): what, where, and how it stands."""

    rule: str
    line: str
    want: str
    place: Place
    state: State


@dataclass(frozen=True, slots=True)
class Use:
    """Something else that tests should use: a word entry or its context, the edge of a window, a part of a reason, a route."""

    kind: str
    name: str
    used: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Report:
    """What the tests show. `tests`: those that count; `generated`: how many of them were drawn by a machine."""

    goals: tuple[Goal, ...]
    uses: tuple[Use, ...]
    tests: int
    generated: int

    @property
    def missed(self) -> tuple[Goal, ...]:
        """Goals that tests can reach and do not."""
        return tuple(goal for goal in self.goals if goal.state is State.MISSED)

    @property
    def untold(self) -> tuple[Use, ...]:
        """Word entries and contexts that no sentence shows."""
        return tuple(use for use in self.uses if use.kind in COUNTING and not use.used)

    @property
    def percent(self) -> int:
        """Of the goals that can be reached and of the entries and contexts of word lists, how many are, rounded down; without a test of a rule nothing is shown."""
        can = sum(goal.state is not State.IMPOSSIBLE for goal in self.goals)
        can += sum(use.kind in COUNTING for use in self.uses)
        return 100 * (can - len(self.missed) - len(self.untold)) // can if can and self.tests else 0


def told(want: str) -> str:
    """What a goal lacks, in words."""
    return _TOLD.get(want) or f"没有测试试过 {want.removeprefix(EDGE)}"


def cover(rulebook: Rulebook, places: Places) -> Report:
    """What the tests beside the rules show."""
    triage = Triage(rulebook, engine="trace")
    scenes = list(Stage(rulebook, triage).scenes())
    passed = results(rulebook, triage, scenes)
    return of_scenes(
        rulebook,
        triage,
        [scene for scene, went in zip(scenes, passed, strict=True) if went.passed and not scene.todo],
        places,
    )


def edges_untried(rulebook: Rulebook, places: Places) -> Iterator[Goal]:
    """Edges that no test tries, whether it passes or not."""
    triage = Triage(rulebook, engine="trace")
    scenes = [scene for scene in Stage(rulebook, triage).scenes() if not scene.todo]
    goals = _goals(rulebook, triage, scenes, places)
    return (goal for goal in goals if goal.state is State.MISSED and goal.want.startswith(EDGE))


def of_scenes(rulebook: Rulebook, triage: Triage, scenes: Sequence[Scene], places: Places) -> Report:
    """The same of scenes that were built and have passed."""
    by_rule = _by_rule(scenes)
    goals = _goals(rulebook, triage, scenes, places)
    uses = [
        *_entries(rulebook, places),
        *_windows(rulebook, scenes, places),
        *_parts(rulebook, triage, by_rule, places),
        *_routes(rulebook, scenes, places),
    ]
    return Report(tuple(goals), tuple(uses), len(scenes), sum(scene.generated for scene in scenes))


def _goals(rulebook: Rulebook, triage: Triage, scenes: Sequence[Scene], places: Places) -> Iterator[Goal]:
    by_rule = _by_rule(scenes)
    for rule in rulebook.rules:
        if rule.status in (Status.LIVE, Status.SHADOW):
            yield from _Lines(rulebook, triage, rule, by_rule.get(rule.id, ()), places).goals()


def _by_rule(scenes: Iterable[Scene]) -> dict[str, list[Scene]]:
    by_rule: dict[str, list[Scene]] = {}
    for scene in scenes:
        by_rule.setdefault(scene.rule.id, []).append(scene)
    return by_rule


def facts_of(triage: Triage, rule: Rule, view: View) -> kleene.Facts:
    """The facts that a rule sees at a moment, conclusions among them."""
    concluded = triage.tracer.judge(view.features, view.day, scope=view.scope).concluded
    lines = triage.tracer.explain(rule.id, view.features, view.day).lines
    seen = {line.feature: line.actual for line in lines if line.state != "absent"}
    return {**view.features.values, **concluded, **seen}


class _Lines:
    """The goals of one rule's lines."""

    def __init__(self, rulebook: Rulebook, triage: Triage, rule: Rule, scenes: Iterable[Scene], places: Places) -> None:
        self._rulebook, self._rule, self._places = rulebook, rule, places
        views = [view for scene in scenes for view in scene.views if _SAYS & view.expect.keys()]
        self._seen = [(Cases(rulebook, view.day), facts_of(triage, rule, view)) for view in views]
        self._cases = Cases(rulebook, regimes(rulebook)[-1])
        unless = rule.flag.unless if rule.flag else {}
        self._named = [rule.let[name] for name in leaves(rule.when)]
        self._all = self._cases.of(self._named)
        self._unless = unless

    def goals(self) -> Iterator[Goal]:
        """Every goal of the rule."""
        reached = {
            goal for cases, facts in self._seen for goal in self._shown(cases.condition(self._rule), cases, facts)
        }
        for line in (*self._named, *self._unless.values()):
            check = line in self._unless.values()
            name = f"unless.{line.name}" if check else line.name
            place = self._places.of("rules", self._rule.id, *(("flag", "unless") if check else ("let",)), line.name)
            wanted = _OF_CHECKS if check else self._wanted(line)
            for want, possible in wanted:
                held = State.REACHED if (name, want) in reached else State.MISSED
                if held is State.MISSED and not possible:
                    held = State.IMPOSSIBLE
                yield Goal(self._rule.id, name, want, place, held)

    def _shown(self, condition: Condition, cases: Cases, facts: kleene.Facts) -> Iterator[tuple[str, str]]:
        """What one moment shows."""
        fired = condition.outcome(facts)
        for line in self._named:
            verdict = condition.lines[line.name](facts)
            yield line.name, _WORD[verdict]
            if verdict is not None and condition.flipped(facts, line.name) is not fired:
                yield line.name, DECIDES_TRUE if verdict else DECIDES_FALSE
            value = facts.get(line.feature)
            if value in edges(line, cases) and type(value) is int:
                yield line.name, f"{EDGE}{value}"
        if fired is Outcome.FIRED:
            held = {
                name: kleene.leaf(line, bound(line.bound, cases.values))(facts) for name, line in self._unless.items()
            }
            for name, verdict in held.items():
                yield f"unless.{name}", _WORD[verdict]
                if all(other is False for one, other in held.items() if one != name):
                    yield f"unless.{name}", DECIDES_TRUE if verdict else DECIDES_FALSE

    def _wanted(self, line: Leaf) -> Iterator[tuple[str, bool]]:
        """What is wanted of a line, and whether any case shows it; where there are too many cases all of it is taken to be possible."""
        condition = self._cases.condition(self._rule)
        for want in (TRUE, FALSE, DECIDES_TRUE, DECIDES_FALSE):
            yield want, self._all is None or any(_shows(condition, line.name, want, facts) for facts in self._all)
        states = self._cases.states(line.feature, [line], apart=True)
        if line.operator is not Operator.EXISTS and any(state is None for state in states):
            yield UNKNOWN, True
        for edge in edges(line, self._cases):
            yield f"{EDGE}{edge}", True


def edges(line: Leaf, cases: Cases) -> tuple[int, ...]:
    """The numbers at which a comparison turns, on both sides, as far as the fact can have them."""
    held = bound(line.bound, cases.values)
    if line.operator is Operator.BETWEEN and isinstance(held, tuple):
        low, high = (part for part in held if isinstance(part, int))
        numbers: tuple[int, ...] = (low - 1, low, high, high + 1)
    elif line.operator in _EDGES and isinstance(held, int):
        numbers = tuple(held + step for step in _EDGES[line.operator])
    else:
        return ()
    return tuple(number for number in numbers if cases.possible(line.feature, number))


def _shows(condition: Condition, name: str, want: str, facts: kleene.Facts) -> bool:
    verdict = condition.lines[name](facts)
    if want in (TRUE, FALSE):
        return verdict is (want == TRUE)
    return verdict is (want == DECIDES_TRUE) and condition.flipped(facts, name) is not condition.outcome(facts)


_WORD = {True: TRUE, False: FALSE, None: UNKNOWN}


def _entries(rulebook: Rulebook, places: Places) -> Iterator[Use]:
    """Every entry of every list and every context of it: whether a sentence beside the list would fail without it."""
    for one in sentences.shown(rulebook):
        place = places.of("words", one.words.name, "entries", one.index, *([one.context] if one.context else ()))
        yield Use("context" if one.context else "word", one.name, one.shown, place)


def _windows(rulebook: Rulebook, scenes: Sequence[Scene], places: Places) -> Iterator[Use]:
    """Both sides of the far edge of every window that a rule reads: just in, and one second out."""
    for feature in rulebook.features.values():
        if feature.within is None:
            continue
        asking = [scene for scene in scenes if feature.name in scene.rule.asks]
        shown = {side for scene in asking for view in scene.views for side in _sides(feature, scene, view)}
        if any(feature.name in rule.asks for rule in rulebook.rules):
            place = places.of("features", feature.name)
            yield Use("window", f"{feature.name} 边上", "in" in shown, place)
            yield Use("window", f"{feature.name} 边外一秒", "out" in shown, place)


def _sides(feature: Feature, scene: Scene, view: View) -> Iterator[str]:
    """Which sides of the edge the records and actions of a moment stand on."""
    assert feature.within is not None
    counted = view.features.ids.get(feature.name, ())
    for id_, at in _dated(feature, scene):
        age = view.at - at if at is not None else None
        if age == feature.within and id_ in counted:
            yield "in"
        elif age == feature.within + _SECOND and id_ not in counted:
            yield "out"


def _dated(feature: Feature, scene: Scene) -> Iterator[tuple[str, datetime | None]]:
    if feature.kind is FeatureKind.ACTIONS:
        kinds, levels = feature.where.get("action"), feature.where.get("level")
        for action in scene.actions:
            if (kinds is None or action.kind in kinds) and (levels is None or action.level in levels):
                yield action.id, action.at
        return
    for member in scene.members[1:]:
        sighting, links = member.sighting, member.links
        ours = scene.members[0].sighting
        shared = {
            "matter": links.matter == OURS,
            "caller": links.person == OURS,
            "pair": links.matter == OURS and links.person == OURS,
            "hotspot": links.hotspot == OURS,
            "phone": sighting.phone == ours.phone,
            "place": sighting.place == ours.place,
        }
        if shared[feature.same]:
            yield sighting.id, sighting.closed_at if feature.by == "closed_at" else sighting.at


def _parts(rulebook: Rulebook, triage: Triage, by_rule: Mapping[str, Sequence[Scene]], places: Places) -> Iterator[Use]:
    """Every part of a reason that may be left out: whether a test that fires shows it."""
    for rule in rulebook.rules:
        optional = [part for part in segments(rule.because) if part.optional]
        if not optional or rule.status not in (Status.LIVE, Status.SHADOW):
            continue
        fired = [
            facts
            for scene in by_rule.get(rule.id, ())
            for view in scene.views
            if view.expect.get("match") is True
            for facts in (facts_of(triage, rule, view),)
        ]
        for part in optional:
            text = "".join(f"{literal}{{{sigil}{name}}}" if name else literal for literal, sigil, name in part.pieces)
            used = any(part.holds(facts) for facts in fired)
            yield Use("message", f"{rule.id}：[{text}]", used, places.of("rules", rule.id, "because"))


def _routes(rulebook: Rulebook, scenes: Iterable[Scene], places: Places) -> Iterator[Use]:
    expected = {view.expect.get("route") for scene in scenes for view in scene.views}
    for route in rulebook.documents.get("routes", ()):
        yield Use("route", route["id"], route["id"] in expected, places.of("routes", route["id"]))
