"""JSON to cells: what suppliers wrap around rows, and values that no store could keep."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources.documents import cell, elements, flat, json_records, parsed
from adapters.sources.rows import UNREADABLE
from engine.model import RawRecord, SourceSpec


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([1, 2], [1, 2]),
        ({"records": [1]}, [1]),
        ({"data": {"list": [1]}, "code": 0}, [1]),
        ({"data": None, "rows": [1]}, [1]),
        ({"data": {"x": 1}}, [{"data": {"x": 1}}]),
        ({"data": {"data": {"data": [1]}}}, [{"data": {"data": {"data": [1]}}}]),
        ({"service_requests": []}, []),
        ({"编号": "J1"}, [{"编号": "J1"}]),
        ("text", ["text"]),
    ],
)
def test_the_list_is_found(document: object, found: list[object]) -> None:
    assert list(elements(document)) == found


def test_records_are_numbered_from_where_they_are_told() -> None:
    spec = SourceSpec("feed", "sql")
    assert [(r.row, r.values) for r in json_records([{"a": 1}, 7], spec, start=5)] == [
        (5, {"a": 1}),
        (6, {UNREADABLE: "7"}),
    ]


def test_a_geojson_feature_is_its_properties() -> None:
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"编号": "J1"}}
    assert flat(feature) == {"geometry": '{"type": "Point", "coordinates": [1, 2]}', "编号": "J1"}
    assert flat({"type": "Feature", "a": 1}) == {"type": "Feature", "a": 1}


def test_a_key_that_stands_twice_keeps_both_values() -> None:
    assert parsed('{"电话": "1", "电话": "2", "b": {"x": 1, "x": 2}}') == {
        "电话": "1",
        "电话#2": "2",
        "b": {"x": 1, "x#2": 2},
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_bytes_in_each_encoding(encoding: str) -> None:
    assert parsed('{"内容": "吵架"}'.encode(encoding)) == {"内容": "吵架"}


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a":' * 5_000, b"\xff\xff", "{'a': 1}", "[1,]"])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)


def test_every_depth_is_either_read_or_refused() -> None:
    for depth in range(800, 1_050, 10):
        try:
            document = parsed("[" * depth + "]" * depth)
        except ValueError:
            continue
        assert isinstance(cell(document), str)


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775809"),
        (10**400, "1" + "0" * 400),
        (1.5, 1.5),
        (float("inf"), "inf"),
        (True, True),
        (None, None),
        ("好\ud83d", "好\ufffd"),
        ({"名": "\ud800"}, '{"名": "\ufffd"}'),
        ((1, [2]), "[1, [2]]"),
        (date(2025, 1, 2), "2025-01-02"),
        (datetime(2025, 1, 2, 3, tzinfo=UTC), "2025-01-02T03:00:00+00:00"),
        (Decimal("12.50"), "12.50"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("吵架".encode(), "吵架"),
        (memoryview(b"\xff\x00"), "ff00"),
    ],
)
def test_cells_are_what_a_store_can_keep(item: object, kept: object) -> None:
    assert cell(item) == kept
    assert len(RawRecord("s", "k", 1, {"x": cell(item)}).digest) == 64


def test_a_value_too_deep_to_write_is_marked() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert cell(deep) == "（嵌套太深）"
    while deep:
        deep = deep.pop()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_every_document_gives_records_with_a_digest(document: Any) -> None:
    read = parsed(json.dumps(document))
    assert all(len(record.digest) == 64 for record in json_records(read, SourceSpec("s", "k")))
