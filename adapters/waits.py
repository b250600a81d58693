"""How long the other side asks us to wait.

In: the text of a Retry-After header, the time now. Out: seconds. Not here: whether we wait that long (`sources.web`, `channels.post`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def asked_wait(text: str, now: datetime) -> float:
    """The seconds of a Retry-After header, which holds seconds or a date; zero when it says nothing readable."""
    if text.isdecimal():
        return float(text[:9])
    try:
        asked = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
