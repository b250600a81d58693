"""Whose windows moved: stored records to be judged again in the transaction that moved them (ruling 4).

In: links before and after, the sightings, the ids that are new or changed, the longest window over each kind of group. Out: ids, never too
few of those given. In-order arrivals touch nobody. Not here: which stored records are looked at, judging them (`pipeline`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from engine.model import Links, Sighting

Group = tuple[str, str]


def regrouped(old: Mapping[str, Links], new: Mapping[str, Links]) -> set[str]:
    """Stored ids that are of another person, matter or hotspot now, or count otherwise: windows around them say something else."""
    return {id_ for id_, links in new.items() if id_ in old and _standing(old[id_]) != _standing(links)}


def affected(
    old: Mapping[str, Links],
    new: Mapping[str, Links],
    sightings: Mapping[str, Sighting],
    changed: Collection[str],
    *,
    longest: Mapping[str, timedelta],
    former: Mapping[str, Sighting] | None = None,
) -> set[str]:
    """Stored ids that may have gained or lost a member of a window.

    `former`: what corrected records were before, for they leave the windows that they stood in then.

    `longest`: matter, caller, place, hotspot, pair, phone -> the longest window over it; one that no fact counts over is left out.
    """
    movers = {*changed, *regrouped(old, new)}
    since: dict[Group, list[datetime]] = defaultdict(list)
    for id_ in movers:
        now = sightings[id_]
        for links, sighting in ((old.get(id_), (former or {}).get(id_, now)), (new.get(id_), now)):
            times = (sighting.at,) if sighting.closed_at is None else (sighting.at, sighting.closed_at)
            for group in _groups(links, sighting, longest):
                since[group] += times
    for times_ in since.values():
        times_.sort()
    return {id_ for id_ in old if id_ in movers or _reached(new[id_], sightings[id_], since, longest)}


def _reached(
    links: Links, sighting: Sighting, since: Mapping[Group, list[datetime]], longest: Mapping[str, timedelta]
) -> bool:
    """Whether something moved in a window that ends with this record."""
    for group in _groups(links, sighting, longest):
        times = since.get(group)
        if times:
            last = bisect_right(times, sighting.at)
            if last and times[last - 1] >= sighting.at - longest[group[0]]:
                return True
    return False


def _standing(links: Links) -> tuple[str | None, str, str | None, bool]:
    return links.person, links.matter, links.hotspot, links.counts


def _groups(links: Links | None, sighting: Sighting, longest: Mapping[str, timedelta]) -> Iterator[Group]:
    if links is None:
        return
    held = (
        ("matter", links.matter),
        ("caller", links.person),
        ("hotspot", links.hotspot),
        ("place", sighting.place),
        ("phone", sighting.phone),
        ("pair", f"{links.person} {links.matter}" if links.person else None),
    )
    for kind, name in held:
        if name and kind in longest:
            yield kind, name
