"""A session: one open transaction, and how the modules of rows talk to it.

In: a connection with its vendor and the keys. Out: rows and row counts. Not here: any table's meaning (the modules of rows),
when a transaction begins and ends (`opening`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

from engine.store.dialects import Insert, Query, Remove, Vendor
from engine.store.memory import Filed, Memory
from engine.store.sealing import Keys, Sealer


class Footprint:
    """Digest over the rows that one transaction added to a growing table, and their numbers as ranges."""

    def __init__(self) -> None:
        self._ranges: list[list[int]] = []
        self._digest = hashlib.sha256()

    def add(self, number: int, *parts: bytes) -> None:
        """One more row; rows are added in order of their numbers."""
        if self._ranges and self._ranges[-1][1] == number - 1:
            self._ranges[-1][1] = number
        else:
            self._ranges.append([number, number])
        for part in parts:
            self._digest.update(b"%d " % len(part))
            self._digest.update(part)

    def shown(self) -> dict[str, Any]:
        """As the audit entry holds it."""
        return {"rows": self._ranges, "sha256": self._digest.hexdigest()}


@dataclass(frozen=True, slots=True)
class Shared:
    """What all transactions of one open store share."""

    vendor: Vendor
    keys: Keys
    sealer: Sealer
    memory: Memory


class Session:
    """The base of everything that reads or writes within one transaction."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self._connection = connection
        self._vendor, self._keys = shared.vendor, shared.keys
        self._sealer, self._memory = shared.sealer, shared.memory
        self._footprints: dict[str, Footprint] = {}
        self._dirty: set[int] = set()
        self._met: dict[int, Filed] = {}
        self._generation: int | None = None

    def _rows(self, query: Query, **parameters: Any) -> Sequence[Any]:
        """All rows of a prepared query; lists become list parameters."""
        found: Sequence[Any] = self._run(query, parameters).fetchall()
        return found

    def _numbers(self, query: Query, **parameters: Any) -> set[int]:
        """The one column of a prepared query, as a set."""
        return set(chain.from_iterable(self._tuples(query, **parameters)))

    def _tuples(self, query: Query, **parameters: Any) -> Sequence[Any]:
        """All rows as the driver's own tuples, without names: for queries that give tens of thousands."""
        result = self._run(query, parameters)
        found: Sequence[Any] = result.cursor.fetchall()
        result.close()
        return found

    def _change(self, query: Query, **parameters: Any) -> int:
        """Run a prepared UPDATE or DELETE; the number of rows it touched."""
        return int(self._run(query, parameters).rowcount)

    def _run(self, query: Query, parameters: dict[str, Any]) -> Any:
        sql, order, fixed = query.compiled(self._vendor)
        given = {name: self._bound(value) for name, value in parameters.items()}
        values = {**fixed, **given}
        return self._connection.exec_driver_sql(sql, tuple(values[name] for name in order) if order else values)

    def _bound(self, value: Any) -> Any:
        return self._vendor.listed(list(value)) if isinstance(value, Collection) and not _scalar(value) else value

    def _each(self, statement: Insert | Remove, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write or remove rows."""
        if rows:
            self._vendor.write(self._connection, statement, rows)

    def _note(self, table: Table, number: int, *parts: bytes) -> None:
        """Remember a row that this transaction added, for its audit entry."""
        self._footprints.setdefault(f"{table.name}", Footprint()).add(number, *parts)

    def _wrote(self) -> dict[str, Any]:
        """The footprints so far."""
        return {table: footprint.shown() for table, footprint in sorted(self._footprints.items())}

    def _reserve(self, table: Table, count: int) -> Sequence[int]:
        return self._vendor.reserve(self._connection, table, count) if count else ()


def _scalar(value: object) -> bool:
    return isinstance(value, str | bytes)
