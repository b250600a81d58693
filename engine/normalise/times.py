"""Times in the patterns that suppliers use, as UTC with whole seconds.

In: text of a cell: the patterns of `mappings/*.yaml`, ISO 8601 with or without zone, Excel serials, Unix seconds or milliseconds.
Out: aware UTC datetimes; None for what cannot be read. Not here: whether a time is plausible (`normaliser`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

_EXCEL_EPOCH = datetime.combine(date(1899, 12, 30), time())
_EXCEL_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_UNIX = re.compile(r"(1\d{9})(?:\d{3})?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_WEEKDAY = re.compile(r"\(?(?:星期|周)[一二三四五六日天]\)?")
_HALVES = "上午|下午|中午|凌晨|早上|晚上|晚|am|pm"
_AFTERNOON = frozenset({"下午", "晚上", "晚", "pm", "中午"})
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
    "hh": r"(?P<hour>\d{2})",
    "h": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "m": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d{2})(?:\.\d+)?",
    "s": r"(?P<second>\d{1,2})(?:\.\d+)?",
    "A": rf"(?P<half>{_HALVES})\s*",
    "[": "(?:",
    "]": ")?",
    " ": r"\s*",
}
_BEFORE_RECORDS = 1900
"""No record is that old: 1750072614 is no day of 1750 but seconds of Unix."""
_PART = re.compile("YYYY|MM?|DD?|hh?|mm?|ss?|A|.")


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern such as `YYYY年M月D日[ [A]h:m[:s]]` as a regular expression; raises ValueError if it has no year, month and day."""
    expression = "".join(_TOKENS.get(part, re.escape(part)) for part in _PART.findall(pattern))
    try:
        found = re.compile(expression)
    except re.error as fault:
        raise ValueError(f"时间写法“{pattern}”不对：{fault}") from fault
    if not {"year", "month", "day"} <= found.groupindex.keys():
        raise ValueError(f"时间写法“{pattern}”里要有 YYYY、M、D")
    return found


class TimeReader:
    """Reads times of one supplier: its patterns in order; times without a zone are of the zone given."""

    def __init__(self, patterns: Sequence[str], zone: tzinfo) -> None:
        self._patterns = [compiled(pattern) for pattern in patterns]
        self._zone = zone

    def read(self, text: str) -> datetime | None:
        """The time in UTC, whole seconds; a date alone is its midnight."""
        moment = self._moment(text)
        if moment is None:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        if not _BEFORE_RECORDS < moment.year < 9999:
            return None
        moment = moment.astimezone(UTC)
        return moment.replace(microsecond=0) if moment.microsecond else moment

    def _moment(self, text: str) -> datetime | None:
        if len(text) == 19 and text[4] == "-" and text[10] in " T":
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                pass
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        return self._written(_WEEKDAY.sub(" ", text).strip().lower())

    def _written(self, text: str) -> datetime | None:
        for pattern in self._patterns:
            match = pattern.fullmatch(text)
            if match:
                found = _calendar(match.groupdict())
                if found and found.year > _BEFORE_RECORDS:
                    return found
        return _zoned(text) or _serial(text)


def _calendar(parts: dict[str, str | None]) -> datetime | None:
    """The named parts as a local time; 24:00 is the next day, 下午3时 is 15 o'clock; None for a day that does not exist."""
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = parts.get("half")
    if half in _AFTERNOON and hour < 12 and not (half == "中午" and hour >= 11):
        hour += 12
    elif half in ("am", "上午", "凌晨") and hour == 12:
        hour = 0
    days = 0
    if (hour, minute, second) == (24, 0, 0):
        hour, days = 0, 1
    try:
        day = date(int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 0))
        return datetime.combine(day, time(hour, minute, second)) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def _zoned(text: str) -> datetime | None:
    if not _ISO.fullmatch(text.upper()):
        return None
    try:
        return datetime.fromisoformat(text.upper().replace(" +", "+"))
    except ValueError:
        return None


def _serial(text: str) -> datetime | None:
    """Days of a spreadsheet (45659.5), seconds or milliseconds of Unix."""
    if _EXCEL_SERIAL.fullmatch(text):
        seconds = (Decimal(text) * 86400).to_integral_value()
        return _EXCEL_EPOCH + timedelta(seconds=int(seconds))
    unix = _UNIX.fullmatch(text)
    return datetime.fromtimestamp(int(unix[1]), tz=UTC) if unix else None
