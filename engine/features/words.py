"""Word lists on masked text: the one home of their meaning (ruling 22).

In: a text. Out: the lists that match it, with the spans on the text as it was given.
Not here: how a text is folded (`folding`), likeness to examples (`likeness`), which text is read (`normalise` masks it), what a match means for a colour (`rules/`).

One scan for the literals that any entry needs turns an ordinary text away; only entries that can stand in it are sought
one by one. RE2 throughout, so no text makes a pattern slow. An entry may stand at every position: where the context
takes an occurrence away, the search goes on one character further, so that `没拿刀，拿刀` is found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import re2

from engine.features.folding import fold, fold_pattern, folded, origins
from engine.features.likeness import likenesses
from engine.ruleset.tree import Rulebook, WordEntry

_END = "\n"
_SENTENCE_END = re.compile("[。!?;\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_ENCODING, _LONE = "utf-8", "surrogatepass"
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0
_WORTH_A_SCAN = 2
_MOST, _ATTEMPTS = 256, 20_000
"""So many matches of one entry say all there is to say; so many places are tried: as many as the longest narrative has."""
_PATIENCE = 256
"""After so many occurrences taken away by their context, the search goes on behind them: a text of 20,000 characters stays cheap."""

_Words = tuple[tuple[int, tuple[str, ...]], ...]
"""Context words by their length."""


@dataclass(frozen=True, slots=True)
class Span:
    """A match: start and end in the given text, and the text between."""

    start: int
    end: int
    text: str


class WordMatcher:
    """All word lists of a rulebook, ready to be matched together."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._entries = [_Entry(entry) for words in rulebook.words.values() for entry in words.entries]
        self._owner = [name for name, words in rulebook.words.items() for _ in words.entries]
        self._scan = _scan(self._entries)
        self._alike = likenesses(rulebook.words.values())

    def spans(self, text: str) -> dict[str, tuple[Span, ...]]:
        """The lists that match, by name, each with its spans in order; lists that do not match are left out."""
        form, aligned = folded(text)
        body = form.encode(_ENCODING, _LONE)
        found = {name: spans for alike in self._alike for name, spans in alike.spans(form).items()}
        reading = _Reading(form, body)
        for index in range(len(self._entries)) if self._scan is None else self._scan.Match(body) or ():
            hits = self._entries[index].matches(reading)
            if hits:
                found.setdefault(self._owner[index], set()).update(hits)
        if not aligned and found:
            found = _placed(found, origins(text))
        return {name: tuple(Span(i, j, text[i:j]) for i, j in sorted(found[name])) for name in sorted(found)}


def _scan(entries: Sequence[_Entry]) -> re2.Filter | None:
    """One scan for the literals that entries need, then RE2 for the few that can stand there: it names those that do. One entry is sought at once."""
    if len(entries) < _WORTH_A_SCAN:
        return None
    scan = re2.Filter()
    for entry in entries:
        scan.Add(entry.source, _options())
    scan.Compile()
    return scan


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    return options


def _placed(
    found: Mapping[str, set[tuple[int, int]]], stood: Sequence[tuple[int, int]]
) -> dict[str, set[tuple[int, int]]]:
    """Spans of the folded text as spans of the text itself."""
    return {name: {(stood[i][0], stood[j - 1][1]) for i, j in hits} for name, hits in found.items()}


class _Reading:
    """A folded text with its bytes; its sentence ends are found when a context first asks."""

    __slots__ = ("_sentences", "body", "text")

    def __init__(self, text: str, body: bytes) -> None:
        self.text, self.body = text, body
        self._sentences: str | None = None

    def length(self, start: int, end: int) -> int:
        """Characters between two positions of the bytes."""
        return len(self.body[start:end].decode(_ENCODING, _LONE))

    def reach(self, start: int, end: int, distance: int) -> tuple[int, int]:
        """The first and last place where a word may end before `start` or begin after `end`, in the same sentence."""
        if self._sentences is None:
            self._sentences = _SENTENCE_END.sub(_END, self.text)
        low, high = max(0, start - distance), min(len(self.text), end + distance)
        stop = self._sentences.find(_END, end, high)
        return max(low, self._sentences.rfind(_END, low, start) + 1), high if stop < 0 else stop


class _Entry:
    """One entry, compiled: where it stands, and which of these its context leaves."""

    __slots__ = ("_after", "_before", "_bound", "_distance", "_only", "_regexp", "_unless", "source")

    def __init__(self, entry: WordEntry) -> None:
        self.source = fold_pattern(entry.text) if entry.pattern else re2.escape(fold(entry.text))
        self._regexp = re2.compile(self.source, _options())
        self._after, self._before = _by_length(entry.not_after), _by_length(entry.not_before)
        self._unless, self._only = _by_length(entry.unless_near), _by_length(entry.only_near)
        self._bound = bool(self._after or self._before or self._unless or self._only)
        self._distance = entry.distance

    def matches(self, reading: _Reading) -> list[tuple[int, int]]:
        """Start and end of every match in the folded text; an occurrence of nothing is none."""
        hits: list[tuple[int, int]] = []
        body, search, patience = reading.body, self._regexp.search, _PATIENCE
        position = start = 0
        for _ in range(_ATTEMPTS):
            found = search(body, position)
            if not found or len(hits) == _MOST:
                break
            first, last = found.span()
            start += reading.length(position, first)
            end = start + reading.length(first, last)
            if end > start and (not self._bound or self._stands(reading, start, end)):
                hits.append((start, end))
            elif end == start or patience:
                patience -= end > start
                last, end = first + _width(body, first), start + 1
            if last > len(body):
                break
            position, start = last, end
        return hits

    def _stands(self, reading: _Reading, start: int, end: int) -> bool:
        """Chapter 6: the context leaves the occurrence. Nothing is near across the end of a sentence."""
        text = reading.text
        low, high = reading.reach(start, end, self._distance)
        if _holds(self._after, text, low, start, over_low=True, over_high=False):
            return False
        if _holds(self._before, text, end, high, over_low=False, over_high=True):
            return False
        if _holds(self._unless, text, low, high, over_low=True, over_high=True):
            return False
        return not self._only or _holds(self._only, text, low, high, over_low=True, over_high=True)


def _width(body: bytes, position: int) -> int:
    """Bytes of the character at a position; 1 at the end."""
    lead = body[position] if position < len(body) else 0
    return 1 + (lead >= _TWO_BYTES) + (lead >= _THREE_BYTES) + (lead >= _FOUR_BYTES)


def _by_length(words: Sequence[str]) -> _Words:
    forms = sorted({fold(word) for word in words} - {""})
    return tuple((size, tuple(form for form in forms if len(form) == size)) for size in sorted(set(map(len, forms))))


def _holds(words: _Words, text: str, low: int, high: int, *, over_low: bool, over_high: bool) -> bool:
    """Whether a word stands between two places; it may reach over the lower or the higher one, but touches it."""
    for size, group in words:
        stretch = text[max(0, low - size) if over_low else low : high + size if over_high else high]
        for word in group:
            if word in stretch:
                return True
    return False
