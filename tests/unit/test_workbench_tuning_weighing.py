"""Which choices cannot be bettered, what breaks a limit, which comes first: against plain definitions over drawn choices."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from engine.feedback import Share
from engine.model import Colour
from engine.workbench.tuning.ground import Case, Measured
from engine.workbench.tuning.weighing import Figures, figures, front, lost

NOW = (3, 10)
CASES = (Case("甲", Colour.RED, "m1"), Case("乙", Colour.YELLOW, "m2"), Case("丙", Colour.GREEN, record="r3"))


def measured(values: tuple[int, int] = NOW, got: tuple[Colour | None, ...] = (), **more: int) -> Measured:
    return Measured(values, (1, 0, 4), (2, 2, 2), got, **more)


def test_a_choice_in_numbers() -> None:
    one = figures(measured(got=(Colour.YELLOW, None, Colour.RED), lowered=3, raised=1, guarded=2), CASES, {}, NOW)
    assert (one.reds_per_week, one.most_reds, one.yellows_per_week, one.most_yellows) == (Fraction(5, 3), 4, 2, 2)
    assert (one.missed, one.judged, one.over) == ((0,), 2, Share(1, 1))
    assert (one.lowered, one.raised, one.guarded, one.moved) == (3, 1, 2, 0)
    assert figures(measured((2, 11)), (), {}, NOW).moved == 2


def test_a_case_is_missed_where_it_comes_out_lower_and_not_where_it_comes_out_higher() -> None:
    made = measured(got=(Colour.RED, Colour.GREEN, Colour.YELLOW))
    one = figures(made, CASES, {}, NOW)
    assert lost(one, CASES, made) == [(CASES[1], Colour.GREEN)]


def test_a_limit_is_kept_at_the_edge_and_broken_beyond_it() -> None:
    made = measured(got=(Colour.YELLOW, Colour.GREEN, Colour.RED), lowered=5)
    kept = {"most_reds_in_a_week": 4, "yellows_per_week": 2, "missed": 2, "lowered": 5, "over_percent": 100}
    assert not figures(made, CASES, {**kept, "reds_per_week": 2}, NOW).broken
    beyond = {name: most - 1 for name, most in kept.items()}
    broken = figures(made, CASES, {**beyond, "reds_per_week": 1}, NOW).broken
    assert set(broken) == {*kept, "reds_per_week"}
    assert broken["reds_per_week"] == Fraction(2, 3)


def drawn(draw: Random) -> Figures:
    values = (draw.randrange(4), draw.randrange(4))
    made = Measured(
        values,
        tuple(draw.randrange(3) for _ in range(2)),
        tuple(draw.randrange(3) for _ in range(2)),
        tuple(draw.choice([*Colour, None]) for _ in CASES),
        lowered=draw.randrange(3),
    )
    return figures(made, CASES, {"reds_per_week": 1}, NOW)


def test_the_front_is_what_nothing_betters_once_each() -> None:
    draw = Random(5)
    several = 0
    for _ in range(300):
        found = [drawn(draw) for _ in range(12)]
        kept = front(found)
        goals = {one.goals for one in found}
        bettered = {
            goal
            for goal in goals
            if any(all(a <= b for a, b in zip(other, goal, strict=True)) and other != goal for other in goals)
        }
        assert [one.goals for one in kept] == [one.goals for one in sorted(kept, key=lambda one: one.order)]
        assert {one.goals for one in kept} == goals - bettered
        assert len(kept) == len(goals - bettered)
        several += len(kept) > 1
    assert several > 100


def test_of_the_same_outcomes_the_fewest_changed_numbers_stand_for_all() -> None:
    found = [figures(measured(values), (), {}, NOW) for values in ((1, 1), (3, 1), (3, 10), (2, 10))]
    assert [one.values for one in front(found)] == [NOW]


def test_what_keeps_to_the_limits_comes_first_then_what_misses_least() -> None:
    quiet = Measured((1, 1), (0,), (0,), (Colour.GREEN, Colour.GREEN, Colour.GREEN))
    careful = Measured((2, 2), (9,), (9,), (Colour.RED, Colour.YELLOW, Colour.GREEN))
    for keep, first in (({"reds_per_week": 5}, quiet), ({"missed": 0}, careful), ({}, careful)):
        found = [figures(made, CASES, keep, NOW) for made in (quiet, careful)]
        assert next(iter(front(found))).values == first.values, keep
