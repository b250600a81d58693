"""A ready folder, and a look at what is not well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console import Console

pytest_plugins = ["tests.places"]


def test_init_says_what_it_made_and_what_to_do_next(tmp_path: Path) -> None:
    console = Console(tmp_path)
    told = console.ok("init", "a", "--json").only
    assert told == {"dir": "a", "files": ["config.yaml", "rules", "sanse.keys", "sanse.db"]}
    assert all((tmp_path / "a" / name).exists() for name in told["files"])
    said = console.ok("init", "b").out
    for step in ("另存一份", "cd b", "sanse people add", "sanse ingest"):
        assert step in said


def test_an_unknown_clock_makes_nothing(tmp_path: Path) -> None:
    ran = Console(tmp_path).run("init", "a", "--clock", "sundial")
    assert (ran.code, "没有这种时钟" in ran.err) == (2, True)
    assert not (tmp_path / "a").exists()


def test_doctor_ends_well_when_all_is_well(desk_office: Console) -> None:
    (row,) = desk_office.ok("quarantine", "list", "--json").lines
    desk_office.person("quarantine", "dismiss", row["id"], "--reason", "不是来件", "--now", "2025-03-10T09:00:00")
    desk_office.ok("db", "backup")
    ran = desk_office.run("doctor")
    assert ran.code == 0, ran.out
    assert "✗" not in ran.out


def test_doctor_says_what_to_do_about_what_is_not(desk_office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.operations._LEAST_FREE_MIB", 10**12)
    ran = desk_office.run("doctor", "--json")
    assert ran.code == 1
    found = {line["what"]: line for line in ran.lines}
    assert not found["磁盘"]["well"]
    assert found["磁盘"]["hint"] == "请腾出空间"
    assert found["Python"]["well"]
