"""Any SQL database as a source: a SQLAlchemy URL, a query, a cursor column.

In: a SourceSpec whose location is the URL and whose options hold `query` (may use `:cursor`) and `cursor_column`.
Out: RawRecords in the order of the query. Not here: our own database (`engine.store`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.sources.files import cell
from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec

_CHUNK = 1000


class DatabaseSource:
    """Rows of a query; the cursor is the last value of the cursor column and reaches the query as a bound parameter."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec
        self._cursor = spec.cursor

    def read(self) -> Iterator[RawRecord]:
        """Rows as the query gives them; raises SourceError when the database refuses."""
        query = str(self.spec.options.get("query", ""))
        column = self.spec.options.get("cursor_column")
        if not query:
            raise SourceError(
                "没有写查询语句", where=self.spec.name, hint="在 config.yaml 的 options.query 里写 SELECT"
            )
        parameters = {"cursor": self.spec.cursor or self.spec.options.get("cursor_start", "")}
        statement = text(query)
        wanted = parameters if "cursor" in statement.compile().params else {}
        try:
            engine = create_engine(self.spec.location)
            with engine.connect().execution_options(yield_per=_CHUNK) as connection:
                for number, row in enumerate(connection.execute(statement, wanted).mappings(), start=1):
                    values = {str(key): cell(value) for key, value in row.items()}
                    if column and values.get(column) is not None:
                        self._cursor = str(values[column])
                    yield RawRecord(self.spec.name, self.spec.kind, number, values)
        except SQLAlchemyError as fault:
            raise SourceError(
                f"数据库读不出来：{type(fault).__name__}", where=self.spec.name, hint="检查地址、账号、查询语句和网络"
            ) from fault

    def cursor(self) -> str:
        """Where the next read begins."""
        return self._cursor
