"""Is everything sound: what is looked at, what is said, and which anchors are believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.desk.health import anchor, audit, checks, verify
from engine.errors import UsageError
from engine.pipeline import Stages
from tests.conftest import KEYS
from tests.installation import Installation, shipped

pytest_plugins = ["tests.places"]

LAMP = "村口的路灯坏了一个多星期没有人来修理"


def well(place: Installation) -> dict[str, bool]:
    """What a quick look says."""
    return {check.what: check.well for check in checks(place.desk)}


def test_a_new_place_lacks_only_people(place: Installation) -> None:
    assert [what for what, fine in well(place).items() if not fine] == ["人员"]
    place.person()
    assert all(well(place).values())


def test_what_waits_and_what_differs_is_named_with_a_cure(place: Installation) -> None:
    place.person()
    place.ingest(place.call("A1", LAMP) | {"报警时间": "某日"})
    with place.desk.store.batch() as tx:
        tx.write_defects(["police_110:A1：两个判读器不一致，已取较高者：R1（fired/quiet）"], place.now)
    found = {check.what: check for check in checks(place.desk)}
    assert (found["隔离待处理"].well, found["隔离待处理"].found) == (False, "1 行")
    assert not found["判读器一致"].well
    assert "R1（fired/quiet）" in found["判读器一致"].found
    assert all(check.hint for check in found.values() if not check.well)


def test_another_engine_than_configured_is_told(small_place: Installation) -> None:
    traced = Stages.of(shipped(), index_key=KEYS.index, engine="trace")
    small_place.desk = replace(small_place.desk, _stages=[traced])
    assert not well(small_place)["判读引擎"]


def test_a_sound_place_verifies_shallow_and_deep(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LAMP, caller=n) for n in range(5)))
    for deep in (False, True):
        result = verify(place.desk, deep=deep)
        assert result.sound, result.findings
        assert result.counts["sightings"] == 5


def test_an_anchor_kept_elsewhere_is_believed_only_when_it_is_ours(place: Installation) -> None:
    place.ingest(place.call("A1", LAMP))
    kept = anchor(place.desk)
    assert audit(place.desk, anchors=[kept]).sound
    assert verify(place.desk, anchors=[kept]).sound
    word, seq, at, mac, seal = kept.split()
    other = ("0" if seal[0] != "0" else "1") + seal[1:]
    for line, said in (
        (f"{word} {seq} {at} {mac} {other}", "第 2 个锚点不是这个数据库打的"),
        (f"{word} {seq} {int(at) + 1} {mac} {seal}", "第 2 个锚点不是这个数据库打的"),
        ("sanse-anchor one two", "第 2 个锚点读不懂"),
        ("hello", "第 2 个锚点读不懂"),
        (f"other-anchor {seq} {at} {mac} {seal}", "第 2 个锚点读不懂"),
    ):
        with pytest.raises(UsageError, match=said):
            audit(place.desk, anchors=[kept, line])
