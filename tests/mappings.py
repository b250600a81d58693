"""The shipped mappings as a rulebook of their own, and rows to feed them: for tests of the room `normalise`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from engine.model import Incident, RawRecord, Rejected
from engine.normalise import Normaliser
from engine.ruleset.tree import Rulebook

RULES = Path(__file__).resolve().parents[1] / "rules"
KNOWN_AT = datetime(2025, 6, 1, tzinfo=UTC)
OCCURRED = datetime(2025, 1, 1, 19, 4, 5, tzinfo=UTC)


@cache
def shipped_mappings() -> Mapping[str, Mapping[str, Any]]:
    """Plain data of `rules/mappings/*.yaml` by kind."""
    files = (YAML(typ="safe", pure=True).load(path)["mapping"] for path in sorted((RULES / "mappings").glob("*.yaml")))
    return {mapping["kind"]: mapping for mapping in files}


def rulebook(**changed: Mapping[str, Any]) -> Rulebook:
    """A rulebook of the shipped mappings and categories; `changed` replaces whole mappings by kind."""
    categories = YAML(typ="safe", pure=True).load(RULES / "categories.yaml")["categories"]
    return Rulebook("0" * 64, {}, mappings={**shipped_mappings(), **changed}, documents={"categories": categories})


@cache
def normaliser() -> Normaliser:
    """One normaliser of the shipped mappings for all tests."""
    return Normaliser(rulebook())


def row(kind: str, values: Mapping[str, Any], *, number: int = 2) -> RawRecord:
    """A raw record as a source would yield it."""
    return RawRecord(f"{kind}_feed", kind, number, dict(values))


def police(**cells: Any) -> Incident | Rejected:
    """A 110 row with an id and a time, and the cells given by Chinese header."""
    values = {"接警单编号": "430121202501020001", "报警时间": "2025-01-02 03:04:05", **cells}
    return normaliser().normalise(row("police_110", values), KNOWN_AT)


def accepted(outcome: Incident | Rejected) -> Incident:
    """The incident; fails the test when the row was rejected."""
    assert isinstance(outcome, Incident), outcome
    return outcome


def refused(outcome: Incident | Rejected) -> Rejected:
    """The rejected row; fails the test when it was accepted."""
    assert isinstance(outcome, Rejected), outcome
    return outcome
