"""Weeks: how many matters a week each route would get, before and after, with bands, against what it can take.

In: groups of matters with their views, the routes of both rulebooks, capacities. Out: `Load` for each route and each route in each township. Not here: views
(`matters`), who is at a route (`engine.routing`).

A matter counts in the week of its oldest record. Bands are a moving-block bootstrap: weeks are drawn in blocks of four that stand together, for trouble comes in
runs; of the means of so many drawn histories the 5th and the 95th in a hundred are told. Whole weeks alone are used; which ones is told with the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.errors import UsageError
from engine.model import Colour
from engine.routing import Router
from engine.ruleset.tree import Rulebook
from engine.workbench.backtest.matters import Group

BLOCK = 4
"""So many weeks that stand together are drawn at once."""
DRAWN = 2_000
_SEED = 20_250_101
_LOW, _HIGH = 5, 95
_FEWEST = 2 * BLOCK
"""With fewer weeks than this a band would say nothing."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Band:
    """A mean a week, between what five and ninety-five in a hundred drawn histories come to; None where there are too few weeks."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Load:
    """What one route gets in a week, in one township (all of them where `area` is empty), before and after; `most_after`: in its fullest week.

    `over`: in how many weeks more than `capacity`, before and after; None where no capacity is stated. `apart`: in none of these numbers; by
    the reason why they are not compared how many matters of these weeks, before and after. `never_dispatched`: how many matters of these weeks stand here
    after that only would have been dispatched.
    """

    route: str
    title: str
    colour: Colour
    area: str
    before: Band
    after: Band
    most_after: int
    capacity: int | None = None
    over: tuple[int, int] | None = None
    apart: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    never_dispatched: int = 0


@dataclass(frozen=True, slots=True)
class Weeks:
    """Loads, and the weeks they rest on: first and last Monday, how many."""

    first: date | None
    last: date | None
    count: int
    loads: tuple[Load, ...]
    counts: Mapping[tuple[str, str], tuple[tuple[int, ...], tuple[int, ...]]]


def weeks(
    groups: Sequence[Group],
    old: Rulebook,
    new: Rulebook,
    capacities: Mapping[str, int],
    apart: Sequence[Group] = (),
) -> Weeks:
    """Load by route and township, over the whole weeks that history has; `apart`: groups that are not compared.

    Raises UsageError for a capacity of a route that neither rulebook has.
    """
    titles = {route["id"]: route for book in (old, new) for route in book.documents.get("routes", ())}
    unknown = sorted(capacities.keys() - titles.keys())
    if unknown:
        raise UsageError(f"没有这条路线：{'、'.join(unknown)}", hint=f"可用：{'、'.join(titles)}")
    mondays = list(_mondays(groups))
    routes = (_routed(old), _routed(new))
    counts = _counted(groups, mondays, routes)
    left = _left(apart, mondays, routes)
    imagined = _counted([replace(group, count=group.imagined) for group in groups if group.imagined], mondays, routes)
    none = (np.zeros(len(mondays), np.int64),) * 2
    loads = [
        replace(
            _load(
                key,
                *counts.get(key, none),
                route=titles[key[0]],
                capacity=None if key[1] else capacities.get(key[0]),
            ),
            apart=left.get(key, {}),
            never_dispatched=int(imagined.get(key, none)[1].sum()),
        )
        for key in sorted(counts.keys() | left.keys())
    ]
    told = {key: (tuple(before.tolist()), tuple(after.tolist())) for key, (before, after) in counts.items()}
    return Weeks(mondays[0] if mondays else None, mondays[-1] if mondays else None, len(mondays), tuple(loads), told)


def _mondays(groups: Sequence[Group]) -> Iterator[date]:
    """The Mondays of every whole week from the first matter to the last; a week that one of them only begins or ends in is left out."""
    days = [date.fromisoformat(group.day) for group in groups]
    if not days:
        return
    first, until = min(days), max(days) + timedelta(days=1)
    monday = first if first.weekday() == 0 else first + timedelta(days=7 - first.weekday())
    while monday + _WEEK <= until:
        yield monday
        monday += _WEEK


_Counts = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
_Route = Callable[[Colour, str, str], str]


def _counted(
    groups: Sequence[Group], mondays: Sequence[date], routes: tuple[_Route, _Route]
) -> Mapping[tuple[str, str], _Counts]:
    """Matters by (route, township or empty), a number for each week, before and after."""
    places = {monday: place for place, monday in enumerate(mondays)}
    made: dict[tuple[str, str], _Counts] = defaultdict(
        lambda: (np.zeros(len(mondays), np.int64), np.zeros(len(mondays), np.int64))
    )
    for group in groups:
        day = date.fromisoformat(group.day)
        week = places.get(day - timedelta(days=day.weekday()))
        if week is None:
            continue
        for side, colour in enumerate((group.before, group.after)):
            route = routes[side](colour, group.area, group.topic)
            for area in {"", group.area}:
                made[route, area][side][week] += group.count
    return made


def _left(
    apart: Sequence[Group], mondays: Sequence[date], routes: tuple[_Route, _Route]
) -> Mapping[tuple[str, str], Mapping[str, tuple[int, int]]]:
    """Matters that are not compared, by (route, township or empty) and by why, of all these weeks together."""
    left: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for part in sorted({group.part for group in apart}):
        of_part = _counted([group for group in apart if group.part == part], mondays, routes)
        for key, (before, after) in of_part.items():
            left[key][part] = (int(before.sum()), int(after.sum()))
    return left


def _routed(rulebook: Rulebook) -> _Route:
    router = Router(rulebook)

    @lru_cache(maxsize=4_096)
    def route(colour: Colour, area: str, topic: str) -> str:
        return router.route(colour, area=area, topic=topic or None, category=None).id

    return route


def _load(
    key: tuple[str, str],
    before: npt.NDArray[np.int64],
    after: npt.NDArray[np.int64],
    *,
    route: Mapping[str, object],
    capacity: int | None,
) -> Load:
    colours = route["colour"]
    named = colours if isinstance(colours, str) else max(colours, key=Colour.named)  # type: ignore[call-overload]
    over = None if capacity is None else (int((before > capacity).sum()), int((after > capacity).sum()))
    most = int(after.max()) if len(after) else 0
    title = str(route.get("title", key[0]))
    return Load(key[0], title, Colour.named(named), key[1], band(before), band(after), most, capacity, over)


def band(counts: npt.NDArray[np.int64]) -> Band:
    """The mean of weekly counts, and between what it lies."""
    weeks_ = len(counts)
    mean = round(float(counts.mean()), 2) if weeks_ else 0.0
    if weeks_ < _FEWEST:
        return Band(mean, None, None)
    means = counts[_drawn(weeks_)].mean(axis=1)
    low, high = (round(float(value), 2) for value in np.percentile(means, (_LOW, _HIGH)))
    return Band(mean, low, high)


@lru_cache(maxsize=2)
def _drawn(count: int) -> npt.NDArray[np.int64]:
    """Histories drawn by seed: the places of so many weeks, in blocks; the same for every route, so that routes can be compared."""
    random = np.random.default_rng(_SEED)
    blocks = -(-count // BLOCK)
    starts = random.integers(0, count - BLOCK + 1, size=(DRAWN, blocks))
    places: npt.NDArray[np.int64] = (starts[:, :, None] + np.arange(BLOCK)).reshape(DRAWN, -1)[:, :count]
    return places
