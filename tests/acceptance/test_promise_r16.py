"""R16: every released schema comes to this release with its rows, killed in the middle and resumed, and there is no way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import migrations
from tests.migrations import killed_and_resumed
from tests.postgres import PostgresServer

pytestmark = pytest.mark.promise("R16")
ROWS = 200


@pytest.mark.parametrize("revision", migrations.REVISIONS[:-1])
def test_on_sqlite(revision: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    assert killed_and_resumed(url, revision, ROWS, 3) == (3, [])


@pytest.mark.parametrize("revision", migrations.REVISIONS[:-1])
def test_on_postgresql(revision: str, postgres: PostgresServer) -> None:
    url = postgres.url(postgres.create("template0"))
    assert killed_and_resumed(url, revision, ROWS, 3) == (3, [])
