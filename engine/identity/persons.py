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
    names = {key: founder.id for key, founder in first.items()} | _absent(keys, known, {s.id for s in changed})
    person_of.update((id_, names[key] if key else None) for id_, key in keys.items())
    return person_of


def _absent(keys: Mapping[str, str | None], known: Mapping[str, Links], changed: Collection[str]) -> dict[str, str]:
    """Names of persons of whom nothing changed and all of whose records agree on a founder that the set does not hold."""
    if not known:
        return {}
    told: dict[str, set[str | None]] = defaultdict(set)
    for id_, key in keys.items():
        if key:
            told[key].add(known[id_].person if id_ in known and id_ not in changed else None)
    agreed = {key: next(iter(names)) for key, names in told.items() if len(names) == 1}
    return {key: name for key, name in agreed.items() if name is not None and name not in keys}


def _kin(sightings: Sequence[Sighting], changed: Collection[Sighting]) -> set[str]:
    """The keys of the changed records; the ID numbers of their phones, where a phone has but one or a changed record pairs it; and the
    phones seen with one of all these and no other.
    """
    keys = {key for sighting in changed for key in _keys(sighting)}
    paired = {sighting.phone for sighting in changed if sighting.phone and sighting.id_number}
    ids_of_phone = _ids_of_phone((*sightings, *changed))
    keys.update(*(ids for p, ids in ids_of_phone.items() if p in keys and (len(ids) == _FEW or p in paired)))
    keys.update(phone for phone, ids in ids_of_phone.items() if len(ids) == _FEW and ids <= keys)
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
