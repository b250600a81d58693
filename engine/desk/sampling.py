"""Sampling: matters are dealt to be graded by a person who does not see what the machine held of them (ruling 50).

In: an installation, a person, a share, a grade. Out: dealt matters with what their records say, and nothing of colour, reasons, rules or handling; grades.
Not here: what the grades come to (`engine.feedback`).

Of every colour the same share is dealt, and what a share leaves over is dealt by lot: so every matter is as likely as any other, and the grades need no
weights. Whoever handled a matter does not grade it, and a grade is given once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from engine.desk.acting import BY_HAND, may_act
from engine.desk.opening import Desk
from engine.desk.reading import show
from engine.errors import UsageError
from engine.model import Action, Colour
from engine.store import Reading
from engine.store.rows import Dealt, Person

SAMPLE, GRADE = "sample", "grade"
_HUNDREDTHS = 100
_MOST = 5_000
_LOTS = 1 << 64


@dataclass(frozen=True, slots=True)
class BlindRecord:
    """One record of a dealt matter: its channel, when it happened, its text masked."""

    kind: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Blind:
    """A dealt matter as whoever grades it sees it: a number and its records."""

    number: int
    round: int
    records: tuple[BlindRecord, ...]


def deal(desk: Desk, person: Person, *, percent: Fraction, days: int, seed: str = "") -> int:
    """Deal a share of every colour of the matters that something came to in so many days; how many. None is dealt twice."""
    may_act(desk, person)
    if not 0 < percent <= _HUNDREDTHS:
        raise UsageError("比例不对", hint="大于 0、不超过 100，例如 5 或 2.5")
    now, seed = desk.clock(), seed or secrets.token_hex(8)
    with desk.store.batch() as tx:
        known = {tx.matter_id(id_) for id_ in tx.dealt_ever()}
        found = [
            (id_, standing, machine)
            for id_, _, standing, machine in tx.matters_between(now - timedelta(days=days), now + timedelta(seconds=1))
            if id_ not in known
        ]
        chosen = _drawn(found, percent / _HUNDREDTHS, seed)
        turn, members = tx.next_round(), tx.member_ids(chosen)
        home = {record: matter for matter, records in members.items() for record in records}
        rules: dict[str, set[str]] = defaultdict(set)
        for hit in tx.hits_of(home):
            rules[home[hit.incident]].update({hit.rule} - {BY_HAND})
        dealt = [
            Dealt(0, turn, id_, now, standing, machine, tuple(sorted(rules[id_])))
            for id_, standing, machine in sorted(found, key=lambda one: _lot(seed, one[0]))
            if id_ in chosen
        ]
        tx.write_samples(dealt, by=person.name, share=int(percent * _HUNDREDTHS), rulebook=desk.rulebook.digest)
        told = {"round": turn, "dealt": len(dealt), "of": len(found), "percent": str(percent), "seed": seed}
        tx.append_audit(person.name, SAMPLE, told, now)
    return len(dealt)


def waiting(desk: Desk, person: Person) -> list[Blind]:
    """What was dealt and has no grade yet, but for what this person handled."""
    may_act(desk, person)
    with desk.store.read() as view:
        dealt = [
            one for one in view.dealt_between(_since(desk), desk.clock() + timedelta(seconds=1)) if one.grade is None
        ]
        open_ = [one for one in dealt if person.name not in _handlers(view.actions_of(_members(view, one.matter)))]
    return [_blind(desk, one) for one in open_]


def grade(desk: Desk, person: Person, number: int, *, colour: Colour) -> None:
    """What a person says of a dealt matter; raises UsageError for one that is not there, graded already, or handled by the same person."""
    may_act(desk, person)
    with desk.store.batch() as tx:
        one = tx.dealt(number)
        if one is None:
            raise UsageError(f"没有这个样本：{number}", hint="用 sanse matters sample 查看待评的")
        if one.grade is not None:
            raise UsageError(f"样本 {number} 已由 {one.graded_by} 评过", hint="盲评只评一次，不改")
        if person.name in _handlers(tx.actions_of(_members(tx, one.matter))):
            raise UsageError(f"样本 {number} 是 {person.name} 办理过的", hint="盲评由没有经手的人来评")
        now = desk.clock()
        tx.write_grade(number, colour, by=person.name, at=now)
        tx.append_audit(person.name, GRADE, {"sample": number, "round": one.round}, now)


def _drawn(found: Sequence[tuple[str, Colour, Colour]], share: Fraction, seed: str) -> Collection[str]:
    """The same share of every colour, by lot; one more with the chance of what the share leaves over."""
    chosen: set[str] = set()
    for colour in Colour:
        of_colour = sorted((id_ for id_, standing, _ in found if standing is colour), key=lambda id_: _lot(seed, id_))
        whole, rest = divmod(share * len(of_colour), 1)
        more = _lot(seed, f"rest of {colour.word}") < rest * _LOTS
        chosen.update(of_colour[: int(whole) + more])
    if len(chosen) > _MOST:
        raise UsageError(f"这样要评 {len(chosen)} 件，太多了", hint=f"缩小比例或天数；一次最多 {_MOST} 件")
    return chosen


def _lot(seed: str, of: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{of}".encode()).digest()[:8], "big")


def _since(desk: Desk) -> datetime:
    return desk.clock() - timedelta(days=366)


def _members(view: Reading, matter: str) -> list[str]:
    home = view.matter_id(matter)
    return [member.sighting.id for member in view.members(home)] if home else []


def _handlers(actions: Iterable[Action]) -> frozenset[str]:
    return frozenset(action.actor for action in actions)


def _blind(desk: Desk, one: Dealt) -> Blind:
    shown = show(desk, one.matter)
    records = tuple(BlindRecord(record.kind, record.at, record.text) for record in shown.records)
    return Blind(one.number, one.round, records)
