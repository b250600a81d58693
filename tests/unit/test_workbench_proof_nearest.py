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


def test_facts_that_contradict_what_is_known_of_facts_are_said(asked: Asked) -> None:
    found = asked.near(Colour.GREEN, matter__incidents_30d=3, matter__incidents_180d=1)
    assert found.ways == ()
    assert "不合" in found.reason
