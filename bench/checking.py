"""Checking: the answers behind the figures, in the same run.

In: the installation after a measurement, its tallies. Out: what was checked; raises AssertionError for anything wrong.
Not here: what is right in general (the tests).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from bench.county import Installation
from engine.pipeline import Tally
from engine.triage import Triage

_REPLAYED = 300


def check(made: Installation, tallies: Sequence[Tally]) -> dict[str, int]:
    """Every row accounted for, the two readers at one, sampled decisions the same again to the byte, every matter dispatched."""
    total = Tally()
    for tally in tallies:
        total.add(tally)
    accounted(total)
    with made.store.read() as view:
        page, numbers = view.assessment_numbers(0, 10_000), list[int]()
        while page:
            numbers += page
            page = view.assessment_numbers(numbers[-1], 10_000)
        newest = numbers[-total.read :]
        triage = Triage(made.stages.rulebook, engine="trace")
        replayed = replays(triage, (view.assessment(n) for n in newest[:: max(1, len(newest) // _REPLAYED)]))
        assert not view.defects(), "the two readers disagree"
    return {"rows": total.read, "replayed": replayed, "assessments": len(numbers)}


def accounted(total: Tally) -> None:
    """read = new + unchanged + updated + quarantined, and what is new has a colour."""
    parts = total.new + total.unchanged + total.updated + total.quarantined
    assert total.read == parts > 0, f"{total.read} rows read, {parts} accounted for"
    assert sum(total.colours.values()) == total.new + total.updated, "a record without a colour"
    assert not total.defects, total.defects[:3]


def replays(triage: Triage, rows: Iterable[object]) -> int:
    """How many decisions were made again; each must be the same to the byte."""
    replayed = 0
    for row in rows:
        assert row is not None, "an assessment is gone"
        record = row.record  # type: ignore[attr-defined]
        assert triage.replay(orjson.loads(record)) == record, f"another decision of {row.subject}"  # type: ignore[attr-defined]
        replayed += 1
    assert replayed, "nothing was replayed"
    return replayed
