"""Drawing and replaying: how many, which, and what an empty place says."""

from __future__ import annotations

import pytest

from engine.desk.replaying import replay, sample
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"


def test_an_empty_place_has_nothing_to_replay(place: Installation) -> None:
    assert list(sample(place.desk, 100)) == []


@pytest.mark.parametrize(("asked", "drawn"), [(0, 0), (1, 1), (3, 3), (7, 7), (8, 7)])
def test_as_many_as_asked_while_there_are_as_many(small_place: Installation, asked: int, drawn: int) -> None:
    small_place.ingest(*(small_place.call(f"A{n}", LEAK, caller=n) for n in range(7)))
    results = list(sample(small_place.desk, asked))
    assert len(results) == drawn
    assert len({result.seq for result in results}) == drawn
    assert all(result.same for result in results)


def test_a_matter_id_that_is_also_a_record_means_the_matter(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK, days=2), place.call("A2", f"{LEAK}，又漏了", days=1))
    assert {result.subject for result in replay(place.desk, ["police_110:A1"])} == {"police_110:A1", "police_110:A2"}
    assert {result.subject for result in replay(place.desk, ["police_110:A2"])} == {"police_110:A2"}


def test_several_references_come_in_their_order(place: Installation) -> None:
    place.ingest(place.call("A1", LEAK, caller=1), place.call("B1", LEAK, caller=2))
    subjects = [result.subject for result in replay(place.desk, ["police_110:B1", "police_110:A1"])]
    assert subjects == ["police_110:B1", "police_110:A1"]
