"""Conditions: text to tree, tree to text, and every way to get it wrong with its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ruleset.condition import RESERVED, ConditionError, leaves, parse, written
from engine.ruleset.tree import All, Name, Not, Some, Tree

A, B, C = Name("a"), Name("b"), Name("c")
NAMES = ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("  a  ", A),
        ("not a", Not(A)),
        ("not not a", Not(Not(A))),
        ("a and b", All((A, B))),
        ("a and b and c", All((A, B, C))),
        ("a or b", Some(1, (A, B))),
        ("a or b and c", Some(1, (A, All((B, C))))),
        ("(a or b) and c", All((Some(1, (A, B)), C))),
        ("not a and b", All((Not(A), B))),
        ("not (a and b)", Not(All((A, B)))),
        ("2 of [a, b, c]", Some(2, (A, B, C))),
        ("1 of [a]", Some(1, (A,))),
        ("3 of [a, b, c]", Some(3, (A, B, C))),
        ("2 of [a and b, not c, (a or b)]", Some(2, (All((A, B)), Not(C), Some(1, (A, B))))),
        ("2 of [a, a]", Some(2, (A, A))),
        ("not 2 of [a, b]", Not(Some(2, (A, B)))),
        ("((a))", A),
    ],
)
def test_what_a_text_means(text: str, tree: Tree) -> None:
    assert parse(text, NAMES) == tree


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "这里应当是一个名称"),
        ("a and", 6, "这里应当是一个名称"),
        ("and a", 1, "而不是“and”"),
        ("a b", 3, "“b”之前缺 and 或 or"),
        ("a & b", 3, "看不懂的符号“&”"),
        ("a，b", 2, "看不懂的符号"),
        ("(a", 3, "缺“)”"),
        ("a)", 2, "之前缺 and 或 or"),
        ("d", 1, "let 里没有“d”"),
        ("2 of a", 6, "“of”之后要写方括号"),
        ("2 of [a, b", 11, "缺“]”"),
        ("0 of [a]", 1, "0 of 1 项：数目不在 1 到 1 之间"),
        ("3 of [a, b]", 1, "数目不在 1 到 2 之间"),
        ("2 of []", 7, "这里应当是一个名称"),
        ("not", 4, "这里应当是一个名称"),
        ("not " * 22 + "a", 85, "条件嵌套超过20层"),
        ("(" * 22 + "a" + ")" * 22, 22, "条件嵌套超过20层"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(text: str, column: int, said: str) -> None:
    with pytest.raises(ConditionError) as fault:
        parse(text, NAMES)
    assert said in fault.value.message
    assert fault.value.column == column
    assert fault.value.hint


def test_the_nearest_name_is_proposed() -> None:
    with pytest.raises(ConditionError) as fault:
        parse("manny", ["many", "armed"])
    assert fault.value.hint == "是不是“many”"


def test_reserved_words_are_no_names() -> None:
    for word in RESERVED:
        with pytest.raises(ConditionError):
            parse(word, [word])


def test_leaves_are_named_once_in_order() -> None:
    assert leaves(parse("c and (a or not c) and 2 of [b, a]", NAMES)) == ("c", "a", "b")


def trees() -> st.SearchStrategy[Tree]:
    names = st.sampled_from((A, B, C))
    return st.recursive(
        names,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=2, max_size=3).flatmap(
                lambda parts: st.integers(1, len(parts)).map(lambda least: Some(least, tuple(parts)))
            ),
        ),
        max_leaves=8,
    )


@given(tree=trees())
def test_a_written_tree_is_read_back(tree: Tree) -> None:
    assert parse(written(tree), NAMES) == tree
