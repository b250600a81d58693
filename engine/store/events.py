"""Events: what people and sanse did about matters; rows that are only ever added.

In: actions, cuts and unions, set-asides. Out: the same, by the records they concern.
Not here: what follows from them (`engine.casework`, `engine.identity`), the audit log (`audit`).

Free text that people write is sealed: it may name anybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from engine.model import Action, Cut, SetAside, Union, digest
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.rows import DecisionRow
from engine.store.session import Session
from engine.store.tables import actions, decision_sides, decisions, set_asides

CUT, UNION, REVOKE = "cut", "union", "revoke"
_ID_LENGTH = 20

_ACTIONS = Query(
    select(*(column for column in actions.columns if column.name != "n"))
    .where(among(actions.c.matter, "ids"))
    .order_by(actions.c.at, actions.c.n)
)
_later = decisions.alias("later")
_live = ~select(_later.c.n).where(_later.c.revokes == decisions.c.n).exists()
_ABOUT = Query(
    select(decision_sides.c.decision, decisions.c.kind, decision_sides.c.side, decision_sides.c.record)
    .join(decisions, decisions.c.n == decision_sides.c.decision)
    .where(
        _live,
        decision_sides.c.decision.in_(select(decision_sides.c.decision).where(among(decision_sides.c.record, "ids"))),
    )
    .order_by(decision_sides.c.decision, decision_sides.c.side, decision_sides.c.record)
)
_NEWEST_DECISION = Query(select(func.max(decisions.c.n)))
_SHOWN = Query(
    select(decisions, (~_live).label("revoked"))
    .where(decisions.c.n.in_(select(decision_sides.c.decision).where(among(decision_sides.c.record, "ids"))))
    .order_by(decisions.c.n)
)
_NUMBERED = Query(select(decisions, (~_live).label("revoked")).where(decisions.c.n == bindparam("n")))
_NAMED = Query(
    select(*(column for column in actions.columns if column.name != "n"))
    .where(among(actions.c.id, "ids"))
    .order_by(actions.c.n)
)
_SIDES = Query(select(decision_sides).where(decision_sides.c.decision == bindparam("n")).order_by("record"))
_ASIDE_NUMBERED = Query(select(set_asides).where(set_asides.c.n == bindparam("n")))
_ASIDE = Query(
    select(*(column for column in set_asides.columns))
    .where(among(set_asides.c.incident, "ids"))
    .order_by(set_asides.c.n)
)

_WRITE_ACTION = Insert(
    actions, "id", "matter", "kind", "level", "actor", "at", "known_at", "evidence", "concerns", once=True
)
_WRITE_DECISION = Insert(decisions)
_WRITE_SIDE = Insert(decision_sides, once=True)
_WRITE_ASIDE = Insert(set_asides)


class Events(Session):
    """The event log."""

    def actions_of(self, ids: Collection[str], *, evidence: bool = True) -> list[Action]:
        """The actions about matters that have any of these records, in order of time; their evidence is opened on demand."""
        return [self._action(row, evidence=evidence) for row in self._rows(_ACTIONS, ids=ids)]

    def actions_named(self, ids: Collection[str]) -> list[Action]:
        """The actions with these ids, in the order in which they were written."""
        return [self._action(row, evidence=True) for row in self._rows(_NAMED, ids=ids)]

    def write_actions(self, done: Sequence[Action]) -> list[Action]:
        """Append actions; one without an id gets one made of its content, so the same action is kept once. Returns them with ids."""
        named = [action if action.id else replace(action, id=action_id(action)) for action in done]
        self._each(
            _WRITE_ACTION,
            [
                (
                    a.id,
                    a.matter,
                    a.kind,
                    a.level,
                    a.actor,
                    cells.seconds(a.at),
                    cells.seconds(a.known_at),
                    self._written(evidence_cell(a.id), a.evidence),
                    cells.listed(a.concerns),
                )
                for a in named
            ],
        )
        return named

    def decisions_about(self, ids: Collection[str]) -> tuple[list[Cut], list[Union]]:
        """The cuts and unions that hold and name any of these records."""
        kinds: dict[int, str] = {}
        sides: dict[tuple[int, int], list[str]] = defaultdict(list)
        rows = self._rows(_ABOUT, ids=ids) if self._rows(_NEWEST_DECISION)[0][0] else ()
        for decision, kind, side, record in rows:
            kinds[decision] = kind
            sides[decision, side].append(record)
        cuts = [Cut(tuple(sides[n, 0]), tuple(sides[n, 1])) for n, kind in kinds.items() if kind == CUT]
        unions = [Union(sides[n, 0][0], sides[n, 1][0]) for n, kind in kinds.items() if kind == UNION]
        return cuts, unions

    def write_decision(self, decision: Cut | Union, *, by: str, reason: str, known_at: datetime) -> int:
        """Append a person's cut or union; its number."""
        if isinstance(decision, Cut):
            return self._decide(CUT, decision.left, decision.right, by=by, reason=reason, known_at=known_at)
        left, right = (decision.left,), (decision.right,)
        return self._decide(UNION, left, right, by=by, reason=reason, known_at=known_at)

    def revoke_decision(self, number: int, *, by: str, reason: str, known_at: datetime) -> int:
        """Append a row that takes a decision back; its number. The decision stays on record."""
        (n,) = self._reserve(decisions, 1)
        sealed = self._written(decision_cell(n), reason)
        self._each(_WRITE_DECISION, [(n, REVOKE, by, sealed, cells.seconds(known_at), number)])
        return n

    def decision_rows(self, ids: Collection[str]) -> list[DecisionRow]:
        """Every decision that ever named any of these records, taken back or not."""
        return [self._decision(row) for row in self._rows(_SHOWN, ids=ids)]

    def decision_row(self, number: int) -> DecisionRow:
        """One decision, or the taking back of one, by its number."""
        return self._decision(self._rows(_NUMBERED, n=number)[0])

    def set_asides(self, ids: Collection[str]) -> list[SetAside]:
        """What people set aside of these records' matters, lapsed ones too."""
        return [self._set_aside(row) for row in self._rows(_ASIDE, ids=ids)]

    def set_aside(self, number: int) -> SetAside:
        """What one lowering set aside, by its number."""
        return self._set_aside(self._rows(_ASIDE_NUMBERED, n=number)[0])

    def write_set_aside(self, lowered: SetAside) -> int:
        """Append what a lowering set aside; its number."""
        (n,) = self._reserve(set_asides, 1)
        keys = cells.listed(sorted(lowered.keys))
        sealed = self._written(set_aside_cell(n), lowered.reason)
        known_at, expires_at = cells.seconds(lowered.known_at), cells.seconds(lowered.expires_at)
        row = (n, lowered.incident, keys, lowered.by, lowered.second, sealed, known_at, expires_at)
        self._each(_WRITE_ASIDE, [row])
        return n

    def _decide(
        self, kind: str, left: Sequence[str], right: Sequence[str], *, by: str, reason: str, known_at: datetime
    ) -> int:
        (n,) = self._reserve(decisions, 1)
        sealed = self._written(decision_cell(n), reason)
        self._each(_WRITE_DECISION, [(n, kind, by, sealed, cells.seconds(known_at), 0)])
        self._each(_WRITE_SIDE, [(record, n, side) for side, of in enumerate((left, right)) for record in of])
        return n

    def _action(self, row: Any, *, evidence: bool) -> Action:
        opened = self._opened_text(evidence_cell(row[0]), row[7]) if evidence else ""
        at, known_at, concerns = cells.moment(row[5]), cells.moment(row[6]), tuple(cells.unlisted(row[8]))
        return Action(row[1], row[2], row[3], row[4], at, known_at, opened, row[0], concerns)

    def _decision(self, row: Any) -> DecisionRow:
        sides = [(side.side, side.record) for side in self._rows(_SIDES, n=row.n)]
        left, right = (tuple(record for side, record in sides if side == of) for of in (0, 1))
        reason = self._opened_text(decision_cell(row.n), row.reason)
        known_at = cells.moment(row.known_at)
        return DecisionRow(row.n, row.kind, left, right, row.by, reason, known_at, bool(row.revoked), row.revokes)

    def _set_aside(self, row: Any) -> SetAside:
        return SetAside(
            row.incident,
            frozenset(cells.unlisted(row[2])),
            row.by,
            self._opened_text(set_aside_cell(row.n), row.reason),
            cells.moment(row.known_at),
            cells.moment(row.expires_at),
            row.second,
        )

    def _written(self, cell: str, text: str) -> bytes:
        return self._sealer.seal("casework", cell, text.encode()) if text else b""

    def _opened_text(self, cell: str, sealed: bytes) -> str:
        return self._sealer.open("casework", cell, sealed).decode() if sealed else ""


def action_id(action: Action, turn: int = 0) -> str:
    """An id made of what an action says (ruling 6): derived, never counted up. Its time goes first, so that ids of one day are filed together.

    `turn`: how often the same was done in that second before.
    """
    at = cells.seconds(action.at)
    parts = (action.matter, action.kind, action.level, action.actor, at, action.evidence)
    return f"act:{at:08x}{digest((*parts, turn) if turn else parts)[:_ID_LENGTH]}"


def once_more(action: Action, log: Collection[Action]) -> Action:
    """An action that is never taken for one of the log, even if the same was done in the same second: closing, reopening, closing again."""
    turn = sum(1 for done in log if (done.kind, done.at) == (action.kind, action.at))
    return replace(action, id=action_id(action, turn))


def evidence_cell(action: str) -> str:
    """The name under which the evidence of an action is sealed."""
    return f"actions/evidence/{action}"


def decision_cell(number: int) -> str:
    """The name under which the reason of a cut or union is sealed."""
    return f"decisions/reason/{number}"


def set_aside_cell(number: int) -> str:
    """The name under which the reason of a lowering is sealed."""
    return f"set_asides/reason/{number}"
