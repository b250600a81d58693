"""Combining marks: thirty in a row stay, the rest become nothing that is seen, and everything else is untouched."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.folding import fold, origins
from engine.marks import MOST, bounded
from engine.normalise.cells import cell_text

ACUTE, CEDILLA = "\u0301", "\u0327"


@pytest.mark.parametrize(
    "text", ["", "刀", "e" + ACUTE * MOST, "村口的路灯坏了" * 100, "và cộng đồng" * 50, "أَهْلًا" * 50]
)
def test_what_people_write_stays(text: str) -> None:
    assert bounded(text) == text


def test_marks_past_the_thirtieth_of_a_row_show_nothing_and_the_length_stays() -> None:
    text = "刀e" + ACUTE * 100 + "x" + CEDILLA * 3
    assert bounded(text) == "刀e" + ACUTE * MOST + "\u034f" * (100 - MOST) + "x" + CEDILLA * 3


def test_no_mark_of_unicode_is_forgotten() -> None:
    """Every character that is sorted among its neighbours when a text is normalised is bounded."""
    forgotten = [
        f"{code:x}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.combining(chr(code)) and len(set(bounded("e" + chr(code) * (MOST + 1)))) != 3
    ]
    assert forgotten == []


@given(st.lists(st.sampled_from([ACUTE, CEDILLA, "e", "刀", "\u0344"]), max_size=200).map("".join))
@settings(max_examples=100)
def test_every_text_is_bounded_once_and_for_all(text: str) -> None:
    form = bounded(text)
    assert len(form) == len(text)
    assert bounded(form) == form
    assert [a for a, b in zip(form, text, strict=True) if a != b] == ["\u034f"] * sum(map(str.__ne__, form, text))


def test_a_letter_with_a_hundred_thousand_marks_folds_and_finds_its_way_back() -> None:
    text = cell_text("拿刀e" + (ACUTE + CEDILLA) * 50_000 + "砍人")
    form = fold(text)
    assert form.startswith("拿刀") and form.endswith("砍人")
    assert len(origins(text)) == len(form)
