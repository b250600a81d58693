"""Alternatives: what stands between the bars of a pattern, each by itself.

In: a pattern as RE2 takes it (ValueError for one without its closing signs). Out: its alternatives with their places, the pattern without one of them, a short phrase that it matches by chosen ones.
Not here: what matches in a text (`engine.features.words`), whether a sentence shows an alternative (`sayings`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_QUANTIFIERS = {"?": 0, "*": 0, "+": 1}
_CLASSES = {"d": "1", "s": " "}
_OF_NOTHING = frozenset("^$")
_ANY = "那"
_UNWANTED = 1 << 30


@dataclass(frozen=True, slots=True)
class Piece:
    """A character, or a class of them by one that is in it, at least `least` times."""

    text: str
    least: int


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """What stands between two bars: from `start` to `end` of the pattern; each is itself only. `length`: of the shortest phrase it matches."""

    start: int
    end: int
    parts: tuple[Piece | Group, ...]
    length: int


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives of which one stands there, at least `least` times."""

    alternatives: tuple[Alternative, ...]
    least: int


Wanted = Mapping[Alternative, int]
"""Alternatives with their rank: of two in one place the lower is taken."""


def parsed(pattern: str) -> Group:
    """A pattern as its outermost group."""
    return Group(_Parser(pattern).alternatives(), 1)


def choices(group: Group) -> Iterator[Alternative]:
    """Every alternative beside which there is another, those within others after them."""
    for alternative in group.alternatives:
        if len(group.alternatives) > 1:
            yield alternative
        for part in alternative.parts:
            if isinstance(part, Group):
                yield from choices(part)


def without(pattern: str, lost: Alternative) -> str:
    """The pattern with one alternative and one bar beside it taken out."""
    if pattern[lost.end : lost.end + 1] == "|":
        return pattern[: lost.start] + pattern[lost.end + 1 :]
    return pattern[: lost.start - 1] + pattern[lost.end :]


def enclosing(group: Group, outer: tuple[Alternative, ...] = ()) -> dict[Alternative, tuple[Alternative, ...]]:
    """Every alternative with those around it, itself the first of them."""
    found: dict[Alternative, tuple[Alternative, ...]] = {}
    for one in group.alternatives:
        found[one] = around = (one, *outer)
        for part in one.parts:
            if isinstance(part, Group):
                found.update(enclosing(part, around))
    return found


def phrase(
    group: Group,
    wanted: Wanted,
    shown: list[Alternative],
    around: Mapping[Alternative, Sequence[Alternative]],
) -> str:
    """The shortest phrase by wanted alternatives, as many of them as one phrase can have; those it goes by are added to `shown`.

    `around`: what `enclosing` says of the group. An alternative has its own rank or that of the most wanted one within it.
    """
    ranks: dict[Alternative, int] = {}
    for one, rank in wanted.items():
        for outer in around[one]:
            ranks[outer] = min(rank, ranks.get(outer, _UNWANTED))
    return "".join(_said(group, ranks, shown, least=max(1, group.least)))


def _said(group: Group, ranks: Wanted, shown: list[Alternative], *, least: int) -> Iterator[str]:
    chosen = min(group.alternatives, key=lambda one: (ranks.get(one, _UNWANTED), one.length))
    for _ in range(least):
        if len(group.alternatives) > 1:
            shown.append(chosen)
        for part in chosen.parts:
            if isinstance(part, Piece):
                yield part.text * part.least
            elif part.least or any(one in ranks for one in part.alternatives):
                yield from _said(part, ranks, shown, least=max(1, part.least))


def _length(parts: Iterable[Piece | Group]) -> int:
    return sum(
        part.least * (len(part.text) if isinstance(part, Piece) else min(one.length for one in part.alternatives))
        for part in parts
    )


class _Parser:
    """Reads what the patterns of word lists are written in: literals, classes, groups, bars, quantifiers."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at = pattern, 0

    def alternatives(self) -> tuple[Alternative, ...]:
        """The alternatives up to the bracket that closes them, or to the end."""
        found = [self._alternative()]
        while self._next() == "|":
            self._at += 1
            found.append(self._alternative())
        return tuple(found)

    def _alternative(self) -> Alternative:
        start, parts = self._at, []
        while self._next() not in ("", "|", ")"):
            parts.append(self._part())
        return Alternative(start, self._at, tuple(parts), _length(parts))

    def _part(self) -> Piece | Group:
        sign = self._taken()
        if sign == "(":
            if self._pattern.startswith("?:", self._at):
                self._at += 2
            inner = self.alternatives()
            self._at += 1
            return Group(inner, self._least())
        text = self._class() if sign == "[" else _ANY if sign == "." else "" if sign in _OF_NOTHING else sign
        if sign == "\\":
            escaped = self._taken()
            text = _CLASSES.get(escaped, escaped)
        return Piece(text, self._least())

    def _class(self) -> str:
        """A character that the class has."""
        end = self._pattern.index("]", self._at + 1)
        held, self._at = self._pattern[self._at : end], end + 1
        return _ANY if held.startswith("^") else held[0]

    def _least(self) -> int:
        """How often what was read must stand there at least."""
        sign = self._next()
        if sign == "{":
            end = self._pattern.index("}", self._at)
            least = int(self._pattern[self._at + 1 : end].split(",")[0])
            self._at = end + 1
        elif sign in _QUANTIFIERS and sign:
            least = _QUANTIFIERS[sign]
            self._at += 1
        else:
            return 1
        if self._next() == "?":
            self._at += 1
        return least

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _taken(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1 : self._at]
