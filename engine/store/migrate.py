"""Migrate: bring a database's tables to this release.

In: a URL. Out: nothing. Not here: what each step does (`migrations/versions`), opening (`opening`).

A step runs in one transaction, on SQLite too: killed half way it leaves the step before. There is no way back but a backup.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, inspect, text

from engine.errors import StoreError
from engine.store.dialects import Insert, transaction, vendor_of
from engine.store.migrations import HEAD, REVISIONS
from engine.store.tables import meta

_SCRIPTS = Path(__file__).parent / "migrations"
_WRITE_META = Insert(meta, keys=("name",))


def upgrade(url: str, *, clock: Literal["real", "simulated"] = "real", at: datetime | None = None) -> str:
    """Bring a database to this release, or make a new one; the revision it had before ("" for a new one).

    `clock` and `at` are noted in a new database: only one made with a simulated clock takes `--now` (ruling 15).
    Raises StoreError for a database of a later release.
    """
    vendor = vendor_of(url)
    engine = vendor.engine()
    try:
        with transaction(engine, vendor, writes=True) as connection:
            vendor.lock(connection, ())
            held = _held(connection)
            _refuse_later(held)
            if held != HEAD:
                make(connection)
            if not held:
                facts = {"clock": clock, "created_at": "" if at is None else at.isoformat()}
                connection.exec_driver_sql(_WRITE_META.text(vendor), list(facts.items()))
    finally:
        engine.dispose()
    return held


def _held(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or "")


def _refuse_later(held: str) -> None:
    if held and held not in REVISIONS:
        raise StoreError(
            f"数据库的版本是 {held}，比本程序的 {HEAD} 新，不能降级",
            hint="降级会丢失新版本写入的数据。请升级 sanse，或用升级前的备份恢复",
        )


def make(connection: Connection) -> None:
    """Bring the tables to this release within an open transaction."""
    from alembic import command
    from alembic.config import Config

    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(_SCRIPTS))
    command.upgrade(settings, "head")
