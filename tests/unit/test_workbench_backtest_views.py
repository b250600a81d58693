"""Views of a back-test: a colour where every possible past gives one, else nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.casework import RecordView
from engine.features.process import DISPATCH
from engine.model import Action, Colour
from engine.triage import Triage
from engine.workbench.backtest.views import Case, View, Viewer
from tests.property.rulebook_changes import base, loaded

DAY = timedelta(days=1)
START = datetime(2025, 3, 1, tzinfo=UTC)
ID = "police_110:1"
G, Y, R = Colour


@pytest.fixture(scope="module")
def triage() -> Triage:
    """Rules of which one asks since when a matter is yellow (30 days), one whether it was tried within 14 or 20 days."""
    return Triage(loaded(base()), engine="trace")


def record(number: int, *, day: float, colour: Colour = G, closed: bool = False) -> RecordView:
    at = START + day * DAY
    return RecordView(f"police_110:{number}", at, at, True, colour, closed)


def done(kind: str, *, day: float, level: str = "", actor: str = "sanse") -> Action:
    at = START + day * DAY
    return Action(ID, kind, level, actor, at, at, "", id=f"{kind}{day}")


def case(
    records: Sequence[RecordView], *actions: Action, plain: bool = True, once: bool = True, quiet: bool = True
) -> Case:
    return Case(ID, tuple(records), actions, plain, once, quiet)


def seen(triage: Triage, held: Case, colours: Sequence[Colour], *, day: float, steady: bool = True) -> View:
    return Viewer(triage, steady=steady, newer_than=7 * DAY).view(held, colours, START + day * DAY)


TRIED = done("mediation_tried", day=1, actor="李四")


def test_a_matter_stands_where_its_records_do_and_what_its_process_says(triage: Triage) -> None:
    held = case([record(1, day=0)], done(DISPATCH, day=0))
    assert seen(triage, held, [G], day=5) == View(G)
    assert seen(triage, held, [R], day=5) == View(R)
    assert seen(triage, held, [G], day=60) == View(Y, ("Y8",))


def test_judged_once_it_is_yellow_since_its_first_yellow_record(triage: Triage) -> None:
    held = case([record(1, day=0), record(2, day=20)], done(DISPATCH, day=0), TRIED)
    assert seen(triage, held, [G, Y], day=49).colour is Y
    assert seen(triage, held, [G, Y], day=50) == View(R, ("R9",))
    assert seen(triage, held, [Y, Y], day=31).colour is R


@pytest.mark.parametrize("loose", [{"once": False}, {"plain": False}])
def test_judged_twice_nobody_knows_since_when_and_nothing_is_said(triage: Triage, loose: dict[str, bool]) -> None:
    held = case([record(1, day=0), record(2, day=20)], done(DISPATCH, day=0), TRIED, **loose)
    assert seen(triage, held, [G, Y], day=49).colour is None
    assert seen(triage, held, [G, Y], day=29).colour is Y, "no past makes it thirty days"


def test_under_new_windows_a_record_must_be_quiet(triage: Triage) -> None:
    loose, quiet = (case([record(1, day=0)], done(DISPATCH, day=0), TRIED, quiet=q) for q in (False, True))
    assert seen(triage, loose, [Y], day=40, steady=False).colour is None
    assert seen(triage, quiet, [Y], day=40, steady=False).colour is R
    assert seen(triage, loose, [Y], day=40, steady=True).colour is R


def test_what_suppliers_closed_is_dispatched_as_soon_as_it_is_not_green(triage: Triage) -> None:
    """Green it never was, and never had a clock; yellow it would have been, and be thirty days old."""
    undispatched = case([record(1, day=0, closed=True)])
    assert seen(triage, undispatched, [G], day=60) == View(G)
    assert seen(triage, undispatched, [Y], day=60) == View(R, ("R9", "Y8"), imagined=True)
    assert seen(triage, undispatched, [Y], day=5) == View(Y), "its records alone make it so"
    dispatched = case([record(1, day=0, closed=True, colour=Y)], done(DISPATCH, day=0))
    assert seen(triage, dispatched, [G], day=60) == View(G)


def test_what_people_did_may_open_what_suppliers_closed(triage: Triage) -> None:
    """A village that failed makes it yellow, and so it is dispatched then: thirty days after it is red."""
    failed = done("mediation_failed", day=2, level="village", actor="李四")
    held = case([record(1, day=0, closed=True, colour=Y)], done(DISPATCH, day=0), failed)
    assert seen(triage, held, [G], day=31) == View(Y, ("Y7",))
    assert seen(triage, held, [G], day=32).colour is R


def test_only_what_hangs_on_a_dispatch_that_never_was_is_imagined(triage: Triage) -> None:
    """What people did makes it yellow without any dispatch."""
    failed = done("mediation_failed", day=2, level="village", actor="李四")
    held = case([record(1, day=0, closed=True)], failed)
    assert seen(triage, held, [G], day=20) == View(Y, ("Y7",))
    assert seen(triage, held, [Y], day=20) == View(Y, ("Y7",))
    dispatched = case([record(1, day=0)], done(DISPATCH, day=0))
    assert not seen(triage, dispatched, [Y], day=60).imagined


def test_a_log_that_colours_do_not_explain_is_not_explained_away(triage: Triage) -> None:
    """Dispatched although closed and green: a merge, or older rules, of which these rules know nothing."""
    held = case([record(1, day=0, closed=True)], done(DISPATCH, day=9))
    assert seen(triage, held, [G], day=60).colour is None


def test_after_an_outcome_a_dispatch_hangs_on_colours(triage: Triage) -> None:
    held = case(
        [record(1, day=0)],
        done(DISPATCH, day=0),
        done("mediation_succeeded", day=2, actor="李四"),
        done("contact", day=3),
    )
    assert seen(triage, held, [G], day=5).colour is G
    assert seen(triage, held, [G], day=60).colour is None


def test_an_outcome_does_not_prove_the_dispatch_before_it(triage: Triage) -> None:
    """What its supplier closed was dispatched because it was yellow, before an older outcome was written; green it never had been."""
    held = case(
        [record(1, day=1, closed=True, colour=Y)],
        replace(done("mediation_succeeded", day=0, actor="李四"), known_at=START + 1.2 * DAY),
        done(DISPATCH, day=1),
        done("mediation_failed", day=40, level="village", actor="李四"),
    )
    assert seen(triage, held, [G], day=400).colour is None
    assert seen(triage, replace(held, records=(record(1, day=1, colour=Y),)), [G], day=400).colour is R


def test_each_part_of_what_people_joined_was_dispatched_as_its_own_colour_was(triage: Triage) -> None:
    """The eldest was open, and too old for a dispatch; the other was closed, and would have been dispatched had it not been green."""
    records = [record(1, day=0), record(2, day=20, closed=True)]
    joined = case(records, done("mediation_tried", day=30, actor="李四"), plain=False)
    assert seen(triage, joined, [Y, Y], day=75).colour is None
    assert (
        seen(triage, case([record(1, day=0), record(2, day=20)], *joined.actions, plain=False), [Y, Y], day=75).colour
        is Y
    )


def test_what_was_told_again_may_have_been_closed_before(triage: Triage) -> None:
    """Open as it was told last; an older version may have said that it was closed, and then it was dispatched only if it was not green."""
    told = case([record(1, day=0)])
    assert seen(triage, told, [Y], day=60) == View(Y)
    assert seen(triage, replace(told, retold=True), [Y], day=60).colour is None
    assert seen(triage, replace(told, retold=True), [R], day=60) == View(R)
