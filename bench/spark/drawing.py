"""Records, actions and facts drawn by seed, by the million.

In: a seed, how many. Out: Arrow tables in the shapes of `engine.features.frames` and `engine.evaluate.columns`. Every fourth record stands at the edge of a
window of the one before it and shares its groups; one caller is hot, a tenth comes late. Not here: definitions and rules (`asking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.evaluate.columns import absent_column, column_of
from engine.features.definitions import Definitions
from engine.features.frames import schemas
from engine.ruleset.tree import FeatureKind, Rulebook
from tests.property import rulebooks

EDGES = (0, 1, 5_400, 72 * 3_600, 7 * 86_400, 30 * 86_400, 90 * 86_400, 180 * 86_400, 366 * 86_400)
"""Lengths of windows, in seconds."""
CHUNK = 100_000
_START, _SPAN = 1_700_000_000, 730 * 86_400
_LATE, _EDGE = 0.1, 0.25
_KINDS = ("police_110", "hotline_12345", "petition", "walk_in")
_POOL = 4_000
_BASE = (FeatureKind.FIELD, FeatureKind.WORDS)


def records(rulebook: Rulebook, size: int, seed: int, hot_share: float) -> pa.Table:
    """Records as windows see them; one caller makes a share of them."""
    rng = np.random.default_rng([seed, 1])
    at, closed, source = _times(rng, size)
    hot = rng.random(size) < hot_share
    named: dict[str, pa.Array] = {
        "subject": _numbered("police_110:", np.arange(size)),
        "at": pa.array(at),
        "closed_at": pa.array(closed, mask=rng.random(size) < 0.4),
        "counts": pa.array(rng.random(size) < 0.85),
        "kind": _one_of(rng, size, _KINDS),
        "cause": _one_of(rng, size, ("new", "new", "repeat", "urge")),
        "topic": _one_of(rng, size, ("neighbours", "noise", "wages", None)),
        "area": _one_of(rng, size, ("", "a", "b")),
        "person": _group("p", _drawn(rng, size, 4)[source], hot, rng.random(size)[source] < 0.3),
        "matter": _group("m", np.where(rng.random(size) < 0.9, _drawn(rng, size, 3), _drawn(rng, size, 200))[source]),
        "place": _group("村", _drawn(rng, size, 400)[source], None, rng.random(size)[source] < 0.3),
        "hotspot": _group("h", _drawn(rng, size, 300)[source], None, rng.random(size)[source] < 0.8),
        "phone": _group("f", _drawn(rng, size, 4)[source], hot, rng.random(size)[source] < 0.3),
        "identity": _group("n", _drawn(rng, size, 3), None, rng.random(size) < 0.3),
    }
    schema = schemas(rulebook)["records"].to_pyarrow()
    marks = {name: pa.array(rng.random(size) < 0.4) for name in schema.names if name not in named}
    return pa.table({**named, **marks}).select(schema.names)


def _times(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When records happened and were closed, and whose groups they share: their own, or at an edge those of the one before."""
    at = np.sort(rng.integers(_START, _START + _SPAN, size))
    late = rng.random(size) < _LATE
    at[late] = rng.integers(_START, _START + _SPAN, int(late.sum()))
    closed = at + np.where(rng.random(size) < 0.2, 0, rng.integers(-86_400, 60 * 86_400, size))
    place = np.arange(size)
    edge = (place % 2 == 1) & (rng.random(size) < 2 * _EDGE)
    source = np.where(edge, place - 1, place)
    beside = rng.integers(-1, 2, size)
    step = (rng.choice(EDGES, size) + beside) * rng.choice((1, 1, -1), size)
    at = np.where(edge, at[source] + step, at)
    closed = np.where(rng.random(size) < _EDGE, at[source] - rng.choice(EDGES, size) + beside, closed)
    return at, closed, source


