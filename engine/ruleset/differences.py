"""Differences: what is otherwise in one rulebook than in another, by name.

In: two Rulebooks. Out: `Differences`: rules and invariants that came, went or mean something else, statuses, thresholds by their day, files.
Not here: what that does to a colour (`engine.rescore`, the workbench), who published it (`engine.desk.publishing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date

from engine.model import Value
from engine.ruleset.tree import Never, Parameter, Rulebook


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that is another from a day on; `before` None: no number was dated on that day, `after` None: that is gone."""

    name: str
    title: str
    start: date
    before: Value | None
    after: Value | None
    source: str = ""

    def of_the_past(self, today: date) -> bool:
        """Whether records that happened before today are judged by another number than they were: what was dated is gone or changed, or dated back."""
        return self.start < today


@dataclass(frozen=True, slots=True)
class Differences:
    """By id: rules and invariants added, removed and changed in what they mean; statuses as (rule, before, after); thresholds; names of files."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    statuses: tuple[tuple[str, str, str], ...] = ()
    nevers_added: tuple[str, ...] = ()
    nevers_removed: tuple[str, ...] = ()
    nevers_changed: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    files: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any(getattr(self, field.name) for field in fields(self))


def differences(before: Rulebook, after: Rulebook) -> Differences:
    """What `after` has otherwise than `before`."""
    old, new = ({rule.id: rule for rule in book.rules} for book in (before, after))
    both = [id_ for id_ in new if id_ in old]
    once, now = ({never.id: _meant(never) for never in book.nevers} for book in (before, after))
    return Differences(
        added=_gone(new, old),
        removed=_gone(old, new),
        changed=tuple(sorted(id_ for id_ in both if old[id_].version != new[id_].version)),
        statuses=tuple(
            (id_, old[id_].status.value, new[id_].status.value)
            for id_ in sorted(both)
            if old[id_].status is not new[id_].status
        ),
        nevers_added=_gone(now, once),
        nevers_removed=_gone(once, now),
        nevers_changed=tuple(sorted(id_ for id_ in now if id_ in once and now[id_] != once[id_])),
        thresholds=tuple(_thresholds(before.parameters, after.parameters)),
        files=tuple(
            sorted(name for name in {*before.files, *after.files} if before.files.get(name) != after.files.get(name))
        ),
    )


def _gone(from_: Mapping[str, object], to: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(from_.keys() - to.keys()))


def _meant(never: Never) -> tuple[object, ...]:
    return never.when_text, sorted(never.let.items()), never.colours


def _thresholds(before: Mapping[str, Parameter], after: Mapping[str, Parameter]) -> Iterator[Threshold]:
    for name in sorted({*before, *after}):
        was, is_ = _dated(before.get(name)), _dated(after.get(name))
        title = (after.get(name) or before[name]).title
        for start in _starts(was, is_):
            old, new = was.get(start), is_.get(start)
            if (old and old[0]) != (new and new[0]) or (old is None) != (new is None):
                yield Threshold(
                    name, title, start, old[0] if old else None, new[0] if new else None, new[1] if new else ""
                )


def _dated(parameter: Parameter | None) -> dict[date, tuple[Value, str]]:
    return {one.start: (one.value, one.source) for one in parameter.values} if parameter else {}


def _starts(*held: Collection[date]) -> list[date]:
    return sorted({start for starts in held for start in starts})
