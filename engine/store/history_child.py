"""The child process that reads a SQLite file as columns: statements in, one a line, an Arrow stream out for each; all in one view.

In: the path of the file, statements on standard input. Out: Arrow streams on standard output; what went wrong as the last line of standard error.
Not here: what is asked (`history`). Run by its own path, so that nothing else of ours is imported.

A process of its own, for ADBC brings its own copy of SQLite. Two copies in one process do not know of each other: when one closes the file, the
operating system drops the locks of both, and a database that somebody writes to is destroyed.
"""

from __future__ import annotations

import sys
from contextlib import closing
from importlib import import_module
from typing import BinaryIO

import pyarrow as pa

_BATCH_ROWS = "20000"


def answer(path: str, statements: BinaryIO, out: BinaryIO) -> None:
    """Answer statements until there are no more."""
    driver = import_module("adbc_driver_sqlite.dbapi")
    with closing(driver.connect(path)) as opened, closing(opened.cursor()) as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _BATCH_ROWS})
        for statement in statements:
            cursor.execute(statement.decode())
            batches = cursor.fetch_record_batch()
            with pa.ipc.new_stream(out, batches.schema) as stream:
                for batch in batches:
                    stream.write_batch(batch)
            out.flush()


if __name__ == "__main__":
    answer(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
