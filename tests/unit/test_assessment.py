"""An assessment: highest colour first, invariants that raise, points as one reason, flags that expire, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.assessment import Assessor, Ruling, show
from engine.model import Assessment, Colour, FeatureSet, Judgement, Outcome, Value
from engine.ruleset.tree import Feature, FeatureKind, Rulebook
from tests.rulebook_samples import facts, rule, rulebook

AT = datetime(2024, 2, 29, 16, tzinfo=UTC)
GREEN, YELLOW, RED = Colour
FIRED, REVIEW = Outcome.FIRED, Outcome.REVIEW
HEADS: Mapping[str, tuple[str, str, Any]] = {"h": ("record.heads", "at_least", 3)}


def never(id_: str, *colours: str) -> dict[str, Any]:
    return {
        "id": id_,
        "title": f"底线{id_}",
        "colour": list(colours),
        "let": {"w": {"feature": "record.weapon", "is": True}},
    }


def assessed(
    held: Rulebook,
    outcomes: Mapping[str, Outcome] | None = None,
    *,
    colour: Colour = GREEN,
    points: int = 0,
    known: FeatureSet | None = None,
    parameters: Mapping[str, Value] | None = None,
    **ruling: Any,
) -> Assessment:
    judged = Judgement(outcomes or {}, {}, points, colour)
    return Assessor(held).assess(
        "police_110:J1",
        AT,
        trigger="test",
        ruling=Ruling(judged, ruling.pop("unknowns", {}), held=ruling.pop("back", ()), **ruling),
        features=known or facts(record__heads=5),
        parameters=parameters or {},
        input_digest="d",
    )


def rules(made: Assessment) -> Sequence[tuple[str, Colour]]:
    return [(hit.rule, hit.colour) for hit in made.hits]


class TestHits:
    def test_the_reddest_stand_first_and_equals_by_id(self) -> None:
        held = rulebook(rule("Y", HEADS, colour="yellow"), rule("B", HEADS), rule("A", HEADS))
        made = assessed(held, {"Y": FIRED, "B": FIRED, "A": FIRED}, colour=RED)
        assert rules(made) == [("A", RED), ("B", RED), ("Y", YELLOW)]
        assert made.reasons == ("A：理由", "B：理由", "Y：理由")

    def test_conclusions_and_flags_are_no_hits(self) -> None:
        concluding = rule("C", HEADS, conclude={"made.crowd": True})
        held = rulebook(concluding, rule("A", HEADS))
        assert rules(assessed(held, {"C": FIRED, "A": FIRED}, colour=RED)) == [("A", RED)]

    def test_a_review_is_yellow_and_names_what_is_unknown(self) -> None:
        made = assessed(rulebook(rule("A", HEADS)), {"A": REVIEW}, colour=YELLOW, unknowns={"A": ("record.heads",)})
        (hit,) = made.hits
        assert (hit.colour, hit.review) == (YELLOW, True)
        assert "record.heads" in hit.reason
        assert made.missing == ("record.heads",)

    def test_the_evidence_is_the_record_and_all_that_its_facts_counted(self) -> None:
        known = FeatureSet({"record.heads": 5}, {"record.heads": ("b", "a"), "record.topic": ("z",)})
        (hit,) = assessed(rulebook(rule("A", HEADS)), {"A": FIRED}, colour=RED, known=known).hits
        assert hit.evidence == ("a", "b", "police_110:J1")
        assert hit.key == "A|a,b,police_110:J1"

    def test_what_the_source_does_not_carry_is_said_to_be_absent(self) -> None:
        made = assessed(rulebook(rule("A", HEADS)), known=facts("record.weapon", record__heads=1))
        assert made.missing == ("record.weapon（来源无此字段）",)


class TestNever:
    """Invariants raise past every colour they forbid, never above red, never down."""

    @pytest.mark.parametrize(
        ("forbidden", "before", "after"),
        [
            (("green",), GREEN, YELLOW),
            (("green", "yellow"), GREEN, RED),
            (("yellow",), GREEN, GREEN),
            (("yellow",), YELLOW, RED),
            (("green",), YELLOW, YELLOW),
            (("green", "yellow"), RED, RED),
        ],
    )
    def test_one(self, forbidden: tuple[str, ...], before: Colour, after: Colour) -> None:
        held = rulebook(rule("A", HEADS), never=[never("N1", *forbidden)])
        made = assessed(held, colour=before, nevers=("N1",))
        assert made.colour is after
        assert (rules(made) == [("N1", after)]) is (before is not after)

    def test_two_in_a_row_each_leave_their_reason(self) -> None:
        held = rulebook(rule("A", HEADS), never=[never("N1", "green"), never("N2", "yellow")])
        made = assessed(held, nevers=("N1", "N2"))
        assert made.colour is RED
        assert rules(made) == [("N2", RED), ("N1", YELLOW)]
        assert all("底线" in reason for reason in made.reasons)


class TestPoints:
    BOUNDS: Mapping[str, Value] = {"points.yellow": 3, "points.red": 6}

    @pytest.mark.parametrize(("points", "colour"), [(2, None), (3, YELLOW), (6, RED)])
    def test_their_sum_is_one_reason_that_names_the_rules(self, points: int, colour: Colour | None) -> None:
        held = rulebook(rule("B", HEADS, points=1), rule("A", HEADS, points=2))
        made = assessed(held, {"B": FIRED, "A": FIRED}, points=points, colour=colour or GREEN, parameters=self.BOUNDS)
        if colour is None:
            assert made.reasons[0].startswith("G0")
        else:
            assert rules(made) == [("POINTS", colour)]
            assert f"{points}分（A、B）" in made.reasons[0]


class TestHandback:
    @pytest.mark.parametrize(("outcome", "back"), [(FIRED, True), (REVIEW, False)])
    def test_only_a_rule_that_surely_fired_hands_back(self, outcome: Outcome, *, back: bool) -> None:
        held = rulebook(rule("P0", HEADS, handback=True), rule("A", HEADS))
        assert assessed(held, {"P0": outcome}, colour=RED).handback is back
        assert not assessed(held, {"A": FIRED}, colour=RED).handback


class TestFlags:
    FLAG: Mapping[str, Any] = {
        "title": "同一人多次",
        "expires": "90d",
        "unless": {"hot": {"feature": "record.weapon", "is": True}},
    }

    def test_a_flag_expires_and_lists_what_was_checked(self) -> None:
        held = rulebook(rule("A2", HEADS, flag=self.FLAG))
        made = assessed(held, {"A2": FIRED}, raised=("A2",))
        (flag,) = made.flags
        assert flag.expires_at == AT + timedelta(days=90)
        assert flag.checked == ("record.weapon",)
        assert (made.colour, made.hits) == (GREEN, ()), "a flag is never a colour"

    def test_what_holds_it_back_is_told(self) -> None:
        book = rulebook(rule("A2", HEADS, flag=self.FLAG))
        made = assessed(book, {"A2": FIRED}, back=[("A2", ("hot",))])
        assert made.flags == ()
        assert made.considered == ("A2：已考虑“同一人多次”，因record.weapon未标记",)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (True, "", "是"),
        (False, "", "否"),
        (("甲", "乙"), "", "甲、乙"),
        (7, "", "7"),
        (3_000_000, "fen", "3万元"),
        (50_000_000, "fen", "50万元"),
        (150_000_000, "fen", "150万元"),
        (123_456, "fen", "1234.56元"),
        (100, "fen", "1元"),
        (5, "fen", "0.05元"),
        (86_400, "seconds", "1天"),
        (86_399, "seconds", "23小时"),
        (0, "seconds", "0小时"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Value, unit: str, shown: str) -> None:
    feature = Feature(name="x", title="", kind=FeatureKind.FIELD, type="int", unit=unit)
    assert show(value, feature) == shown
