"""Resolve: from a set of sightings to who belongs together.

In: the sightings of a neighbourhood (whole clusters, whole chains), cuts and unions of people. Out: Links of every sighting.
A pure function of the set: order never matters. Not here: which neighbourhood (`store`), whose windows moved (`affected`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from engine.identity.chains import placed
from engine.identity.matters import Components, candidates
from engine.identity.persons import persons
from engine.identity.settings import Settings
from engine.identity.wording import forget_sketches
from engine.model import Cut, Link, Links, Sighting, Union


def resolve(
    sightings: Sequence[Sighting],
    cuts: Sequence[Cut],
    unions: Sequence[Union],
    *,
    settings: Settings,
    known: Mapping[str, Links] | None = None,
    changed: Collection[Sighting] = (),
) -> dict[str, Links]:
    """Person, matter, hotspot and whether it counts, for every sighting.

    Without `known` the set is everything there is. With it, the set is a neighbourhood: `known` are the links of its stored
    records as they were, `changed` the records that are new or corrected, and what these were before.
    """
    forget_sketches()
    ordered = sorted(sightings, key=lambda s: (s.at, s.id))
    held = known or {}
    person_of = persons(ordered, held, changed)
    links = candidates(ordered, person_of, unions, settings)
    new = {s.id for s in ordered if s.id not in held or person_of[s.id] != held[s.id].person} | {s.id for s in changed}
    kept = _undisturbed(held, new, links)
    matter_of, links_of = _matters(ordered, cuts, links)
    cluster_of = _clusters(ordered, links)
    resends = {**_doubles(ordered, settings), **_resends(ordered, person_of, settings)}
    spots = placed(ordered, person_of, settings, held=held, changed=changed)
    made = {}
    for s in ordered:
        id_ = s.id
        chain, hotspot = spots.get(id_, (None, None))
        if id_ in kept:
            old = held[id_]
            made[id_] = old if (old.hotspot, old.chain) == (hotspot, chain) else _at(old, hotspot, chain)
            continue
        resent = resends.get(id_)
        counts = resent is None and s.cause.counts
        ties = tuple(links_of.get(id_, ()))
        made[id_] = Links(person_of[id_], matter_of[id_], hotspot, counts, resent, cluster_of[id_], chain, ties)
    return made


def _undisturbed(held: Mapping[str, Links], new: Collection[str], links: Sequence[Link]) -> set[str]:
    """Stored records of clusters that nothing new is in or touches: of these the set need not hold everything, so they stay as they were.

    A link between two clusters is new as well: somebody who stood between them has become another person.
    """
    if not held:
        return set()
    touched = set(new)
    for link in links:
        left, right = held.get(link.left), held.get(link.right)
        if link.left in new or link.right in new or (left and right and left.cluster != right.cluster):
            touched.update((link.left, link.right))
    open_ = {held[id_].cluster for id_ in touched if id_ in held}
    return {id_ for id_, old in held.items() if old.cluster not in open_ and id_ not in touched}


def _at(old: Links, hotspot: str | None, chain: str | None) -> Links:
    return Links(old.person, old.matter, hotspot, old.counts, old.resend_of, old.cluster, chain, old.links)


def _matters(
    ordered: Sequence[Sighting], cuts: Sequence[Cut], links: Sequence[Link]
) -> tuple[dict[str, str], Mapping[str, list[Link]]]:
    """Component id (its oldest record) of every sighting, and the links of each with whether they were applied."""
    components = Components(ordered, cuts)
    links_of: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        kept = link if components.join(link) else Link(link.score, link.left, link.right, link.why, applied=False)
        links_of[link.left].append(kept)
        links_of[link.right].append(kept)
    return _oldest(ordered, components), links_of


def _clusters(ordered: Sequence[Sighting], links: Sequence[Link]) -> dict[str, str]:
    """Components of all links whether applied or not: what a later record can open again."""
    components = Components(ordered, (), heed=False)
    for link in links:
        components.join(link)
    return _oldest(ordered, components)


def _oldest(ordered: Sequence[Sighting], components: Components) -> dict[str, str]:
    first: dict[str, str] = {}
    return {s.id: first.setdefault(components.root(s.id), s.id) for s in ordered}


def _resends(ordered: Sequence[Sighting], person_of: Mapping[str, str | None], settings: Settings) -> dict[str, str]:
    """Exact resends: same person and text within 24 h after the last counted record (ruling 75)."""
    resends: dict[str, str] = {}
    last: dict[tuple[str, str], tuple[datetime, str]] = {}
    for sighting in ordered:
        person = person_of[sighting.id]
        if person is None or not sighting.text_digest or not sighting.cause.counts:
            continue
        key = (person, sighting.text_digest)
        held = last.get(key)
        if held is not None and sighting.at - held[0] <= settings.resend_within:
            resends[sighting.id] = held[1]
        else:
            last[key] = (sighting.at, sighting.id)
    return resends


def _doubles(ordered: Sequence[Sighting], settings: Settings) -> dict[str, str]:
    """The second number of one event: a record of another channel that names, or is named by, an older one (ruling 18)."""
    naming = [sighting for sighting in ordered if sighting.numbers]
    if not naming:
        return {}
    known = {sighting.id: sighting for sighting in ordered}
    doubles: dict[str, str] = {}
    for sighting in naming:
        for number in sighting.numbers:
            other = known.get(number)
            if other is None or frozenset((sighting.kind, other.kind)) not in settings.transfers:
                continue
            older, younger = sorted((sighting, other), key=lambda s: (s.at, s.id))
            doubles[younger.id] = min(older.id, doubles.get(younger.id, older.id))
    return doubles
