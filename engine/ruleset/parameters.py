"""Dated thresholds: which number holds on which day.

In: a Rulebook and a day. Out: values. Not here: which day a subject has (the caller knows its time and zone).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from engine.model import Value
from engine.ruleset.tree import Bound, Reference, Rulebook

Resolved = Value | tuple[Value, ...]
"""What a bound is on one day: one value, or a list of them."""


def values_at(rulebook: Rulebook, day: date) -> Mapping[str, Value]:
    """Every parameter's value in force on a day."""
    return {name: parameter.at(day) for name, parameter in rulebook.parameters.items()}


def newest(rulebook: Rulebook) -> Rulebook:
    """The same rules as if every parameter had always had its newest value, be that one of a day to come."""
    parameters = {
        name: replace(held, values=(replace(held.values[-1], start=held.values[0].start),))
        for name, held in rulebook.parameters.items()
    }
    return replace(rulebook, parameters=parameters)


def regimes(rulebook: Rulebook) -> tuple[date, ...]:
    """The days on which any parameter changes, after `date.min`: between two of them all values stand still."""
    changes = {dated.start for parameter in rulebook.parameters.values() for dated in parameter.values[1:]}
    return (date.min, *sorted(changes))


def regime_of(days: tuple[date, ...], day: date) -> date:
    """The regime that holds on a day: of `regimes`, the last change that is not later."""
    return days[bisect_right(days, day) - 1]


def bound(written: Bound, values: Mapping[str, Value]) -> Resolved:
    """A bound with its references resolved; a list of bounds becomes a tuple."""
    if isinstance(written, Reference):
        return values[written.name]
    if isinstance(written, tuple):
        return tuple(values[part.name] if isinstance(part, Reference) else part for part in written)
    return written
