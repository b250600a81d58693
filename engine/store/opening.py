"""Opening a store: the one seam between the engine and its database.

In: a URL and the keys. Out: a `Store` that gives write transactions (`batch`) and consistent views (`read`).
Not here: making and upgrading the tables (`migrate`), what is in them (the modules of rows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from engine.errors import OtherKeys, StoreError
from engine.store import backup, block_keys, verify
from engine.store.batch import Batch, Reading
from engine.store.chain import Anchor
from engine.store.dialects import PostgresVendor, SqliteVendor, transaction, vendor_of
from engine.store.memory import Memory
from engine.store.migrations import HEAD
from engine.store.rows import BlockKeys
from engine.store.sealing import Keys, Sealer, fingerprint, fingerprints
from engine.store.session import Shared

if TYPE_CHECKING:
    from engine.store.history import History

_MOST_LOCKS = 96
"""More block keys than this and a batch locks everybody else out: it would meet nearly all of them anyway."""
_ROUNDS = 8
KEYS = "keys"
"""The name under which a database knows the fingerprint of its keys."""


class Store:
    """An open database. One object for each process; threads may share it."""

    def __init__(self, vendor: SqliteVendor | PostgresVendor, keys: Keys) -> None:
        self._vendor = vendor
        self._shared = Shared(vendor, keys, Sealer(keys), Memory())
        self._engine = vendor.engine()
        self._accepted = fingerprints(keys)
        self._keys_noted = False

    @contextmanager
    def batch(self, keys: Sequence[BlockKeys] = ()) -> Iterator[Batch]:
        """One write transaction; on any error nothing of it is kept.

        `keys`: block keys of the records it is about. Another batch that could touch the same clusters waits (ruling 19);
        without keys every other batch waits.
        """
        with self._locked(keys) as connection:
            batch = Batch(connection, self._shared)
            batch.recollect()
            if not self._keys_noted:
                batch.note_meta(KEYS, fingerprint(self._shared.keys))
            self._check_keys(batch)
            yield batch
            batch.finish()
        self._keys_noted = True

    @contextmanager
    def beside(self) -> Iterator[Batch]:
        """A short write transaction that waits for no batch: for claims, runs and deliveries, which touch no record and no matter."""
        with transaction(self._engine, self._vendor, writes=True) as connection:
            batch = Batch(connection, self._shared)
            self._check_keys(batch)
            yield batch

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A consistent view; it never waits for writers."""
        with transaction(self._engine, self._vendor, writes=False) as connection:
            yield Reading(connection, self._shared)

    @contextmanager
    def history(self) -> Iterator[History]:
        """A consistent view of everything as columns, for whoever reads all of it; it never waits for writers."""
        from engine.store.history import history

        with history(self._engine, self._vendor) as view:
            yield view

    def clock(self, host: Callable[[], datetime]) -> Callable[[], datetime]:
        """The clock that leases and due work go by (ruling 15): the server's where there is one, else the host's."""
        return lambda: self._vendor.time(self._engine, host)

    def verify(self, *, anchors: Sequence[Anchor] = (), deep: bool = False) -> verify.Verification:
        """Examine everything; `anchors` kept elsewhere; `deep` opens every sealed cell and digests every decision."""
        with transaction(self._engine, self._vendor, writes=False) as connection:
            verified = verify.Verifier(connection, self._shared).verify(anchors, deep=deep)
            connection.rollback()  # over damaged pages SQLite refuses the commit even of a view
            return verified

    def backup(self, target: Path) -> None:
        """A consistent copy in a new SQLite file while others work; raises FileExistsError."""
        backup.take(self._engine, self._vendor, target)

    def scrub(self) -> None:
        """Let nothing that was taken out or written over linger in the files; waits for other writers, and takes time and room."""
        self._vendor.scrub(self._engine)

    @property
    def keys(self) -> Keys:
        """The keys it was opened with."""
        return self._shared.keys

    @property
    def vendor(self) -> str:
        """The database product, by name."""
        return self._vendor.name

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def check(self) -> None:
        """Raise StoreError when the tables are of another release or the data of another key file."""
        with transaction(self._engine, self._vendor, writes=False) as connection:
            _check_revision(connection)
            self._check_keys(Reading(connection, self._shared))

    def _check_keys(self, reading: Reading) -> None:
        """In every write: whoever began before a rotation must not go on sealing with the key that will be gone."""
        noted = reading.meta().get(KEYS)
        if noted is not None and noted not in self._accepted:
            raise OtherKeys(
                "密钥与数据库不符",
                hint="刚轮换过密钥：重新启动（多台机器时先拷贝新的密钥文件）；否则使用建库时的密钥文件，换密钥用 sanse db rotate-keys",
            )

    @contextmanager
    def _locked(self, keys: Sequence[BlockKeys]) -> Iterator[Connection]:
        """A transaction that holds the locks of its keys and of every cluster that has a record under one of them.

        Clusters are only known once looked for, and may change until they are locked: so look, take what is free, look again; where
        one is taken, begin anew and wait for all of them in one order, which cannot end in a deadlock.
        """
        wanted = _lock_keys(keys)
        locks = self._vendor.buckets(wanted)
        rounds = _ROUNDS if 0 < len(wanted) <= _MOST_LOCKS else 0
        for _ in range(rounds):
            with transaction(self._engine, self._vendor, writes=True) as connection:
                self._vendor.lock(connection, locks)
                more = self._cluster_locks(connection, keys) - locks
                while more and self._vendor.try_lock(connection, more):
                    locks |= more
                    more = self._cluster_locks(connection, keys) - locks
                if not more:
                    yield connection
                    return
            locks |= more
        with transaction(self._engine, self._vendor, writes=True) as connection:
            self._vendor.lock(connection, ())
            yield connection

    def _cluster_locks(self, connection: Connection, keys: Sequence[BlockKeys]) -> frozenset[int]:
        wanted = _lock_keys(keys)
        if not self._vendor.buckets(wanted):
            return frozenset()
        ids = {name for key in keys for name in (key.id, *key.numbers)}
        clusters = Reading(connection, self._shared).clusters_of(wanted, ids)
        return self._vendor.buckets([block_keys.cluster(name) for name in clusters])


def open_store(url: str, keys: Keys) -> Store:
    """The store at a URL; raises StoreError when its tables are of another release or its keys others, ConfigError for another database."""
    store = Store(vendor_of(url), keys)
    try:
        store.check()
    except StoreError:
        store.close()
        raise
    return store


def reach(url: str) -> None:
    """Raise StoreError when a database cannot be got at or is of another release; no key is needed for that."""
    vendor = vendor_of(url)
    engine = vendor.engine()
    try:
        with transaction(engine, vendor, writes=False) as connection:
            _check_revision(connection)
    finally:
        engine.dispose()


def _check_revision(connection: Connection) -> None:
    if not inspect(connection).has_table("alembic_version"):
        raise StoreError(
            "数据库是空的",
            hint="新装：运行 sanse db upgrade 建库；原来有数据：检查 config.yaml 的 database.url，或从备份恢复"
            "（空的文件先移走留存），不要 upgrade：它只会建一个空库",
        )
    held = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if held != HEAD:
        raise StoreError(
            f"数据库的版本是 {held}，本程序需要 {HEAD}",
            hint="数据库较旧：先备份，再运行 sanse db upgrade；数据库较新：请升级 sanse",
        )


def _lock_keys(keys: Sequence[BlockKeys]) -> frozenset[int]:
    named = {block_keys.naming(name) for key in keys for name in (key.id, *key.numbers)}
    return frozenset(named | block_keys.parties(keys) | block_keys.places(keys))
