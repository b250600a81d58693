"""What people say in danger in words that no list has: found by its likeness to examples that the matcher was not shown.

The shipped examples are dealt into five; each fifth is judged by the other four. `fixtures/danger/unseen.jsonl`: 270 dangerous and 540 ordinary
texts by two writers who had seen neither rules nor examples, kept out of `rules/` for good: the only honest measure of what is seen.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from engine.features.folding import fold
from engine.features.likeness import Likeness
from engine.model import Colour, Judgement, Outcome
from engine.ruleset import loader
from engine.ruleset.tree import Examples
from engine.triage import Triage

FOLDS, DAY = 5, date(2025, 6, 15)
FIXTURES = Path(__file__).parents[2] / "fixtures" / "danger"


@pytest.fixture(scope="module")
def shipped() -> Examples:
    examples = loader.load(loader.read_folder(loader.shipped())).words["alike"].examples
    assert examples is not None
    return examples


@pytest.fixture(scope="module")
def unseen(shipped: Examples) -> tuple[list[bool], list[bool]]:
    """For every example whether it was found by a matcher that had not seen it: of those like danger, and of the others."""
    found: tuple[list[bool], list[bool]] = ([], [])
    for held in range(FOLDS):
        like = [text for n, text in enumerate(shipped.like) if n % FOLDS != held]
        unlike = [text for n, text in enumerate(shipped.unlike) if n % FOLDS != held]
        made = Likeness(Examples(tuple(like), tuple(unlike), shipped.at_least), {"alike": shipped.at_least})
        for texts, results in zip((shipped.like, shipped.unlike), found, strict=True):
            results += [bool(made.spans(fold(text))) for text in texts[held::FOLDS]]
    return found


def test_there_are_enough_examples_to_compare_with(shipped: Examples) -> None:
    assert len(shipped.like) >= 500
    assert len(shipped.unlike) >= 1_000


def test_two_thirds_of_what_was_never_seen_are_found(unseen: tuple[list[bool], list[bool]]) -> None:
    dangerous, _ = unseen
    assert 3 * sum(dangerous) >= 2 * len(dangerous)


def test_ordinary_texts_never_seen_stay_quiet(unseen: tuple[list[bool], list[bool]]) -> None:
    _, ordinary = unseen
    assert sum(ordinary) <= 0.03 * len(ordinary)


@pytest.fixture(scope="module")
def judged() -> dict[str, list[Judgement]]:
    """What the shipped rules say of the texts that nobody tuned them on, by label."""
    triage = Triage(loader.load(loader.read_folder(loader.shipped())), engine="trace")
    found: dict[str, list[Judgement]] = defaultdict(list)
    for line in (FIXTURES / "unseen.jsonl").read_text("utf-8").splitlines():
        sentence = json.loads(line)
        found[sentence["label"]].append(triage.tracer.judge(triage.of_text(sentence["text"]), DAY))
    return found


def test_four_fifths_of_danger_that_nobody_tuned_for_is_seen_by_somebody(judged: dict[str, list[Judgement]]) -> None:
    assert len(judged["DANGER"]) == 270
    assert sum(judgement.colour > Colour.GREEN for judgement in judged["DANGER"]) >= 0.8 * 270


def test_half_of_it_is_red_at_once(judged: dict[str, list[Judgement]]) -> None:
    assert sum(judgement.colour is Colour.RED for judgement in judged["DANGER"]) >= 0.5 * 270


def test_ordinary_quarrels_and_requests_are_left_alone(judged: dict[str, list[Judgement]]) -> None:
    assert len(judged["SAFE"]) == 400
    alarmed = [one for one in judged["SAFE"] if {"P0", "R1", "R2", "R12"} & one.outcomes.keys()]
    assert len(alarmed) <= 0.015 * 400
    assert sum("Y12" in judgement.outcomes for judgement in judged["SAFE"]) <= 0.03 * 400


def test_danger_in_words_of_its_own_is_seen_by_a_person() -> None:
    triage = Triage(loader.load(loader.read_folder(loader.shipped())), engine="trace")
    text = "隔壁屋里头扑通扑通响了半天，女的喊了一声就再没动静了，门怎么敲都不开"
    judgement = triage.tracer.judge(triage.of_text(text), DAY)
    assert judgement.colour is Colour.YELLOW
    assert dict(judgement.outcomes) == {"C1": Outcome.FIRED, "Y12": Outcome.FIRED}
