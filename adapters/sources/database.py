"""Any SQL database as a source: a SQLAlchemy URL, a query, a cursor column.

In: a SourceSpec whose location is the URL and whose options hold `query` (may use `:cursor`), `cursor_column`, `cursor_start`
(where the first read begins), `look_back` (how far before the cursor later ones begin), `timeout_seconds`. Out: RawRecords in the order
of the query, which is the order of the cursor column.
Not here: our own database (`engine.store`). Reading only: SQLite and PostgreSQL are told so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import NullType

from adapters.sources.documents import cell
from adapters.sources.options import whole_number, wrong
from adapters.sources.progress import begin, later
from adapters.sources.rows import unique_names
from engine.errors import SourceError, Unreachable
from engine.model import RawRecord, SourceSpec

_CHUNK = 1000
_SECONDS = 300
_CONNECT_SECONDS = 10
_LIBPQ = frozenset({"psycopg", "psycopg2"})
_SAID: dict[str, tuple[str, type[SourceError]]] = {
    "file is not a database": ("文件不是数据库", SourceError),
    "malformed": ("数据库文件已损坏", SourceError),
    "syntax error": ("查询语句写法不对", SourceError),
    "no such table": ("没有查询里写的表", SourceError),
    "no such column": ("没有查询里写的列", SourceError),
    "password authentication failed": ("用户名或口令不对", SourceError),
    "permission denied": ("没有权限", Unreachable),
    "readonly": ("只许读，查询却要写", SourceError),
    "interrupted": ("查询太久，停下了", Unreachable),
    "timeout": ("查询太久，停下了", Unreachable),
    "database is locked": ("别的程序正占用数据库", Unreachable),
    "unable to open": ("数据库文件打不开", Unreachable),
    "connection": ("连不上数据库", Unreachable),
    "could not translate host name": ("找不到数据库主机", Unreachable),
    "does not exist": ("没有查询里写的表、列，或没有这个库", SourceError),
}
"""What databases say, by a part of it, the telling ones first: what it means, and who must act."""
_STEPS = 100_000  # SQLite asks every so many instructions whether to go on


class DatabaseSource:
    """Rows of a query; the cursor is the last value of the cursor column and reaches the query as a bound parameter."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        self._cursor, self._seen, self._looks_back = spec.cursor, "", False

    def read(self) -> Iterator[RawRecord]:
        """Rows as the query gives them; raises SourceError when the database refuses, or is out of the cursor's order."""
        statement, parameters = self._statement()
        url = self._url()
        try:
            patience = _Patience(whole_number(self.spec, "timeout_seconds", _SECONDS))
            with _connection(url, patience) as connection:
                result = connection.execute(statement, parameters)
                names = unique_names(list(result.keys()))
                self._check_column(names)
                for number, row in enumerate(result, start=1):
                    values = {name: cell(value) for name, value in zip(names, row, strict=True)}
                    self._advance(values)
                    yield RawRecord(self.spec.name, self.spec.kind, number, values)
                    patience.renew()
        except ImportError as fault:
            raise Unreachable(
                f"没有装这种数据库的驱动：{fault.name}", where=self.spec.name, hint="请管理员安装驱动后再试"
            ) from fault
        except SQLAlchemyError as fault:
            raise self._refused(fault) from fault

    def cursor(self) -> str:
        """Where the next read begins."""
        return self._cursor

    def _statement(self) -> tuple[TextClause, dict[str, str]]:
        """The query with the cursor as a parameter without a type: the column decides what '7' or a date is."""
        query = str(self.spec.options.get("query", "")).strip()
        if not query:
            raise SourceError(
                "没有写查询语句", where=self.spec.name, hint="在 config.yaml 的 options.query 里写 SELECT"
            )
        statement = text(query)
        others = set(statement.compile().params) - {"cursor"}
        if others:
            raise wrong(self.spec, "query", f"里面有不认识的参数 {'、'.join(sorted(others))}，只能用 :cursor")
        if "cursor" not in statement.compile().params:
            return statement, {}
        start = begin(self.spec)
        self._looks_back = start != self.spec.cursor
        start = start or str(self.spec.options.get("cursor_start", ""))
        return statement.bindparams(bindparam("cursor", type_=NullType())), {"cursor": start}

    def _url(self) -> URL:
        try:
            url = make_url(self.spec.location)
        except (ArgumentError, ValueError) as fault:
            raise SourceError(
                "数据库地址写法不对", where=self.spec.name, hint="写成 postgresql+psycopg://用户@主机/库名 这样的地址"
            ) from fault
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise SourceError(
                f"没有找到数据库文件：{url.database or '（未写）'}", where=self.spec.name, hint="检查地址里的路径"
            )
        return url

    def _check_column(self, names: list[str]) -> None:
        column = self.spec.options.get("cursor_column")
        if column and column not in names:
            raise SourceError(
                f"查询结果里没有游标列 {column}，只有：{'、'.join(names)}"[:300],
                where=self.spec.name,
                hint="在 options.query 里选出这一列，或改正 options.cursor_column",
            )

    def _advance(self, values: dict[str, Any]) -> None:
        """Move the cursor; what goes back would be lost when reading breaks off here, so that is refused."""
        value = values.get(str(self.spec.options.get("cursor_column")))
        if value is None:
            return
        if _goes_back(self._seen, value):
            raise SourceError(
                f"查询结果没有按游标列排序：{value} 排在 {self._seen} 之后",
                where=self.spec.name,
                hint="在 options.query 末尾加 ORDER BY 游标列",
            )
        self._seen = str(value)
        self._cursor = later(self.spec.cursor, self._seen) if self._looks_back else self._seen

    def _refused(self, fault: SQLAlchemyError) -> SourceError:
        if isinstance(fault, NoSuchModuleError):
            return SourceError("不认识这种数据库", where=self.spec.name, hint="检查数据库地址开头的种类和驱动")
        told = str(fault.orig) if isinstance(fault, DBAPIError) else str(fault)
        first = (told.splitlines() or [""])[0][:200]
        why, kind = next((meant for part, meant in _SAID.items() if part in first), ("查询没有成功", SourceError))
        return kind(
            f"数据库读不出来：{why}（{type(fault).__name__} {first}）",
            where=self.spec.name,
            hint="检查地址、账号、查询语句和网络；查询用了 :cursor 时，用 options.cursor_start 写明第一次从哪里读起",
        )


