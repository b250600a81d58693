"""The database at a terminal: made once, examined, refused when it is not ours."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.console import Console
from tests.store_samples import spoil

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


def test_a_backup_goes_back_into_an_empty_folder(desk_office: Console, tmp_path: Path) -> None:
    made = desk_office.ok("db", "backup", "--json").only
    file = Path(made["path"])
    assert file.parent == desk_office.folder / "backups"
    assert made["rows"]["sightings"] == 4
    there = Console(tmp_path / "there")
    shutil.copytree(desk_office.folder, there.folder, ignore=shutil.ignore_patterns("sanse.db*", "backups"))
    told = there.ok("db", "restore", file)
    assert "核对无误" in told.out
    assert "还要看：密钥" in told.out
    assert there.ok("db", "verify", "--deep", "--json").only["counts"]["sightings"] == 4
    assert [row["colour"] for row in there.ok("matters", "list", "--json").lines] == [
        row["colour"] for row in desk_office.ok("matters", "list", "--json").lines
    ]
    again = there.run("db", "restore", file)
    assert again.code == 3
    assert "只能恢复到空的地方" in again.err


def test_a_damaged_database_is_told_and_not_backed_up(desk_office: Console) -> None:
    office = desk_office
    kept = office.ok("db", "backup", "--json").only["path"]
    spoil(office.folder / "sanse.db", "bodies", "blocks")
    ran = office.run("db", "verify", "--deep")
    assert (ran.code, ran.err) == (1, "")
    assert "来件 4、" in ran.out
    assert "bodies 的加密内容读不下去" in ran.out
    ran = office.run("db", "backup")
    assert (ran.code, ran.out) == (3, "")
    assert "数据库已损坏，没有备份：" in ran.err
    assert "以前的备份都留着" in ran.err
    assert [str(path) for path in (office.folder / "backups").iterdir()] == [kept]


def test_what_a_killed_process_left_is_no_empty_place(desk_office: Console, tmp_path: Path) -> None:
    """Only the file was moved; its log would be played into what is put back, and all checks would have been passed before."""
    file = desk_office.ok("db", "backup", "--json").only["path"]
    database, away = desk_office.folder / "sanse.db", tmp_path / "away"
    away.mkdir()
    with closing(sqlite3.connect(database)) as writing:
        writing.execute("INSERT INTO meta VALUES ('later', 'than the backup')")
        writing.commit()
        logs = {path: path.read_bytes() for path in database.parent.glob("sanse.db-*")}
    for path, held in logs.items():
        path.write_bytes(held)
    database.rename(away / "sanse.db")
    ran = desk_office.run("db", "restore", file, "--verify")
    assert (ran.code, database.exists()) == (3, False)
    assert "sanse.db-wal、sanse.db-shm 还在" in ran.err
    for command in (("db", "upgrade"), ("matters", "list"), ("doctor",)):
        ran = desk_office.run(*command)
        assert ran.code
        assert "旁边却有它的 sanse.db-wal" in ran.out + ran.err
    for path in logs:
        path.rename(away / path.name)
    assert "核对无误" in desk_office.ok("db", "restore", file, "--verify").out
    assert desk_office.ok("db", "verify", "--deep", "--json").only["sound"]
    with closing(sqlite3.connect(away / "sanse.db")) as moved_away:
        assert moved_away.execute("SELECT value FROM meta WHERE name = 'later'").fetchone()


def test_a_backup_says_where_and_that_the_keys_are_elsewhere(desk_office: Console, tmp_path: Path) -> None:
    ran = desk_office.ok("db", "backup", "--to", tmp_path / "usb", "--config", desk_office.folder / "config.yaml")
    (file,) = (tmp_path / "usb").iterdir()
    assert str(file) in ran.out
    assert "密钥不在备份里" in ran.out
    assert desk_office.ok("db", "restore", file, "--verify", "--json", "--config", moved(desk_office, tmp_path)).only[
        "deep"
    ]


def moved(office: Console, tmp_path: Path) -> Path:
    """The configuration of a copy of an office without its database."""
    folder = tmp_path / "moved"
    shutil.copytree(office.folder, folder, ignore=shutil.ignore_patterns("sanse.db*"))
    return folder / "config.yaml"


def test_without_the_keys_there_is_no_restoring(desk_office: Console, tmp_path: Path) -> None:
    file = desk_office.ok("db", "backup", "--json").only["path"]
    config = moved(desk_office, tmp_path)
    (config.parent / "sanse.keys").unlink()
    ran = desk_office.run("db", "restore", file, "--config", config)
    assert ran.code == 2
    assert "没有找到密钥文件" in ran.err
