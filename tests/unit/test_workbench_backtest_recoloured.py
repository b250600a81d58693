"""Records whose colour changes, matters apart that have one, matters that only would have been dispatched: a lived history under other rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from cli.printing import plain
from engine.model import Colour
from engine.workbench.backtest import Backtest, Side, past, weeks
from engine.workbench.backtest.matters import VIEW
from engine.workbench.backtest.page import html
from engine.workbench.backtest.recoloured import apart, recoloured
from engine.workbench.backtest.told import (
    APART,
    IMAGINED,
    apart_lines,
    imagined,
    lines,
    recoloured_count,
    record_lines,
    steps,
    summary,
)
from tests.property.previews import ground, lived, outlines, stages_of
from tests.property.rulebook_changes import base, loaded


@pytest.fixture(scope="module")
def found() -> Iterator[Backtest]:
    """Y1 is red, and water is told by a word that most have."""
    book = base()
    book["rules"][4]["colour"] = "red"
    book["words"]["water"]["entries"] = ["不"]
    with lived("b", most=120) as place:
        live, new = Side(place.desk.rulebook, stages_of), Side(loaded(book), stages_of)
        with past(ground(place), live) as held, held.against(new) as tried:
            yield tried


def test_every_record_whose_colour_is_another_is_listed_with_both(found: Backtest) -> None:
    listed = list(recoloured(found))
    counted = Counter((one.before, one.after) for one in listed)
    assert counted == {
        step: found.records.matrix[step] for step in permutations(Colour, 2) if found.records.matrix[step]
    }
    assert len(listed) == recoloured_count(found) > 20
    judged = outlines(found)
    assert all(judged[one.id][0] is one.after for one in listed)
    assert all({rule for rule, _ in judged[one.id][1]} == set(one.rules_after) for one in listed)
    assert [one.id for one in listed] == [
        line["id"] for line in found.records.lines() if line["before"]["colour"] != line["after"]["colour"]
    ]


def test_as_lines_they_have_reasons_and_the_part_of_their_matter(found: Backtest) -> None:
    told: list[dict[str, Any]] = plain(list(record_lines(found)))
    parts = {matter: part for matter, part, _ in found.matters.views()}
    assert [(line["id"], line["part"]) for line in told] == [(one.id, parts[one.matter]) for one in recoloured(found)]
    assert {line["part"] for line in told} >= {VIEW, "unknown", "held"}
    turned = next(line for line in told if (line["before"]["colour"], line["after"]["colour"]) == ("yellow", "red"))
    assert turned["before"]["reasons"] == ["Y3 Y3"]
    assert turned["after"]["reasons"] == ["POINTS", "Y3 Y3"]
    green = next(line for line in told if line["before"]["colour"] == "green")
    assert green["before"]["reasons"] == ["G0 未命中任何风险规则"]


def test_matters_that_are_not_compared_are_named_with_their_records(found: Backtest) -> None:
    parts = {matter: part for matter, part, _ in found.matters.views()}
    named = {matter.matter: matter for matter in apart(found)}
    assert named.keys() == {one.matter for one in recoloured(found) if parts[one.matter] in APART}
    assert "unknown" in {matter.part for matter in named.values()}
    told: list[dict[str, Any]] = plain(list(apart_lines(found)))
    listed = [(line["matter"], line["why"], len(line["records"])) for line in told]
    assert listed == [(one.code or one.matter, one.part, len(one.records)) for one in named.values()]
    assert all(record["before"] != record["after"] for line in told for record in line["records"])


def test_what_only_would_have_been_dispatched_is_marked_and_counted(found: Backtest) -> None:
    """Suppliers had closed it while it was green; in truth nobody was ever sent."""
    marked = [line for line in lines(found) if line["after"]["never_dispatched"]]
    assert {imagined(line) for line in marked} == {IMAGINED}
    assert all(":" in line["matter"] for line in marked), "it has no code"
    assert any(reason.startswith("Y8") for line in marked for reason in line["after"]["reasons"])
    counted = {(step.before, step.after): step for step in steps(found)}
    step = counted[Colour.GREEN, Colour.RED]
    assert step.imagined == len(marked) > 0
    assert step.counted == f"{step.matters}（其中 {step.imagined} 个{IMAGINED}）"
    assert counted[Colour.YELLOW, Colour.RED].counted == str(found.matrix[Colour.YELLOW, Colour.RED])


def test_what_is_apart_is_counted_beside_the_load_and_stands_on_the_page(found: Backtest) -> None:
    load = weeks(found.groups, found.old, found.new, {"red": 1}, found.apart)
    left = Counter[str]()
    for one in load.loads:
        if not one.area:
            left.update({part: after for part, (_, after) in one.apart.items()})
    assert sum(group.count for group in found.apart) == sum(found.parts[part] for part in APART if part in found.parts)
    assert 0 < left["unknown"] <= found.parts["unknown"], "of the whole weeks alone"
    page, told = html(found, load), plain(summary(found, load))
    red = next(one for one in told["load"] if (one["route"], one["area"]) == ("red", ""))
    assert red["apart"]["unknown"][1] > 0
    assert f"历史说不准 {red['apart']['unknown'][0]}→{red['apart']['unknown'][1]}" in page
    assert IMAGINED in page
    assert all(line["matter"] in page for line in apart_lines(found))
