"""Numbers as people write them; a vague one counts as its lower bound."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.normalise.numerals import number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50万", "500000"),
        ("五十万", "500000"),
        ("3.5万", "35000"),
        ("三万五", "35000"),
        ("3万5千", "35000"),
        ("三万零五", "30005"),
        ("50w", "500000"),
        ("30,000.00", "30000"),
        ("２０多", "20"),
        ("十几", "10"),
        ("几十", "20"),
        ("三四十", "30"),
        ("七八", "7"),
        ("一百二", "120"),
        ("一百零二", "102"),
        ("二〇二五", "2025"),
        ("2亿3千万", "230000000"),
        ("两万三千五百", "23500"),
        ("伍仟", "5000"),
        ("0.5", "0.5"),
    ],
)
def test_numerals(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "几", "电话", "12号", "1.2.3", "五十个"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None
