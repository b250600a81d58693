"""A database is brought to this release, and there is no way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command, op
from alembic.config import Config
from sqlalchemy import MetaData, insert, select, text

from engine.desk import acting
from engine.errors import ConfigError, StoreError
from engine.scheduler.matters import sweep
from engine.settlement import MATTER
from engine.store import Keys, Store, migrations, open_store, upgrade
from engine.store.dialects import transaction, vendor_of
from engine.store.rows import MatterFilter
from tests.installation import Installation
from tests.postgres import PostgresServer
from tests.store_samples import START, by_hand, samples, write


def test_an_upgrade_of_an_upgraded_database_does_nothing(store: Store, store_url: str) -> None:
    batch = list(samples(3))
    with store.batch() as tx:
        write(tx, batch)
    assert upgrade(store_url) == migrations.HEAD
    with store.read() as view:
        assert len(view.known([s.incident.id for s in batch])) == 3


def test_a_new_database_notes_its_clock(tmp_path: Path, keys: Keys) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert upgrade(url, clock="simulated", at=START) == ""
    assert upgrade(url, clock="real", at=START + timedelta(days=1)) == migrations.HEAD
    store = open_store(url, keys)
    with store.read() as view:
        assert view.meta()["clock"] == "simulated"
        assert view.meta()["created_at"] == START.isoformat()
    store.close()


def test_a_later_release_is_refused_with_the_reason(store_url: str) -> None:
    with by_hand(store_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(StoreError, match="不能降级") as told:
        upgrade(store_url)
    assert "备份" in told.value.hint


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite://"])
def test_another_database_is_refused(url: str, keys: Keys) -> None:
    with pytest.raises(ConfigError):
        open_store(url, keys)


def test_a_server_that_is_not_there_is_told(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="数据库未能完成操作"):
        open_store(f"postgresql+psycopg://nobody@/none?host={tmp_path}", keys)


def test_a_password_in_the_address_is_not_told(keys: Keys) -> None:
    with pytest.raises(StoreError) as told:
        open_store("postgresql+psycopg://sanse:hunter2secret@127.0.0.1:1/none", keys)
    assert "hunter2secret" not in f"{told.value!s} {told.value.__cause__!s}"


def test_the_step_before_messages_is_brought_to_this_release(tmp_path: Path, keys: Keys) -> None:
    """What stands in its tables stays; the outbox that nothing wrote is made anew."""
    from alembic import command
    from alembic.config import Config

    url = f"sqlite:///{tmp_path / 'old.db'}"
    upgrade(url)
    with by_hand(url) as connection:
        for table in (
            "outbox",
            "deliveries",
            "sendings",
            "buckets",
            "silences",
            "holds",
            "purges",
            "tombstones",
            "publications",
            "grades",
            "samples",
        ):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("CREATE TABLE outbox (key TEXT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO jobs VALUES ('poll:a', 60, 0, 0, 0, 3, 'x')"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
        settings = Config(attributes={"connection": connection})
        settings.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(settings, "0003")
    assert upgrade(url) == "0003"
    store = open_store(url, keys)
    with store.beside() as tx:
        assert tx.fresh_notices(1) == []
        assert [job.failures for job in tx.jobs(START)] == [3]
    store.close()


def test_every_step_is_known_by_name() -> None:
    scripts = Path(migrations.__file__).parent / "versions"
    assert sorted(path.name[:4] for path in scripts.glob("[0-9]*.py")) == list(migrations.REVISIONS)
    for path in scripts.glob("[0-9]*.py"):
        assert "def downgrade" not in path.read_text(encoding="utf-8")
        assert "engine.store.tables import" not in path.read_text(encoding="utf-8")


FIRST = "0001"
_SERVICE = ("due", "reviews", "jobs", "outbox")


def first_release(url: str, like: str) -> None:
    """A database as 0.1.0 left it, with everything that 0.1.0 could have written into the one at `like`."""
    vendor = vendor_of(url)
    made, held = vendor.engine(), vendor_of(like).engine()
    with transaction(made, vendor, writes=True) as target, held.connect() as source:
        scripts = Config(attributes={"connection": target})
        scripts.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(scripts, FIRST)
        target.execute(text("DELETE FROM audit_head"))
        tables = MetaData()
        tables.reflect(target)
        for table in tables.sorted_tables:
            if table.name not in ("alembic_version", *_SERVICE):
                rows = [dict(row) for row in source.execute(select(table)).mappings()]
                if rows:
                    target.execute(insert(table), rows)
    made.dispose()
    held.dispose()


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of the same vendor as `store_url`."""
    if store_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


def test_the_first_release_is_brought_here_with_all_it_holds(empty_url: str, store_url: str, tmp_path: Path) -> None:
    now = Installation(tmp_path, store_url)
    rows = [now.call(f"A{n}", "楼道堆放杂物影响通行，请协调处理", caller=n, minutes=5) for n in range(3)]
    now.ingest(*rows, now.call("H1", "楼上漏水争吵", caller=7, days=40))
    acting.close(now.desk, now.person(), "police_110:A2", means="调解", evidence="照片")
    first_release(empty_url, like=store_url)
    with pytest.raises(StoreError, match="本程序需要"):
        Installation(tmp_path, empty_url)
    assert upgrade(empty_url) == FIRST
    later = Installation(tmp_path, empty_url, now=now.now)
    assert later.desk.store.verify(deep=True).sound
    assert sweep(later.desk.store, later.desk.stages, later.desk.clock).done == 3
    with later.desk.store.read() as new, now.desk.store.read() as old:
        assert {row.item: row.due.at for row in new.waiting(MATTER)} == {
            row.item: row.due.at for row in old.waiting(MATTER)
        }
        assert len(new.matters(MatterFilter())) == len(old.matters(MatterFilter())) == 4
    later.close()
    now.close()


def test_an_upgrade_from_the_first_release_that_was_broken_off_leaves_the_first_release(
    empty_url: str, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_release(empty_url, like=store_url)
    honest = op.create_table

    def full(name: str, *columns: object, **more: object) -> object:
        if name == "jobs":
            raise OSError("no space left")
        return honest(name, *columns, **more)

    with monkeypatch.context() as patched, pytest.raises(OSError, match="no space"):
        patched.setattr(op, "create_table", full)
        upgrade(empty_url)
    assert upgrade(empty_url) == FIRST
    assert upgrade(empty_url) == migrations.HEAD
