"""Words: what is wrong with entries of word lists that load.

In: word lists with their places. Out: findings: an entry that never gets its turn, one that stands in ordinary texts or in all, one that no sentence shows. Not here: what RE2 refuses (`ruleset.wordlists`).
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.features.folding import fold
from engine.ruleset.faults import nearest
from engine.ruleset.tree import Fault, Place, Rulebook, WordEntry, WordList
from engine.workbench.alternatives import choices, parsed
from engine.workbench.linting.codes import finding
from engine.workbench.places import Places
from engine.workbench.testing import sentences

_COMMON = frozenset(
    (
        "没有",
        "自己",
        "我们",
        "他们",
        "你们",
        "现在",
        "因为",
        "所以",
        "但是",
        "如果",
        "可以",
        "什么",
        "怎么",
        "这个",
        "那个",
        "一个",
        "已经",
        "还是",
        "进行",
        "问题",
        "情况",
        "反映",
        "处理",
        "要求",
        "希望",
        "来电",
        "来件",
        "市民",
        "群众",
        "报警人",
        "来电人",
        "反映人",
        "投诉",
        "举报",
        "建议",
        "咨询",
    )
)
"""Words that stand in any complaint, whatever it is about: connecting words, and the phrases with which clerks begin."""

_EVERYDAY = frozenset(
    "的一是了我不人在他她有这那上们来到时大为你说出就得里后会可下过去看要么好还多没都和也个着给被把很"
)
"""Characters of which each stands in one text out of a few; between bars any of them makes a pattern match nearly everything."""


def findings(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """What is wrong with the entries of every list."""
    for words in rulebook.words.values():
        for index, entry in enumerate(words.entries):
            place = places.of("words", words.name, "entries", index)
            if not entry.pattern and _bare(entry):
                if len(fold(entry.text)) == 1:
                    yield finding("L152", place, text=entry.text, why="只有一个字，又没有写上下文")
                elif entry.text in _COMMON:
                    yield finding("L152", place, text=entry.text, why="什么来件里都可能有")
            if entry.pattern:
                yield from _of_pattern(entry.text, place)
            other = None if entry.pattern else _within(words, entry)
            if other is not None:
                yield finding("L151", place, text=entry.text, other=other.text)


def unshown(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Entries and contexts of a list that has tests, of which none would fail without them."""
    for one in sentences.shown(rulebook):
        if one.words.tests and not one.shown:
            place = places.of("words", one.words.name, "entries", one.index, *([one.context] if one.context else ()))
            yield finding("L115", place, name=one.name)


def astray(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Sayings that are kept of a list that is not there."""
    for name in rulebook.documents.get("sayings") or {}:
        if name not in rulebook.words:
            yield finding("L116", places.of("sayings", name), name=name, near=nearest(name, rulebook.words))


def _of_pattern(pattern: str, place: Place) -> Iterator[Fault]:
    """Alternatives that are empty, and outermost ones that stand in ordinary texts; of a pattern that RE2 refuses, which is told elsewhere, none."""
    try:
        group = parsed(pattern)
    except ValueError:
        return
    if any(one.start == one.end for one in choices(group)):
        yield finding("L155", place, text=pattern[:40])
    for one in group.alternatives if len(group.alternatives) > 1 else ():
        text = pattern[one.start : one.end]
        if text in _COMMON or text in _EVERYDAY:
            yield finding("L152", place, text=text, why="什么来件里都可能有")


def _within(words: WordList, entry: WordEntry) -> WordEntry | None:
    """A bare literal of the list that stands inside this one."""
    text = fold(entry.text)
    for other in words.entries:
        short = fold(other.text)
        if other is not entry and not other.pattern and _bare(other) and short and short in text and short != text:
            return other
    return None


def _bare(entry: WordEntry) -> bool:
    """Whether an entry matches wherever it stands."""
    return not (entry.not_after or entry.not_before or entry.unless_near or entry.only_near)
