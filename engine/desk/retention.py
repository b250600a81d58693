"""Retention: what is old is purged, unless somebody holds it, somebody works on it, or something younger belongs to it.

In: an installation, the terms of `config.yaml`, an administrator. Out: what would go, or what went; holds and their ends.
Not here: blanking (`store.retention`). A purge leaves the skeleton: time, kind, matter, facts, colour, and every decision to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from engine.desk.opening import Desk
from engine.desk.reasons import check_reason
from engine.errors import UsageError
from engine.masking import mask_reference
from engine.settlement import MACHINE
from engine.store import Batch, Reading
from engine.store.retention import DECISIONS, HOLD, RAW, RECORDS, RELEASE, Tombstone, Unit
from engine.store.rows import Person

ACCESS = "access"
SCRUB = "scrub"
"""The name under which a database knows that its files still hold what was purged."""
_RECORDS_AT_ONCE, _PAGE, _ROWS_AT_ONCE = 500, 50, 500
_HOLDERS = ("lead", "admin")


@dataclass(slots=True)
class Term:
    """One class of what is kept: its rule, from before when it goes, how much, and how much stays and why."""

    aim: str
    rule: str
    before: datetime
    matters: int = 0
    records: int = 0
    rows: int = 0
    held: int = 0
    open: int = 0
    younger: int = 0
    after: str = ""
    done: set[str] = field(default_factory=set, repr=False)

    def told(self) -> dict[str, object]:
        """As a screen or a file shows it."""
        names = ("aim", "rule", "before", "matters", "records", "rows", "held", "open", "younger")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Held:
    """A matter that is held: how many records it has, and of how many what was purged before, and when last: aim -> number and time."""

    records: int
    gone: Mapping[str, tuple[int, datetime]]


def hold(desk: Desk, person: Person, reference: str, *, reason: str) -> Held:
    """Keep what is left of a matter from being purged until it is released. Raises UsageError for whoever may not."""
    ids = _mark(desk, person, reference, HOLD, reason)
    with desk.store.read() as view:
        purged = {aim: view.purged(aim, ids).values() for aim in (RAW, RECORDS, DECISIONS)}
    return Held(len(ids), {aim: (len(of), max(one.at for one in of)) for aim, of in purged.items() if of})


def release(desk: Desk, person: Person, reference: str, *, reason: str) -> int:
    """End a hold; raises UsageError where none is."""
    return len(_mark(desk, person, reference, RELEASE, reason))


def preview(desk: Desk) -> list[Term]:
    """What a purge would do now; nothing is written."""
    terms = terms_of(desk)
    with desk.store.read() as view:
        for term in terms:
            if term.aim == ACCESS:
                term.rows = view.old_imports(term.before)
                continue
            for _ in _units(view, term):
                pass
            if term.aim == RAW:
                term.rows = view.old_quarantine(term.before)
    return terms


def purge(desk: Desk, person: Person) -> list[Term]:
    """Purge what is due, a bounded transaction at a time, and clean the files; killed anywhere, the next purge goes on.

    Raises UsageError for anybody but an administrator.
    """
    if person.role != "admin":
        raise UsageError("只有管理员可以清除", hint="用管理员的 SANSE_ACTOR 和 SANSE_SECRET 再试")
    return _purged(desk, person.name, lambda: None)


def purge_by_schedule(desk: Desk, beat: Callable[[], None]) -> list[Term]:
    """The same, done by the service because `retention.every` of `config.yaml` has it do so; `beat` is called between transactions."""
    if desk.config.retention.every is None:
        raise UsageError(
            "配置里没有让服务清除", hint="由管理员运行 sanse db purge，或在 config.yaml 里写 retention.every"
        )
    return _purged(desk, MACHINE, beat)


def _purged(desk: Desk, by: str, beat: Callable[[], None]) -> list[Term]:
    terms = terms_of(desk)
    for term in terms:
        beat()
        if term.aim == ACCESS:
            _purge_access(desk, by, term)
            continue
        while _purge_some(desk, by, term):
            beat()
        while term.aim == RAW and _purge_bad_rows(desk, by, term):
            beat()
    _clean(desk)
    return terms


def due_now(desk: Desk, *, most: int) -> int:
    """How many units of records, rows and notes are past their term, as far as `most`."""
    found = 0
    with desk.store.read() as view:
        for term in terms_of(desk):
            if term.aim == ACCESS:
                found += view.old_imports(term.before)
                continue
            found += sum(1 for _ in islice(_units(view, term), most - min(found, most)))
            found += view.old_quarantine(term.before) if term.aim == RAW else 0
    return min(found, most)


def terms_of(desk: Desk) -> list[Term]:
    """The classes of `config.yaml` as of now."""
    kept, now = desk.config.retention, desk.clock()
    spans: dict[str, tuple[str, timedelta]] = {
        RAW: ("raw", kept.raw),
        RECORDS: ("records", kept.records),
        DECISIONS: ("audit", kept.audit),
        ACCESS: ("access", kept.access),
    }
    return [Term(aim, f"retention.{key}：{span.days} 天", now - span) for aim, (key, span) in spans.items()]


def _mark(desk: Desk, person: Person, reference: str, kind: str, reason: str) -> list[str]:
    if person.role not in _HOLDERS:
        held, may = desk.role_words(person.role), desk.role_words(*_HOLDERS, between="、")
        raise UsageError(f"{person.name} 的角色是 {held}，不能设置或解除保全", hint=f"由 {may} 办理")
    check_reason(reason, hint="加上 --reason，例如案号")
    with desk.store.batch() as tx:
        matter = tx.matter_id(reference)
        if matter is None:
            raise UsageError(f"没有找到事项：{mask_reference(reference)}", hint="用 sanse matters list --all 查看编号")
        ids = [member.sighting.id for member in tx.members(matter)]
        if kind == RELEASE and not tx.held(ids):
            raise UsageError("这个事项没有保全", hint="不用解除")
        now = desk.clock()
        tx.write_holds(ids, kind, by=person.name, reason=reason, at=now)
        tx.append_audit(person.name, kind, {"matter": matter, "records": len(ids)}, now)
    return ids


def _units(view: Reading, term: Term) -> Iterator[Unit]:
    """Units whose time has come, each once, going on after the last; what stays is counted by why."""
    while page := view.expired(term.aim, term.before, after=term.after, size=_PAGE):
        for matter in page:
            term.after = matter
            if matter in term.done:
                continue
            unit = view.unit_of(matter)
            term.done |= unit.matters
            if _goes(unit, term):
                yield unit


def _goes(unit: Unit, term: Term) -> bool:
    """Whether a unit goes now."""
    count = len(unit.matters)
    if unit.held:
        term.held += count
    elif unit.open:
        term.open += count
    elif unit.last_at >= term.before:
        term.younger += count
    else:
        term.matters, term.records = term.matters + count, term.records + len(unit.records)
        return True
    return False


def _purge_some(desk: Desk, by: str, term: Term) -> bool:
    """Units of some hundred records in one transaction; False when none is left."""
    with desk.store.batch() as tx:
        units: list[Unit] = []
        for unit in _units(tx, term):
            units.append(unit)
            if sum(len(one.records) for one in units) >= _RECORDS_AT_ONCE:
                break
        if not units:
            return False
        stone, records = Tombstone(), [id_ for unit in units for id_ in unit.records]
        secret = {id_ for id_, incident in tx.incidents(records).items() if incident.confidential}
        number = tx.begin_purge(by=by, rule=term.rule, at=desk.clock())
        for unit in units:
            tx.purge_unit(term.aim, unit.records, number, before=term.before, confidential=secret, stone=stone)
        _tell(tx, desk, by, term, stone, records=len(records))
    return True


def _purge_bad_rows(desk: Desk, by: str, term: Term) -> bool:
    """Rows of the quarantine that were dealt with long ago."""
    with desk.store.batch() as tx:
        if not tx.old_quarantine(term.before):
            return False
        stone = Tombstone()
        number = tx.begin_purge(by=by, rule=term.rule, at=desk.clock())
        rows = tx.purge_quarantine(term.before, number, stone, size=_ROWS_AT_ONCE)
        term.rows += rows
        _tell(tx, desk, by, term, stone, quarantined=rows)
    return True


def _purge_access(desk: Desk, by: str, term: Term) -> None:
    with desk.store.batch() as tx:
        term.rows = tx.drop_imports(term.before)
        if term.rows:
            _tell(tx, desk, by, term, Tombstone(), imports=term.rows)


def _tell(tx: Batch, desk: Desk, by: str, term: Term, stone: Tombstone, **counts: int) -> None:
    """The entry of a purging transaction: the tombstone goes into the chain, and the files are to be cleaned."""
    told = {"aim": term.aim, "rule": term.rule, "before": term.before.isoformat(), "cells": stone.cells, **counts}
    tx.put_meta(SCRUB, "due")
    tx.append_audit(by, "purge", {**told, "tombstone": stone.sha256}, desk.clock())


def _clean(desk: Desk) -> None:
    """Rewrite the files when anything was purged since they were last rewritten, in this run or one that was killed."""
    with desk.store.read() as view:
        due = view.meta().get(SCRUB) == "due"
    if not due:
        return
    desk.store.scrub()
    with desk.store.batch() as tx:
        tx.put_meta(SCRUB, "")
