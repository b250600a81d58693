"""A township's year, small: from nothing to coloured, explained, routed matters, once, twice, and never over real data."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.console import SCRIPT, Console, Ran, office

pytestmark = pytest.mark.xdist_group("demo")
SIZE = ("--records", "300")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Console, Ran]]:
    """The demo as a process of its own, and what it said."""
    console = Console(tmp_path_factory.mktemp("township"))
    yield console, console.process("demo", "--dir", "demo", *SIZE)


@pytest.fixture
def inside(lived: tuple[Console, Ran]) -> Console:
    """A terminal in the folder of the demo."""
    return Console(lived[0].folder / "demo")


def test_it_ends_well_and_shows_all_three_colours(lived: tuple[Console, Ran], inside: Console) -> None:
    ran = lived[1]
    assert (ran.code, ran.err) == (0, "")
    colours = {row["colour"] for row in inside.ok("matters", "list", "--all", "--json").lines}
    assert colours == {"red", "yellow", "green"}
    for heading in ("一年的来件", "派给谁", "最急的几个事项", "读不懂的行", "接下来可以"):
        assert heading in ran.out
    assert "两个判读器" not in ran.out


def test_every_row_of_every_file_is_accounted_for(inside: Console) -> None:
    told = inside.ok("demo", "--dir", ".", *SIZE, "--json").only
    tally = told["tally"]
    assert tally["read"] == sum(tally[key] for key in ("new", "unchanged", "updated", "quarantined"))
    assert tally["new"] == 0, "the second time nothing is new"
    assert told["summary"]["records"] == tally["unchanged"]
    assert told["summary"]["defects"] == 0


def test_its_figures_can_be_reconciled(lived: tuple[Console, Ran], inside: Console) -> None:
    ran, told = lived[1], inside.ok("demo", "--dir", ".", *SIZE, "--json").only
    found = told["summary"]
    listed = len(inside.ok("matters", "list", "--json").lines)
    assert listed == sum(found["routes"].values())
    assert listed == sum(found["open_matters"].values()) - sum(found["history"].values())
    assert f"办理中（已派单）的 {listed} 个" in ran.out
    rows = sum(found["quarantine"].values())
    waiting = len(inside.ok("quarantine", "list", "--json").lines)
    assert found["quarantine"].get("open", 0) == waiting
    assert re.search(rf"隔离 \d+ 行次 ＝ 不同的 {rows} 行（待处理 {waiting}、", ran.out)


def test_it_says_how_a_terminal_finds_the_command(lived: tuple[Console, Ran]) -> None:
    (line,) = [line.strip() for line in lived[1].out.splitlines() if "export PATH=" in line]
    command = line.split("   ")[0]
    found = subprocess.run(
        ["bash", "-c", f"{command}; command -v sanse"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/bin:/usr/bin"},
    )
    assert found.stdout.strip() == str(SCRIPT)


def test_what_it_proposes_to_do_next_works(lived: tuple[Console, Ran]) -> None:
    console, ran = lived
    steps = [
        line.split("   ")[0].split()
        for line in ran.out.split("接下来可以：")[1].splitlines()
        if line.strip().startswith("sanse ")
    ]
    assert len(steps) == 5
    for name, *arguments in steps:
        assert name == "sanse"
        assert console.ok(*arguments).out


def test_old_decisions_replay_and_the_log_is_sound(inside: Console) -> None:
    assert "不同 0" in inside.ok("replay", "--sample", "100000").out
    assert inside.ok("audit", "verify", "--json").only["sound"]
    assert inside.ok("db", "verify", "--deep", "--json").only["sound"]


def test_score_and_ingest_colour_the_same_file_alike(lived: tuple[Console, Ran], tmp_path: Path) -> None:
    exports = lived[0].folder / "demo" / "exports"
    months = sorted(path for path in exports.iterdir() if path.name.startswith("12345"))
    file = max(months, key=lambda path: path.stat().st_size)
    live = office(tmp_path / "office")
    scored = live.ok("score", "--file", file, "--source", "hotline_12345").lines
    live.ok("ingest", "--file", file, "--source", "hotline_12345", "--now", "2026-01-01")
    assert len(scored) > 5
    for row in scored:
        if "quarantined" not in row:
            shown = live.ok("explain", f"hotline_12345:{row['source_id']}", "--json").lines[0]
            assert (shown["colour"], shown["record"]["reasons"]) == (row["colour"], row["reasons"])


def matters(console: Console) -> list[tuple[object, ...]]:
    """Where every matter stands."""
    lines = console.ok("matters", "list", "--all", "--json").lines
    return sorted((row["matter"], row["code"], row["colour"], row["machine"], row["status"]) for row in lines)


def test_killed_and_begun_again_it_ends_the_same(lived: tuple[Console, Ran], inside: Console) -> None:
    folder = lived[0].folder
    command = [SCRIPT, "demo", "--dir", "killed", *SIZE]
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    while running.poll() is None and _stored(folder / "killed" / "sanse.db") < 50:
        time.sleep(0.05)
    running.kill()
    assert running.wait() == -signal.SIGKILL, "it was still at work"
    again = Console(folder).ok("demo", "--dir", "killed", *SIZE)
    assert "件上一次运行时已经读入" in again.out
    assert "上一次运行时" not in lived[1].out
    assert matters(Console(folder / "killed")) == matters(inside)


def _stored(database: Path) -> int:
    """How many records are committed; none while there are no tables yet."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as opened:
        try:
            return int(opened.execute("select count(*) from sightings").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def test_another_year_or_a_real_installation_is_never_written_over(lived: tuple[Console, Ran], tmp_path: Path) -> None:
    other = lived[0].run("demo", "--dir", "demo", "--records", "301")
    assert other.code == 2
    assert "--records 300" in other.err
    real = Console(tmp_path)
    real.ok("init", "office")
    refused = real.run("demo", "--dir", "office", *SIZE)
    assert refused.code == 2
    assert "正式的安装" in refused.err
    assert real.ok("matters", "list", "--all", "--json", "--config", "office/config.yaml").out == ""
