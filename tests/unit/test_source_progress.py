"""Which cursor is the later one, and when it may move."""

from __future__ import annotations

import pytest

from adapters.sources.progress import begin, later, utc, with_last
from engine.errors import SourceError
from engine.model import SourceSpec


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


def spec(cursor: str, look_back: object = None) -> SourceSpec:
    options = {} if look_back is None else {"look_back": look_back}
    return SourceSpec("热线", "hotline_12345", cursor=cursor, options=options)


@pytest.mark.parametrize(
    ("cursor", "look_back", "begins"),
    [
        ("", None, ""),
        ("", "6h", ""),
        ("70000", None, "69000"),
        ("70000", 5, "69995"),
        ("70000", 0, "70000"),
        ("3", None, "0"),
        ("-3", 5, "-3"),
        ("2025-03-01T08:00:00Z", None, "2025-02-28T08:00:00Z"),
        ("2025-03-01T08:00:00+08:00", "6h", "2025-03-01T02:00:00+08:00"),
        ("2024-03-01 00:00:00", "1s", "2024-02-29 23:59:59"),
        ("2025-01-01 00:00:00.123456", "1d", "2024-12-31 00:00:00.123456"),
        ("2025-01-01", "2d", "2024-12-30"),
        ("2025-01-01 08:00:00", 0, "2025-01-01 08:00:00"),
        ("0001-01-01T00:00:00", "1d", "0001-01-01T00:00:00"),
        ("页-7f3a", None, "页-7f3a"),
    ],
)
def test_where_a_reading_begins(cursor: str, look_back: object, begins: str) -> None:
    assert begin(spec(cursor, look_back)) == begins


@pytest.mark.parametrize(
    ("cursor", "look_back", "why"),
    [
        ("70000", "6h", "要写成整数"),
        ("70000", -1, "要写成整数"),
        ("70000", True, "要写成整数"),
        ("2025-03-01T08:00:00Z", 500, "要写成时长"),
        ("2025-03-01T08:00:00Z", "-6h", "要写成时长"),
        ("2025-03-01T08:00:00Z", "", "要写成时长"),
        ("页-7f3a", "6h", "不能往回看"),
    ],
)
def test_a_look_back_that_does_not_fit_the_cursor_is_refused(cursor: str, look_back: object, why: str) -> None:
    with pytest.raises(SourceError, match=why) as refused:
        begin(spec(cursor, look_back))
    assert "look_back" in str(refused.value)
