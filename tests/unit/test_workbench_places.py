"""Places: names to lines and columns, over files."""

from __future__ import annotations

from engine.ruleset import loader
from engine.ruleset.tree import Place
from engine.workbench.places import Places

FILES = {
    "a.yaml": b"features:\n  record.heads: {title: x, field: heads}\nmapping:\n  kind: one\n",
    "b.yaml": b"rules:\n  - id: R1\n    let:\n      some: {feature: record.heads, at_least: 3}\n  - id: R2\nlabels: {}\n",
}


def test_parts_are_found_by_name() -> None:
    places = Places(document for document in map(loader.read, FILES, FILES.values()))
    assert str(places.of("rules", "R1", "let", "some")) == "b.yaml:4:7"
    assert str(places.of("rules", "R1", "because")) == "b.yaml:2:5"
    assert str(places.of("features", "record.heads", "field")) == "a.yaml:2:28"
    assert str(places.of("mapping", "one")) == "a.yaml:3:1"
    assert str(places.of("labels")) == "b.yaml:6:1"
    assert str(places.of("routes", "red")) == "routes.yaml:1:1"


def test_the_rule_around_a_fault_is_spoiled() -> None:
    places = Places(document for document in map(loader.read, FILES, FILES.values()))
    fault = loader.fault("R116", Place("b.yaml", 4, 7))
    assert places.spoiled([fault]) == {"R1"}
    assert places.spoiled([loader.fault("R116", Place("a.yaml", 4, 7))]) == frozenset()
