"""Windows by columns: the bulk reader of the feature definitions, as Ibis expressions (rulings 23 and 90).

In: records, base facts of the subjects and actions as tables; a DuckDB connection is handed in. Out: one row per subject with a column
for every fact. Not here: the same in plain Python (`live`, held equal by property test), base facts (`base`), where the rows come from.

A window is a RANGE over whole seconds, both ends included, so that records of one second see each other. What is not about records by the time they
happened is made into that first (`others`): nothing is joined with itself, for a matter of a million records must bear it. The SQL is compiled once per
rulebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from engine.features.counting import KEYS, Windows, passing, value_of
from engine.features.definitions import Definitions, seconds
from engine.features.frames import column_of, schemas
from engine.features.others import acted, is_of_others, of_others
from engine.ruleset.tree import Feature, FeatureKind, Rulebook

RECORDS, BASE, ACTIONS = "records", "base", "actions"


def sliding(records: ir.Table, group: Sequence[Feature], keys: Sequence[str], definitions: Definitions) -> ir.Table:
    """Windows over groups of one kind, each a RANGE: one row per record."""
    made = {column_of(f.name): _sliding(records, f, keys, definitions) for f in group}
    return records.select("subject", **made)


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
    for group in _by_group([feature for feature in definitions.windows if not is_of_others(feature)]):
        facts = facts.inner_join(windows(records, group, KEYS[group[0].same], definitions), "subject")
    subjects = records.semi_join(base, "subject").view()
    for group in _by_group(list(filter(is_of_others, definitions.windows))):
        facts = facts.inner_join(of_others(records, subjects, group, definitions, windows), "subject")
    if definitions.actions:
        places = records.select(record="subject", of_matter="matter").view() if places is None else places
        made = acted(subjects, actions.inner_join(places, "record"), definitions, windows)
        facts = facts.left_join(made, "subject").drop("subject_right")
    names = [column_of(feature.name) for feature in (*definitions.windows, *definitions.actions)]
    return facts.mutate(**{name: facts[name].fill_null(0).cast("int64") for name in names})


def _by_group(features: Sequence[Feature]) -> list[list[Feature]]:
    """Windows over the same groups are made in one pass; one over others would carry the columns of all of them along."""
    groups: dict[tuple[str, str], list[Feature]] = {}
    for feature in features:
        groups.setdefault((feature.same, feature.by), []).append(feature)
    return list(groups.values())


def _or_itself(records: ir.Table, column: str) -> ir.StringValue:
    return ibis.coalesce(records[column], ibis.literal("=") + records.subject.cast("string"))


def _sliding(records: ir.Table, feature: Feature, keys: Sequence[str], definitions: Definitions) -> ir.Value:
    window = ibis.range_window(preceding=seconds(feature), following=0, group_by=keys, order_by="at")
    passes = passing(records, feature, definitions)
    value = _aggregate(records, feature, passes).over(window)
    return value if feature.including_this else value - passes.cast("int64")


def _aggregate(records: ir.Table, feature: Feature, passes: ir.BooleanValue) -> ir.Value:
    return (
        records.count(where=passes)
        if feature.kind is FeatureKind.COUNT
        else value_of(records, feature).nunique(where=passes)
    )
