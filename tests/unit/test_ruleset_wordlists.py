"""Word lists: entries with their context as typed data, and what RE2 or the page refuses."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.ruleset.tree import WordEntry


def entries(text: str) -> tuple[WordEntry, ...]:
    return (
        loader.load({"a.yaml": f"words:\n  weapon:\n    title: 凶器\n    entries: {text}\n".encode()})
        .words["weapon"]
        .entries
    )


def codes(text: str) -> list[str]:
    _, faults = loader.check({"a.yaml": f"words:\n  weapon:\n    title: 凶器\n    entries: {text}\n".encode()})
    return [fault.code for fault in faults]


def test_a_plain_word_is_a_literal_with_the_usual_distance() -> None:
    assert entries("[菜刀]") == (WordEntry("菜刀", pattern=False, distance=6),)


def test_context_is_kept_as_it_is_written() -> None:
    (entry,) = entries(
        "[{text: 刀, not_before: [具店], not_after: [菜], unless_near: [没有], only_near: [拿], distance: 0}]"
    )
    assert (entry.not_before, entry.not_after, entry.unless_near, entry.only_near, entry.distance) == (
        ("具店",),
        ("菜",),
        ("没有",),
        ("拿",),
        0,
    )


@pytest.mark.parametrize("pattern", ["(拿|持)着?[^，。]{0,4}刀", "刀{1,3}", "[一-龥]刀", "(?i)knife", "刀$"])
def test_patterns_of_re2(pattern: str) -> None:
    (entry,) = entries(f"[{{pattern: '{pattern}'}}]")
    assert (entry.text, entry.pattern) == (pattern, True)


@pytest.mark.parametrize("pattern", ["(?<=拿)刀", "(?!没)刀", r"(刀)\1", "(刀", "[刀", "刀**", "刀{2000}"])
def test_what_re2_does_not_take(pattern: str) -> None:
    assert codes(f"[{{pattern: '{pattern}'}}]") == ["W101"]


@pytest.mark.parametrize("pattern", [r"\b刀", r"刀\B", r"\w刀", r"\W刀", "(?s)拿.刀"])
def test_what_would_mean_another_thing_elsewhere(pattern: str) -> None:
    assert codes(f"[{{pattern: '{pattern}'}}]") == ["W102"]


@pytest.mark.parametrize(("length", "found"), [(1000, []), (1001, ["W103"])])
def test_the_length_of_a_pattern(length: int, found: list[str]) -> None:
    assert codes(f"[{{pattern: '{'刀' * length}'}}]") == found


@pytest.mark.parametrize(("pattern", "found"), [("刀.{0,40}血", []), ("a{1000}", []), ("刀.{900}血", ["W107"])])
def test_the_size_of_a_pattern_when_it_is_compiled(pattern: str, found: list[str]) -> None:
    assert codes(f"[{{pattern: '{pattern}'}}]") == found


def test_an_entry_twice_is_a_fault_but_not_with_another_way_of_reading() -> None:
    assert codes("[菜刀, 菜刀]") == ["W104"]
    assert codes("[菜刀, {pattern: 菜刀}]") == []


@pytest.mark.parametrize(("distance", "found"), [(0, []), (40, []), (41, ["W105"]), (-1, ["W105"])])
def test_the_distance_of_context(distance: int, found: list[str]) -> None:
    assert codes(f"[{{text: 刀, distance: {distance}}}]") == found


@pytest.mark.parametrize("text", ["['']", "[{text: ''}]", "[{unless_near: [没有]}]"])
def test_an_empty_entry(text: str) -> None:
    assert codes(text) == ["W106"]


@pytest.mark.parametrize(("text", "code"), [("[]", "S002"), ("[3]", "S002"), ("[{word: 刀}]", "S001")])
def test_what_is_no_list_of_words(text: str, code: str) -> None:
    assert code in codes(text)
