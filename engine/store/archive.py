"""Archive: one backup as one file: the database and a manifest that says what it is, sealed with the chain key.

In: a database file and what is known of it. Out: a new file of its owner; or, from such a file, its manifest and the database again.
Not here: taking the copy (`backup`), keys: they are never in it.

The file is an ordinary zip of `manifest.json` and `sanse.db`: with nothing of ours at hand it can still be opened.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.errors import StoreError
from engine.model import canonical

MANIFEST, DATABASE = "manifest.json", "sanse.db"
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 1 << 20
_LEVEL = 1


class Manifest(BaseModel):
    """What a backup is: when and of what it was made, and by what it is known again. `seal` is the chain key's over all the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    made_at: str
    vendor: str
    revision: str
    rulebook: str
    audit_seq: int
    audit_mac: str
    keys: str
    generation: int
    rows: Mapping[str, int]
    size: int
    sha256: str
    seal: str = ""

    def sealed(self, key: bytes) -> Manifest:
        """The same with its seal."""
        return self.model_copy(update={"seal": self._seal_of(key)})

    def genuine(self, key: bytes) -> bool:
        """Whether the seal is the key's."""
        return hmac.compare_digest(self._seal_of(key), self.seal)

    def _seal_of(self, key: bytes) -> str:
        body = canonical(self.model_dump(exclude={"seal"}))
        return hmac.digest(key, b"backup\n" + body, "sha256").hex()


def measured(file: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    with file.open("rb") as held:
        return file.stat().st_size, hashlib.file_digest(held, "sha256").hexdigest()


def pack(database: Path, manifest: Manifest, target: Path) -> None:
    """A new file of both, on disk when this returns; raises FileExistsError rather than write over one."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
                archive.write(database, DATABASE)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def manifest_of(file: Path) -> Manifest:
    """The manifest of a backup; raises StoreError for a file that is none."""
    with _opened(file) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        if set(sizes) != {MANIFEST, DATABASE} or sizes[MANIFEST] > _LARGEST_MANIFEST:
            raise _none(file)
        try:
            return Manifest.model_validate_json(archive.read(MANIFEST))
        except ValidationError as fault:
            raise _none(file) from fault


def unpack(file: Path, manifest: Manifest, target: Path) -> None:
    """The database of a backup in a new file; raises StoreError when it is not to the byte what the manifest says."""
    digest, left = hashlib.sha256(), manifest.size
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as to, _opened(file) as archive, archive.open(DATABASE) as source:
        for chunk in _chunks(source):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            to.write(chunk)
        os.fsync(to.fileno())
    if left or digest.hexdigest() != manifest.sha256:
        raise _spoiled(file)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError:
        raise StoreError(f"没有找到备份文件 {file.name}", hint="检查路径") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as fault:
        raise _spoiled(file) from fault


def _none(file: Path) -> StoreError:
    return StoreError("这不是 sanse 的备份文件", where=file.name, hint="用 sanse db backup 写出的文件")


def _spoiled(file: Path) -> StoreError:
    return StoreError("备份文件已损坏：内容与清单不符", where=file.name, hint="换一份备份；平时把备份多存一处")
