"""Schemas: they take every shipped file and refuse every misshapen one, so that an editor says what loading says."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.ruleset import loader
from engine.ruleset.shapes import FileShape
from engine.ruleset.strict_yaml import read
from engine.workbench.schema import ANY, schemas

SCHEMAS = schemas()
FIXTURES = Path(__file__).parents[2] / "fixtures" / "bad_rules"
SHIPPED = sorted(loader.shipped().rglob("*.yaml"))


def value(path: Path) -> Any:
    return read(path.name, path.read_bytes()).value


def accepts(name: str, data: Any) -> bool:
    return Draft202012Validator(SCHEMAS[name]).is_valid(data)


def test_there_is_one_for_any_file_and_one_for_each_key() -> None:
    assert set(SCHEMAS) == {ANY, *(f"file-{key}" for key in FileShape.model_fields)}
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_is_taken(path: Path) -> None:
    data = value(path)
    assert [error.message for error in Draft202012Validator(SCHEMAS[ANY]).iter_errors(data)] == []
    assert all(accepts(f"file-{key}", data) is (key in data) for key in FileShape.model_fields)


def test_every_misshapen_file_is_refused() -> None:
    misshapen = sorted(FIXTURES.glob("S*.yaml"))
    assert len(misshapen) >= 3
    assert [path.name for path in misshapen if accepts(ANY, value(path))] == []


@pytest.mark.parametrize(
    "data",
    [
        {"rules": [{"id": "R1"}]},
        {"mapping": {"kind": "grid", "title": "x", "columns": {"a": "b"}}},
        {"mapping": {"kind": "grid", "title": "x", "columns": {}, "colums": {}}},
        {"parameters": {"a.b": {"title": "x", "values": [{"from": "2025-01-01", "value": 1.5, "source": "x"}]}}},
        {"deadlines": {"blue": {}}},
    ],
)
def test_what_loading_refuses_is_refused(data: dict[str, Any]) -> None:
    assert not accepts(ANY, data)


def test_a_strange_key_in_a_test_is_refused() -> None:
    data = deepcopy(value(loader.shipped() / "quality.yaml"))
    assert accepts(ANY, data)
    data["rules"][0]["tests"][0]["expct"] = {}
    assert not accepts(ANY, data)
