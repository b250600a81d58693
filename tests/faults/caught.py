"""What counts as noticing a mistake. Written before anything that notices was run.

In: a mistake, the rulebook with it, what was said of that rulebook and not of the sound one. Out: the messages that name the mistake.
Not here: who says it (`catch`).

A message names the mistake when it gives file and line, and either

- the line belongs to what was changed and the message has its name (a file that is no YAML has no names: there the line must be the changed one or the next); or
- the line belongs to a rule or fact that reads what was changed, and the message has that rule's or fact's name: its example no longer comes true.

Of lines that were taken out altogether the line now in their place and the one above count as theirs (said after the first run, for a needed column that is missed
at `columns:`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.faults.book import Book, Edit, owners


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that was said: by whom, of which file and line (0: none given), in which words, and whether of text that cannot be read at all."""

    by: str
    file: str
    line: int
    text: str
    unreadable: bool = False


def names_it(edit: Edit, now: Book, messages: Iterable[Message]) -> list[Message]:
    """The messages that name the mistake, those at the changed line itself first."""
    readers = _readers(edit.of, now)
    found = [message for message in messages if message.line and _named(edit, now, message, readers)]
    return sorted(found, key=lambda message: not exact(edit, message))


def exact(edit: Edit, message: Message) -> bool:
    """Whether the message is at the very line."""
    return message.file == edit.file and message.line in edit.lines


def _named(edit: Edit, now: Book, message: Message, readers: set[str]) -> bool:
    near = range(edit.lines.start, edit.lines.stop + 1)
    if message.file == edit.file and message.unreadable:
        return message.line in near
    whose = _owner(now, message)
    if message.file == edit.file and (whose == edit.of or message.line in edit.lines):
        return _has(message.text, edit.of)
    return whose in readers and _has(message.text, whose)


def _owner(now: Book, message: Message) -> str:
    lines = now.files.get(message.file, ())
    return owners(message.file, lines)[message.line - 1] if 0 < message.line <= len(lines) else ""


def _readers(name: str, now: Book) -> set[str]:
    """The rules and facts whose text has this name in it, and what reads those."""
    found: set[str] = set()
    new = {name} - {""}
    while new:
        texts = [block for block in (*now.rules, *now.blocks("features.yaml")) if block.name not in found]
        read = {block.name for block in texts if any(_has(line, one) for line in block.lines for one in new)}
        found |= new
        new = read - found
    return found - {name}


def _has(text: str, name: str) -> bool:
    """Whether a name stands in a text as a whole name (`words.weapon` has `weapon` in it, `weapons` has not)."""
    return bool(name) and re.search(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])", text) is not None
