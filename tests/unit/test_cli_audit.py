"""The audit log at a terminal: sound, or what was done to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.console import Console

pytest_plugins = ["tests.places"]


def changed(console: Console, statement: str) -> None:
    """Somebody at the file itself, who takes the guards out first."""
    with closing(sqlite3.connect(console.folder / "sanse.db")) as database:
        guards = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
        for (name,) in guards.fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(statement)
        database.commit()


def test_the_log_itself_refuses_a_change(desk_office: Console) -> None:
    with closing(sqlite3.connect(desk_office.folder / "sanse.db")) as database:
        for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                database.execute(statement)


def test_an_entry_that_was_changed_is_named(desk_office: Console) -> None:
    changed(desk_office, "UPDATE audit SET actor = 'nobody' WHERE seq = 2")
    ran = desk_office.run("audit", "verify")
    assert ran.code == 1
    assert "2" in ran.out
    assert "被改动过" in ran.out
    assert not desk_office.run("audit", "verify", "--json").only["sound"]


def test_a_cut_end_is_found_with_the_anchor_kept_elsewhere(desk_office: Console) -> None:
    kept = desk_office.folder / "anchors.txt"
    kept.write_text(desk_office.ok("audit", "anchor", "--json").only["anchor"] + "\n", encoding="utf-8")
    assert desk_office.ok("audit", "verify", "--anchors", kept).code == 0
    changed(desk_office, "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    assert desk_office.run("audit", "verify", "--anchors", kept).code == 1


def test_a_missing_file_of_anchors_is_said(read_office: Console) -> None:
    ran = read_office.run("audit", "verify", "--anchors", "nowhere.txt")
    assert (ran.code, "文件读不了：nowhere.txt" in ran.err) == (2, True)
