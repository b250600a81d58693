"""The tracer: judges layer by layer on the thresholds of the day, and says why line by line."""

from __future__ import annotations

from datetime import date

import pytest

from engine.evaluate.plan import Scope
from engine.evaluate.trace import Tracer
from engine.model import Colour, Outcome
from tests.rulebook_samples import facts, rule, rulebook

DAY = date(2025, 6, 15)
WEAPON = {"w": ("record.weapon", "is", True)}
FIRED, REVIEW, QUIET = Outcome.FIRED, Outcome.REVIEW, Outcome.QUIET


def test_nothing_fires_in_an_empty_rulebook() -> None:
    held = Tracer(rulebook()).judge(facts(record__weapon=True), DAY)
    assert (held.outcomes, held.concluded, held.points, held.colour) == ({}, {}, 0, Colour.GREEN)


def test_quiet_rules_are_not_listed() -> None:
    tracer = Tracer(rulebook(rule("R", WEAPON)))
    assert tracer.judge(facts(record__weapon=False), DAY).outcomes == {}
    assert tracer.judge(facts("record.weapon"), DAY).outcomes == {}
    assert tracer.judge(facts(record__weapon=True), DAY).outcomes == {"R": FIRED}
    assert tracer.judge(facts(record__weapon=None), DAY).outcomes == {"R": REVIEW}


def test_the_unknown_in_a_line_that_decides_nothing_is_no_reason_for_review() -> None:
    tracer = Tracer(rulebook(rule("R", {**WEAPON, "h": ("record.heads", "at_least", 3)}, "w and h")))
    assert tracer.judge(facts(record__weapon=None, record__heads=2), DAY).outcomes == {}
    assert tracer.judge(facts(record__weapon=None, record__heads=3), DAY).outcomes == {"R": REVIEW}


def test_on_missing_speaks_of_the_rule_and_never_makes_a_negation_false() -> None:
    lines = {"w": ("record.weapon", "is", True)}
    tracer = Tracer(rulebook(rule("R", lines, "not w", on_missing={"record.weapon": "yes"})))
    assert tracer.judge(facts(record__weapon=None), DAY).outcomes == {"R": FIRED}
    assert tracer.judge(facts(record__weapon=True), DAY).outcomes == {}


LEAP = rulebook(
    rule("R", {"h": ("record.heads", "at_least", "$limit")}),
    parameters={"limit": [("2024-02-29", 5), ("2024-03-01", 4), ("2024-12-31", 3), ("2025-01-01", 2)]},
)


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        ("2020-01-01", 5),
        ("2024-02-28", 5),
        ("2024-02-29", 5),
        ("2024-03-01", 4),
        ("2024-12-30", 4),
        ("2024-12-31", 3),
        ("2025-01-01", 2),
        ("9999-12-31", 2),
    ],
)
def test_the_value_of_the_day_holds_and_before_the_first_the_first(day: str, limit: int) -> None:
    tracer, on = Tracer(LEAP), date.fromisoformat(day)
    assert tracer.judge(facts(record__heads=limit - 1), on).outcomes == {}
    assert tracer.judge(facts(record__heads=limit), on).outcomes == {"R": FIRED}


LAYERED = rulebook(
    rule("armed", WEAPON, conclude={"made.armed": True}),
    rule("seen", {"k": ("words.knife", "is", True)}, conclude={"made.armed": True}, status="shadow"),
    rule("red", {"a": ("made.armed", "is", True)}),
    rule("hidden", {"a": ("made.armed", "is", True)}, colour="yellow", status="shadow"),
)


def test_live_rules_see_conclusions_of_live_rules_and_shadow_rules_those_of_both() -> None:
    tracer = Tracer(LAYERED)
    by_word = tracer.judge(facts(record__weapon=False, words__knife=True), DAY, shadow=True)
    assert by_word.outcomes == {"seen": FIRED, "hidden": FIRED}
    assert (by_word.concluded, by_word.colour) == ({"made.armed": False}, Colour.GREEN)
    by_mark = tracer.judge(facts(record__weapon=True, words__knife=False), DAY, shadow=True)
    assert by_mark.outcomes == {"armed": FIRED, "red": FIRED, "hidden": FIRED}
    assert by_mark.concluded == {"made.armed": True}


def test_shadow_rules_are_judged_only_when_asked() -> None:
    held = Tracer(LAYERED).judge(facts(record__weapon=True, words__knife=True), DAY)
    assert held.outcomes == {"armed": FIRED, "red": FIRED}


def test_a_conclusion_in_review_leaves_its_fact_unknown_and_its_readers_in_review() -> None:
    held = Tracer(LAYERED).judge(facts(record__weapon=None, words__knife=False), DAY)
    assert held.concluded == {"made.armed": None}
    assert held.outcomes == {"armed": REVIEW, "red": REVIEW}
    assert held.colour is Colour.YELLOW


def test_a_conclusion_of_nobody_reads_as_known_to_be_false() -> None:
    held = rulebook(
        rule("draft", WEAPON, conclude={"made.x": True}, status="draft"),
        rule("R", {"x": ("made.x", "exists", True), "y": ("made.x", "is", False)}),
    )
    assert Tracer(held).judge(facts(record__weapon=True), DAY).outcomes == {"R": FIRED}


def test_on_a_matter_only_rules_of_the_process_are_judged() -> None:
    held = rulebook(rule("R", WEAPON), rule("P", {"d": ("process.days_open", "at_least", 7)}, colour="yellow"))
    known = facts(record__weapon=True, process__days_open=7)
    assert Tracer(held).judge(known, DAY).outcomes == {"R": FIRED}
    assert Tracer(held).judge(known, DAY, scope=Scope.MATTER).outcomes == {"P": FIRED}


