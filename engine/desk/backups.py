"""Backups: everything that is kept as one new file, and back again into an empty place once it has proved to be whole.

In: an installation, or a configuration with its keys and a file. Out: what was written, or what was put back and what is still missing.
Not here: copying (`store.backup`), the file itself (`store.archive`). The keys are in no backup: with them it would be plain text.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.config import Config
from engine.desk.opening import Clock, Desk, keys_of
from engine.desk.replaying import sample
from engine.errors import RuleError, SanseError, StoreError, UsageError, system_fault
from engine.folders import folder_for_a_while, keep_names
from engine.ruleset import loader
from engine.settlement import MACHINE
from engine.store import Keys, Store, open_store, upgrade
from engine.store.archive import Manifest, manifest_of, measured, pack, unpack
from engine.store.backup import put, refuse_taken, settle
from engine.store.dialects import file_of
from engine.store.files import damage
from engine.store.migrations import HEAD
from engine.store.refusals import DAMAGED
from engine.store.sealing import fingerprint

FORMAT = 1
LAST = "backup"
"""The name under which a database knows when it was last backed up."""
_STAMP = "%Y%m%dT%H%M%SZ"
_STAGING = ".sanse-backup-"
_SAMPLE, _LARGE_SAMPLE = 50, 1_000
_NAMED = 3
_NO_FOLDER = (errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was written."""

    path: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: `replayed` decisions came out the same; `missing`: what no backup holds and must be seen to."""

    manifest: Manifest
    replayed: int
    deep: bool
    missing: tuple[str, ...]


def backup(desk: Desk, folder: Path) -> BackedUp:
    """Write a new backup below a folder while others work.

    Raises UsageError for a folder that is none, StoreError when there is no room or no right to write, or when the database is damaged:
    a copy of it would not be put back, and good ones are removed because of it.
    """
    if desk.keys.former:
        raise UsageError("密钥轮换还没有做完，现在的备份以后打不开", hint="先运行 sanse db rotate-keys 做完，再备份")
    at = desk.clock()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _staging(folder) as staging:
            desk.store.backup(staging)
            _refuse_damaged(staging)
            manifest = _described(staging, desk.keys, vendor=desk.store.vendor, at=at)
            target = folder / f"sanse-{at.astimezone(UTC).strftime(_STAMP)}-{manifest.audit_seq}.backup"
            pack(staging, manifest, packed := staging.with_suffix(".packed"))
            _put_there(packed, target)
    except OSError as fault:
        hint = "检查目录权限和剩余空间；备份从不覆盖已有的文件，也不留下半份"
        raise _unwritable(f"备份写不到 {folder}", fault, hint) from fault
    with desk.store.batch() as tx:
        tx.put_meta(LAST, at.isoformat())
        told = {"through": manifest.audit_seq, "sha256": manifest.sha256, "bytes": manifest.size}
        tx.append_audit(MACHINE, "backup", told, at)
    return BackedUp(target, manifest)


def thin(folder: Path, before: datetime) -> int:
    """Remove backups written before a time, by the time in their names; how many. Nothing else in the folder is touched, nor the newest one."""
    made = sorted(path for path in folder.glob("sanse-*.backup") if _made(path) is not None)
    old = [path for path in made[:-1] if (_made(path) or before) < before]
    for path in old:
        path.unlink()
    return len(old)


def _made(path: Path) -> datetime | None:
    """When a backup says it was made; None for a name that we would not give."""
    stamp = path.name.removeprefix("sanse-").split("-", 1)[0]
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def age(desk: Desk) -> timedelta | None:
    """How old the newest backup is; None when there never was one."""
    with desk.store.read() as view:
        last = view.meta().get(LAST)
    return None if last is None else desk.clock() - datetime.fromisoformat(last)


def restore(config: Config, file: Path, clock: Clock, *, deep: bool = False) -> Restored:
    """Put a backup back into the empty place that a configuration names.

    First its seal, every byte, the audit chain and a sample of replays are checked (`deep`: every sealed cell and far more replays);
    raises StoreError saying what is wrong, and then nothing was put anywhere.
    """
    keys, url = keys_of(config), config.database_url
    refuse_taken(url)
    manifest = manifest_of(file)
    _recognise(config, manifest, keys, file)
    held = file_of(url)
    place = held.parent if held else config.folder
    try:
        with _staging(place) as staging:
            unpack(file, manifest, staging)
            upgrade(f"sqlite:///{staging}")
            replayed, rulebook = _proved(config, staging, keys, clock, manifest, deep=deep)
            settle(staging)
            put(staging, url)
    except OSError as fault:
        hint = "检查目录权限和剩余空间（约为数据库的两倍）；什么也没有恢复"
        raise _unwritable(f"恢复不到 {place}", fault, hint) from fault
    return Restored(manifest, replayed, deep, tuple(_missing(config, rulebook)))


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A place for the database on its way, on the disk where it goes, seen by its owner only; what a killed run left there is removed."""
    with folder_for_a_while(_STAGING, folder) as place:
        yield place / "sanse.db"


def _put_there(packed: Path, target: Path) -> None:
    """The whole file under its name or none, never over another; raises OSError."""
    try:
        os.link(packed, target)
    except FileExistsError:
        raise
    except OSError:  # a stick or a share that has no links
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        packed.rename(target)
    with suppress(OSError):  # nor can every share be told to keep a folder
        keep_names(target.parent)


