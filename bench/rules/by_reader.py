"""The product's own readers of one record: the tracer, which is the reference of all answers, and durable-rules alone.

In: a rulebook. Out: functions from a record's facts and day to its colour and hits. Not here: the reader by columns (`by_column`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from engine.evaluate import durable
from engine.evaluate.trace import Tracer
from engine.model import FeatureSet, Judgement
from engine.ruleset.tree import Rulebook

REFERENCE = "sanse tracer"
Judge = Callable[[FeatureSet, date], Judgement]


@dataclass(frozen=True, slots=True)
class ReaderPeer:
    """A reader: the package it needs, how it is called, what builds it."""

    package: str
    path: str
    build: Callable[[Rulebook], Judge]

    @property
    def version(self) -> str | None:
        """The product's tag where no package is needed; None where durable-rules is not installed."""
        return "" if not self.package or durable.available() else None


def tracer(rulebook: Rulebook) -> Judge:
    """The reader that explains."""
    return Tracer(rulebook).judge


def durable_rules(rulebook: Rulebook) -> Judge:
    """One fact asserted under a fresh state, then the state deleted; nothing remembered of records before."""
    return durable.DurableReader(rulebook).judge


PEERS: Mapping[str, ReaderPeer] = {
    REFERENCE: ReaderPeer("", "Tracer.judge, facts as a FeatureSet", tracer),
    "durable-rules": ReaderPeer(
        "durable_rules", "assert_fact with a fresh sid, delete_state; no timers", durable_rules
    ),
}
