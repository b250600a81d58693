"""Databases as sources: real SQLite and real PostgreSQL, cursors of each type, and what is refused."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.sources.database import DatabaseSource
from engine.errors import SourceError
from engine.model import SourceSpec
from tests.postgres import PostgresServer

ROWS = [
    (9, "2025-01-01 08:00:00", "吵架", "12.50"),
    (10, "2025-01-02 08:00:00", "砍人", None),
    (11, "2025-01-03 08:00:00", "借钱不还", "3"),
]
BY_ID = "SELECT id, at, narrative FROM cases WHERE id > :cursor ORDER BY id"


@pytest.fixture(scope="module")
def postgres_cases(postgres: PostgresServer) -> Iterator[str]:
    name = postgres.create()
    with psycopg.connect(postgres._dsn(name)) as connection:
        connection.execute(
            "CREATE TABLE cases (id bigint, at timestamptz, narrative text, amount numeric, photo bytea)"
        )
        for case, at, narrative, amount in ROWS:
            connection.execute(
                "INSERT INTO cases VALUES (%s, %s, %s, %s, %s)", (case, f"{at}+08", narrative, amount, b"\xff\x00")
            )
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def sqlite_cases(tmp_path: Path) -> str:
    path = tmp_path / "外单位.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cases (id INTEGER, at TEXT, narrative TEXT, amount NUMERIC, photo BLOB)")
        connection.executemany("INSERT INTO cases VALUES (?, ?, ?, ?, x'ff00')", ROWS)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def cases(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_cases")
    return url


def source(location: str, query: str, *, cursor: str = "", **options: Any) -> DatabaseSource:
    return DatabaseSource(SourceSpec("ledger", "sql", frozenset(), location, cursor, {"query": query, **options}))


def refusal(feed: DatabaseSource) -> SourceError:
    with pytest.raises(SourceError) as refused:
        list(feed.read())
    assert refused.value.where
    assert refused.value.hint
    return refused.value


def test_rows_as_the_query_gives_them(cases: str) -> None:
    rows = list(source(cases, "SELECT id, narrative AS 内容, amount FROM cases ORDER BY id").read())
    assert [(r.source, r.kind, r.row) for r in rows] == [("ledger", "sql", n) for n in (1, 2, 3)]
    assert [(r.values["id"], r.values["内容"]) for r in rows] == [(9, "吵架"), (10, "砍人"), (11, "借钱不还")]
    assert [str(r.values["amount"]).rstrip("0") for r in rows] == ["12.5", "None", "3"]
    assert all(len(r.digest) == 64 for r in rows)


def test_a_cursor_of_numbers_goes_on_where_it_stopped(cases: str) -> None:
    feed = source(cases, BY_ID, cursor_column="id", cursor_start="0")
    assert [r.values["id"] for r in feed.read()] == [9, 10, 11]
    assert feed.cursor() == "11"
    feed = source(cases, BY_ID, cursor="9", cursor_column="id", look_back=0)
    assert [r.values["id"] for r in feed.read()] == [10, 11]
    feed = source(cases, BY_ID, cursor="11", cursor_column="id", look_back=0)
    assert list(feed.read()) == []
    assert feed.cursor() == "11"


def test_a_cursor_of_times_goes_on_where_it_stopped(cases: str) -> None:
    query = "SELECT at, id FROM cases WHERE at > :cursor ORDER BY at"
    feed = source(cases, query, cursor_column="at", cursor_start="2025-01-01 20:00:00")
    assert [r.values["id"] for r in feed.read()] == [10, 11]
    again = source(cases, query, cursor=feed.cursor(), cursor_column="at", look_back=0)
    assert list(again.read()) == []


@pytest.mark.parametrize(
    ("look_back", "read", "behind"),
    [({}, [9, 10, 11], [9]), ({"look_back": 1}, [11], []), ({"look_back": 2}, [10, 11], [])],
)
def test_a_reading_looks_back_for_late_rows_and_the_cursor_never_goes_back(
    cases: str, look_back: dict[str, int], read: list[int], behind: list[int]
) -> None:
    feed = source(cases, BY_ID, cursor="11", cursor_column="id", **look_back)
    seen = []
    for row in feed.read():
        seen.append(row.values["id"])
        assert feed.cursor() == "11"
    assert seen == read
    old = source(
        cases, "SELECT id FROM cases WHERE id > :cursor AND id < 10", cursor="11", cursor_column="id", **look_back
    )
    assert [row.values["id"] for row in old.read()] == behind
    assert old.cursor() == "11"


def test_times_are_looked_back_from_in_the_form_they_are_written_in(cases: str) -> None:
    query = "SELECT at, id FROM cases WHERE at > :cursor ORDER BY at"
    whole = source(cases, query, cursor_column="at", cursor_start="2025-01-01 00:00:00")
    list(whole.read())
    again = source(cases, query, cursor=whole.cursor(), cursor_column="at")
    assert [row.values["id"] for row in again.read()] == [11], "what lies within a day before the cursor"
    further = source(cases, query, cursor=whole.cursor(), cursor_column="at", look_back="25h")
    assert [row.values["id"] for row in further.read()] == [10, 11]


def test_the_cursor_covers_what_was_handed_over_and_no_more(cases: str) -> None:
    feed = source(cases, BY_ID, cursor_column="id", cursor_start="0")
    stream = feed.read()
    assert feed.cursor() == ""
    next(stream)
    assert feed.cursor() == "9"
    next(stream)
    assert feed.cursor() == "10"


def test_rows_without_a_cursor_value_leave_it_where_it_is(cases: str) -> None:
    feed = source(cases, "SELECT CASE WHEN id < 11 THEN id END AS n FROM cases ORDER BY id", cursor_column="n")
    assert [r.values["n"] for r in feed.read()] == [9, 10, None]
    assert feed.cursor() == "10"


def test_a_query_that_does_not_ask_for_the_cursor_is_read_whole(cases: str) -> None:
    assert len(list(source(cases, "SELECT id FROM cases", cursor="10").read())) == 3


def test_rows_against_the_order_of_the_cursor_are_refused(cases: str) -> None:
    fault = refusal(source(cases, "SELECT id FROM cases ORDER BY id DESC", cursor_column="id"))
    assert "没有按游标列排序：10 排在 11 之后" in fault.what
    assert "ORDER BY" in fault.hint


def test_equal_cursor_values_are_in_order(cases: str) -> None:
    feed = source(cases, "SELECT 5 AS n FROM cases", cursor_column="n", cursor="5")
    assert len(list(feed.read())) == 3


def test_a_cursor_column_that_is_not_selected_is_refused(cases: str) -> None:
    fault = refusal(source(cases, "SELECT id FROM cases", cursor_column="at"))
    assert fault.what == "查询结果里没有游标列 at，只有：id"


def test_columns_of_one_name_keep_both(cases: str) -> None:
    rows = list(source(cases, "SELECT a.id, b.id FROM cases a, cases b WHERE a.id = 9 AND b.id = 10").read())
    assert [r.values for r in rows] == [{"id": 9, "id#2": 10}]


def test_bytes_are_kept_as_text(cases: str) -> None:
    (row, *_) = source(cases, "SELECT photo FROM cases").read()
    assert row.values == {"photo": "ff00"}


@pytest.mark.parametrize("query", ["", "  "])
def test_no_query_is_refused(cases: str, query: str) -> None:
    assert refusal(source(cases, query)).what == "没有写查询语句"


def test_other_parameters_are_refused(cases: str) -> None:
    assert "不认识的参数 town" in refusal(source(cases, "SELECT id FROM cases WHERE id = :town")).what


@pytest.mark.parametrize("query", ["SELECT id FROM nowhere", "SELECT id FROM cases WHERE", "SELEKT 1"])
def test_a_query_that_the_database_refuses_says_why(cases: str, query: str) -> None:
    fault = refusal(source(cases, query))
    assert fault.what.startswith("数据库读不出来：")
    assert len(fault.what) > len("数据库读不出来：ProgrammingError ")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM cases",
        "DROP TABLE cases",
        "UPDATE cases SET narrative = 'x'",
        "INSERT INTO cases (id) VALUES (99)",
        "CREATE TABLE more (id int)",
    ],
)
def test_a_source_only_reads(cases: str, statement: str) -> None:
    refusal(source(cases, statement))
    assert [r.values for r in source(cases, "SELECT id, narrative FROM cases ORDER BY id").read()] == [
        {"id": case, "narrative": narrative} for case, _, narrative, _ in ROWS
    ]


def test_a_reader_that_stops_early_holds_no_connection(postgres_cases: str) -> None:
    stream = source(postgres_cases, "SELECT id FROM cases").read()
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    query = "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT id FROM cases%'"
    deadline = time.monotonic() + 5
    while (left := [r.values["n"] for r in source(postgres_cases, query).read()]) != [0]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_the_first_read_on_numbers_without_a_start_says_what_to_write(postgres_cases: str) -> None:
    assert "cursor_start" in refusal(source(postgres_cases, BY_ID, cursor_column="id")).hint


def test_a_query_that_never_answers_is_ended(cases: str) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    begun = time.monotonic()
    fault = refusal(source(cases, endless, timeout_seconds=1))
    assert "数据库读不出来" in fault.what
    assert time.monotonic() - begun < 20


def test_a_lock_is_not_waited_for_without_end(postgres: PostgresServer, postgres_cases: str) -> None:
    name = postgres_cases.split("/")[3].split("?", maxsplit=1)[0]
    with psycopg.connect(postgres._dsn(name)) as other:
        other.execute("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE")
        assert "数据库读不出来" in refusal(source(postgres_cases, "SELECT id FROM cases", timeout_seconds=1)).what


@pytest.mark.parametrize("seconds", [0, -1, "10", True, 1.5])
def test_a_timeout_that_is_no_number_is_refused(cases: str, seconds: object) -> None:
    fault = refusal(source(cases, "SELECT 1", timeout_seconds=seconds))
    assert "timeout_seconds 写得不对" in fault.what


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("", "数据库地址写法不对"),
        ("没有冒号", "数据库地址写法不对"),
        ("postgresql://user@host:port/x", "数据库地址写法不对"),
        ("sqlite://", "没有找到数据库文件：（未写）"),
        ("sqlite:////nonexistent/a.db", "没有找到数据库文件"),
        ("nosuch://user@host/x", "不认识这种数据库"),
        ("mysql://user:geheim@127.0.0.1/x", "没有装这种数据库的驱动"),
        ("postgresql+psycopg://user:geheim@127.0.0.1:9/x", "数据库读不出来"),
    ],
)
def test_addresses_that_lead_nowhere(location: str, told: str) -> None:
    fault = refusal(source(location, "SELECT 1"))
    assert told in fault.what
    assert "geheim" not in str(fault)


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    refusal(source(f"sqlite:///{tmp_path}/new.db", "SELECT 1"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"text" * 1000)
    assert "file is not a database" in refusal(source(f"sqlite:///{tmp_path}/a.db", "SELECT 1 FROM x")).what


def test_thousands_of_rows_come_in_order(cases: str) -> None:
    query = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT x FROM n ORDER BY x"
    feed = source(cases, query, cursor_column="x")
    assert [r.values["x"] for r in feed.read()] == list(range(1, 5001))
    assert feed.cursor() == "5000"
