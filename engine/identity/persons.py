"""Persons: ID numbers separate; a phone joins only while it is seen with at most one ID number (ruling 86).

In: a set of sightings, who the stored ones were before, and the records that changed. Out: the person of every sighting, named by the
id of its oldest record. Not here: whether a person may be merged by hand.

A set need not hold every record of everybody. Whoever shares no phone, ID number or account with a changed record, not even through
the pairs that the set tells of, stays who he was; everybody else is worked out anew, and for them the set is complete (`keys`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from engine.model import Links, Sighting

_FEW = 1


def persons(
    sightings: Sequence[Sighting], known: Mapping[str, Links], changed: Collection[Sighting]
) -> dict[str, str | None]:
    """Person id of every sighting; None for records without any key.

    `known`: links of the stored sightings as they were; `changed`: what is new, and what it was before.
    """
    person_of: dict[str, str | None] = {}
    open_ = sightings
    if known:
        touched = _kin(sightings, changed)
        new = {sighting.id for sighting in changed}
        settled = {
            s.id for s in sightings if s.id in known and s.id not in new and not touched.intersection(_keys(s)[:1])
        }
        person_of = {id_: known[id_].person for id_ in settled}
        open_ = [sighting for sighting in sightings if sighting.id not in settled]
    ids_of_phone = _ids_of_phone(sightings)
    first: dict[str, Sighting] = {}
    keys = {sighting.id: _key(sighting, ids_of_phone) for sighting in open_}
    for sighting in open_:
        key = keys[sighting.id]
        if key and (key not in first or (sighting.at, sighting.id) < (first[key].at, first[key].id)):
            first[key] = sighting
    person_of.update((id_, first[key].id if key else None) for id_, key in keys.items())
    return person_of


def _kin(sightings: Sequence[Sighting], changed: Collection[Sighting]) -> set[str]:
    """The keys of the changed records, the ID numbers seen with their phones, and the phones seen with all of these."""
    keys = {key for sighting in changed for key in _keys(sighting)}
    paired = [(s.phone, s.id_number) for s in (*sightings, *changed) if s.phone and s.id_number]
    keys.update(id_number for phone, id_number in paired if phone in keys)
    keys.update(phone for phone, id_number in paired if id_number in keys)
    return keys


def _keys(sighting: Sighting) -> tuple[str, ...]:
    """What tells of a record's person, the strongest first; an account only tells where nothing else does."""
    keys = tuple(key for key in (sighting.id_number, sighting.phone) if key)
    return keys or ((sighting.account,) if sighting.account else ())


def _ids_of_phone(sightings: Sequence[Sighting]) -> Mapping[str, set[str]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for sighting in sightings:
        if sighting.phone and sighting.id_number:
            ids[sighting.phone].add(sighting.id_number)
    return ids


def _key(sighting: Sighting, ids_of_phone: Mapping[str, set[str]]) -> str | None:
    if sighting.id_number:
        return f"i{sighting.id_number}"
    if sighting.phone:
        ids = ids_of_phone.get(sighting.phone, set())
        return f"i{next(iter(ids))}" if len(ids) == _FEW else f"p{sighting.phone}"
    return f"a{sighting.account}" if sighting.account else None
