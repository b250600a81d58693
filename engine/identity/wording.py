"""Words of a text: its bigrams, a sketch of them, and how alike two sketches are.

In: masked texts. Out: bare texts (letters and digits only), sets of bigrams, hex sketches, per cent of overlap.
A sketch holds the 24 smallest CRC-32 values of the text's character bigrams (bottom-k, Cohen and Kaplan 2007): no word can be read in it.
Not here: what the words are about (`topics`), danger words (`features`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable
from functools import lru_cache
from operator import add
from typing import Generic, TypeVar

SIZE = 24
_WIDTH = 6
_REMEMBERED = 200_000
_WORDS = re.compile(r"\w+")
_FORMULAS = (
    "请相关部门核实处理希望领导重视尽快解决要求有关部门来电反映市民称报警人称群众反映并予以回复谢谢您好尊敬的现投诉本人"
    "请民警到场处理请求出警报警称来电称诉求要求相关单位调查核实并回复请尽快处理恳请帮助我们业主居民小区"
)
Payload = TypeVar("Payload")


def bare(text: str) -> str:
    """The text without punctuation, white space and masks."""
    return "".join(_WORDS.findall(text))


def bigrams(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a bare text."""
    return frozenset(map(add, text, text[1:]))


_EVERYDAY = bigrams(_FORMULAS)
"""Pairs that stand in nearly every complaint and tell nothing."""


class _Hashes(dict[str, int]):
    """CRC-32 of bigrams, remembered: a language has few of them."""

    def __missing__(self, pair: str) -> int:
        if len(self) > _REMEMBERED:
            self.clear()
        self[pair] = value = zlib.crc32(pair.encode()) >> 8
        return value


class Sketcher:
    """Makes bottom-k sketches."""

    def __init__(self) -> None:
        self._hashes = _Hashes()

    def sketch(self, pairs: frozenset[str]) -> str:
        """At most 24 values of six hex digits, sorted, without separators."""
        smallest = sorted(map(self._hashes.__getitem__, pairs - _EVERYDAY))[:SIZE]
        return f"%0{_WIDTH}x" * len(smallest) % tuple(smallest)


@lru_cache(maxsize=65_536)
def _values(gist: str) -> frozenset[str]:
    return frozenset(gist[start : start + _WIDTH] for start in range(0, len(gist), _WIDTH))


def forget_sketches() -> None:
    """Forget the words of sketches read so far: within a batch texts meet again and again, from one batch to the next hardly."""
    _values.cache_clear()


def overlap(left: str, right: str) -> int:
    """Per cent of the words of two texts that they share, as far as their sketches can tell; 0 when one is empty."""
    if not left or not right:
        return 0
    if left == right:
        return 100
    one, other = _values(left), _values(right)
    shared = one & other
    if not shared:
        return 0
    smallest = sorted(one | other)[:SIZE]
    return 100 * len(shared.intersection(smallest)) // len(smallest)


class Lexicon(Generic[Payload]):
    """Words with something to say of each, found by the bigrams of a text: the cost hardly grows with the number of words."""

    def __init__(self, entries: Iterable[tuple[str, Payload]]) -> None:
        by_head: dict[str, list[tuple[str, Payload]]] = {}
        for word, payload in entries:
            by_head.setdefault(word[:2], []).append((word, payload))
        self._by_head = {head: tuple(held) for head, held in by_head.items()}
        self._heads = frozenset(by_head)

    def found(self, pairs: Collection[str], text: str) -> list[tuple[str, Payload]]:
        """The words that stand in a text, in no order; `pairs` are its bigrams."""
        return [
            entry
            for head in self._heads.intersection(pairs)
            for entry in self._by_head[head]
            if len(entry[0]) == 2 or entry[0] in text
        ]
