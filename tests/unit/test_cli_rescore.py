"""Judging history again from the command line: what is shown, what is refused, what is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.ruleset import loader
from tests.console import ACTOR, Console

pytest_plugins = ["tests.places"]

NOW = "2025-03-10T09:30:00"
LAMPS = """words:
  lamp: {title: 路灯, entries: [路灯]}
features:
  words.lamp: {title: 提到路灯, words: lamp}
rules:
  - id: Z1
    title: 路灯
    status: live
    colour: yellow
    let: {lamp: {feature: words.lamp, is: true}}
    because: 提到{words.lamp}
    advice: 报修
    basis: 试
    tests: []
"""
OLD, NEW = "value: 2, source: 公安“二次报警”", "value: 3, source: 公安“二次报警”"


def milder(folder: Path) -> Path:
    """The shipped rules with one threshold moved."""
    shutil.copytree(loader.shipped(), folder)
    parameters = folder / "parameters.yaml"
    text = parameters.read_text(encoding="utf-8")
    assert text.count(OLD) == 1
    parameters.write_text(text.replace(OLD, NEW), encoding="utf-8")
    return folder


def test_under_the_live_rules_nothing_changes(read_office: Console) -> None:
    assert "没有变化" in read_office.ok("rescore").out
    summary = read_office.ok("rescore", "--json").only
    assert (summary["records"], summary["changed"], summary["gained"], summary["lost"]) == (4, 0, {}, {})
    assert summary["words_as_stored"] is False
    assert sum(sum(row.values()) for row in summary["matrix"].values()) == 4


def test_other_rules_are_tried_and_nothing_is_written(read_office: Console, tmp_path: Path) -> None:
    rules = milder(tmp_path / "milder")
    shown = read_office.ok("rescore", "--rules", rules).out
    assert "1 件会有变化" in shown
    assert "Y2" in shown
    assert "同一事项二次报警" in shown
    changed, summary = read_office.ok("rescore", "--rules", rules, "--json").lines
    assert changed["id"] == "police_110:A2"
    assert (changed["before"]["colour"], changed["after"]["colour"]) == ("yellow", "green")
    assert (changed["before"]["rules"], changed["after"]["rules"]) == (["Y2"], ["G0"])
    assert (summary["changed"], summary["lost"]) == (1, {"Y2": 1})
    assert read_office.ok("rescore", "--rules", rules, "--colour", "red", "--json").only["changed"] == 0


def test_a_new_word_list_is_tried_on_what_the_records_say(read_office: Console, tmp_path: Path) -> None:
    """Its facts are in no stored record; a record that cannot be read again would be said to need review."""
    rules = tmp_path / "lamps"
    shutil.copytree(loader.shipped(), rules)
    (rules / "lamps.yaml").write_text(LAMPS, encoding="utf-8")
    *changed, summary = read_office.ok("rescore", "--rules", rules, "--json").lines
    assert [one["after"]["rules"] for one in changed if "Z1" in one["after"]["rules"]] != []
    assert (summary["gained"], summary["words_as_stored"]) == ({"Z1": 1}, False)
    assert "没有变化" in read_office.ok("rescore").out


def test_where_no_record_is_asked_for_nothing_is_judged(read_office: Console) -> None:
    told = read_office.ok("rescore", "--since", "2099-01-01").out
    assert "没有判任何一件" in told
    assert "没有变化" not in told


def test_stopped_by_hand_it_says_what_stands(read_office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.desk.rescoring.rescored", stopped)
    ran = read_office.run("rescore")
    assert (ran.code, ran.out) == (130, "")
    assert "已中断；已经提交的批次都在" in ran.err


def test_live_rules_are_written_by_a_person(desk_office: Console, tmp_path: Path) -> None:
    rules = desk_office.folder / "rules"
    shutil.rmtree(rules)
    milder(rules)
    denied = desk_office.run("rescore", "--apply", "--now", NOW)
    assert denied.code == 2
    written = desk_office.ok("rescore", "--apply", "--now", NOW, "--json", **ACTOR).lines[-1]
    assert written == {"written": 1}
    assert "没有变化" in desk_office.ok("rescore").out
    assert desk_office.ok("replay", "--sample", 50).out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--thresholds", "soon"), "不认识的阈值口径"),
        (("--colour", "blue"), "没有这个颜色"),
        (("--matter", "SS2020-000009"), "没有找到"),
        (("--caller", "police_110:nobody"), "没有找到"),
        (("--apply", "--thresholds", "today"), "只有现行规则"),
        (("--since", "昨天"), "时间写法不对"),
        (("--since", "2025-05-01", "--until", "2025-04-01"), "中间没有来件"),
    ],
)
def test_what_cannot_be_is_refused(read_office: Console, options: tuple[str, ...], why: str) -> None:
    refused = read_office.run("rescore", *options)
    assert refused.code == 2
    assert why in refused.err


def test_a_colour_is_named_as_the_screen_says_it_or_as_files_do(read_office: Console) -> None:
    told = [read_office.ok("rescore", "--colour", word, "--json").lines for word in ("红", "red")]
    assert told[0] == told[1] != read_office.ok("rescore", "--json").lines


def test_spark_without_java_is_told_with_what_to_do(desk_office: Console, tmp_path: Path) -> None:
    config = desk_office.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "\nbulk: {engine: pyspark}\n", encoding="utf-8")
    refused = desk_office.run("rescore", JAVA_HOME=str(tmp_path))
    assert refused.code == 3
    assert "没有 Java，Spark 运行不了（JAVA_HOME）" in refused.err
    assert "default-jre-headless" in refused.err
    assert "bulk.engine 改回 duckdb" in refused.err


def test_an_export_is_judged_as_the_database_is(desk_office: Console, tmp_path: Path) -> None:
    rules, out = milder(tmp_path / "milder"), tmp_path / "out"
    assert desk_office.run("db", "export", "--parquet", out, "--now", NOW, **ACTOR).code == 2, "a reason is asked for"
    assert not out.exists()
    told = desk_office.ok("db", "export", "--parquet", out, "--reason", "试算新阈值", "--now", NOW, "--json", **ACTOR)
    assert told.only["rows"]["records"] == 4
    asked = ("rescore", "--rules", rules, "--json")
    inside, outside = desk_office.ok(*asked).lines, desk_office.ok(*asked, "--from-parquet", out).lines
    assert len(inside) == 2
    assert outside[:-1] == inside[:-1]
    for chosen in (("--matter", "police_110:A2"), ("--caller", "police_110:A2"), ("--colour", "red")):
        inside, outside = (
            desk_office.ok(*asked, *chosen).lines,
            desk_office.ok(*asked, *chosen, "--from-parquet", out).lines,
        )
        assert outside[:-1] == inside[:-1]
        assert outside[-1]["records"] == inside[-1]["records"]
    assert "没有" in desk_office.ok("rescore", "--from-parquet", out).out
    assert desk_office.run("rescore", "--from-parquet", out, "--apply").code == 2
    assert desk_office.run("rescore", "--from-parquet", out, "--matter", "SS2020-1").code == 2
    assert desk_office.run("rescore", "--from-parquet", tmp_path).code == 2
