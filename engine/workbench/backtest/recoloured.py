"""Recoloured: the records whose colour is another, and the matters that are told apart although one of theirs is.

In: a `Backtest` while it is open. Out: `Recoloured` in order of time; `Apart` by matter. Not here: views of matters (`matters`), how it is told (`told`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model import Colour
from engine.rescore import HIT, REVIEW, Label
from engine.workbench.backtest.matters import VIEW
from engine.workbench.backtest.trying import Backtest

_PIECE = 10_000
_ROWS = """
SELECT subject, matter, code, part, changed.was, changed.now, was_said, now_said
FROM changed JOIN history USING (n) JOIN matters USING (matter) WHERE changed.was <> changed.now ORDER BY "at", subject
"""


@dataclass(frozen=True, slots=True)
class Recoloured:
    """A record before and after, with the rules that hit it or ask for review; its matter with its code, if it has one, and its part."""

    id: str
    matter: str
    code: str
    part: str
    before: Colour
    after: Colour
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """A matter that is not compared, and its records whose colour is another."""

    matter: str
    code: str
    part: str
    records: tuple[Recoloured, ...]


def recoloured(found: Backtest) -> Iterator[Recoloured]:
    """Records whose colour is another, in order of time."""
    rules = [_rules(labels) for labels in found.records.said]
    cursor = found.records.workspace.connection.cursor()
    cursor.execute(_ROWS)
    while rows := cursor.fetchmany(_PIECE):
        for subject, matter, code, part, was, now, was_said, now_said in rows:
            yield Recoloured(subject, matter, code, part, Colour(was), Colour(now), rules[was_said], rules[now_said])


def apart(found: Backtest) -> list[Apart]:
    """Matters that are not compared and have such records, in order of the first of these."""
    held: dict[str, list[Recoloured]] = {}
    for record in recoloured(found):
        if record.part != VIEW:
            held.setdefault(record.matter, []).append(record)
    return [Apart(matter, of[0].code, of[0].part, tuple(of)) for matter, of in held.items()]


def _rules(labels: Sequence[Label]) -> tuple[str, ...]:
    return tuple(sorted({label.rule for label in labels if label.what in (HIT, REVIEW)}))
