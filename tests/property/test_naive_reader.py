"""The naive reader against examples of docs/rule-language.md, each expected value worked out on paper."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.model import Colour
from tests.property.naive_reader import UNKNOWN, Verdict, read

DAY = date(2025, 6, 15)
GREEN, YELLOW, RED = Colour.GREEN, Colour.YELLOW, Colour.RED
TRUTHS = {"t": True, "f": False, "u": UNKNOWN}


def rule(name: str, let: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A live rule; red unless another kind is named."""
    made: dict[str, Any] = {"id": name, "title": name, "status": "live", "because": name, "let": let, **keys}
    if not {"colour", "points", "conclude", "flag"} & set(keys):
        made["colour"] = "red"
    return made


def line(feature: str, **comparison: Any) -> dict[str, Any]:
    return {"feature": feature, **comparison}


def yes(feature: str) -> dict[str, dict[str, Any]]:
    return {"x": line(feature, **{"is": True})}


def judge(rules: list[dict[str, Any]], facts: dict[str, Any], *, day: date = DAY, **keys: Any) -> Verdict:
    """Rules and everything else in two files; `scope` and `shadow` go to the reader, other keys into the files."""
    options = {name: keys.pop(name) for name in ("scope", "shadow") if name in keys}
    return read({"rules.yaml": {"rules": rules}, "rest.yaml": keys}, facts, day, **options)


def outcome(made: dict[str, Any], facts: dict[str, Any], **keys: Any) -> str:
    verdict = judge([made], facts, **keys)
    if made["id"] in verdict.fired:
        return "fires"
    return "review" if made["id"] in verdict.review else "quiet"


# -- operators --------------------------------------------------------------------------------------------------------

OPERATORS = [
    ({"is": True}, True, "fires"),
    ({"is": True}, False, "quiet"),
    ({"is": False}, False, "fires"),
    ({"is": 1}, True, "quiet"),  # same type: a boolean is no number
    ({"is": 3}, 3, "fires"),
    ({"is": "noise"}, "noise", "fires"),
    ({"is": "noise"}, "Noise", "quiet"),
    ({"in": ["noise", "leak"]}, "leak", "fires"),
    ({"in": ["noise", "leak"]}, "debt", "quiet"),
    ({"in": [1, 2]}, 2, "fires"),
    ({"in": []}, "noise", "quiet"),
    ({"not_in": ["noise", "leak"]}, "debt", "fires"),
    ({"not_in": ["noise", "leak"]}, "noise", "quiet"),
    ({"not_in": []}, "noise", "fires"),
    ({"at_least": 3}, 3, "fires"),
    ({"at_least": 3}, 2, "quiet"),
    ({"at_most": 3}, 3, "fires"),
    ({"at_most": 3}, 4, "quiet"),
    ({"more_than": 3}, 4, "fires"),
    ({"more_than": 3}, 3, "quiet"),
    ({"less_than": 3}, 2, "fires"),
    ({"less_than": 3}, 3, "quiet"),
    ({"between": [2, 4]}, 2, "fires"),
    ({"between": [2, 4]}, 4, "fires"),
    ({"between": [2, 4]}, 5, "quiet"),
    ({"between": [4, 2]}, 3, "quiet"),
    ({"has_any": ["old", "child"]}, ["child", "woman"], "fires"),
    ({"has_any": ["old", "child"]}, ["woman"], "quiet"),
    ({"has_any": ["old"]}, [], "quiet"),
    ({"exists": True}, False, "fires"),
    ({"exists": False}, False, "quiet"),
]


@pytest.mark.parametrize(("comparison", "value", "expected"), OPERATORS)
def test_a_known_fact_is_compared(comparison: dict[str, Any], value: Any, expected: str) -> None:
    assert outcome(rule("R", {"x": line("f", **comparison)}), {"f": value}) == expected


