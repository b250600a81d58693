"""Retention at a terminal: a dry run by default; what was purged is in no byte of the database any more."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.console import ACTOR, SCRIPT, Console, _bare, office

ROWS = (
    "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容",
    "A1,2025-03-05 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,楼上漏水把天花板泡坏了，双方为赔偿争吵不休",
    "A2,2025-03-07 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,楼上又漏水把天花板泡坏了，双方为赔偿争吵不休",
    "B1,2025-03-09 08:00:00,周二二,13800000002,云溪镇大塘村2组,纠纷,村口的路灯坏了一个多星期没有人来修理",
)
CELLS = {
    "raws": "SELECT sealed FROM raws",
    "bodies": "SELECT sealed FROM bodies",
    "evidence": "SELECT evidence FROM actions WHERE length(evidence) > 0",
    "digests": "SELECT phone FROM sightings UNION SELECT fine FROM sightings UNION SELECT text_digest FROM sightings",
    "sketches": "SELECT gist FROM sightings",
}
THEN, LATER = "2025-03-10", "2032-01-01"


@pytest.fixture
def old(tmp_path: Path) -> Console:
    made = office(tmp_path / "office")
    export = made.folder / "110.csv"
    export.write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    made.ok("ingest", "--file", export, "--source", "police_110", "--now", THEN)
    for reference in ("police_110:A1", "police_110:B1"):
        made.person("matters", "close", reference, "--means", "调解", "--evidence", "协议书由陈一一签字", "--now", THEN)
    return made


def cells(made: Console) -> dict[str, list[bytes]]:
    """What must be gone: bytes as they stand in the database."""
    with closing(sqlite3.connect(made.folder / "sanse.db")) as database:
        found = {name: [row[0] for row in database.execute(query) if row[0]] for name, query in CELLS.items()}
    return {name: [c.encode() if isinstance(c, str) else c for c in held] for name, held in found.items()}


def standing(made: Console, wanted: dict[str, list[bytes]]) -> dict[str, int]:
    """How many of these cells stand in any file of the database."""
    files = [path.read_bytes() for path in made.folder.glob("sanse.db*")]
    return {name: sum(any(cell in file for file in files) for cell in held) for name, held in wanted.items()}


def test_only_a_word_makes_it_real(old: Console) -> None:
    before = old.ok("db", "verify", "--json").only["counts"]
    told = old.ok("db", "purge", "--now", LATER)
    assert "会清除" in told.out
    assert "什么也没有动" in told.out
    assert old.ok("db", "verify", "--json").only["counts"] == before
    assert {row["aim"]: row["matters"] for row in old.ok("db", "purge", "--now", LATER, "--json").lines} == {
        "raw": 2, "records": 2, "decisions": 2, "access": 0,
    }  # fmt: skip
    assert all(row["matters"] == 0 for row in old.ok("db", "purge", "--now", "2026-01-01", "--json").lines)
    refused = old.run("db", "purge", "--yes", "--now", LATER)
    assert refused.code == 2
    assert "有人负责" in refused.err


def test_no_byte_of_it_is_left_in_the_files(old: Console) -> None:
    wanted = cells(old)
    assert all(standing(old, wanted)[name] == len(held) > 0 for name, held in wanted.items())
    told = old.person("db", "purge", "--yes", "--now", LATER)
    assert "已清除 2 个事项 3 件来件" in told.out
    assert standing(old, wanted) == dict.fromkeys(wanted, 0)
    assert old.ok("db", "verify", "--deep", "--json").only["sound"]
    assert "不同 0" in old.ok("replay", "--sample", "100").out
    raw = old.ok("replay", "--from-raw", "police_110:A1").out
    assert "已清除：police_110:A1" in raw
    assert "retention.raw" in raw
    assert "（已按保存期限清除）" in old.ok("matters", "show", "police_110:A1").out


def test_what_is_held_is_not_purged(old: Console) -> None:
    assert "已保全 2 件" in old.person("matters", "hold", "police_110:A1", "--reason", "（2025）民初1号").out
    assert "留下：保全 1" in old.person("db", "purge", "--yes", "--now", LATER).out
    assert old.person("matters", "release", "police_110:A1", "--reason", "结案", "--json").only == {"records": 2}
    assert "已清除 1 个事项 2 件来件" in old.person("db", "purge", "--yes", "--now", LATER).out


def test_terms_below_the_least_are_refused(old: Console) -> None:
    config = old.folder / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8") + "retention: {audit: 1094d, access: 182d}\n", encoding="utf-8"
    )
    ran = old.run("db", "purge")
    assert ran.code == 2
    assert "不得短于 1095d" in ran.err
    assert "不得短于 183d" in ran.err


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Console]:
    made = office(tmp_path / "office")
    export = made.folder / "110.csv"
    lines = [
        f"A{n},2025-03-0{n % 8 + 1} 08:00:00,陈一一,138{n:08d},云溪镇柳树村{n}组,纠纷,楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
        for n in range(400)
    ]
    export.write_text("\n".join((ROWS[0], *lines)) + "\n", encoding="utf-8")
    made.ok("ingest", "--file", export, "--source", "police_110", "--now", "2025-06-10")
    yield made


def test_killed_while_purging_it_goes_on_to_the_same_end(large: Console) -> None:
    wanted = cells(large)
    for pause in (0.02, 0.15, 0.4):
        child = subprocess.Popen(
            [SCRIPT, "db", "purge", "--yes", "--now", LATER],
            cwd=large.folder,
            env={**_bare(), **ACTOR},
            stdout=subprocess.DEVNULL,
        )
        before = large.folder / "sanse.db-wal"
        while child.poll() is None and not before.exists():
            time.sleep(0.01)
        time.sleep(pause)
        child.kill()
        child.wait()
        assert large.ok("db", "verify", "--deep", "--json").only["sound"]
    large.person("db", "purge", "--yes", "--now", LATER)
    assert all(row["matters"] == 0 for row in large.ok("db", "purge", "--now", LATER, "--json").lines)
    assert standing(large, wanted) == dict.fromkeys(wanted, 0)
    assert "不同 0" in large.ok("replay", "--sample", "100").out
