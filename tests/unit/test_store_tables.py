"""The schema that the migrations make is the schema that the code knows."""

from __future__ import annotations

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from engine.store.tables import metadata
from tests.store_samples import by_hand


def test_the_migrations_make_the_tables_that_the_code_knows(store_url: str) -> None:
    with by_hand(store_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_columns_stand_in_the_same_order_and_nothing_may_be_null(store_url: str) -> None:
    with by_hand(store_url) as connection:
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            held = inspector.get_columns(table.name)
            assert [column["name"] for column in held] == [column.name for column in table.columns], table.name
            assert not any(column["nullable"] for column in held), table.name


def test_partial_indexes_and_tables_without_rowid_are_alike(sqlite_url: str) -> None:
    """What `compare_metadata` does not look at: a fresh database made from the metadata alone has the same statements."""
    with by_hand(sqlite_url) as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type != 'trigger'")
        )
        migrated = {name: plain(sql) for name, sql in rows if name not in ("alembic_version", "sqlite_sequence")}
    with by_hand("sqlite://") as connection:
        metadata.create_all(connection)
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        assert {name: plain(sql) for name, sql in rows} == migrated


def plain(sql: str) -> str:
    """A statement without white space, and with its constraints in one order."""
    head, _, body = re.sub(r"\s+", " ", sql).replace('"', "").partition("(")
    return head + "|".join(sorted(part.strip(" )") for part in body.split(",")))
