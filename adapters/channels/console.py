"""Console: a message as lines on the screen or in the log of the service.

In: a message, something that writes a line. Out: `Delivered`. Not here: how lines look elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.channels.options import only
from engine.model import ChannelSpec, Delivered, Limits, Message, Refused


class ConsoleChannel:
    """Writes lines; takes everything."""

    limits = Limits(per_minute=600, most_bytes=60_000)

    def __init__(self, spec: ChannelSpec, write: Callable[[str], None]) -> None:
        only(spec, ())
        self.spec, self._write = spec, write

    def deliver(self, message: Message) -> Delivered | Refused:
        """Title and lines."""
        self._write(message.text)
        return Delivered("已显示")
