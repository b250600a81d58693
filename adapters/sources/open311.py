"""Open311 GeoReport v2 as a source: `requests.json` over HTTP, in spans of at most 90 days.

In: the base URL of an endpoint, option `start` (ISO date) and the run's `until`. Out: RawRecords of service requests; the cursor is the newest
`updated_datetime` (else `requested_datetime`). Not here: files (`files` reads the same JSON), meaning (`engine.normalise`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.sources.files import elements, json_records
from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec

_SPAN = timedelta(days=90)
_PAGE_SIZE = 100
_MAX_PAGES = 1_000
_FORM = "%Y-%m-%dT%H:%M:%SZ"


class Open311Source:
    """Service requests between the cursor (or `options.start`) and `options.until`, page by page."""

    def __init__(self, spec: SourceSpec, door: JsonDoor | None = None) -> None:
        self.spec = spec
        self._door = door or JsonDoor(spec)
        self._cursor = spec.cursor

    def read(self) -> Iterator[RawRecord]:
        """Requests span by span; raises SourceError as `web` says."""
        start, until = self._bounds()
        read = 0
        while start < until:
            end = min(start + _SPAN, until)
            for rows in self._pages(start, end):
                yield from json_records(rows, self.spec, start=read + 1)
                read += len(rows)
                self._advance(rows)
            start = end

    def cursor(self) -> str:
        """Where the next read begins."""
        return self._cursor

    def _bounds(self) -> tuple[datetime, datetime]:
        start = self.spec.cursor or str(self.spec.options.get("start", ""))
        until = str(self.spec.options.get("until", ""))
        try:
            return _time(start), _time(until)
        except ValueError as fault:
            raise SourceError(
                f"起止时间写法不对：{start} / {until}", where=self.spec.name, hint="写成 2025-01-01T00:00:00Z"
            ) from fault

    def _pages(self, start: datetime, end: datetime) -> Iterator[list[Any]]:
        url = f"{self.spec.location.rstrip('/')}/requests.json"
        size = int(self.spec.options.get("page_size", _PAGE_SIZE))
        for page in range(1, _MAX_PAGES + 1):
            params = {
                "start_date": start.strftime(_FORM),
                "end_date": end.strftime(_FORM),
                "page": str(page),
                "page_size": str(size),
            }
            rows = list(elements(self._door.get(url, params)))
            if rows:
                yield rows
            if len(rows) < size:
                return

    def _advance(self, rows: list[Any]) -> None:
        for row in rows:
            if isinstance(row, Mapping):
                stamp = row.get("updated_datetime") or row.get("requested_datetime")
                self._cursor = max(self._cursor, str(stamp or ""))


def _time(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
