"""Preview is production (issue 5, ruling 30): a back-test's record colours and machine views are those of a fresh database under the new rules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from engine.errors import RuleError
from engine.workbench.backtest import Side, backtest, limits
from engine.workbench.backtest.matters import VIEW
from tests.property.previews import Compared, ground, lived, previews, stages_of
from tests.property.rulebook_changes import CHANGES, REFUSED, base, changed, loaded

CHANGES_TRIED = int(os.environ.get("SANSE_PREVIEWS", "200"))
_HISTORIES = 8
_MOST, _MOST_APART = 90, 0.35


@pytest.mark.promise("PREVIEW")
@pytest.mark.timeout(1_800)
def test_what_is_predicted_is_what_a_fresh_database_says() -> None:
    """200 pairs of a change and a history: twenty-five changes on each of eight histories."""
    made = previews("commit", histories=_HISTORIES, changes=CHANGES_TRIED // _HISTORIES, most=_MOST)
    assert made.differences == []
    assert made.changes == CHANGES_TRIED
    assert _easy(made) == [], "histories and changes that make the equality cheap"


def _easy(made: Compared) -> list[str]:
    return [what for what, hard in _hardness(made) if not hard]


def _hardness(made: Compared) -> Iterator[tuple[str, bool]]:
    """What a run must have held, and whether it did."""
    apart: Counter[str] = made.apart
    for what in ("late", "corrected", "made otherwise", "merge", "close", "act", "raise"):
        yield what, made.seen[what] >= _HISTORIES
    yield "records that change", made.moved > made.changes
    yield "kinds of changes", sum(made.seen[name] > 0 for name in CHANGES) >= len(CHANGES) * 3 // 4
    yield "fifty records each", made.records > 50 * made.changes
    yield "matters apart", len(apart) == 3 and min(apart.values()) > 0
    yield "most matters compared", apart.total() < _MOST_APART * (made.matters + apart.total())


def test_a_few_changes_are_foretold() -> None:
    """The same at a size that can be tried with each defence taken out."""
    made = previews("few", histories=2, changes=6, most=_MOST)
    assert made.differences == []
    assert made.changes == 12


@pytest.mark.parametrize("part", REFUSED)
def test_what_would_move_records_is_refused_by_name(part: str) -> None:
    book = base()
    REFUSED[part](book)
    other, live = loaded(book), loaded(base())
    (refused,) = limits(live, other).refused
    assert part in refused
    with lived("refused", most=60) as place:
        sides = Side(live, stages_of), Side(other, stages_of)
        with pytest.raises(RuleError, match="回测预见不了") as told, backtest(ground(place), *sides):
            pass
        assert part in str(told.value)
        with backtest(ground(place), *sides, as_linked=True) as found:
            assert any(part in line for line in found.told)
            assert (found.records.changed, found.parts[VIEW] > 0) == (0, True)


def test_every_change_loads_and_means_something_else() -> None:
    """A change that changes nothing would be compared in vain."""
    before = loaded(base())
    for name, change in CHANGES.items():
        made = [base() for _ in range(4)]
        for number, book in enumerate(made):
            change(Random(f"{name}/{number}"), book)
        assert any(book != base() for book in made), name
        assert all(loaded(book).digest for book in made)
    assert len({loaded(changed(Random(n))[1]).digest for n in range(20)} | {before.digest}) > 15
