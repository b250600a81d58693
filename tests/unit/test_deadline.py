"""Deadlines: a connection that drips is cut when its time is over, one that ends in time is not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from adapters.deadline import Deadline


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    yield ours, theirs
    ours.close()
    theirs.close()


def told(deadline: Deadline, ours: socket.socket, event: str = "connection.connect_tcp.complete") -> None:
    deadline.note(event, {"return_value": SimpleNamespace(get_extra_info={"socket": ours}.get)})


def test_a_read_that_waits_ends_when_the_time_is_over(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with Deadline(0.05) as deadline:
        told(deadline, ours)
        assert ours.recv(1) == b""
    assert deadline.passed


def test_bytes_that_keep_coming_do_not_help(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    read = 0
    with Deadline(0.1) as deadline:
        told(deadline, ours)
        while True:
            try:
                theirs.send(b"x")
            except OSError:
                break
            if not ours.recv(1):
                break
            read += 1
    assert deadline.passed
    assert read > 0


def test_an_answer_in_time_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with Deadline(0.05) as deadline:
        told(deadline, ours)
        theirs.send(b"x")
        assert ours.recv(1) == b"x"
    time.sleep(0.1)
    theirs.send(b"y")
    assert ours.recv(1) == b"y"
    assert not deadline.passed


def test_the_connection_told_of_last_is_the_one_cut(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    plain, other = socket.socketpair()
    with plain, other, Deadline(0.05) as deadline:
        told(deadline, plain)
        told(deadline, ours, "connection.start_tls.complete")
        assert ours.recv(1) == b""
        other.send(b"x")
        assert plain.recv(1) == b"x"
    assert theirs.fileno() != -1


def test_other_events_and_no_connection_are_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with Deadline(0.02) as deadline:
        told(deadline, ours, "http11.send_request_headers.complete")
        time.sleep(0.1)
    assert deadline.passed
    theirs.send(b"x")
    assert ours.recv(1) == b"x"


def test_a_connection_that_is_closed_already_is_no_fault(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with Deadline(0.02) as deadline:
        told(deadline, ours)
        ours.close()
        time.sleep(0.1)
    assert deadline.passed
