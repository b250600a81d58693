"""Windows over a place, live: they count what is told there on any topic, and what is corrected to another place leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model import Colour, RawRecord
from engine.pipeline import ingest_batch
from engine.store import Store
from tests.property.previews import stages_of
from tests.property.rulebook_changes import base, loaded

KNOWN_AT = datetime(2025, 3, 20, tzinfo=UTC)


def call(row: int, text: str, *, day: int, place: str = "御景小区") -> RawRecord:
    """A call of its own person about a place."""
    values: dict[str, Any] = {
        "接警单编号": f"JJ{row:04d}",
        "报警时间": f"2025-03-{day:02d} 08:00:00",
        "报警电话": f"1380000{row:04d}",
        "警情地址": f"{place}{row}栋{row}单元{row}02室",
        "报警内容": text,
        "有无持武器": "无",
    }
    return RawRecord("police_110", "police_110", row, values)


@pytest.fixture
def colours(store: Store) -> Iterator[Any]:
    """Takes in batches, one row each, under rules that look at a place; gives the colours of all records."""
    stages = stages_of(loaded(base()))

    def take(*raws: RawRecord) -> dict[str, Colour]:
        for raw in raws:
            ingest_batch([raw], store=store, stages=stages, known_at=KNOWN_AT)
        with store.read() as view:
            ids = [f"police_110:JJ{n:04d}" for n in range(1, 9)]
            return {id_: row[3] for id_, row in view.record_views(ids).items()}

    yield take


def test_what_is_told_of_a_place_counts_whatever_its_topic(colours: Any) -> None:
    told = colours(
        call(1, "来电人反映路面塌了一块", day=2),
        call(2, "来电人反映孩子入学材料怎么交", day=4),
        call(3, "来电人反映夜里施工太吵", day=6),
    )
    assert told["police_110:JJ0003"] is Colour.YELLOW
    assert told["police_110:JJ0001"] is Colour.GREEN


def test_what_comes_late_is_counted_by_what_is_there(colours: Any) -> None:
    told = colours(
        call(2, "来电人反映孩子入学材料怎么交", day=4),
        call(3, "来电人反映夜里施工太吵", day=6),
        call(1, "来电人反映路面塌了一块", day=2),
    )
    assert told["police_110:JJ0003"] is Colour.YELLOW


def test_a_record_corrected_to_another_place_leaves_the_windows_of_the_first(colours: Any) -> None:
    told = colours(
        call(1, "来电人反映路面塌了一块", day=2),
        call(2, "来电人反映孩子入学材料怎么交", day=4),
        call(3, "来电人反映夜里施工太吵", day=6),
        call(1, "来电人反映路面塌了一块", day=2, place="滨江家园"),
    )
    assert told["police_110:JJ0003"] is Colour.GREEN
