"""Rotation: a new sealing key, and every sealed cell sealed with it, while others read on; killed anywhere, it goes on where it was.

In: an installation and its administrator. Out: how many cells were sealed anew, step by step. Not here: cells (`store.resealing`).

The order makes every moment safe. The former key file is kept as `<file>.<generation>`; then the key file gets the new key and names the
former one, so both open cells; then the database is told, in a transaction that waits for every other: from then on nobody who has only
the former key can write. Cells are sealed anew a few hundred at a time. When none is left, and the audit log says so, the former key goes
out of the key file.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.config import KeyMaterial, read_keys, replace_keys, write_keys
from engine.desk.opening import Clock, Desk, keys_from
from engine.errors import StoreError, UsageError
from engine.store import Store, open_store
from engine.store.opening import KEYS
from engine.store.resealing import SEALED
from engine.store.rows import Person
from engine.store.sealing import LAST_GENERATION, fingerprint, reasons_key

SINCE, DONE = "keys_since", "keys_generation"
"""Names under which a database knows how old its sealing key is, and which generation all of its cells have."""
_CELLS = 500
_NAMED = 5


def rotate(desk: Desk, person: Person) -> Iterator[int]:
    """Rotate, or go on with what was begun; yields how many cells each transaction sealed anew.

    Raises UsageError for anybody but an administrator and while another process rotates, StoreError naming cells that do not open.
    """
    if person.role != "admin":
        raise UsageError("只有管理员可以换密钥", hint="用管理员的 SANSE_ACTOR 和 SANSE_SECRET 再试")
    file = desk.config.key_file
    with _alone(file):
        material = read_keys(file)
        if not material.former:
            material = _begin(file, material)
        store = open_store(desk.config.database_url, keys_from(material, desk.config))
        try:
            yield from _rotated(store, material, person, desk.clock)
        finally:
            store.close()
        _end(file, material)


def _begin(file: Path, held: KeyMaterial) -> KeyMaterial:
    """Keep the key file as it is beside itself, and put a new sealing key into it."""
    if held.generation >= LAST_GENERATION:
        raise UsageError("密钥已经换到最后一代", hint="另建一个库，把数据导过去")
    kept = file.with_name(f"{file.name}.{held.generation}")
    if not kept.exists():
        write_keys(kept, held)
    elif read_keys(kept) != held:
        raise UsageError(f"{kept.name} 已经存在，内容不同", hint="它可能是以前备份的密钥：移到别处保管，再试")
    fresh = replace(
        held,
        seal=secrets.token_bytes(len(held.seal)),
        generation=held.generation + 1,
        former=((held.generation, held.seal),),
    )
    replace_keys(file, fresh)
    return fresh


def _rotated(store: Store, material: KeyMaterial, person: Person, clock: Clock) -> Iterator[int]:
    """Tell the database, seal every cell anew, and tell it that none is left."""
    told = {"from": material.former[0][0], "to": material.generation}
    with store.batch() as tx:
        if tx.meta().get(KEYS) != fingerprint(store.keys):
            tx.put_meta(KEYS, fingerprint(store.keys))
            tx.append_audit(person.name, "rotate-keys", {**told, "step": "begin"}, clock())
    yield from _resealed(store)
    with store.batch() as tx:
        if tx.unsealed():
            hint = "停掉别的 sanse 进程，再运行一次 sanse db rotate-keys"
            raise StoreError("还有加密格没有换完：另有程序在用旧密钥", hint=hint)
        if tx.meta().get(DONE) != str(material.generation):
            tx.put_meta(DONE, str(material.generation))
            tx.put_meta(SINCE, clock().isoformat())
            tx.append_audit(person.name, "rotate-keys", {**told, "step": "end"}, clock())
    store.scrub()


def _resealed(store: Store) -> Iterator[int]:
    """Every cell of another key, a bounded transaction at a time; raises StoreError at the end when some do not open."""
    spoiled: list[str] = []
    for sealed in SEALED:
        last = None
        while True:
            with store.beside() as tx:
                page = tx.reseal(sealed, last, _CELLS)
            spoiled += page.spoiled
            if page.last is None:
                break
            last = page.last
            yield page.resealed
    _refuse_spoiled(spoiled)


def _refuse_spoiled(spoiled: list[str]) -> None:
    if spoiled:
        raise StoreError(
            f"{len(spoiled)} 个加密格打不开，轮换没有做完（其余已换好，新旧密钥都还能用）",
            where="、".join(spoiled[:_NAMED]),
            hint="这些格被改动过：运行 sanse db verify --deep，从备份恢复它们，再运行一次 sanse db rotate-keys",
        )


def _end(file: Path, material: KeyMaterial) -> None:
    """Take the former key out of the key file; of it stays what opens reasons in the audit log."""
    reasons = tuple((generation, reasons_key(seal, generation)) for generation, seal in material.former)
    replace_keys(file, replace(material, former=(), reasons=(*material.reasons, *reasons)))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Only one process rotates; the lock goes with the process."""
    descriptor = os.open(file.with_name(f"{file.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError("另一个进程正在换密钥", hint="等它做完") from None
        yield
    finally:
        os.close(descriptor)
