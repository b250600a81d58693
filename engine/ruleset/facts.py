"""Facts: what a definition in `features:` means, and whether its words are known.

In: parts, plain data of one definition. Out: a `Feature`; faults. Not here: computing facts (`engine.features`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from engine.model import duration
from engine.ruleset.faults import nearest
from engine.ruleset.parts import Parts
from engine.ruleset.tree import Feature, FeatureKind, Place

FIELDS: Mapping[str, str] = {
    "kind": "code",
    "source": "code",
    "area": "code",
    "topic": "code",
    "category": "code",
    "cause": "code",
    "title_length": "int",
    "text_length": "int",
    "anonymous": "bool",
    "visit": "bool",
    "weapon": "bool",
    "injury": "bool",
    "heads": "int",
    "people": "int",
    "amount": "int",
    "stated_repeats": "int",
    "returns": "int",
    "status": "code",
    "confidential": "bool",
    "unreadable": "bool",
    "reply_in_time": "bool",
}
PROCESS: Mapping[str, str] = {
    "days_since_dispatch": "int",
    "days_open": "int",
    "yellow_days": "int",
    "outcome_recorded": "bool",
    "mediation_tried": "bool",
}
DISTINCT = ("kind", "person", "place", "topic", "matter", "identity")
WHERE = ("kind", "cause", "topic", "area", "topic_is")
_MAX_WINDOW = timedelta(days=366)


def feature(parts: Parts, name: str, raw: Mapping[str, Any], place: Callable[..., Place]) -> Feature:
    """A fact as its definition says."""
    origins = [key for key in ("field", "words", "count", "count_distinct", "process") if raw.get(key) is not None]
    if len(origins) != 1:
        parts.add("F101", place(), name=name)
        return Feature(name=name, title=raw["title"], kind=FeatureKind.COUNT, place=place())
    origin = origins[0]
    kind, of, type_ = _origin(parts, origin, raw, place)
    windowed = kind in (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT)
    if windowed and (raw.get("same") is None or raw.get("within") is None):
        parts.add("F107", place())
    by = raw.get("by", "occurred_at")
    within = duration(raw["within"]) if raw.get("within") else None
    if within is not None and within > _MAX_WINDOW:
        parts.add("F105", place("within"), value=raw["within"])
    return Feature(
        name=name,
        title=raw["title"],
        kind=kind,
        of=of,
        same=raw.get("same") or "",
        within=within,
        where={key: tuple(v) if isinstance(v, list) else (v,) for key, v in raw.get("where", {}).items()},
        including_this=by == "occurred_at" and raw.get("including_this", True),
        by=by,
        unit=raw.get("unit", ""),
        type=_type(parts, raw.get("type"), type_, place),
        place=place(),
        mutable=raw.get("mutable", "yes") == "yes",
    )


def _type(parts: Parts, wanted: str | None, natural: str, place: Callable[..., Place]) -> str:
    """The type a fact is read as: its own, and a code also as a list."""
    if wanted in (None, natural) or (natural, wanted) == ("code", "list"):
        return wanted or natural
    parts.add("F108", place("type"), value=natural, type=wanted)
    return natural


def _origin(
    parts: Parts, origin: str, raw: Mapping[str, Any], place: Callable[..., Place]
) -> tuple[FeatureKind, str, str]:
    value = raw[origin]
    if origin == "field":
        if value not in FIELDS:
            parts.add("F102", place("field"), value=value, near=nearest(value, FIELDS))
        parts.lawful(value, place("field"))
        return FeatureKind.FIELD, value, FIELDS.get(value, "int")
    if origin == "words":
        if value not in parts.words:
            parts.unknown("F103", place("words"), value, parts.words, key="value")
        return FeatureKind.WORDS, value, "bool"
    if origin == "process":
        if value not in PROCESS:
            parts.add("F102", place("process"), value=value, near=nearest(value, PROCESS))
        return FeatureKind.PROCESS, value, PROCESS.get(value, "int")
    if origin == "count_distinct":
        if value not in DISTINCT:
            parts.add("F104", place("count_distinct"), value=value, near=nearest(value, DISTINCT))
        return FeatureKind.COUNT_DISTINCT, value, "int"
    return (FeatureKind.ACTIONS if value == "actions" else FeatureKind.COUNT), value, "int"


def check_wheres(parts: Parts) -> None:
    """Keys of `where` must be known; base facts may be defined anywhere."""
    marks = {
        name
        for name, feature in parts.features.items()
        if feature.type == "bool" and feature.kind in (FeatureKind.FIELD, FeatureKind.WORDS)
    }
    for feature in parts.features.values():
        known = ("action", "level") if feature.kind is FeatureKind.ACTIONS else (*WHERE, *marks)
        for key in feature.where:
            if key not in known:
                parts.unknown("F106", feature.place, key, known, key="value")
