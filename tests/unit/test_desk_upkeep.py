"""What an administrator has to do now and then is told when it is due, with the command that does it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.desk import acting
from engine.desk.backups import backup
from engine.desk.health import Check
from engine.desk.retention import hold
from engine.desk.rotation import SINCE
from engine.desk.upkeep import upkeep
from engine.pipeline import Stages
from engine.ruleset import loader
from tests.conftest import KEYS
from tests.installation import Installation, shipped

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"


def told(place: Installation) -> dict[str, Check]:
    return {check.what: check for check in upkeep(place.desk)}


def test_an_empty_installation_has_nothing_to_do(small_place: Installation) -> None:
    assert [check.well for check in upkeep(small_place.desk)] == [True, True, True, True]


def test_data_without_a_backup_and_with_an_old_one(small_place: Installation, tmp_path: Path) -> None:
    place = small_place
    place.ingest(place.call("A1", LEAK, hours=1))
    assert "从来没有备份过" in told(place)["备份"].found
    assert "sanse db backup" in told(place)["备份"].hint
    backup(place.desk, tmp_path / "backups")
    place.later(hours=47)
    assert told(place)["备份"] == Check("备份", True, "最近一次在 47 小时前")
    place.later(hours=2)
    assert not told(place)["备份"].well
    assert "2 天前" in told(place)["备份"].found


def test_a_key_grows_old_and_a_rotation_is_not_forgotten(small_place: Installation) -> None:
    place = small_place
    with place.desk.store.batch() as tx:
        tx.put_meta(SINCE, place.now.isoformat())
        tx.append_audit("x", "x", {}, place.now)
    place.later(days=729)
    assert told(place)["密钥轮换"].well
    place.later(days=2)
    assert "rotate-keys" in told(place)["密钥轮换"].hint
    place.desk = replace(place.desk, keys=replace(place.desk.keys, former=((1, b"x" * 32),)))
    assert told(place)["密钥轮换"].found == "轮换没有做完"


@pytest.mark.parametrize("held", [False, True])
def test_what_is_past_its_term_is_told_unless_it_is_held(small_place: Installation, held: bool) -> None:
    place = small_place
    place.ingest(place.call("A1", LEAK, hours=1))
    acting.close(place.desk, place.person(), "police_110:A1", means="调解", evidence="协议书")
    if held:
        hold(place.desk, place.person(), "police_110:A1", reason="诉讼")
    assert told(place)["保存期限"].well
    place.later(days=1100)
    assert told(place)["保存期限"].well is held
    assert held or "sanse db purge" in told(place)["保存期限"].hint


@pytest.mark.parametrize(
    ("day", "well", "found"),
    [
        ("2025-11-27T12:00:00+08:00", True, "排到 2026-12-31，含今天 400 天"),
        ("2025-11-28T12:00:00+08:00", True, "排到 2026-12-31，含今天 399 天，最好有 400 天"),
        ("2026-11-27T23:59:59+08:00", True, "排到 2026-12-31，含今天 35 天，最好有 400 天"),
        ("2026-11-28T00:00:00+08:00", False, "排到 2026-12-31，含今天 34 天，不足 35 天"),
        ("2026-12-31T23:59:59+08:00", False, "含今天 1 天"),
        ("2027-01-01T00:00:00+08:00", False, "没有2027年的放假安排"),
    ],
)
def test_days_off_that_are_not_published_are_asked_for_in_time(
    small_place: Installation, day: str, well: bool, found: str
) -> None:
    small_place.ingest(small_place.call("A1", LEAK, hours=1))
    small_place.now = datetime.fromisoformat(day)
    check = told(small_place)["日历"]
    assert (check.well, found in check.found) == (well, True)
    assert ("rules/calendar.yaml" in check.hint) == ("含今天 400 天" not in check.found)


def test_rules_without_a_calendar_are_told_where_to_take_one_from(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", LEAK, hours=1))
    bare = loader.load({name: data for name, data in shipped().files.items() if name != "calendar.yaml"})
    made = Stages.of(bare, index_key=KEYS.index, engine="trace")
    small_place.desk = replace(small_place.desk, rulebook=bare, _stages=[made])
    check = told(small_place)["日历"]
    assert (check.well, "只按周一至周五算" in check.found, "sanse init" in check.hint) == (False, True, True)


def test_on_a_simulated_clock_nobody_waits_for_a_notice(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", LEAK, hours=1))
    small_place.now = datetime.fromisoformat("2027-06-01T12:00:00+08:00")
    assert not told(small_place)["日历"].well
    with small_place.desk.store.batch() as tx:
        tx.put_meta("clock", "simulated")
        tx.append_audit("x", "x", {}, small_place.now)
    assert told(small_place)["日历"].well


def test_where_nothing_has_a_deadline_yet_it_is_only_told(small_place: Installation) -> None:
    small_place.now = datetime.fromisoformat("2026-12-20T12:00:00+08:00")
    check = told(small_place)["日历"]
    assert (check.well, "含今天 12 天" in check.found, "rules/calendar.yaml" in check.hint) == (True, True, True)
