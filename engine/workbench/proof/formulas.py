"""Formulas: truths of the solver that fold away where they are plain.

In: formulas, or True and False. Out: the same. Not here: what they stand for (`space`, `encoding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import z3

Formula = z3.BoolRef | bool


def opposite(part: Formula) -> Formula:
    """Not."""
    return not part if isinstance(part, bool) else z3.Not(part)


def both(parts: Iterable[Formula]) -> Formula:
    """Every part."""
    open_: list[z3.BoolRef] = []
    for part in parts:
        if part is False:
            return False
        if not isinstance(part, bool):
            open_.append(part)
    return True if not open_ else open_[0] if len(open_) == 1 else z3.And(open_)


def either(parts: Iterable[Formula]) -> Formula:
    """Any part."""
    open_: list[z3.BoolRef] = []
    for part in parts:
        if part is True:
            return True
        if not isinstance(part, bool):
            open_.append(part)
    return False if not open_ else open_[0] if len(open_) == 1 else z3.Or(open_)


def so_many(least: int, parts: Sequence[Formula]) -> Formula:
    """At least so many of the parts."""
    sure = sum(part is True for part in parts)
    open_ = [part for part in parts if not isinstance(part, bool)]
    left = least - sure
    if left <= 1 or left >= len(open_):
        return True if left <= 0 else False if left > len(open_) else either(open_) if left == 1 else both(open_)
    return z3.AtLeast(*open_, left)


def differs(left: Formula, right: Formula) -> Formula:
    """Whether two truths are not the same."""
    if isinstance(left, bool):
        return opposite(right) if left else right
    if isinstance(right, bool):
        return opposite(left) if right else left
    return left != right


def implies(left: Formula, right: Formula) -> Formula:
    """If one then the other."""
    return either((opposite(left), right))


@dataclass(frozen=True, slots=True)
class Kleene:
    """A three-valued truth as two plain ones: what surely holds, and what possibly does."""

    surely: Formula
    possibly: Formula

    @property
    def unknown(self) -> Formula:
        """Whether it is neither true nor false."""
        return both((self.possibly, opposite(self.surely)))

    @property
    def denied(self) -> Kleene:
        """Its negation."""
        return Kleene(opposite(self.possibly), opposite(self.surely))
