"""Which cursor is the later one, and when it may move."""

from __future__ import annotations

import pytest

from adapters.sources.progress import later, utc, with_last


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("", "", ""),
        ("", "1", "1"),
        ("1", "", "1"),
        ("9", "10", "10"),
        ("10", "9", "10"),
        ("1.5", "1.25", "1.5"),
        ("2025-01-01T08:00:00+08:00", "2025-01-01T01:00:00Z", "2025-01-01T01:00:00Z"),
        ("2025-01-01T09:30:00+08:00", "2025-01-01T01:00:00Z", "2025-01-01T09:30:00+08:00"),
        ("2025-01-01", "2025-01-01 00:00:01", "2025-01-01 00:00:01"),
        ("J9", "J10", "J9"),
        ("nan", "5", "nan"),
    ],
)
def test_the_later_of_two(first: str, second: str, found: str) -> None:
    assert later(first, second) == found


@pytest.mark.parametrize("text", ["", "昨天", "0001-01-01T00:00:00+08:00", "2025-13-01"])
def test_what_is_no_time(text: str) -> None:
    assert utc(text) is None


@pytest.mark.parametrize("count", range(4))
def test_only_the_last_is_the_last(count: int) -> None:
    assert list(with_last(range(count))) == [(n, n == count - 1) for n in range(count)]
