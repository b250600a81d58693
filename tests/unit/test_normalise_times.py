"""Times in every spelling of a supplier, and what is no time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.normalise.times import TimeReader, compiled
from tests.mappings import shipped_mappings

TIMES = TimeReader(shipped_mappings()["common"]["time_patterns"], ZoneInfo("Asia/Shanghai"))
MOMENT = datetime(2025, 1, 1, 19, 4, 5, tzinfo=UTC)
NOON_BEFORE = datetime(2025, 1, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-02 03:04:05", MOMENT),
        ("2025-01-02T03:04:05", MOMENT),
        ("2025-1-2 3:04:05", MOMENT),
        ("2025/1/2 3:04:05", MOMENT),
        ("2025.1.2 3:04:05", MOMENT),
        ("20250102030405", MOMENT),
        ("20250102 03:04:05", MOMENT),
        ("2025年1月2日 3时4分5秒", MOMENT),
        ("2025年01月02日03:04:05", MOMENT),
        ("２０２５－０１－０２　０３：０４：０５", MOMENT),
        ("2025/1/2 星期四 3:04:05", MOMENT),
        ("2025/1/2 上午 3:04:05", MOMENT),
        ("2025-01-02 03:04:05.987", MOMENT),
        ("2025-01-01T19:04:05Z", MOMENT),
        ("2025-01-02T03:04:05+08:00", MOMENT),
        ("2025-01-01 19:04:05 +0000", MOMENT),
        ("2025-01-01T20:04:05.123456+01:00", MOMENT),
        ("1735758245", MOMENT),
        ("1735758245000", MOMENT),
        ("45659.127835648146", MOMENT),
        ("2025-01-02", NOON_BEFORE),
        ("20250102", NOON_BEFORE),
        ("45659", NOON_BEFORE),
        ("2025年1月2日", NOON_BEFORE),
        ("2025-01-01 24:00:00", NOON_BEFORE),
        ("2025/1/1 下午 3:04", datetime(2025, 1, 1, 7, 4, tzinfo=UTC)),
        ("2025年1月1日下午3点", datetime(2025, 1, 1, 7, tzinfo=UTC)),
        ("2025-01-01 12:30 AM", None),
        ("2025/1/1 AM 12:30", datetime(2024, 12, 31, 16, 30, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime | None) -> None:
    assert TIMES.read(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昨天",
        "2025-02-30",
        "2025-01-02 25:00:00",
        "13812345678",
        "2025",
        "0000-00-00 00:00:00",
        "9999-12-31 23:59:59",
        "1/2/2025",
    ],
)
def test_times_that_cannot_be_read(text: str) -> None:
    assert TIMES.read(text) is None


def test_summer_time_of_1988_is_the_zones() -> None:
    assert TIMES.read("1988-07-01 12:00:00") == datetime(1988, 7, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize("pattern", ["h:m", "YYYY-M", "YYYY-M-D[h", "YYYY-YYYY-M-D"])
def test_patterns_that_cannot_be(pattern: str) -> None:
    with pytest.raises(ValueError, match="时间写法"):
        compiled(pattern)
