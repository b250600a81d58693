"""Fixtures that give a test an installation; ask for them with `pytest_plugins = ["tests.places"]`.

In: the databases of `tests.conftest`. Out: `Installation`, open, given back afterwards. Not here: what an installation can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation
from tests.postgres import PostgresServer


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation; each test runs on SQLite and on PostgreSQL."""
    made = Installation(tmp_path, store_url)
    yield made
    made.close()


@pytest.fixture
def small_place(sqlite_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation on SQLite, for what no database can change."""
    made = Installation(tmp_path, sqlite_url)
    yield made
    made.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for a whole module of tests that only look, on either vendor."""
    folder = tmp_path_factory.mktemp("installation")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (folder / "sanse.db").write_bytes(template.read_bytes())
        made = Installation(folder, f"sqlite:///{folder / 'sanse.db'}")
        yield made
        made.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("postgres_template"))
    made = Installation(folder, server.url(name))
    yield made
    made.close()
    server.drop(name)
