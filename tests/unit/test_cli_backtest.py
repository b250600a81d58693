"""`sanse rules backtest`: what it shows, what it refuses, and that it writes nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.ruleset import loader
from tests.console import ACTOR, Console, office

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
    assert "来件可能" in shown
    assert "证明只说来件" in shown
    assert "历史不满一周" in shown
    written = page.read_text(encoding="utf-8")
    assert written.startswith("<!doctype html>")
    assert "事项看到 2025-03-10 09:30；按来件当天的阈值" in written
    assert (read_office.folder / "sanse.db").read_bytes() == before


def test_as_json_each_matter_and_the_whole(read_office: Console, milder: Path) -> None:
    ran = read_office.ok("rules", "backtest", "--rules", milder, "--seconds", 0, "--json", "--now", NOW)
    moved, record, told = ran.lines
    assert [line["what"] for line in ran.lines] == ["matter", "record", "summary"]
    assert (record["id"], record["matter"], record["part"]) == ("police_110:A2", moved["matter"], "view")
    assert (record["before"], record["after"]) == (
        {"colour": "yellow", "reasons": ["Y2 同一事项二次报警"]},
        {"colour": "green", "reasons": ["G0 未命中任何风险规则"]},
    )
    assert (moved["before"]["colour"], moved["after"]["colour"]) == ("yellow", "green")
    assert moved["matter"].startswith("SS2025-")
    assert (moved["before"]["never_dispatched"], moved["after"]["never_dispatched"]) == (False, False)
    assert (told["records"], told["records_changed"], told["lost"]) == (4, 1, {"Y2": 1})
    assert (told["records_recoloured"], told["thresholds"], told["late_thresholds"]) == (1, "dated", [])
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


def test_a_number_of_today_is_tried_on_the_past_as_if_it_had_always_held(
    read_office: Console, milder: Path, tmp_path: Path
) -> None:
    """The draft of a tuning has a dated line: by the day it changes nothing, by the newest numbers what the number changes in place, and what a rescore says."""
    draft = tmp_path / "draft"
    choice = ("--try", "repeat.yellow_30d=2,3", "--keep", "yellows_per_week<=0")
    asked = ("rules", "tune", *choice, "--from", "2026-01-01", "--draft", draft, "--json", "--now", NOW)
    tuned = read_office.ok(*asked).lines
    assert "from: 2026-01-01, value: 3" in (draft / "parameters.yaml").read_text(encoding="utf-8")
    tried = ("rules", "backtest", "--rules", draft, "--seconds", 0, "--now", NOW)
    (dated,) = read_office.ok(*tried, "--json").lines
    assert dated["records_changed"] == 0
    (late,) = dated["late_thresholds"]
    assert (late["name"], late["start"], late["before"], late["after"], late["records"]) == (
        *("repeat.yellow_30d", "2026-01-01", 2, 3),
        0,
    )
    hint = "repeat.yellow_30d（同一事项30日内几次报警为黄）从 2026-01-01 起 2 → 3，这天以后的来件只有 0 件"
    shown = read_office.ok(*tried).out
    assert hint in shown
    assert "加 --thresholds today" in shown

    *_, today = read_office.ok(*tried, "--thresholds", "today", "--json").lines
    *_, in_place = read_office.ok("rules", "backtest", "--rules", milder, "--seconds", 0, "--now", NOW, "--json").lines
    later = ("--thresholds", "today", "--now", "2026-01-02", "--json")
    *_, again = read_office.ok("rescore", "--rules", draft, *later).lines
    lowered = next(line["lowered"] for line in tuned if line["what"] == "choice")
    assert (today["records_changed"], today["thresholds"]) == (1, "today")
    assert today["records_changed"] == in_place["records_changed"] == again["changed"] == lowered
    assert today["record_colours"] == in_place["record_colours"] == again["matrix"]
    assert today["machine_views"] == in_place["machine_views"]
    assert today["late_thresholds"] == []


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("nowhere/page.html", "没有目录 nowhere"),
        (".", "这是一个目录"),
        ("config.yaml/page.html", "没有目录 config.yaml"),
    ],
)
def test_a_page_that_could_not_be_written_is_named_before_anything_is_read(
    read_office: Console, milder: Path, page: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.wiring.desk_of", None)
    refused = read_office.run("rules", "backtest", "--rules", milder, "--html", page, "--now", NOW)
    assert (refused.code, refused.out) == (2, "")
    assert f"写不了 --html 的文件 {page}：{why}" in refused.err


def test_a_page_in_a_folder_that_may_not_be_written_is_named(
    read_office: Console, milder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as somebody who may do everything."""
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    refused = read_office.run("rules", "backtest", "--rules", milder, "--html", "another.html", "--now", NOW)
    assert (refused.code, "another.html：没有写的权限" in refused.err) == (2, True)
    assert not (read_office.folder / "another.html").exists()


