"""Search: every choice of the numbers where there are few, a walk along one number after the other where there are many.

In: history laid out, judged cases, limits. Out: a `Found`: the front, the choices offered, what the others fail. Not here: measuring (`ground`), weighing
(`weighing`), the edit (`emitting`).

The walk begins at the numbers of today, takes the best value of one number while the others stand still, and ends when a round betters nothing or as many
choices were tried as may be. It may miss what only several numbers together would reach, and says that it walked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice, product
from math import prod

from engine.ruleset.tree import Rulebook
from engine.workbench.tuning.emitting import Edit, edit
from engine.workbench.tuning.ground import Case, Ground, Measured
from engine.workbench.tuning.plan import Knob
from engine.workbench.tuning.weighing import Figures, figures, front

OFFERED = 3
"""How many choices are tried at the gate and offered: the first of the front that keep to the limits."""
GUARD = "guard"
Choice = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice that keeps to the limits, as files; what it fails, if anything."""

    figures: Figures
    edit: Edit

    @property
    def fit(self) -> bool:
        """Whether it may be offered."""
        return not self.edit.fails


@dataclass
class Found:
    """What a search came to. `every`: whether all choices were tried; `choices`: how many there are."""

    now: Figures
    tried: int
    choices: int
    every: bool
    front: list[Figures]
    measured: Mapping[Choice, Measured] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    waiting: int = 0


def search(
    ground: Ground,
    cases: Sequence[Case],
    keep: Mapping[str, int],
    most: int,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> Found:
    """Try the choices and find those that cannot be bettered."""
    knobs = ground.tried
    walk = _Walk(ground, cases, keep, advance)
    now: Choice = tuple(knob.now for knob in knobs)
    walk.measure([now])
    choices = prod(len(knob.values) for knob in knobs)
    every = choices <= most
    if every:
        walk.measure(list(product(*(knob.values for knob in knobs))))
    else:
        walk.along(knobs, now, most)
    found = list(walk.seen.values())
    return Found(walk.seen[now], len(found), choices, every, front(found), walk.measured)


def offered(found: Found, rulebook: Rulebook, knobs: Sequence[Knob], since: date) -> Iterator[Offer]:
    """The first choices of the front that keep to the limits, until so many passed the gate; `found` is told of each."""
    fitting = [one for one in found.front if not one.broken and one.values != found.now.values]
    passed = 0
    for place, one in enumerate(fitting):
        if passed == OFFERED:
            found.waiting = len(fitting) - place
            return
        made = edit(rulebook, knobs, one.values, since)
        if one.guarded > found.now.guarded:
            more = one.guarded - found.now.guarded
            said = f"历史来件里多出 {more} 件规则判低了，只靠底线托住"
            made = replace(made, fails=((GUARD, said), *made.fails))
        offer = Offer(one, made)
        found.offers.append(offer)
        passed += offer.fit
        yield offer


class _Walk:
    """Choices measured so far."""

    def __init__(
        self, ground: Ground, cases: Sequence[Case], keep: Mapping[str, int], advance: Callable[[int], None]
    ) -> None:
        self._ground, self._cases, self._keep, self._advance = ground, cases, keep, advance
        self._now = tuple(knob.now for knob in ground.tried)
        self.seen: dict[Choice, Figures] = {}
        self.measured: dict[Choice, Measured] = {}

    def measure(self, choices: Sequence[Choice]) -> None:
        """Try those that were not tried yet."""
        new = [choice for choice in dict.fromkeys(choices) if choice not in self.seen]
        for made in self._ground.judge(new):
            self.seen[made.values] = figures(made, self._cases, self._keep, self._now)
            self.measured[made.values] = made
        self._advance(len(new))

    def along(self, knobs: Sequence[Knob], start: Choice, most: int) -> None:
        """The best value of one number after the other, until a round betters nothing."""
        best, before = start, None
        while best != before and len(self.seen) < most:
            before = best
            for place, knob in enumerate(knobs):
                line = [(*best[:place], value, *best[place + 1 :]) for value in knob.values]
                self.measure(list(islice(line, max(0, most - len(self.seen)))))
                best = min((one for one in (*line, best) if one in self.seen), key=lambda one: self.seen[one].order)