BOUNDS: list[dict[str, Any]] = [
    {"is": True}, {"in": ["a"]}, {"not_in": ["a"]}, {"at_least": 0}, {"at_most": 9}, {"more_than": 0},
    {"less_than": 9}, {"between": [0, 9]}, {"has_any": ["a"]},
]  # fmt: skip


@pytest.mark.parametrize("comparison", BOUNDS)
def test_a_comparison_with_an_absent_fact_is_false(comparison: dict[str, Any]) -> None:
    made = rule("R", {"x": line("f", **comparison)})
    assert outcome(made, {}) == "quiet"
    assert outcome({**made, "when": "not x"}, {}) == "fires"


@pytest.mark.parametrize("comparison", BOUNDS)
def test_a_comparison_with_an_unknown_fact_is_unknown(comparison: dict[str, Any]) -> None:
    made = rule("R", {"x": line("f", **comparison)})
    assert outcome(made, {"f": UNKNOWN}) == "review"
    assert outcome({**made, "when": "not x"}, {"f": UNKNOWN}) == "review"


@pytest.mark.parametrize(("wanted", "on_unknown", "on_absent"), [(True, "quiet", "quiet"), (False, "fires", "fires")])
def test_exists_is_never_unknown(wanted: bool, on_unknown: str, on_absent: str) -> None:
    made = rule("R", {"x": line("f", exists=wanted)})
    assert outcome(made, {"f": UNKNOWN}) == on_unknown
    assert outcome(made, {}) == on_absent


def test_a_boolean_is_no_number() -> None:
    with pytest.raises(TypeError):
        judge([rule("R", {"x": line("f", at_least=1)})], {"f": True})


# -- when -------------------------------------------------------------------------------------------------------------

CONDITIONS = [
    ("a", "u", "review"),
    ("not a", "f", "fires"),
    ("not a", "u", "review"),
    ("not not a", "t", "fires"),
    ("a and b", "tt", "fires"),
    ("a and b", "tu", "review"),
    ("a and b", "fu", "quiet"),
    ("a and b", "uf", "quiet"),
    ("a or b", "ff", "quiet"),
    ("a or b", "fu", "review"),
    ("a or b", "ut", "fires"),
    ("a or b and c", "tff", "fires"),  # and before or: a or (b and c)
    ("(a or b) and c", "tff", "quiet"),
    ("not a and b", "ff", "quiet"),  # (not a) and b; not (a and b) would fire
    ("not (a and b)", "ff", "fires"),
    ("not a or b", "tt", "fires"),  # (not a) or b; not (a or b) would be quiet
    ("a and not b or c", "tft", "fires"),
    ("1 of [a, b, c]", "fuf", "review"),
    ("1 of [a, b, c]", "fft", "fires"),
    ("2 of [a, b, c]", "ttf", "fires"),
    ("2 of [a, b, c]", "ttu", "fires"),
    ("2 of [a, b, c]", "tuf", "review"),
    ("2 of [a, b, c]", "uuf", "review"),
    ("2 of [a, b, c]", "uff", "quiet"),
    ("3 of [a, b, c]", "ttu", "review"),
    ("3 of [a, b, c]", "uuf", "quiet"),
    ("not 2 of [a, b, c]", "tff", "fires"),
    ("2 of [a, (b or c), (not c)]", "fft", "quiet"),  # false, true, false
    ("2 of [a, (b or c), (not c)]", "fut", "quiet"),  # unknown or true is true; the others are false
    ("2 of [a, (b or c), (not c)]", "tuf", "fires"),  # true, unknown, true
    ("2 of [a, b, c] and a", "ftt", "quiet"),
]


@pytest.mark.parametrize(("when", "truths", "expected"), CONDITIONS)
def test_when_is_three_valued(when: str, truths: str, expected: str) -> None:
    let = {name: line(name, **{"is": True}) for name in "abc"[: len(truths)]}
    facts = {name: TRUTHS[truth] for name, truth in zip("abc", truths, strict=False)}
    assert outcome(rule("R", let, when=when), facts) == expected


