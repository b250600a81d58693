"""Journal: what the service says of itself, an event at a time; everything that is said goes through one mask.

In: events with their facts, and the words for people. Out: lines on standard output: one JSON object each, or the time and the words. Not here:
what is worth saying (`service`), answers of commands (`printing`), the audit log (it is in the database and forgets nothing).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

import structlog

from cli.printing import clean, line, local, plain, say
from engine.masking import mask_text

Event = MutableMapping[str, Any]
_WORDS = "words"
_LOUD = {"error": "bold red", "critical": "bold red", "warning": "yellow"}


def journal(clock: Callable[[], datetime], *, as_json: bool) -> Any:
    """A structlog logger: `journal.info("job", words="✓ …", job=…)`. `words` are for people, the rest is for machines."""
    said = _Lines(as_json=as_json)
    processors: list[Any] = [structlog.processors.add_log_level, _stamp(clock), _masked, said.render]
    return structlog.wrap_logger(said, processors=processors, wrapper_class=structlog.BoundLogger)


def _stamp(clock: Callable[[], datetime]) -> Callable[[Any, str, Event], Event]:
    def stamped(_logger: Any, _method: str, event: Event) -> Event:
        first = {"at": clock(), "level": event.pop("level"), "event": event.pop("event")}
        return {**first, **event}

    return stamped


def _masked(_logger: Any, _method: str, event: Event) -> Event:
    """The one mask: no text leaves without it, however deep it lies."""
    return {name: _mask(plain(value)) for name, value in event.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(clean(value))
    if isinstance(value, Mapping):
        return {name: _mask(held) for name, held in value.items()}
    return [_mask(held) for held in value] if isinstance(value, list) else value


class _Lines:
    """Where events end: as JSON without the words, or as the words with the local time before them."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def render(self, _logger: Any, method: str, event: Event) -> tuple[tuple[Any, str], dict[str, Any]]:
        """What one event is printed as."""
        words = event.pop(_WORDS, "")
        if self._as_json:
            return (dict(event), method), {}
        return (words and f"{local(datetime.fromisoformat(event['at']))} {words}", method), {}

    def _print(self, told: Any, method: str) -> None:
        if isinstance(told, str) and told:
            say(told, style=_LOUD.get(method, ""))
        elif told:
            line(told)

    debug = info = warning = error = critical = _print


class FromLibraries(logging.Handler):
    """What libraries log: that they did, where and of what kind; never their message, for it may hold an address, a key or a row."""

    def __init__(self, told: Any) -> None:
        super().__init__(logging.WARNING)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        """One event."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        words = f"⚠ 程序库 {record.name} 提示（{record.levelname}{f'，{kind}' if kind else ''}）"
        where = f"{record.module}:{record.lineno}"
        self._told.warning(
            "library", words=words, library=record.name, severity=record.levelname, kind=kind, where=where
        )
