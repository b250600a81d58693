"""Copying: many new rows into PostgreSQL by COPY, at half the cost of INSERT.

In: a connection, a COPY statement, rows. Out: nothing; a StoreError when the server refuses a row.
Not here: when it is worth it (`dialects`). Imported only when it runs, for it needs the driver itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def copy_in(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows within the connection's transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as fault:
        raise DBAPIError(statement, None, fault, hide_parameters=True) from fault
