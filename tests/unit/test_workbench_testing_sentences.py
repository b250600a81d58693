"""Sentences beside word lists, and sayings that are kept of them: a word that is lost is missed."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.workbench.testing import sayings, sentences
from tests.installation import shipped

LISTS = """
words:
  blade:
    title: 刀
    entries:
      - text: 菜刀
        not_after: [没有]
        distance: 3
      - pattern: (拿|提)(果|尖)刀
        unless_near: [切瓜, 做饭]
    tests:
      found: [桌上有菜刀, 他拿果刀]
      not_found: [桌上没有菜刀, 做饭他拿果刀]
"""


def book(text: str = LISTS) -> Rulebook:
    seen = loader.survey({"words.yaml": text.encode()})
    assert not seen.faults
    return seen.rulebook


def missing(rulebook: Rulebook) -> list[tuple[int, str]]:
    return [(one.index, one.context) for one in sentences.shown(rulebook) if not one.shown]


def test_sentences_that_hold_show_every_entry_and_context() -> None:
    assert [result.message for result in sentences.run(book())] == [""] * 4
    assert missing(book()) == []


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("        not_after: [没有]\n", "不应找到，实际找到“菜刀”"),
        ("        unless_near: [切瓜, 做饭]\n", "不应找到，实际找到“拿果刀”"),
        ("果|", "应找到，实际没有"),
        ("拿|", "应找到，实际没有"),
    ],
)
def test_what_is_lost_fails_the_sentence_that_shows_it(lost: str, told: str) -> None:
    assert LISTS.count(lost) == 1
    (failed,) = [result for result in sentences.run(book(LISTS.replace(lost, ""))) if not result.passed]
    assert (failed.rule, failed.message, failed.file) == ("blade", told, "words.yaml")


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("桌上有菜刀, ", [(0, "")]),
        (", 他拿果刀", [(1, "")]),
        ("桌上没有菜刀, ", [(0, "not_after")]),
        (", 做饭他拿果刀", [(1, "unless_near")]),
    ],
)
def test_what_no_sentence_shows_is_named(sentence: str, left: list[tuple[int, str]]) -> None:
    assert missing(book(LISTS.replace(sentence, ""))) == left


def test_a_sentence_that_two_entries_find_shows_neither() -> None:
    text = LISTS.replace("桌上有菜刀, 他拿果刀", "他拿果刀和菜刀")
    assert missing(book(text)) == [(0, ""), (1, "")]


def test_a_sentence_that_fails_shows_nothing() -> None:
    assert missing(book(LISTS.replace("桌上没有菜刀", "桌上有铁菜刀"))) == [(0, "not_after")]


@pytest.mark.parametrize(
    ("twice", "code"), [("[桌上有菜刀, 桌上有菜刀]", "W104"), ("[桌上没有菜刀, 他拿果刀]", "W109")]
)
def test_a_sentence_stands_once_and_on_one_side(twice: str, code: str) -> None:
    seen = loader.survey({"words.yaml": LISTS.replace("[桌上有菜刀, 他拿果刀]", twice).encode()})
    assert [fault.code for fault in seen.faults] == [code]


def test_tests_are_no_part_of_what_a_list_means() -> None:
    assert book().words["blade"] == book(LISTS.replace("桌上有菜刀, ", "")).words["blade"]


def test_sayings_are_few_and_none_can_be_spared() -> None:
    made = sayings.draw(book(), book().words["blade"])
    assert made == sayings.Drawn(("菜刀", "拿果刀", "提尖刀"), ())


@pytest.mark.parametrize(
    "lost", ["果|", "|尖", "拿|", "|提", "      - text: 菜刀\n        not_after: [没有]\n        distance: 3\n"]
)
def test_a_word_that_is_lost_is_missed_among_what_was_kept(lost: str) -> None:
    kept = sayings.written(sayings.draw_all(book())).split("\n", 2)[2]
    assert [result.passed for result in sayings.run(book(LISTS + kept))] == [True]
    (result,) = sayings.run(book(LISTS.replace(lost, "") + kept))
    assert not result.passed
    assert (result.rule, result.file) == ("blade", "words.yaml")
    assert "刀" in result.message


def test_what_another_entry_finds_as_well_is_said_to_be_missed() -> None:
    text = LISTS.replace("(拿|提)(果|尖)刀", "(拿|提)(果|菜)刀")
    assert sayings.draw(book(text), book(text).words["blade"]).missed == ("菜",)


def test_the_shipped_sayings_are_those_that_the_shipped_lists_give() -> None:
    words = shipped().words["land"]
    (kept,) = [lines for name, lines in shipped().documents["sayings"].items() if name == "land"]
    assert tuple(sayings.BETWEEN.join(kept).split(sayings.BETWEEN)) == sayings.draw(shipped(), words).phrases
    assert shipped().documents["sayings"].keys() == {name for name, one in shipped().words.items() if one.entries}
