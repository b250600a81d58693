"""The nearest other colour at a terminal: in words that can be signed, and as data."""

from __future__ import annotations

from tests.console import Console

pytest_plugins = ["tests.places"]


def test_ways_to_another_colour_are_told_with_their_reasons(read_office: Console) -> None:
    out = read_office.ok("explain", "police_110:B1", "--nearest", "red").out
    assert "怎样会是红（1，只说明原因，要核实属实才能更正）：" in out
    assert "由“否”变为“是”" in out
    assert "那时的理由：" in out
    assert "颜色只能由人降低" in out


def test_that_there_is_no_way_is_said_to_be_proved(read_office: Console) -> None:
    """A2 is yellow by the second call on the matter, which is past."""
    assert "怎样会是绿：已证明" in read_office.ok("explain", "police_110:A2", "--nearest", "green").out


def test_as_data_each_way_has_its_steps(read_office: Console) -> None:
    lines = read_office.ok("explain", "police_110:K1", "--nearest", "yellow", "--json").lines
    (found,) = [line for line in lines if "nearest" in line]
    assert (found["subject"], found["nearest"], found["reason"]) == ("police_110:K1", "yellow", "")
    assert all(way["colour"] == "yellow" and way["steps"] for way in found["ways"])


def test_the_colour_it_has_and_a_colour_that_is_none(read_office: Console) -> None:
    assert "已经是红" in read_office.ok("explain", "police_110:K1", "--nearest", "red").out
    refused = read_office.run("explain", "police_110:K1", "--nearest", "blue")
    assert (refused.code, "没有这个颜色：blue" in refused.err, "可用：红、黄、绿" in refused.err) == (2, True, True)


def test_a_colour_is_named_as_the_screen_says_it_or_as_files_do(read_office: Console) -> None:
    for word in ("红", "红色", "red"):
        assert "已经是红" in read_office.ok("explain", "police_110:K1", "--nearest", word).out


def test_time_that_passed_is_no_way_back_and_time_that_passes_is_nobodys_doing(desk_office: Console) -> None:
    desk_office.ok("serve", "--once", "--now", "2025-03-20T09:00:00")
    back = desk_office.ok("explain", "police_110:B1", "--nearest", "绿").out
    assert "怎样会是绿：已证明：固定的事实（年龄身体、怎么来的、过去的次数、过去的天数等）不动" in back
    assert "可以做的" not in back
    on = desk_office.ok("explain", "police_110:A2", "--nearest", "红").out
    waiting = [line for line in on.splitlines() if "，不是谁去做的：别的都不变，再过些天就会这样）：" in line]
    assert waiting
    assert all("黄色持续天数由“10”变为“31”" in line for line in waiting)
    assert all(fact in line for line in waiting for fact in ("派单后天数", "未办结天数"))
