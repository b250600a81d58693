"""Windows by columns: the bulk reader of the feature definitions, as Ibis expressions (rulings 23 and 90).

In: records, base facts of the subjects and actions as tables; a DuckDB connection is handed in. Out: one row per subject with a column
for every fact. Not here: the same in plain Python (`live`, held equal by property test), base facts (`base`), where the rows come from.

A window is a RANGE over whole seconds, both ends included, so that records of one second see each other. What a RANGE cannot say, the
*other* records by their closing time and different values among the *others*, is a self-join. The SQL is compiled once per rulebook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from engine.features.definitions import OCCURRED, Definitions, seconds
from engine.features.frames import column_of, mark_of, schemas
from engine.model import Value
from engine.ruleset.tree import Feature, FeatureKind, Rulebook

RECORDS, BASE, ACTIONS = "records", "base", "actions"
KEYS: Mapping[str, tuple[str, ...]] = {
    "matter": ("matter",),
    "caller": ("own_person",),
    "place": ("own_place",),
    "pair": ("own_person", "matter"),
    "hotspot": ("own_hotspot",),
    "phone": ("own_phone",),
}
"""What the records of a group share; `own_` columns name the record itself where it shares nothing."""

_TIMES: Mapping[str, str] = {OCCURRED: "at", "closed_at": "closed_at"}


def sliding(records: ir.Table, group: Sequence[Feature], definitions: Definitions) -> ir.Table:
    """Windows over groups of one kind, each a RANGE: one row per record."""
    return records.select("subject", **{column_of(f.name): _sliding(records, f, definitions) for f in group})


Windows = Callable[[ir.Table, Sequence[Feature], Definitions], ir.Table]
"""How an engine makes windows over groups of one kind: `sliding`, or `running.running`."""


class ColumnFeatures:
    """The columns of one rulebook, compiled once."""

    def __init__(self, rulebook: Rulebook, windows: Windows = sliding) -> None:
        tables = (ibis.table(schema, name=name) for name, schema in schemas(rulebook).items())
        self.sql: str = ibis.to_sql(features(rulebook, *tables, windows=windows), dialect="duckdb")

    def run(self, connection: Any, *, records: pa.Table, base: pa.Table, actions: pa.Table) -> pa.Table:
        """All facts of the subjects of `base`, on a DuckDB connection of the caller's."""
        given = {RECORDS: records, BASE: base, ACTIONS: actions}
        for name, table in given.items():
            connection.register(name, table)
        try:
            return connection.sql(self.sql).to_arrow_table()
        finally:
            for name in given:
                connection.unregister(name)


def features(
    rulebook: Rulebook,
    records: ir.Table,
    base: ir.Table,
    actions: ir.Table,
    places: ir.Table | None = None,
    *,
    windows: Windows = sliding,
) -> ir.Table:
    """One row per row of `base`: its columns (`subject`, `day`, `absent`, the base facts) and every window and action fact.

    `records` holds, once each, the subjects and all that their windows can hold (`frames` has the columns). `places`: the matter (`of_matter`) of
    each `record` that an action names, where `records` does not hold them all.
    """
    definitions = Definitions.of(rulebook)
    records = records.mutate(
        own_person=_or_itself(records, "person"),
        own_place=_or_itself(records, "place"),
        own_hotspot=_or_itself(records, "hotspot"),
        own_phone=_or_itself(records, "phone"),
    )
    facts = base
    for group in _by_group([feature for feature in definitions.windows if not _by_join(feature)]):
        facts = facts.inner_join(windows(records, group, definitions), "subject")
    subjects = records.semi_join(base, "subject").view()
    places = records.select(record="subject", of_matter="matter").view() if places is None else places
    for joined in _joins(subjects, records, actions, places, definitions=definitions):
        facts = facts.left_join(joined, "subject").drop("subject_right")
    names = [column_of(feature.name) for feature in (*definitions.windows, *definitions.actions)]
    return facts.mutate(**{name: facts[name].fill_null(0).cast("int64") for name in names})


def _by_group(sliding: Sequence[Feature]) -> list[list[Feature]]:
    """Windows over the same groups are made in one pass; one over others would carry the columns of all of them along."""
    groups: dict[str, list[Feature]] = {}
    for feature in sliding:
        groups.setdefault(feature.same, []).append(feature)
    return list(groups.values())


def _or_itself(records: ir.Table, column: str) -> ir.StringValue:
    return ibis.coalesce(records[column], ibis.literal("=") + records.subject.cast("string"))


