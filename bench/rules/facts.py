"""Tables of facts drawn by seed, in lanes.

In: a seed, how many incidents, a lane. Out: an Arrow table as `engine.evaluate.columns` reads it: `subject`, `day`, a column for each fact,
null where it is unknown. Not here: the rules (`drawing`). Long texts make no difference here: rules read facts, never the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from bench.rules import drawing
from engine.evaluate.columns import column_of

_SINCE, _DAYS = date.fromisoformat(drawing.FIRST_DAY), 365


@dataclass(frozen=True, slots=True)
class Lane:
    """How incidents are: how often a fact says something, how high it counts, how often it is not known."""

    title: str
    said: float
    high: float
    unknown: float = 0.01
    hot: float = 0.0
    late: float = 0.0


LANES: Mapping[str, Lane] = {
    "none": Lane("no rule matches", 0.0, 0.0, unknown=0.0),
    "few": Lane("ordinary: few rules match", 0.01, 0.03),
    "many": Lane("many rules match", 0.35, 0.5),
    "dirty": Lane("half of what sources give is not known", 0.01, 0.03, unknown=0.5),
    "hot": Lane("one caller makes 5 % of the incidents", 0.01, 0.03, hot=0.05),
    "late": Lane("10 % come late, out of order", 0.01, 0.03, late=0.1),
}
UNKNOWABLE = frozenset(f"record.{name}" for name in (*drawing.FLAGS, *drawing.NUMBERS, *drawing.CODES, "category"))
"""Facts that may be unknown; words and windows never are, and their columns say so."""

_HOT_COUNT = 500


def table(incidents: int, *, lane: str = "few", seed: int = 1) -> pa.Table:
    """`incidents` rows; the same for the same seed and lane, whatever the rules."""
    drawer = _Drawer(np.random.default_rng([seed, sorted(LANES).index(lane)]), incidents, LANES[lane])
    columns: dict[str, pa.Array] = {"subject": pa.array([f"s{n}" for n in range(incidents)]), "day": drawer.days()}
    columns |= {f"record.{name}": drawer.unknown(drawer.flags()) for name in drawing.FLAGS}
    columns |= {f"record.{name}": drawer.unknown(drawer.numbers(most)) for name, most in drawing.NUMBERS.items()}
    columns |= {f"record.{name}": drawer.unknown(drawer.codes(codes)) for name, codes in drawing.CODES.items()}
    columns["record.category"] = drawer.categories()
    columns |= {f"words.{name}": pa.array(drawer.flags()) for name in drawing.WORDS}
    columns |= {name: pa.array(drawer.counts()) for name in drawing.COUNTED}
    fields = [pa.field(column_of(name), made.type, nullable=name in UNKNOWABLE) for name, made in columns.items()]
    return pa.table(list(columns.values()), pa.schema(fields))


class _Drawer:
    """One lane's incidents, column by column."""

    def __init__(self, rng: np.random.Generator, incidents: int, lane: Lane) -> None:
        self._rng, self._size, self._lane = rng, incidents, lane
        self._hot = rng.random(incidents) < lane.hot

    def days(self) -> pa.Array:
        """In order of time, but for those that come late."""
        days = np.sort(self._rng.integers(0, _DAYS, self._size))
        late = self._rng.random(self._size) < self._lane.late
        days[late] = self._rng.integers(0, _DAYS, int(late.sum()))
        return pa.array(np.datetime64(_SINCE, "D") + days.astype("timedelta64[D]"), pa.date32())

    def flags(self) -> np.ndarray:
        return self._rng.random(self._size) < self._lane.said

    def numbers(self, most: int) -> np.ndarray:
        """Mostly nothing or little; `high` of them anywhere up to a quarter beyond the largest bound."""
        drawn = self._rng.integers(0, most + most // 4 + 2, self._size)
        return np.where(self._rng.random(self._size) < self._lane.high, drawn, 0).astype(np.int64)

    def codes(self, codes: tuple[str, ...]) -> np.ndarray:
        """One of the codes that rules know, or one that no rule knows."""
        known = self._rng.random(self._size) < self._lane.said * 5
        drawn = np.array([*codes, "other"])[self._rng.integers(0, len(codes), self._size)]
        return np.where(known, drawn, "other")

    def counts(self) -> np.ndarray:
        """One, seldom more; of the hot caller hundreds."""
        base = 0 if self._lane.high == 0 else 1
        more = self._rng.integers(0, drawing.MOST_COUNTED + 3, self._size)
        counts = np.where(self._rng.random(self._size) < self._lane.high, more, base)
        return np.where(self._hot, _HOT_COUNT, counts).astype(np.int64)

    def categories(self) -> pa.Array:
        """Sorted lists of none to two categories."""
        lengths = np.where(self._rng.random(self._size) < self._lane.said * 5, self._rng.integers(1, 3, self._size), 0)
        first = self._rng.integers(0, len(drawing.CATEGORIES) - 1, self._size)
        gap = self._rng.integers(1, len(drawing.CATEGORIES), self._size)
        second = np.minimum(first + gap, len(drawing.CATEGORIES) - 1)
        both = np.stack([first, second], axis=1)
        taken = np.arange(2)[None, :] < lengths[:, None]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        mask = self._rng.random(self._size) < self._lane.unknown
        values = pa.array(np.array(drawing.CATEGORIES)[both[taken]])
        made = pa.ListArray.from_arrays(pa.array(offsets), values)
        return pa.compute.if_else(pa.array(~mask), made, pa.scalar(None, made.type)) if mask.any() else made

    def unknown(self, drawn: np.ndarray) -> pa.Array:
        """The column with some cells not known."""
        return pa.array(drawn, mask=self._rng.random(self._size) < self._lane.unknown)
