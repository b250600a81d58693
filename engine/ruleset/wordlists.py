"""Word lists: entries with their context, patterns that RE2 takes; or examples.

In: parts, plain data of one list. Out: a `WordList`; faults. Not here: matching (`engine.features.words`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import re2

from engine.ruleset.parts import Parts
from engine.ruleset.tree import Examples, Place, Sentence, WordEntry, WordList

_MAX_DISTANCE = 40
_MAX_PATTERN = 1_000
_MAX_PROGRAM = 4_000
"""Instructions of RE2's program: past it matching leaves the automaton for a slow way; the longest shipped pattern has half of them."""

_REFUSED = {
    "missing )": "缺右括号",
    "unexpected )": "多了右括号",
    "missing ]": "缺右方括号",
    "invalid character class": "方括号里的写法不对",
    "no argument for repetition": "*、+、? 或 {} 前面没有可以重复的内容",
    "bad repetition": "重复符号不能叠用",
    "invalid repetition": "重复次数不对或太大",
    "invalid escape": "反斜杠后面的字符不对",
    "trailing \\": "末尾多了反斜杠",
    "invalid perl operator": "RE2 没有这种 (? 写法",
    "invalid named capture": "分组的名称不对",
    "pattern too large": "模式太大",
}
"""How RE2 begins what it says, and what it means."""


def word_list(parts: Parts, name: str, raw: Mapping[str, Any], place: Callable[..., Place]) -> WordList:
    """A word list as it is written."""
    if (raw.get("entries") is None) is (raw.get("examples") is None):
        parts.add("W108", place())
    tests = _sentences(parts, raw.get("tests") or {}, place)
    if raw.get("examples") is not None:
        return WordList(name, raw["title"], (), place(), _examples(parts, raw["examples"], place), tests)
    entries = tuple(_entry(parts, e, place("entries", index)) for index, e in enumerate(raw.get("entries") or ()))
    seen: set[tuple[str, bool]] = set()
    for index, entry in enumerate(entries):
        if (entry.text, entry.pattern) in seen:
            parts.add("W104", place("entries", index), text=entry.text[:40])
        seen.add((entry.text, entry.pattern))
    return WordList(name, raw["title"], entries, place(), tests=tests)


def _sentences(parts: Parts, raw: Mapping[str, Any], place: Callable[..., Place]) -> tuple[Sentence, ...]:
    """The tests of a list: every text once, on one side."""
    sides = {side: tuple(raw.get(side) or ()) for side in ("found", "not_found")}
    _once(parts, sides, lambda side, index: place("tests", side, index))
    return tuple(
        Sentence(text, side == "found", place("tests", side, index))
        for side, texts in sides.items()
        for index, text in enumerate(texts)
    )


def _once(parts: Parts, sides: Mapping[str, tuple[str, ...]], place: Callable[[str, int], Place]) -> None:
    """Faults of texts that stand twice, or on both sides."""
    seen: dict[str, str] = {}
    for side, texts in sides.items():
        for index, text in enumerate(texts):
            if text in seen:
                parts.add("W104" if seen[text] == side else "W109", place(side, index), text=text[:40])
            seen[text] = side


def _examples(parts: Parts, raw: Mapping[str, Any], place: Callable[..., Place]) -> Examples:
    """Examples as they are written: every text once, on one side; or those of a list that stands before."""
    if raw.get("same_as") is not None:
        return _borrowed(parts, raw, place)
    sides = {side: tuple(raw.get(side) or ()) for side in ("like", "unlike")}
    if not all(sides.values()):
        parts.add("W110", place("examples"))
    _once(parts, sides, lambda side, index: place("examples", side, index))
    return Examples(sides["like"], sides["unlike"], raw["at_least"])


def _borrowed(parts: Parts, raw: Mapping[str, Any], place: Callable[..., Place]) -> Examples:
    named = {name: words.examples for name, words in parts.words.items() if words.examples}
    lent = named.get(raw["same_as"])
    if lent is None or raw.get("like") or raw.get("unlike"):
        if lent is not None or not parts.excused(raw["same_as"]):
            parts.add("W110", place("examples"))
        return Examples((), (), raw["at_least"])
    return Examples(lent.like, lent.unlike, raw["at_least"])


def _entry(parts: Parts, raw: str | Mapping[str, Any], place: Place) -> WordEntry:
    if isinstance(raw, str):
        raw = {"text": raw}
    pattern = raw.get("pattern")
    text = pattern if pattern is not None else raw.get("text")
    if not text:
        parts.add("W106", place)
    elif pattern is not None:
        _check_pattern(parts, pattern, place)
    distance = raw.get("distance", 6)
    if not 0 <= distance <= _MAX_DISTANCE:
        parts.add("W105", place)
    near = {key: tuple(raw.get(key, ())) for key in ("not_after", "not_before", "unless_near", "only_near")}
    return WordEntry(text or "", pattern is not None, distance=distance, **near)


def _check_pattern(parts: Parts, pattern: str, place: Place) -> None:
    if len(pattern) > _MAX_PATTERN:
        parts.add("W103", place, limit=_MAX_PATTERN)
    for barred in (r"\b", r"\B", r"\w", r"\W", "(?s"):
        if barred in pattern:
            parts.add("W102", place, what=barred)
    try:
        options = re2.Options()
        options.log_errors = False
        size = re2.compile(pattern, options).programsize  # type: ignore[attr-defined]  # the stub lacks it
        if size > _MAX_PROGRAM:
            parts.add("W107", place, size=size, limit=_MAX_PROGRAM)
    except re2.error as problem:
        why = problem.args[0] if problem.args else ""
        parts.add("W101", place, why=_said((why.decode() if isinstance(why, bytes) else str(why))[:100]))


def _said(problem: str) -> str:
    """What RE2 refuses, in Chinese; its own words follow."""
    chinese = next((words for begin, words in _REFUSED.items() if problem.startswith(begin)), "写法不对")
    return f"{chinese}（{problem}）"