def test_without_a_time_a_simulated_clock_stands_where_it_was_left(read_office: Console, milder: Path) -> None:
    tried = ("rules", "backtest", "--rules", milder, "--seconds", 0)
    *_, told = read_office.ok(*tried, "--json").lines
    assert told["as_of"] == "2025-03-10T01:00:00+00:00", "when the export was read in"
    assert "事项看到 2025-03-10 09:00；按来件当天的阈值" in read_office.ok(*tried).out
    shown = read_office.ok(*tried, "--thresholds", "today", "--now", NOW).out
    assert "事项看到 2025-03-10 09:30；两套都按各自最新的阈值" in shown


def test_what_is_no_way_to_take_thresholds_is_refused(read_office: Console, milder: Path) -> None:
    refused = read_office.run("rules", "backtest", "--rules", milder, "--thresholds", "now", "--now", NOW)
    assert (refused.code, "可用：dated、today" in refused.err) == (2, True)


def test_where_nothing_is_stored_nothing_is_tried(tmp_path: Path) -> None:
    empty = office(tmp_path / "office")
    refused = empty.run("rules", "backtest", "--seconds", 0, "--now", NOW)
    assert (refused.code, refused.out) == (2, "")
    assert "还没有存下的来件，没有可回测的" in refused.err


def test_what_is_not_compared_stands_beside_the_load(desk_office: Console, milder: Path) -> None:
    """A matter that a person raised is in no number, and is told where it is left out."""
    (desk_office.folder / "more.csv").write_text(
        "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容\n"
        "C1,2025-02-20 08:00:00,郑四四,13800000014,云溪镇新铺村5组,纠纷,邻居在公共过道上堆放了很多杂物\n"
        "C2,2025-03-20 08:00:00,钱六六,13800000016,云溪镇大塘村7组,纠纷,村里的水渠堵塞了没有人来清理\n",
        encoding="utf-8",
    )
    at = ("--now", "2025-03-20T09:00:00")
    desk_office.ok("ingest", "--file", "more.csv", "--source", "police_110", *at)
    desk_office.ok("matters", "override", "police_110:A2", "--to", "red", "--reason", "领导批示", *at, **ACTOR)
    tried = ("rules", "backtest", "--rules", milder, "--seconds", 0, *at)
    *_, apart, told = desk_office.ok(*tried, "--json").lines
    assert (apart["what"], apart["why"], told["matters"]["overridden"]) == ("apart", "overridden", 1)
    assert apart["records"] == [{"id": "police_110:A2", "before": "yellow", "after": "green"}]
    left = {one["route"]: one["apart"] for one in told["load"] if not one["area"] and one["apart"]}
    assert sum(after for parts in left.values() for _, after in parts.values()) == 1
    shown = desk_office.ok(*tried).out
    assert "人改过颜色 1→1" in shown, "fifteen days open it is yellow under either"
    assert "没有比较、但有来件颜色会变的事项 1 个" in shown