def _goes_back(before: str, value: object) -> bool:
    """Whether a number comes after a larger one. Texts are left alone: each database has its own order of them."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return before != str(value) and later(before, str(value)) == before


class _Patience:
    """How long the database may think about the next row; what the reader does with a row is not its fault."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Begin to wait anew."""
        self._until = time.monotonic() + self.seconds

    def over(self) -> bool:
        """Whether it has taken too long."""
        return time.monotonic() > self._until


@contextmanager
def _connection(url: URL, patience: _Patience) -> Iterator[Connection]:
    """A connection that only reads and does not wait for ever."""
    backend = url.get_backend_name()
    arguments: dict[str, Any] = {}
    if url.get_driver_name() in _LIBPQ:
        arguments = {"connect_timeout": _CONNECT_SECONDS, "options": f"-c statement_timeout={patience.seconds * 1000}"}
    engine = create_engine(url, connect_args=arguments)
    try:
        with engine.connect().execution_options(yield_per=_CHUNK) as connection:
            if backend == "postgresql":
                connection.execution_options(postgresql_readonly=True)
            if backend == "sqlite":
                _only_reading(connection, patience)
            yield connection
    finally:
        engine.dispose()


def _only_reading(connection: Connection, patience: _Patience) -> None:
    connection.exec_driver_sql("PRAGMA query_only = ON")
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(patience.over, _STEPS)
