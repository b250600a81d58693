"""Replaying: an old decision made again from what was recorded, compared byte for byte (law 6).

In: references, or how many to draw. Out: one result per decision. Not here: the middle that decides (`triage`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from engine.desk.explaining import Triages
from engine.desk.opening import Desk
from engine.errors import UsageError
from engine.masking import mask_reference
from engine.store import Reading
from engine.store.rows import AssessmentRow

_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision made again: `same` when every byte is."""

    seq: int
    subject: str
    known_at: datetime
    rulebook: str
    same: bool


def replay(desk: Desk, references: Sequence[str]) -> Iterator[Replayed]:
    """Every decision that was ever made of these records or matters."""
    with desk.store.read() as view:
        triages = Triages(desk, view)
        for reference in references:
            yield from (_again(triages, row) for row in decided(view, reference))


def sample(desk: Desk, size: int) -> Iterator[Replayed]:
    """Decisions drawn evenly over everything that was ever decided."""
    with desk.store.read() as view:
        triages = Triages(desk, view)
        numbers: list[int] = []
        while page := view.assessment_numbers(numbers[-1] if numbers else 0, _PAGE):
            numbers += page
        step = max(1, len(numbers) // max(1, size))
        for number in numbers[::step][:size]:
            row = view.assessment(number)
            assert row is not None
            yield _again(triages, row)


def decided(view: Reading, reference: str) -> list[AssessmentRow]:
    """Every decision ever made of what a code or id names; raises UsageError when there is none."""
    rows = [row for subject in _subjects(view, reference) for row in view.assessments_of(subject)]
    if not rows:
        raise UsageError(
            f"没有找到 {mask_reference(reference)} 的研判记录", hint="用 sanse matters list --all 查看编号"
        )
    return rows


def _subjects(view: Reading, reference: str) -> list[str]:
    """A record alone, or all that belongs to the matter that a code or id names."""
    matter = view.matter_id(reference)
    if matter is None:
        return [reference]
    members = [member.sighting.id for member in view.members(matter)]
    return [reference] if reference in members and reference != matter else [*members, f"matter:{matter}"]


def _again(triages: Triages, row: AssessmentRow) -> Replayed:
    record = orjson.loads(row.record)
    same = triages.of(row.rulebook).replay(record) == row.record
    return Replayed(row.seq, row.subject, row.known_at, row.rulebook, same)
