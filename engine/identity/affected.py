"""Whose windows moved: stored records to be judged again in the transaction that moved them (ruling 4).

In: links before and after, the sightings, the ids that are new or changed. Out: ids, never too few. In-order arrivals touch nobody.
Not here: judging them (`pipeline`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from engine.model import Links, Sighting

_LONGEST = timedelta(days=366)


def affected(
    old: Mapping[str, Links], new: Mapping[str, Links], sightings: Mapping[str, Sighting], changed: Collection[str]
) -> set[str]:
    """Ids at or after a changed record within the longest window that share, or shared, a group with it."""
    movers = {*changed, *(id_ for id_, links in new.items() if id_ in old and _moved(old[id_], links))}
    since: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for id_ in movers:
        sighting = sightings[id_]
        at = min(sighting.at, sighting.closed_at or sighting.at)
        for links in (old.get(id_), new.get(id_)):
            for group in _groups(links, sighting):
                since[group].append(at)
    touched = {id_ for id_ in movers if id_ in old}
    for id_, links in new.items():
        if id_ in touched:
            continue
        sighting = sightings[id_]
        for group in _groups(links, sighting):
            if any(at <= sighting.at <= at + _LONGEST + timedelta(days=366) for at in since.get(group, ())):
                touched.add(id_)
                break
    return touched


def _moved(before: Links, after: Links) -> bool:
    return (before.person, before.matter, before.hotspot, before.counts) != (
        after.person,
        after.matter,
        after.hotspot,
        after.counts,
    )


def _groups(links: Links | None, sighting: Sighting) -> Iterator[tuple[str, str]]:
    if links is None:
        return
    yield "matter", links.matter
    if links.person:
        yield "person", links.person
    if links.hotspot:
        yield "hotspot", links.hotspot
    if sighting.place:
        yield "place", sighting.place
    if sighting.phone:
        yield "phone", sighting.phone
