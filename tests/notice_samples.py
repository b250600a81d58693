"""Notices for unit tests of what is told.

In: a colour and a number. Out: a Notice of a new matter. Not here: deciding it (`engine.notify`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from engine import notify
from engine.model import Colour, Notice

NOW = datetime(2025, 3, 10, 6, tzinfo=UTC)
"""14:00 in Shanghai."""


def notice(colour: Colour = Colour.YELLOW, number: int = 1, **more: object) -> Notice:
    """A notice of a new matter, at `NOW` unless another time is given."""
    held = Notice(
        key=f"{number:04d}",
        matter=f"police_110:A{number}",
        code=f"SS2025-{number:06d}",
        event=notify.NEW,
        colour=colour,
        route=colour.word,
        at=NOW,
    )
    return replace(held, **more)  # type: ignore[arg-type]
