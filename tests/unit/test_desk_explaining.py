"""The middle that explains and replays: one for each rulebook that a decision names, opened from what was stored."""

from __future__ import annotations

import pytest

from engine.desk.explaining import Triages, explain, given
from engine.errors import UsageError
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休，电话13800000001"


def test_the_live_rulebook_is_not_opened_again(place: Installation) -> None:
    with place.desk.store.read() as view:
        triages = Triages(place.desk, view)
        assert triages.of(place.desk.rulebook.digest) is place.desk.stages.triage


def test_a_rulebook_nobody_stored_is_said_to_be_missing(place: Installation) -> None:
    with place.desk.store.read() as view, pytest.raises(UsageError, match="没有存下规则集 ffffffffffff") as fault:
        Triages(place.desk, view).of("f" * 64)
    assert "db verify" in fault.value.hint


def test_one_record_is_told_alone_and_a_matter_whole(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK, days=2), place.call("A2", f"{LEAK}，又漏了", days=1))
    assert [part.subject for part in explain(place.desk, "police_110:A2")] == ["police_110:A2"]
    assert [part.subject for part in explain(place.desk, "police_110:A1")] == ["police_110:A1", "police_110:A2"]


def test_the_text_is_masked_and_rules_that_hit_come_with_all_their_lines(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK, days=2), place.call("A2", f"{LEAK}，又漏了", days=1))
    (part,) = explain(place.desk, "police_110:A2")
    assert "13800000001" not in part.text
    assert "＊" in part.text
    hits = [hit[0] for hit in part.record["hits"]]
    assert [rule for rule, _, _ in part.rules] == hits
    assert all(explanation.lines for _, _, explanation in part.rules)


def test_why_not_tells_of_one_rule_for_every_record(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK, days=2), place.call("A2", f"{LEAK}，又漏了", days=1))
    parts = explain(place.desk, "police_110:A1", why_not="R6")
    assert [[rule for rule, _, _ in part.rules] for part in parts] == [["R6"], ["R6"]]
    assert [part.rules[0][2].lines[0].actual for part in parts] == [1, 2]


def test_what_a_decision_rests_on_is_given_back(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK, days=2), place.call("A2", f"{LEAK}，又漏了", days=1))
    (part,) = explain(place.desk, "police_110:A2")
    held = given(place.desk, part.record)
    assert held.rulebook is place.desk.rulebook
    assert held.features.values["matter.records_180d"] == 2
    assert "record.heads" in {*held.features.values, *held.features.absent}
    assert held.day.isoformat() == part.record["as_of"][:10]
