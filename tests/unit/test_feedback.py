"""Feedback: bounds as the textbooks have them, signs only where enough is known, proposals as drafts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.feedback import (
    FEWEST,
    NOISY,
    SHADOW_JUDGED,
    SILENT,
    Course,
    Graded,
    Hits,
    Pair,
    ShadowFigures,
    Share,
    of_rules,
    pairs,
    proposals,
    yardstick,
)
from engine.model import Colour
from engine.ruleset.tree import Rule
from tests.rulebook_samples import rule, rulebook

START = datetime(2025, 1, 1, tzinfo=UTC)
RED, YELLOW, GREEN = Colour.RED, Colour.YELLOW, Colour.GREEN


def rules(*names: str) -> tuple[Rule, ...]:
    return rulebook(*(rule(name, {"h": ("record.heads", "at_least", 1)}) for name in names)).rules


def hits(fired: dict[str, frozenset[str]], *, days: int = 100, last: int = 99, records: int = 0) -> Hits:
    names = {name for of in fired.values() for name in of}
    at = START + timedelta(days=last)
    newest = START + timedelta(days=days)
    return Hits(
        fired,
        {record: f"m{record}" for record in fired},
        dict.fromkeys(names, at),
        START,
        newest,
        records or len(fired),
    )


class TestShare:
    """Counts with bounds."""

    @pytest.mark.parametrize(
        ("count", "of", "low", "high"),
        [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (30, 100, 0.2189, 0.3958), (0, 0, 0.0, 1.0)],
    )  # fmt: skip
    def test_wilson(self, count: int, of: int, low: float, high: float) -> None:
        assert Share(count, of).bounds == pytest.approx((low, high), abs=5e-4)

    def test_none_of_fifty_nine_is_at_most_five_per_cent_and_none_of_fifty_eight_is_not(self) -> None:
        assert Share(0, 59).at_most == pytest.approx(1 - 0.05 ** (1 / 59))
        assert Share(0, 59).at_most <= 0.05 < Share(0, 58).at_most
        assert Share(2, 40).at_most == pytest.approx(0.1491, abs=5e-4)
        assert Share(3, 3).at_most == Share(0, 0).at_most == 1.0


class TestYardstick:
    """Under- and over-triage of a sample that was graded blind."""

    def test_misses_are_of_what_people_call_red_and_alarms_of_what_the_machine_does(self) -> None:
        graded = [
            Graded(machine, frozenset(), grade)
            for machine, grade in ((GREEN, RED), (RED, RED), (RED, YELLOW), (RED, GREEN), (YELLOW, GREEN))
        ]
        found = yardstick(graded)
        assert (found.graded, found.under, found.over) == (5, Share(1, 2), Share(2, 3))

    def test_it_says_nothing_before_enough_is_known(self) -> None:
        assert yardstick([Graded(RED, frozenset(), RED)] * 58).under_well is None
        assert yardstick([Graded(RED, frozenset(), RED)] * 59).under_well is True
        assert yardstick([Graded(GREEN, frozenset(), RED)] * 10).under_well is False
        assert yardstick([]).under_well is None


class TestRules:
    """Figures of one rule."""

    def test_records_matters_and_what_people_made_of_them(self) -> None:
        held = hits({"a": frozenset({"A"}), "b": frozenset({"A"}), "c": frozenset({"B"})})
        courses = {
            "ma": Course(frozenset({"A"}), closed=True, came_back=True),
            "mb": Course(frozenset({"B"}), raised=True),
        }
        one, other = of_rules(rules("A", "B"), held, courses, [Graded(RED, frozenset({"A"}), YELLOW)])
        assert (one.records, one.matters, one.lowered, one.raised, one.came_back) == (
            2,
            2,
            Share(1, 2),
            Share(1, 2),
            Share(1, 1),
        )
        assert one.right == Share(0, 1)
        assert (other.records, other.lowered, other.right) == (1, Share(0, 1), Share(0, 0))

    def test_a_rule_is_silent_only_when_it_could_have_spoken_for_sixty_days(self) -> None:
        assert of_rules(rules("A"), hits({}, days=59), {}, ())[0].signs == ()
        assert of_rules(rules("A"), hits({}, days=60), {}, ())[0].signs == (SILENT,)
        fired = {"a": frozenset({"A"})}
        assert of_rules(rules("A"), hits(fired, days=100, last=40), {}, ())[0].signs == (SILENT,)
        assert of_rules(rules("A"), hits(fired, days=100, last=41), {}, ())[0].signs == ()

    def test_a_rule_is_noisy_only_when_it_is_surely_beyond_the_band(self) -> None:
        def lowered(count: int, of: int) -> tuple[str, ...]:
            fired = {str(n): frozenset({"A"}) for n in range(of)}
            courses = {f"m{n}": Course(frozenset({"A"})) for n in range(count)}
            return of_rules(rules("A"), hits(fired), courses, ())[0].signs

        assert lowered(FEWEST - 1, FEWEST - 1) == ()
        assert lowered(4, 8) == (), "half of eight may be a third"
        assert lowered(40, 80) == (NOISY,)

    def test_what_was_graded_lower_counts_too(self) -> None:
        graded = [Graded(RED, frozenset({"A"}), GREEN)] * 10
        assert of_rules(rules("A"), hits({"a": frozenset({"A"})}), {}, graded)[0].signs == (NOISY,)


def test_pairs_are_counted_and_those_that_add_nothing_stand_first() -> None:
    both, one = frozenset({"A", "B"}), frozenset({"B"})
    fired = (
        {str(n): both for n in range(FEWEST)} | {"x": one} | {f"c{n}": frozenset({"B", "C"}) for n in range(FEWEST + 1)}
    )
    fired |= {"y": frozenset({"C"})}
    found = pairs(hits(fired))
    assert found == [Pair("A", "B", 5, 0, 7), Pair("B", "C", 6, 6, 1)]
    assert [pair.always for pair in found] == [True, False]
    assert pairs(hits({str(n): both for n in range(FEWEST - 1)})) == []


def test_proposals_are_drafts_and_name_their_counts() -> None:
    fired = {str(n): frozenset({"A", "B"}) for n in range(40)}
    held = hits(fired)
    figures = of_rules(rules("A", "B", "S"), held, {f"m{n}": Course(frozenset({"A"})) for n in range(40)}, ())
    graded = yardstick([Graded(GREEN, frozenset(), RED)])
    found = list(proposals(figures, pairs(held), graded))
    assert [one.rule for one in found] == ["A", "S", "A", ""]
    assert "40 件里 40 件" in found[0].why
    assert all(one.draft.startswith("#") for one in found), "a remark: nothing that could be loaded by mistake"


def test_a_shadow_rule_is_ready_after_days_and_grades() -> None:
    def shadow(days: int, right: Share) -> ShadowFigures:
        return ShadowFigures("S", "S", "red", START, days, 10, 1, 0, 0, (), right)

    assert len(shadow(29, Share(0, 0)).unmet) == 2
    assert shadow(30, Share(SHADOW_JUDGED, SHADOW_JUDGED)).unmet == ()
    assert "只有 5 件" in shadow(30, Share(5, SHADOW_JUDGED)).unmet[0]
