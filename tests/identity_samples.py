"""Sightings for tests of who belongs together: one line each, times as days after a leap day.

In: what differs from an ordinary record. Out: sightings; the links of whole sets; orders to try them in. Not here: what is tested.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.identity.resolve import resolve
from engine.identity.settings import Settings
from engine.identity.wording import Sketcher, bare, bigrams
from engine.model import Cause, Cut, Links, Sighting, Union

LEAP = datetime(2024, 2, 29, 15, 59, 59, tzinfo=UTC)
"""The last second of a leap day in Shanghai."""
SETTINGS = Settings()
_SKETCHER = Sketcher()


def seen(number: str, day: float = 0, *, kind: str = "police_110", words: str = "", **more: Any) -> Sighting:
    """A counting record; `words` become its gist and digest."""
    plain = bare(words)
    told = {"gist": _SKETCHER.sketch(bigrams(plain)), "text_digest": plain}
    usual = {"cause": Cause.NEW, "topic": "noise", **told, **more}
    return Sighting(id=f"{kind}:{number}", kind=kind, at=LEAP + timedelta(days=day), **usual)


def linked(
    sightings: Iterable[Sighting], cuts: Sequence[Cut] = (), unions: Sequence[Union] = (), settings: Settings = SETTINGS
) -> dict[str, Links]:
    """The links of a whole set, by the bare number of each record."""
    resolved = resolve(list(sightings), cuts, unions, settings=settings)
    return {id_.split(":", 1)[1]: links for id_, links in resolved.items()}


def matters(sightings: Iterable[Sighting], cuts: Sequence[Cut] = (), unions: Sequence[Union] = ()) -> dict[str, str]:
    """The matter of every record, both by bare number."""
    return {id_: links.matter.split(":", 1)[1] for id_, links in linked(sightings, cuts, unions).items()}


def shuffles(sightings: Sequence[Sighting], times: int = 12) -> Iterator[list[Sighting]]:
    """The same set in some other orders, backwards first."""
    yield list(reversed(sightings))
    for seed in range(times):
        order = list(sightings)
        random.Random(seed).shuffle(order)
        yield order
