"""All files of a database are told, and no log of a missing one is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store import upgrade
from engine.store.files import damage, held_at, together
from tests.store_samples import spoil


def test_everything_that_lies_there_is_told(tmp_path: Path) -> None:
    assert held_at(tmp_path / "sanse.db") == []
    for name in ("sanse.db-shm", "sanse.db", "other.db", "sanse.db-wal"):
        (tmp_path / name).touch()
    assert [file.name for file in held_at(tmp_path / "sanse.db")] == ["sanse.db", "sanse.db-wal", "sanse.db-shm"]
    assert together(tmp_path / "a.db") == "a.db、a.db-wal、a.db-shm"


def test_no_database_is_made_beside_the_log_of_another(tmp_path: Path) -> None:
    """SQLite would delete the log."""
    (tmp_path / "sanse.db-wal").write_bytes(b"what was written last")
    with pytest.raises(StoreError, match="旁边却有它的") as told:
        upgrade(f"sqlite:///{tmp_path / 'sanse.db'}")
    assert "sanse.db-wal" in told.value.what
    assert "sanse db restore" in told.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["sanse.db-wal"]


@pytest.mark.parametrize("quick", [True, False])
def test_damage_is_told_fault_by_fault(sqlite_url: str, tmp_path: Path, *, quick: bool) -> None:
    file = tmp_path / "sanse.db"
    assert damage(file, quick=quick) == []
    spoil(file, "hits_incident")
    assert damage(file, quick=quick)
    assert not [line for line in damage(file, quick=quick) if line == "ok" or line.startswith("***") or "\n" in line]
    file.write_bytes(b"no database at all" * 100)
    assert damage(file, quick=quick) == ["file is not a database"]
