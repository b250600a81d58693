"""A footprint tells which rows a transaction added, and changes with any of them."""

from __future__ import annotations

from engine.store.session import Footprint


def printed(*rows: tuple[int, bytes]) -> dict[str, object]:
    footprint = Footprint()
    for number, body in rows:
        footprint.add(number, body)
    return footprint.shown()


def test_numbers_become_ranges() -> None:
    assert printed(*((n, b"") for n in (1, 2, 3, 7, 8, 20)))["rows"] == [[1, 3], [7, 8], [20, 20]]


def test_any_change_shows() -> None:
    rows = [(1, b"one"), (2, b"two")]
    alike = [printed(*rows), printed((1, b"one"), (2, b"twO")), printed((1, b"onet"), (2, b"wo")), printed(*rows[:1])]
    assert len({str(shown["sha256"]) for shown in alike}) == len(alike)
    assert printed(*rows) == printed(*rows)
