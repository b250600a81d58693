"""Messages on their way: who answers at once is done with at once, who hangs is waited for once and comes when he comes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import pytest

from engine.model import Delivered, Refused
from engine.scheduler.carrying import Carriers

LONG = 30.0


@pytest.fixture
def gate() -> Iterator[Event]:
    """Shut until it is set; open afterwards, so that no thread stays."""
    made = Event()
    yield made
    made.set()


def hanging(gate: Event) -> Delivered:
    gate.wait()
    return Delivered("at last")


def test_nobody_on_the_way_is_nobody_to_wait_for() -> None:
    assert Carriers[str](LONG).come(LONG) is None


def test_an_answer_comes_with_what_was_sent() -> None:
    carriers = Carriers[str](LONG)
    carriers.set_out("群", "a", lambda: Delivered("ok"))
    assert carriers.busy("群")
    assert carriers.come() == ("a", Delivered("ok"))
    assert not carriers.busy("群")
    carriers.set_out("群", "b", lambda: Refused("no"))
    assert carriers.come() == ("b", Refused("no"))


def test_one_that_hangs_holds_up_no_other_and_comes_when_it_comes(gate: Event) -> None:
    carriers = Carriers[str](LONG)
    carriers.set_out("慢", "slow", lambda: hanging(gate))
    carriers.set_out("快", "fast", lambda: Delivered("ok"))
    assert carriers.come() == ("fast", Delivered("ok"))
    gate.set()
    assert carriers.come() == ("slow", Delivered("at last"))


def test_it_is_waited_for_once_and_no_longer(gate: Event) -> None:
    carriers, began = Carriers[str](0.05), time.monotonic()
    carriers.set_out("慢", "slow", lambda: hanging(gate))
    assert carriers.come() is None
    assert time.monotonic() - began >= 0.05
    assert [carriers.come() for _ in range(1000)] == [None] * 1000
    assert carriers.busy("慢")
    assert carriers.come(0.05) is None
    gate.set()
    assert carriers.come(LONG) == ("slow", Delivered("at last"))
