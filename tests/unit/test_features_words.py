"""Words: chapter 6 of the language page, sentence by sentence, at its edges."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.folding import fold
from engine.features.words import Span, WordMatcher
from tests.rulebook_samples import rulebook


def matcher(*entries: Any, **lists: list[Any]) -> WordMatcher:
    return WordMatcher(rulebook(words={"w": list(entries) or ["没有的词"], **lists}))


def found(text: str, *entries: Any) -> list[str]:
    """What the one list matches, as it stands in the text."""
    return [span.text for span in matcher(*entries).spans(text).get("w", ())]


def test_a_literal_is_found_everywhere_it_stands() -> None:
    assert matcher("拿刀").spans("他拿刀，又拿刀") == {"w": (Span(1, 3, "拿刀"), Span(5, 7, "拿刀"))}


def test_no_text_and_a_text_of_nothing_match_nothing() -> None:
    assert matcher("拿刀").spans("") == {}
    assert matcher("拿刀").spans(" \n　") == {}


def test_lists_that_do_not_match_are_left_out_and_each_names_its_own_words() -> None:
    held = matcher("拿刀", b=["砍人", "拿刀"], c=["下毒"]).spans("拿刀砍人")
    assert {name: [span.text for span in spans] for name, spans in held.items()} == {
        "w": ["拿刀"],
        "b": ["拿刀", "砍人"],
    }


def test_spans_are_of_the_text_as_it_was_given() -> None:
    assert found("他拿　 刀", "拿刀") == ["拿　 刀"]
    assert found("他持ＫＮＩＦＥ", "knife") == ["ＫＮＩＦＥ"]
    assert found("五㎏重", "kg") == ["㎏"]


def test_white_space_joins_chinese_but_never_two_lines_or_latin_words() -> None:
    assert found("拿\n刀", "拿刀") == []
    assert found("a b", "ab") == []
    assert found("ab", "a b") == []


def test_an_operator_of_patterns_is_a_plain_character_in_a_literal() -> None:
    assert found("a.b", "a.b") == ["a.b"]
    assert found("axb", "a.b") == []
    assert found("(刀)", "（刀）") == ["(刀)"]


KNIFE = {"pattern": "(拿|持|提)着?[^，。]{0,4}(刀|斧|棍)"}


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("他拿着一把刀", ["拿着一把刀"]),
        ("他持棍", ["持棍"]),
        ("他提着一根很长的棍", []),
        ("他拿，刀", []),
        ("他拿。刀", []),
    ],
)
def test_a_pattern(text: str, spans: list[str]) -> None:
    assert found(text, KNIFE) == spans


def test_a_dot_does_not_cross_a_line_and_letters_have_no_case() -> None:
    assert found("拿\n刀", {"pattern": "拿.刀"}) == []
    assert found("DANGER", {"pattern": "danger"}) == ["DANGER"]
    assert found("danger", {"pattern": "DANGER"}) == ["danger"]


def entry(**context: Any) -> Mapping[str, Any]:
    return {"text": "刀", **context}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("没刀", False),
        ("没一二三刀", False),
        ("没一二三四刀", True),
        ("刀没", True),
        ("没。刀", True),
        ("没，刀", False),
    ],
)
def test_not_after_ends_at_most_so_far_before(text: str, matches: bool) -> None:
    assert bool(found(text, entry(not_after=["没"], distance=3))) is matches


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("刀具店", False),
        ("刀一具店", False),
        ("刀一二具店", False),
        ("刀一二三具店", True),
        ("具店刀", True),
        ("刀？具店", True),
    ],
)
def test_not_before_begins_at_most_so_far_after(text: str, matches: bool) -> None:
    assert bool(found(text, entry(not_before=["具店"], distance=2))) is matches


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("刀假", False),
        ("假刀", False),
        ("刀一二假", False),
        ("假一二刀", False),
        ("刀一二三假", True),
        ("假一二三刀", True),
    ],
)
def test_unless_near_looks_to_both_sides(text: str, matches: bool) -> None:
    assert bool(found(text, entry(unless_near=["假"], distance=2))) is matches


@pytest.mark.parametrize("end", list("。！？；!?;\n"))
def test_nothing_is_near_across_the_end_of_a_sentence(end: str) -> None:
    assert found(f"假{end}刀", entry(unless_near=["假"])) == ["刀"]
    assert found(f"砍{end}刀", entry(only_near=["砍"])) == []
    assert found("假，刀", entry(unless_near=["假"])) == []


@pytest.mark.parametrize(
    ("text", "matches"),
    [("砍刀", True), ("刀砍", True), ("砍一二三四五六刀", True), ("砍一二三四五六七刀", False), ("刀", False)],
)
def test_only_near_must_stand_within_six_by_default(text: str, matches: bool) -> None:
    assert bool(found(text, entry(only_near=["砍"]))) is matches


@pytest.mark.parametrize(
    ("distance", "text", "matches"),
    [
        (0, "没刀", False),
        (0, "没有刀", True),
        (40, "没" + "一" * 40 + "刀", False),
        (40, "没" + "一" * 41 + "刀", True),
    ],
)
def test_the_least_and_the_greatest_distance(distance: int, text: str, matches: bool) -> None:
    assert bool(found(text, entry(not_after=["没"], distance=distance))) is matches


def test_contexts_hold_together() -> None:
    both = entry(not_after=["没"], only_near=["砍"])
    assert found("刀砍", both) == ["刀"]
    assert found("没刀砍", both) == []
    assert found("刀", both) == []


def test_an_occurrence_taken_away_does_not_hide_the_next() -> None:
    assert found("没拿刀，" + "一" * 9 + "拿刀", {"text": "拿刀", "not_after": ["没"]}) == ["拿刀"]
    pattern = {"pattern": "拿.{0,3}刀", "not_after": ["没"], "distance": 0}
    assert found("没拿拿刀", pattern) == ["拿刀"]


def test_context_words_are_folded_like_the_text() -> None:
    assert found("ｎｏ刀", entry(not_after=["NO"], distance=0)) == []
    assert found("没 有刀", entry(not_after=["没有"], distance=0)) == []


def test_a_pattern_that_can_be_nothing_matches_no_nothing() -> None:
    assert found("一二", {"pattern": "刀*"}) == []
    assert found("一刀刀二", {"pattern": "刀*"}) == ["刀刀"]


def test_so_many_matches_of_an_entry_say_all_and_others_are_still_found() -> None:
    spans = matcher("刀", "斧").spans("刀" * 1_000 + "斧")["w"]
    assert [span.text for span in spans].count("刀") == 256
    assert spans[-1].text == "斧"


def test_a_match_behind_thousands_that_the_context_takes_away_is_found() -> None:
    assert found("假刀，" * 6_000 + "拿刀", {"text": "刀", "not_after": ["假"], "distance": 0}) == ["刀"]


def test_characters_beyond_the_basic_plane_and_lone_surrogates_do_not_shift_spans() -> None:
    assert found("😀𠮷拿刀😀", "拿刀") == ["拿刀"]
    assert found("\ud83d拿刀", "拿刀") == ["拿刀"]


@pytest.mark.parametrize("text", ["刀" * 20_000, "没刀" * 10_000, "拿" * 20_000, "假刀，" * 6_000])
def test_no_text_makes_matching_slow(text: str) -> None:
    held = matcher(
        {"text": "刀", "not_after": ["没"], "unless_near": ["假"], "only_near": ["砍"]},
        {"pattern": "(拿+)+[^，]{0,40}斧"},
    )
    started = time.process_time()
    held.spans(text)
    assert time.process_time() - started < 5


@given(st.text(st.sampled_from("没拿刀砍假，。 一\n"), max_size=30))
@settings(max_examples=200)
def test_matching_is_what_the_page_says(text: str) -> None:
    """The page read by hand for one literal of one character, on texts whose folding keeps each character or drops a space."""
    form = fold(text)
    marks = set("。！？；!?;\n")
    expected = 0
    for at in (place for place, char in enumerate(form) if char == "刀"):
        start = max((place + 1 for place in range(at) if form[place] in marks), default=0)
        end = min((place for place in range(at, len(form)) if form[place] in marks), default=len(form))
        before, after = form[max(start, at - 3) : at], form[at + 1 : min(end, at + 4)]
        if "没" not in before and "假" not in before + after and "砍" in before + after:
            expected += 1
    context = {"text": "刀", "not_after": ["没"], "unless_near": ["假"], "only_near": ["砍"], "distance": 2}
    assert len(found(text, context)) == expected
