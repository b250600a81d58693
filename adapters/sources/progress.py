"""How far a source has been read: which of two cursor values is the later one, when a cursor may move, how far a reading looks back.

In: cursor values as suppliers write them (numbers, ISO times, other text). Out: an order among them, where to begin, rows that know which is last.
Not here: where cursors are kept (`engine.store`), what a cursor asks for (`http_json`, `open311`, `database`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from adapters.sources.options import wrong
from engine.model import SourceSpec, duration

Item = TypeVar("Item")
LOOK_BACK = "look_back"
_TIMES, _NUMBERS = timedelta(days=1), 1_000
"""How far each reading looks back unless `look_back` says otherwise: suppliers publish late, and rows committed side by side get their
numbers in another order than they can be seen. What is read twice and did not change adds nothing."""


def later(first: str, second: str) -> str:
    """The later of two cursor values, the first of equals: as numbers, else as times, else as text; blank is before all."""
    if not first or not second:
        return first or second
    numbers = _number(first), _number(second)
    if numbers[0] is not None and numbers[1] is not None:
        return second if numbers[1] > numbers[0] else first
    times = utc(first), utc(second)
    if times[0] is not None and times[1] is not None:
        return second if times[1] > times[0] else first
    return max(first, second)


def begin(spec: SourceSpec) -> str:
    """Where a reading begins: before its cursor by `look_back`, `6h` for times, `500` for whole numbers, 0 for not at all.

    Any other text is a token of the supplier's and stays as it is. Raises SourceError for a `look_back` that does not fit the cursor.
    """
    written, cursor = spec.options.get(LOOK_BACK), spec.cursor
    if not cursor or written == 0:
        return cursor
    number, at = _number(cursor), utc(cursor)
    if number is not None and number == number.to_integral_value():
        if written is not None and (isinstance(written, bool) or not isinstance(written, int) or written < 0):
            raise wrong(spec, LOOK_BACK, f"游标是数，要写成整数，如 500；现在是 {written!r}")
        least = min(int(number), 0)
        return str(max(int(number) - (_NUMBERS if written is None else written), least))
    if at is not None:
        return _earlier(cursor, _span(spec, written))
    if written is not None:
        raise wrong(spec, LOOK_BACK, "游标既不是数也不是时间，不能往回看，请删去")
    return cursor


def _span(spec: SourceSpec, written: object) -> timedelta:
    if written is None:
        return _TIMES
    try:
        span = duration(str(written))
    except (ValueError, KeyError, OverflowError):
        span = -_TIMES
    if span < timedelta(0):
        raise wrong(spec, LOOK_BACK, f"游标是时间，要写成时长，如 6h、2d；现在是 {written!r}")
    return span


def _earlier(cursor: str, span: timedelta) -> str:
    """A time before another, written as that one is."""
    try:
        moved = datetime.fromisoformat(cursor) - span
    except OverflowError:
        return cursor
    if len(cursor) == len("2025-01-01"):
        return moved.date().isoformat()
    text = moved.isoformat(cursor[len("2025-01-01")])
    return text.replace("+00:00", "Z") if cursor.endswith("Z") else text


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def utc(text: str) -> datetime | None:
    """An ISO time in UTC; one without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def with_last(items: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
    """Items, each with whether it is the last: only then is everything handed over and a cursor may move."""
    stream = iter(items)
    for held in stream:
        for following in stream:
            yield held, False
            held = following  # noqa: PLW2901 -- one item is always held back
        yield held, True
