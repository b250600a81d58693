"""Rows of cells to raw records: the header row is found, not assumed.

In: rows of cells as they stand, with the row numbers a spreadsheet shows. Out: RawRecord values by header name.
Not here: decoding bytes (`text`, `workbook`), what a header means (`engine.normalise`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, dropwhile, islice, zip_longest
from typing import Any

from engine.errors import SourceError
from engine.model import TORN, RawRecord, SourceSpec

UNREADABLE = "（无法解析的行）"
HEADER_DEPTH = 10
_HAS_DIGIT = re.compile(r"\d")
_LONGEST_HEADER, _MOST_SHOWN = 20, 30
_UNSAID = "（{}格不像列名，内容不显示）"

Cell = Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that could not be taken apart: its text goes on as a record that quarantine will show."""

    text: str


class Unended(list[Cell]):
    """The last row of a file that does not end with a line break: it may be cut short."""


NumberedRow = tuple[int, Sequence[Cell] | Unreadable]


def folded(text: object) -> str:
    """A header for comparison: NFKC, no white space, lower case."""
    return "".join(unicodedata.normalize("NFKC", str(text)).split()).lower()


def blank(cell: Cell) -> bool:
    """Whether a cell holds nothing a person would see."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def empty(row: NumberedRow) -> bool:
    """Whether a row holds no cell that a person would see."""
    return not isinstance(row[1], Unreadable) and all(blank(cell) for cell in row[1])


def headers_in(row: NumberedRow, known: Iterable[str]) -> int:
    """How many cells of a row are known header names, in folded form."""
    if isinstance(row[1], Unreadable):
        return 0
    names = {folded(name) for name in known}
    return sum(not blank(cell) and folded(cell) in names for cell in row[1])


def records(spec: SourceSpec, rows: Iterable[NumberedRow], *, where: str) -> Iterator[RawRecord]:
    """Data rows below the header row; blank rows are skipped, columns without header and content dropped, a last row that is cut short marked.

    Raises SourceError when no row among the first ten that are not blank names a known column.
    """
    stream = dropwhile(empty, rows)
    top = list(islice(stream, HEADER_DEPTH))
    if not top:
        return
    names, below = _header(spec, top, where)
    for index, row in enumerate(chain(top, stream)):
        number, cells = row
        if isinstance(cells, Unreadable):
            yield RawRecord(spec.name, spec.kind, number, {UNREADABLE: cells.text})
        elif index >= below and not empty(row):
            torn = {TORN: "是"} if isinstance(cells, Unended) and len(cells) < _declared(names) else {}
            yield RawRecord(spec.name, spec.kind, number, {**_values(names, cells), **torn})


def _header(spec: SourceSpec, top: Sequence[NumberedRow], where: str) -> tuple[list[str], int]:
    """Column names and where the data begin; a header of two rows (merged cells above) is read as one."""
    position = _header_position(spec, top, where)
    known = frozenset(folded(name) for name in spec.known_headers)
    above, here, under = (_cells(top, position + step) for step in (-1, 0, 1))
    names, below = here, position + 1
    joined = _merged(names, under, known)
    if not all(map(blank, under)) and all(
        blank(low) or folded(name) in known for name, low in zip_longest(joined, under)
    ):
        names, below = joined, below + 1
    if any(blank(low) and not blank(up) and folded(up) in known for up, low in zip_longest(above, names)):
        names = _merged(above, names, known)
    return unique_names(names), below


def _cells(top: Sequence[NumberedRow], index: int) -> Sequence[Cell]:
    cells = top[index][1] if 0 <= index < len(top) else ()
    return () if isinstance(cells, Unreadable) else cells


def _merged(upper: Sequence[Cell], lower: Sequence[Cell], known: frozenset[str]) -> list[Cell]:
    """Two header rows as one: 姓名 below the merged 报警人 is 报警人姓名 where that is known, else 姓名."""
    names: list[Cell] = []
    group = ""
    for up, low in zip_longest(upper, lower):
        group = group if blank(up) else str(up).strip()
        joined = f"{group}{low}"
        names.append(up if blank(low) else joined if folded(joined) in known else low)
    return names


def _header_position(spec: SourceSpec, top: Sequence[NumberedRow], where: str) -> int:
    """The row with most known names, the first of equals."""
    scores = [headers_in(row, spec.known_headers) for row in top]
    best = max(range(len(top)), key=lambda index: (scores[index], -index))
    if spec.known_headers and scores[best] == 0:
        raise SourceError(
            f"前{HEADER_DEPTH}行里没有找到“{spec.kind}”的表头；第一行是：{_shown(top[0][1], spec.known_headers)}",
            where=where,
            hint=f"确认来源名称是否选对，或在 rules/mappings/{spec.kind}.yaml 里给这些列名加别名"
            "（sanse ingest --map 可代拟）；第一行是乱码时另存为 UTF-8 再导入",
        )
    return best


def _shown(cells: Sequence[Cell] | Unreadable, known: Iterable[str]) -> str:
    """The cells that look like headers; of the others, which may be somebody's data, only how many there are.

    A row without any digit is no row of data, for those have a number, a time or a phone: its short cells are headers.
    """
    if isinstance(cells, Unreadable):
        return _UNSAID.format(1)
    pieces = {name[at : at + 2] for name in map(folded, known) for at in range(len(name) - 1)}
    written = [str(cell).strip() for cell in cells if not blank(cell)]
    plain = not any(map(_HAS_DIGIT.search, written))
    shown = [cell for cell in written if _like_header(cell, pieces) or (plain and len(cell) <= _LONGEST_HEADER)]
    return "、".join(
        [*shown[:_MOST_SHOWN], *([_UNSAID.format(len(written) - len(shown))] if len(shown) < len(written) else [])]
    )


def _like_header(cell: str, pieces: Collection[str]) -> bool:
    """A short Latin word, or a short text that has two characters in a row with some known header."""
    if len(cell) > _LONGEST_HEADER or _HAS_DIGIT.search(cell):
        return False
    plain = folded(cell)
    latin = plain.isascii() and plain.replace("_", "").isalpha()
    return latin or any(plain[at : at + 2] in pieces for at in range(len(plain) - 1))


def unique_names(cells: Sequence[Cell]) -> list[str]:
    """Header names; blank ones by their position, repeated ones numbered, so that no cell is dropped."""
    names: dict[str, None] = {}
    for index, cell in enumerate(cells, start=1):
        name = _unnamed(index) if blank(cell) else str(cell).strip()
        names[_free(name, names)] = None
    return list(names)


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, or the first of name#2, name#3 … that nobody has."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}#{number}"
    return found


def _unnamed(index: int) -> str:
    return f"（第{index}列）"


def _declared(names: Sequence[str]) -> int:
    """How many columns a header names: what stands behind the last name is nobody's."""
    return max((place for place, name in enumerate(names, start=1) if not name.startswith("（第")), default=0)


def _values(names: list[str], cells: Sequence[Cell]) -> dict[str, Any]:
    """Cells by name; what a short row leaves out is blank, for the header declares it."""
    for index in range(len(names) + 1, len(cells) + 1):
        names.append(_free(_unnamed(index), names))
    values = dict(zip_longest(names, cells, fillvalue=""))
    return {name: cell for name, cell in values.items() if not (name.startswith("（第") and blank(cell))}
