"""What a window counts: which records share a group, which of them count, which values are different.

In: records as `columns.features` has them, or what stands for them in `others`. Out: expressions over their columns. Not here: windows (`columns`, `running`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir

from engine.features.definitions import Definitions
from engine.features.frames import mark_of
from engine.model import Value
from engine.ruleset.tree import Feature

KEYS: Mapping[str, tuple[str, ...]] = {
    "matter": ("matter",),
    "caller": ("own_person",),
    "place": ("own_place",),
    "pair": ("own_person", "matter"),
    "hotspot": ("own_hotspot",),
    "phone": ("own_phone",),
}
"""What the records of a group share; `own_` columns name the record itself where it shares nothing."""

Windows = Callable[[ir.Table, Sequence[Feature], Sequence[str], Definitions], ir.Table]
"""How an engine makes windows over the groups that share `keys`, one row per record: `columns.sliding`, or `running.running`."""


def passing(records: ir.Table, feature: Feature, definitions: Definitions) -> ir.BooleanValue:
    """Whether a record, or an action, counts and passes every line of `where`."""
    lines = [_line(records, key, wanted, definitions.disputes) for key, wanted in feature.where.items()]
    return reduce(and_, lines, records.counts)


def _line(records: ir.Table, key: str, wanted: Sequence[Value], disputes: frozenset[str]) -> ir.BooleanValue:
    """One line of `where`; never null."""
    if key == "topic_is":
        return records.topic.isnull() | _among(records.topic, sorted(disputes))
    if key in ("kind", "cause", "topic", "area", "action", "level"):
        return _among(records[key], list(wanted))
    return records[mark_of(key)].isin(list(wanted))


def _among(column: ir.Value, wanted: Sequence[Value]) -> ir.BooleanValue:
    return column.isin(wanted).fill_null(False) if wanted else ibis.literal(False)


def value_of(records: ir.Table, feature: Feature) -> ir.Value:
    """What a feature counts the different values of; all who have no name are one."""
    return ibis.coalesce(records.person, ibis.literal("")) if feature.of == "person" else records[feature.of]
