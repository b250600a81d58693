"""`sanse rules backtest`: what it shows, what it refuses, and that it writes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.ruleset import loader
from tests.console import Console

pytest_plugins = ["tests.places"]

NOW = "2025-03-10T09:30:00"
OLD, NEW = "value: 2, source: 公安“二次报警”", "value: 3, source: 公安“二次报警”"
GAP = "    gap_days: 90"


def otherwise(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """The shipped rules with texts of some files put otherwise."""
    shutil.copytree(loader.shipped(), folder)
    for name, text, instead in changes:
        held = (folder / name).read_text(encoding="utf-8")
        assert held.count(text) == 1
        (folder / name).write_text(held.replace(text, instead), encoding="utf-8")
    return folder


@pytest.fixture
def milder(tmp_path: Path) -> Path:
    """A second call makes no yellow any more."""
    return otherwise(tmp_path / "milder", ("parameters.yaml", OLD, NEW))


def test_another_rulebook_is_tried_and_nothing_is_written(read_office: Console, milder: Path) -> None:
    before = (read_office.folder / "sanse.db").read_bytes()
    page = read_office.folder / "page.html"
    shown = read_office.ok(
        "rules", "backtest", "--rules", milder, "--html", page, "--capacity", "yellow=1", "--now", NOW
    ).out
    for said in ("来件 4 件，1 件的颜色或规则会变", "黄变绿的事项 1 个", "Y2 同一事项二次报警", "G0", "已写入"):
        assert said in shown
    assert "可能 " in shown
    assert "历史不满一周" in shown
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (read_office.folder / "sanse.db").read_bytes() == before


def test_as_json_each_matter_and_the_whole(read_office: Console, milder: Path) -> None:
    moved, told = read_office.ok("rules", "backtest", "--rules", milder, "--seconds", 0, "--json", "--now", NOW).lines
    assert (moved["before"]["colour"], moved["after"]["colour"]) == ("yellow", "green")
    assert moved["matter"].startswith("SS2025-")
    assert (told["records"], told["records_changed"], told["lost"]) == (4, 1, {"Y2": 1})
    assert told["record_colours"]["yellow"]["green"] == told["machine_views"]["yellow"]["green"] == 1
    assert [step["proof"] for step in told["steps"]] == [None] * 6


def test_against_a_rulebook_of_the_past(read_office: Console) -> None:
    """The live rules against themselves, by their digest: nothing changes."""
    digest = read_office.ok("rules", "history", "--json").lines[-1]["digest"]
    told = read_office.ok("rules", "backtest", "--against", digest[:12], "--seconds", 0, "--json", "--now", NOW).only
    assert (told["records_changed"], told["rulebooks"]["before"]) == (0, digest)
    refused = read_office.run("rules", "backtest", "--against", "0" * 12, "--now", NOW)
    assert (refused.code, "没有保存过这套规则" in refused.err) == (2, True)


def test_what_would_link_records_otherwise_is_refused_by_name(read_office: Console, tmp_path: Path) -> None:
    rules = otherwise(tmp_path / "gap", ("settings.yaml", GAP, GAP.replace("90", "60")))
    refused = read_office.run("rules", "backtest", "--rules", rules, "--seconds", 0, "--now", NOW)
    assert refused.code == 2
    assert "settings.hotspot" in refused.err
    assert "--as-linked" in refused.err
    shown = read_office.ok("rules", "backtest", "--rules", rules, "--seconds", 0, "--as-linked", "--now", NOW).out
    assert "没有算进去：settings.hotspot" in shown


@pytest.mark.parametrize("capacity", ["red", "=3", "red=x", "rad=3"])
def test_a_capacity_must_name_a_route_and_a_number(read_office: Console, milder: Path, capacity: str) -> None:
    refused = read_office.run("rules", "backtest", "--rules", milder, "--capacity", capacity, "--now", NOW)
    assert refused.code == 2
    assert "路线" in refused.err
