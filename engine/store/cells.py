"""Cells: values of the vocabulary as columns hold them, and back.

In: records of `engine.model`. Out: tuples of integers, texts and bytes, in the order of the table's columns.
Not here: sealing (`sealing`), statements (the modules of rows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any

import orjson

from engine.model import Cause, Contact, FeatureSet, Incident, Link, Links, Sighting, Value, canonical
from engine.store.rows import Stored
from engine.store.tables import NO_TIME

_CAUSES = {cause.value: cause for cause in Cause}
_INCIDENT_TIMES = ("occurred_at", "known_at", "updated_at", "closed_at", "reply_due_at", "replied_at")


def seconds(moment: datetime | None) -> int:
    """A time as its column holds it."""
    return NO_TIME if moment is None else int(moment.timestamp())


def moment(stored: int) -> datetime:
    """A time that is always there."""
    return datetime.fromtimestamp(stored, UTC)


def moment_or_none(stored: int) -> datetime | None:
    """A time that may be missing."""
    return None if stored == NO_TIME else datetime.fromtimestamp(stored, UTC)


def listed(values: Sequence[str]) -> str:
    """A list of texts in one cell; the empty list is the empty text."""
    return orjson.dumps(values).decode() if values else ""


@lru_cache(maxsize=256)
def unlisted(cell: str) -> tuple[str, ...]:
    """The list of a cell."""
    return tuple(orjson.loads(cell)) if cell else ()


@lru_cache(maxsize=256)
def _marks(cell: str) -> frozenset[str]:
    return frozenset(unlisted(cell))


def sighting_cells(sighting: Sighting) -> tuple[Any, ...]:
    """The columns id … marks of `sightings`."""
    s = sighting
    return (
        s.id,
        s.kind,
        seconds(s.at),
        s.cause.value,
        s.topic or "",
        s.area,
        s.place or "",
        s.fine or "",
        s.phone or "",
        s.id_number or "",
        s.account or "",
        s.opponent or "",
        s.gist,
        s.text_digest,
        listed(s.numbers),
        seconds(s.closed_at),
        listed(sorted(s.marks)),
    )


def links_cells(links: Links) -> tuple[Any, ...]:
    """The columns person … ties of `sightings`."""
    ties = [[tie.score, tie.left, tie.right, tie.why, tie.applied] for tie in links.links]
    return (
        links.person or "",
        links.matter,
        links.hotspot or "",
        int(links.counts),
        links.resend_of or "",
        links.cluster,
        links.chain or "",
        orjson.dumps(ties).decode() if ties else "",
    )


def stored(row: Iterable[Any]) -> Stored:
    """A row of `sightings` (id … ties) as identity and windows see it; thousands are made for each batch, and what many of them say is held once."""
    # fmt: off
    (
        id_, kind, at, cause, topic, area, place, fine, phone, id_number, account, opponent, gist, text_digest,
        numbers, closed_at, marks, person, matter, hotspot, counts, resend_of, cluster, chain, ties,
    ) = row
    # fmt: on
    sighting = Sighting(
        id=id_,
        kind=intern(kind),
        at=datetime.fromtimestamp(at, UTC),
        cause=_CAUSES[cause],
        topic=intern(topic) or None,
        area=intern(area),
        place=intern(place) or None,
        fine=intern(fine) or None,
        phone=intern(phone) or None,
        id_number=id_number or None,
        account=account or None,
        opponent=opponent or None,
        gist=gist,
        text_digest=text_digest,
        numbers=unlisted(numbers) if numbers else (),
        closed_at=moment_or_none(closed_at),
        marks=_marks(marks),
    )
    return Stored(
        sighting,
        Links(
            intern(person) or None,
            intern(matter),
            intern(hotspot) or None,
            counts == 1,
            resend_of or None,
            intern(cluster),
            intern(chain) or None,
            _ties(ties) if ties else (),
        ),
    )


@lru_cache(maxsize=256)
def _ties(cell: str) -> tuple[Link, ...]:
    return tuple(Link(score, left, right, why, applied) for score, left, right, why, applied in orjson.loads(cell))


def incident_bytes(incident: Incident) -> bytes:
    """An incident as canonical JSON; fields at their defaults are written too, so that defaults may change."""
    return orjson.dumps(incident, default=sorted, option=orjson.OPT_SORT_KEYS)


def incident(body: bytes) -> Incident:
    """The incident of its canonical JSON."""
    held: dict[str, Any] = orjson.loads(body)
    for name in _INCIDENT_TIMES:
        if held[name] is not None:
            held[name] = datetime.fromisoformat(held[name]).astimezone(UTC)
    held["cause"] = _CAUSES[held["cause"]]
    held["caller"] = Contact(**held["caller"])
    held["numbers"] = tuple(held["numbers"])
    held["declared"] = frozenset(held["declared"])
    return Incident(**held)


def features_bytes(features: FeatureSet) -> bytes:
    """A FeatureSet as canonical JSON, empty parts left out."""
    parts = {
        "v": features.values,
        "i": features.ids,
        "s": features.spans,
        "a": features.absent,
    }
    return canonical({name: part for name, part in parts.items() if part})


def features(body: bytes) -> FeatureSet:
    """The FeatureSet of its canonical JSON."""
    held = orjson.loads(body)
    values: Mapping[str, Value | None] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in held.get("v", {}).items()
    }
    return FeatureSet(
        values,
        {name: tuple(ids) for name, ids in held.get("i", {}).items()},
        {name: tuple(spans) for name, spans in held.get("s", {}).items()},
        tuple(held.get("a", ())),
    )
