"""A generic JSON interface as a source: paging, a cursor, retries.

In: a SourceSpec with options `list_key`, `page_param`, `page_size_param`, `page_size`, `next_key`, `cursor_param`, `cursor_field`.
Out: RawRecords in the order given. Not here: the connection (`web`), what fields mean (`engine.normalise`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.sources.files import elements, json_records
from adapters.sources.web import JsonDoor
from engine.model import RawRecord, SourceSpec

_MAX_PAGES = 10_000


class HttpJsonSource:
    """Pages of JSON until an empty one; the cursor is the greatest value of `cursor_field` seen."""

    def __init__(self, spec: SourceSpec, door: JsonDoor | None = None) -> None:
        self.spec = spec
        self._door = door or JsonDoor(spec)
        self._cursor = spec.cursor

    def read(self) -> Iterator[RawRecord]:
        """Records of all pages; raises SourceError as `web` says."""
        options = self.spec.options
        url: str | None = self.spec.location
        read = 0
        for page in range(1, _MAX_PAGES + 1):
            document = self._door.get(str(url), self._params(page))
            held = (
                document.get(options["list_key"])
                if "list_key" in options and isinstance(document, Mapping)
                else document
            )
            batch = list(json_records([] if held is None else held, self.spec, start=read + 1))
            self._advance(elements(held) if held is not None else ())
            yield from batch
            read += len(batch)
            url = self._next(document, url)
            if not batch or url is None:
                return

    def cursor(self) -> str:
        """Where the next read begins."""
        return self._cursor

    def _params(self, page: int) -> dict[str, str]:
        options = self.spec.options
        params = {str(k): str(v) for k, v in dict(options.get("params", {})).items()}
        if options.get("page_param"):
            params[options["page_param"]] = str(page)
        if options.get("page_size_param"):
            params[options["page_size_param"]] = str(options.get("page_size", 100))
        if options.get("cursor_param") and self.spec.cursor:
            params[options["cursor_param"]] = self.spec.cursor
        return params

    def _next(self, document: object, url: str | None) -> str | None:
        options = self.spec.options
        if options.get("next_key"):
            following = document.get(options["next_key"]) if isinstance(document, Mapping) else None
            return str(following) if following else None
        return url if options.get("page_param") else None

    def _advance(self, rows: Any) -> None:
        field = self.spec.options.get("cursor_field")
        if field:
            seen = [str(row[field]) for row in rows if isinstance(row, Mapping) and row.get(field) is not None]
            self._cursor = max([self._cursor, *seen])
