"""R13 at commit size: a fault of each kind, each component at least once; the long run tries every fault of every component."""

from __future__ import annotations

import pytest

from tests.promises.faults import FAULTS, tried
from tests.promises.promises import PROMISES

EACH = (
    ("reading", "500", "sqlite"),
    ("reading", "not JSON", "sqlite"),
    ("telling", "500", "sqlite"),
    ("telling", "hangs up", "sqlite"),
    ("telling", "no names", "sqlite"),
    ("storing", "disk full", "sqlite"),
    ("sweeping", "locked", "sqlite"),
    ("backing up", "read-only", "sqlite"),
    ("backing up", "no folder", "sqlite"),
    ("storing", "no connections", "postgresql"),
    ("sweeping", "sent away", "postgresql"),
    ("telling", "read-only", "postgresql"),
)


def test_the_long_run_tries_them_all() -> None:
    assert len(FAULTS) == next(one.pieces for one in PROMISES if one.id == "R13")
    assert len({fault[:3] for fault in FAULTS}) == len(FAULTS)
    assert len({name for _, name, vendor, _ in FAULTS}) >= 10


@pytest.mark.parametrize("which", EACH, ids="-".join)
def test_a_fault_is_told_seen_and_over_by_itself(which: tuple[str, str, str]) -> None:
    (number,) = (number for number, fault in enumerate(FAULTS) if fault[:3] == which)
    made = tried(number)
    assert made.violations == []
    assert made.minutes <= 5
