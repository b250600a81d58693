"""Options of feeds: each type has its own keys, and the nearest is named for one that it has not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.options import faults_of

SQL = {"query": "SELECT 1"}


@pytest.mark.parametrize(
    ("type_", "options"),
    [
        ("file", {}),
        ("file", {"settle_seconds": 0}),
        ("sql", {**SQL, "cursor_column": "n", "cursor_start": 0, "look_back": "6h", "timeout_seconds": 5}),
        ("http", {"list_key": "data.records", "params": {"type": 3}, "page_size": 200, "look_back": 0}),
        ("http", {"headers": {"Authorization": "x"}, "private_hosts": "localhost"}),
        ("open311", {"start": "2025-01-01", "span_days": 7, "private_hosts": ["localhost"], "until": "2025-02-01"}),
    ],
)
def test_what_a_type_reads_is_accepted(type_: str, options: dict[str, Any]) -> None:
    assert faults_of(type_, options) == []


@pytest.mark.parametrize(
    ("type_", "options", "said"),
    [
        ("file", {"encoding": "gbk"}, "options.encoding：没有这个键，可用：settle_seconds"),
        ("file", {"settle_seconds": True}, "options.settle_seconds：应为整数"),
        ("file", {"settle_seconds": 61}, "options.settle_seconds：不能大于 60"),
        ("sql", {}, "options.query：缺少这一项"),
        ("sql", {**SQL, "cursor_colum": "n"}, "options.cursor_colum：没有这个键，是不是 cursor_column"),
        ("http", {"list_kye": "data"}, "options.list_kye：没有这个键，是不是 list_key"),
        ("http", {"page_size": "5"}, "options.page_size：应为整数"),
        ("open311", {"list_key": "data"}, "options.list_key：没有这个键"),
    ],
)
def test_anything_else_is_told_with_its_place(type_: str, options: dict[str, Any], said: str) -> None:
    (fault,) = faults_of(type_, options)
    assert fault.startswith(said)
