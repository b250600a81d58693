"""A source read beside all else: what has come is taken without waiting, with the cursor that belongs to it, and faults come last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Queue

import pytest

from engine.errors import SourceError
from engine.model import RawRecord, SourceSpec
from engine.scheduler.ahead import Ahead

LONG_SECONDS = 30


@dataclass
class Slow:
    """A source that gives a row when the test says so; its last cursor is known only when all of it is read."""

    spec: SourceSpec = field(default_factory=lambda: SourceSpec("慢", "police_110"))
    said: Queue[int | Exception | None] = field(default_factory=Queue)
    at: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self) -> Iterator[RawRecord]:
        try:
            while (came := self.said.get(timeout=LONG_SECONDS)) is not None:
                if isinstance(came, Exception):
                    raise came
                self.at = f"到 {came}"
                yield RawRecord("慢", "police_110", came, {})
            self.at = "读完"
        finally:
            self.ended.set()

    def cursor(self) -> str:
        return self.at

    def say(self, *words: int | Exception | None) -> None:
        for word in words:
            self.said.put(word)


def taken(ahead: Ahead, until: Callable[[Sequence[int]], bool]) -> list[int]:
    """Rows taken by looking again and again."""
    rows: list[int] = []
    end = time.monotonic() + LONG_SECONDS
    while not until(rows) and time.monotonic() < end:
        rows += [row.row for row in ahead.read()]
        time.sleep(0.001)
    return rows


def test_nobody_waits_for_what_has_not_come() -> None:
    slow = Slow()
    ahead = Ahead(slow, patience=0)
    assert (list(ahead.read()), ahead.over, ahead.cursor()) == ([], False, "")
    slow.say(1, 2, 3)
    assert taken(ahead, lambda rows: len(rows) == 2) == [1, 2]
    assert (ahead.over, ahead.cursor()) == (False, "到 2")
    slow.say(None)
    assert taken(ahead, lambda _: ahead.over) == [3]
    assert ahead.cursor() == "读完"
    assert list(ahead.read()) == []


def test_what_came_before_a_fault_is_taken_first_and_has_its_own_cursor() -> None:
    slow = Slow()
    ahead = Ahead(slow, patience=0)
    slow.say(1, 2, SourceError("断了"))
    assert slow.ended.wait(LONG_SECONDS)
    rows: list[int] = []
    with pytest.raises(SourceError, match="断了"):
        while not ahead.over:
            for row in ahead.read():
                rows.append(row.row)
    assert (rows, ahead.cursor(), ahead.over) == ([1, 2], "到 2", True)


def test_a_source_with_nothing_is_over_with_its_cursor() -> None:
    slow = Slow()
    ahead = Ahead(slow, patience=0)
    slow.say(None)
    assert taken(ahead, lambda _: ahead.over) == []
    assert ahead.cursor() == "读完"


def test_who_reads_far_ahead_waits_and_ends_when_nobody_takes_any_more() -> None:
    slow = Slow()
    ahead = Ahead(slow, most=2, patience=0)
    slow.say(*range(1, 9), None)
    assert taken(ahead, lambda rows: len(rows) >= 3)[:3] == [1, 2, 3]
    ahead.give_up()
    assert slow.ended.wait(LONG_SECONDS)


def test_who_answers_at_once_is_read_to_the_end_at_once() -> None:
    slow = Slow()
    ahead = Ahead(slow, patience=LONG_SECONDS)
    threading.Timer(0.05, lambda: slow.say(*range(1, 101), None)).start()
    assert [row.row for row in ahead.read()] == list(range(1, 101))
    assert (ahead.over, ahead.cursor()) == (True, "读完")