@pytest.mark.parametrize(
    "when", ["a and", "a b", "3 of [a, b]", "0 of [a]", "(a", "a & b", "2 of [a, not b]", "a and or", "a and &", ""]
)
def test_a_condition_outside_the_grammar_is_refused(when: str) -> None:
    let = {name: line(name, **{"is": True}) for name in "ab"}
    with pytest.raises(ValueError, match="when:"):
        judge([rule("R", let, when=when)], {"a": True, "b": True})


# -- on_missing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "review"),
        ({"f": "yes"}, "fires"),  # strictest of yes, review
        ({"f": "no"}, "review"),  # strictest of no, review (default of g)
        ({"f": "no", "g": "no"}, "quiet"),
        ({"f": "no", "g": "yes"}, "fires"),
    ],
)
def test_the_strictest_answer_decides(answers: dict[str, str], expected: str) -> None:
    made = rule("R", {"a": line("f", at_least=1), "b": line("g", at_least=1)}, when="a or b", on_missing=answers)
    assert outcome(made, {"f": UNKNOWN, "g": UNKNOWN}) == expected


def test_all_three_answers_at_once_are_yes() -> None:
    let = {name: line(name, **{"is": True}) for name in "abc"}
    made = rule("R", let, when="2 of [a, b, c]", on_missing={"a": "no", "b": "yes"})
    assert outcome(made, dict.fromkeys("abc", UNKNOWN)) == "fires"


def test_on_missing_speaks_of_the_rule_never_of_the_line() -> None:
    made = rule("R", yes("f"), when="not x", on_missing={"f": "yes"})
    assert outcome(made, {"f": UNKNOWN}) == "fires"
    assert outcome({**made, "on_missing": {"f": "no"}}, {"f": UNKNOWN}) == "quiet"


def test_on_missing_says_nothing_where_the_condition_is_decided() -> None:
    made = rule("R", {**yes("f"), "y": line("g", **{"is": True})}, when="x and y", on_missing={"f": "yes"})
    assert outcome(made, {"f": UNKNOWN, "g": False}) == "quiet"


def test_on_missing_says_nothing_about_an_absent_fact() -> None:
    assert outcome(rule("R", yes("f"), on_missing={"f": "yes"}), {}) == "quiet"


def test_a_line_that_when_does_not_name_is_not_asked() -> None:
    let = {"a": line("f", at_least=1), "b": line("g", at_least=1)}
    made = rule("R", let, when="a", on_missing={"f": "no", "g": "yes"})
    assert outcome(made, {"f": UNKNOWN, "g": UNKNOWN}) == "quiet"


def test_a_line_that_is_not_unknown_itself_is_not_asked() -> None:
    let = {"a": line("f", exists=True), "b": line("g", at_least=1)}
    made = rule("R", let, when="a or b", on_missing={"f": "yes", "g": "no"})
    assert outcome(made, {"f": UNKNOWN, "g": UNKNOWN}) == "quiet"


def test_another_answer_than_the_three_is_refused() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        judge([rule("R", yes("f"), on_missing={"f": "perhaps"})], {"f": UNKNOWN})


# -- parameters -------------------------------------------------------------------------------------------------------

DATED = {
    "repeat.red_30d": {"values": [{"from": "2025-07-01", "value": 5}, {"from": "2025-01-01", "value": 3}]},
    "repeat.red_180d": {"values": [{"from": date(2025, 1, 1), "value": 6}]},
}


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2025, 6, 30), 3, "fires"),
        (date(2025, 7, 1), 4, "quiet"),  # 5 from this very day
        (date(2025, 7, 1), 5, "fires"),
        (date(2026, 1, 1), 4, "quiet"),
        (date(2024, 12, 31), 3, "fires"),  # before the first: the first
        (date(2024, 12, 31), 2, "quiet"),
    ],
)
def test_a_parameter_has_the_value_of_the_day(day: date, count: int, expected: str) -> None:
    made = rule("R6", {"x": line("matter.incidents_30d", at_least="$repeat.red_30d")})
    assert outcome(made, {"matter.incidents_30d": count}, day=day, parameters=DATED) == expected


