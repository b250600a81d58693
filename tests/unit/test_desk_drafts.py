"""A person's change of a colour as the skeleton of a test: facts and no words, and one that the workbench can run."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from engine.desk import acting
from engine.desk.drafts import as_tests
from engine.errors import UsageError
from engine.model import Colour
from engine.workbench.testing.forms import wrong
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"


def test_a_lowering_drafts_a_test_that_each_rule_set_aside_is_silent(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)))
    person, second = place.person(), place.person("李所长", "lead")
    place.later(days=15)
    acting.act(place.desk, person, "police_110:A9", kind="agreement")
    acting.override(place.desk, person, "police_110:A9", to=Colour.YELLOW, reason="已达成协议", second=second)
    draft = as_tests(place.desk, "police_110:A9")
    (test,) = YAML(typ="safe", pure=True).load(draft)
    assert draft.startswith("# 写到规则 R6")
    assert test["facts"]["matter.incidents_30d"] == 3
    assert test["expect"] == {"match": False, "because": "写明哪一行不成立"}
    assert list(wrong(test)) == []
    assert "漏水" not in draft
    assert "协议" not in draft


def test_a_raising_drafts_a_test_that_the_newest_record_has_that_colour(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK))
    acting.override(place.desk, place.person(), "police_110:A1", to=Colour.RED, reason="老人独居")
    (test,) = YAML(typ="safe", pure=True).load(as_tests(place.desk, "police_110:A1"))
    assert test["expect"] == {"match": True, "colour": "red"}
    assert test["incident"]["kind"] == "police_110"
    assert list(wrong(test)) == []


def test_a_matter_whose_colour_nobody_changed_has_none(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", LEAK))
    with pytest.raises(UsageError, match="没有人改过等级"):
        as_tests(small_place.desk, "police_110:A1")
