"""The bench of back-tests: one threshold is moved, and a back-test and a re-scoring are held to the same colours."""

from __future__ import annotations

from bench import backtesting
from engine.model import Colour
from engine.ruleset.differences import differences
from tests.installation import shipped


def test_one_threshold_is_moved() -> None:
    found = differences(shipped(), backtesting.changed(shipped()))
    assert [(one.name, one.before, one.after) for one in found.thresholds] == [("repeat.red_30d", 3, 2)]
    assert not (found.added or found.removed or found.changed)


def test_colours_are_counted_whatever_they_were_before() -> None:
    one = {(Colour.GREEN, Colour.RED): 2, (Colour.RED, Colour.RED): 3, (Colour.GREEN, Colour.GREEN): 1}
    other = {(Colour.RED, Colour.RED): 5, (Colour.GREEN, Colour.GREEN): 1, (Colour.RED, Colour.YELLOW): 0}
    assert backtesting._after(one) == backtesting._after(other) == {Colour.RED: 5, Colour.GREEN: 1}
