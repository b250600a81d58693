"""Rescoring: history judged again under a rulebook: shown, or written where it comes out otherwise.

In: an installation, perhaps other rules, which records. Out: a `Scan` to be read while it is open; written records, a bounded transaction at a
time. Not here: judging by columns (`engine.rescore`), judging and writing one record (`engine.pipeline`).

Only the live rules are written, at the thresholds of each record's own day: a decision must replay. What the scan found is only where to look:
each record is judged again inside its transaction, as it stands by then, so a running service may go on. Killed anywhere, the next run finds
what is left; a run after that finds nothing. Links are taken as they are stored. Base facts that other words or fields made are made again
(ruling 22): to look at only, or written first, with what made them beside them, and that is where a stopped run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.desk.opening import Desk
from engine.errors import UsageError
from engine.evaluate.comparisons import Thresholds
from engine.masking import mask_reference
from engine.model import Colour
from engine.occasion import RULE_CHANGE
from engine.pipeline import rejudge, remake
from engine.remaking import Remade
from engine.rescore import Asked, Columns, Questions, Scan, cluster, scan, workspace
from engine.rescore.makers import former
from engine.rescore.makers import makers as known_makers
from engine.ruleset.tree import Rulebook
from engine.store.rows import Person

PIECE = 200
"""About so many records to a transaction: short enough that a running service hardly waits."""
_MAY = ("analyst", "lead", "admin")


@dataclass(frozen=True, slots=True)
class Which:
    """Which records: since and until when they happened, whose, of which matter, of which colour until now; None is any."""

    since: datetime | None = None
    until: datetime | None = None
    caller: str | None = None
    matter: str | None = None
    colour: Colour | None = None


@contextmanager
def rescored(
    desk: Desk,
    which: Which,
    *,
    rulebook: Rulebook | None = None,
    thresholds: Thresholds = "dated",
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Scan]:
    """History judged by columns under the live rulebook or another; nothing is written. Raises UsageError for an unknown matter or caller.

    Base facts that other words made are made again to look at; of a record whose text was purged they stay, and the scan is not `worded`.
    """
    book = rulebook or desk.rulebook
    asked = _asked(desk, which)
    today = desk.clock().astimezone(ZoneInfo(desk.config.zone)).date()
    bulk = desk.config.bulk
    spark = cluster(bulk, desk.config.bulk_folder) if bulk.engine == "pyspark" else nullcontext()
    with workspace() as space, spark as opened:
        questions = Questions(book, thresholds=thresholds, today=today, dialect=bulk.engine)
        with as_read(desk, book) as (columns, known):
            zone = desk.config.zone
            found = scan(columns, questions, space, asked=asked, zone=zone, advance=advance, spark=opened)
        found.worded = found.makers <= known
        yield found


@contextmanager
def as_read(desk: Desk, rulebook: Rulebook) -> Iterator[tuple[Columns, frozenset[str]]]:
    """History with the base facts that a rulebook makes of the texts, and what those that hold under it were made by; nothing is written."""
    with desk.store.read() as view, desk.store.history() as history:
        known = known_makers(former(view, desk.rulebook), rulebook)
        stale = view.made_otherwise(known, 0, 1)
        yield Remade(history, view, desk.stages_of(rulebook, "trace"), known) if stale else history, known


def refreshed(desk: Desk, person: Person) -> Iterator[int]:
    """Base facts that other words or fields made, made again by the live ones; yields how many each transaction did. Raises UsageError for who may not."""
    may_apply(person)
    known, after = makers(desk, desk.rulebook), 0
    while True:
        with desk.store.read() as view:
            piece = view.made_otherwise(known, after, PIECE)
        if not piece:
            return
        after = piece[-1][0]
        yield _remade(desk, person, [id_ for _, id_ in piece])


def apply(desk: Desk, person: Person, found: Scan) -> Iterator[int]:
    """Write what came out otherwise, whole matters together; yields how many records each transaction wrote. Raises UsageError for who may not."""
    may_apply(person)
    for piece in found.pieces(PIECE):
        yield _written(desk, person, piece)


def may_apply(person: Person) -> None:
    """Raise UsageError for whoever may not judge history anew."""
    if person.role not in _MAY:
        raise UsageError(f"{person.name} 不能重判历史来件", hint="由分析员、负责人或管理员运行")


def _written(desk: Desk, person: Person, piece: list[str]) -> int:
    with desk.store.read() as view:
        matters = {row.links.matter for row in view.sightings(piece).values()}
        members = [member for matter in sorted(matters) for member in view.members(matter)]
    with desk.store.batch([desk.stages.keys(member.sighting) for member in members]) as tx:
        now = desk.clock()
        changed = rejudge(tx, desk.stages, piece, known_at=now)
        if changed:
            told = {"rescored": changed, "trigger": RULE_CHANGE, **desk.stages.named}
            tx.append_audit(person.name, "rescore", told, now)
    return len(changed)


def _remade(desk: Desk, person: Person, piece: list[str]) -> int:
    with desk.store.read() as view:
        held = view.sightings(piece)
    with desk.store.batch([desk.stages.keys(row.sighting) for row in held.values()]) as tx:
        now = desk.clock()
        tx.note_rulebook(desk.rulebook, now)
        done = remake(tx, desk.stages, piece)
        tx.append_audit(person.name, "remake", {"remade": done, **desk.stages.named}, now)
    return len(done)


def makers(desk: Desk, rulebook: Rulebook) -> frozenset[str]:
    """What base facts that hold under a rulebook were made by."""
    with desk.store.read() as view:
        return known_makers(former(view, desk.rulebook), rulebook)


def _asked(desk: Desk, which: Which) -> Asked:
    """Which records, in the words of the store."""
    with desk.store.read() as view:
        matter = view.matter_id(which.matter) if which.matter else None
        caller = None
        if which.caller:
            held = view.sightings([which.caller]).get(which.caller)
            caller = held.links.person if held else None
    for named, found, hint in (
        (which.matter, matter, "用 sanse matters list --all 查看编号"),
        (which.caller, caller, "写这个人任何一件来件的 id，如 police_110:JJ0001；匿名来件没有来件人"),
    ):
        if named and found is None:
            raise UsageError(f"没有找到 {mask_reference(named)}", hint=hint)
    since, until = (None if at is None else int(at.timestamp()) for at in (which.since, which.until))
    return Asked(since, until, caller, matter, which.colour)
