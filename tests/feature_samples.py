"""Members, subjects and actions for unit tests of windows: one line each, times as seconds before the subject.

In: what differs from an ordinary record. Out: members and subjects of the room `features`. Not here: histories drawn by seed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.features.subjects import Member, Subject
from engine.model import Action, Cause, FeatureSet, Links, Sighting

NOW = datetime(2024, 3, 1, 4, tzinfo=UTC)
"""Noon in Shanghai, a day after a leap day."""
DAY = 86_400


def member(id_: str = "this", before: float = 0, **more: Any) -> Member:
    """A counting 110 record of matter `m`, so many seconds before NOW; links and sighting fields by name."""
    linked = {"person": None, "matter": "m", "hotspot": None, "counts": True}
    links = Links(**{key: more.pop(key, usual) for key, usual in linked.items()})
    seen = {"kind": "police_110", "cause": Cause.NEW, "at": NOW - timedelta(seconds=before), **more}
    return Member(Sighting(id=id_, **seen), links)


def subject(of: Member | None = None, base: FeatureSet | None = None) -> Subject:
    """A record to be judged."""
    return Subject(of or member(), base or FeatureSet({}))


def action(kind: str = "mediation_failed", before: float = 0, **more: Any) -> Action:
    """Something done about the matter of the record `this`, so many seconds before NOW."""
    at = NOW - timedelta(seconds=before)
    return Action(**{"matter": "this", "kind": kind, "level": "", "actor": "李四", "at": at, "known_at": at, **more})
