"""Folding: one form for every spelling of a text, and the way back to where each character stood."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.folding import fold, fold_pattern, folded, origins

TEXTS = st.text(
    st.sampled_from("刀具店拿 　\t\n\u200bAaÉé１ａＡ，！？；：（）＊。ﬁ½㎏ｶﾞか\u3099e\u0301ſ\u00ad\ufeff㈠😀?!,.*＼"),
    max_size=24,
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", ""),
        ("拿刀", "拿刀"),
        ("拿 刀", "拿刀"),
        ("拿　\t 刀", "拿刀"),
        ("拿\u200b刀", "拿刀"),
        ("拿\ufeff\u00ad刀", "拿刀"),
        ("拿\n刀", "拿\n刀"),
        ("拿 a 刀", "拿 a 刀"),
        ("拿a 刀", "拿a 刀"),
        ("拿 刀a", "拿刀a"),
        (" 拿刀 ", " 拿刀 "),
        ("ＡＢＣ１２３", "abc123"),
        ("KNIFE", "knife"),
        ("你好，拿刀！", "你好,拿刀!"),
        ("（拿刀）", "(拿刀)"),
        ("＊＊＊", "***"),
        ("㎏", "kg"),
        ("e\u0301", "é"),
        ("ｶﾞ", "ガ"),
        ("⼑", "刀"),
        ("㈠", "(一)"),
    ],
)
def test_the_folded_form(text: str, form: str) -> None:
    assert fold(text) == form


def test_an_aligned_text_needs_no_way_back() -> None:
    assert folded("拿刀，砍人！") == ("拿刀,砍人!", True)
    assert folded("ＡＢ") == ("ab", True)
    assert folded("拿 刀") == ("拿刀", False)
    assert folded("㎏") == ("kg", False)


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("(拿|持)着?刀", "(拿|持)着?刀"),
        ("刀？", r"刀\?"),
        ("＊", r"\*"),
        ("（刀）", r"\(刀\)"),
        ("刀。", "刀。"),
        ("Ａ{2}", "A{2}"),
        ("㈠", r"\(一\)"),
    ],
)
def test_what_folding_makes_of_a_pattern_is_never_an_operator(pattern: str, form: str) -> None:
    assert fold_pattern(pattern) == form


def test_the_way_back() -> None:
    assert origins("拿 刀") == [(0, 1), (2, 3)]
    assert origins("㎏刀") == [(0, 1), (0, 1), (1, 2)]
    assert origins("e\u0301刀") == [(0, 2), (2, 3)]
    assert origins("") == []


@given(TEXTS)
@settings(max_examples=200)
def test_every_folded_character_has_its_origin_in_order(text: str) -> None:
    stood = origins(text)
    assert len(stood) == len(fold(text))
    assert all(0 <= start < end <= len(text) for start, end in stood)
    assert all(left[0] <= right[0] for left, right in pairwise(stood))


@given(TEXTS)
@settings(max_examples=200)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
@settings(max_examples=100)
def test_the_quick_way_and_the_slow_way_are_one(text: str) -> None:
    slow = unicodedata.normalize("NFKC", text).lower()
    assert fold(text) == fold(slow)
    form, aligned = folded(text)
    if aligned:
        assert len(form) == len(text)
        assert all(start <= at < end for at, (start, end) in enumerate(origins(text)))
