"""Sayings: a record of phrases that word lists found when they were last looked at, so that a word that is lost is missed.

In: a rulebook, whose `sayings` hold for each list its phrases in lines, joined by `、`. Out: how each list went; phrases drawn anew, and as a file. Not here: what people write as tests
(`sentences`): these phrases are drawn from the patterns themselves and say only what has changed, so coverage does not count them.

A phrase is kept if the list finds it by one entry and, of that entry, would not without one of the alternatives that it goes by.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from engine.features.words import WordMatcher
from engine.ruleset.tree import Rulebook, WordEntry, WordList
from engine.workbench.alternatives import Alternative, Group, choices, enclosing, parsed, phrase, without
from engine.workbench.testing.results import Result

BETWEEN = "、"
_TRIES = 30
_TOLD = 5
_WIDE = 70
_HEAD = """# 各词表存着的说法：由词表的模式抽出来，每一句都少不得其中一个词。少了词，sanse rules test 会说找不到。
# 不是人写的例句（那些在各词表的 tests 里），覆盖不算它。有意改了词表，就用 sanse rules sayings --write 重新存一遍。"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Phrases of one list, and the alternatives that no phrase was found to need, each as it stands in its pattern."""

    phrases: tuple[str, ...]
    missed: tuple[str, ...]


def run(rulebook: Rulebook) -> Iterator[Result]:
    """Every list of which sayings are kept: whether it still finds them."""
    for name, lines in (rulebook.documents.get("sayings") or {}).items():
        words = rulebook.words.get(name)
        if words is not None:
            matcher = WordMatcher(replace(rulebook, words={name: words}))
            lost = [one for line in lines for one in line.split(BETWEEN) if not matcher.spans(one)]
            more = f"等 {len(lost)} 句" if len(lost) > _TOLD else ""
            message = (
                f"找不到 {BETWEEN.join(lost[:_TOLD])}{more}：有意删的，就用 sanse rules sayings 重新存一遍"
                if lost
                else ""
            )
            yield Result(name, "存着的说法", words.place.file, words.place.line, not lost, message)


def draw_all(rulebook: Rulebook) -> dict[str, Drawn]:
    """Phrases of every list that has entries."""
    return {name: draw(rulebook, words) for name, words in rulebook.words.items() if words.entries}


def draw(rulebook: Rulebook, words: WordList) -> Drawn:
    """Phrases of a list, as few as will do, the same whenever it is the same."""
    each = {str(index): WordList(str(index), "", (entry,)) for index, entry in enumerate(words.entries)}
    matcher = WordMatcher(replace(rulebook, words=each))
    phrases: list[str] = []
    missed: list[str] = []
    for name, one in each.items():
        made = _Drawing(rulebook, one.entries[0], partial(_only, matcher, name))
        phrases += made.phrases()
        missed += made.missed
    return Drawn(tuple(dict.fromkeys(phrases)), tuple(missed))


def written(drawn: Mapping[str, Drawn]) -> str:
    """Phrases of lists as a file of rules."""
    lines = [_HEAD, "sayings:"]
    for name, made in drawn.items():
        lines += [f"  {name}:", *(f"    - '{line}'" for line in _lines(made.phrases))]
    return "\n".join(lines) + "\n"


def _lines(phrases: Sequence[str]) -> Iterator[str]:
    """Phrases joined into lines of no great length."""
    line: list[str] = []
    for one in phrases:
        if line and len(BETWEEN.join([*line, one])) > _WIDE:
            yield BETWEEN.join(line)
            line = []
        line.append(one.replace("'", "''"))
    yield BETWEEN.join(line)


def _only(matcher: WordMatcher, name: str, text: str) -> bool:
    """Whether of all entries, each a list of its own, this one alone finds a text."""
    return matcher.spans(text).keys() == {name}


def _finds(rulebook: Rulebook, entry: WordEntry) -> Callable[[str], bool]:
    matcher = WordMatcher(replace(rulebook, words={"one": WordList("one", "", (entry,))}))
    return lambda text: bool(matcher.spans(text))


class _Drawing:
    """The phrases of one entry; `missed` fills while they are drawn."""

    def __init__(self, rulebook: Rulebook, entry: WordEntry, only: Callable[[str], bool]) -> None:
        self._rulebook, self._entry, self._only = rulebook, entry, cache(only)
        self._near = entry.only_near[0] if entry.only_near else ""
        self._poorer: dict[Alternative, Callable[[str], bool]] = {}
        self.missed: list[str] = []

    def phrases(self) -> Iterator[str]:
        """A literal is its own phrase; of a pattern first those that show many alternatives, then one for each that is left."""
        entry = self._entry
        if not entry.pattern:
            yield from [text for text in (f"{self._near}{entry.text}",) if self._only(text)]
            return
        group = parsed(entry.text)
        everything, around = list(choices(group)), enclosing(group)
        left = dict.fromkeys(everything)
        while left:
            text, shown = self._by(group, around, list(left))
            gone = self._needed(text, shown) & left.keys()
            if not gone:
                break
            yield text
            left = {one: None for one in left if one not in gone}
        rng = random.Random(entry.text)  # noqa: S311 -- drawn from the entry itself, the same each time; nothing secret
        while left:
            target = next(iter(left))
            del left[target]
            for number in range(_TRIES):
                others = rng.sample(everything, min(number, len(everything)))
                text, shown = self._by(group, around, [target, *others])
                if target in shown and self._needed(text, [target]):
                    yield text
                    needed = self._needed(text, shown)
                    left = {one: None for one in left if one not in needed}
                    break
            else:
                self.missed.append(entry.text[target.start : target.end])

    def _by(
        self, group: Group, around: Mapping[Alternative, Sequence[Alternative]], wanted: list[Alternative]
    ) -> tuple[str, list[Alternative]]:
        shown: list[Alternative] = []
        text = phrase(group, {one: rank for rank, one in reversed(list(enumerate(wanted)))}, shown, around)
        return f"{self._near}{text}", shown

    def _needed(self, text: str, shown: list[Alternative]) -> set[Alternative]:
        """The alternatives without which the list would not find the phrase."""
        if BETWEEN in text or not self._only(text):
            return set()
        return {one for one in shown if not self._without(one)(text)}

    def _without(self, lost: Alternative) -> Callable[[str], bool]:
        if lost not in self._poorer:
            poorer = replace(self._entry, text=without(self._entry.text, lost))
            self._poorer[lost] = _finds(self._rulebook, poorer)
        return self._poorer[lost]
