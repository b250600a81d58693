"""Messages as people see them: what was told of a matter and what was not, and why; silencing; dead letters revived.

In: references, a person. Out: plain records; silences and revived messages, each in one transaction. Not here: deciding (`engine.notify`),
sending (`engine.scheduler.messages`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine import notify
from engine.desk.acting import may_act
from engine.desk.opening import Desk
from engine.desk.reasons import check_reason
from engine.errors import UsageError
from engine.masking import mask_reference
from engine.model import Colour, Notice
from engine.store import Reading
from engine.store.outbox import DEAD, NOT_SENT, SENT, WAITING
from engine.store.rows import DeliveryRow, Person, SendingRow, Silence

__all__ = ["STATES", "DeliveryRow", "NoticeShown", "Shown", "deliveries", "given_up", "revive", "show", "silence"]

STATES = {"waiting": (WAITING,), "sent": (SENT,), "dead": (DEAD,), "held": (NOT_SENT,)}


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """One notice: why nobody is told (empty: somebody is), what each channel made of it, every try."""

    notice: Notice
    deliveries: tuple[DeliveryRow, ...]
    tries: tuple[SendingRow, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """All that was told of a matter; `why`: the reason where there is nothing; `silence`: the newest one, lapsed or not."""

    code: str
    notices: tuple[NoticeShown, ...]
    why: str = ""
    silence: Silence | None = None


def deliveries(desk: Desk, state: str, *, limit: int) -> list[DeliveryRow]:
    """Deliveries in a state (`STATES`, or "" for what waits and what is dead), red first.

    What no channel takes is among those that are held; red of it, where there are channels, also among what waits and is dead, for it is to be
    replayed when they are mended. Its message is the notice itself.
    """
    if state and state not in STATES:
        raise UsageError(f"没有这个状态：{state}", hint=f"可用：{'、'.join(STATES)}")
    with desk.store.read() as view:
        found = view.deliveries(STATES[state] if state else (DEAD, WAITING), limit)
        unheard: Sequence[Notice] = ()
        if state == "held":
            unheard = view.unheard(notify.UNHEARD, most=limit)
        elif not state and desk.config.channels:
            unheard = view.unheard((notify.NOBODY,), least=Colour.RED, most=limit)
        found += map(_unheard, unheard)
    return sorted(found, key=lambda row: -row.notice.colour)[:limit]


def _unheard(notice: Notice) -> DeliveryRow:
    return DeliveryRow(notice, "", NOT_SENT, notice.verdict, notice.at, notice.key, 0, 0, None, 0, None)


def given_up(desk: Desk) -> int:
    """How many deliveries are dead."""
    with desk.store.read() as view:
        return view.dead_deliveries()


def red_unheard(desk: Desk, view: Reading, *, lately: timedelta | None = None) -> int:
    """How many red notices no channel took, though there are channels, ever or `lately`; a hundred at most are counted."""
    if not desk.config.channels:
        return 0
    first = "" if lately is None else notify.first_key(desk.clock() - lately)
    return len(view.unheard((notify.NOBODY,), least=Colour.RED, first=first, most=_COUNTED))


def left_behind(desk: Desk, view: Reading) -> int:
    """How many deliveries wait for channels that the configuration has no more."""
    here = {channel.name for channel in desk.config.channels}
    return sum(n for (channel, state), n in view.delivery_counts().items() if state == WAITING and channel not in here)


def refused_often(view: Reading) -> list[str]:
    """Which channels refuse again and again what they are still tried with, in words."""
    return [f"{channel} 有 {n} 条连续 {_OFTEN} 次没有收下" for channel, n in sorted(view.refusing(_OFTEN).items())]


def show(desk: Desk, reference: str) -> Shown:
    """What was told of the matter that a code, id or record names, or of a row of the quarantine (`Q17`); raises UsageError."""
    with desk.store.read() as view:
        row = view.matter(reference)
        codes = list(view.codes_of(row.state.id)) if row else [reference]
        notices = view.notices_about(codes)
        if row is None and not notices:
            raise UsageError(f"没有找到：{mask_reference(reference)}", hint="用 sanse matters list --all 查看编号")
        code = row.state.code if row else reference
        silence = view.silences_of([code]).get(code)
        why = notify.HISTORY if row is not None and not row.state.code else ""
        return Shown(code, _shown(view, notices), why, silence)


def _shown(view: Reading, notices: Sequence[Notice]) -> tuple[NoticeShown, ...]:
    made = view.deliveries_of([notice.key for notice in notices])
    tries = view.sendings_of({row.parcel for row in made if row.parcel})
    return tuple(
        NoticeShown(
            notice,
            tuple(row for row in made if row.notice.key == notice.key),
            tuple(one for one in tries if one.parcel in {r.parcel for r in made if r.notice.key == notice.key}),
        )
        for notice in notices
    )


def silence(desk: Desk, person: Person, reference: str, *, lasts: timedelta, reason: str) -> Silence:
    """Hold back the messages of a matter for a while (zero: no longer); never of a red one, never its colour, never a rule or a person."""
    may_act(desk, person)
    check_reason(reason)
    if lasts > notify.LONGEST_SILENCE:
        raise UsageError("最多静默 30 天", hint="到期以后可以再静默")
    now = desk.clock()
    with desk.store.batch() as tx:
        row = tx.matter(reference)
        if row is None or not row.state.code:
            raise UsageError(f"没有派过单的事项：{mask_reference(reference)}", hint="用 sanse matters list 查看编号")
        if row.state.standing is Colour.RED and lasts:
            raise UsageError("红色事项不能静默", hint="先按程序下调，或直接办理")
        made = Silence(row.state.code, person.name, reason, now, now + lasts)
        tx.silence(made)
        told = {"code": row.state.code, "until": made.until.isoformat()}
        tx.append_audit(person.name, "silence", told, now, reason=reason)
    return made


def revive(desk: Desk, keys: Collection[str], *, every: bool = False) -> int:
    """Give dead messages, and notices that no channel took, another chance; how many there were. Raises UsageError for a key that is of none."""
    with desk.store.beside() as tx:
        dead = {row.parcel for row in tx.deliveries((DEAD,), _ALL)}
        unheard = {notice.key for notice in tx.unheard((notify.NOBODY,), most=_ALL)}
        strange = sorted(set(keys) - dead - unheard)
        if strange:
            raise UsageError(f"没有发不出去的通知：{'、'.join(strange)}", hint="用 sanse notify list 查看通知编号")
        wanted = dead | unheard if every else set(keys)
        return tx.revive(wanted & dead, desk.clock()) + tx.address_again(wanted & unheard)


_ALL, _COUNTED = 1_000_000, 100
_OFTEN = 3
"""From so many refusals in a row on somebody should know."""
