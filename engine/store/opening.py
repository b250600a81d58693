"""Opening a store: the one seam between the engine and its database.

In: a URL and the keys. Out: a `Store` that gives write transactions (`batch`) and consistent views (`read`).
Not here: making and upgrading the tables (`migrate`), what is in them (the modules of rows).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from engine.errors import StoreError
from engine.store import block_keys
from engine.store.batch import Batch, Reading
from engine.store.dialects import Vendor, transaction, vendor_of
from engine.store.memory import Memory
from engine.store.migrations import HEAD
from engine.store.rows import BlockKeys
from engine.store.sealing import Keys, Sealer
from engine.store.session import Shared

_MOST_LOCKS = 96
"""More block keys than this and a batch locks everybody else out: it would meet nearly all of them anyway."""
_ROUNDS = 8


class Store:
    """An open database. One object for each process; threads may share it."""

    def __init__(self, vendor: Vendor, keys: Keys) -> None:
        self._vendor = vendor
        self._shared = Shared(vendor, keys, Sealer(keys), Memory())
        self._engine = vendor.engine()

    @contextmanager
    def batch(self, keys: Sequence[BlockKeys] = ()) -> Iterator[Batch]:
        """One write transaction; on any error nothing of it is kept.

        `keys`: block keys of the records it is about. Another batch that could touch the same clusters waits (ruling 19);
        without keys every other batch waits.
        """
        with self._locked(_lock_keys(keys)) as connection:
            batch = Batch(connection, self._shared)
            yield batch
            batch.finish()

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A consistent view; it never waits for writers."""
        with transaction(self._engine, self._vendor, writes=False) as connection:
            yield Reading(connection, self._shared)

    def backup(self, target: Path) -> None:
        """A consistent copy in a new file while others work (SQLite only)."""
        with self._engine.connect() as connection:
            self._vendor.backup(connection, target)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def _locked(self, keys: frozenset[int]) -> Iterator[Connection]:
        """A transaction that holds the locks of its keys and of every cluster that has a record under one of them.

        Clusters are only known once looked for, and may change until they are locked: so look, lock all at once in one order,
        look again, and begin anew with more locks when there were more.
        """
        locks = self._vendor.buckets(keys)
        everything = len(keys) > _MOST_LOCKS or not keys
        for _ in range(_ROUNDS):
            with transaction(self._engine, self._vendor, writes=True) as connection:
                self._vendor.lock(connection, () if everything else locks)
                more = frozenset() if everything else self._cluster_locks(connection, keys) - locks
                if not more:
                    yield connection
                    return
            locks |= more
        with transaction(self._engine, self._vendor, writes=True) as connection:
            self._vendor.lock(connection, ())
            yield connection

    def _cluster_locks(self, connection: Connection, keys: frozenset[int]) -> frozenset[int]:
        if not self._vendor.buckets(keys):
            return frozenset()
        reading = Reading(connection, self._shared)
        return self._vendor.buckets([block_keys.cluster(name) for name in reading.clusters_of(keys)])


def open_store(url: str, keys: Keys) -> Store:
    """The store at a URL; raises StoreError when its tables are of another release, ConfigError for another database."""
    vendor = vendor_of(url)
    store = Store(vendor, keys)
    try:
        _check_revision(store)
    except StoreError:
        store.close()
        raise
    return store


def _check_revision(store: Store) -> None:
    with transaction(store._engine, store._vendor, writes=False) as connection:
        if not inspect(connection).has_table("alembic_version"):
            raise StoreError("数据库是空的", hint="先运行 sanse db upgrade")
        held = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if held != HEAD:
        raise StoreError(
            f"数据库的版本是 {held}，本程序需要 {HEAD}",
            hint="数据库较旧：先备份，再运行 sanse db upgrade；数据库较新：请升级 sanse",
        )


def _lock_keys(keys: Sequence[BlockKeys]) -> frozenset[int]:
    named = {block_keys.naming(name) for key in keys for name in (key.id, *key.numbers)}
    return frozenset(named | block_keys.parties(keys) | block_keys.places(keys))
