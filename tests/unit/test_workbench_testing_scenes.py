"""Scenes: what a test describes becomes records, actions and facts at every moment of its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.evaluate.plan import Scope
from engine.ruleset import loader
from engine.ruleset.tree import Place, Rulebook
from engine.triage import Triage
from engine.workbench.testing.scenes import Scene, Stage, moment, span

BASE = datetime(2025, 6, 15, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return loader.load(loader.read_folder(loader.shipped()))


@pytest.fixture(scope="module")
def stage(rulebook: Rulebook) -> Stage:
    return Stage(rulebook, Triage(rulebook, engine="trace"))


def scene(stage: Stage, rulebook: Rulebook, **test: Any) -> Scene:
    return stage.scene(rulebook.rules[0], {"name": "试", **test}, Place("a.yaml", 1, 1))


def test_spans_and_moments() -> None:
    assert span("-30d1s") == -timedelta(days=30, seconds=1)
    assert span("+12h") == timedelta(hours=12)
    assert moment("+1d", BASE) == BASE + timedelta(days=1)
    assert moment("2025-03-01T10:00:00+08:00", BASE) == datetime(2025, 3, 1, 2, tzinfo=UTC)
    assert moment("2025-03-01T10:00:00", BASE) == datetime(2025, 3, 1, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="读不懂"):
        span("昨天")


def test_every_step_of_a_clock_sees_what_was_done_until_then(stage: Stage, rulebook: Rulebook) -> None:
    made = scene(
        stage,
        rulebook,
        given=[{"at": "-1d", "action": "dispatch"}, {"at": "+1d", "action": "mediation_tried"}],
        steps=[{"as_of": "+12h", "expect": {"match": False}}, {"as_of": "+36h", "expect": {"match": False}}],
    )
    assert [view.step for view in made.views] == ["+12h", "+36h"]
    assert [view.scope for view in made.views] == [Scope.MATTER, Scope.MATTER]
    assert [view.features.values["process.mediation_tried"] for view in made.views] == [False, True]
    assert [view.at - BASE for view in made.views] == [timedelta(hours=12), timedelta(hours=36)]


def test_records_share_what_they_say_they_share(stage: Stage, rulebook: Rulebook) -> None:
    made = scene(
        stage,
        rulebook,
        given=[{"at": "-1d", "same": ["matter", "caller"], "kind": "petition"}, {"at": "-2d", "same": ["hotspot"]}],
        incident={"narrative": "反映楼下油烟"},
        expect={"match": False},
    )
    facts = made.views[0].features.values
    assert (facts["matter.records_180d"], facts["hotspot.persons_30d"], facts["pair.channels_7d"]) == (2, 2, 2)
    assert made.texts == ("反映楼下油烟", "", "")


def test_facts_are_set_outright(stage: Stage, rulebook: Rulebook) -> None:
    made = scene(stage, rulebook, facts={"record.weapon": None, "words.dv": True}, expect={"match": False})
    facts = made.views[0].features
    assert facts.values["record.weapon"] is None
    assert facts.values["words.dv"] is True
    assert "record.weapon" not in facts.absent


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({}, "缺“expect”"),
        ({"expect": {"mach": True}}, "是不是“match”"),
        ({"expect": {"match": True}, "incidents": {}}, "是不是“incident”"),
        ({"expect": {"match": True}, "given": [{"same": ["matter"]}]}, "缺“given.0.at”"),
        ({"expect": {"match": True}, "given": [{"at": "-1天"}]}, "读不懂"),
        ({"expect": {"match": True}, "incident": {"heads": "三"}}, "第 7 章"),
    ],
)
def test_a_test_that_cannot_be_read_says_why(stage: Stage, rulebook: Rulebook, test: dict[str, Any], said: str) -> None:
    made = scene(stage, rulebook, **test)
    assert said in made.fault
    assert made.views == ()
