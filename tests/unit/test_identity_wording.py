"""Wording: bare texts, bigrams, sketches and how alike two of them are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.identity.wording import SIZE, Lexicon, Sketcher, bare, bigrams, overlap

SKETCHER = Sketcher()
TEXTS = st.text(alphabet="楼上漏水天花板泡坏赔偿争吵邻居噪音晚，。 abc1", max_size=60)


def sketch(text: str) -> str:
    return SKETCHER.sketch(bigrams(bare(text)))


def test_bare_texts_keep_letters_and_digits_only() -> None:
    assert bare(" 楼上，漏水！（3栋）\n\u3000OK…") == "楼上漏水3栋OK"
    assert bare("＊＊＊，。") == bare("") == ""


def test_bigrams_of_nothing_and_of_one_character() -> None:
    assert bigrams("") == bigrams("水") == frozenset()
    assert bigrams("漏水漏水") == {"漏水", "水漏"}


def test_empty_sketches_are_like_nothing_not_even_each_other() -> None:
    assert sketch("") == ""
    assert overlap("", "") == overlap("", sketch("楼上漏水")) == 0


def test_formulas_that_stand_in_every_complaint_leave_no_trace() -> None:
    assert sketch("请相关部门核实处理") == ""
    said = "三楼的租客半夜拖桌椅弹钢琴"
    assert sketch(f"{said}请尽快处理") == sketch(said) or overlap(sketch(f"{said}请尽快处理"), sketch(said)) > 80


def test_the_same_told_again_is_more_alike_than_another_story() -> None:
    first = sketch("楼上装修漏水把我家天花板泡坏了，双方为赔偿争吵不休")
    again = sketch("楼上又漏水了，天花板全部泡坏，对方还是不肯赔偿")
    other = sketch("村口路灯坏了一个多星期，晚上接孩子看不见路")
    assert overlap(first, again) > 10 > overlap(first, other) == 0


def test_a_sketch_is_short_whatever_the_text_and_tells_no_word() -> None:
    long = "".join(chr(0x4E00 + n * 7) for n in range(3_000))
    assert len(sketch(long)) == SIZE * 6
    assert set(sketch(long)) <= set("0123456789abcdef")


@given(TEXTS, TEXTS)
@settings(max_examples=100)
def test_overlap_is_symmetrical_and_bounded(one: str, other: str) -> None:
    left, right = sketch(one), sketch(other)
    assert overlap(left, right) == overlap(right, left)
    assert 0 <= overlap(left, right) <= 100
    assert overlap(left, left) == (100 if left else 0)


@given(TEXTS)
@settings(max_examples=50)
def test_two_sketchers_agree(text: str) -> None:
    assert Sketcher().sketch(bigrams(bare(text))) == sketch(text)


def test_a_lexicon_finds_whole_words_only() -> None:
    lexicon = Lexicon([("漏水", 1), ("漏水点", 2), ("水表", 3), ("水表箱盖", 4)])
    text = "楼上漏水，水表坏了"
    assert sorted(lexicon.found(bigrams(text), text)) == [("水表", 3), ("漏水", 1)]
    assert lexicon.found(bigrams(""), "") == []
