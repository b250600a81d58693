"""Quarantine: bad rows looked at, taken out for correction, and tried again.

In: numbers of rows, corrected cells. Out: rows with their reasons, masked; tallies of what was tried again.
Not here: writing and reading workbooks (`adapters`), why a row is bad (`normalise`). Names, phones and numbers of people are masked; a
masked cell that comes back as it went out means what it meant before: nobody has to see a phone number to correct a date.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.desk.opening import Desk
from engine.desk.reading import SEALED_PLACE
from engine.desk.reasons import check_reason
from engine.errors import UsageError
from engine.masking import mask_name, mask_text
from engine.model import RawRecord
from engine.normalise.cells import cell_text, folded, header_forms
from engine.pipeline import Tally, ingest_batch
from engine.store.quarantine import DISMISSED, OPEN, RETRIED
from engine.store.rows import Person, QuarantineRow

NUMBER, REASON = "隔离编号", "隔离原因"
_SHOWN = 20
_NAMES = ("name", "opponent")
_LONGEST_CELL, _CUT = 32_767, "……（原文太长，这里只有开头；不改这一格，原文会接回去）"
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_SEALED_REASON = "保密件，读不懂；由有权限的人用 --unmask 查看"


@dataclass(frozen=True, slots=True)
class Held:
    """A quarantined row for a screen; `reason` and `cells` are masked unless they were asked for openly."""

    row: QuarantineRow
    reason: str
    cells: Mapping[str, Any]


def held(desk: Desk, *, limit: int = 1000, offset: int = 0) -> list[Held]:
    """Open rows, dangerous ones on top."""
    with desk.store.read() as view:
        return [_held(desk, row) for row in view.quarantined((OPEN,), limit=limit, offset=offset)]


def unmasked(desk: Desk, person: Person, *, reason: str) -> list[Held]:
    """Open rows as they arrived; who asked and why stands in the audit log (ruling 82)."""
    check_reason(reason, what="导出原文要写明理由")
    with desk.store.batch() as tx:
        rows = tx.quarantined((OPEN,), limit=_ALL)
        tx.append_audit(person.name, "unmask", {"rows": [row.id for row in rows]}, desk.clock(), reason=reason)
        return [Held(row, row.reason, row.values) for row in rows]


def in_sheet(cell: object) -> Any:
    """A cell as a workbook can hold it: numbers of more than 15 digits as text, no character that XML lacks, no text too long for a cell.

    The limits are those of Excel: 15 significant digits, 32,767 characters. What is cut says so, and comes back as the whole.
    """
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell)
    if isinstance(cell, int | float):
        return cell if math.isfinite(cell) and float(f"{cell:.15g}") == cell else str(cell)
    text = _NOT_IN_XML.sub("\ufffd", str(cell))
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - len(_CUT)]}{_CUT}"


@dataclass(slots=True)
class Retried(Tally):
    """What was tried again; `passed_over`: numbers that the file names and that were settled before."""

    passed_over: list[int] = field(default_factory=list)


def waiting(desk: Desk) -> int:
    """How many rows ask for somebody."""
    with desk.store.read() as view:
        return view.quarantine_counts().get(OPEN, 0)


def retry(desk: Desk, corrected: Sequence[Mapping[str, Any]] = ()) -> Retried:
    """Try rows again, with corrected cells where there are any: those that pass become records and leave the quarantine.

    `corrected`: rows as they came back, each with the number of the row it corrects; one that was settled before is passed over, so
    a workbook may be corrected and handed in again and again. Without any every open row is tried as it stands, for the mapping may
    have been mended meanwhile. Raises UsageError for a number nobody gave.
    """
    changed = {_number(cells, place): cells for place, cells in enumerate(corrected, start=1)}
    rows, settled = _chosen(desk, changed) if corrected else (_open_rows(desk), [])
    tally = Retried(passed_over=settled)
    digests = {(row.source, row.digest) for row in _open_rows(desk)}
    for row in sorted(rows, key=lambda row: row.source):
        values = _restored(row.values, _masked(desk, row), changed.get(row.id, {}))
        raw = RawRecord(row.source, row.kind, row.row, values)
        one = ingest_batch([raw], store=desk.store, stages=desk.stages, known_at=desk.clock())
        tally.add(one)
        if not one.quarantined or raw.digest != row.digest:
            _leave(desk, row, raw if one.quarantined and (raw.source, raw.digest) not in digests else None)
            digests.add((raw.source, raw.digest))
    return tally


def _chosen(desk: Desk, numbers: Collection[int]) -> tuple[list[QuarantineRow], list[int]]:
    """The rows with these numbers that still wait, and the numbers of those that are settled; raises UsageError for a number nobody gave."""
    with desk.store.read() as view:
        found = {row.id: row for row in view.quarantine_rows(numbers)}
    _refuse_strangers(numbers, found)
    return (
        [found[number] for number in numbers if found[number].status == OPEN],
        [number for number in numbers if found[number].status != OPEN],
    )


def _refuse_strangers(numbers: Collection[int], found: Collection[int]) -> None:
    strangers = sorted(set(numbers) - set(found))
    if strangers:
        raise UsageError(f"没有这些隔离行：{'、'.join(map(str, strangers))}", hint="用 sanse quarantine list 查看编号")


def dismiss(desk: Desk, person: Person, numbers: Sequence[int], *, reason: str, source: str = "") -> int:
    """Rows that are no records at all (totals, notes), or all that wait of a source read by mistake: kept, no longer asked about.

    How many that were: one that was settled before is none. Raises UsageError for a number nobody gave.
    """
    check_reason(reason)
    with desk.store.batch() as tx:
        named = tx.quarantine_rows(numbers)
        _refuse_strangers(numbers, [row.id for row in named])
        chosen = {row.id for row in named if row.status == OPEN}
        if source:
            chosen |= {row.id for row in tx.quarantined((OPEN,), limit=_ALL) if row.source == source}
        count = tx.mark_quarantine(sorted(chosen), DISMISSED)
        tx.append_audit(person.name, "dismiss", {"rows": sorted(chosen)}, desk.clock(), reason=reason)
        return count


_ALL = 1_000_000


def _open_rows(desk: Desk) -> list[QuarantineRow]:
    with desk.store.read() as view:
        return view.quarantined((OPEN,), limit=_ALL)


def _leave(desk: Desk, row: QuarantineRow, still_bad: RawRecord | None) -> None:
    """A row is settled; what a correction made of it and is bad still goes on under its number, so that the workbook stays good."""
    with desk.store.batch() as tx:
        if still_bad is None:
            tx.mark_quarantine([row.id], RETRIED)
        else:
            tx.supersede_quarantine(row.id, still_bad.source, still_bad.digest)
        tx.append_audit("sanse", "retry", {"row": row.id}, desk.clock())


def _number(cells: Mapping[str, Any], place: int) -> int:
    said = str(cells.get(NUMBER, "")).strip()
    try:
        return int(said)
    except ValueError:
        raise UsageError(
            f"第{place}条的“{NUMBER}”不是数字：“{said[:_SHOWN]}”", hint="不要改动导出文件里的这一列"
        ) from None


def _held(desk: Desk, row: QuarantineRow) -> Held:
    cells = _masked(desk, row)
    return Held(row, _SEALED_REASON if _confidential(desk, row) else row.reason, cells)


def _headers(desk: Desk, row: QuarantineRow, fields: Sequence[str]) -> set[str]:
    """The headers of a row that its mapping reads as these fields."""
    columns = desk.rulebook.mappings.get(row.kind, {}).get("columns", {})
    aliases = {folded(alias) for field in fields for alias in columns.get(field, ())}
    return {header for header in row.values if aliases.intersection(header_forms(header))}


def _confidential(desk: Desk, row: QuarantineRow) -> bool:
    """Whether a row says that it is confidential: then nothing of it is shown (ruling 56)."""
    codes = desk.rulebook.mappings.get("common", {}).get("codes", {})
    yes = {word for name in ("yes_no", "confidential") for word, truth in codes.get(name, {}).items() if truth is True}
    return any(cell_text(row.values[header]).lower() in yes for header in _headers(desk, row, ("confidential",)))


def _masked(desk: Desk, row: QuarantineRow) -> dict[str, Any]:
    """The cells as they may be seen: names in their columns and wherever else they stand, identifiers everywhere."""
    if _confidential(desk, row):
        return dict.fromkeys(row.values, SEALED_PLACE)
    words = desk.rulebook.mappings.get("common", {}).get("words", {})
    nobody = {*words.get("anonymous", ()), *words.get("general", ())}
    named = _headers(desk, row, _NAMES)
    cells = {header: cell.strip() for header, cell in row.values.items() if header in named and isinstance(cell, str)}
    names = sorted({name for name in cells.values() if name and name not in nobody})
    return {
        header: (mask_name(cell) if header in named and cell.strip() in names else mask_text(cell, names))
        if isinstance(cell, str)
        else _masked_number(cell, names)
        for header, cell in row.values.items()
    }


def _masked_number(cell: Any, names: Sequence[str]) -> Any:
    """A number as it may be seen: a phone or an ID number that a workbook holds as a number is one all the same."""
    text = str(cell)
    masked = mask_text(text, names)
    return cell if masked == text else masked


def _restored(values: Mapping[str, Any], shown: Mapping[str, Any], corrected: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its corrections: what came back as it went out stays as it was."""
    changes = {
        header: cell
        for header, cell in corrected.items()
        if header not in (NUMBER, REASON)
        and not any(header in there and _equal(in_sheet(there[header]), cell) for there in (shown, values))
    }
    return {**values, **changes}


def _equal(left: object, right: object) -> bool:
    return str("" if left is None else left).strip() == str("" if right is None else right).strip()
