"""Block keys: what the neighbourhood of a record is looked up by.

In: a sighting. Out: `BlockKeys`. `resolve` of a batch and its neighbourhood equals `resolve` of everything when the neighbourhood of the batch
(and of the former versions of its records) holds:

1. every record that shares a phone, ID number or account, or an opponent with another's phone or ID number, at most `Reach.parties` before the
   batch's first or after its last record, and every record that shares (fine, topic) or (place, topic), at most `Reach.places`;
2. at any time: the records it names, those that name it, and those that name the same number;
3. kin: the ID numbers ever seen with the batch's phones, and the phones ever seen with these and the batch's ID numbers, count as the batch's own in 1;
   one record, of any time, for every pair of a phone of the batch and an ID number seen with it; and the founders (`Links.person`) of all persons who
   ever used one of these;
4. the whole of these persons, at any time, where the batch brings a record older than its founder, gives a phone its first or second ID number or
   takes one away, or corrects who called or when;
5. every record of the place, whatever its topic, at most `Reach.places`, where a rulebook counts over places (`topics`);
6. the whole clusters of all of these, and their whole chains, save those that are hotspots already and only grow by the batch (`chains`).

Not here: the queries (`store.neighbourhood`), what neighbours mean to each other (`resolve`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.identity.places import is_road
from engine.model import Sighting


@dataclass(frozen=True, slots=True)
class BlockKeys:
    """The keys of one record; None where it has none. Roads are too long to be a common place."""

    id: str
    phone: str | None
    id_number: str | None
    account: str | None
    opponent: str | None
    fine_topic: tuple[str, str | None] | None
    place_topic: tuple[str, str | None] | None
    numbers: tuple[str, ...]
    all_at: tuple[tuple[str, str | None], ...] = ()


def block_keys(sighting: Sighting, topics: Sequence[str | None] = ()) -> BlockKeys:
    """The block keys of a sighting; `topics`: every topic that a record may have, where windows over its place count them all."""
    s = sighting
    placed = s.place is not None and s.topic is not None and not is_road(s.place)
    return BlockKeys(
        s.id,
        s.phone,
        s.id_number,
        s.account,
        s.opponent,
        (s.fine, s.topic) if s.fine else None,
        (s.place, s.topic) if placed and s.place else None,
        s.numbers,
        tuple((s.place, topic) for topic in topics) if s.place else (),
    )
