"""Rebuilding: every decision made again from the raw rows as they arrived, with what was known then (law 6, `replay --from-raw`).

In: an installation, perhaps references. Out: one `Rebuilt` per decision: the same to the byte, or where the two records differ.
Not here: replaying recorded facts (`replaying`), the order of a batch (`pipeline`), what people may do (`acting`).

The audit log gives the order of everything. Each entry names its rulebook, the raw rows its transaction took in or what a person did,
and the decisions it wrote. All of it is done again, at the time of the entry, in an empty database that is thrown away afterwards.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.desk.acting import RAISE, raised
from engine.desk.opening import Desk
from engine.desk.replaying import decided
from engine.errors import UsageError
from engine.model import Cut, Union
from engine.occasion import ACTION, Occasion
from engine.pipeline import Stages, ingest_batch, reconsider, rejudge, remake, resettle
from engine.ruleset import loader
from engine.store import Batch, Reading, Store
from engine.store.retention import Purged
from engine.store.rows import AssessmentRow, AuditRow

_PAGE, _ALL = 500, 1_000_000
_NOT_MADE, _NOT_RECORDED = "没有重新产生这个研判", "记录里没有这个研判"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One decision made again from raw rows: `same` when every byte is; `differences`: places of the record that differ, with both values.

    `purged`: why it cannot be made again from raw rows: what was purged, when, under which rule. The recorded facts still replay.
    """

    subject: str
    known_at: datetime
    rulebook: str
    same: bool
    differences: tuple[str, ...] = ()
    purged: str = ""


def rebuild(desk: Desk, references: Collection[str] = ()) -> Iterator[Rebuilt]:
    """Every decision, or those of some records or matters, in the order in which they were made.

    Raises UsageError for a reference nothing was decided about.
    """
    with desk.store.read() as view, desk.scratch() as scratch:
        asked = {row.seq: row.subject for reference in references for row in decided(view, reference)}
        subjects, left = set(asked.values()), set(asked)
        again = _Again(desk, view, scratch)
        for entry in _entries(view):
            made, recorded = again.run(entry), _recorded(view, entry)
            compared = (again.excused(_compared(*pair)) for pair in _pairs(recorded, made))
            yield from (one for one in compared if not asked or one.subject in subjects)
            left -= {row.seq for row in recorded}
            if asked and not left:
                return


