"""Makers: facts hold under a rulebook whose words and fields made them, and whose marks were kept with them."""

from __future__ import annotations

from typing import Any

import pytest

from engine.features.base import facts_by, made_by, marked
from engine.rescore.makers import makers
from engine.ruleset.tree import Rulebook
from tests.property.rulebook_changes import base, loaded


def book(**where: bool) -> Rulebook:
    """The base rules, a window of which counts by other facts."""
    held: dict[str, Any] = base()
    held["features"]["matter.homes_180d"]["where"] = {f"words.{name}": truth for name, truth in where.items()}
    return loaded(held)


HOME, WATER, BOTH = book(home=True), book(water=False), book(home=True, water=True)


def test_marks_are_part_of_what_makes_facts() -> None:
    assert [marked(one) for one in (HOME, WATER, BOTH)] == [
        ("words.home",),
        ("words.water",),
        ("words.home", "words.water"),
    ]
    assert facts_by(HOME) == facts_by(WATER) == facts_by(BOTH)
    assert len({made_by(HOME), made_by(WATER), made_by(BOTH)}) == 3


@pytest.mark.parametrize(
    ("books", "wanted", "known"),
    [
        ([HOME], HOME, {made_by(HOME), facts_by(HOME), ""}),
        ([HOME], WATER, {made_by(WATER)}),
        ([HOME], BOTH, {made_by(BOTH)}),
        ([BOTH], WATER, {made_by(WATER), made_by(BOTH), facts_by(BOTH), ""}),
        ([BOTH, HOME], HOME, {made_by(HOME), made_by(BOTH), facts_by(HOME), ""}),
        ([BOTH, HOME], WATER, {made_by(WATER), made_by(BOTH)}),
        ([], HOME, {made_by(HOME), facts_by(HOME), ""}),
        (None, HOME, {made_by(HOME)}),
    ],
)
def test_what_holds(books: list[Rulebook] | None, wanted: Rulebook, known: set[str]) -> None:
    assert makers(books, wanted) == known


def test_other_words_hold_nothing() -> None:
    held = base()
    held["words"]["home"]["entries"] = ["请"]
    other = loaded(held)
    assert makers([HOME, other], other) == {made_by(other), facts_by(other)}
