"""Rows of cells to raw records: the header row is found, not assumed.

In: rows of cells as they stand, with the row numbers a spreadsheet shows. Out: RawRecord values by header name.
Not here: decoding bytes (`files`, `workbook`), what a header means (`engine.normalise`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec

Cell = Any
NumberedRow = tuple[int, Sequence[Cell]]
_HEADER_DEPTH = 10


def folded(text: object) -> str:
    """A header for comparison: NFKC, no white space, lower case."""
    return "".join(unicodedata.normalize("NFKC", str(text)).split()).lower()


def blank(cell: Cell) -> bool:
    """Whether a cell holds nothing a person would see."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def records(spec: SourceSpec, rows: Iterable[NumberedRow], *, where: str) -> Iterator[RawRecord]:
    """Data rows below the header row; blank rows are skipped, columns without header and content dropped.

    Raises SourceError when no row among the first ten names a known column.
    """
    stream = iter(rows)
    top = [row for row, _ in zip(stream, range(_HEADER_DEPTH), strict=False)]
    if not any(not blank(cell) for _, cells in top for cell in cells):
        return
    position = _header_position(spec, top, where)
    names = _names(top[position][1])
    for number, cells in chain(top[position + 1 :], stream):
        if all(blank(cell) for cell in cells):
            continue
        yield RawRecord(spec.name, spec.kind, number, _values(names, cells))


def _header_position(spec: SourceSpec, top: Sequence[NumberedRow], where: str) -> int:
    """The row with most known names, the first of equals."""
    known = {folded(name) for name in spec.known_headers}
    scores = [sum(not blank(cell) and folded(cell) in known for cell in cells) for _, cells in top]
    best = max(range(len(top)), key=lambda index: (scores[index], -index))
    if known and scores[best] == 0:
        seen = "、".join(str(cell) for cell in top[0][1] if not blank(cell))[:200]
        raise SourceError(
            f"前{_HEADER_DEPTH}行里没有找到“{spec.kind}”的表头；第一行是：{seen}",
            where=where,
            hint=f"确认来源名称是否选对，或在 rules/mappings/{spec.kind}.yaml 里给这些列名加别名（sanse ingest --map 可代拟）",
        )
    return best


def _names(cells: Sequence[Cell]) -> list[str]:
    """Header names; blank ones by their position, repeated ones numbered, so that no cell is dropped."""
    names: list[str] = []
    for index, cell in enumerate(cells, start=1):
        name = f"（第{index}列）" if blank(cell) else str(cell).strip()
        taken = names.count(name) and sum(n == name or n.startswith(f"{name}#") for n in names)
        names.append(f"{name}#{taken + 1}" if taken else name)
    return names


def _values(names: list[str], cells: Sequence[Cell]) -> dict[str, Any]:
    for index in range(len(names), len(cells)):
        names.append(f"（第{index + 1}列）")
    values = {name: cell for name, cell in zip(names, cells, strict=False)}
    return {name: cell for name, cell in values.items() if not (name.startswith("（第") and blank(cell))}