class _Again:
    """Entries of the audit log done again in a scratch database."""

    def __init__(self, desk: Desk, view: Reading, scratch: Store) -> None:
        self._desk, self._view, self._scratch = desk, view, scratch
        live = desk.stages.named
        self._stages = {(live["rulebook"], live["engine"]): desk.stages}
        self._numbers: dict[int, int] = {}
        self._seen = 0
        self._purged: dict[str, Purged] = {}

    def run(self, entry: AuditRow) -> list[AssessmentRow]:
        """What the transaction of an entry decides this time."""
        spans = _rows(entry, "versions")
        raws = [raw for first, last in spans for raw in self._view.arrived(first, last)]
        for first, last in spans:
            self._purged |= self._view.purged_between(first, last)
        if raws:
            ingest_batch(raws, store=self._scratch, stages=self._stages_of(entry), known_at=entry.at)
        elif entry.payload.keys() & {"again", "settled", "rescored", "remade"}:
            with self._scratch.batch() as tx:
                self._act(tx, entry)
                tx.append_audit(entry.actor, entry.what, {}, entry.at)
        with self._scratch.read() as view:
            numbers = view.assessment_numbers(self._seen, _ALL)
            made = view.assessments_between(numbers[0], numbers[-1]) if numbers else []
        self._seen = numbers[-1] if numbers else self._seen
        return made

    def excused(self, one: Rebuilt) -> Rebuilt:
        """One that came out otherwise, with what was purged before it; its own raw row, or any that it was judged together with."""
        if one.same or not self._purged:
            return one
        own = self._purged.get(one.subject)
        gone = own or max(self._purged.values(), key=lambda purged: purged.at)
        whose = "它的原始行" if own else f"此前 {len(self._purged)} 件来件的原始行"
        day = gone.at.astimezone(ZoneInfo(self._desk.config.zone)).date()
        said = f"{whose}已于 {day.isoformat()} 按 {gone.rule} 清除，不能从原始行重做"
        return replace(one, purged=said)

    def _act(self, tx: Batch, entry: AuditRow) -> None:
        """What a person did, and what followed from it."""
        told = entry.payload
        done = tx.write_actions(self._view.actions_named(told.get("actions", ())))
        tx.write_hits([raised(action) for action in done if action.kind == RAISE])
        for number in told.get("set_asides", ()):
            tx.write_set_aside(self._view.set_aside(number))
        for number in told.get("decisions", ()):
            self._numbers[number] = self._decide(tx, number)
        stages = self._stages_of(entry)
        if "remade" in told:
            remake(tx, stages, told["remade"])
        elif "rescored" in told:
            rejudge(tx, stages, told["rescored"], known_at=entry.at)
        elif "again" in told:
            occasion = Occasion(told.get("trigger", ACTION))
            reconsider(tx, stages, told["again"], known_at=entry.at, occasion=occasion)
        else:
            resettle(tx, stages, told["settled"], known_at=entry.at)

    def _decide(self, tx: Batch, number: int) -> int:
        row = self._view.decision_row(number)
        if row.revokes:
            revoked = self._numbers[row.revokes]
            return tx.revoke_decision(revoked, by=row.by, reason=row.reason, known_at=row.known_at)
        decision = Cut(row.left, row.right) if row.kind == "cut" else Union(row.left[0], row.right[0])
        return tx.write_decision(decision, by=row.by, reason=row.reason, known_at=row.known_at)

    def _stages_of(self, entry: AuditRow) -> Stages:
        """The stages of the rulebook and the engine that were live then."""
        digest, engine = entry.payload["rulebook"], entry.payload["engine"]
        if (digest, engine) not in self._stages:
            files = self._view.rulebook(digest)
            if not files:
                raise UsageError(f"没有存下规则集 {digest[:12]}", hint="运行 sanse db verify 检查数据库")
            self._stages[digest, engine] = self._desk.stages_of(loader.load(files), engine)
        return self._stages[digest, engine]


def _entries(view: Reading) -> Iterator[AuditRow]:
    after = 0
    while page := view.audit_rows(after, _PAGE):
        yield from page
        after = page[-1].seq


def _rows(entry: AuditRow, table: str) -> Sequence[tuple[int, int]]:
    """The numbers of the rows that the transaction of an entry wrote to a table, as ranges."""
    return [(first, last) for first, last in entry.payload.get("wrote", {}).get(table, {}).get("rows", ())]


def _recorded(view: Reading, entry: AuditRow) -> list[AssessmentRow]:
    return [row for first, last in _rows(entry, "assessments") for row in view.assessments_between(first, last)]


def _pairs(
    recorded: Sequence[AssessmentRow], made: Sequence[AssessmentRow]
) -> Iterator[tuple[AssessmentRow | None, AssessmentRow | None]]:
    """Decisions of one transaction side by side: those of one subject in their order; None where one side has no more."""
    waiting: dict[str, deque[AssessmentRow]] = defaultdict(deque)
    for row in made:
        waiting[row.subject].append(row)
    for row in recorded:
        yield row, waiting[row.subject].popleft() if waiting[row.subject] else None
    for rows in waiting.values():
        yield from ((None, row) for row in rows)


def _compared(recorded: AssessmentRow | None, made: AssessmentRow | None) -> Rebuilt:
    row = recorded or made
    assert row is not None
    if recorded is None or made is None:
        differences: tuple[str, ...] = (_NOT_RECORDED if recorded is None else _NOT_MADE,)
    elif recorded.record == made.record:
        differences = ()
    else:
        differences = tuple(_differing(orjson.loads(recorded.record), orjson.loads(made.record), ""))
    return Rebuilt(row.subject, row.known_at, row.rulebook, not differences, differences)


def _differing(recorded: Any, made: Any, where: str) -> Iterator[str]:
    """Places of two decision records that differ, as a path with what was recorded and what is made now."""
    if isinstance(recorded, Mapping) and isinstance(made, Mapping):
        for key in sorted(recorded.keys() | made.keys()):
            yield from _differing(recorded.get(key), made.get(key), f"{where}.{key}" if where else key)
    elif recorded != made:
        yield f"{where}：{_shown(recorded)} → {_shown(made)}"


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()
