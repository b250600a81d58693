"""Definitions of facts: origins, windows, conditions of windows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.model import duration
from engine.ruleset import loader
from engine.ruleset.facts import DISTINCT, FIELDS, PROCESS
from engine.ruleset.tree import Feature, FeatureKind

WORDS = "words:\n  weapon: {title: 凶器, entries: [刀]}\n"


def made(definition: str) -> Feature:
    return loader.load({"a.yaml": f"{WORDS}features:\n  matter.x: {definition}\n".encode()}).features["matter.x"]


def codes(definition: str) -> list[str]:
    _, faults = loader.check({"a.yaml": f"{WORDS}features:\n  matter.x: {definition}\n".encode()})
    return [fault.code for fault in faults]


@pytest.mark.parametrize(("field", "type_"), FIELDS.items())
def test_every_field_has_its_type(field: str, type_: str) -> None:
    feature = made(f"{{title: 甲, field: {field}}}")
    assert (feature.kind, feature.of, feature.type) == (FeatureKind.FIELD, field, type_)


@pytest.mark.parametrize(("process", "type_"), PROCESS.items())
def test_every_process_fact_has_its_type(process: str, type_: str) -> None:
    feature = made(f"{{title: 甲, process: {process}}}")
    assert (feature.kind, feature.of, feature.type) == (FeatureKind.PROCESS, process, type_)


@pytest.mark.parametrize("what", DISTINCT)
def test_what_can_be_counted_once_each(what: str) -> None:
    feature = made(f"{{title: 甲, count_distinct: {what}, same: matter, within: 7d}}")
    assert (feature.kind, feature.of, feature.type) == (FeatureKind.COUNT_DISTINCT, what, "int")


def test_words_are_true_or_false() -> None:
    feature = made("{title: 甲, words: weapon}")
    assert (feature.kind, feature.of, feature.type) == (FeatureKind.WORDS, "weapon", "bool")


def test_a_window_is_as_it_is_written() -> None:
    feature = made("{title: 甲, count: incidents, same: place, within: 72h, including_this: false, by: closed_at}")
    assert (feature.same, feature.within, feature.including_this, feature.by) == (
        "place",
        timedelta(hours=72),
        False,
        "closed_at",
    )


@pytest.mark.parametrize("this", ["", ", including_this: true", ", including_this: false"])
def test_by_its_closing_a_record_is_never_counted_itself(this: str) -> None:
    assert not made(f"{{title: 甲, count: incidents, same: matter, within: 7d, by: closed_at{this}}}").including_this


@pytest.mark.parametrize("same", ["matter", "caller", "place", "pair", "hotspot", "phone"])
def test_every_group_can_be_counted_in(same: str) -> None:
    assert made(f"{{title: 甲, count: incidents, same: {same}, within: 1d}}").same == same


def test_actions_need_no_window_but_may_have_one() -> None:
    assert made("{title: 甲, count: actions, same: matter, where: {action: close}}").within is None
    assert made("{title: 甲, count: actions, same: matter, within: 30d}").within == timedelta(days=30)


@pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("90m", 5400), ("72h", 259_200), ("366d", 31_622_400)])
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ("{title: 甲}", "F101"),
        ("{title: 甲, field: heads, words: weapon}", "F101"),
        ("{title: 甲, field: head}", "F102"),
        ("{title: 甲, process: days}", "F102"),
        ("{title: 甲, words: weapons}", "F103"),
        ("{title: 甲, count_distinct: people, same: matter, within: 1d}", "F104"),
        ("{title: 甲, count: incidents, same: matter, within: 367d}", "F105"),
        ("{title: 甲, count: incidents, same: matter, within: 1d, where: {action: close}}", "F106"),
        ("{title: 甲, count: actions, same: matter, where: {kind: police_110}}", "F106"),
        ("{title: 甲, count: incidents, within: 1d}", "F107"),
        ("{title: 甲, count: incidents, same: matter}", "F107"),
        ("{title: 甲, count: incidents, same: street, within: 1d}", "S002"),
        ("{title: 甲, count: incidents, same: matter, within: 1w}", "S002"),
        ("{title: 甲, count: incidents, same: matter, within: -1d}", "S002"),
        ("{title: 甲, count: people, same: matter, within: 1d}", "S002"),
        ("{field: heads}", "S003"),
    ],
)
def test_what_means_nothing_is_a_fault(definition: str, code: str) -> None:
    assert codes(definition) == [code]


def test_the_edge_of_a_year_of_366_days() -> None:
    assert codes("{title: 甲, count: incidents, same: matter, within: 366d}") == []


def test_base_facts_are_conditions_of_windows_wherever_they_are_defined() -> None:
    window = "  matter.w: {title: 乙, count: incidents, same: matter, within: 1d, where: {words.weapon: true, record.heads: 3}}\n"
    text = f"features:\n{window}  words.weapon: {{title: 甲, words: weapon}}\n  record.heads: {{title: 丙, field: heads}}\n{WORDS}"
    assert [(fault.code, "record.heads" in fault.message) for fault in loader.check({"a.yaml": text.encode()})[1]] == [
        ("F106", True)
    ]


@pytest.mark.parametrize("title", ["少数民族", "宗教信仰", "有无前科", "重点人员", "精神病史", "吸毒人员"])
def test_nothing_judges_who_somebody_is(title: str) -> None:
    assert codes(f"{{title: {title}, field: heads}}") == ["L101"]