FLAG = rulebook(
    rule(
        "F",
        {"k": ("words.knife", "is", True)},
        flag={
            "title": "复核",
            "expires": "90d",
            "unless": {
                "hurt": {"feature": "record.injury", "is": True},
                "many": {"feature": "record.heads", "at_least": "$limit"},
            },
        },
    ),
    parameters={"limit": [("2024-01-01", 3), ("2025-01-01", 5)]},
)


@pytest.mark.parametrize(
    ("injury", "heads", "back"),
    [
        (False, 4, ()),
        (True, 4, ("hurt",)),
        (None, 4, ("hurt",)),
        (False, 5, ("many",)),
        (None, None, ("hurt", "many")),
    ],
)
def test_a_flag_is_raised_only_if_every_line_against_it_is_surely_false(
    injury: bool | None, heads: int | None, back: tuple[str, ...]
) -> None:
    tracer, known = Tracer(FLAG), facts(words__knife=True, record__injury=injury, record__heads=heads)
    raised, considered = tracer.flags(known, DAY, tracer.judge(known, DAY))
    assert raised == (() if back else ("F",))
    assert considered == ((("F", back),) if back else ())


def test_what_a_source_does_not_carry_holds_no_flag_back_and_the_limit_is_that_of_the_day() -> None:
    tracer, known = Tracer(FLAG), facts("record.injury", words__knife=True, record__heads=4)
    assert tracer.flags(known, DAY, tracer.judge(known, DAY)) == (("F",), ())
    last_day = date(2024, 12, 31)
    assert tracer.flags(known, last_day, tracer.judge(known, last_day)) == ((), (("F", ("many",)),))


def test_a_flag_whose_rule_does_not_fire_is_neither_raised_nor_considered() -> None:
    tracer, known = Tracer(FLAG), facts(words__knife=False, record__injury=True)
    assert tracer.flags(known, DAY, tracer.judge(known, DAY)) == ((), ())


def test_an_invariant_speaks_only_where_it_is_surely_true() -> None:
    held = rulebook(
        rule("armed", WEAPON, conclude={"made.armed": True}),
        never=[
            {
                "id": "N1",
                "title": "绝不为绿",
                "let": {"a": {"feature": "made.armed", "is": True}, "h": {"feature": "record.heads", "at_least": 2}},
                "when": "a and h",
                "colour": ["green"],
            }
        ],
    )
    tracer = Tracer(held)
    for weapon, heads, expected in ((True, 2, ("N1",)), (None, 2, ()), (True, None, ()), (True, 1, ())):
        known = facts(record__weapon=weapon, record__heads=heads)
        assert tracer.nevers(known, DAY, tracer.judge(known, DAY)) == expected


EXPLAINED = rulebook(
    rule(
        "R",
        {
            "w": ("record.weapon", "is", True),
            "h": ("record.heads", "at_least", "$limit"),
            "t": ("record.topic", "in", ["noise", "$word"]),
        },
        "w and (h or t)",
        on_missing={"record.heads": "no"},
    ),
    parameters={"limit": [("2024-01-01", 3)], "word": [("2024-01-01", "neighbours")]},
)


def test_an_explanation_has_every_line_without_short_circuit() -> None:
    told = Tracer(EXPLAINED).explain("R", facts("record.topic", record__weapon=False, record__heads=None), DAY)
    assert [(line.name, line.state, line.verdict) for line in told.lines] == [
        ("w", "known", False),
        ("h", "unknown", None),
        ("t", "absent", False),
    ]
    assert (told.verdict, told.outcome, told.unknown) == (False, QUIET, ())


def test_an_explanation_tells_bounds_parameters_and_what_was_done_about_the_unknown() -> None:
    told = Tracer(EXPLAINED).explain("R", facts(record__weapon=True, record__heads=None, record__topic="a"), DAY)
    weapon, heads, topic = told.lines
    assert (weapon.bound, weapon.parameter, weapon.actual) == (True, "", True)
    assert (heads.bound, heads.parameter, heads.actual) == (3, "limit", None)
    assert (topic.bound, topic.parameter, topic.actual) == (("noise", "neighbours"), "", "a")
    assert (told.verdict, told.outcome, told.unknown) == (None, QUIET, ("record.heads",))


def test_an_explanation_sees_the_conclusions_that_the_rule_sees() -> None:
    tracer, known = Tracer(LAYERED), facts(record__weapon=False, words__knife=True)
    assert tracer.explain("red", known, DAY).lines[0].actual is False
    assert tracer.explain("hidden", known, DAY).lines[0].actual is True


def test_an_unknown_rule_has_no_explanation() -> None:
    with pytest.raises(KeyError):
        Tracer(EXPLAINED).explain("X", facts(), DAY)


def test_unknowns_names_the_facts_of_unknown_lines_once() -> None:
    lines = {
        "a": ("record.heads", "at_least", 2),
        "b": ("record.heads", "at_most", 9),
        "c": ("record.heads", "exists", True),
    }
    tracer = Tracer(rulebook(rule("R", {**lines, **WEAPON}, "w or a and b or c")))
    assert tracer.unknowns("R", facts(record__heads=None, record__weapon=None), DAY) == (
        "record.heads",
        "record.weapon",
    )
    assert tracer.unknowns("R", facts("record.heads", record__weapon=None), DAY) == ("record.weapon",)
