"""Answers in one form, so that every peer can be held against the reference in the same run.

In: colours and hits of records, or columns of them. Out: an Arrow table: `row`, `colour`, `hits` (numbers in the order of `Sheet.hits`), the same
with rule ids, a digest of columns. Not here: who answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from bench.rules.lowering import Sheet
from engine.model import Judgement, Outcome

Answer = tuple[int, list[int]]
"""A colour and the numbers of the hits, in order."""


def sampled(incidents: int, sample: int) -> np.ndarray:
    """The numbers of the rows that are held against the reference: spread over the whole table."""
    return np.unique(np.linspace(0, incidents - 1, min(incidents, sample)).astype(np.int64))


def colouring(sheet: Sheet) -> Callable[[list[int]], Answer]:
    """What gives hits their colour, as quick as Python has it: the same for every peer that judges one record after the other."""
    weights = sheet.weights
    (red, _), (yellow, _) = sheet.points

    def coloured(held: list[int]) -> Answer:
        colour = points = 0
        for at in held:
            own, score = weights[at]
            if own > colour:  # noqa: PLR1730
                colour = own
            points += score
        if points >= yellow and colour < 2:
            colour = 2 if points >= red else max(colour, 1)
        return colour, held

    return coloured


def numbers(sheet: Sheet) -> Mapping[tuple[str, Outcome], int]:
    """The number of each hit by rule and outcome."""
    return {(rule, Outcome.FIRED if fired else Outcome.REVIEW): at for at, (rule, fired) in enumerate(sheet.hits)}


def of_judgement(made: Judgement, numbered: Mapping[tuple[str, Outcome], int]) -> Answer:
    """What one of the product's readers decided; KeyError where a rule is in review that the lowering says never can be."""
    return int(made.colour), sorted(numbered[hit] for hit in made.outcomes.items())


def table(rows: np.ndarray, answers: Sequence[Answer]) -> pa.Table:
    """Answers of some rows."""
    return pa.table(
        {
            "row": pa.array(rows),
            "colour": pa.array([colour for colour, _ in answers], pa.int8()),
            "hits": pa.array([held for _, held in answers], pa.list_(pa.int32())),
        }
    )


def of_columns(made: pa.Table, columns: Sequence[str], rows: np.ndarray | None = None) -> pa.Table:
    """Columns of hits as lists of numbers, of some rows or of all."""
    chosen = made if rows is None else made.take(pa.array(rows))
    found = [np.flatnonzero(chosen[name].to_numpy()) for name in columns]
    where = np.concatenate([*found, np.array([], np.int64)])
    which = np.repeat(np.arange(len(columns)), [len(one) for one in found])
    order = np.argsort(where, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(where.astype(np.int64), minlength=chosen.num_rows))])
    hits = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(which[order].astype(np.int32)))
    numbered = np.arange(chosen.num_rows) if rows is None else rows
    return pa.table({"row": pa.array(numbered), "colour": chosen["colour"].combine_chunks(), "hits": hits})


def explained(answered: pa.Table, sheet: Sheet) -> pa.Table:
    """The same with the rules that were hit by their ids; one in review has a question mark."""
    names = pa.array([rule if fired else f"{rule}?" for rule, fired in sheet.hits])
    hits = answered["hits"].combine_chunks()
    hits = hits.chunk(0) if isinstance(hits, pa.ChunkedArray) else hits
    named = pa.ListArray.from_arrays(hits.offsets, names.take(hits.values))
    return answered.set_column(answered.schema.get_field_index("hits"), "rules", named)


def digest(made: pa.Table, columns: Sequence[str]) -> str:
    """One digest of all rows: peers that judge columns must have the same."""
    held = hashlib.sha256()
    for name in ("colour", "points", *columns):
        held.update(made[name].to_numpy().astype(np.int64 if name == "points" else np.int8).tobytes())
    return held.hexdigest()


def difference(expected: pa.Table, found: pa.Table, sheet: Sheet) -> str:
    """The first row that differs, in words; empty where none does."""
    if expected.equals(found.cast(expected.schema)):
        return ""
    for right, given in zip(expected.to_pylist(), found.to_pylist(), strict=True):
        if right != given:
            names = [sheet.hits[at] for at in sorted({*right["hits"]} ^ {*given["hits"]})]
            return f"row {right['row']}: colour {right['colour']} expected, {given['colour']} found; hits that differ: {names[:5]}"
    return "other rows"
