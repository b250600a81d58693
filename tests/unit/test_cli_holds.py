"""Holds at a terminal: by somebody who may, with a reason."""

from __future__ import annotations

from tests.console import OTHER, Console

pytest_plugins = ["tests.places"]


def test_a_hold_and_its_end(desk_office: Console) -> None:
    assert desk_office.person("matters", "hold", "police_110:A1", "--reason", "诉讼", "--json").only == {
        "records": 2,
        "purged": {},
    }
    assert "已解除 2 件" in desk_office.person("matters", "release", "police_110:A2", "--reason", "结案").out


def test_a_hold_says_what_was_purged_before_and_cannot_be_kept(desk_office: Console) -> None:
    now, years = "2025-03-11T09:00:00", "2032-03-10"
    desk_office.person("matters", "close", "police_110:B1", "--means", "调解", "--evidence", "维修单8号", "--now", now)
    desk_office.person("db", "purge", "--yes", "--now", years)
    told = desk_office.person("matters", "hold", "police_110:B1", "--reason", "复议", "--now", years).out
    assert "已保全 1 件来件还留着的部分" in told
    assert "注意：1 件的来件正文和身份摘要已于 2032-03-10" in told
    assert "按保存期限清除，保全不了" in told


def test_nobody_holds_without_a_name_or_twice_releases(desk_office: Console) -> None:
    assert "有人负责" in desk_office.run("matters", "hold", "police_110:A1", "--reason", "诉讼").err
    lead = {"SANSE_ACTOR": "李所长", "SANSE_SECRET": OTHER}
    ran = desk_office.run("matters", "release", "police_110:A1", "--reason", "结案", **lead)
    assert (ran.code, "没有保全" in ran.err) == (2, True)
