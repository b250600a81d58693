"""R15: a backup taken while others write restores to a point between two batches, and the work goes on from there to the same end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backups import Load, under_load
from tests.postgres import PostgresServer

pytestmark = pytest.mark.promise("R15")
LOAD = Load(records=400, seed=15, batch=20)


def test_on_sqlite(tmp_path: Path) -> None:
    assert under_load(tmp_path, lambda folder: f"sqlite:///{folder / 'sanse.db'}", LOAD, 1) == (1, [])


def test_on_postgresql(tmp_path: Path, postgres: PostgresServer) -> None:
    assert under_load(tmp_path, lambda _: postgres.url(postgres.create("template0")), LOAD, 1) == (1, [])
