"""Knots: rows that phones, ID numbers and order numbers tie together and to nothing else, taken in a few at a time in many orders (law 7).

In: a township's rows. Out: its knots, and where an order makes something else of one than the order of time. A knot is small, so a thousand orders cost what
one order of a township does; who it is that a late row concerns through others is met here first. Not here: whole townships, workers (`orders`).
"""

from __future__ import annotations

import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from engine.model import RawRecord
from engine.store import upgrade
from tests.orders import Picture, differences, picture, take_in, township

Knot = Sequence[RawRecord]
_PHONE, _CARD, _NUMBER = (
    re.compile(r"1[3-9]\d-?\d{4}-?\d{4}"),
    re.compile(r"\d{17}[\dX]"),
    re.compile(r"[A-Z]{2}\d{14}"),
)
_LEAST, _MOST, _PHONES = 4, 40, 3
_BATCHES = (1, 1, 2, 3, 5)
_ORDERS = 6
"""How often a knot is taken in, each time in another order."""
_RECORDS = 20_000


def promise(*, size: int, number: int) -> tuple[int, list[str]]:
    """So many orders of the knots of a township of their own."""
    return size, list(violations(knots(township(_RECORDS, number)), size, seed=number))


def knots(raws: Sequence[RawRecord]) -> list[Knot]:
    """Those of at least three phones, each in order of time."""
    ties = [_ties(raw) for raw in raws]
    sharing: dict[str, list[int]] = defaultdict(list)
    for n, names in enumerate(ties):
        for name in names:
            sharing[name].append(n)
    met: set[int] = set()
    found = []
    for n in range(len(raws)):
        if n not in met:
            members = sorted(_reached(n, ties, sharing))
            met.update(members)
            phones = {name for m in members for name in ties[m] if _PHONE.fullmatch(name)}
            if _LEAST <= len(members) <= _MOST and len(phones) >= _PHONES:
                found.append([raws[m] for m in members])
    return found


def violations(tied: Sequence[Knot], size: int, *, seed: int) -> Iterator[str]:
    """So many orders, in small batches, each held against the order of time."""
    assert tied, "a township without knots: nothing would be tried"
    draw = random.Random(f"knots/{seed}")
    with tempfile.TemporaryDirectory(prefix="sanse-knots-") as folder:
        upgrade(f"sqlite:///{folder}/empty.db")
        empty = Path(folder, "empty.db").read_bytes()
        expected: dict[int, Picture] = {}
        for n, knot in islice(cycle([one for one in enumerate(tied) for _ in range(_ORDERS)]), size):
            if n not in expected:
                expected[n] = pictured(knot, len(knot), Path(folder), empty)
            order, batch = draw.sample(list(knot), len(knot)), draw.choice(_BATCHES)
            for line in differences(expected[n], pictured(order, batch, Path(folder), empty)):
                yield f"{[raw.row for raw in order]} by {batch}: {line}"


def pictured(rows: Knot, batch: int, folder: Path, empty: bytes) -> Picture:
    """What a database of their own says of rows taken in so."""
    file = folder / "knot.db"
    file.write_bytes(empty)
    try:
        take_in(f"sqlite:///{file}", rows, batch)
        return picture(f"sqlite:///{file}")
    finally:
        for left in folder.glob("knot.db*"):
            left.unlink()


def _ties(raw: RawRecord) -> set[str]:
    """Phones, ID numbers and order numbers in any cell of a row."""
    text = "\n".join(str(value) for value in raw.values.values())
    phones = {name.replace("-", "") for name in _PHONE.findall(text)}
    return phones | set(_CARD.findall(text)) | set(_NUMBER.findall(text))


def _reached(start: int, ties: Sequence[set[str]], sharing: dict[str, list[int]]) -> set[int]:
    found, todo = {start}, [start]
    while todo:
        for name in ties[todo.pop()]:
            new = [n for n in sharing[name] if n not in found]
            found.update(new)
            todo += new
    return found
