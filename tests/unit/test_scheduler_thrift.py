"""Thrift: once an hour, whatever the clock does, and what was freed is really given back."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from engine.scheduler.thrift import Thrift

NOW = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)


def test_once_an_hour_and_anew_when_the_clock_is_set_back() -> None:
    thrift = Thrift()
    moments = (0, 59, 60, 61, 119, 121, 30, 60, 90)
    assert [thrift.turn(NOW + timedelta(minutes=minutes)) for minutes in moments] == [
        *(True, False, True, False, False, True, True, False, True),
    ]


_HELD = """
import os
from datetime import UTC, datetime
from engine.scheduler.thrift import Thrift

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

held = [bytearray(b"x") * 50_000 for _ in range(2_000)]
del held[::2]
kept = held[::200]
held = [one for one in held if one in kept]
before = resident()
Thrift().turn(datetime.now(UTC))
print(before - resident())
"""


def test_what_lies_free_between_what_is_held_is_given_back() -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", _HELD], env=env, capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 20_000_000
