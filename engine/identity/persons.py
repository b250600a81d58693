"""Persons: ID numbers separate; a phone joins only while it is seen with at most one ID number (ruling 86).

In: a set of sightings. Out: a person key per sighting, and the id of each key. Not here: whether a person may be merged by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.model import Sighting

_FEW = 1


def persons(sightings: Sequence[Sighting]) -> dict[str, str | None]:
    """Person id (its oldest record) of every sighting; None for records without any key."""
    ids_of_phone: dict[str, set[str]] = defaultdict(set)
    for sighting in sightings:
        if sighting.phone and sighting.id_number:
            ids_of_phone[sighting.phone].add(sighting.id_number)
    keys = {sighting.id: _key(sighting, ids_of_phone) for sighting in sightings}
    first: dict[str, Sighting] = {}
    for sighting in sightings:
        key = keys[sighting.id]
        if key and (key not in first or (sighting.at, sighting.id) < (first[key].at, first[key].id)):
            first[key] = sighting
    return {id_: first[key].id if key else None for id_, key in keys.items()}


def _key(sighting: Sighting, ids_of_phone: dict[str, set[str]]) -> str | None:
    if sighting.id_number:
        return f"i{sighting.id_number}"
    if sighting.phone:
        ids = ids_of_phone.get(sighting.phone, set())
        return f"i{next(iter(ids))}" if len(ids) == _FEW else f"p{sighting.phone}"
    return f"a{sighting.account}" if sighting.account else None
