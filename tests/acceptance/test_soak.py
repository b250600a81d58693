"""R18 at commit size: some days of a small centre, every due row in its minute, no round that fails."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.soak import soak


def test_every_due_row_is_handled_in_its_minute(tmp_path: Path) -> None:
    made = soak(tmp_path / "centre", days=4, per_day=60, told=lambda _: None)
    assert (made.late, made.failed) == ([], [])
    assert made.records > 100
    assert made.reviews > 10
    assert timedelta(0) < made.latest <= timedelta(minutes=1)
    assert len(made.resident) == 4
    assert len(made.list_ms) == 80
