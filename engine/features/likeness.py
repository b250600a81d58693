"""Likeness: word lists by examples. What people say in danger is put in ever new words; what it resembles is known.

In: a list with examples, a folded text. Out: where the text resembles what the list is to find (chapter 6). Not here: entries (`words`), how a
text is folded (`folding`).

The evidence of a fragment is its log-likelihood ratio, as in naive Bayes with Laplace's rule of succession, in hundredths and whole numbers, so
that every machine weighs alike; there is nothing to train: the examples are all there is.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import chain, pairwise

from engine.features.folding import fold
from engine.ruleset.tree import Examples, WordList

_CLAUSE = re.compile(r"[^\W_]{1,60}|[。!?;\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_DIGITS = str.maketrans("123456789", "000000000")
_LONGEST = 120
_MOST = 400
_SCALE = 100

_Clause = tuple[int, int, frozenset[str]]
"""Start, end and fragments of a stretch of letters and digits."""


class Likeness:
    """The examples that one list or several go by, weighed; `bounds`: name of each list -> its `at_least`."""

    def __init__(self, examples: Examples, bounds: Mapping[str, int]) -> None:
        self._weights = _weights(examples)
        self._bounds = bounds
        self._least = min(bounds.values())

    def spans(self, form: str) -> dict[str, set[tuple[int, int]]]:
        """For each list the clause that says most in every stretch of a folded text that resembles the examples enough."""
        found: dict[str, set[tuple[int, int]]] = {}
        for stretch in _stretches(form):
            score = self.score(_whole(stretch))
            if score < self._least:
                continue
            start, end, _ = max(stretch, key=lambda clause: self.score(clause[2]))
            for name, at_least in self._bounds.items():
                if score >= at_least:
                    found.setdefault(name, set()).add((start, end))
        return found

    def score(self, fragments: Iterable[str]) -> int:
        """The sum of the weights of fragments, in hundredths of a natural logarithm; those never seen weigh nothing."""
        return sum(filter(None, map(self._weights.get, fragments)))


def likenesses(lists: Iterable[WordList]) -> list[Likeness]:
    """One for each set of examples, with the bounds of every list that goes by it."""
    bounds: dict[Examples, dict[str, int]] = defaultdict(dict)
    for words in lists:
        if words.examples:
            bounds[replace(words.examples, at_least=0)][words.name] = words.examples.at_least
    return [Likeness(examples, of_lists) for examples, of_lists in bounds.items()]


def _stretches(form: str) -> Iterator[list[_Clause]]:
    """Clauses, sentence by sentence; a long sentence in several stretches."""
    stretch: list[_Clause] = []
    length = 0
    for found in _CLAUSE.finditer(form):
        clause = found.group()
        ended = not clause[0].isalnum()
        if stretch and (ended or length + len(clause) > _LONGEST):
            yield stretch
            stretch, length = [], 0
        if not ended:
            stretch.append((*found.span(), _fragments(clause)))
            length += len(clause)
    if stretch:
        yield stretch


def _fragments(clause: str) -> frozenset[str]:
    """Single characters and pairs; every digit is the same digit."""
    plain = clause.translate(_DIGITS)
    return frozenset(plain).union(map("".join, pairwise(plain)))


@lru_cache(maxsize=4)
def _weights(examples: Examples) -> Mapping[str, int]:
    (like, likes), (unlike, unlikes) = _seen(examples.like), _seen(examples.unlike)
    those, others = likes + 2, unlikes + 2
    weights = {}
    for fragment in like.keys() | unlike.keys():
        odds = math.log((like[fragment] + 1) / those) - math.log((unlike[fragment] + 1) / others)
        weights[fragment] = max(-_MOST, min(_MOST, round(_SCALE * odds)))
    return weights


def _seen(texts: Iterable[str]) -> tuple[Counter[str], int]:
    """How many stretches of the texts have each fragment, and how many there are."""
    stretches = [_whole(stretch) for text in texts for stretch in _stretches(fold(text))]
    return Counter(chain.from_iterable(stretches)), len(stretches)


def _whole(stretch: Iterable[_Clause]) -> frozenset[str]:
    return frozenset().union(*(fragments for *_, fragments in stretch))
