"""What people say when it is dangerous is caught; what only sounds like it is not.

`fixtures/danger/sentences.jsonl`: 200 dangerous sentences and 300 harmless ones, written before the word lists by somebody who had not seen them.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from engine.model import Outcome
from engine.ruleset import loader
from engine.triage import Triage

SENTENCES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures" / "danger" / "sentences.jsonl").read_text("utf-8").splitlines()
]
DAY = date(2025, 6, 15)


@pytest.fixture(scope="module")
def caught() -> dict[str, set[str]]:
    triage = Triage(loader.load(loader.read_folder(loader.shipped())), engine="trace")
    found = {}
    for sentence in SENTENCES:
        outcomes = triage.tracer.judge(triage.of_text(sentence["text"]), DAY).outcomes
        found[sentence["id"]] = {rule for rule in ("P0", "R1", "R2") if outcomes.get(rule) is Outcome.FIRED}
    return found


def test_at_least_95_per_cent_of_dangerous_sentences_are_caught(caught: dict[str, set[str]]) -> None:
    dangerous = [s for s in SENTENCES if s["label"] != "SAFE"]
    assert len(dangerous) == 200
    missed = [s["id"] for s in dangerous if not caught[s["id"]]]
    assert len(missed) <= 10, missed


def test_ordinary_sentences_stay_quiet(caught: dict[str, set[str]]) -> None:
    ordinary = [s["id"] for s in SENTENCES if s["label"] == "SAFE" and int(s["id"][1:]) > 150]
    assert len(ordinary) == 150
    assert sum(bool(caught[id_]) for id_ in ordinary) <= 2


def test_look_alikes_are_mostly_told_apart(caught: dict[str, set[str]]) -> None:
    alike = [s["id"] for s in SENTENCES if s["label"] == "SAFE" and int(s["id"][1:]) <= 150]
    assert sum(bool(caught[id_]) for id_ in alike) <= 8
