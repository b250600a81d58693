"""Tuning at a terminal: the table, what is lost by name, the edit, a draft; JSON; what was typed wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console import Console

pytest_plugins = ["tests.places"]
NOW = ("--now", "2025-03-10T12:00:00")


def test_a_choice_is_shown_with_what_it_loses_and_written_as_a_draft(read_office: Console, tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text("id,colour\npolice_110:A2,黄\npolice_110:K1,红\n", encoding="utf-8")
    asked = ("rules", "tune", "--try", "repeat.yellow_30d=2,3", "--keep", "missed<=0", "--labels", cases, *NOW)
    kept = read_office.ok(*asked)
    assert "4 件来件，3 个事项，2 周" in kept.out
    assert "2 种搭配全部试过" in kept.out
    assert "1 漏判 police_110:A2：应至少黄，判绿。Y2 不再命中：" in kept.out
    assert "2，线是 3" in kept.out
    assert "现在的数已经合约束，没有更好的取法" in kept.out

    plan, draft = tmp_path / "plan.yaml", tmp_path / "draft"
    plan.write_text("try: {repeat.yellow_30d: [2, 3]}\nkeep: {yellows_per_week: 0}\n", encoding="utf-8")
    told = read_office.ok(
        "rules", "tune", "--plan", plan, "--from", "2026-01-01", "--draft", draft, "--json", *NOW
    ).lines
    first, now, choice, _, *others = told
    assert (first["what"], first["records"], first["every"], first["tried"]) == ("search", 4, True, 2)
    assert (now["values"], now["yellows"], now["broken"]) == (
        {"repeat.yellow_30d": 2},
        [1, 0],
        {"yellows_per_week": 0.5},
    )
    assert (choice["values"], choice["lowered"], choice["broken"]) == ({"repeat.yellow_30d": 3}, 1, {})
    offer = next(one for one in others if one["what"] == "offer")
    assert (offer["fit"], offer["values"]) == (True, {"repeat.yellow_30d": 3})
    assert "+    values: [{from: 2025-01-01, value: 2" in offer["diff"]
    assert "{from: 2026-01-01, value: 3" in (draft / "parameters.yaml").read_text(encoding="utf-8")
    assert others[-1] == {"what": "draft", "folder": str(draft)}
    other = tmp_path / "other"
    said = read_office.ok("rules", "tune", "--plan", plan, "--from", "2026-01-01", "--draft", other, *NOW).out
    assert f"已写成草稿：{other}；它动了哪些事项：sanse rules backtest --rules {other} --thresholds today" in said
    assert "2026-01-01" not in (read_office.folder / "rules" / "parameters.yaml").read_text(encoding="utf-8")


def test_on_a_simulated_clock_today_is_where_it_was_left(read_office: Console) -> None:
    """The date of the wall in a draft of rules for a simulated year would bring them into force at no time anybody lives through."""
    ran = read_office.run("rules", "tune", "--try", "repeat.yellow_30d=2,3", "--keep", "yellows_per_week<=0", "--json")
    (offer,) = [one for one in ran.lines if one["what"] == "offer"]
    assert "{from: 2025-03-10, value: 3" in offer["diff"]


def test_where_nothing_keeps_to_the_limits_the_exit_code_says_so(read_office: Console) -> None:
    ran = read_office.run(
        "rules", "tune", "--try", "repeat.red_30d=3,4", "--keep", "reds_per_week<=0", "--since", "2025-03-08", *NOW
    )
    assert ran.code == 1
    assert "没有一种合约束" in ran.out
    assert "2 件来件" in ran.out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ((), "没有写要试哪个数"),
        (("--try", "repeat.yellow=2"), "没有叫“repeat.yellow”的参数"),
        (("--try", "repeat.yellow_30d=2", "--keep", "reds<=1"), "没有这项约束：reds"),
        (("--try", "repeat.yellow_30d=2", "--labels", "no.csv"), "文件读不了：no.csv"),
        (("--plan", "config.yaml", "--try", "repeat.yellow_30d=2"), "--plan 已经写了"),
        (("--try", "repeat.yellow_30d=2", "--keep", "missed<=0"), "没有标注，missed 无从数起"),
        (("--try", "repeat.yellow_30d=2", "--from", "明天"), "时间写法不对"),
    ],
)
def test_what_was_typed_wrong_is_told(read_office: Console, typed: tuple[str, ...], told: str) -> None:
    ran = read_office.run("rules", "tune", *typed, *NOW)
    assert ran.code == 2
    assert told in ran.err
