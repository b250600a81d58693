"""A generic JSON interface as a source: paging, a cursor, retries.

In: a SourceSpec with options `list_key` (may be data.records), `params`, `page_param`, `page_size_param`, `page_size`, `next_key`,
`next_param` (when the next key holds a token and no address), `max_pages`, `cursor_param`, `cursor_field`, `look_back`.
Out: RawRecords in the order given. Not here: the connection (`web`), what fields mean (`engine.normalise`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from adapters.addresses import shown
from adapters.sources.documents import elements, json_records
from adapters.sources.options import pairs, whole_number
from adapters.sources.progress import begin, later, with_last
from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec

_MAX_PAGES = 10_000
_PAGE_SIZE = 100


class HttpJsonSource:
    """Pages of JSON until an empty one. The cursor is the latest value of `cursor_field`, and moves with the last record of
    all: interfaces give the newest first as often as last, and a reading that breaks off must begin where it began.
    """

    def __init__(self, spec: SourceSpec, door: JsonDoor | None = None) -> None:
        self.spec = spec
        self._door = door or JsonDoor(spec)
        self._cursor = spec.cursor

    def read(self) -> Iterator[RawRecord]:
        """Records of all pages; raises SourceError as `web` says, and when paging does not end."""
        field = str(self.spec.options.get("cursor_field", ""))
        newest = self.spec.cursor
        for record, last in with_last(self._records()):
            if record.values.get(field) is not None:
                newest = later(newest, str(record.values[field]))
            if last:
                self._cursor = newest
            yield record

    def cursor(self) -> str:
        """Where the next read begins."""
        return self._cursor

    def _records(self) -> Iterator[RawRecord]:
        read = 0
        for rows in self._pages():
            yield from json_records(rows, self.spec, start=read + 1)
            read += len(rows)

    def _pages(self) -> Iterator[list[Any]]:
        url, token = self.spec.location, ""
        seen: set[tuple[str, str]] = set()
        before: list[Any] = []
        most = whole_number(self.spec, "max_pages", _MAX_PAGES)
        for page in range(1, most + 1):
            document = self._door.get(url, self._params(page, token))
            rows = self._rows(document, url)
            if not rows:
                return
            if rows == before:
                raise self._endless(url, f"第 {page} 页和前一页完全相同")
            yield rows
            before = rows
            following = self._next(document, url, token)
            if following is None:
                return
            if "next_key" in self.spec.options:
                seen.add((url, token))
                if following in seen:
                    raise self._endless(url, f"第 {page} 页的下一页绕回了已经读过的一页")
            url, token = following
        raise self._endless(url, f"读了 {most} 页还没有完")

    def _rows(self, document: object, url: str) -> list[Any]:
        """The rows of a page; a document without the list that config names is no empty page but a wrong answer."""
        key = self.spec.options.get("list_key")
        if document is None:
            return []
        if not key:
            return list(elements(document))
        held = _below(document, str(key))
        if held is _ABSENT:
            names = "、".join(map(str, document))[:200] if isinstance(document, Mapping) else type(document).__name__
            raise SourceError(
                f"接口的回答里没有 {key}，只有：{names}", where=shown(url), hint="检查 options.list_key，或凭据是否失效"
            )
        return [] if held is None else list(elements(held))

    def _params(self, page: int, token: str) -> dict[str, str]:
        options = self.spec.options
        params = pairs(self.spec, "params")
        if options.get("page_param"):
            params[options["page_param"]] = str(page)
        if options.get("page_size_param"):
            params[options["page_size_param"]] = str(whole_number(self.spec, "page_size", _PAGE_SIZE))
        if options.get("cursor_param") and self.spec.cursor:
            params[options["cursor_param"]] = begin(self.spec)
        if token:
            params[options["next_param"]] = token
        return params

    def _next(self, document: object, url: str, token: str) -> tuple[str, str] | None:
        """Address and token of the next page; None when there is none."""
        options = self.spec.options
        if not options.get("next_key"):
            return (url, token) if options.get("page_param") else None
        following = _below(document, str(options["next_key"]))
        if following is _ABSENT or not following:
            return None
        return (url, str(following)) if options.get("next_param") else (urljoin(url, str(following)), "")

    def _endless(self, url: str, what: str) -> SourceError:
        return SourceError(
            f"接口的翻页停不下来：{what}",
            where=shown(url),
            hint="核对 options 里的 page_param、next_key、next_param 和 max_pages；接口不翻页就不要写 page_param",
        )


_ABSENT = object()


def _below(document: object, path: str) -> object:
    """The value at data.records of a document."""
    for key in path.split("."):
        if not isinstance(document, Mapping) or key not in document:
            return _ABSENT
        document = document[key]
    return document
