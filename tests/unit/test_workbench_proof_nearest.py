"""The nearest other colour: as few facts as can be, never a fixed one, each way judged by the engine."""

from __future__ import annotations

import time

import pytest

from engine.evaluate.plan import Scope
from engine.model import Colour, FeatureSet, Value
from engine.ruleset import loader
from engine.ruleset.tree import FeatureKind
from engine.workbench.proof.confirming import Case, Engine
from engine.workbench.proof.nearest import Nearest, nearest
from engine.workbench.proof.solving import Budget

pytest_plugins = ["tests.workbench_samples"]

COUNTED = (FeatureKind.WORDS, FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT, FeatureKind.ACTIONS)


class Asked:
    """A record that says nothing but what a test gives it."""

    def __init__(self, survey: loader.Survey) -> None:
        self.rulebook = survey.rulebook
        self.engine = Engine(survey.rulebook)

    def case(self, **given: Value | None) -> Case:
        facts = {name.replace("__", "."): value for name, value in given.items()}
        plain: dict[str, Value | None] = {
            name: False if f.type == "bool" else 0 for name, f in self.rulebook.features.items() if f.kind in COUNTED
        }
        plain |= {"record.text_length": 40, "record.unreadable": False, "record.category": "噪音"}
        plain |= {"matter.records_180d": 1, "matter.channels_7d": 1}
        values = {**plain, **facts}
        fields = [name for name, f in self.rulebook.features.items() if f.kind is FeatureKind.FIELD]
        return Case(FeatureSet(values, absent=tuple(name for name in fields if name not in values)), Scope.RECORD)

    def near(self, colour: Colour, **given: Value | None) -> Nearest:
        budget = Budget(120, each=60, clock=time.monotonic)
        return nearest(self.rulebook, self.case(**given), colour, budget, day=self.engine.day, subject="x")


@pytest.fixture(scope="module")
def asked(survey: loader.Survey) -> Asked:
    return Asked(survey)


def changes(found: Nearest) -> list[dict[str, tuple[object, object]]]:
    assert found.reason == ""
    return [{step.fact: (step.before, step.after) for step in way.steps} for way in found.ways]


def test_a_number_goes_no_further_than_it_must(asked: Asked) -> None:
    assert changes(asked.near(Colour.YELLOW, record__heads=12, words__wages=True)) == [{"record.heads": (12, 9)}]
    assert changes(asked.near(Colour.YELLOW, record__amount=50_000_000)) == [
        {"record.amount": (50_000_000, 49_999_999)}
    ]


def test_it_is_asked_upwards_too_and_the_ways_differ(asked: Asked) -> None:
    found = asked.near(Colour.RED, words__rough=True)
    assert len(found.ways) == 3
    assert all(len(way.steps) == 1 for way in found.ways)
    assert len({way.steps[0].fact for way in found.ways}) == 3
    assert all(way.colour is Colour.RED and way.reasons[0][0] in "PRN" for way in found.ways)


def test_past_counts_are_never_touched_and_that_there_is_no_way_is_proved(asked: Asked) -> None:
    counts = dict.fromkeys(
        ("matter__incidents_30d", "matter__incidents_180d", "matter__calls_30d", "matter__records_180d"), 3
    )
    assert changes(asked.near(Colour.YELLOW, **counts)) == []
    fixed = {name for name, f in asked.rulebook.features.items() if not f.mutable}
    assert {"words.minor", "matter.incidents_30d", "record.visit"} <= fixed
    for way in asked.near(Colour.RED, record__heads=4, record__visit=False).ways:
        assert fixed.isdisjoint(step.fact for step in way.steps)


def test_the_records_own_count_follows_the_fact_it_rests_on(asked: Asked) -> None:
    found = asked.near(Colour.GREEN, words__weapon=True, matter__weapon_90d=1)
    (way,) = found.ways
    assert [step.fact for step in way.steps] == ["words.weapon"]
    assert [(step.fact, step.before, step.after) for step in way.follows] == [("matter.weapon_90d", 1, 0)]
    earlier = asked.near(Colour.GREEN, words__weapon=True, matter__weapon_90d=2, matter__records_180d=2)
    assert changes(earlier) == []


def test_finding_out_can_be_done_and_correcting_only_explains(asked: Asked) -> None:
    (way,) = asked.near(Colour.GREEN, record__category=None).ways
    assert (way.steps[0].fact, way.can_be_done) == ("record.category", True)
    (other,) = asked.near(Colour.GREEN, words__rough=True).ways
    assert not other.can_be_done


def test_what_is_known_stays_known_and_what_is_absent_stays_absent(asked: Asked) -> None:
    for given in ({"record__heads": 12, "words__wages": True}, {"words__rough": True}):
        for way in (way for colour in (Colour.GREEN, Colour.RED) for way in asked.near(colour, **given).ways):
            assert all(step.after is not None and not step.was_absent for step in way.steps)


def test_a_matter_is_asked_of_its_process(asked: Asked) -> None:
    actions = {name: 0 for name, f in asked.rulebook.features.items() if f.kind is FeatureKind.ACTIONS}
    process = {"process.days_since_dispatch": 4, "process.days_open": 4, "process.mediation_tried": False}
    case = Case(FeatureSet({**actions, **process}, absent=("process.yellow_days",)), Scope.MATTER)
    assert asked.engine.colour(case) is Colour.YELLOW
    budget = Budget(120, each=60, clock=time.monotonic)
    found = nearest(asked.rulebook, case, Colour.GREEN, budget, day=asked.engine.day)
    ways = changes(found)
    assert {"process.mediation_tried": (False, True)} in ways
    assert all(way.can_be_done for way in found.ways)


