"""What authors know of the facts: read like rules, told their faults, seen by no reader."""

from __future__ import annotations

from typing import Any

from engine.ruleset import loader
from engine.ruleset.condition import written
from tests.property.rulebooks import as_files

FEATURES = {
    "record.heads": {"title": "人数", "field": "heads"},
    "record.visit": {"title": "走访", "field": "visit", "mutable": "no"},
}
LINES = {"here": {"feature": "record.visit", "is": True}, "some": {"feature": "record.heads", "at_least": 1}}


def survey(**more: Any) -> loader.Survey:
    return loader.survey(as_files(facts={"features": FEATURES, **more}))


def codes(**more: Any) -> list[str]:
    return [fault.code for fault in survey(**more).faults]


def test_a_statement_has_a_condition_and_what_follows() -> None:
    seen = survey(facts=[{"id": "K1", "title": "来了就有人", "let": LINES, "when": "here", "then": "some"}])
    (stated,) = seen.rulebook.stated
    assert stated.when is not None
    assert (stated.id, written(stated.when), written(stated.then)) == ("K1", "here", "some")
    assert stated.place.line > 1
    (always,) = survey(facts=[{"id": "K1", "title": "总是", "let": LINES, "then": "here and some"}]).rulebook.stated
    assert always.when is None


def test_a_line_in_neither_condition_and_an_id_used_twice_are_faults() -> None:
    assert codes(facts=[{"id": "K1", "title": "x", "let": LINES, "then": "some"}]) == ["R112"]
    twice = [{"id": "K1", "title": "x", "let": LINES, "when": "here", "then": "some"}] * 2
    assert codes(facts=twice) == ["R101"]
    assert codes(facts=[{"id": "K1", "title": "x", "let": LINES, "when": "here", "then": "sum"}]) == ["R103"]
    assert codes(facts=[{"id": "K1", "title": "x", "let": LINES}]) == ["S003"]


def test_facts_that_rise_have_their_place_once() -> None:
    rising = survey(monotone_in=["record.heads", "record.visit", "record.heads"]).rulebook.rising
    assert list(rising) == ["record.heads", "record.visit"]
    assert rising["record.heads"].line < rising["record.visit"].line
    assert codes(monotone_in=["record.haeds"]) == ["R104"]


def test_a_fact_may_be_fixed() -> None:
    features = survey().rulebook.features
    assert [features[name].mutable for name in FEATURES] == [True, False]
    assert codes(features={**FEATURES, "record.people": {"title": "x", "field": "people", "mutable": "never"}}) == [
        "S002"
    ]
