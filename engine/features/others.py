"""Windows that are not about records by the time they happened: other records by their closing time, different values among the others, actions.

In: records and subjects as `columns.features` has them, actions with their matters. Out: rows of subjects with a column for every window. Not here: what counts
(`counting`), windows themselves (`columns`, `running`: handed in).

Each is a window over two kinds of rows together: subjects, which count for nothing at the time that they ask, and what they ask for, at a time of its
own. What a record would count of itself is taken off. So the cost is that of sorting, where looking each record up beside each of its group would be the square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from engine.features.counting import KEYS, Windows, passing, value_of
from engine.features.definitions import OCCURRED, Definitions, seconds
from engine.features.frames import column_of
from engine.ruleset.tree import Feature, FeatureKind

_EVER = timedelta(days=date.max.toordinal())
_SECOND = timedelta(seconds=1)


def is_of_others(feature: Feature) -> bool:
    """Whether a window is over other records only, in a way that a RANGE over records cannot say."""
    return feature.by != OCCURRED or (feature.kind is FeatureKind.COUNT_DISTINCT and not feature.including_this)


def of_others(
    records: ir.Table, subjects: ir.Table, group: Sequence[Feature], definitions: Definitions, windows: Windows
) -> ir.Table:
    """Windows over the other records of a subject's group, by one time of theirs: one row per subject."""
    keys, by = KEYS[group[0].same], group[0].by
    seen = records if by == OCCURRED else _closings(records, subjects)
    made = subjects.select("subject", **{f"own_{column_of(f.name)}": _own(subjects, f, definitions) for f in group})
    whole = [replace(feature, including_this=True) for feature in group]
    made = made.inner_join(_asked(windows(seen, whole, keys, definitions)), "subject")
    for feature in group:
        if feature.kind is FeatureKind.COUNT_DISTINCT:
            alike = replace(feature, name=f"alike_{feature.name}", kind=FeatureKind.COUNT, including_this=True)
            valued = seen.mutate(value=value_of(seen, feature))
            made = made.inner_join(_asked(windows(valued, [alike], [*keys, "value"], definitions)), "subject")
    return made.select("subject", **{column_of(feature.name): _less_own(made, feature) for feature in group})


def acted(subjects: ir.Table, done: ir.Table, definitions: Definitions, windows: Windows) -> ir.Table:
    """Counts of the actions of a subject's matter that were done before it; one of the same second answers it, or something else.

    `done`: actions with the matter (`of_matter`) they are about. Subjects of matters without actions have no row.
    """
    nothing = ibis.null("string")
    asking = subjects.semi_join(done, subjects.matter == done.of_matter).select(
        "subject", "at", "matter", counts=ibis.literal(False), action=nothing, level=nothing
    )
    about = done.semi_join(subjects, done.of_matter == subjects.matter)
    acts = about.select(
        subject=ibis.null(subjects.subject.type()),
        at=about.done_at + 1,
        matter=about.of_matter,
        counts=ibis.literal(True),
        action=about.action,
        level=about.level,
    )
    group = [_before(feature) for feature in definitions.actions]
    return _asked(windows(asking.union(acts).view(), group, KEYS["matter"], definitions))


def _closings(records: ir.Table, subjects: ir.Table) -> ir.Table:
    """Subjects, which count for nothing when they happen, and records, which count when they are closed."""
    closed = records.filter(records.closed_at.notnull())
    closed = closed.mutate(at=closed.closed_at, subject=ibis.null(records.subject.type()))
    return subjects.mutate(counts=ibis.literal(False)).union(closed).view()


def _asked(made: ir.Table) -> ir.Table:
    """The rows of subjects."""
    return made.filter(made.subject.notnull())


def _own(subjects: ir.Table, feature: Feature, definitions: Definitions) -> ir.BooleanValue:
    """Whether a subject is in its own window; never null."""
    own = passing(subjects, feature, definitions)
    if feature.kind is FeatureKind.COUNT_DISTINCT:
        own &= value_of(subjects, feature).notnull()
    if feature.by == OCCURRED:
        return own
    within = subjects.closed_at.between(subjects.at - seconds(feature), subjects.at)
    return own & within.fill_null(False)


def _less_own(made: ir.Table, feature: Feature) -> ir.IntegerValue:
    """A window without the subject itself, or without its value where no other record has that."""
    name = column_of(feature.name)
    own = made[f"own_{name}"]
    if feature.kind is FeatureKind.COUNT_DISTINCT:
        own &= made[f"alike_{name}"] == 1
    return made[name] - own.cast("int64")


def _before(feature: Feature) -> Feature:
    """An action fact as a window over actions that stand a second late: so one of the same second is not in it."""
    within = _EVER if feature.within is None else feature.within - _SECOND
    made = replace(feature, kind=FeatureKind.COUNT, within=max(within, timedelta()))
    return made if within >= timedelta() else replace(made, where={**made.where, "action": ()})
