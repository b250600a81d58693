"""Windows as running sums: for engines that slide a window by counting it afresh at every row, as Spark does (ruling 23).

In: records as `columns.features` has them, window definitions of one kind of group. Out: one row per record with a column for every window. Not
here: what counts (`counting`), windows over other records only (`others`).

What counts in a window is what counted up to now less what counted up to a second before it began: two sums that only grow. Of different values
each is counted from its record on until the next record with it, or until the window has passed: a sum over beginnings and ends. The cost is that of
sorting, however many records one caller has.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir

from engine.features.counting import passing, value_of
from engine.features.definitions import Definitions, seconds
from engine.features.frames import column_of
from engine.ruleset.tree import Feature, FeatureKind


def running(records: ir.Table, group: Sequence[Feature], keys: Sequence[str], definitions: Definitions) -> ir.Table:
    """Windows of one kind of group, as `columns.sliding` has them."""
    counted = {column_of(feature.name): passing(records, feature, definitions) for feature in group}
    values = {column_of(f.name): value_of(records, f) for f in group if f.kind is FeatureKind.COUNT_DISTINCT}
    counts = {n: (counted[n] & values[n].notnull() if n in values else counted[n]).cast("int64") for n in counted}
    known = records.select("subject", "at", *keys, **counts, **{f"_of_{name}": value for name, value in values.items()})
    known = known.view()
    ends = [_ends(known, feature, keys, list(counts)) for feature in group if column_of(feature.name) in values]
    events = reduce(ir.Table.union, ends, known.select("subject", "at", *keys, *counts)).view() if ends else known
    made = events.select("subject", **{column_of(feature.name): _sum(events, feature, keys) for feature in group})
    return made.filter(made.subject.notnull())


def _ends(known: ir.Table, feature: Feature, keys: Sequence[str], columns: Sequence[str]) -> ir.Table:
    """When each value stops to be counted for its record: the next record with it counts instead, or the window has passed."""
    column = column_of(feature.name)
    counted = known.filter(known[column] == 1).view()
    after = ibis.window(group_by=[*keys, f"_of_{column}"], order_by=["at", "subject"])
    passed = counted.at + (seconds(feature) + 1)
    end = ibis.least(ibis.coalesce(counted.at.lead().over(after), passed), passed)
    less = {name: ibis.literal(-1 if name == column else 0, type="int64") for name in columns}
    return counted.select(*keys, subject=ibis.null(known.subject.type()), at=end, **less).select(
        "subject", "at", *keys, *columns
    )


def _sum(events: ir.Table, feature: Feature, keys: Sequence[str]) -> ir.Value:
    column = events[column_of(feature.name)]
    now = column.sum().over(ibis.range_window(preceding=None, following=0, group_by=keys, order_by="at"))
    if feature.kind is FeatureKind.COUNT_DISTINCT:
        return now
    passed = ibis.range_window(preceding=(None, seconds(feature) + 1), group_by=keys, order_by="at")
    value = now - ibis.coalesce(column.sum().over(passed), 0)
    return value if feature.including_this else value - column
