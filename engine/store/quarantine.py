"""Quarantine: rows that could not become incidents, kept whole until somebody cures them.

In: `Rejected` values. Out: `QuarantineRow`, opened. Not here: why a row is rejected (`engine.normalise`), the retry (`engine.desk`).

The row, its reason and its readable text are sealed together, for a reason quotes the cell it complains of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select

from engine.model import Colour, Rejected, canonical
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.rows import QuarantineRow
from engine.store.session import Session
from engine.store.tables import NO_COLOUR, quarantine

OPEN, RETRIED, DISMISSED = "open", "retried", "dismissed"

_HELD = Query(
    select(
        quarantine.c.source, quarantine.c.digest, quarantine.c.status, quarantine.c.first_at, quarantine.c.times
    ).where(among(quarantine.c.digest, "digests"))
)
_NUMBERS = Query(
    select(quarantine.c.n, quarantine.c.source, quarantine.c.digest)
    .where(among(quarantine.c.digest, "digests"))
    .order_by(quarantine.c.n)
)
_LISTED = Query(
    select(quarantine)
    .where(among(quarantine.c.status, "statuses"))
    .order_by(quarantine.c.colour.desc(), quarantine.c.source, quarantine.c.row, quarantine.c.n)
    .limit(bindparam("size"))
    .offset(bindparam("skip"))
)
_ROWS = Query(select(quarantine).where(among(quarantine.c.n, "numbers")).order_by(quarantine.c.n))
_COUNTS = Query(select(quarantine.c.status, func.count()).group_by(quarantine.c.status))
_MARK = Query(quarantine.update().where(among(quarantine.c.n, "numbers")).values(status=bindparam("becomes")))

_GONE: dict[str, Any] = {"values": {}, "reason": "", "text": "", "source_id": None}
"""What is left of a row that was purged."""
_WRITE = Insert(
    quarantine,
    *(column.name for column in quarantine.columns if column.name != "n"),
    keys=("source", "digest"),
)


class Quarantine(Session):
    """Bad rows and what became of them."""

    def write_quarantine(self, rejected: Sequence[Rejected], known_at: datetime) -> int:
        """Keep rows; one that came before is counted again and stays what it was: how many were settled already."""
        if not rejected:
            return 0
        digests = [row.raw.digest for row in rejected]
        held = {(row[0], row[1]): (row[2], row[3], row[4]) for row in self._rows(_HELD, digests=digests)}
        known, rows = cells.seconds(known_at), {}
        for digest, row in zip(digests, rejected, strict=True):
            key = row.raw.source, digest
            status, first_at, times = held.get(key, (OPEN, known, 0))
            held[key] = status, first_at, times + 1
            colour = NO_COLOUR if row.colour is None else int(row.colour)
            sealed = self._sealer.seal("quarantine", row_cell(*key), _body(row))
            seen = (status, first_at, known, times + 1)
            rows[key] = (row.raw.source, row.raw.kind, row.raw.row, digest, row.code, colour, *seen, sealed)
        self._each(_WRITE, [rows[key] for key in sorted(rows)])
        return sum(1 for row in rejected if held[row.raw.source, row.raw.digest][0] != OPEN)

    def quarantine_numbers(self, rejected: Sequence[Rejected]) -> dict[tuple[str, str], int]:
        """The numbers under which rows are kept, by source and digest."""
        wanted = {(row.raw.source, row.raw.digest) for row in rejected}
        found = self._rows(_NUMBERS, digests=[digest for _, digest in wanted]) if wanted else ()
        return {(row.source, row.digest): row.n for row in found if (row.source, row.digest) in wanted}

    def quarantined(
        self, statuses: Collection[str] = (OPEN,), *, limit: int = 1000, offset: int = 0
    ) -> list[QuarantineRow]:
        """Rows of these states, red ones on top, then as they stood in their source, opened."""
        return [self._row(row) for row in self._rows(_LISTED, statuses=statuses, size=limit, skip=offset)]

    def quarantine_rows(self, numbers: Collection[int]) -> list[QuarantineRow]:
        """Rows by number, opened."""
        return [self._row(row) for row in self._rows(_ROWS, numbers=numbers)]

    def quarantine_counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        return {row[0]: row[1] for row in self._rows(_COUNTS)}

    def mark_quarantine(self, numbers: Collection[int], status: str) -> int:
        """Say what became of rows: `retried` or `dismissed`; how many there were."""
        return self._change(_MARK, numbers=numbers, becomes=status)

    def supersede_quarantine(self, number: int, source: str, digest: str) -> None:
        """Let the row of this content, which a correction made, take over a number; what stood there is settled under another."""
        made = (quarantine.c.source == source) & (quarantine.c.digest == digest)
        old = self._connection.execute(select(quarantine).where(quarantine.c.n == number)).mappings().one()
        new = self._connection.execute(select(quarantine).where(made)).mappings().one()
        both = [{**old, "n": new["n"], "status": RETRIED}, {**new, "n": number, "status": OPEN}]
        self._connection.execute(quarantine.delete().where(quarantine.c.n.in_([number, new["n"]])))
        self._connection.execute(quarantine.insert(), both)

    def _row(self, row: Any) -> QuarantineRow:
        body = (
            _GONE
            if not row.sealed
            else orjson.loads(self._sealer.open("quarantine", row_cell(row.source, row.digest), row.sealed))
        )
        return QuarantineRow(
            id=row.n,
            source=row.source,
            kind=row.kind,
            row=row.row,
            digest=row.digest,
            source_id=body["source_id"],
            code=row.code,
            reason=body["reason"],
            text=body["text"],
            colour=None if row.colour == NO_COLOUR else Colour(row.colour),
            status=row.status,
            first_at=cells.moment(row.first_at),
            last_at=cells.moment(row.last_at),
            times=row.times,
            values=body["values"],
        )


def row_cell(source: str, digest: str) -> str:
    """The name under which a quarantined row is sealed."""
    return f"quarantine/sealed/{source}/{digest}"


def _body(row: Rejected) -> bytes:
    return canonical(
        {"values": dict(row.raw.values), "reason": row.reason, "text": row.text, "source_id": row.source_id}
    )
