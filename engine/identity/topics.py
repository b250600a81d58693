"""Topics: what a record is about, coarsely, so that records of one matter are found together.

In: category code, the supplier's words for it, title, bare text with its bigrams. Out: a topic of `rules/topics.yaml` or None.
Not here: fine categories (`normalise.categories`), danger (`features`), who handles a topic (`routing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from engine.identity.wording import Lexicon, bare, bigrams

_POINTS = {"strong": 5, "words": 3, "weak": 1}
_LEAST = 2
_REMEMBERED = 10_000


class Topics:
    """The topics of one rulebook."""

    def __init__(self, document: Mapping[str, Mapping[str, Any]]) -> None:
        self._order = {name: place for place, name in enumerate(document)}
        self._by_code: dict[str, list[str]] = defaultdict(list)
        for name, topic in document.items():
            for code in topic.get("categories", ()):
                self._by_code[str(code)].append(name)
        points: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, topic in document.items():
            for strength, worth in _POINTS.items():
                for word in topic.get(strength, ()):
                    points[word].append((name, worth))
        self._labels: dict[str, Mapping[str, int]] = {}
        self._words = Lexicon((word, tuple(held)) for word, held in points.items())

    def topic(self, category: str | None, title: str, label: str, words: str, pairs: frozenset[str]) -> str | None:
        """The topic of a record. `words`: bare title and text, with their bigrams `pairs`; `label`: the supplier's own words for the category.

        Words of title and label count twice.
        """
        allowed = self._of_category(category)
        if len(allowed) == 1:
            return allowed[0]
        scores = self._scores(bare(title), words, pairs)
        if label:
            for name, worth in self._of_label(label).items():
                scores[name] = scores.get(name, 0) + worth
        best = max(allowed or scores, key=lambda name: (scores.get(name, 0), -self._order[name]), default=None)
        return best if allowed or (best is not None and scores[best] >= _LEAST) else None

    def _of_category(self, category: str | None) -> Sequence[str]:
        if not category:
            return ()
        return self._by_code.get(category) or self._by_code.get(category[:2]) or ()

    def _of_label(self, label: str) -> Mapping[str, int]:
        held = self._labels.get(label)
        if held is None:
            if len(self._labels) > _REMEMBERED:
                self._labels.clear()
            plain = bare(label)
            self._labels[label] = held = self._scores(plain, plain, bigrams(plain))
        return held

    def _scores(self, title: str, words: str, pairs: frozenset[str]) -> dict[str, int]:
        scores: dict[str, int] = {}
        for word, held in self._words.found(pairs, words):
            times = 2 if title and word in title else 1
            for name, worth in held:
                scores[name] = scores.get(name, 0) + worth * times
        return scores
