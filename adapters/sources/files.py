"""Files as sources: CSV, JSON, JSON Lines and workbooks, by their ending and content.

In: a path and a SourceSpec. Out: RawRecords in file order. Not here: cells of workbooks (`workbook`, in a child process),
what columns mean (`engine.normalise`). A line that cannot be parsed becomes a record that quarantine will show.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.sources.rows import NumberedRow, records
from adapters.sources.text import lines
from adapters.sources.workbook import workbook_sheets
from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec

WORKBOOKS = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"})
UNREADABLE = "（无法解析的行）"
_FIELD_LIMIT = 4 * 1024 * 1024
_DELIMITERS = ",\t;|"
_LISTS = ("records", "data", "rows", "items", "results", "requests", "service_requests")


class FileSource:
    """One file, or every file that matches a pattern, in order of name."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec

    def read(self) -> Iterator[RawRecord]:
        """Rows of all files; raises SourceError when a file cannot be opened or has no known header."""
        for path in self.paths():
            yield from read_file(path, self.spec)

    def paths(self) -> list[Path]:
        """The files meant; raises SourceError when there is none."""
        place = Path(self.spec.location)
        found = [place] if place.is_file() else sorted(p for p in place.parent.glob(place.name) if p.is_file())
        if not found:
            raise SourceError("没有找到文件", where=self.spec.location, hint="检查路径和文件名，通配符只用在文件名里")
        return found

    def cursor(self) -> str:
        """Files keep no cursor: reading one twice adds nothing."""
        return ""


def read_file(path: Path, spec: SourceSpec) -> Iterator[RawRecord]:
    """The rows of one file by its ending."""
    ending = path.suffix.lower()
    try:
        if ending in WORKBOOKS:
            for sheet, rows in workbook_sheets(path, known_headers=spec.known_headers):
                yield from records(spec, rows, where=f"{path.name}/{sheet}")
        elif ending in {".jsonl", ".ndjson"}:
            yield from _json_lines(path, spec)
        elif ending in {".json", ".geojson"}:
            yield from _json(path, spec)
        else:
            yield from records(spec, _csv_rows(path), where=path.name)
    except OSError as fault:
        raise SourceError(
            f"文件读不出来：{fault.strerror}", where=str(path), hint="检查文件是否存在、是否有读取权限"
        ) from fault


def _csv_rows(path: Path) -> Iterator[NumberedRow]:
    csv.field_size_limit(_FIELD_LIMIT)
    with path.open("rb") as file:
        text = (line.replace("\0", "") for line in lines(file))
        reader = csv.reader(text, delimiter=_delimiter(path))
        number = 0
        while True:
            number += 1
            try:
                yield number, next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                yield number, [f"{UNREADABLE}{fault}"]


def _delimiter(path: Path) -> str:
    """The candidate that splits most within the first lines; a comma when nothing splits."""
    with path.open("rb") as file:
        head = "".join(line for line, _ in zip(lines(file), range(5), strict=False))
    return max(_DELIMITERS, key=lambda mark: (head.count(mark), mark == ","))


def _json_lines(path: Path, spec: SourceSpec) -> Iterator[RawRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(lines(file), start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = {UNREADABLE: line.strip()}
            yield RawRecord(spec.name, spec.kind, number, flat(value))


def _json(path: Path, spec: SourceSpec) -> Iterator[RawRecord]:
    with path.open("rb") as file:
        text = "".join(lines(file))
    if not text.strip():
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise SourceError(
            f"不是合格的 JSON：{fault}", where=path.name, hint="每行一个对象的文件请用 .jsonl 结尾"
        ) from fault
    yield from json_records(document, spec)


def json_records(document: object, spec: SourceSpec, *, start: int = 1) -> Iterator[RawRecord]:
    """The elements of a list, or of the usual list key of an object; one object alone is one record."""
    for number, value in enumerate(elements(document), start=start):
        yield RawRecord(spec.name, spec.kind, number, flat(value))


def elements(document: object) -> Iterable[object]:
    """The list in a JSON document."""
    if isinstance(document, list):
        return document
    if isinstance(document, Mapping):
        for key in _LISTS:
            if isinstance(document.get(key), list):
                return list(document[key])
    return [document]


def flat(value: object) -> dict[str, Any]:
    """One object as cells: nested values become JSON text, anything but an object becomes an unreadable row."""
    if not isinstance(value, Mapping):
        return {UNREADABLE: json.dumps(value, ensure_ascii=False, default=str)}
    return {str(key): cell(item) for key, item in value.items()}


def cell(item: object) -> Any:
    """A value as it is kept in a raw record: scalars as they are, times as ISO text, the rest as JSON text."""
    if item is None or isinstance(item, (str, int, float, bool)):
        return item
    if isinstance(item, (datetime, date)):
        return item.isoformat()
    if isinstance(item, (Mapping, list, tuple)):
        return json.dumps(item, ensure_ascii=False, default=str)
    return str(item)
