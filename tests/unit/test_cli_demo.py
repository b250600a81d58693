"""The edges of the demo: which folder it may take, and what its clerk does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cli.demo import _claim, work_off
from engine.desk.reading import show
from engine.errors import UsageError
from tests.installation import Installation

pytest_plugins = ["tests.places"]

WANTED = {"seed": 7, "records": 300}
LAMP = "村口的路灯坏了一个多星期没有人来修理"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"


class TestFolder:
    def test_a_free_folder_is_claimed_and_known_again(self, tmp_path: Path) -> None:
        assert not _claim(tmp_path / "demo", WANTED, taken=False)
        assert _claim(tmp_path / "demo", WANTED, taken=True)

    def test_another_year_is_named(self, tmp_path: Path) -> None:
        _claim(tmp_path, WANTED, taken=False)
        with pytest.raises(UsageError, match="--seed 7 --records 300"):
            _claim(tmp_path, WANTED | {"seed": 8}, taken=True)

    def test_a_real_installation_is_left_alone(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="正式的安装"):
            _claim(tmp_path, WANTED, taken=True)
        assert list(tmp_path.iterdir()) == []


class TestClerk:
    def test_quiet_green_and_yellow_are_closed_red_and_fresh_are_not(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(
            place.call("G1", LAMP, days=3),
            place.call("Y1", f"{LAMP}，双方互相推搡", caller=2, days=3),
            place.call("R1", KNIFE, caller=3, days=3),
            place.call("G2", LAMP, caller=4, place="云溪镇大塘村4组"),
        )
        work_off(place.desk, place.person())
        status = {n: show(place.desk, f"police_110:{n}").row.state.status for n in ("G1", "Y1", "R1", "G2")}
        assert status == {"G1": "closed", "Y1": "closed", "R1": "open", "G2": "open"}

    def test_some_are_left_lying_as_in_life(self, small_place: Installation) -> None:
        place = small_place
        places = [f"云溪镇{name}村1组" for name in ("柳树", "大塘", "石桥", "新铺", "竹山")]
        rows = [place.call(f"G{n}", f"{LAMP}{n}", caller=n, place=places[n % 5], days=3) for n in range(30)]
        place.ingest(*rows)
        work_off(place.desk, place.person())
        place.now += timedelta(days=1)
        states = [show(place.desk, f"police_110:G{n}").row.state for n in range(30)]
        assert {state.code for state in states if state.status == "open"} == {"SS2025-000025"}
