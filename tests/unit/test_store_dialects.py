"""Vendors differ in one module only, and every list look-up uses an index on both."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, select

from engine.store import arrivals, events, judgements, matters, neighbourhood, quarantine
from engine.store.dialects import Insert, PostgresVendor, Query, Remove, SqliteVendor, among, vendor_of
from tests.store_samples import by_hand

SQLITE = SqliteVendor("sqlite:///x.db")
POSTGRES = PostgresVendor("postgresql://host/x")
TABLE = Table("t", MetaData(), Column("a", Text), Column("b", Integer))
HOT = {
    f"{module.__name__.rpartition('.')[2]}{name}": query
    for module in (arrivals, events, judgements, matters, neighbourhood, quarantine)
    for name, query in vars(module).items()
    if isinstance(query, Query)
}
SMALL = ("quarantine", "judgements_DEFECTS", "judgements_SHADOW", "matters_HOTSPOTS")
"""Lists of everything there is, in tables that stay small."""
ASKED_FOR = ("judgements_LOOKED",)
"""Figures of rules, which a person asks for now and then: they count everything there is."""
COUNTED = ("matters_BY_COLOUR",)
"""Counts of everything, which an index alone must answer."""


def test_a_list_is_one_parameter_for_each_vendor() -> None:
    query = Query(select(TABLE).where(among(TABLE.c.a, "names")))
    assert query.compiled(SQLITE)[:2] == (
        "SELECT t.a, t.b \nFROM t \nWHERE t.a IN (SELECT value FROM json_each(?))",
        ("names",),
    )
    assert query.compiled(POSTGRES)[0].endswith("WHERE t.a = ANY (CAST(%(names)s AS text[]))")
    assert SQLITE.listed(["a", "“b”"]) == '["a","“b”"]'
    assert POSTGRES.listed(("a", "b")) == ["a", "b"]


def test_inserts_replace_keep_or_leave() -> None:
    assert Insert(TABLE).text(SQLITE) == 'INSERT INTO "t" ("a", "b") VALUES (?, ?)'
    assert Insert(TABLE, "b").text(POSTGRES) == 'INSERT INTO "t" ("b") VALUES (%s)'
    assert Insert(TABLE, keys=("a",)).text(SQLITE).endswith('ON CONFLICT ("a") DO UPDATE SET "b" = excluded."b"')
    assert Insert(TABLE, once=True).text(SQLITE).endswith("ON CONFLICT DO NOTHING")
    assert Remove(TABLE, "a", "b").text(SQLITE) == 'DELETE FROM "t" WHERE "a" = ? AND "b" = ?'


@pytest.mark.parametrize("name", [name for name in HOT if not name.startswith((*SMALL, *COUNTED, *ASKED_FOR))])
def test_no_hot_query_walks_through_a_whole_table(sqlite_url: str, name: str) -> None:
    sql, order, _ = HOT[name].compiled(SQLITE)
    with by_hand(sqlite_url) as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", ("[]",) * len(order))]
    scans = [
        step for step in plan if step.startswith("SCAN") and not re.search(r"VIRTUAL TABLE|SCAN chain|SCAN \(", step)
    ]
    assert scans == []


@pytest.mark.parametrize("name", COUNTED)
def test_what_counts_everything_reads_an_index_and_no_table(sqlite_url: str, name: str) -> None:
    sql, _, _ = HOT[name].compiled(SQLITE)
    with by_hand(sqlite_url) as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert [step for step in plan if "COVERING INDEX" not in step] == []


def test_the_vendor_is_told_by_the_address() -> None:
    assert vendor_of("sqlite:///x.db").name == "sqlite"
    assert vendor_of("postgresql://h/x").name == vendor_of("postgresql+psycopg://h/x").name == "postgresql"


def test_every_commit_of_sqlite_is_on_disk_before_it_returns(sqlite_url: str) -> None:
    engine = vendor_of(sqlite_url).engine()
    with engine.connect() as connection:
        held = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "temp_store", "busy_timeout")
        }
    engine.dispose()
    assert held == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "temp_store": 2, "busy_timeout": 60_000}
