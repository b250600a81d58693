"""Limits of a back-test: each part that would move records is named; what moves none is not."""

from __future__ import annotations

import pytest

from engine.workbench.backtest.limits import areas_named, limits
from tests.installation import shipped
from tests.property.rulebook_changes import Book, base, loaded


def other(**parts: object) -> Book:
    return {**base(), **parts}


def test_the_same_rulebook_has_no_limits() -> None:
    found = limits(loaded(base()), loaded(base()))
    assert (found.refused, found.told) == ((), ())


def test_areas_that_routes_name() -> None:
    routes = [
        *shipped().documents["routes"],
        {"id": "x", "title": "东", "colour": "red", "area": ["东片", "西片"], "receivers": ["党工委"]},
    ]
    assert areas_named(loaded(other(routes=routes))) == {"东片", "西片"}
    assert areas_named(loaded(base())) == frozenset()


def test_dispatches_that_a_fact_counts_are_told() -> None:
    book = base()
    book["features"]["matter.failed"]["where"] = {"level": "red"}
    (told,) = limits(loaded(base()), loaded(book)).told
    assert "matter.failed" in told
    assert "派单" in told


@pytest.mark.parametrize("entry", ["刀", "别的"])
def test_danger_rules_that_read_otherwise_are_told(entry: str) -> None:
    """R1 is one of the danger rules and reads the list of weapons."""
    book = base()
    book["words"]["knife"]["entries"] = [entry, "砍"]
    told = limits(loaded(base()), loaded(book)).told
    assert bool(told) == (entry != "刀")
    assert all("危险规则" in line for line in told)
