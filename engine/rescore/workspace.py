"""Workspace: tables on disk for one scan, thrown away afterwards, so that memory does not grow with history.

In: Arrow tables of stored records and actions. Out: a DuckDB connection with the tables `history`, `actions`, `windows`, `changed`. Not here:
reading the store (`store.history`), the queries of a rulebook (`questions`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.features.frames import mark_of
from engine.folders import folder_for_a_while
from engine.store.history import NO_TIME

_FILE = "history.duckdb"
MEMORY = "2GB"
"""What DuckDB may hold before it goes to disk."""


class Workspace:
    """One scan's tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection, self._folder = connection, folder

    @property
    def size(self) -> int:
        """Bytes on disk now."""
        return sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file())

    def keep(self, path: Path) -> None:
        """Its tables, but for temporary ones, as a file with which other workspaces may begin."""
        self.connection.execute("CHECKPOINT")
        shutil.copyfile(self._folder / _FILE, path)

    def add_records(self, table: pa.Table, marks: Sequence[str]) -> None:
        """Records as windows see them: empty texts are null, times are seconds, `marks` are the base facts that windows ask for."""
        texts = ("topic", "person", "place", "hotspot", "phone")
        columns = [
            "n",
            "id AS subject",
            '"at"',
            f"nullif(closed_at, {NO_TIME}) AS closed_at",
            "counts = 1 AS counts",
            *("kind", "cause", "area", "matter"),
            *(f"nullif({text}, '') AS {text}" for text in texts),
            "nullif(id_number, '') AS identity",
            *(f"""contains(marks, '"{mark}"') AS {mark_of(mark)}""" for mark in marks),
        ]
        self.add("history", f"SELECT {', '.join(columns)} FROM arriving", table)

    def add_actions(self, table: pa.Table) -> None:
        """Actions with the record that each names."""
        self.add("actions", 'SELECT matter AS record, kind AS action, level, "at" AS done_at FROM arriving', table)

    def add(self, name: str, select: str, table: pa.Table) -> None:
        """Rows for a table, which is made with the first; `select` reads them from `arriving`."""
        self.connection.register("arriving", table)
        there = self.connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name]).fetchall()
        rows = self.connection.sql(select)
        if there:
            rows.insert_into(name)
        else:
            rows.create(name)
        self.connection.unregister("arriving")


@contextmanager
def workspace(*, memory: str = MEMORY, threads: int | None = None, kept: Path | None = None) -> Iterator[Workspace]:
    """Tables in a temporary folder; at first those of a file that another workspace kept, or none."""
    with folder_for_a_while("sanse-rescore-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": f"{folder}/spill",
            "preserve_insertion_order": False,
        }
        if threads is not None:
            settings["threads"] = threads
        if kept is not None:
            shutil.copyfile(kept, folder / _FILE)
        with duckdb.connect(f"{folder}/{_FILE}", config=settings) as connection:
            connection.execute("SET enable_progress_bar = false")
            yield Workspace(connection, folder)
