"""How long the other side asks us to wait, in every form that it may say so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.waits import asked_wait

NOW = datetime(2025, 3, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("30", 30),
        ("soon", 0),
        ("-5", 0),
        ("9" * 400, 999_999_999),
        ("Mon, 10 Mar 2025 01:01:30 GMT", 90),
        ("Mon, 10 Mar 2025 01:01:30 -0000", 90),
        ("Mon, 10 Mar 2025 00:00:00 GMT", 0),
    ],
)
def test_seconds_or_a_date(text: str, seconds: float) -> None:
    assert asked_wait(text, NOW) == seconds
