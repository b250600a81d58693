"""How rules do, at a terminal: counts beside every share, JSON a line for each thing, shadow rules in words."""

from __future__ import annotations

import pytest

from tests.console import Console

pytest_plugins = ["tests.places"]

NOW = ("--now", "2025-03-11T09:00:00")


def test_figures_in_words_have_counts_and_bounds(read_office: Console) -> None:
    ran = read_office.ok("rules", "stats", *NOW)
    assert "0/1（0%–79%）" in ran.out
    assert "盲评 0 件" in ran.out
    assert "漏判（人评红、机判低）0/0，上限 100%（目标不超过 5%）：件数还不够下结论" in ran.out
    assert "漏水" not in ran.out


def test_figures_as_json(read_office: Console) -> None:
    lines = read_office.ok("rules", "stats", "--json", *NOW).lines
    rules = {line["rule"]: line for line in lines if line["what"] == "rule"}
    assert rules["Y2"]["records"] == 1
    assert rules["Y2"]["lowered"] == {"count": 0, "of": 1, "low": 0.0, "high": 0.7935}
    assert lines[-1]["what"] == "triage"
    assert (lines[-1]["records"], lines[-1]["under"]["at_most"], lines[-1]["under_within"]) == (4, 1.0, None)
    assert read_office.ok("rules", "stats", "--json", "--since", "2025-03-06", *NOW).lines[-1]["records"] == 3


def test_shadow_rules_say_what_they_would_do(desk_office: Console) -> None:
    assert "没有试运行的规则" in desk_office.ok("rules", "shadow", *NOW).out
    file = desk_office.folder / "rules" / "repeats.yaml"
    text = file.read_text(encoding="utf-8")
    at = text.index("id: Y2")
    file.write_text(text[:at] + text[at:].replace("status: live", "status: shadow", 1), encoding="utf-8")
    (desk_office.folder / "export.csv").write_text(
        "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容\n"
        "A3,2025-03-11 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,楼上又漏水了请来协调\n",
        encoding="utf-8",
    )
    desk_office.ok("ingest", "--file", "export.csv", "--source", "police_110", *NOW)
    told = desk_office.ok("rules", "shadow", *NOW).out
    assert "1 条规则在试运行" in told
    assert "Y2 " in told
    assert "转正还差：试运行 0 天，不满 30 天" in told
    (line,) = desk_office.ok("rules", "shadow", "--days", "1", "--json", *NOW).lines
    assert (line["rule"], line["right"]["of"]) == ("Y2", 0)
    assert line["mutants"]["killed"] <= line["mutants"]["of"] > 0
    digest = desk_office.ok("jobs", "run", "shadow", *NOW).out
    assert "试运行的规则（没有起作用）：Y2" in digest


@pytest.mark.parametrize("until", ["2025-01-01", "2026-01-01"])
def test_a_period_that_is_empty_is_refused(read_office: Console, until: str) -> None:
    refused = read_office.run("rules", "stats", "--since", "2026-01-01", "--until", until, *NOW)
    assert (refused.code, refused.out) == (2, "")
    assert f"--since 2026-01-01 不早于 --until {until}" in refused.err


@pytest.mark.parametrize("wrong", ["--since", "--until"])
def test_a_time_that_cannot_be_read_is_refused(read_office: Console, wrong: str) -> None:
    assert read_office.run("rules", "stats", wrong, "昨天").code == 2
