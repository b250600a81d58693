"""Records, base facts and actions as Arrow tables: what the columns read.

In: members, FeatureSets, actions. Out: Arrow tables and their schemas. Not here: what is computed from them (`columns`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from engine.features.definitions import Definitions
from engine.features.subjects import Member
from engine.model import Action, FeatureSet
from engine.ruleset.tree import Rulebook

_TYPES: Mapping[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "code": pa.string(),
    "list": pa.list_(pa.string()),
}
_TEXTS = ("kind", "cause", "topic", "area", "person", "matter", "place", "hotspot", "phone", "identity")
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_SECOND = timedelta(seconds=1)


def column_of(fact: str) -> str:
    """The column of a fact."""
    return fact.replace(".", "__")


def mark_of(fact: str) -> str:
    """The column that says whether a base fact is surely true of a record."""
    return f"mark__{column_of(fact)}"


def schemas(rulebook: Rulebook) -> dict[str, ibis.Schema]:
    """The tables that columns read, by name: `records`, `base`, `actions`."""
    made = {"records": _records_schema(rulebook), "base": _base_schema(rulebook), "actions": _ACTIONS}
    return {name: ibis.Schema.from_pyarrow(schema) for name, schema in made.items()}


def records_frame(rulebook: Rulebook, members: Iterable[Member]) -> pa.Table:
    """Records as windows see them. Times are seconds since 1970, `counts` and the marks are never null."""
    marks = Definitions.of(rulebook).marks
    rows = [
        (
            s.id,
            (s.at - _EPOCH) // _SECOND,
            None if s.closed_at is None else (s.closed_at - _EPOCH) // _SECOND,
            links.counts,
            s.kind,
            s.cause.value,
            s.topic,
            s.area,
            links.person,
            links.matter,
            s.place,
            links.hotspot,
            s.phone,
            s.id_number,
            *[mark in s.marks for mark in marks],
        )
        for s, links in ((member.sighting, member.links) for member in members)
    ]
    return _table(_records_schema(rulebook), rows)


def base_frame(
    rulebook: Rulebook, bases: Mapping[str, FeatureSet], times: Mapping[str, datetime], *, zone: str = "Asia/Shanghai"
) -> pa.Table:
    """Base facts of the subjects by id, with the calendar day of their time. Null is unknown.

    `absent` lists the absent facts of a row: a reader of columns knows a fact as absent by its having no column, so rows that
    differ here are judged apart, each without the columns that it lists.
    """
    local = ZoneInfo(zone)
    facts = _base_facts(rulebook)
    rows = [
        (id_, times[id_].astimezone(local).date(), ",".join(sorted(base.absent)), *map(base.values.get, facts))
        for id_, base in bases.items()
    ]
    return _table(_base_schema(rulebook), rows)


def actions_frame(actions: Iterable[Action]) -> pa.Table:
    """Actions with the record that each names."""
    return _table(_ACTIONS, [(a.matter, a.kind, a.level, (a.at - _EPOCH) // _SECOND) for a in actions])


_ACTIONS = pa.schema(
    [("record", pa.string()), ("action", pa.string()), ("level", pa.string()), ("done_at", pa.int64())]
)


def _records_schema(rulebook: Rulebook) -> pa.Schema:
    keys = [("subject", pa.string()), ("at", pa.int64()), ("closed_at", pa.int64()), ("counts", pa.bool_())]
    texts = [(name, pa.string()) for name in _TEXTS]
    return pa.schema([*keys, *texts, *((mark_of(mark), pa.bool_()) for mark in Definitions.of(rulebook).marks)])


def _base_schema(rulebook: Rulebook) -> pa.Schema:
    keys = [("subject", pa.string()), ("day", pa.date32()), ("absent", pa.string())]
    facts = [(column_of(fact), _TYPES[rulebook.features[fact].type]) for fact in _base_facts(rulebook)]
    return pa.schema([*keys, *facts])


def _base_facts(rulebook: Rulebook) -> list[str]:
    definitions = Definitions.of(rulebook)
    return [feature.name for feature in chain(definitions.fields, definitions.words)]


def _table(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
