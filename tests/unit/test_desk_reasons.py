"""A reason is some words, and not a whole file."""

from __future__ import annotations

import pytest

from engine.desk.reasons import check_reason
from engine.errors import UsageError


@pytest.mark.parametrize("reason", ["", "  ", "\u3000\n"])
def test_blanks_are_none(reason: str) -> None:
    with pytest.raises(UsageError, match="导出要写明用途") as fault:
        check_reason(reason, what="导出要写明用途")
    assert "--reason" in fault.value.hint


def test_two_thousand_characters_are_taken_and_no_more() -> None:
    check_reason("因" * 2000)
    with pytest.raises(UsageError, match="理由太长：2001 个字，最多 2000 个字"):
        check_reason("因" * 2001)
