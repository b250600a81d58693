"""A drawn history of any size: an export (`engine.store.exchange`) made by seed, without a database to take it from.

In: how many records, a lane, a seed. Out: a folder as `sanse db export --parquet` writes it; the members and base facts of records, for the reference.
Not here: measuring (`bulk`). A process of its own, for its memory is none of the product's: `python -m bench.drawn_history FOLDER SIZE LANE`.

Five years, whatever the number: matters of two records on the average that go on for weeks, callers with several matters, hotspots, closings, failed
mediations; base facts are drawn from some thousands of patterns, as texts of real records come in patterns as well.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from engine.features.definitions import Definitions
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store.exchange import STRETCH, TABLES
from engine.store.manifest import Manifest, seal
from engine.store.tables import NO_TIME

_YEARS = 5 * 365 * 86_400
_FIRST = int(datetime(2020, 6, 1, tzinfo=UTC).timestamp())
_PATTERNS = 4_000
_KINDS = ("police_110", "hotline_12345", "petition", "walk_in", "message_board")
_CAUSES = ("new", "repeat", "urge", "feedback")
_TOPICS = ("neighbours", "noise", "debt", "family", "wages", "property", "social_security", "roads", "")
_DONE = (("mediation_failed", "village"), ("mediation_failed", "township"), ("returned", "green"), ("close", "green"))
_SAID = b',"flags":[],"format":1,"handback":false,"hits":[]'

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lane:
    """How records are: how often a word or mark is there, how often a field is not known, the length of texts, the share of one caller, of late ones."""

    title: str
    said: float = 0.004
    unknown: float = 0.02
    length: int = 120
    hot: float = 0.0
    late: float = 0.0
    repeats: float = 2.0


LANES: Mapping[str, Lane] = {
    "few": Lane("ordinary: few rules match"),
    "none": Lane("no rule matches", said=0.0, unknown=0.0, repeats=1.0),
    "many": Lane("many rules match", said=0.12, repeats=4.0),
    "long": Lane("long texts", length=12_000),
    "dirty": Lane("half of what sources give is not known", unknown=0.5),
    "hot": Lane("one caller makes 5 % of the records, half of them about one matter", hot=0.05),
    "late": Lane("10 % come late, out of order", late=0.1),
}


def write(folder: Path, count: int, rulebook: Rulebook, *, lane: str = "few", seed: int = 1) -> None:
    """Write an export of `count` records."""
    drawn = _Drawn(count, LANES[lane], np.random.default_rng([seed, count, sorted(LANES).index(lane)]), rulebook)
    for name in TABLES:
        (folder / name).mkdir(parents=True)
    rows = dict.fromkeys(TABLES, 0)
    for first in range(0, max(count, 1), STRETCH):
        for name, table in drawn.stretch(first, min(first + STRETCH, count)):
            pq.write_table(table, folder / name / f"{first:012}.parquet", compression="zstd", row_group_size=STRETCH)
            rows[name] += table.num_rows
    seal(folder, Manifest(count, count, rows))


def write_whole(folder: Path, count: int, lane: str) -> None:
    """Write an export for the shipped rules; it is there when it is whole."""
    growing = folder.with_name(f".{folder.name}.growing")
    shutil.rmtree(growing, ignore_errors=True)
    write(growing, count, loader.load(loader.read_folder(loader.shipped())), lane=lane)
    growing.rename(folder)


class _Drawn:
    """Everything about a history as numbers; texts are made a stretch at a time."""

    def __init__(self, count: int, lane: Lane, rng: np.random.Generator, rulebook: Rulebook) -> None:
        self._bodies, self._marks = _patterns(rulebook, lane, rng)
        matters = max(1, int(count / lane.repeats))
        matter = rng.integers(0, matters, count) if lane.repeats > 1 else np.arange(count)
        began = rng.integers(0, _YEARS, matters)
        at = began[matter] + (rng.exponential(25 * 86_400, count).astype(np.int64) if lane.repeats > 1 else 0)
        person = rng.integers(0, max(1, matters // 2), matters)[matter]
        stranger = rng.random(count) < 0.15
        person[stranger] = rng.integers(0, max(1, matters // 2), int(stranger.sum()))
        order = np.argsort(at, kind="stable")
        hot = rng.random(count) < lane.hot
        person[hot] = -1
        matter = np.where(hot & (rng.random(count) < 0.5), -1, matter)
        late = np.flatnonzero(rng.random(count) < lane.late)
        order[late] = order[rng.permutation(late)]
        self.at, self.matter, self.person = (
            at[order] + _FIRST,
            _oldest(matter[order], at[order]),
            _oldest(person[order], at[order]),
        )
        self.place = (began % max(1, count // 40))[np.maximum(matter[order], 0)]
        spot = rng.random(max(1, count // 40)) < 0.15
        self.hotspot = np.where(spot[self.place], _oldest(self.place, at[order]), -1)
        self._rng, self._said = rng, lane.said

    def stretch(self, first: int, last: int) -> Iterator[tuple[str, pa.Table]]:
        """The rows after `first` up to `last` of every table."""
        rng, size, chosen = self._rng, last - first, slice(first, last)
        n, at = np.arange(first + 1, last + 1), self.at[chosen]
        pattern = rng.integers(0, len(self._bodies), size)
        closed = np.where(
            rng.random(size) < (0.3 if self._said else 0.0), at + rng.integers(3_600, 20 * 86_400, size), NO_TIME
        )
        cause = rng.choice(4, size, p=(0.7, 0.2, 0.07, 0.03))
        person = self.person[chosen]
        yield (
            "records",
            pa.table(
                {
                    "n": n,
                    "id": _ids(n),
                    "at": at,
                    "closed_at": closed,
                    "counts": (cause < 2).astype(np.int64),
                    "kind": _of(_KINDS, rng.choice(len(_KINDS), size, p=(0.5, 0.3, 0.1, 0.05, 0.05))),
                    "cause": _of(_CAUSES, cause),
                    "topic": _of(_TOPICS, rng.integers(0, len(_TOPICS), size)),
                    "area": _of(("",), np.zeros(size, np.int64)),
                    "person": _ids(person + 1),
                    "matter": _ids(self.matter[chosen] + 1),
                    "place": _digests("p", self.place[chosen]),
                    "hotspot": _ids(self.hotspot[chosen] + 1),
                    "phone": _digests("t", person),
                    "id_number": _digests("i", np.where(person % 3, -1, person)),
                    "marks": _of(self._marks, pattern),
                }
            ),
        )
        yield (
            "facts",
            pa.table({"n": n, "made_by": _of(("",), np.zeros(size, np.int64)), "body": _of(self._bodies, pattern)}),
        )
        yield (
            "verdicts",
            pa.table({"n": n, "colour": np.zeros(size, np.int64), "said": _of((_SAID,), np.zeros(size, np.int64))}),
        )
        done = np.flatnonzero(rng.random(size) < (0.03 if self._said else 0.0))
        what = rng.integers(0, len(_DONE), len(done))
        yield (
            "actions",
            pa.table(
                {
                    "n": n[done],
                    "matter": _ids(n[done]),
                    "kind": _of([kind for kind, _ in _DONE], what),
                    "level": _of([level for _, level in _DONE], what),
                    "at": at[done] + rng.integers(3_600, 10 * 86_400, len(done)),
                }
            ),
        )


def _oldest(group: Ints, at: Ints) -> Ints:
    """For each record the place of the oldest record of its group."""
    order = np.lexsort((at, group))
    first = np.concatenate([[True], group[order][1:] != group[order][:-1]])
    oldest = np.empty(len(group), np.int64)
    oldest[order] = order[first][np.cumsum(first) - 1]
    return oldest


def _ids(numbers: Ints) -> pa.Array:
    """Ids of records by row number; zero is none."""
    return pa.array([f"police_110:D{number:09}" if number else "" for number in numbers.tolist()])


def _digests(prefix: str, numbers: Ints) -> pa.Array:
    """What stands for a digest: as long as one; less than zero is none."""
    return pa.array([f"{prefix}{number:031}" if number >= 0 else "" for number in numbers.tolist()])


def _of(values: object, places: Ints) -> pa.Array:
    return pa.DictionaryArray.from_arrays(places.astype(np.int32), pa.array(values)).dictionary_decode()


def _patterns(rulebook: Rulebook, lane: Lane, rng: np.random.Generator) -> tuple[list[bytes], list[str]]:
    """Base facts as they are stored, and the marks of each."""
    definitions = Definitions.of(rulebook)
    bodies, marks = [], []
    for _ in range(_PATTERNS):
        values: dict[str, object] = {}
        absent = []
        for fact in definitions.fields:
            drawn = rng.random()
            if fact.of in ("text_length", "unreadable", "category"):
                values[fact.name] = None if drawn < lane.unknown else _PLAIN[fact.of](rng, lane)
            elif drawn < 0.4:
                absent.append(fact.name)
            else:
                values[fact.name] = None if drawn < 0.4 + lane.unknown * 0.6 else _field(fact.type, rng, lane)
        values |= {fact.name: bool(rng.random() < lane.said) for fact in definitions.words}
        bodies.append(orjson.dumps({"a": absent, "v": values}))
        marks.append(orjson.dumps([name for name in definitions.marks if values.get(name) is True]).decode())
    return bodies, marks


_PLAIN = {
    "text_length": lambda rng, lane: int(rng.integers(20, 20 + 2 * lane.length)),
    "unreadable": lambda rng, lane: bool(rng.random() < lane.said / 4),
    "category": lambda rng, _: str(rng.integers(1, 99)),
}


def _field(type_: str, rng: np.random.Generator, lane: Lane) -> object:
    if type_ == "bool":
        return bool(rng.random() < lane.said)
    return int(rng.integers(0, 30 if rng.random() < lane.said else 2)) if type_ == "int" else ""


if __name__ == "__main__":
    write_whole(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
