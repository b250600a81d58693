"""Histories that are drawn and the query by hand: the same answers as the product, and a wrong one is noticed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bench import bulk, county, history
from bench.rescoring import Hand
from engine.desk.rescoring import Which, rescored
from engine.rescore import Questions, scanning
from engine.rescore.answers import Answers
from engine.ruleset.parameters import values_at
from engine.store.exchange import Exchange
from engine.store.manifest import FORMAT
from tests.installation import Installation, shipped
from tests.orders import KNOWN_AT, in_order, take_in, township

pytest_plugins = ["tests.places"]

SIZE = 1_500


@pytest.mark.parametrize("lane", ["many", "hot"])
def test_a_drawn_history_is_judged_as_the_plain_readers_judge_it(
    lane: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(county, "OUT", tmp_path)
    found = bulk.measure(SIZE, lane)
    assert (found["checked"], found["incidents"]) == (200, SIZE)
    assert 0 < found["changed"] <= SIZE
    held = Exchange(tmp_path / f"drawn-{FORMAT}-{SIZE}-{lane}").records(0, SIZE)
    persons = np.unique(held["person"].to_numpy(zero_copy_only=False), return_counts=True)[1]
    assert (persons.max() > SIZE * 0.04) == (lane == "hot")
    assert "answers checked" in history.table([found], [])
    monkeypatch.setattr(scanning, "SPAN", 300)
    monkeypatch.setattr(Questions, "longest", property(lambda _: 0, lambda *_: None), raising=False)
    with pytest.raises(AssertionError, match="differs"):
        bulk.measure(SIZE, lane)


def test_by_hand_the_same_is_said_and_other_numbers_are_noticed(
    small_place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, file = small_place, small_place.url.removeprefix("sqlite:///")
    place.now = KNOWN_AT
    take_in(place.url, in_order(township(160, 10), 7), 80)
    decided: list[Answers] = []
    inner = scanning.computed
    monkeypatch.setattr(scanning, "computed", lambda *of: decided.append(inner(*of)) or decided[-1])
    with rescored(place.desk, Which()) as found:
        assert found.changed == 0
    limits, labels = dict(values_at(shipped(), date.max)), Questions(shipped()).labels
    place.desk.store.close()
    Hand(file, limits).check(decided, labels)
    with pytest.raises(AssertionError, match="by hand"):
        Hand(file, limits | {"repeat.yellow_30d": 1}).check(decided, labels)
