"""Sentences: the tests beside word lists, and what they show of every entry.

In: a rulebook. Out: how each sentence went; for every entry and every context whether a test would fail without it. Not here: tests of rules (`examples`), the words
within a pattern (`sayings`).

An entry is shown by a sentence that it alone of its list finds; a context by a sentence that the list does not find and would, had that entry not this context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.features.words import WordMatcher
from engine.ruleset.tree import Rulebook, WordEntry, WordList
from engine.workbench.testing.results import Result

CONTEXTS = ("not_after", "not_before", "unless_near", "only_near")


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of a list, or one of its contexts (`context` is empty for the entry itself), and whether a sentence shows it."""

    words: WordList
    index: int
    context: str
    shown: bool

    @property
    def name(self) -> str:
        """The entry as people read it."""
        text = f"{self.words.name}：{self.words.entries[self.index].text[:40]}"
        return f"{text} 的 {self.context}" if self.context else text


def run(rulebook: Rulebook) -> Iterator[Result]:
    """Every sentence beside every list."""
    matcher = WordMatcher(rulebook)
    for words in rulebook.words.values():
        for sentence in words.tests:
            spans = matcher.spans(sentence.text).get(words.name, ())
            told = "" if bool(spans) is sentence.found else _told(sentence.found, spans[0].text if spans else "")
            place = sentence.place
            yield Result(words.name, sentence.text, place.file, place.line, not told, told)


def _told(wanted: bool, found: str) -> str:
    return "应找到，实际没有" if wanted else f"不应找到，实际找到“{found}”"


def shown(rulebook: Rulebook) -> Iterator[Shown]:
    """Every entry of every list and every context of it; only sentences that pass show anything."""
    seen = _seen(rulebook)
    for words in rulebook.words.values():
        passing = [(one.found, seen(words, one.text)) for one in words.tests]
        found = {next(iter(whole)) for wanted, (whole, _) in passing if wanted and len(whole) == 1}
        kept = {part for wanted, (whole, parts) in passing if not wanted and not whole for part in parts}
        for index, entry in enumerate(words.entries):
            yield Shown(words, index, "", index in found)
            for context in CONTEXTS:
                if getattr(entry, context):
                    yield Shown(words, index, context, (index, context) in kept)


def _lacking(entry: WordEntry, context: str) -> WordEntry:
    nothing: Any = {context: ()}
    return replace(entry, **nothing)


_Seen = Callable[[WordList, str], tuple[frozenset[int], frozenset[tuple[int, str]]]]


def _seen(rulebook: Rulebook) -> _Seen:
    """For a list and a text: the entries that find it, and the (entry, context) that would without this context."""
    alone = {}
    for words in rulebook.words.values():
        for index, entry in enumerate(words.entries):
            bare = {context: _lacking(entry, context) for context in CONTEXTS if getattr(entry, context)}
            for context, one in {"": entry, **bare}.items():
                name = f"{words.name}#{index}#{context}"
                alone[name] = WordList(name, "", (one,))
    matcher = WordMatcher(replace(rulebook, words=alone))

    def seen(words: WordList, text: str) -> tuple[frozenset[int], frozenset[tuple[int, str]]]:
        parts = [name.rsplit("#", 2) for name in matcher.spans(text)]
        of_list = [(int(index), context) for name, index, context in parts if name == words.name]
        return frozenset(i for i, context in of_list if not context), frozenset(of_list)

    return seen
