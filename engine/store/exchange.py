"""Exchange: the columns of history as Parquet files, for more than one machine holds, or for an engine elsewhere.

In: a consistent view as columns, an empty folder. Out: files of records, actions, base facts and decisions with a manifest; the same view from such a
folder. Not here: the view of a database (`history`), who may have it (`engine.desk.exchange`).

Only what judging again needs goes out: no text, no quotes from texts, no names. Digests of phones, ID numbers and places are made anew with a salt that
nobody keeps, so two exports cannot be laid side by side and neither can be matched with the database. Suppliers' record numbers stay: by them people
find what has changed. Files are written beside the folder and moved there when all are whole.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from engine.errors import UsageError
from engine.store.history import History
from engine.store.manifest import Manifest, opened, seal

STRETCH = 200_000
"""Row numbers to a file."""
TABLES = ("records", "actions", "facts", "verdicts")
_SALTED = ("place", "phone", "id_number")


def write(view: History, folder: Path, *, salt: bytes, advance: Callable[[int], None] = lambda _: None) -> Manifest:
    """Write a view below a folder that does not exist yet, or is empty. Raises UsageError where it holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} 里已有东西，导出不覆盖", hint="换一个新目录，或先把里面的东西挪走")
    growing = folder.with_name(f".{folder.name}.growing")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True, mode=0o700)
    made = _written(view, growing, salt, advance)
    if folder.exists():
        folder.rmdir()
    growing.rename(folder)
    return made


def _written(view: History, folder: Path, salt: bytes, advance: Callable[[int], None]) -> Manifest:
    newest, actions = view.newest(), view.newest_action()
    rows = dict.fromkeys(TABLES, 0)
    for name, read, last in (
        ("records", lambda *of: _salted(view.records(*of), salt), newest),
        ("actions", view.actions, actions),
        ("facts", lambda *of: _unquoted(view.facts(*of)), newest),
        ("verdicts", lambda *of: _told(view.verdicts(*of)), newest),
    ):
        (folder / name).mkdir(mode=0o700)
        for first in range(0, max(last, 1), STRETCH):
            table: pa.Table = read(first, first + STRETCH)
            _keep(table, folder / name / f"{first:012}.parquet")
            rows[name] += table.num_rows
            advance(min(STRETCH, last - first))
    made = Manifest(newest, actions, rows)
    seal(folder, made)
    return made


def _keep(table: pa.Table, path: Path) -> None:
    with path.open("xb") as file:
        path.chmod(0o600)
        pq.write_table(table, file, compression="zstd", row_group_size=STRETCH)


def _salted(table: pa.Table, salt: bytes) -> pa.Table:
    for name in _SALTED:
        place = table.schema.get_field_index(name)
        held = table[name].combine_chunks().dictionary_encode()
        fresh = pa.array([text and _digest(text, salt) for text in held.dictionary.to_pylist()], pa.string())
        table = table.set_column(place, name, fresh.take(held.indices))
    return table


def _digest(text: str, salt: bytes) -> str:
    return hashlib.blake2b(text.encode(), key=salt, digest_size=16).hexdigest()


def _unquoted(table: pa.Table) -> pa.Table:
    """Base facts without the quotes that they rest on."""

    def without(body: bytes) -> bytes:
        return orjson.dumps({key: part for key, part in orjson.loads(body).items() if key != "s"})

    return _each(table, "body", without)


def _told(table: pa.Table) -> pa.Table:
    """Of decisions the rules and flags alone: reasons quote texts."""

    def only_ids(said: bytes) -> bytes:
        held = orjson.loads(b"{" + said[1:] + b"}")
        hits = [[rule, review] for rule, *_, review in held["hits"]]
        flags = [[rule] for rule, *_ in held["flags"]]
        return (
            b","
            + orjson.dumps({"flags": flags, "format": held["format"], "handback": held["handback"], "hits": hits})[1:-1]
        )

    return _each(table, "said", only_ids)


def _each(table: pa.Table, name: str, changed: Callable[[bytes], bytes]) -> pa.Table:
    """A column with each of its different values changed."""
    held = table[name].combine_chunks().dictionary_encode()
    fresh = pa.array([changed(value) for value in held.dictionary.to_pylist()], pa.binary())
    return table.set_column(table.schema.get_field_index(name), name, fresh.take(held.indices))


class Exchange:
    """The view of an export. Raises UsageError where a folder is none, or not what was written any more."""

    def __init__(self, folder: Path) -> None:
        self._held = opened(folder)
        self._tables = {name: _dataset(folder / name) for name in TABLES}

    def newest(self) -> int:
        """The highest row number of a record; 0 when there is none."""
        return self._held.newest

    def newest_action(self) -> int:
        """The highest row number of an action."""
        return self._held.newest_action

    def records(self, first: int, last: int) -> pa.Table:
        """As `History.records`."""
        return self._stretch("records", first, last)

    def actions(self, first: int, last: int) -> pa.Table:
        """As `History.actions`."""
        return self._stretch("actions", first, last)

    def facts(self, first: int, last: int) -> pa.Table:
        """As `History.facts`, without quotes."""
        return self._stretch("facts", first, last)

    def verdicts(self, first: int, last: int) -> pa.Table:
        """As `History.verdicts`."""
        return self._stretch("verdicts", first, last)

    def belongs(self, record: str) -> tuple[str, str] | None:
        """The person and the matter of a record."""
        found = self._tables["records"].to_table(columns=["person", "matter"], filter=ds.field("id") == record)
        return (found["person"][0].as_py(), found["matter"][0].as_py()) if found.num_rows else None

    def _stretch(self, name: str, first: int, last: int) -> pa.Table:
        return self._tables[name].to_table(filter=(ds.field("n") > first) & (ds.field("n") <= last))


def _dataset(folder: Path) -> ds.Dataset:
    """The files of one table; texts that repeat stay coded, which is most of what makes reading quick."""
    held = ds.ParquetFileFormat(read_options=ds.ParquetReadOptions(dictionary_columns=set(_coded(folder))))
    return ds.dataset(folder, format=held)


def _coded(folder: Path) -> Iterator[str]:
    first = min(folder.iterdir())
    return (name for name in pq.read_schema(first).names if name in ("body", "said"))