def _refuse_damaged(copy: Path) -> None:
    """Damage is copied with the pages."""
    if found := damage(copy):
        raise StoreError(f"数据库已损坏，没有备份：{'；'.join(found[:_NAMED])}", hint=DAMAGED)


def _unwritable(what: str, fault: OSError, hint: str) -> SanseError:
    """A folder that is none is a wrong argument; room and rights are the administrator's."""
    kind = UsageError if fault.errno in _NO_FOLDER else StoreError
    return kind(f"{what}：{system_fault(fault)}", hint=hint)


def _described(file: Path, keys: Keys, *, vendor: str, at: datetime) -> Manifest:
    """What stands in a copy, told by the copy itself."""
    store = open_store(f"sqlite:///{file}", keys)
    try:
        with store.read() as view:
            seq, mac = view.audit_head()
            live = [name for name, _ in view.rulebooks()][-1:]
            rows = view.row_counts()
    finally:
        store.close()
    settle(file)
    size, sha256 = measured(file)
    return Manifest(
        format=FORMAT, made_at=at.isoformat(), vendor=vendor, revision=HEAD, rulebook="".join(live), audit_seq=seq,
        audit_mac=mac.hex(), keys=fingerprint(keys), generation=keys.generation, rows=rows, size=size, sha256=sha256,
    ).sealed(keys.chain)  # fmt: skip


def _recognise(config: Config, manifest: Manifest, keys: Keys, file: Path) -> None:
    """Refuse what was sealed with other keys or written by nobody who had them."""
    if manifest.format != FORMAT:
        raise StoreError(f"备份文件的格式是 {manifest.format}，本程序只懂 {FORMAT}", hint="用写出它的版本恢复")
    if manifest.keys != fingerprint(keys):
        raise StoreError(
            f"备份用的是另一份密钥（指纹 {manifest.keys[:12]}，第 {manifest.generation} 代；现用的是 {fingerprint(keys)[:12]}）",
            where=file.name,
            hint=f"密钥不在备份里。把备份时的密钥文件放到 {config.key_file}，或用 SANSE_KEY_FILE 指明，再试",
        )
    if not manifest.genuine(keys.chain):
        raise StoreError("备份清单被改动过：印记不符", where=file.name, hint="换一份备份；保留这一份供查证")


def _proved(config: Config, file: Path, keys: Keys, clock: Clock, manifest: Manifest, *, deep: bool) -> tuple[int, str]:
    """Examine an unpacked database and note the restoring in it; how many decisions were replayed, and the newest rulebook."""
    store = open_store(f"sqlite:///{file}", keys)
    try:
        verified = store.verify(deep=deep)
        findings = [*verified.findings, *map(str, verified.audit.findings)] or list(_unlike(store, manifest))
        if findings:
            raise StoreError("备份内容有问题，没有恢复：" + "；".join(findings[:5]), hint="换一份备份")
        replayed, rulebook = _replayed(config, store, keys, clock, _LARGE_SAMPLE if deep else _SAMPLE)
        with store.batch() as tx:
            told = {"through": manifest.audit_seq, "made_at": manifest.made_at, "sha256": manifest.sha256}
            tx.append_audit(MACHINE, "restore", told, clock())
    finally:
        store.close()
    return replayed, rulebook


def _unlike(store: Store, manifest: Manifest) -> Iterator[str]:
    """Where the database is not what its manifest says; tables of a later release are not counted."""
    with store.read() as view:
        rows, head = view.row_counts(), view.audit_head()
    if head != (manifest.audit_seq, bytes.fromhex(manifest.audit_mac)):
        yield "审计链头与清单不符"
    differ = [name for name, count in manifest.rows.items() if rows.get(name) != count]
    if differ:
        yield f"行数与清单不符：{'、'.join(differ)}"


def _replayed(config: Config, store: Store, keys: Keys, clock: Clock, size: int) -> tuple[int, str]:
    """Decisions made again with the rulebooks that the database holds; raises StoreError when one comes out otherwise."""
    with store.read() as view:
        known = view.rulebooks()
        files = view.rulebook(known[-1][0]) if known else {}
    if not files:
        return 0, ""
    desk = Desk(config, store, loader.load(files), clock, [], keys)
    done = list(sample(desk, size))
    wrong = [f"{one.seq}" for one in done if not one.same]
    if wrong:
        raise StoreError(f"备份里的研判重做后不一样，没有恢复：第 {'、'.join(wrong[:5])} 条", hint="换一份备份")
    return len(done), desk.rulebook.digest


def _missing(config: Config, rulebook: str) -> Iterator[str]:
    """What a backup does not hold, with what to do about each."""
    yield f"密钥：备份里没有；现用的 {config.key_file.name} 与备份相符，请确认另有一份存在别处"
    yield "config.yaml：备份里没有；核对 sources、channels 等设置和它们用的环境变量"
    try:
        live = loader.read_folder(config.rules_folder)
    except RuleError:
        yield f"规则目录：{config.rules_folder} 不在或读不了；从原来的目录拷回，或运行 sanse init 另建一个目录取用自带的规则"
        return
    if rulebook and loader.digest_of(live) != rulebook:
        yield "规则目录：与备份时生效的规则集不同；以后的来件按现在目录里的规则研判"