@pytest.mark.parametrize(
    ("in_30d", "in_180d", "expected"),
    [(3, 3, "fires"), (2, 6, "fires"), (2, 5, "quiet"), (UNKNOWN, 6, "fires"), (UNKNOWN, 5, "review")],
)
def test_the_page_s_own_rule_r6(in_30d: Any, in_180d: int, expected: str) -> None:
    let = {
        "thrice": line("matter.incidents_30d", at_least="$repeat.red_30d"),
        "steady": line("matter.incidents_180d", at_least="$repeat.red_180d"),
    }
    made = rule("R6", let, when="thrice or steady", on_missing={"matter.incidents_30d": "review"})
    facts = {"matter.incidents_30d": in_30d, "matter.incidents_180d": in_180d}
    verdict = judge([made], facts, parameters=DATED)
    assert outcome(made, facts, parameters=DATED) == expected
    assert verdict.colour == {"fires": RED, "review": YELLOW, "quiet": GREEN}[expected]


def test_a_parameter_may_stand_inside_a_list() -> None:
    made = rule("R", {"x": line("f", between=[1, "$repeat.red_30d"])})
    assert outcome(made, {"f": 3}, parameters=DATED) == "fires"
    assert outcome(made, {"f": 4}, parameters=DATED) == "quiet"


# -- colour and points ------------------------------------------------------------------------------------------------


def test_nothing_fires_and_it_is_green() -> None:
    verdict = judge([rule("R", yes("f"))], {"f": False})
    assert (verdict.colour, verdict.fired, verdict.review, verdict.points) == (GREEN, frozenset(), frozenset(), 0)


def test_the_highest_colour_wins_and_every_rule_is_listed() -> None:
    rules = [rule("R", yes("f")), rule("Y", yes("f"), colour="yellow"), rule("Q", yes("g"))]
    verdict = judge(rules, {"f": True, "g": UNKNOWN})
    assert (verdict.colour, verdict.fired, verdict.review) == (RED, {"R", "Y"}, {"Q"})


def test_a_red_rule_in_review_gives_yellow() -> None:
    assert judge([rule("R", yes("f"))], {"f": UNKNOWN}).colour == YELLOW


def test_a_points_rule_in_review_gives_yellow_and_no_points() -> None:
    verdict = judge([rule("P", yes("f"), points=90)], {"f": UNKNOWN}, parameters=THRESHOLDS)
    assert (verdict.colour, verdict.points, verdict.review) == (YELLOW, 0, {"P"})


THRESHOLDS = {
    "points.yellow": {"values": [{"from": "2025-01-01", "value": 30}]},
    "points.red": {"values": [{"from": "2025-01-01", "value": 60}, {"from": "2025-09-01", "value": 70}]},
}


@pytest.mark.parametrize(
    ("true_facts", "points", "colour", "later"),
    [
        ("", 0, GREEN, GREEN),
        ("a", 29, GREEN, GREEN),
        ("b", 30, YELLOW, YELLOW),
        ("ab", 59, YELLOW, YELLOW),
        ("abc", 60, RED, YELLOW),  # later red begins at 70
        ("bd", 70, RED, RED),
    ],
)
def test_points_are_added_and_compared(true_facts: str, points: int, colour: Colour, later: Colour) -> None:
    weights = {"a": 29, "b": 30, "c": 1, "d": 40}
    rules = [rule(name, yes(name), points=weight) for name, weight in weights.items()]
    facts = {name: name in true_facts for name in weights}
    verdict = judge(rules, facts, parameters=THRESHOLDS)
    assert (verdict.points, verdict.colour, verdict.fired) == (points, colour, set(true_facts))
    assert judge(rules, facts, parameters=THRESHOLDS, day=date(2025, 9, 1)).colour == later


