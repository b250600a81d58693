"""Answers: what a decision says, as a set of labels, so that two can be compared by the million.

In: what decision records say; bits of labels. Out: labels, bits, differences. Not here: how a column comes to its bits (`questions`).

What is compared: the colour, the rules that hit and those that ask for review, flags that are raised, whether it goes back to 110.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

WORD = 62
"""Bits in one column of integers."""
HIT, REVIEW, FLAG, HANDBACK = "hit", "review", "flag", "handback"
_NOTHING = b',"flags":[],"format":1,"handback":false,"hits":[]'

Ints = npt.NDArray[np.int64]


class Label(NamedTuple):
    """One thing that a decision says: a rule that hit or asks for review, a flag, or that it goes back to 110."""

    what: str
    rule: str


class Labels:
    """Labels by bit: those of a rulebook first, then whatever stored decisions say beyond it."""

    def __init__(self, known: Iterable[Label]) -> None:
        self._bits: dict[Label, int] = {label: bit for bit, label in enumerate(known)}

    @property
    def words(self) -> int:
        """How many integers hold all bits."""
        return max(1, -(-len(self._bits) // WORD))

    def bit(self, label: Label) -> int:
        """The bit of a label; a new one if need be."""
        return self._bits.setdefault(label, len(self._bits))

    def all(self) -> Mapping[Label, int]:
        """Every label with its bit."""
        return self._bits

    def named(self, bits: Sequence[int]) -> list[Label]:
        """The labels of some words of bits."""
        return [label for label, bit in self._bits.items() if bits[bit // WORD] >> bit % WORD & 1]


@dataclass(frozen=True, slots=True)
class Answers:
    """What decisions say of records, by row number: a colour each, and a column for each word of bits."""

    numbers: Ints
    colours: Ints
    words: tuple[Ints, ...]

    def of(self, chosen: npt.NDArray[np.bool_] | Ints) -> Answers:
        """Some of them."""
        return Answers(self.numbers[chosen], self.colours[chosen], tuple(word[chosen] for word in self.words))

    def between(self, after: int, last: int) -> Answers:
        """Those with a row number after the first and up to the last; they are in order of row numbers."""
        low, high = np.searchsorted(self.numbers, [after, last], side="right")
        return Answers(self.numbers[low:high], self.colours[low:high], tuple(word[low:high] for word in self.words))

    def widened(self, words: int) -> Answers:
        """With so many words; the new ones say nothing."""
        empty = np.zeros(len(self.numbers), np.int64)
        return Answers(self.numbers, self.colours, (*self.words, *[empty] * (words - len(self.words))))


def stored(table: pa.Table, labels: Labels) -> Answers:
    """What the newest decisions of records say, from the columns `n`, `colour`, `said`; labels that no rule of the rulebook has are added."""
    said = coded(table["said"])
    masks = [_mask(text, labels) for text in said.dictionary.to_pylist()]
    places = said.indices.to_numpy(zero_copy_only=False)
    low = (1 << WORD) - 1
    words = tuple(
        np.array([mask >> word * WORD & low for mask in masks], np.int64)[places] if masks else np.zeros(0, np.int64)
        for word in range(labels.words)
    )
    return Answers(_ints(table, "n"), _ints(table, "colour"), words)


def computed(table: pa.Table, words: int) -> Answers:
    """What columns say of records, from the columns `subject`, `colour` and `said0`, `said1` …"""
    return Answers(
        _ints(table, "subject"), _ints(table, "colour"), tuple(_ints(table, f"said{word}") for word in range(words))
    )


def relabelled(made: Answers, own: Sequence[Label], labels: Labels) -> Answers:
    """Answers whose bits stand for the labels of another rulebook, `own`, in the bits of `labels`; those that it has not yet are added."""
    places = [(bit, labels.bit(label)) for bit, label in enumerate(own)]
    words = [np.zeros(len(made.numbers), np.int64) for _ in range(labels.words)]
    for bit, place in places:
        words[place // WORD] |= (made.words[bit // WORD] >> bit % WORD & 1) << place % WORD
    return Answers(made.numbers, made.colours, tuple(words))


def aligned(one: Answers, other: Answers) -> tuple[Answers, Answers]:
    """Both for the records that both have, in order of row numbers."""
    width = max(len(one.words), len(other.words))
    _, left, right = np.intersect1d(one.numbers, other.numbers, assume_unique=True, return_indices=True)
    return one.widened(width).of(left), other.widened(width).of(right)


def differing(one: Answers, other: Answers) -> npt.NDArray[np.bool_]:
    """Which of two aligned answers are not the same."""
    different: npt.NDArray[np.bool_] = one.colours != other.colours
    for left, right in zip(one.words, other.words, strict=True):
        different |= left != right
    return different


def coded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column as numbers of its different values; it may be so already."""
    held = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = held.unify_dictionaries().combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _mask(text: bytes, labels: Labels) -> int:
    if text == _NOTHING:
        return 0
    return sum(1 << labels.bit(label) for label in _labels(text))


@lru_cache(maxsize=4096)
def _labels(text: bytes) -> frozenset[Label]:
    """The labels of the stretch of a decision record that tells of flags, handing back and hits."""
    held = orjson.loads(b"{" + text[1:] + b"}")
    hits = {Label(REVIEW if review else HIT, rule) for rule, *_, review in held["hits"]}
    flags = {Label(FLAG, rule) for rule, *_ in held["flags"]}
    return frozenset(hits | flags | ({Label(HANDBACK, "")} if held["handback"] else set()))


def _ints(table: pa.Table, name: str) -> Ints:
    held: Ints = table[name].to_numpy().astype(np.int64, copy=False)
    return held
