"""The database at a terminal: made once, examined, refused when it is not ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.console import Console

pytest_plugins = ["tests.places"]


def test_a_missing_database_is_made_and_a_present_one_left_alone(tmp_path: Path) -> None:
    console = Console(tmp_path)
    console.ok("init", "a")
    there = Console(tmp_path / "a")
    (there.folder / "sanse.db").unlink()
    assert there.ok("db", "upgrade", "--json").only == {"before": ""}
    assert "已是本版本" in there.ok("db", "upgrade").out
    assert there.ok("db", "verify", "--json").only["sound"]


def test_verify_counts_and_says_it_is_well(read_office: Console) -> None:
    told = read_office.ok("db", "verify", "--json").only
    assert set(told) == {"sound", "counts", "findings", "audit"}
    assert told["counts"]["sightings"] == 4
    assert "来件 4、" in read_office.ok("db", "verify").out


def test_a_changed_decision_is_found_and_ends_with_one(desk_office: Console) -> None:
    with closing(sqlite3.connect(desk_office.folder / "sanse.db")) as database:
        database.execute("UPDATE assessments SET record = replace(record, 'yellow', 'green ')")
        database.commit()
    ran = desk_office.run("db", "verify", "--deep")
    assert ran.code == 1
    assert "问题：" in ran.out
    assert "保留现场" in ran.out


def test_a_file_that_is_no_database_of_ours(desk_office: Console) -> None:
    (desk_office.folder / "sanse.db").write_bytes(b"no database at all" * 100)
    for command in (("matters", "list"), ("db", "upgrade"), ("db", "verify")):
        ran = desk_office.run(*command)
        assert ran.code == 3, (command, ran)
        assert ran.err.startswith("错误：")
        assert "文件不是数据库，或已损坏（file is not a database）" in ran.err
