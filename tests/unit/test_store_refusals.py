"""What a driver says is told in Chinese, with what to do about it and not about something else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store import refusals
from engine.store.refusals import DAMAGED, reason, told


@pytest.mark.parametrize(
    ("said", "why", "advice"),
    [
        ("database disk image is malformed", "数据库文件已损坏", DAMAGED),
        ("file is not a database", "文件不是数据库，或已损坏", "database.url 指的没有错的话：先停掉服务"),
        ("database or disk is full", "磁盘满了", "df -h"),
        ("could not extend file: No space left on device", "磁盘满了", "df -h"),
        ("disk I/O error", "磁盘读写出错", "df -h"),
        ("database is locked", "别的程序正占用数据库", "重试"),
        ("something new", "数据库拒绝了", "重试"),
    ],
)
def test_each_has_its_own_advice(said: str, why: str, advice: str) -> None:
    assert reason(said)[0] == why
    assert advice in reason(said)[1]


def test_on_a_disk_without_room_faulty_reading_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite finds no room for the next piece of its log, and speaks of the disk."""
    assert reason("disk I/O error", tmp_path / "sanse.db")[0] == "磁盘读写出错"
    monkeypatch.setattr(refusals, "_room", lambda _: 0)
    assert reason("disk I/O error", tmp_path / "sanse.db")[0] == "磁盘满了"


def test_a_copy_that_finds_no_room_is_a_file_that_finds_none(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.execute("PRAGMA max_page_count = 1")
        with pytest.raises(OSError, match="No space left"), told(tmp_path / "copy.db"):
            copy.execute("CREATE TABLE t (a)")
        with pytest.raises(StoreError, match="缺少数据表"), told(tmp_path / "copy.db"):
            copy.execute("SELECT * FROM nowhere")
