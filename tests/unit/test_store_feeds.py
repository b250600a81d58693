"""Where reading stopped, and what was taken in."""

from __future__ import annotations

from datetime import timedelta

from engine.store import Store
from tests.store_samples import START

DAY = timedelta(days=1)


class TestFeeds:
    """Where reading stopped, and what was taken in."""

    def test_cursors(self, store: Store) -> None:
        with store.batch() as tx:
            assert tx.cursor("town_110") == ""
            tx.write_cursor("town_110", "2024-01-01", START)
            tx.write_cursor("town_110", "2024-01-02", START)
        with store.read() as view:
            assert view.cursor("town_110") == "2024-01-02"

    def test_imports(self, store: Store) -> None:
        counts = {"read": 3, "new": 2, "quarantined": 1}
        with store.batch() as tx:
            tx.write_import("d" * 64, "town_110", counts=counts, at=START)
            tx.write_import("d" * 64, "town_110", counts={"read": 3, "unchanged": 3}, at=START + DAY)
        with store.read() as view:
            first, second = view.imports_of("d" * 64)
            assert (first.counts, first.at, second.counts["unchanged"]) == (counts, START, 3)
            assert view.imports_of("e" * 64) == []
