"""Stated: what authors know of the facts, and the facts in which a colour never falls; for proofs alone.

In: parts, documents. Out: `Stated` and names in parts; faults. Not here: what is proved with them (`engine.workbench.proof`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.ruleset.lines import conditions, let_lines
from engine.ruleset.parts import Parts
from engine.ruleset.strict_yaml import Document, Path
from engine.ruleset.tree import FeatureKind, Stated

_RISING = ("bool", "int")


def collect(parts: Parts, document: Document) -> None:
    """`facts` and `monotone_in` of one file."""
    for index, raw in enumerate(document.value.get("facts") or ()):
        if raw is not None:
            parts.stated.append(_stated(parts, document, raw, ("facts", index)))
    for index, name in enumerate(document.value.get("monotone_in") or ()):
        if name is not None:
            _rising(parts, document, name, ("monotone_in", index))


def _stated(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> Stated:
    let = let_lines(parts, document, raw["let"], (*path, "let"))
    for name, leaf in let.items():
        if parts.features[leaf.feature].kind is FeatureKind.CONCLUDED:
            parts.add("F109", document.place((*path, "let", name)), name=leaf.feature)
    keys = ("when", "then") if raw.get("when") else ("then",)
    *when, then = conditions(parts, document, raw, path, let, keys)
    return Stated(raw["id"], raw["title"], let, when[0] if when else None, then, document.place(path))


def _rising(parts: Parts, document: Document, name: str, path: Path) -> None:
    feature = parts.features.get(name)
    if feature is None:
        parts.unknown("R104", document.place(path), name, parts.features)
    elif feature.kind is FeatureKind.CONCLUDED or feature.type not in _RISING:
        parts.add("F110", document.place(path), name=name)
    else:
        parts.rising.setdefault(name, document.place(path))
