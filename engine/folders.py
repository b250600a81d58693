"""Folders: those for a while, seen by their owner only and gone afterwards, even when their maker was killed; and those that must keep a name.

In: where, under which prefix. Out: a folder. Not here: what is put into it.

Whoever makes one holds its lock, and loses it when killed; whoever makes the next one of that prefix there removes what nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

_FRESH_SECONDS = 60
"""A folder is held a moment after it was made: one so young belongs to somebody."""


@contextmanager
def folder_for_a_while(prefix: str, place: Path | None = None) -> Iterator[Path]:
    """A folder below `place` (that of the system for temporary files); raises OSError."""
    below = Path(gettempdir()) if place is None else place
    for left in below.glob(f"{prefix}*"):
        if left.is_dir() and not left.is_symlink() and _abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=prefix, dir=below) as name:
        descriptor = os.open(name, os.O_RDONLY)
        try:
            with suppress(OSError):  # on a share that has no locks nobody can tell, and nothing is removed
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(descriptor)


def keep_names(folder: Path) -> None:
    """Return when the names in a folder are on disk; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _abandoned(folder: Path) -> bool:
    """Whether nobody holds it, nor will in a moment; a folder of somebody else's is not ours to say so of."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return time.time() - os.fstat(descriptor).st_mtime > _FRESH_SECONDS  # noqa: TID251 -- the age of a file
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
    return False