def test_without_the_parameters_points_give_no_colour() -> None:
    verdict = judge([rule("P", yes("f"), points=100)], {"f": True})
    assert (verdict.points, verdict.colour, verdict.fired) == (100, GREEN, {"P"})


@pytest.mark.parametrize(("only", "colour"), [("points.yellow", YELLOW), ("points.red", RED)])
def test_each_of_the_two_parameters_gives_its_colour_alone(only: str, colour: Colour) -> None:
    verdict = judge([rule("P", yes("f"), points=100)], {"f": True}, parameters={only: THRESHOLDS[only]})
    assert (verdict.points, verdict.colour) == (100, colour)


# -- status -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["draft", "retired"])
@pytest.mark.parametrize("kind", [{"colour": "red"}, {"points": 90}, {"conclude": {"c": True}}])
def test_drafts_and_retired_rules_are_never_evaluated(status: str, kind: dict[str, Any]) -> None:
    verdict = judge([rule("R", yes("f"), status=status, **kind)], {"f": True}, shadow=True, parameters=THRESHOLDS)
    assert (verdict.colour, verdict.fired, verdict.points) == (GREEN, frozenset(), 0)
    assert verdict.concluded.get("c", False) is False


def test_a_shadow_rule_is_logged_and_never_acts() -> None:
    rules = [rule("S", yes("f"), status="shadow"), rule("P", yes("f"), status="shadow", points=90)]
    plain = judge(rules, {"f": True}, parameters=THRESHOLDS)
    logged = judge(rules, {"f": True}, shadow=True, parameters=THRESHOLDS)
    assert (plain.colour, plain.points, plain.fired) == (GREEN, 0, frozenset())
    assert (logged.colour, logged.points, logged.fired) == (GREEN, 0, {"S", "P"})
    assert judge(rules, {"f": UNKNOWN}, shadow=True).review == {"S", "P"}


def test_a_shadow_rule_in_review_gives_no_yellow() -> None:
    assert judge([rule("S", yes("f"), status="shadow")], {"f": UNKNOWN}).colour == GREEN


# -- conclusions and layers -------------------------------------------------------------------------------------------

SUSPECTED = {"conclude": {"dv.suspected": True}}


@pytest.mark.parametrize(
    ("fact", "concluded", "colour"),
    [(True, True, RED), (False, False, GREEN), (UNKNOWN, UNKNOWN, YELLOW)],
)
def test_a_conclusion_is_true_false_or_unknown(fact: Any, concluded: Any, colour: Colour) -> None:
    rules = [rule("R", yes("dv.suspected")), rule("C", yes("f"), **SUSPECTED)]  # the reader stands first
    verdict = judge(rules, {"f": fact})
    assert (verdict.concluded, verdict.colour) == ({"dv.suspected": concluded}, colour)
    assert verdict.review == ({"C", "R"} if fact is UNKNOWN else frozenset())


def test_a_conclude_rule_alone_gives_no_colour() -> None:
    rules = [rule("C", yes("f"), **SUSPECTED)]
    assert (judge(rules, {"f": True}).colour, judge(rules, {"f": True}).fired) == (GREEN, {"C"})
    assert (judge(rules, {"f": UNKNOWN}).colour, judge(rules, {"f": UNKNOWN}).review) == (GREEN, {"C"})


@pytest.mark.parametrize(("answer", "concluded"), [("yes", True), ("no", False), ("review", UNKNOWN)])
def test_on_missing_decides_what_is_concluded(answer: str, concluded: Any) -> None:
    verdict = judge([rule("C", yes("f"), on_missing={"f": answer}, **SUSPECTED)], {"f": UNKNOWN})
    assert verdict.concluded == {"dv.suspected": concluded}