def actions(records_: pa.Table, seed: int) -> pa.Table:
    """What people did, a tenth as many; some about records of elsewhere, some in the second of a record."""
    size = max(4, len(records_) // 10)
    rng = np.random.default_rng([seed, 2])
    at = records_["at"].to_numpy()
    done = at[rng.integers(0, len(at), size)] + rng.choice(EDGES, size) + rng.integers(-1, 2, size)
    about = np.where(rng.random(size) < 0.02, len(at) + 7, rng.integers(0, len(at), size))
    kinds, levels = (
        ("mediation_failed", "close", "returned", "joint_departments"),
        ("village", "township", "green", "yellow", ""),
    )
    held = {
        "record": _numbered("police_110:", about),
        "action": _one_of(rng, size, kinds),
        "level": _one_of(rng, size, levels),
        "done_at": pa.array(done),
    }
    return pa.table(held)


def base(rulebook: Rulebook, records_: pa.Table, seed: int) -> Iterator[pa.Table]:
    """Base facts of all records: known, unknown, and with `absent__` columns for those that a source does not carry."""
    definitions = Definitions.of(rulebook)
    given = [feature.name for feature in (*definitions.fields, *definitions.words)]
    days = pc.cast(pc.cast(records_["at"].combine_chunks(), pa.timestamp("s", "UTC")), pa.timestamp("s")).cast(
        pa.date32()
    )
    for first, drawn in _chunks(rulebook, given, len(records_), seed):
        size = len(drawn)
        kept = drawn.set_column(0, "subject", records_["subject"].slice(first, size).combine_chunks())
        kept = kept.set_column(1, "day", days.slice(first, size))
        yield kept.append_column("absent", pa.array([""] * size))


def facts(rulebook: Rulebook, size: int, seed: int) -> Iterator[pa.Table]:
    """Facts of every kind that rules read, at and beside their bounds."""
    for _, drawn in _chunks(rulebook, list(rulebooks.types(rulebook)), size, seed):
        yield drawn


def _chunks(rulebook: Rulebook, names: Sequence[str], size: int, seed: int) -> Iterator[tuple[int, pa.Table]]:
    """Each fact drawn for itself from a pool of values at the bounds of the rules."""
    pools, days = _pools(rulebook, names, seed)
    absents = [name for name in names if name.startswith("record.")]
    for first in range(0, size, CHUNK):
        rng = np.random.default_rng([seed, 3, first])
        rows = min(CHUNK, size - first)
        made = {"subject": _numbered("s", np.arange(first, first + rows)), "day": days.take(_any(rng, rows, len(days)))}
        for name in names:
            cells = pools[name].take(_any(rng, rows, len(pools[name])))
            if name in absents:
                gone = pa.array(rng.random(rows) < 0.1)
                cells = pc.if_else(gone, pa.scalar(None, cells.type), cells)
                made[absent_column(name)] = gone
            made[column_of(name)] = cells
        yield first, pa.table(made)


def _pools(rulebook: Rulebook, names: Sequence[str], seed: int) -> tuple[Mapping[str, pa.Array], pa.Array]:
    rng = Random(f"pools/{seed}")
    types = {"bool": pa.bool_(), "int": pa.int64(), "code": pa.string(), "list": pa.list_(pa.string())}
    cases = [rulebooks.facts(rng, rulebook, frozenset(), (0.0, 0.5, 0.9)) for _ in range(_POOL)]
    pools = {name: pa.array([case.get(name) for case in cases], types[rulebook.features[name].type]) for name in names}
    return pools, pa.array([rulebooks.day(rng) for _ in range(_POOL)], pa.date32())


def _any(rng: np.random.Generator, rows: int, among: int) -> pa.Array:
    return pa.array(rng.integers(0, among, rows))


def _drawn(rng: np.random.Generator, size: int, each: int) -> np.ndarray:
    """Numbers of groups that have about `each` members."""
    return rng.integers(0, max(2, size // each), size)


def _numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def _group(
    prefix: str, numbers: np.ndarray, hot: np.ndarray | None = None, nobody: np.ndarray | None = None
) -> pa.Array:
    held = _numbered(prefix, numbers)
    if nobody is not None:
        held = pc.if_else(pa.array(nobody), pa.scalar(None, pa.string()), held)
    return held if hot is None else pc.if_else(pa.array(hot), f"{prefix}-hot", held)


def _one_of(rng: np.random.Generator, size: int, values: Sequence[str | None]) -> pa.Array:
    return pa.array(values, pa.string()).take(_any(rng, size, len(values)))
