"""Likeness: chapter 6 of the language page, lists by examples, sentence by sentence."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.folding import fold
from engine.features.likeness import Likeness
from engine.features.words import Span, WordMatcher
from engine.ruleset import loader
from engine.ruleset.tree import Examples

LIKE = ("他把门反锁了里面在喊救命", "门反锁了孩子在里面哭喊")
UNLIKE = ("门锁坏了请派人来修", "孩子在楼下玩耍太吵")


def alike(at_least: int = 500, like: tuple[str, ...] = LIKE, unlike: tuple[str, ...] = UNLIKE) -> Likeness:
    return Likeness(Examples(like, unlike, at_least), {"a": at_least})


def found(text: str, made: Likeness) -> list[str]:
    form = fold(text)
    return [form[start:end] for start, end in sorted(made.spans(form).get("a", ()))]


def weight(like: int, unlike: int, likes: int = 2, unlikes: int = 2) -> int:
    """The formula of the page, by hand."""
    return round(100 * (math.log((like + 1) / (likes + 2)) - math.log((unlike + 1) / (unlikes + 2))))


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [("反锁", weight(2, 0)), ("喊", weight(2, 0)), ("坏", weight(0, 1)), ("孩子", weight(1, 1)), ("门", weight(2, 1))],
)
def test_a_fragment_weighs_by_the_texts_that_have_it(fragment: str, expected: int) -> None:
    assert alike().score([fragment]) == expected


def test_a_fragment_that_no_example_has_weighs_nothing() -> None:
    assert alike().score(["鹅", "白鹅"]) == 0


def test_a_fragment_counts_once_for_each_text_however_often_it_stands() -> None:
    assert alike(like=("哭哭哭", "哭")).score(["哭"]) == weight(2, 0)


def test_no_weight_is_beyond_the_bounds() -> None:
    many = tuple(f"甲{chr(0x4E00 + n)}" for n in range(600))
    made = alike(like=many, unlike=("乙",))
    assert made.score(["甲"]) < 400
    made = alike(like=("甲",), unlike=tuple(f"乙{chr(0x4E00 + n)}" for n in range(600)))
    assert alike(like=many, unlike=tuple(f"乙{chr(0x5E00 + n)}" for n in range(600))).score(["甲"]) == 400
    assert made.score(["乙"]) > -400


def test_text_like_the_examples_is_found_and_the_clause_that_says_most_is_shown() -> None:
    assert found("邻居来电，门反锁了，快去看看", alike(300)) == ["门反锁了"]


def test_text_like_the_others_is_not() -> None:
    assert found("门锁坏了，请派人来修", alike()) == []
    assert found("", alike()) == []
    assert found("。！？", alike()) == []


def test_a_score_at_the_bound_is_found_and_one_below_is_not() -> None:
    text = "门反锁了"
    score = alike().score({*text, "门反", "反锁", "锁了"})
    assert found(text, alike(score)) == [text]
    assert found(text, alike(score + 1)) == []


def test_sentences_are_weighed_apart_and_clauses_of_one_sentence_together() -> None:
    clauses = ("门反锁了", "里面哭喊")
    both = max(alike(1).score(_pieces(clause)) for clause in clauses) + 1
    assert found("，".join(clauses), alike(both)) != []
    for end in "。！？；\n":
        assert found(end.join(clauses), alike(both)) == []


def test_ordinary_clauses_of_the_same_sentence_speak_against_it() -> None:
    made = alike(alike().score(_pieces("门反锁了")))
    assert found("门反锁了", made) == ["门反锁了"]
    assert found("门反锁了，请派人来修，楼下太吵", made) == []


def test_a_long_sentence_is_weighed_in_stretches_of_120_characters() -> None:
    made = alike(alike().score(_pieces("门反锁了")))
    quiet = "，".join(["请派人来修楼下太吵" * 6] * 3)
    assert found(f"门反锁了，{quiet}", alike(200)) == []
    assert found(f"{quiet}，{'鹅' * 60}，{'鸭' * 57}，门反锁了", made) == ["门反锁了"]


def test_every_digit_is_the_same_digit() -> None:
    made = alike(like=("12栋着火",), unlike=("停电",))
    assert made.score(_pieces("00栋着火")) == alike(like=("98栋着火",), unlike=("停电",)).score(_pieces("00栋着火"))
    assert found("77栋着火", made) == ["77栋着火"]


def test_a_list_by_examples_is_a_list_like_any_other() -> None:
    text = "words:\n  a: {title: 相近, examples: {at_least: 500, like: [%s], unlike: [%s]}}\n  b: {title: 门, entries: [门]}"
    book = loader.load({"w.yaml": (text % ("、".join(LIKE).replace("、", ", "), ", ".join(UNLIKE))).encode()})
    spans = WordMatcher(book).spans("他　把门 反锁了")
    assert spans == {"a": (Span(0, 8, "他　把门 反锁了"),), "b": (Span(3, 4, "门"),)}


@settings(max_examples=200)
@given(st.text(alphabet="门反锁喊孩子修坏 ，。！0123\n㎏ＡＢ＊", max_size=300))
def test_spans_lie_in_the_text_in_order_and_never_meet(text: str) -> None:
    form = fold(text)
    spans = sorted(alike(1).spans(form).get("a", ()))
    assert all(0 <= start < end <= len(form) for start, end in spans)
    assert all(before[1] < after[0] + 1 for before, after in pairwise(spans))
    assert all(form[start:end].isalnum() for start, end in spans)


def _pieces(clause: str) -> set[str]:
    """The fragments of the page, by hand; digits must be written as 0."""
    return {*clause, *(clause[n : n + 2] for n in range(len(clause) - 1))}
