"""The one middle: two readers that disagree, what a decision record replays to, and danger in a text that has nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from engine.assessment import points_colour
from engine.evaluate.plan import Scope
from engine.model import Action, Colour, FeatureSet, Judgement, Outcome
from engine.ruleset.tree import Rulebook
from engine.triage import Decision, Triage
from tests.rulebook_samples import facts, rule, rulebook

AT = datetime(2025, 6, 15, 4, tzinfo=UTC)
GREEN, YELLOW, RED = Colour
ROUTES = [{"id": "root", "colour": ["green", "yellow", "red"], "receivers": ["综治中心"]}]


def triage(*rules: Mapping[str, Any], engine: str = "durable", **more: Any) -> Triage:
    held = rulebook(*rules, **more)
    return Triage(replace(held, documents={**held.documents, "routes": ROUTES}), engine=engine)


HEADS = rule("R", {"h": ("record.heads", "at_least", 3)})
WEAPON = rule("W", {"w": ("record.weapon", "is", True)}, colour="yellow")


def decided(held: Triage, known: FeatureSet) -> Decision:
    return held.decide("police_110:J1", AT, features=known, trigger="test")


class Liar:
    """A live reader that says what a test wants."""

    def __init__(self, said: Judgement) -> None:
        self.said = said

    def judge(self, features: FeatureSet, day: date, *, scope: Scope = Scope.RECORD) -> Judgement:
        return self.said


def lied_to(said: Judgement, *rules: Mapping[str, Any], **more: Any) -> Triage:
    held = triage(*rules, **more)
    held._durable = Liar(said)  # type: ignore[assignment]
    return held


QUIET = Judgement({}, {}, 0, GREEN)
FIRED = Judgement({"R": Outcome.FIRED}, {}, 0, RED)


class TestDisagreement:
    """The safer of two readers, and a defect that names the rule."""

    @pytest.mark.parametrize(("said", "heads"), [(QUIET, 5), (FIRED, 1)], ids=["live misses", "live invents"])
    def test_whichever_reader_sees_red_is_followed(self, said: Judgement, heads: int) -> None:
        decision = decided(lied_to(said, HEADS, WEAPON), facts(record__heads=heads))
        assert decision.assessment.colour is RED
        assert [hit.rule for hit in decision.assessment.hits] == ["R"]
        (defect,) = decision.defects
        assert "police_110:J1" in defect
        assert "R（" in defect

    def test_a_review_is_stricter_than_quiet_and_fired_than_a_review(self) -> None:
        review = Judgement({"R": Outcome.REVIEW}, {}, 0, YELLOW)
        below = decided(lied_to(review, HEADS), facts(record__heads=1))
        above = decided(lied_to(review, HEADS), facts(record__heads=3))
        assert (below.assessment.colour, above.assessment.colour) == (YELLOW, RED)
        assert [(hit.colour, hit.review) for hit in below.assessment.hits] == [(YELLOW, True)]
        assert [(hit.colour, hit.review) for hit in above.assessment.hits] == [(RED, False)]
        assert below.defects
        assert above.defects

    def test_more_points_of_either_reader_reach_their_colour(self) -> None:
        points = {"points.yellow": [("2024-01-01", 3)], "points.red": [("2024-01-01", 6)]}
        pointed = rule("P", {"h": ("record.heads", "at_least", 1)}, points=3)
        said = Judgement({"P": Outcome.FIRED}, {}, 6, GREEN)
        assert decided(lied_to(said, pointed, parameters=points), facts(record__heads=1)).assessment.colour is RED

    def test_readers_that_agree_file_nothing(self) -> None:
        held = triage(HEADS, WEAPON)
        for known in (facts(record__heads=5, record__weapon=None), facts(record__heads=0), facts("record.heads")):
            assert decided(held, known).defects == ()

    def test_without_durable_rules_the_tracer_decides_alone(self) -> None:
        held = triage(HEADS, engine="trace")
        assert held.live_engine == "trace"
        assert decided(held, facts(record__heads=5)).assessment.colour is RED
        assert triage(HEADS).live_engine == "durable"


class TestReplay:
    """Law 6: the record alone gives the same bytes."""

    @pytest.mark.parametrize(
        "known",
        [
            facts(record__heads=5, record__weapon=True),
            facts(record__heads=0, record__weapon=False),
            facts("record.weapon", record__heads=None),
            facts("record.heads", "record.weapon"),
            facts(record__marks=("乙", "甲"), record__heads=1),
        ],
    )
    def test_any_facts_replay_to_the_byte(self, known: FeatureSet) -> None:
        held = triage(HEADS, WEAPON)
        decision = decided(held, known)
        assert held.replay(orjson.loads(decision.record)) == decision.record

    def test_unknown_facts_come_back_unknown(self) -> None:
        held = triage(HEADS)
        decision = decided(held, facts(record__heads=None))
        again = held.restore(orjson.loads(decision.record)["facts"], Scope.RECORD)
        assert again.values["record.heads"] is None
        assert decision.assessment.colour is YELLOW
        assert held.replay(orjson.loads(decision.record)) == decision.record

    def test_what_was_absent_stays_absent_and_what_was_zero_is_zero(self) -> None:
        held = triage(HEADS)
        record = orjson.loads(decided(held, facts("record.weapon", record__heads=0)).record)
        again = held.restore(record["facts"], Scope.RECORD)
        assert "record.weapon" not in again.values
        assert again.absent == ("record.weapon",)
        assert again.values["record.heads"] == 0

    def test_a_disagreement_of_its_day_replays_to_the_byte(self) -> None:
        decision = decided(lied_to(FIRED, HEADS), facts(record__heads=1))
        honest = triage(HEADS)
        assert honest.replay(orjson.loads(decision.record)) == decision.record
        assert orjson.loads(decision.record)["colour"] == "red"

    def test_another_threshold_gives_other_bytes(self) -> None:
        decision = decided(triage(HEADS), facts(record__heads=5))
        other = triage(rule("R", {"h": ("record.heads", "at_least", 9)}))
        assert other.replay(orjson.loads(decision.record)) != decision.record

    def test_a_decision_on_a_matter_replays_as_one(self) -> None:
        days = rule("P", {"d": ("process.days_open", "at_least", 7)}, colour="yellow")
        held = triage(days)
        actions = [Action("m", "dispatch", "green", "sanse", AT.replace(day=1), AT.replace(day=1), id="a1")]
        decision = held.assess_matter("m", actions, as_of=AT, yellow_since=None, trigger="process")
        assert decision is not None
        assert decision.assessment.colour is YELLOW
        assert held.replay(orjson.loads(decision.record)) == decision.record

    def test_a_matter_of_which_no_rule_has_anything_to_say_has_no_decision(self) -> None:
        held = triage(rule("P", {"d": ("process.days_open", "at_least", 7)}, colour="yellow"))
        actions = [Action("m", "dispatch", "green", "sanse", AT, AT, id="a1")]
        assert held.assess_matter("m", actions, as_of=AT, yellow_since=None, trigger="process") is None

    def test_equal_facts_have_an_equal_digest_and_others_another(self) -> None:
        held = triage(HEADS)
        digests = [decided(held, facts(record__heads=heads)).assessment.input_digest for heads in (1, 1, 2, None)]
        assert digests[0] == digests[1]
        assert len(set(digests)) == 3


class TestDays:
    """The numbers of the day are those of the calendar in the zone."""

    def test_a_threshold_begins_at_midnight_of_the_zone(self) -> None:
        held = triage(
            rule("R", {"h": ("record.heads", "at_least", "$limit")}),
            parameters={"limit": [("2024-01-01", 5), ("2025-01-01", 2)]},
        )
        for at, colour in (
            (datetime(2024, 12, 31, 15, 59, 59, tzinfo=UTC), GREEN),
            (datetime(2024, 12, 31, 16, tzinfo=UTC), RED),
        ):
            assert held.decide("x", at, features=facts(record__heads=3), trigger="t").assessment.colour is colour

    def test_the_parameters_that_hits_used_are_recorded(self) -> None:
        held = triage(
            rule("R", {"h": ("record.heads", "at_least", "$limit")}),
            parameters={"limit": [("2024-01-01", 5)], "other": [("2024-01-01", 1)]},
        )
        assert orjson.loads(decided(held, facts(record__heads=6)).record)["parameters"] == {"limit": 5}


def test_shadow_rules_are_noted_and_colour_nothing() -> None:
    held = triage(HEADS, rule("S", {"h": ("record.heads", "at_least", 1)}, status="shadow"))
    decision = decided(held, facts(record__heads=1))
    assert decision.shadow == ("S:fired",)
    assert decision.assessment.colour is GREEN


class TestDanger:
    """Ruling 13: the word rules of danger on a text that has nothing else."""

    def dangerous(self, text: str) -> bool:
        base: Rulebook = rulebook(
            rule("P0", {"k": ("words.knife", "is", True)}), rule("X", {"w": ("record.weapon", "exists", False)})
        )
        documents = {**base.documents, "routes": ROUTES, "settings": {"danger_rules": ["P0"]}}
        return Triage(replace(base, documents=documents), engine="trace").danger(text, AT)

    def test_only_rules_of_danger_speak(self) -> None:
        assert self.dangerous("他拿着菜刀")
        assert not self.dangerous("路灯坏了")
        assert not self.dangerous("")


@pytest.mark.parametrize(
    ("points", "colour"), [(-1, GREEN), (0, GREEN), (2, GREEN), (3, YELLOW), (5, YELLOW), (6, RED), (99, RED)]
)
def test_points_reach_a_colour_at_the_bound(points: int, colour: Colour) -> None:
    assert points_colour(points, {"points.yellow": 3, "points.red": 6}) is colour
    assert points_colour(points, {}) is GREEN
