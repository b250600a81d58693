"""Blind grades at a terminal: dealt, shown without a colour, graded once."""

from __future__ import annotations

from tests.console import ACTOR, Console

pytest_plugins = ["tests.places"]

NOW = ("--now", "2025-03-11T09:00:00")


def test_dealt_shown_graded_and_counted(desk_office: Console) -> None:
    shown = desk_office.person("matters", "sample", "--share", "100", *NOW).out
    assert "抽了 3 件；待评 3 件" in shown
    assert "拿着菜刀" in shown
    before_the_hint = shown.rpartition("抽了")[0]
    assert not any(word in before_the_hint for word in ("红", "黄", "绿", "R1", "SS2025", "命中"))
    numbers = [line["number"] for line in desk_office.person("matters", "sample", "--json", *NOW).lines]
    for number in numbers:
        desk_office.person("matters", "grade", number, "--colour", "红", *NOW)
    assert desk_office.run("matters", "grade", numbers[0], "--colour", "绿", *NOW, **ACTOR).code == 2
    held = desk_office.ok("rules", "stats", "--json", *NOW).lines[-1]
    assert (held["graded"], held["under"]["count"], held["under"]["of"]) == (3, 2, 3)


def test_a_share_that_is_no_number_is_refused(desk_office: Console) -> None:
    refused = desk_office.run("matters", "sample", "--share", "一半", *NOW, **ACTOR)
    assert (refused.code, "比例写法不对" in refused.err) == (2, True)


def test_a_change_of_a_colour_offers_the_skeleton_of_a_test(desk_office: Console) -> None:
    told = ("matters", "override", "police_110:B1", "--to", "红", "--reason", "老人独居", *NOW)
    plain = desk_office.person("matters", "override", "police_110:A1", "--to", "红", "--reason", "老人独居", *NOW)
    assert "加 --as-test" in plain.out
    assert "expect: {match: true, colour: red}" in desk_office.person(*told, "--as-test").out
