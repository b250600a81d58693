"""Files: what SQLite keeps on disk for one database, and whether it can be read.

In: the path of a database file. Out: those of its files that are there, and what SQLite's own check finds in them. Not here: what the
rows say (`verify`), copying them (`backup`).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from engine.errors import StoreError
from engine.store.refusals import told

_LOGS = ("-wal", "-shm", "-journal")
"""Endings of what lies beside a database file while it is used, and after a power cut or a kill."""
WHOLE, QUICK = "PRAGMA integrity_check(20)", "PRAGMA quick_check(20)"
"""SQLite's checks, which name twenty faults at most."""
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def held_at(path: Path) -> list[Path]:
    """What of a database lies at its place; an empty list: the place is empty."""
    return [file for file in (path, *_logs(path)) if file.exists()]


def together(path: Path) -> str:
    """The files that are one database, for a sentence that says to move them."""
    return "、".join((path.name, f"{path.name}-wal", f"{path.name}-shm"))


def refuse_orphans(path: Path) -> None:
    """Raise StoreError when logs lie where their database is missing: SQLite deletes them as it makes a new one."""
    logs = "、".join(file.name for file in _logs(path) if file.exists())
    if logs and not path.exists():
        raise StoreError(
            f"没有找到数据库文件 {path}，旁边却有它的 {logs}",
            hint=f"里面可能有最后写入的数据。{path.name} 移到了别处的，移回来，或把 {logs} 也移到那里，合起来才是原来的库；"
            f"{path.name} 丢了的，把 {logs} 移开留存，再从备份恢复：sanse db restore 备份文件 --verify",
        )


def damage(path: Path, *, quick: bool = False) -> list[str]:
    """What SQLite's own check of a file finds; `quick`: every page, but not whether indexes are those of their rows, in half the time."""
    with told(path), closing(sqlite3.connect(path)) as connection:
        return checked(connection, QUICK if quick else WHOLE)


def checked(connection: sqlite3.Connection, check: str) -> list[str]:
    """The faults that a check of SQLite names, each alone; it may break off over the last."""
    found: list[str] = []
    try:
        for (said,) in connection.execute(check):
            found += [line for line in said.splitlines() if line != "ok" and not line.startswith("***")]
    except sqlite3.DatabaseError as fault:
        if fault.sqlite_errorcode & 0xFF not in _BROKEN:
            raise
        found.append(str(fault))
    return found


def _logs(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in _LOGS]