def _by_join(feature: Feature) -> bool:
    """Whether a feature looks at other records only, in a way that a RANGE cannot say."""
    others = feature.kind is FeatureKind.COUNT_DISTINCT and not feature.including_this
    return feature.by != OCCURRED or others


def _sliding(records: ir.Table, feature: Feature, definitions: Definitions) -> ir.Value:
    window = ibis.range_window(preceding=seconds(feature), following=0, group_by=KEYS[feature.same], order_by="at")
    passes = passing(records, feature, definitions)
    value = _aggregate(records, feature, passes).over(window)
    return value if feature.including_this else value - passes.cast("int64")


def passing(records: ir.Table, feature: Feature, definitions: Definitions) -> ir.BooleanValue:
    """Whether a record counts and passes every line of `where`."""
    lines = [_line(records, key, wanted, definitions.disputes) for key, wanted in feature.where.items()]
    return reduce(and_, lines, records.counts)


def _line(records: ir.Table, key: str, wanted: Sequence[Value], disputes: frozenset[str]) -> ir.BooleanValue:
    """One line of `where`; never null."""
    if key == "topic_is":
        return records.topic.isnull() | _among(records.topic, sorted(disputes))
    if key in ("kind", "cause", "topic", "area"):
        return _among(records[key], list(wanted))
    return records[mark_of(key)].isin(list(wanted))


def _among(column: ir.Value, wanted: Sequence[Value]) -> ir.BooleanValue:
    return column.isin(wanted).fill_null(False) if wanted else ibis.literal(False)


def _aggregate(records: ir.Table, feature: Feature, passes: ir.BooleanValue) -> ir.Value:
    return (
        records.count(where=passes)
        if feature.kind is FeatureKind.COUNT
        else value_of(records, feature).nunique(where=passes)
    )


def value_of(records: ir.Table, feature: Feature) -> ir.Value:
    """What a feature counts the different values of; all who have no name are one."""
    return ibis.coalesce(records.person, ibis.literal("")) if feature.of == "person" else records[feature.of]


def _joins(
    subjects: ir.Table, records: ir.Table, actions: ir.Table, places: ir.Table, *, definitions: Definitions
) -> list[ir.Table]:
    """Facts that need a join, a table for each kind of join."""
    groups: dict[tuple[str, str], list[Feature]] = {}
    for feature in filter(_by_join, definitions.windows):
        groups.setdefault((feature.same, feature.by), []).append(feature)
    joined = [_others(subjects, records, same, by, group, definitions) for (same, by), group in groups.items()]
    return [*joined, _acted(subjects, actions, places, definitions)] if definitions.actions else joined


def _others(
    subjects: ir.Table,
    records: ir.Table,
    same: str,
    by: str,
    group: Sequence[Feature],
    definitions: Definitions,
) -> ir.Table:
    """Counts over the other records of a subject's group, by a time of theirs."""
    keys = KEYS[same]
    mine = subjects.select(
        for_subject=subjects.subject, until=subjects.at, **{f"my_{key}": subjects[key] for key in keys}
    )
    longest, when = max(seconds(feature) for feature in group), _TIMES[by]
    pairs = mine.inner_join(
        records,
        [
            *(mine[f"my_{key}"] == records[key] for key in keys),
            mine.for_subject != records.subject,
            records[when] <= mine.until,
            records[when] >= mine.until - longest,
        ],
    )
    facts = {
        column_of(feature.name): _aggregate(
            pairs, feature, passing(pairs, feature, definitions) & (pairs[when] >= pairs.until - seconds(feature))
        )
        for feature in group
    }
    return pairs.group_by(subject=pairs.for_subject).aggregate(**facts)


def _acted(subjects: ir.Table, actions: ir.Table, places: ir.Table, definitions: Definitions) -> ir.Table:
    """Counts of the actions of a subject's matter that were done before it; one of the same second answers it, or something else."""
    done = actions.inner_join(places, actions.record == places.record)
    pairs = subjects.inner_join(done, [subjects.matter == done.of_matter, done.done_at < subjects.at])
    facts = {column_of(feature.name): _count_actions(pairs, feature) for feature in definitions.actions}
    return pairs.group_by("subject").aggregate(**facts)


def _count_actions(pairs: ir.Table, feature: Feature) -> ir.Value:
    lines = [_among(pairs[key], list(wanted)) for key, wanted in feature.where.items()]
    if feature.within is not None:
        lines.append(pairs.done_at >= pairs.at - seconds(feature))
    return pairs.count(where=reduce(and_, lines)) if lines else pairs.count()
