"""Due matters: those whose moment has come are looked at again, each moment once, whatever stops or stalls in between.

In: a store, stages, the clock. Out: `Swept`, how many were looked at and how late. Not here: when a matter is due (`engine.casework`,
`engine.features.moments`; settlement writes it down), what is said of it then (`engine.settlement`).

Matters are claimed with a lease, red first, then the longest due. What they lead to is written in one transaction with the row that says the
moment was taken and with the next moment, and only for claims that still hold in it. So a worker may be killed or stalled anywhere: its
claims lapse, another takes them, and its own late write finds its fence overtaken. A matter that cannot be judged is told as a defect and tried
again when its lease has lapsed; it stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.errors import StoreError
from engine.model import MatterState
from engine.occasion import RULEBOOK, Occasion
from engine.pipeline import Stages, reconsider, resettle
from engine.settlement import MACHINE, MATTER
from engine.store import Batch, Store
from engine.store.rows import Claim

LEASE = timedelta(minutes=5)
PIECE = 20
"""So many matters to a transaction: few enough that several workers of one PostgreSQL meet in none."""


@dataclass(slots=True)
class Swept:
    """How many due matters were looked at, how many changed colour, how many claims others had taken over; which failed; the longest delay.

    `cut`: `stop` said so before nothing was due any more.
    """

    done: int = 0
    changed: int = 0
    lost: int = 0
    failed: list[str] = field(default_factory=list)
    latest: timedelta = timedelta(0)
    cut: bool = False


def sweep(
    store: Store,
    stages: Stages,
    clock: Callable[[], datetime],
    *,
    lease: timedelta = LEASE,
    piece: int = PIECE,
    stop: Callable[[], bool] = lambda: False,
) -> Swept:
    """Look at every matter that is due, a piece and a transaction at a time, until nothing is due or `stop` says so.

    Those whose own moment has come go before those that only wait because the rules changed.
    """
    swept = Swept()
    while not stop():
        now = clock()
        with store.beside() as tx:
            claims = tx.claim(MATTER, now=now, until=now + lease, most=piece)
            claims = claims or tx.claim(RULEBOOK, now=now, until=now + lease, most=piece)
        if not claims:
            return swept
        _try(store, stages, claims, swept, now=clock())
    swept.cut = True
    return swept


def _try(store: Store, stages: Stages, claims: Sequence[Claim], swept: Swept, *, now: datetime) -> None:
    """Look at all of them; where that breaks, at each alone, so that only the one that breaks it is left."""
    try:
        _look(store, stages, claims, swept, now=now)
    except StoreError:
        raise
    except Exception as fault:  # noqa: BLE001 -- one matter that cannot be judged must not stop the others; it is told
        if len(claims) > 1:
            for claim in claims:
                _try(store, stages, [claim], swept, now=now)
            return
        (claim,) = claims
        swept.failed.append(claim.item)
        if claim.attempts == 1:
            with store.beside() as tx:
                tx.write_defects([f"到期再研判出错：matter:{claim.item}（{type(fault).__name__}）"], now)


def _look(store: Store, stages: Stages, claims: Sequence[Claim], swept: Swept, *, now: datetime) -> None:
    with store.read() as view:
        rows = [member for claim in claims for member in view.members(claim.item)]
    with store.batch([stages.keys(row.sighting) for row in rows]) as tx:
        held = tx.still_held(claims)
        if held:
            # A clock that was set back since the claim must not make the same moment due again.
            as_of = max(now, *(claim.due.at for claim in held))
            before = tx.matter_states([claim.item for claim in held])
            after = (_by_rules if held[0].kind == RULEBOOK else _by_time)(tx, stages, held, as_of)
    swept.lost += len(claims) - len(held)
    if held:
        swept.done += len(after)
        swept.changed += sum(before[id_].standing != state.standing for id_, state in after.items() if id_ in before)
        swept.latest = max(swept.latest, *(as_of - claim.due.at for claim in held))


def _by_time(tx: Batch, stages: Stages, held: Sequence[Claim], as_of: datetime) -> dict[str, MatterState]:
    """Say again where they stand; settlement gives each its next moment."""
    due = {claim.item: claim.due for claim in held}
    after = resettle(tx, stages, list(due), known_at=as_of, occasion=Occasion(due=due))
    tx.unschedule(MATTER, due.keys() - after.keys())
    told = {"settled": sorted(after), "due": len(held), **stages.named}
    tx.append_audit(MACHINE, "review", told, as_of)
    return after


def _by_rules(tx: Batch, stages: Stages, held: Sequence[Claim], as_of: datetime) -> dict[str, MatterState]:
    """Link and judge all their records again."""
    matters = [claim.item for claim in held]
    records = sorted(id_ for ids in tx.member_ids(matters).values() for id_ in ids)
    reconsider(tx, stages, records, known_at=as_of, occasion=Occasion(RULEBOOK))
    tx.unschedule(RULEBOOK, matters)
    told = {"again": records, "trigger": RULEBOOK, "due": len(held), **stages.named}
    tx.append_audit(MACHINE, "review", told, as_of)
    return tx.matter_states(matters)
