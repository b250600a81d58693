"""Stages: how much of the time each of them takes, measured in batches of their own so that the clock does not slow the rates.

In: a run of batches. Out: seconds of each stage, without those of stages inside it. Not here: the rates (`measuring`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from engine import pipeline, triage
from engine.assessment import Assessor
from engine.evaluate.durable import DurableReader
from engine.evaluate.trace import Tracer
from engine.features.live import LiveFeatures
from engine.pipeline import Stages
from engine.store.batch import Batch
from engine.store.opening import Store

STAGES: dict[str, tuple[tuple[Any, str], ...]] = {
    "normalise": ((Stages, "normalise"),),
    "sight and base facts": ((Stages, "sight"),),
    "neighbourhood": ((Batch, "neighbourhood"), (Batch, "actions_of"), (Batch, "bases"), (Batch, "known")),
    "identity": ((pipeline, "resolve"), (pipeline, "affected")),
    "windows": ((LiveFeatures, "compute"),),
    "tracer": ((Tracer, "judge"),),
    "durable-rules": ((DurableReader, "judge"),),
    "assessment": ((Assessor, "assess"), (triage.Triage, "_record")),
    "routing and casework": ((pipeline.Settlement, "settle"), (pipeline, "hotspots")),
    "inserts": (
        (Batch, "write_versions"),
        (Batch, "write_bases"),
        (Batch, "write_sightings"),
        (Batch, "write_assessments"),
        (Batch, "write_hits"),
    ),
    "audit": ((Batch, "append_audit"),),
    "begin and commit": ((Store, "batch"),),
}


class Shares:
    """Seconds of each stage; what is inside another is taken off it."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._open: list[float] = []

    @contextmanager
    def of(self, label: str) -> Iterator[None]:
        """Count the time of a block."""
        self._open.append(0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            inside = self._open.pop()
            self.seconds[label] += took - inside
            if self._open:
                self._open[-1] += took


@contextmanager
def watched() -> Iterator[Shares]:
    """Every stage with a clock round it."""
    shares = Shares()
    with ExitStack() as stack:
        for label, places in STAGES.items():
            for owner, name in places:
                inner = getattr(owner, name)
                timed = _entered(inner, label, shares) if label == "begin and commit" else _timed(inner, label, shares)
                stack.enter_context(patch.object(owner, name, timed))
        yield shares


def _timed(inner: Callable[..., Any], label: str, shares: Shares) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        with shares.of(label):
            return inner(*given, **named)

    return timed


def _entered(inner: Callable[..., Any], label: str, shares: Shares) -> Callable[..., Any]:
    """A context manager of which only the beginning and the end count, not what is done inside."""

    @contextmanager
    def timed(*given: Any, **named: Any) -> Iterator[Any]:
        manager = inner(*given, **named)
        with shares.of(label):
            entered = manager.__enter__()
        try:
            yield entered
        except BaseException as fault:
            if not manager.__exit__(type(fault), fault, fault.__traceback__):
                raise
        else:
            with shares.of(label):
                manager.__exit__(None, None, None)

    return timed
