"""Refusals: what the drivers of a database say, in Chinese, with what to do.

In: an error of a driver. Out: a `StoreError`; an `OSError` where a file finds no room. Not here: what we refuse ourselves (it says so where it does).
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from engine.errors import StoreError

_SAID = {
    "file is not a database": "文件不是数据库，或已损坏",
    "malformed": "数据库文件已损坏",
    "disk I/O error": "磁盘读写出错",
    "is full": "磁盘满了",
    "No space left": "磁盘满了",
    "database is locked": "别的程序正占用数据库",
    "readonly": "数据库只读，没有写的权限",
    "unable to open": "数据库文件打不开",
    "password authentication failed": "用户名或口令不对",
    "no password supplied": "没有给口令",
    "does not exist": "没有这个库、用户或表",
    "permission denied": "没有权限",
    "no such table": "缺少数据表",
    "connection": "连不上数据库",
    "could not translate host name": "找不到数据库主机",
    "timeout": "等待太久",
}
"""What drivers say, by a part of it, the telling ones first."""
_MAKE_ROOM = "先看数据库所在的盘满没满（df -h）：满了就腾出空间，不要删数据库旁边的 -wal；没满，查磁盘、网络盘和权限"
DAMAGED = (
    "先停掉服务，把数据库的几个文件（如 sanse.db、sanse.db-wal、sanse.db-shm）拷一份留存，再一起移走，"
    "恢复最近一份好的备份：sanse db restore 备份文件 --verify；以前的备份都留着"
)
"""What to do about a database that is damaged."""
_ADVICE = {
    "file is not a database": f"database.url 指的没有错的话：{DAMAGED}",
    "malformed": DAMAGED,
    "disk I/O error": _MAKE_ROOM,
    "is full": _MAKE_ROOM,
    "No space left": _MAKE_ROOM,
}
_NO_ROOM = 8 << 20
"""Bytes: with less left on its disk SQLite may not get the next piece of its log, and then says that the disk is faulty."""


@contextmanager
def told(file: Path) -> Iterator[None]:
    """What SQLite's driver refuses of a file that is copied or examined: OSError where it finds no room, StoreError for the rest."""
    try:
        yield
    except sqlite3.Error as fault:
        if getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file)) from fault
        raise refused(DBAPIError(None, None, fault, hide_parameters=True), file=file) from fault


def refused(fault: DBAPIError, *, unsure: bool = False, file: Path | None = None) -> StoreError:
    """What the driver said, without parameters, and who must act; `unsure`: it broke off in the commit, which may have taken effect."""
    said = str(fault.orig).strip().splitlines()
    first = said[0] if said else type(fault.orig).__name__
    why, advice = reason(first, file)
    return StoreError(
        f"数据库未能完成操作：{why}（{first}）",
        hint=(
            "本次操作可能已经全部生效，也可能没有留下改动，重做前先查看。" if unsure else "本次操作没有留下任何改动。"
        )
        + advice,
    )


def reason(said: str, file: Path | None = None) -> tuple[str, str]:
    """What a driver's words mean, and what to do about it; `file`: the database, which may be on a disk without room."""
    part = next((part for part in _SAID if part in said), "")
    if part == "disk I/O error" and file is not None and _room(file) < _NO_ROOM:
        part = "is full"
    return _SAID.get(part, "数据库拒绝了"), _ADVICE.get(part, "检查磁盘空间、权限与数据库是否在运行后重试")


def _room(file: Path) -> int:
    return shutil.disk_usage(file.parent).free if file.parent.is_dir() else _NO_ROOM
