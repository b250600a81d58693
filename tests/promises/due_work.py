"""Promises R3, R4 and R9: every moment takes effect once, through kills and stalls, after an outage, and whatever the clock does.

In: an installation, a size, a seed. Out: trials and violations in words. Not here: the processes that are killed (`nursery`), a worker that sleeps through its
lease (`takeover`).

The judge is `chain`: from the log of a matter alone it says, with the pure functions that know when a matter is due, which moment must have been
taken after which, and that none is missing.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine import casework
from engine.model import Action, Colour, Moment
from engine.pipeline import Stages
from engine.scheduler.matters import sweep
from engine.settlement import MATTER
from engine.store import Store
from engine.store.rows import MatterFilter, MatterRow, Review
from tests.installation import Installation
from tests.promises.nursery import Nursery

SIGNS = "柳石桥塘新铺青龙泉岭坪湾"
QUIET, SHOVED, KNIFE = "楼道堆放杂物影响通行，请协调处理", "因停车位双方争吵推搡，没有受伤", "有人拿着菜刀要砍人"
MONTH = timedelta(days=31)
_STEP, _LEASE = timedelta(minutes=10), timedelta(hours=2)
_JUMPS = (timedelta(hours=-1), timedelta(hours=1))


@dataclass
class Tried:
    """How many moments were taken, and what was wrong."""

    trials: int = 0
    violations: list[str] = field(default_factory=list)


def arrive(place: Installation, first: int, count: int, texts: Sequence[str] = (QUIET,)) -> None:
    """So many matters, each of a caller and a village of its own, dispatched now."""
    place.ingest(*(_call(place, number, texts[number % len(texts)]) for number in range(first, first + count)))


def _call(place: Installation, number: int, text: str) -> dict[str, object]:
    signs = [SIGNS[number // 12**power % 12] for power in range(4)]
    where = f"{signs[3]}{signs[2]}镇{signs[1]}{signs[0]}村1组"
    phone = f"139{number:08d}"
    return {**place.call(f"A{number:06d}", text, minutes=5), "警情地址": where, "报警电话": phone}


def exactly_once(place: Installation, *, matters: int, workers: int, kills: int, seed: int) -> Tried:
    """R3: so many matters through a month, in the hands of workers that are killed, stopped and begun again."""
    draw = random.Random(f"R3/{seed}")
    for first in range(0, matters, 50):
        arrive(place, first, min(50, matters - first))
        place.later(hours=1)
    end = place.now + MONTH
    with Nursery(place.url, place.folder / "clock", place.now, lease=_LEASE) as nursery:
        for _ in range(workers):
            nursery.begin()
        left = kills
        while place.now < end:
            place.now = min(end, _next(place, nursery))
            nursery.set(place.now)
            if left and draw.random() < 0.3:
                left -= 1
                nursery.disturb(draw)
                if not left:
                    nursery.wake()  # else what one holds is waited for to the end of the month
        nursery.settle(lambda: _due(place) == 0, lambda: _onward(place, nursery))
    return judged(place.desk.store, place.desk.stages, place.now)


def _next(place: Installation, nursery: Nursery) -> datetime:
    """The next moment when nothing is left to do; a step later while something is and nobody comes on with it."""
    with place.desk.store.read() as view:
        waiting = view.waiting(MATTER)
    if not waiting:
        return place.now + MONTH
    if waiting[0].due.at > place.now:
        return waiting[0].due.at
    due = [row for row in waiting if row.due.at <= place.now]
    free = any(row.lease_until is None or row.lease_until <= place.now for row in due)
    return place.now if nursery.comes_on(len(due), free=free) else place.now + _STEP


def _onward(place: Installation, nursery: Nursery) -> None:
    place.now += _STEP
    nursery.set(place.now)


def _due(place: Installation) -> int:
    with place.desk.store.read() as view:
        return sum(row.due.at <= place.now for row in view.waiting(MATTER))


def outage(place: Installation, *, hours: float, number: int) -> Tried:
    """R4: matters of all colours, nobody there for so long, then one sweep: everything that was due, red first, the longest due first."""
    for turn in range(6):
        arrive(place, (number * 6 + turn) * 3, 3, (QUIET, SHOVED, KNIFE))
        place.later(hours=1)
    place.later(hours=hours)
    with place.desk.store.read() as view:
        waiting = [row for row in view.waiting(MATTER) if row.due.at <= place.now]
        standing = {row.item: view.matter_states([row.item])[row.item].standing for row in waiting}
        before = len(_reviews(place.desk.store))
    swept = sweep(place.desk.store, place.desk.stages, place.desk.clock, piece=1)
    done = _reviews(place.desk.store)[before:]
    expected = sorted(waiting, key=lambda row: (-standing[row.item], row.due.at, row.item))
    wrong = []
    if [(review.item, review.due_at) for review in done] != [(row.item, row.due.at) for row in expected]:
        wrong.append(f"{hours} h: {len(done)} taken of {len(expected)}, or in another order")
    if swept.done != len(expected) or _due(place):
        wrong.append(f"{hours} h: {swept.done} done of {len(expected)}, {_due(place)} left")
    return Tried(len(expected), wrong)


def jumping(place: Installation, *, number: int) -> Tried:
    """R9: a month in which the clock is set forward and back by an hour again and again, and two workers look."""
    draw = random.Random(f"R9/{number}")
    arrive(place, number * 3, 3)
    right, off = place.now, timedelta(0)
    end, early = right + MONTH, []
    while right < end:
        right = min(end, right + timedelta(minutes=draw.randrange(10, 600)))
        off = draw.choice((*_JUMPS, timedelta(0), timedelta(0), off))
        place.now = right + off
        for _ in range(2):
            sweep(place.desk.store, place.desk.stages, place.desk.clock, piece=2)
        early += [row.item for row in _taken_early(place)]
    place.now = end + timedelta(hours=1)
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    made = judged(place.desk.store, place.desk.stages, place.now, first=number * 3, count=3)
    made.violations += [f"{item} was looked at before its moment" for item in early]
    return made


def _taken_early(place: Installation) -> list[Review]:
    return [one for one in _reviews(place.desk.store) if one.due_at and one.done_at < one.due_at]


def judged(store: Store, made_by: Stages, end: datetime, *, first: int = 0, count: int = 1_000_000) -> Tried:
    """What `chain` says of every matter with a number from `first` on."""
    tried = Tried()
    taken: dict[str, list[Review]] = defaultdict(list)
    for review in _reviews(store):
        taken[review.item].append(review)
    names = {f"police_110:A{number:06d}" for number in range(first, first + count)} if count < 1_000_000 else None
    with store.read() as view:
        rows = view.matters(MatterFilter(), limit=100_000)
        due = {row.item: row.due for row in view.waiting(MATTER)}
        for row in rows:
            if names is None or row.state.id in names:
                reviews = [review for review in taken[row.state.id] if review.due_at]
                tried.trials += len(reviews)
                actions = view.actions_of([row.state.id], evidence=False)
                tried.violations += chain(made_by, row, actions, reviews, due.get(row.state.id), end=end)
    return tried


def chain(
    made_by: Stages,
    row: MatterRow,
    actions: Sequence[Action],
    reviews: Sequence[Review],
    due: Moment | None,
    *,
    end: datetime,
) -> Iterator[str]:
    """What is wrong with the moments that a matter was looked at: each is the first after the time of the one before, and the next is due."""
    began = min(action.known_at for action in actions)
    changes = [review.changed["standing"] for review in reviews if "standing" in review.changed]
    colour = Colour.named(changes[0][0]) if changes else row.state.standing
    times = [began, *(review.done_at for review in reviews)]
    for at, review in zip(times, [*reviews, None], strict=True):
        expected = _first(made_by, [action for action in actions if action.known_at <= at], colour, at)
        if review is None:
            if (due.at if due else None) != expected or (expected and expected <= end):
                yield f"{row.state.id}: due {due.at if due else None}, expected {expected}"
            return
        if review.due_at != expected or review.done_at < expected:
            yield f"{row.state.id}: taken {review.due_at} at {review.done_at}, expected {expected}"
        if "standing" in review.changed:
            colour = Colour.named(review.changed["standing"][1])


def _first(made_by: Stages, actions: Sequence[Action], colour: Colour, now: datetime) -> datetime | None:
    """The first moment after `now` of a matter that is yellow through neglect alone, or not at all."""
    stands = casework.Standing(casework.OPEN, 1, colour, colour, None)
    own = (moment.at for moment in casework.moments(stands, actions, (), made_by.terms.looks, now))
    return min((*own, *made_by.triage.limits(actions, now, None)), default=None)


def _reviews(store: Store) -> list[Review]:
    with store.read() as view:
        ids = [row.state.id for row in view.matters(MatterFilter(), limit=100_000)]
        return view.reviews_of(ids)