@pytest.mark.parametrize(
    ("f", "g", "concluded"),
    [(True, UNKNOWN, True), (False, UNKNOWN, UNKNOWN), (False, False, False)],
)
def test_two_rules_conclude_one_fact(f: Any, g: Any, concluded: Any) -> None:
    verdict = judge([rule("C1", yes("f"), **SUSPECTED), rule("C2", yes("g"), **SUSPECTED)], {"f": f, "g": g})
    assert verdict.concluded == {"dv.suspected": concluded}


def test_a_false_conclusion_is_known_and_an_unknown_one_is_not() -> None:
    concluding = rule("C", yes("f"), **SUSPECTED)
    no = rule("N", {"x": line("dv.suspected", **{"is": False})})
    known = rule("E", {"x": line("dv.suspected", exists=True)})
    assert judge([concluding, no, known], {"f": False}).fired == {"N", "E"}
    verdict = judge([concluding, no, known], {"f": UNKNOWN})
    assert (verdict.fired, verdict.review) == (frozenset(), {"C", "N"})


def test_three_layers_in_any_order_of_files() -> None:
    first = rule("A", yes("f"), conclude={"one": True})
    second = rule("B", yes("one"), when="not x", conclude={"two": True})
    third = rule("Z", {"x": line("one", **{"is": True}), "y": line("two", **{"is": True})}, when="x and not y")
    for order in ([first, second, third], [third, second, first], [second, third, first]):
        files = {f"{number}.yaml": {"rules": [made]} for number, made in enumerate(order)}
        verdict = read(files, {"f": True}, DAY)
        assert (verdict.fired, verdict.concluded) == ({"A", "Z"}, {"one": True, "two": False})
        assert read(files, {"f": False}, DAY).concluded == {"one": False, "two": True}


def test_a_cycle_is_refused() -> None:
    rules = [rule("A", yes("two"), conclude={"one": True}), rule("B", yes("one"), conclude={"two": True})]
    with pytest.raises(ValueError, match="cycle"):
        judge(rules, {})


def test_live_rules_see_live_conclusions_only_and_shadow_rules_see_both() -> None:
    rules = [
        rule("SC", yes("f"), status="shadow", **SUSPECTED),
        rule("LC", yes("g"), **SUSPECTED),
        rule("L", yes("dv.suspected")),
        rule("S", yes("dv.suspected"), status="shadow"),
    ]
    only_shadow = judge(rules, {"f": True, "g": False}, shadow=True)
    assert (only_shadow.fired, only_shadow.colour) == ({"SC", "S"}, GREEN)
    assert only_shadow.concluded == {"dv.suspected": True}
    assert judge(rules, {"f": True, "g": False}).concluded == {"dv.suspected": False}
    only_live = judge(rules, {"f": False, "g": True}, shadow=True)
    assert (only_live.fired, only_live.colour) == ({"LC", "L", "S"}, RED)


# -- flags ------------------------------------------------------------------------------------------------------------

FLAG = {"title": "短期多次", "expires": "90d", "unless": {"late": {"feature": "late", "is": True}}}


@pytest.mark.parametrize(
    ("late", "raised"),
    [({"late": False}, True), ({}, True), ({"late": True}, False), ({"late": UNKNOWN}, False)],
)
def test_a_flag_is_raised_only_if_every_unless_is_surely_false(late: dict[str, Any], raised: bool) -> None:
    verdict = judge([rule("A1", yes("f"), flag=FLAG)], {"f": True, **late})
    assert (verdict.flags, verdict.considered) == (({"A1"}, frozenset()) if raised else (frozenset(), {"A1"}))
    assert (verdict.colour, verdict.fired) == (GREEN, {"A1"})


def test_a_flag_rule_in_review_is_quiet() -> None:
    verdict = judge([rule("A1", yes("f"), flag=FLAG)], {"f": UNKNOWN})
    assert (verdict.colour, verdict.fired, verdict.review, verdict.flags) == (
        GREEN,
        frozenset(),
        frozenset(),
        frozenset(),
    )


