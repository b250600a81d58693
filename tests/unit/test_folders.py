"""Folders for a while: gone afterwards, and what a killed maker left is removed, but nothing that somebody holds."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from engine.folders import folder_for_a_while, keep_names


def test_it_is_seen_by_its_owner_only_and_gone_afterwards(tmp_path: Path) -> None:
    with folder_for_a_while("a-", tmp_path) as folder:
        (folder / "x").write_text("x", encoding="utf-8")
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_only_what_nobody_holds_and_is_not_young_is_removed(tmp_path: Path) -> None:
    names = ("a-left", "a-held", "a-young", "b-other")
    folders = [tmp_path / name for name in names]
    held, young = folders[1:3]
    for folder in folders:
        (folder / "deep").mkdir(parents=True)
        if folder != young:
            os.utime(folder, (0, 0))
    descriptor = os.open(held, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with folder_for_a_while("a-", tmp_path), folder_for_a_while("a-", tmp_path):
        assert [folder.exists() for folder in folders] == [False, True, True, True]
    os.close(descriptor)


def test_names_are_kept_in_a_folder_that_is_one(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    keep_names(tmp_path)
    with pytest.raises(FileNotFoundError):
        keep_names(tmp_path / "gone")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept", encoding="utf-8")
    (tmp_path / "a-link").symlink_to(elsewhere)
    os.utime(elsewhere, (0, 0))
    with folder_for_a_while("a-", tmp_path):
        assert (elsewhere / "kept").exists()


def test_where_a_disk_has_no_locks_it_works_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no locks")

    monkeypatch.setattr("fcntl.flock", refuse)
    (tmp_path / "a-left").mkdir()
    os.utime(tmp_path / "a-left", (0, 0))
    with folder_for_a_while("a-", tmp_path) as folder:
        assert folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a-left"]
