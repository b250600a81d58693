"""Open311 GeoReport v2 as a source: `requests.json` over HTTP, in spans of at most 90 days.

In: the base URL of an endpoint, option `start` (ISO date), the run's `until`, `span_days`, `page_size`, `look_back_days`.
Out: RawRecords of service requests; the cursor is the newest `requested_datetime`, for that is what an endpoint selects by.
Each read looks back `look_back_days` from the cursor, for requests change and are published late; what did not change adds nothing.
Not here: files (`files` reads the same JSON), meaning (`engine.normalise`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.addresses import shown
from adapters.sources.documents import elements, json_records
from adapters.sources.options import whole_number, wrong
from adapters.sources.progress import utc, with_last
from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec

_SPAN_DAYS = 90  # GeoReport v2: a range query covers 90 days at most, and an answer 1,000 requests
_ANSWER_LIMIT = 1_000
_PAGE_SIZE = 100
_LOOK_BACK_DAYS = 30
_MAX_PAGES = 1_000
_FORM = "%Y-%m-%dT%H:%M:%SZ"


class Open311Source:
    """Service requests between the cursor (or `options.start`) and `options.until`, page by page."""

    def __init__(self, spec: SourceSpec, door: JsonDoor | None = None) -> None:
        self.spec = spec
        self._door = door or JsonDoor(spec)
        self._cursor = spec.cursor
        self._url = f"{spec.location.rstrip('/')}/requests.json"

    def read(self) -> Iterator[RawRecord]:
        """Requests span by span; raises SourceError as `web` says. The cursor moves with the last request of a span."""
        start, until = self._bounds()
        length = timedelta(days=min(whole_number(self.spec, "span_days", _SPAN_DAYS), _SPAN_DAYS))
        newest = utc(self.spec.cursor)
        read = 0
        while start < until:
            end = min(start + length, until)
            for row, last in with_last(row for page in self._pages(start, end) for row in page):
                newest = _newest(newest, row, until)
                if last and newest:
                    self._cursor = newest.strftime(_FORM)
                read += 1
                yield from json_records([row], self.spec, start=read)
            start = end

    def cursor(self) -> str:
        """Where the next read begins."""
        return self._cursor

    def _bounds(self) -> tuple[datetime, datetime]:
        from_cursor = bool(self.spec.cursor)
        start = utc(self.spec.cursor or str(self.spec.options.get("start", "")))
        until = utc(str(self.spec.options.get("until", "")))
        if start is None or until is None:
            raise wrong(self.spec, "start、until", "要写成 2025-01-01T00:00:00Z")
        back = timedelta(days=whole_number(self.spec, "look_back_days", _LOOK_BACK_DAYS))
        return start - back if from_cursor else start, until

    def _pages(self, start: datetime, end: datetime) -> Iterator[list[Any]]:
        """Pages until an empty one; an endpoint without paging answers every page alike, and then the first was all."""
        size = whole_number(self.spec, "page_size", _PAGE_SIZE)
        span = {"start_date": start.strftime(_FORM), "end_date": end.strftime(_FORM), "page_size": str(size)}
        before: list[Any] = []
        for page in range(1, _MAX_PAGES + 1):
            document = self._door.get(self._url, {**span, "page": str(page)})
            rows = [] if document is None else list(elements(document))
            if not rows:
                return
            if rows == before:
                self._check_whole(rows, size, span)
                return
            yield rows
            before = rows
        raise self._cut_short(f"{_MAX_PAGES} 页还没有完", span)

    def _check_whole(self, rows: list[Any], size: int, span: Mapping[str, str]) -> None:
        if len(rows) in {size, _ANSWER_LIMIT}:
            raise self._cut_short(f"接口不翻页，只给了 {len(rows)} 条，可能没有给全", span)

    def _cut_short(self, what: str, span: Mapping[str, str]) -> SourceError:
        return SourceError(
            f"{span['start_date']} 到 {span['end_date']}：{what}",
            where=shown(self._url),
            hint="把 options.span_days 调小，让每段的条数少于上限",
        )


def _newest(newest: datetime | None, row: object, until: datetime) -> datetime | None:
    """The newest time of request so far; times that cannot be read, or lie after the end of the reading, move nothing."""
    stamp = utc(str(row.get("requested_datetime"))) if isinstance(row, Mapping) else None
    if stamp is None or stamp > until:
        return newest
    return stamp if newest is None else max(newest, stamp)
