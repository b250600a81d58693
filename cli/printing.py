"""Printing: how answers look on a screen and as JSON.

In: plain records. Out: text. Not here: what the answers are. Control characters of what people wrote never reach the terminal.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson

from engine.model import Colour

_STYLES = {Colour.RED: "bold red", Colour.YELLOW: "yellow", Colour.GREEN: "green"}
_ZONE = ZoneInfo("Asia/Shanghai")


def plain(value: Any) -> Any:
    """A record as JSON data: colours by name, times as ISO text."""
    if isinstance(value, Colour):
        return value.word
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        held = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [plain(part) for part in held]
    return value.hex() if isinstance(value, bytes) else value


def line(value: Any) -> None:
    """One JSON line on standard output."""
    sys.stdout.buffer.write(orjson.dumps(plain(value), option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def say(text: str = "", *, style: str = "") -> None:
    """A line for people; never read as markup."""
    from rich.text import Text

    console().print(Text(clean(text), style=style), soft_wrap=True)


def warn(text: str) -> None:
    """A line beside the answer, on standard error, without identifiers that somebody wrote."""
    from engine.masking import mask_text

    print(mask_text(clean(text)), file=sys.stderr)


def table(headers: Sequence[str], rows: Sequence[Sequence[str | tuple[str, str]]], *, title: str = "") -> None:
    """A table; a cell may be (text, style)."""
    from rich.table import Table
    from rich.text import Text

    if title:
        say(title, style="bold")
    shown = Table(*headers, header_style="bold", expand=False)
    for row in rows:
        cells = [cell if isinstance(cell, tuple) else (cell, "") for cell in row]
        shown.add_row(*[Text(clean(text), style=style) for text, style in cells])
    console().print(shown)


def console() -> Any:
    """The console of this run."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def clean(text: str) -> str:
    """The text without control characters that could drive a terminal; wide and hard spaces are spaces."""
    return "".join(
        character if character.isprintable() or character == "\n" else " " if character.isspace() else "?"
        for character in text
    )


def one_line(text: str, most: int) -> str:
    """The beginning of what somebody wrote, on one line: it cannot look like a line of ours."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[:most]}…"


def local(moment: datetime | None) -> str:
    """A time as people here read it."""
    return "" if moment is None else moment.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")


def style_of(colour: Colour) -> str:
    """The style a colour is shown in."""
    return _STYLES[colour]


class Advancing(Protocol):
    """A progress bar that moves."""

    def __call__(self, rows: int) -> None: ...


@contextmanager
def progress(what: str, total: int | None = None, *, quiet: bool = False) -> Iterator[Advancing]:
    """A progress bar on standard error while long work runs; nothing when it is not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda rows: bar.advance(task, rows)
