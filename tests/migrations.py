"""R16: a database of a released schema with rows in it is brought to this release, killed with signal 9 in the middle, and resumed.

In: URLs of empty databases, sizes. Out: a database as 0.1.0 left it; trials and violations. Not here: who asserts.
As a program: `python -m tests.migrations URL STATEMENT` upgrades, and stops for ever after that many statements: there it is killed.
"""

from __future__ import annotations

import atexit
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, event, func, inspect, select, text

from engine.store import migrate, migrations, open_store, upgrade
from engine.store.dialects import Insert, transaction, vendor_of
from tests.conftest import KEYS
from tests.store_samples import START, samples, write
from tests.store_worker import BOOK, judged

_ROOT = Path(__file__).parents[1]
_PAGE = 1_000


def released(url: str, revision: str, rows: int) -> None:
    """Make a database of an old schema, with so many records as this release writes them, as far as the old schema has the columns."""
    source = _filled(rows)
    with _writing(url) as (to, vendor):
        settings = Config(attributes={"connection": to})
        settings.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        command.upgrade(settings, revision)
        held = MetaData()
        held.reflect(to)
        with _writing(source) as (filled, _):
            for table in held.sorted_tables:
                if table.name != "alembic_version":
                    _copy(filled, to, vendor, table)


@cache
def _filled(rows: int) -> str:
    """A database of this release with so many records, made once in a process."""
    url = f"sqlite:///{_scratch() / f'filled-{rows}.db'}"
    upgrade(url)
    _fill(url, rows)
    return url


@cache
def _scratch() -> Path:
    """A folder until this process ends."""
    folder = tempfile.mkdtemp(prefix="sanse-migrations-")
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


def _fill(url: str, rows: int) -> None:
    store = open_store(url, KEYS)
    for first in range(0, rows, _PAGE):
        with store.batch() as tx:
            tx.note_rulebook(BOOK, START)
            write(tx, [judged(sample) for sample in samples(min(_PAGE, rows - first), seed=3, first=first)], codes=True)
            tx.append_audit("sanse", "ingest", {"first": first}, START)
    store.close()


def _copy(source: Connection, to: Connection, vendor: Any, table: Any) -> None:
    names = {column["name"] for column in inspect(source).get_columns(table.name)}
    if not {column.name for column in table.columns} <= names:
        return  # made anew by a later step, and empty until then
    keys = tuple(column.name for column in table.primary_key.columns) if table.name in ("meta", "audit_head") else ()
    found = source.execute(select(table).execution_options(stream_results=True))
    for page in found.partitions(_PAGE):
        vendor.write(
            to, Insert(table, *(column.name for column in table.columns), keys=keys), [tuple(row) for row in page]
        )
    vendor.count_on(to, migrate.meta.metadata.tables[table.name])


@contextmanager
def _writing(url: str) -> Iterator[tuple[Connection, Any]]:
    vendor = vendor_of(url)
    engine = vendor.engine()
    with transaction(engine, vendor, writes=True) as connection:
        yield connection, vendor
    engine.dispose()


def revision_and_counts(url: str) -> tuple[str, dict[str, int]]:
    """What a database says of itself, without opening it as a store."""
    with _writing(url) as (connection, _):
        held = MetaData()
        held.reflect(connection)
        counts = {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in held.sorted_tables
        }
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return str(revision), counts


def killed_and_resumed(url: str, revision: str, rows: int, kills: int, seed: int = 1) -> tuple[int, list[str]]:
    """Kill the upgrade so often, at statements that are spread over all of it, then let it end; how many kills, and what was wrong."""
    released(url, revision, rows)
    before, total, violations = revision_and_counts(url), statements(revision), []
    places = spread(total, kills, seed)
    for place in places:
        if not _kill_at(url, place):
            violations.append(f"statement {place}: it ended before it could be killed")
            break
        after = revision_and_counts(url)
        if after != before:
            violations.append(f"statement {place}: {before[0]} became {after[0]} half way")
    upgrade(url)
    return len(places), [*violations, *_faults(url, before[1], rows)]


@cache
def statements(revision: str) -> int:
    """How many statements an upgrade from a revision runs."""
    url = f"sqlite:///{_scratch() / f'counting-{revision}.db'}"
    released(url, revision, _PAGE)
    return _upgrade(url, stop_at=-1)


def spread(total: int, kills: int, seed: int) -> list[int]:
    """Statements to be killed at, the first and the last among them."""
    draw = random.Random(f"R16/{seed}")
    middle = [draw.randrange(1, total + 1) for _ in range(max(0, kills - 2))]
    return [1, *middle, total][:kills] if kills > 1 else [total]


def _kill_at(url: str, place: int) -> bool:
    """Start an upgrade and kill it when it has run so many statements."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.migrations", url, str(place)], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    here = child.stdout.readline() == "here\n"
    child.kill()
    child.wait()
    return here


_FILLED = frozenset({"due"})
"""Made anew and filled by the upgrade itself: every open matter has a next moment."""


def _faults(url: str, before: dict[str, int], rows: int) -> Iterator[str]:
    revision, after = revision_and_counts(url)
    if revision != migrations.HEAD:
        yield f"ended at {revision}"
    lost = [name for name, count in before.items() if name not in _FILLED and after.get(name) != count]
    if lost:
        yield f"rows lost or gained: {lost}"
    store = open_store(url, KEYS)
    verified = store.verify(deep=True)
    if not verified.sound or verified.counts["sightings"] != rows:
        yield f"not sound: {verified.findings} {verified.audit.findings}"
    with store.batch() as tx:
        write(tx, [judged(sample) for sample in samples(3, seed=9, first=rows)])
        tx.append_audit("sanse", "ingest", {}, START)
    store.close()


def _upgrade(url: str, *, stop_at: int) -> int:
    """Upgrade; how many statements it took. At `stop_at` say so and wait to be killed."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == stop_at:
            print("here", flush=True)
            time.sleep(3_600)

    event.listen(Engine, "after_cursor_execute", count)
    try:
        upgrade(url)
    finally:
        event.remove(Engine, "after_cursor_execute", count)
    return seen[0]


if __name__ == "__main__":
    _upgrade(sys.argv[1], stop_at=int(sys.argv[2]))
