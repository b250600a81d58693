"""The tables of a scan: filled stretch by stretch."""

from __future__ import annotations

import pyarrow as pa

from engine.rescore import workspace


def test_a_table_is_made_with_its_first_rows_and_takes_more() -> None:
    with workspace() as space:
        for first in (0, 3, 6):
            space.add(
                "held", "SELECT n, n * 2 AS twice FROM arriving WHERE n <> 4", pa.table({"n": range(first, first + 3)})
            )
        rows = space.connection.sql("SELECT n, twice FROM held ORDER BY n").fetchall()
    assert rows == [(n, 2 * n) for n in range(9) if n != 4]
