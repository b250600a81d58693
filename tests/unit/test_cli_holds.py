"""Holds at a terminal: by somebody who may, with a reason."""

from __future__ import annotations

from tests.console import OTHER, Console

pytest_plugins = ["tests.places"]


def test_a_hold_and_its_end(desk_office: Console) -> None:
    assert desk_office.person("matters", "hold", "police_110:A1", "--reason", "诉讼", "--json").only == {"records": 2}
    assert "已解除 2 件" in desk_office.person("matters", "release", "police_110:A2", "--reason", "结案").out


def test_nobody_holds_without_a_name_or_twice_releases(desk_office: Console) -> None:
    assert "有人负责" in desk_office.run("matters", "hold", "police_110:A1", "--reason", "诉讼").err
    lead = {"SANSE_ACTOR": "李所长", "SANSE_SECRET": OTHER}
    ran = desk_office.run("matters", "release", "police_110:A1", "--reason", "结案", **lead)
    assert (ran.code, "没有保全" in ran.err) == (2, True)
