"""How far a source has been read: which of two cursor values is the later one, and when a cursor may move.

In: cursor values as suppliers write them (numbers, ISO times, other text). Out: an order among them, and rows that know which is last.
Not here: where cursors are kept (`engine.store`), what a cursor asks for (`http_json`, `open311`, `database`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

Item = TypeVar("Item")


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
