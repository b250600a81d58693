"""Weeks of a back-test: whole weeks alone, by the route of each side, with bands that rest on weeks that stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from engine.errors import UsageError
from engine.model import Colour
from engine.ruleset.tree import Rulebook
from engine.workbench.backtest.matters import OVERRIDDEN, UNKNOWN, Group
from engine.workbench.backtest.told import IMAGINED, left_out, undone
from engine.workbench.backtest.weeks import Band, Load, Weeks, band, weeks
from tests.installation import shipped
from tests.property.rulebook_changes import base, loaded

MONDAY = date(2025, 3, 3)
G, Y, R = Colour


def group(day: int, before: Colour, after: Colour, *, area: str = "东冲村", topic: str = "", count: int = 1) -> Group:
    return Group((MONDAY + timedelta(days=day)).isoformat(), area, topic, before, after, count)


def load(made: Weeks, route: str, area: str = "") -> Load:
    return next(one for one in made.loads if (one.route, one.area) == (route, area))


def tried(groups: Sequence[Group], new: Rulebook | None = None, **capacities: int) -> Weeks:
    return weeks(groups, shipped(), new or shipped(), capacities)


def test_only_whole_weeks_count() -> None:
    made = tried([group(-1, G, R), group(0, G, R, count=4), group(9, G, R), group(13, Y, Y), group(14, G, R)])
    assert (made.first, made.last, made.count) == (MONDAY, MONDAY + timedelta(days=7), 2)
    assert load(made, "red").after == Band(2.5, None, None), "four and one; too few weeks for a band"
    assert load(made, "red").before.mean == 0
    assert load(made, "red").most_after == 4


def test_no_week_and_no_matter_is_no_load() -> None:
    assert tried([]) == Weeks(None, None, 0, (), {})
    assert tried([group(1, G, G), group(5, G, G)]).count == 0


def test_each_side_goes_by_its_own_routes_and_townships_are_told_apart() -> None:
    routes = [
        *shipped().documents["routes"],
        {"id": "east", "title": "东片", "colour": "red", "area": "东冲村", "receivers": ["党工委"]},
    ]
    made = tried([group(0, R, R), group(6, R, R, area="河西社区")], loaded({**base(), "routes": routes}))
    assert {(one.route, one.area): (one.before.mean, one.after.mean) for one in made.loads} == {
        ("red", ""): (2, 1),
        ("red", "东冲村"): (1, 0),
        ("red", "河西社区"): (1, 1),
        ("east", ""): (0, 1),
        ("east", "东冲村"): (0, 1),
    }


def test_against_what_a_route_can_take() -> None:
    made = tried([group(0, Y, R, count=3), group(7, R, R), group(13, R, R)], red=2)
    assert (load(made, "red").capacity, load(made, "red").over) == (2, (0, 1))
    assert load(made, "yellow").over is None
    with pytest.raises(UsageError, match="没有这条路线：rad"):
        tried([group(0, G, G)], rad=2)


def test_what_is_not_compared_is_in_no_number_and_is_counted_beside_them_with_its_reason() -> None:
    compared = [group(0, Y, R), group(6, Y, Y)]
    unknown = replace(group(3, Y, R, count=4), part=UNKNOWN)
    elsewhere = replace(group(3, G, G, area="河西社区"), part=OVERRIDDEN)
    before = replace(group(-1, Y, Y, count=9), part=UNKNOWN)
    made = weeks(compared, shipped(), shipped(), {"red": 1}, [unknown, elsewhere, before])
    plain = weeks(compared, shipped(), shipped(), {"red": 1})
    assert load(made, "red").apart == {UNKNOWN: (0, 4)}
    assert load(made, "yellow").apart == {UNKNOWN: (4, 0)}, "of the weeks that are counted"
    assert load(made, "red", "东冲村").apart == {UNKNOWN: (0, 4)}
    assert load(made, "green").apart == load(made, "green", "河西社区").apart == {OVERRIDDEN: (1, 1)}
    assert (load(made, "green").after.mean, load(made, "green").most_after) == (0, 0)
    assert [replace(one, apart={}) for one in made.loads if one.route != "green"] == list(plain.loads)
    assert made.counts == plain.counts
    assert left_out(load(made, "yellow")) == "历史说不准 4→0"
    assert left_out(load(plain, "red")) == ""


def test_what_only_would_have_been_dispatched_is_in_the_load_and_told_beside_it() -> None:
    made = tried([replace(group(0, G, R, count=5), imagined=3), group(6, G, R), replace(group(-1, G, R), imagined=1)])
    assert (load(made, "red").after.mean, load(made, "red").never_dispatched) == (6, 3)
    assert load(made, "red", "东冲村").never_dispatched == 3
    assert load(made, "green").never_dispatched == 0
    assert f"{IMAGINED}的：{load(made, 'red').title} 3 个。" in undone(made)
    assert undone(tried([group(0, G, R), group(6, G, R)])) == ""


def test_a_band_holds_the_mean_and_is_wider_where_trouble_comes_in_runs() -> None:
    runs = np.tile(np.array([0] * 4 + [8] * 4, np.int64), 5)
    scattered = np.random.default_rng(7).permutation(runs)
    wide, narrow = band(runs), band(scattered)
    for made in (wide, narrow):
        assert made.low is not None
        assert made.high is not None
        assert made.low < made.mean == 4 < made.high
    assert (wide.high or 0) - (wide.low or 0) > 1.3 * ((narrow.high or 0) - (narrow.low or 0))
    assert band(runs) == band(runs), "drawn by seed"
    assert band(np.full(20, 3, np.int64)) == Band(3, 3, 3)
