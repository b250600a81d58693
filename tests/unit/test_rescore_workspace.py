"""The tables of a scan: filled stretch by stretch."""

from __future__ import annotations

from pathlib import Path

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


def test_another_workspace_begins_with_the_tables_that_one_kept_and_changes_only_its_own(tmp_path: Path) -> None:
    kept = tmp_path / "kept.duckdb"
    with workspace() as first:
        first.connection.execute("CREATE TABLE held AS SELECT range AS n FROM range(100000)")
        first.connection.execute("CREATE TEMP TABLE passing AS SELECT 1")
        first.keep(kept)
        first.connection.execute("DROP TABLE held")
    for _ in range(2):
        with workspace(kept=kept) as second:
            assert second.connection.execute("SELECT count(*), max(n) FROM held").fetchall() == [(100_000, 99_999)]
            assert second.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("held",)]
            second.connection.execute("DELETE FROM held")
