"""A back-test on a screen: what is marked, what is named, how many are left out and where the rest stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli import tried
from engine.desk import Desk
from engine.workbench.backtest import Backtest, Side, past, weeks
from engine.workbench.backtest.told import (
    IMAGINED,
    LEFT_OUT,
    OF_RECORDS,
    apart_lines,
    lines,
    recoloured_count,
    record_lines,
)
from tests.property.previews import ground, lived, stages_of
from tests.property.rulebook_changes import base, loaded


@pytest.fixture(scope="module")
def looked() -> Iterator[tuple[Desk, Backtest]]:
    """A lived history, tried with Y1 red and water told by a word that most have."""
    book = base()
    book["rules"][4]["colour"] = "red"
    book["words"]["water"]["entries"] = ["不"]
    with lived("b", most=120) as place:
        live, new = Side(place.desk.rulebook, stages_of), Side(loaded(book), stages_of)
        with past(ground(place), live) as held, held.against(new) as found:
            yield place.desk, found


@pytest.fixture
def shown(looked: tuple[Desk, Backtest], capsys: pytest.CaptureFixture[str]) -> str:
    """The screen."""
    desk, found = looked
    load = weeks(found.groups, found.old, found.new, {"red": 1}, found.apart)
    tried.show(desk, found, load, (), thresholds="dated", as_json=False)
    return capsys.readouterr().out


def test_what_only_would_have_been_dispatched_is_marked(looked: tuple[Desk, Backtest], shown: str) -> None:
    marked = [line["matter"] for line in lines(looked[1]) if line["after"]["never_dispatched"]]
    assert marked
    assert f"绿变红的事项 {looked[1].matrix[0, 2]} 个，其中 {len(marked)} 个{IMAGINED}" in shown
    assert all(f"  {matter}（{IMAGINED}）  原来：" in shown for matter in marked)
    assert OF_RECORDS in shown


def test_the_first_records_are_listed_with_where_the_others_are(looked: tuple[Desk, Backtest], shown: str) -> None:
    records = list(record_lines(looked[1]))
    assert f"颜色会变的来件 {recoloured_count(looked[1])} 件，先列 5 件，全部见 --json" in shown
    assert all(f"  {line['id']}（{line['matter']}）" in shown for line in records[:5])
    assert f"  {records[5]['id']}（" not in shown


def test_matters_that_are_not_compared_are_named(looked: tuple[Desk, Backtest], shown: str) -> None:
    named = list(apart_lines(looked[1]))
    assert f"没有比较、但有来件颜色会变的事项 {len(named)} 个" in shown
    one = next(line for line in named if line["why"] == "unknown")
    record = one["records"][0]
    assert f"  {one['matter']}（历史说不准）来件 {record['id']} 绿变黄" in shown


def test_beside_the_load_stands_what_is_left_out(shown: str) -> None:
    assert "不在数里" in shown
    assert "历史说不准 " in shown
    assert "1；超出的周至少：" in shown
    assert f"新的每周里，{IMAGINED}的：" in shown
    assert LEFT_OUT in "".join(shown.split("\n"))
