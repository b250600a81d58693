"""Weighing: which choices keep to the limits, which of them cannot be bettered, and which is to be looked at first.

In: choices as measured, judged cases, limits. Out: figures, what is broken, a front. Not here: measuring (`ground`), the search (`search`).

Nothing is added up into one mark: a choice is bettered only by one that is no worse in weekly reds, weekly yellows, missed cases, over-triage and lowered
matters, and better in one. First comes what misses least, then what is held too high least, then what lowers the fewest matters;
of the same outcomes the one that changes the fewest numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.feedback import Graded, Share, yardstick
from engine.model import Colour
from engine.workbench.tuning.ground import Case, Measured

Goals = tuple[Fraction | int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A choice in numbers. `missed`, `over`: places of the cases that come out lower than wanted; of those held red, how many are lower in truth.

    `moved`: how many numbers are not what they are today.
    """

    values: tuple[int, ...]
    reds_per_week: Fraction
    yellows_per_week: Fraction
    most_reds: int
    most_yellows: int
    missed: tuple[int, ...]
    judged: int
    over: Share
    lowered: int
    raised: int
    guarded: int
    broken: Mapping[str, Fraction]
    moved: int = 0

    @property
    def goals(self) -> Goals:
        """What is to be small."""
        return self.reds_per_week, self.yellows_per_week, len(self.missed), self.over.count, self.lowered

    @property
    def order(self) -> tuple[Fraction | int | tuple[int, ...], ...]:
        """Which of several is looked at first: the one that comes first."""
        reds, yellows, missed, over, lowered = self.goals
        return sum(self.broken.values(), Fraction()), missed, over, lowered, reds, yellows, self.moved, self.values


def figures(made: Measured, cases: Sequence[Case], keep: Mapping[str, int], now: Sequence[int]) -> Figures:
    """The numbers of a choice, and by how much of itself each limit is broken."""
    judged = [
        (place, case, got) for place, (case, got) in enumerate(zip(cases, made.got, strict=True)) if got is not None
    ]
    missed = tuple(place for place, case, got in judged if got < case.colour)
    over = yardstick([Graded(got, frozenset(), case.colour) for _, case, got in judged]).over
    weeks = max(1, len(made.reds))
    counted: Mapping[str, Fraction] = {
        "reds_per_week": Fraction(sum(made.reds), weeks),
        "yellows_per_week": Fraction(sum(made.yellows), weeks),
        "most_reds_in_a_week": Fraction(max(made.reds, default=0)),
        "most_yellows_in_a_week": Fraction(max(made.yellows, default=0)),
        "missed": Fraction(len(missed)),
        "lowered": Fraction(made.lowered),
        "over_percent": Fraction(100 * over.count, over.of) if over.of else Fraction(),
    }
    return Figures(
        made.values,
        counted["reds_per_week"],
        counted["yellows_per_week"],
        int(counted["most_reds_in_a_week"]),
        int(counted["most_yellows_in_a_week"]),
        missed,
        len(judged),
        over,
        made.lowered,
        made.raised,
        made.guarded,
        {name: (counted[name] - most) / max(1, most) for name, most in keep.items() if counted[name] > most},
        sum(value != held for value, held in zip(made.values, now, strict=True)),
    )


def front(found: Sequence[Figures]) -> list[Figures]:
    """Those that no other betters, one for each outcome, in the order in which they are to be looked at."""
    best: dict[Goals, Figures] = {}
    for one in sorted(found, key=lambda one: one.order):
        best.setdefault(one.goals, one)
    return [one for one in best.values() if not any(_betters(goals, one.goals) for goals in best)]


def _betters(goals: Goals, other: Goals) -> bool:
    return goals != other and all(one <= than for one, than in zip(goals, other, strict=True))


def lost(one: Figures, cases: Sequence[Case], made: Measured) -> list[tuple[Case, Colour]]:
    """The missed cases with the colour that they get."""
    told = [(cases[place], made.got[place]) for place in one.missed]
    return [(case, got) for case, got in told if got is not None]
