"""Due work: what is to be done at a time, who has taken it, and every time that a matter was looked at again.

In: items with their moments, claims. Out: claims with a lease and a fence, reviews. Not here: what doing it means (`engine.scheduler`),
when something is due (`engine.casework`, `engine.features.moments`).

A claim holds until its lease ends. What a worker did counts only if, inside the transaction that writes it, its fence and the moment it
was claimed for are still those of the row: one that slept through its lease, or whose item was meanwhile given another moment, has
nothing to write.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import bindparam, case, delete, func, or_, select, update

from engine.model import Moment, canonical
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.rows import Backlog, Claim, DueRow, Review
from engine.store.session import Session
from engine.store.tables import due, matters, reviews

_of_kind = due.c.kind == bindparam("of_kind")
_free = or_(due.c.lease_until <= bindparam("now"), due.c.lease_until > bindparam("until"))
"""Nobody has it: its lease ended, or ends later than any lease may, so that the clock was set back since."""
_next = (
    select(due.c.item, due.c.why, due.c.due_at, due.c.fence, due.c.attempts)
    .outerjoin(matters, matters.c.id == due.c.item)
    .where(_of_kind, due.c.due_at <= bindparam("now"), _free)
    .order_by(func.coalesce(matters.c.standing, 0).desc(), due.c.due_at, due.c.item)
    .limit(bindparam("most", literal_execute=False))
    .with_for_update(skip_locked=True, of=due)
)
_NEXT, _NEXT_OF = Query(_next), Query(_next.where(among(due.c.item, "items")))
_LEASE = Query(
    update(due)
    .where(_of_kind, among(due.c.item, "items"))
    .values(lease_until=bindparam("until"), fence=due.c.fence + 1, attempts=due.c.attempts + 1)
)
_HELD = Query(
    select(due.c.item, due.c.due_at, due.c.fence).where(_of_kind, among(due.c.item, "items")).with_for_update()
)
_RENEW = Query(
    update(due)
    .where(_of_kind, due.c.item == bindparam("one"), due.c.fence == bindparam("held"))
    .values(lease_until=bindparam("until"))
)
_RELEASE = Query(
    update(due)
    .where(_of_kind, due.c.item == bindparam("one"), due.c.fence == bindparam("held"))
    .values(lease_until=0, attempts=due.c.attempts - 1)
)
_DROP = Query(delete(due).where(_of_kind, among(due.c.item, "items")))
_WAITING = Query(select(due).where(_of_kind).order_by(due.c.due_at, due.c.item))
_BACKLOGS = Query(
    select(
        due.c.kind,
        func.count(),
        func.sum(case((due.c.due_at <= bindparam("now"), 1), else_=0)),
        func.min(due.c.due_at),
    ).group_by(due.c.kind)
)
_DUE = Query(select(due.c.due_at, due.c.why).where(_of_kind, due.c.item == bindparam("one")))
_REVIEWS = Query(select(reviews).where(among(reviews.c.item, "ids")).order_by(reviews.c.n))
_TAKEN = Query(
    select(reviews.c.item, reviews.c.due_at).where(among(reviews.c.item, "ids"), reviews.c.due_at > bindparam("after"))
)
_SCHEDULE = Insert(due, keys=("item", "kind"), keep=("fence",), unless_same="due_at")
_WRITE_REVIEW = Insert(reviews, "item", "due_at", "done_at", "trigger", "rulebook", "inputs", "changed")


class Due(Session):
    """The table of due work, and the log of what was looked at again."""

    def schedule(self, kind: str, moments: Mapping[str, Moment]) -> None:
        """Give items the moment they are next due; whoever has one of them for another moment has it no longer."""
        rows = [(item, kind, next_.why, cells.seconds(next_.at), 0, 0, 0) for item, next_ in sorted(moments.items())]
        self._each(_SCHEDULE, rows)

    def unschedule(self, kind: str, items: Collection[str]) -> None:
        """Items that are not due at any time."""
        if items:
            self._change(_DROP, of_kind=kind, items=items)

    def claim(
        self, kind: str, *, now: datetime, until: datetime, most: int, items: Collection[str] = ()
    ) -> list[Claim]:
        """Take what is due and nobody has (of `items`, if any are named), red matters first, then the longest due; until `until` it is ours."""
        asked = {"of_kind": kind, "now": cells.seconds(now), "until": cells.seconds(until), "most": most}
        found = self._rows(_NEXT_OF, items=items, **asked) if items else self._rows(_NEXT, **asked)
        if found:
            self._change(_LEASE, of_kind=kind, items=[row.item for row in found], until=asked["until"])
        return [
            Claim(row.item, kind, Moment(cells.moment(row.due_at), row.why), row.fence + 1, row.attempts + 1)
            for row in found
        ]

    def still_held(self, claims: Sequence[Claim]) -> list[Claim]:
        """Those of the claims (of one kind) that hold in this transaction; their rows are locked until it ends."""
        if not claims:
            return []
        rows = self._rows(_HELD, of_kind=claims[0].kind, items=[claim.item for claim in claims])
        now = {row.item: (row.due_at, row.fence) for row in rows}
        return [claim for claim in claims if now.get(claim.item) == (cells.seconds(claim.due.at), claim.fence)]

    def renew(self, claim: Claim, until: datetime) -> bool:
        """Keep a claim longer; False when somebody else has the item by now."""
        changed = self._change(_RENEW, of_kind=claim.kind, one=claim.item, held=claim.fence, until=cells.seconds(until))
        return changed == 1

    def release(self, claim: Claim) -> None:
        """Give a claim back untried: whoever looks next may take the item at once."""
        self._change(_RELEASE, of_kind=claim.kind, one=claim.item, held=claim.fence)

    def waiting(self, kind: str) -> list[DueRow]:
        """All due rows of a kind, the next one first."""
        return [
            DueRow(
                row.item,
                row.kind,
                Moment(cells.moment(row.due_at), row.why),
                cells.moment(row.lease_until) if row.lease_until else None,
                row.attempts,
            )
            for row in self._rows(_WAITING, of_kind=kind)
        ]

    def backlogs(self, now: datetime) -> dict[str, Backlog]:
        """For each kind how much waits, how much of it is due by now, and since when the first."""
        return {
            row[0]: Backlog(row[1], int(row[2]), cells.moment(row[3]))
            for row in self._rows(_BACKLOGS, now=cells.seconds(now))
        }

    def due_of(self, kind: str, item: str) -> Moment | None:
        """When an item is due next; None where it is not."""
        return next((Moment(cells.moment(row[0]), row[1]) for row in self._rows(_DUE, of_kind=kind, one=item)), None)

    def taken(self, ids: Collection[str], after: datetime) -> set[tuple[str, datetime]]:
        """Moments later than `after` that were taken already: there are some only where the clock was set back."""
        rows = self._rows(_TAKEN, ids=ids, after=cells.seconds(after)) if ids else ()
        return {(row.item, cells.moment(row.due_at)) for row in rows}

    def write_reviews(self, done: Sequence[Review]) -> None:
        """Append what was looked at again; a moment that was taken before is refused by the database."""
        self._each(
            _WRITE_REVIEW,
            [
                (
                    r.item,
                    cells.seconds(r.due_at),
                    cells.seconds(r.done_at),
                    r.trigger,
                    r.rulebook,
                    r.inputs,
                    canonical({name: list(pair) for name, pair in r.changed.items()}),
                )
                for r in done
            ],
        )

    def reviews_of(self, ids: Collection[str]) -> list[Review]:
        """Every time that matters named by any of these records were looked at again, oldest first."""
        return [
            Review(
                row.item,
                cells.moment_or_none(row.due_at),
                cells.moment(row.done_at),
                row.trigger,
                row.rulebook,
                row.inputs,
                orjson.loads(row.changed),
            )
            for row in self._rows(_REVIEWS, ids=ids)
        ]
