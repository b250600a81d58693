"""Cases: as many states of a fact as its lines can tell apart, and none that the reader of records never gives."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.features.base import BaseFacts
from engine.identity.sighting import Sighter
from engine.model import Incident, Outcome
from engine.ruleset import loader
from engine.ruleset.facts import FIELDS
from engine.ruleset.tree import FeatureKind, Leaf, Operator, Rulebook
from engine.workbench import cases as states
from engine.workbench.cases import ABSENT, Cases

DAY = date(2025, 6, 15)


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    return loader.load(loader.read_folder(loader.shipped()))


@pytest.fixture(scope="module")
def cases(shipped: Rulebook) -> Cases:
    return Cases(shipped, DAY)


def line(fact: str, operator: Operator, bound: int | bool | str) -> Leaf:
    return Leaf("x", fact, operator, bound)


def test_a_number_has_a_state_on_each_side_of_every_bound(cases: Cases) -> None:
    lines = [line("matter.records_180d", Operator.AT_LEAST, 2), line("matter.records_180d", Operator.MORE_THAN, 4)]
    assert cases.states("matter.records_180d", lines) == [0, 2, 5]


def test_a_field_may_be_unknown_or_absent_and_a_count_never_is(cases: Cases) -> None:
    flag = cases.states("record.weapon", [line("record.weapon", Operator.IS, bound=True)], apart=True)
    assert flag == [True, False, None, ABSENT]
    assert cases.nullable("record.weapon")
    assert not cases.nullable("matter.records_180d")
    assert not cases.nullable("danger.any")


def test_what_no_record_has_is_no_state(cases: Cases, shipped: Rulebook) -> None:
    assert not cases.possible("matter.records_180d", -1)
    assert not cases.possible("record.text_length", 0)
    assert cases.possible("matter.channels_7d", len(shipped.mappings))
    assert not cases.possible("matter.channels_7d", len(shipped.mappings) + 1)


def test_the_fields_that_every_record_has_are_those_that_are_never_missing() -> None:
    """A record without anything: what is neither unknown nor absent then, never is."""
    named = "".join(f"  record.{field}: {{title: {field}, field: {field}}}\n" for field in FIELDS)
    book = loader.load({"a.yaml": b"features:\n" + named.encode()})
    at = datetime(2025, 6, 1, tzinfo=UTC)
    empty = Incident(kind="grid", source="s", source_id="1", version="", occurred_at=at, known_at=at)
    facts = BaseFacts(book).of(empty, Sighter(book, b"key").sight(empty))
    always = {name.removeprefix("record.") for name, value in facts.values.items() if value is not None}
    unknown = {name.removeprefix("record.") for name, value in facts.values.items() if value is None}
    assert always == set(states.ALWAYS)
    assert always | unknown == set(states.NEVER_ABSENT)


def test_a_condition_is_asked_with_one_line_supposed_otherwise(cases: Cases, shipped: Rulebook) -> None:
    (rule,) = [rule for rule in shipped.rules if rule.id == "Y8L"]
    condition = cases.condition(rule)
    facts = {"process.mediation_tried": False, "process.days_since_dispatch": 3}
    assert condition.outcome(facts) is Outcome.FIRED
    assert condition.flipped(facts, "late") is Outcome.QUIET
    assert condition.supposed(facts, "late", None) is Outcome.REVIEW


def test_more_cases_than_are_looked_at_are_no_answer(shipped: Rulebook, cases: Cases) -> None:
    lines = [
        Leaf(f"l{number}", name, Operator.IS, bound=True)
        for number, (name, feature) in enumerate(shipped.features.items())
        if feature.kind is FeatureKind.WORDS
    ]
    assert 2 ** len(lines) > states.MOST
    assert cases.of(lines) is None
    assert len(cases.of(lines[:3]) or ()) == 8
