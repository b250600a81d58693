"""What an administrator has to do now and then is told when it is due, with the command that does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.desk import acting
from engine.desk.backups import backup
from engine.desk.health import Check
from engine.desk.retention import hold
from engine.desk.rotation import SINCE
from engine.desk.upkeep import upkeep
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"


def told(place: Installation) -> dict[str, Check]:
    return {check.what: check for check in upkeep(place.desk)}


def test_an_empty_installation_has_nothing_to_do(small_place: Installation) -> None:
    assert [check.well for check in upkeep(small_place.desk)] == [True, True, True]


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
    assert told(place)["密钥"].well
    place.later(days=2)
    assert "rotate-keys" in told(place)["密钥"].hint
    place.desk = replace(place.desk, keys=replace(place.desk.keys, former=((1, b"x" * 32),)))
    assert told(place)["密钥"].found == "轮换没有做完"


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