OUTCOME = """features:
  process.outcome_recorded: {title: 已有结果, process: outcome_recorded}
  process.days_open:        {title: 未办结天数, process: days_open}
  process.yellow_days:      {title: 黄色持续天数, process: yellow_days}
  process.mediation_tried:  {title: 已尝试调解, process: mediation_tried}
rules:
  - id: Y1
    title: 太久没有结果
    status: live
    colour: yellow
    let: {open: {feature: process.days_open, at_least: 8}, ended: {feature: process.outcome_recorded, is: false}}
    because: 太久
  - id: R1
    title: 黄了太久又没有调解
    status: live
    colour: red
    let: {long: {feature: process.yellow_days, at_least: 10}, tried: {feature: process.mediation_tried, is: false}}
    because: 太久
    advice: 快办
  - {id: Y2, title: 试过调解, status: live, colour: yellow, let: {tried: {feature: process.mediation_tried, is: true}}, because: 试过}
"""


def ways_of(rules: str, colour: Colour, **process: int | bool) -> Nearest:
    """The ways of a matter under way with these process facts."""
    rulebook = loader.load({"a.yaml": rules.encode()})
    given = {f"process.{name}": value for name, value in process.items()}
    absent = tuple(name for name in rulebook.features if name.startswith("process.") and name not in given)
    case = Case(FeatureSet(given, absent=absent), Scope.MATTER)
    budget = Budget(120, each=60, clock=time.monotonic)
    return nearest(rulebook, case, colour, budget, day=Engine(rulebook).day)


def matter_ways(asked: Asked, colour: Colour, **process: int | bool) -> Nearest:
    """The same with the shipped rules and no action yet."""
    actions = {name: 0 for name, f in asked.rulebook.features.items() if f.kind is FeatureKind.ACTIONS}
    given = {f"process.{name}": value for name, value in process.items()}
    absent = tuple(f"process.{n}" for n in ("yellow_days",) if n not in process)
    case = Case(FeatureSet({**actions, **given}, absent=absent), Scope.MATTER)
    budget = Budget(120, each=60, clock=time.monotonic)
    return nearest(asked.rulebook, case, colour, budget, day=asked.engine.day)


@pytest.mark.parametrize("tried", [True, False])
def test_days_do_not_go_back_and_what_was_done_stays_done(asked: Asked, tried: bool) -> None:
    found = matter_ways(asked, Colour.GREEN, days_since_dispatch=8, days_open=8, yellow_days=4, mediation_tried=tried)
    assert (found.ways, found.reason) == ((), "")
    late = {"days_since_dispatch": 40, "days_open": 40, "yellow_days": 33}
    found = matter_ways(asked, Colour.YELLOW, **late, mediation_tried=tried)
    assert (found.ways, found.reason) == ((), "")


def test_days_that_pass_pass_for_everything_and_nobody_does_them(asked: Asked) -> None:
    found = matter_ways(asked, Colour.RED, days_since_dispatch=5, days_open=5, yellow_days=4, mediation_tried=True)
    way = found.ways[0]
    changed = {step.fact: (step.before, step.after) for step in (*way.steps, *way.follows)}
    assert changed == {
        "process.yellow_days": (4, 31),
        "process.days_open": (5, 32),
        "process.days_since_dispatch": (5, 32),
    }
    assert all(step.by_time and not step.can_be_done for step in way.steps)
    assert (way.can_be_done, way.needs_time, way.colour) == (False, True, Colour.RED)


def test_what_has_to_be_done_before_days_pass_is_told_from_what_passes() -> None:
    rules = OUTCOME.replace(
        "tried: {feature: process.mediation_tried, is: false}}\n    because: 太久\n    advice",
        "tried: {feature: process.mediation_tried, is: true}}\n    because: 太久\n    advice",
    )
    way = ways_of(rules, Colour.RED, outcome_recorded=False, days_open=3, yellow_days=2, mediation_tried=False).ways[0]
    done = {step.fact: step.can_be_done for step in way.steps}
    assert (done["process.mediation_tried"], done["process.yellow_days"]) == (True, False)
    assert (way.can_be_done, way.needs_time) == (False, True)


def test_a_process_ends_by_its_outcome_and_its_days_with_it() -> None:
    (way,) = ways_of(
        OUTCOME, Colour.GREEN, outcome_recorded=False, days_open=9, yellow_days=2, mediation_tried=False
    ).ways
    assert [(step.fact, step.after, step.can_be_done) for step in way.steps] == [
        ("process.outcome_recorded", True, True)
    ]
    assert {(step.fact, step.is_absent) for step in way.follows} == {
        ("process.days_open", True),
        ("process.yellow_days", True),
        ("process.mediation_tried", True),
    }
    unread = OUTCOME.replace(", ended: {feature: process.outcome_recorded, is: false}", "")
    assert ways_of(unread, Colour.GREEN, days_open=9, outcome_recorded=False, mediation_tried=False).ways == ()


def test_a_matter_that_was_never_sent_out_has_no_days_to_pass(asked: Asked) -> None:
    actions = {name: 0 for name, f in asked.rulebook.features.items() if f.kind is FeatureKind.ACTIONS}
    process = tuple(name for name, f in asked.rulebook.features.items() if f.kind is FeatureKind.PROCESS)
    case = Case(FeatureSet(actions, absent=process), Scope.MATTER)
    budget = Budget(120, each=60, clock=time.monotonic)
    found = nearest(asked.rulebook, case, Colour.RED, budget, day=asked.engine.day)
    assert found.reason == ""
    assert all(not step.fact.startswith("process.") for way in found.ways for step in way.steps)


def test_facts_that_contradict_what_is_known_of_facts_are_said(asked: Asked) -> None:
    found = asked.near(Colour.GREEN, matter__incidents_30d=3, matter__incidents_180d=1)
    assert found.ways == ()
    assert "不合" in found.reason
