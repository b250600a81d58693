"""Chains: what is said of one topic at one place with no long silence between; a chain of enough persons is a hotspot (ruling 5).

In: sightings with their persons; of stored ones where they stood. Out: chain and hotspot of every record that has them.
Not here: which topics are common where (`settings`), which stored records are looked at (`store.neighbourhood`).

Of a hotspot that only grows not every record need be in the set: who joins it changes nothing for those who are in it. A chain is worked
out anew, and so must be there whole, when it is no hotspot yet, when one of its records was corrected or is of another person now, or when
a record comes before all of its records that are there, for then it gets another name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.identity.settings import Settings
from engine.model import Links, Sighting

Where = tuple[str | None, str | None]
"""Place and topic."""
Placed = tuple[str | None, str | None]
"""Chain and hotspot."""


@dataclass(slots=True)
class _Stir:
    """What happened at one place and topic: times that a stored record was at and is not, or not as the same person; records that joined."""

    left: list[datetime] = field(default_factory=list)
    joined: list[tuple[datetime, str]] = field(default_factory=list)


def placed(
    ordered: Sequence[Sighting],
    person_of: Mapping[str, str | None],
    settings: Settings,
    *,
    held: Mapping[str, Links],
    changed: Collection[Sighting],
) -> dict[str, Placed]:
    """Chain and hotspot by record, without those that have neither; `changed`: new and corrected records, and what these were before."""
    came = {s.id for s in changed}
    stirred = _stirred(ordered, person_of, held, changed, came)
    made: dict[str, Placed] = {}
    streams: dict[Where, list[Sighting]] = defaultdict(list)
    for s in ordered:
        where, stored = (s.place, s.topic), s.id in held and s.id not in came
        if stored and where not in stirred:
            made[s.id] = held[s.id].chain, held[s.id].hotspot
        elif s.place is not None and s.topic is not None and settings.is_common(s.place, s.topic):
            streams[where].append(s)
    for where, records in streams.items():
        stood = {s.id: held[s.id] for s in records if s.id in held and s.id not in came}
        kept = _kept(records, stood, stirred.get(where, _Stir()), settings.hotspot_gap)
        made.update(_walked(records, stood, kept, person_of, settings))
    return made


def _stirred(
    ordered: Sequence[Sighting],
    person_of: Mapping[str, str | None],
    held: Mapping[str, Links],
    changed: Collection[Sighting],
    came: Collection[str],
) -> dict[Where, _Stir]:
    """Every place and topic at which something happened."""
    stirred: dict[Where, _Stir] = defaultdict(_Stir)
    now = {s.id: s for s in ordered}
    for s in changed:
        if now[s.id] is s:
            stirred[s.place, s.topic].joined.append((s.at, s.id))
        else:
            stirred[s.place, s.topic].left.append(s.at)
    for s in ordered:
        if s.id in held and s.id not in came and person_of[s.id] != held[s.id].person:
            stirred[s.place, s.topic].left.append(s.at)
    return stirred


def _kept(
    records: Iterable[Sighting], stood: Mapping[str, Links], stir: _Stir, gap: timedelta
) -> dict[str | None, str | None]:
    """Chains whose records stay as they were, with the hotspot that each is."""
    members: dict[str | None, list[Sighting]] = defaultdict(list)
    for s in records:
        if s.id in stood:
            members[stood[s.id].chain].append(s)
    kept: dict[str | None, str | None] = {}
    for chain, those in members.items():
        hotspots = {stood[s.id].hotspot for s in those}
        if any(_near(those, at, gap) for at in stir.left):
            continue
        joining = [(at, id_) for at, id_ in stir.joined if _near(those, at, gap)]
        grows = None not in hotspots and (those[0].at, those[0].id) < min(joining, default=_NEVER)
        if grows or not joining:
            kept[chain] = next(iter(hotspots))
    return kept


_NEVER = datetime.max.replace(tzinfo=UTC), ""


def _near(members: Iterable[Sighting], at: datetime, gap: timedelta) -> bool:
    return any(abs(s.at - at) <= gap for s in members)


def _walked(
    records: Iterable[Sighting],
    stood: Mapping[str, Links],
    kept: Mapping[str | None, str | None],
    person_of: Mapping[str, str | None],
    settings: Settings,
) -> Iterator[tuple[str, Placed]]:
    """The records of one place and topic, in order, each in the chain of the one before it unless the silence was too long."""
    last: tuple[datetime, str | None] | None = None
    chain_of: dict[str, str | None] = {}
    people: dict[str | None, set[str | None]] = defaultdict(set)
    for s in records:
        old = stood.get(s.id)
        if old is not None and old.chain in kept:
            chain = old.chain
        else:
            chain = last[1] if last is not None and s.at - last[0] <= settings.hotspot_gap else s.id
            people[chain].add(person_of[s.id])
        chain_of[s.id] = chain
        last = s.at, chain
    enough = {chain for chain, persons in people.items() if len(persons) >= settings.hotspot_persons}
    for id_, chain in chain_of.items():
        yield id_, (chain, kept.get(chain, chain if chain in enough else None))