def test_a_shadow_flag_is_not_raised() -> None:
    verdict = judge([rule("A1", yes("f"), flag=FLAG, status="shadow")], {"f": True}, shadow=True)
    assert (verdict.fired, verdict.flags, verdict.considered) == ({"A1"}, frozenset(), frozenset())


def test_unless_reads_conclusions() -> None:
    flag = {**FLAG, "unless": {"dv": {"feature": "dv.suspected", "is": True}}}
    rules = [rule("A1", yes("f"), flag=flag), rule("C", yes("g"), **SUSPECTED)]
    assert judge(rules, {"f": True, "g": True}).considered == {"A1"}
    assert judge(rules, {"f": True, "g": UNKNOWN}).considered == {"A1"}
    assert judge(rules, {"f": True, "g": False}).flags == {"A1"}


# -- process rules ----------------------------------------------------------------------------------------------------

FEATURES = {
    "process.days_open": {"title": "天数", "process": "days_open"},
    "matter.failed": {"title": "失败次数", "count": "actions", "same": "matter"},
    "matter.incidents": {"title": "警情数", "count": "incidents", "same": "matter", "within": "30d"},
}


def test_process_rules_are_judged_on_matters_and_action_rules_on_both() -> None:
    rules = [
        rule("open", {"x": line("process.days_open", at_least=3)}),
        rule("failed", {"x": line("matter.failed", at_least=3)}),
        rule(
            "both", {"x": line("process.days_open", at_least=3), "y": line("matter.failed", at_least=3)}, when="x and y"
        ),
        rule("repeat", {"x": line("matter.incidents", at_least=3)}),
        rule(
            "mixed", {"x": line("matter.incidents", at_least=3), "y": line("matter.failed", at_least=3)}, when="x or y"
        ),
    ]
    facts = {"process.days_open": 3, "matter.failed": 3, "matter.incidents": 3}
    assert judge(rules, facts, features=FEATURES).fired == {"failed", "repeat", "mixed"}
    assert judge(rules, facts, features=FEATURES, scope="matter").fired == {"open", "failed", "both"}


def test_a_process_rule_gives_a_record_no_review_either() -> None:
    made = rule("open", {"x": line("process.days_open", at_least=3)})
    assert judge([made], {"process.days_open": UNKNOWN}, features=FEATURES).colour == GREEN
    assert judge([made], {"process.days_open": UNKNOWN}, features=FEATURES, scope="matter").colour == YELLOW


def test_a_line_of_unless_counts_as_read() -> None:
    flag = {**FLAG, "unless": {"open": {"feature": "process.days_open", "at_least": 3}}}
    made = rule("A1", {"x": line("matter.failed", at_least=3)}, flag=flag)
    facts = {"process.days_open": 2, "matter.failed": 3}
    assert judge([made], facts, features=FEATURES).fired == frozenset()
    assert judge([made], facts, features=FEATURES, scope="matter").flags == {"A1"}


# -- never ------------------------------------------------------------------------------------------------------------


def invariant(*colours: str) -> dict[str, Any]:
    let = {"weapon": line("words.weapon", **{"is": True}), "minor": line("words.minor", **{"is": True})}
    return {"id": "N1", "title": "绝不", "let": let, "when": "weapon and minor", "colour": list(colours)}


@pytest.mark.parametrize(
    ("colours", "minor", "colour"),
    [
        (("green",), True, YELLOW),
        (("green",), False, GREEN),
        (("green",), UNKNOWN, GREEN),  # only while it is surely true
        (("green", "yellow"), True, RED),
        (("yellow",), True, GREEN),
    ],
)
def test_never_raises_to_the_next_colour_not_listed(colours: tuple[str, ...], minor: Any, colour: Colour) -> None:
    verdict = judge([], {"words.weapon": True, "words.minor": minor}, never=[invariant(*colours)])
    assert verdict.colour == colour
    assert verdict.violated == ({"N1"} if colour != GREEN else frozenset())
