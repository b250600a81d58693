"""What the features room is handed: members of a neighbourhood, and the subjects to be judged.

In: nothing. Out: frozen records. Not here: how they are found (`store`, `pipeline`), what is made of them (`live`, `columns`).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.model import FeatureSet, Links, Sighting


@dataclass(frozen=True, slots=True)
class Member:
    """A record as windows see it: its sighting and where it belongs."""

    sighting: Sighting
    links: Links


@dataclass(frozen=True, slots=True)
class Subject:
    """A record to be judged: itself and its base facts."""

    member: Member
    base: FeatureSet
