"""Kleene: every operator on known, unknown and absent facts, and the truth tables of conditions."""

from __future__ import annotations

from itertools import product

import pytest

from engine.evaluate import kleene
from engine.model import Value
from engine.ruleset.condition import parse
from engine.ruleset.parameters import Resolved
from engine.ruleset.tree import Leaf, Operator

T, F, U = True, False, None
TRUTHS = (T, F, U)


def holds(operator: Operator, bound: Resolved, **facts: Value | None) -> bool | None:
    return kleene.leaf(Leaf("a", "x", operator, ""), bound)(facts)


def judge(text: str, **lines: bool | None) -> bool | None:
    tree = parse(text, lines)
    leaves = {name: lambda _, held=held: held for name, held in lines.items()}
    return kleene.tree(tree, leaves)({})


@pytest.mark.parametrize(
    ("operator", "bound", "true", "false"),
    [
        (Operator.IS, True, [True], [False]),
        (Operator.IS, 3, [3], [2, 4, 0, -3]),
        (Operator.IS, 0, [0], [1]),
        (Operator.IS, "101", ["101"], ["0101", "", "１０１"]),
        (Operator.IS, "a", ["a"], ["A", " a"]),
        (Operator.IN, (1, 2), [1, 2], [0, 3]),
        (Operator.IN, ("a", ""), ["a", ""], ["b"]),
        (Operator.IN, (), [], [1, "a"]),
        (Operator.NOT_IN, (1, 2), [0, 3], [1, 2]),
        (Operator.NOT_IN, (), [1, "a"], []),
        (Operator.AT_LEAST, 3, [3, 4], [2, -4]),
        (Operator.AT_MOST, 3, [3, 2, -1], [4]),
        (Operator.MORE_THAN, 3, [4], [3]),
        (Operator.LESS_THAN, 3, [2], [3]),
        (Operator.BETWEEN, (2, 4), [2, 3, 4], [1, 5]),
        (Operator.BETWEEN, (2, 2), [2], [1, 3]),
        (Operator.BETWEEN, (4, 2), [], [1, 2, 3, 4, 5]),
        (Operator.HAS_ANY, ("a", "b"), [("b", "c"), ("a",)], [("c",), ()]),
        (Operator.HAS_ANY, (), [], [("a",), ()]),
    ],
)
def test_an_operator_on_a_known_fact(
    operator: Operator, bound: Resolved, true: list[Value], false: list[Value]
) -> None:
    assert [value for value in true if holds(operator, bound, x=value) is not True] == []
    assert [value for value in false if holds(operator, bound, x=value) is not False] == []


@pytest.mark.parametrize(
    ("operator", "bound"),
    [
        (Operator.IS, False),
        (Operator.IN, ()),
        (Operator.NOT_IN, (1,)),
        (Operator.AT_LEAST, 0),
        (Operator.AT_MOST, 0),
        (Operator.MORE_THAN, 0),
        (Operator.LESS_THAN, 0),
        (Operator.BETWEEN, (0, 1)),
        (Operator.HAS_ANY, ("a",)),
    ],
)
def test_a_comparison_with_an_unknown_fact_is_unknown_and_with_an_absent_one_false(
    operator: Operator, bound: Resolved
) -> None:
    assert holds(operator, bound, x=None) is None
    assert holds(operator, bound) is False


def test_exists_is_never_unknown() -> None:
    for value in (False, 0, "", ()):
        assert holds(Operator.EXISTS, True, x=value) is True
        assert holds(Operator.EXISTS, False, x=value) is False
    assert holds(Operator.EXISTS, True, x=None) is False
    assert holds(Operator.EXISTS, False, x=None) is True
    assert holds(Operator.EXISTS, True) is False
    assert holds(Operator.EXISTS, False) is True


def test_a_boolean_is_not_the_number_one() -> None:
    assert holds(Operator.IS, 1, x=True) is False
    assert holds(Operator.IS, True, x=1) is False
    assert holds(Operator.IN, (0, 1), x=False) is False
    assert holds(Operator.NOT_IN, (0, 1), x=False) is True


def test_not() -> None:
    assert [judge("not a", a=truth) for truth in TRUTHS] == [F, T, U]
    assert [judge("not not a", a=truth) for truth in TRUTHS] == [T, F, U]


def test_and_is_false_before_it_is_unknown() -> None:
    table = {(a, b): judge("a and b", a=a, b=b) for a, b in product(TRUTHS, repeat=2)}
    assert table == {
        (T, T): T, (T, F): F, (T, U): U,
        (F, T): F, (F, F): F, (F, U): F,
        (U, T): U, (U, F): F, (U, U): U,
    }  # fmt: skip


def test_or_is_true_before_it_is_unknown() -> None:
    table = {(a, b): judge("a or b", a=a, b=b) for a, b in product(TRUTHS, repeat=2)}
    assert table == {
        (T, T): T, (T, F): T, (T, U): T,
        (F, T): T, (F, F): F, (F, U): U,
        (U, T): T, (U, F): U, (U, U): U,
    }  # fmt: skip


@pytest.mark.parametrize("least", [1, 2, 3])
def test_some_of_three_follows_its_counts(least: int) -> None:
    for truths in product(TRUTHS, repeat=3):
        sure, possible = truths.count(T), 3 - truths.count(F)
        expected = T if sure >= least else F if possible < least else U
        a, b, c = truths
        assert judge(f"{least} of [a, b, c]", a=a, b=b, c=c) is expected, truths


def test_some_of_bracketed_parts_counts_parts_not_names() -> None:
    assert judge("2 of [a and b, a or b, not a]", a=T, b=F) is F
    assert judge("2 of [a and b, a or b, not a]", a=F, b=T) is T
    assert judge("2 of [a, a]", a=T) is T


def test_the_laws_of_de_morgan_hold_in_three_values() -> None:
    for a, b, c in product(TRUTHS, repeat=3):
        assert judge("not (a and b and c)", a=a, b=b, c=c) is judge("not a or not b or not c", a=a, b=b, c=c)
        assert judge("not 2 of [a, b, c]", a=a, b=b, c=c) is judge("2 of [not a, not b, not c]", a=a, b=b, c=c)


def test_not_binds_tightest_then_and_then_or() -> None:
    for a, b, c in product((T, F), repeat=3):
        assert judge("not a and b or c", a=a, b=b, c=c) is (((not a) and b) or c)
        assert judge("a or b and not c", a=a, b=b, c=c) is (a or (b and (not c)))
