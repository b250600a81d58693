"""Block keys: the integers under which records that may concern each other are found.

In: sightings, or the block keys that `engine.identity` hands in. Out: 64-bit integers; two records that share one are neighbours.
Not here: whether they belong together (`engine.identity`), the queries (`neighbourhood`).

Integers are hashes of keyed digests and codes: a chance collision only reads a row too many.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from engine.model import Sighting
from engine.store.rows import BlockKeys

_MONTH_SECONDS = 30 * 86_400


@lru_cache(maxsize=1_024)
def hashed(text: str) -> int:
    """A signed 64-bit hash."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def period(at: int) -> int:
    """The thirty days in which records are filed together."""
    return at // _MONTH_SECONDS


def party(value: str) -> int:
    """Key of a person's digest; phones, ID numbers, accounts and opponents share one space, for digests differ by kind already."""
    return hashed(f"p\n{value}")


def place(kind: str, name: str, topic: str | None) -> int:
    """Key of a place (`fine` or `place`) with a topic."""
    return hashed(f"{kind}\n{name}\n{topic or ''}")


def naming(named: str) -> int:
    """Key of every record that names the record `named`."""
    return hashed(f"n\n{named}")


def cluster(name: str) -> int:
    """Key that only locks use: a cluster of records."""
    return hashed(f"c\n{name}")


def person(phone: str | None, id_number: str | None, account: str | None) -> int:
    """Key of the person that a record alone tells of: its ID number, else its phone, else its account (ruling 86)."""
    kind, value = ("i", id_number) if id_number else ("h", phone) if phone else ("a", account)
    return hashed(f"{kind}\n{value}")


def of_sighting(sighting: Sighting) -> frozenset[int]:
    """The keys under which a record is filed."""
    return frozenset(of_parties(sighting) | of_places(sighting) | {naming(number) for number in sighting.numbers})


def of_parties(sighting: Sighting) -> set[int]:
    """Keys of the persons that a record tells of."""
    values = (sighting.phone, sighting.id_number, sighting.account, sighting.opponent)
    return {party(value) for value in values if value}


def of_places(sighting: Sighting) -> set[int]:
    """Keys of the place and topic of a record."""
    named = (("f", sighting.fine), ("v", sighting.place))
    return {place(kind, name, sighting.topic) for kind, name in named if name}


def parties(keys: Iterable[BlockKeys]) -> set[int]:
    """Keys of the persons of a batch."""
    return {party(value) for key in keys for value in (key.phone, key.id_number, key.account, key.opponent) if value}


def places(keys: Iterable[BlockKeys]) -> set[int]:
    """Keys of the places and topics of a batch."""
    found = set()
    for key in keys:
        if key.fine_topic is not None:
            found.add(place("f", *key.fine_topic))
        if key.place_topic is not None:
            found.add(place("v", *key.place_topic))
        found.update(place("v", *of) for of in key.all_at)
    return found
