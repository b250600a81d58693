"""Trying: the order of a back-test: limits, records by columns under both rulebooks, machine views of matters, weekly load.

In: `Ground` (a store, the live rulebook, how stages are made, the time), one rulebook or two. Out: a `Backtest` while it is open. Not here: the steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from engine.errors import RuleError, UsageError
from engine.features.base import made_by
from engine.folders import folder_for_a_while
from engine.model import Colour
from engine.pipeline import Stages
from engine.remaking import Remade
from engine.rescore import (
    Answers,
    Asked,
    Labels,
    OnDuckDB,
    Questions,
    Scan,
    Workspace,
    aligned,
    answered,
    compare,
    laid,
    relabelled,
    workspace,
)
from engine.rescore.makers import former, makers
from engine.ruleset.tree import Rulebook
from engine.store import Reading, Store
from engine.store.history import History
from engine.workbench.backtest.dated import Late, late
from engine.workbench.backtest.knowledge import Knowledge, asked_anew
from engine.workbench.backtest.limits import areas_named, limits
from engine.workbench.backtest.matters import Both, Group, Matters
from engine.workbench.backtest.steadiness import unsteady
from engine.workbench.backtest.views import Viewer


@dataclass(frozen=True)
class Ground:
    """Where a back-test runs: the store, the live rulebook, and the time."""

    store: Store
    live: Rulebook
    now: datetime
    zone: str = "Asia/Shanghai"
    advance: Callable[[int], None] = lambda _: None


class Side:
    """One rulebook made ready; it may be tried again and again."""

    def __init__(self, rulebook: Rulebook, stages_of: Callable[[Rulebook], Stages]) -> None:
        self.rulebook, self.stages = rulebook, stages_of(rulebook)
        self.questions = Questions(rulebook)


@dataclass
class Backtest:
    """What another rulebook would have made of history. Valid while it is open.

    `parts`: how many matters are compared, and how many are apart: a person lowered or raised them, law 2 remembers more than the facts say, or they
    hang on a moment that history does not tell. `groups`: those that are compared; `apart`: the others. `told`: what holds of the result, in words.
    `late`: new numbers that hardly a record was judged by.
    """

    old: Rulebook
    new: Rulebook
    records: Scan
    now: datetime
    matters: Matters
    parts: Mapping[str, int]
    groups: Sequence[Group]
    told: Sequence[str]
    remade: int = 0
    apart: Sequence[Group] = ()
    late: Sequence[Late] = ()
    zone: str = "Asia/Shanghai"

    @property
    def matrix(self) -> Counter[tuple[Colour, Colour]]:
        """Matters from view to view."""
        counted: Counter[tuple[Colour, Colour]] = Counter()
        for group in self.groups:
            counted[group.before, group.after] += group.count
        return counted


class Past:
    """A consistent view of history, judged by one rulebook: others may be tried against it, one after another."""

    def __init__(self, ground: Ground, old: Side, view: Reading, history: History, folder: Path) -> None:
        """`folder`: where the tables of history are kept while others are tried."""
        self._ground, self._view, self._history = ground, view, history
        self._books = former(view, ground.live)
        self._old, self._kept = self._half(old), folder / "laid.duckdb"
        with workspace() as space:
            self._lay(self._old, space)
            space.keep(self._kept)
            self._was = dict(self._answered(self._old, space, set()))

    @contextmanager
    def against(self, new: Side, *, as_linked: bool = False) -> Iterator[Backtest]:
        """What another rulebook makes of it.

        Raises RuleError for one that would read or link records otherwise, naming each part; `as_linked` goes by what is stored instead, and says so.
        """
        old, ground = self._old, self._ground
        told = _permitted(ground.live, (old.side.rulebook, new.rulebook), as_linked=as_linked)
        half = self._half(new)
        seen_alike = half.sees_as(self._old)
        with workspace(kept=self._kept if seen_alike else None) as space:
            if not seen_alike:
                self._lay(half, space)
            found = Scan.begun(space)
            known = Knowledge(space, asked_anew(old.side.rulebook, new.rulebook))
            half.columns.note = known.note
            both = self._records(half, space, found)
            matters = Matters(
                space,
                both,
                self._history,
                kinds=old.unsteady | half.unsteady,
                newer_than=new.stages.terms.newer_than,
                zone=ground.zone,
            )
            matters.look((old.viewer(), half.viewer()), ground.now)
            told += [*half.notes(), *known.told(_channels(new.rulebook), ground.zone)]
            yield Backtest(
                old.side.rulebook,
                new.rulebook,
                found,
                ground.now,
                matters,
                matters.parts(),
                matters.groups(),
                told,
                half.columns.remade,
                matters.apart(),
                late(space, old.side.rulebook, new.rulebook, ground.zone),
                ground.zone,
            )

    def _half(self, side: Side) -> _Half:
        return _Half(self._ground, side, self._view, self._history, self._books)

    def _records(self, half: _Half, space: Workspace, found: Scan) -> Both:
        """Every record by columns under both; counted into `found`."""
        labels, own = Labels(half.side.questions.labels), self._old.side.questions.labels
        both: list[tuple[Answers, Answers]] = []
        for first, made in self._answered(half, space, found.makers):
            pair = aligned(relabelled(self._was[first], own, labels), made)
            compare(found, *pair, labels=labels)
            both.append(pair)
        before, after = (_joined([pair[place] for pair in both]).widened(labels.words) for place in (0, 1))
        return Both(before, after, labels)

    def _lay(self, half: _Half, space: Workspace) -> None:
        laid(
            half.columns,
            half.side.questions,
            space,
            asked=Asked(),
            zone=self._ground.zone,
            engine=OnDuckDB(),
        )

    def _answered(self, half: _Half, space: Workspace, makers: set[str]) -> Iterator[tuple[int, Answers]]:
        return answered(
            half.columns,
            half.side.questions,
            space,
            engine=OnDuckDB(),
            advance=self._ground.advance,
            makers=makers,
        )


@contextmanager
def past(ground: Ground, old: Side) -> Iterator[Past]:
    """History as one rulebook judges it, to try others against; read only. Raises UsageError where nothing is stored."""
    with (
        ground.store.read() as view,
        ground.store.history() as history,
        folder_for_a_while("sanse-past-") as folder,
    ):
        if not history.newest():
            raise UsageError("还没有存下的来件，没有可回测的", hint="先 sanse ingest 读入来件，再回测")
        yield Past(ground, old, view, history, folder)


@contextmanager
def backtest(ground: Ground, old: Side, new: Side, *, as_linked: bool = False) -> Iterator[Backtest]:
    """History under two rulebooks; read only. Raises RuleError as `Past.against` does, before anything is read."""
    _permitted(ground.live, (old.rulebook, new.rulebook), as_linked=as_linked)
    with past(ground, old) as held, held.against(new, as_linked=as_linked) as found:
        yield found


def _permitted(live: Rulebook, books: Sequence[Rulebook], *, as_linked: bool) -> list[str]:
    """What is to be told of two rulebooks; raises RuleError for what cannot be foretold."""
    told: list[str] = []
    refused: dict[str, None] = {}
    for book in books:
        found = limits(live, book)
        told += [line for line in found.told if line not in told]
        refused.update(dict.fromkeys(found.refused))
    if refused and not as_linked:
        raise RuleError(
            "这样改，存下的来件要重新读、重新归并，回测预见不了：",
            faults=tuple(refused),
            hint="把这几处改回与现行规则一样再回测；或加 --as-linked，按存下的读法和归并算，结果不含这几处的影响",
        )
    return [*(f"没有算进去：{part}改了，来件按存下的读法和归并算" for part in refused), *told]


class _Half:
    """One rulebook's half of a back-test."""

    def __init__(
        self, ground: Ground, side: Side, view: Reading, history: History, books: Sequence[Rulebook] | None
    ) -> None:
        self.side = side
        areas = areas_named(side.rulebook) != areas_named(ground.live)
        self.columns = Remade(history, view, side.stages, makers(books, side.rulebook), always=areas)
        self.unsteady = unsteady(side.rulebook, books)

    def sees_as(self, other: _Half) -> bool:
        """Whether records, actions and windows lie as they do for another one, of which nothing had to be made again."""
        one, two = self.side.questions, other.side.questions
        return (
            not (other.columns.remade or other.columns.lost)
            and made_by(self.side.rulebook) == made_by(other.side.rulebook)
            and self.columns.always == other.columns.always
            and (one.windows_sql, one.longest, one.marks) == (two.windows_sql, two.longest, two.marks)
        )

    def notes(self) -> Iterator[str]:
        """What is to be told of its base facts."""
        if self.columns.lost:
            yield f"{self.columns.lost} 件来件的正文已经清除，词语和字段的事实按存下的算"

    def viewer(self) -> Viewer:
        """Its machine views."""
        return Viewer(self.side.stages.triage, steady=not self.unsteady, newer_than=self.side.stages.terms.newer_than)


def _channels(rulebook: Rulebook) -> dict[str, str]:
    """Channels as people call them."""
    return {kind: str(mapping.get("title") or kind) for kind, mapping in rulebook.mappings.items()}


def _joined(parts: Sequence[Answers]) -> Answers:
    if not parts:
        none = np.zeros(0, np.int64)
        return Answers(none, none, (none,))
    words = zip(*(part.words for part in parts), strict=True)
    return Answers(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.colours for part in parts]),
        tuple(np.concatenate(column) for column in words),
    )
