"""The door: nothing passes that Incident must not hold."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from engine.model import Contact
from engine.normalise.door import admitted
from tests.mappings import accepted, police


def _fields() -> dict[str, Any]:
    incident = accepted(police(报警内容="漏水"))
    return {field.name: getattr(incident, field.name) for field in dataclasses.fields(incident)}


def test_what_normalise_made_passes_unchanged() -> None:
    assert admitted(_fields()) == accepted(police(报警内容="漏水"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_id": ""},
        {"source_id": "9" * 501},
        {"heads": -1},
        {"heads": True},
        {"amount": 2**54},
        {"amount": 1.5},
        {"occurred_at": datetime(2025, 1, 1)},
        {"status": "half"},
        {"caller": {"name": "张三"}},
        {"visit": 1},
        {"shoe_size": 43},
    ],
)
def test_what_cannot_be_is_stopped(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        admitted({**_fields(), **wrong})  # type: ignore[arg-type]


def test_plain_contact_data_keeps_its_type() -> None:
    assert isinstance(admitted(_fields()).caller, Contact)  # type: ignore[arg-type]
