"""Keys are rotated under kill -9: whatever was killed where, everything opens, and the end is whole."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.config import load_config, read_keys
from engine.desk.opening import keys_of
from engine.store import open_store
from tests.console import Console, both
from tests.console import office as office_in
from tests.postgres import PostgresServer
from tests.rotations import rotate_under_kills
from tests.store_samples import START, samples, write
from tests.store_worker import BOOK, judged

RECORDS = 3_000


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Console:
    made = next(both(request, tmp_path / "office"))
    fill(made, RECORDS)
    return made


def promise(*, size: int, number: int) -> tuple[int, list[str]]:
    """The long run: twenty kills of a rotation over `size` records, on SQLite and PostgreSQL in turn."""
    with tempfile.TemporaryDirectory(prefix="sanse-promise-") as folder, ExitStack() as stack:
        url = ""
        if number % 2:
            server = PostgresServer.start()
            stack.callback(server.stop)
            url = server.url(server.create("template0"))
        there = office_in(Path(folder) / "office", url)
        fill(there, size)
        told = rotate_under_kills(there, kills=20, seed=number, examine=False)
        return told.kills, told.violations


def fill(office: Console, records: int) -> None:
    config = load_config(office.folder / "config.yaml")
    store = open_store(config.database_url, keys_of(config))
    for first in range(0, records, 1_000):
        with store.batch() as tx:
            tx.note_rulebook(BOOK, START)
            write(tx, [judged(sample) for sample in samples(1_000, first=first)])
            tx.append_audit("sanse", "ingest", {"first": first}, START)
    store.close()


def test_killed_again_and_again_it_ends_whole(office: Console) -> None:
    before = read_keys(office.folder / "sanse.keys")
    told = rotate_under_kills(office, kills=4, seed=1)
    assert told.violations == []
    assert told.kills == 4
    after = read_keys(office.folder / "sanse.keys")
    assert after.former == ()
    assert after.generation > before.generation
    assert (after.index, after.chain) == (before.index, before.chain)


def test_the_command_says_what_to_keep_where(tmp_path: Path) -> None:
    there = office_in(tmp_path / "office")
    told = there.person("db", "rotate-keys").out
    assert "第 2 代密钥" in told
    assert "sanse.keys.1" in told
    assert there.person("db", "rotate-keys", "--json").only["generation"] == 3
    refused = there.run("db", "rotate-keys")
    assert refused.code == 2
    assert "有人负责" in refused.err
    assert there.ok("db", "verify", "--deep", "--json").only["sound"]
