"""A mapping that is proposed is written into the rules as a person would: comments kept, nothing lost, read again at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.ruleset import loader
from tests.console import Console

pytest_plugins = ["tests.places"]

NOW = "2025-03-10T09:00:00"


@pytest.fixture
def strange(desk_office: Console) -> Console:
    """An office that got an export with two headers nobody knows."""
    rows = "".join(f"C{n},2025-03-09 08:{n:02d}:00,1380000{n:04d},路灯坏了{n}天没有人来修理\n" for n in range(10, 20))
    (desk_office.folder / "strange.csv").write_text(
        f"接警单编号,报警时间,来电人手机,报警内容\n{rows}", encoding="utf-8"
    )
    return desk_office


def mapping(console: Console) -> Path:
    """The mapping of 110 in this office."""
    return console.folder / "rules" / "mappings" / "police_110.yaml"


def test_a_yes_writes_the_alias_and_the_next_reading_knows_it(strange: Console) -> None:
    ask = ("ingest", "--file", "strange.csv", "--source", "police_110", "--now", NOW)
    before = loader.load(loader.read_folder(strange.folder / "rules")).mappings["police_110"]
    assert "来电人手机" in strange.ok(*ask, "--map", "--yes").out
    after = loader.load(loader.read_folder(strange.folder / "rules")).mappings["police_110"]
    assert after["columns"]["phone"] == [*before["columns"]["phone"], "来电人手机"]
    assert {key: value for key, value in after["columns"].items() if key != "phone"} == {
        key: value for key, value in before["columns"].items() if key != "phone"
    }
    assert strange.ok(*ask, "--json").only["unknown_headers"] == []
    assert "没有可拟的对应" in strange.ok(*ask, "--map", "--yes").out


def test_nothing_is_taken_in_while_mapping(strange: Console) -> None:
    count = len(strange.ok("matters", "list", "--all", "--json").lines)
    strange.ok("ingest", "--map", "--yes", "--file", "strange.csv", "--source", "police_110", "--now", NOW)
    assert len(strange.ok("matters", "list", "--all", "--json").lines) == count


def test_what_is_left_is_told_and_loudly_where_it_is_the_account_itself(strange: Console) -> None:
    (strange.folder / "other.csv").write_text(
        "接警单编号,报警时间,来电人手机,甲,乙\nD1,2025-03-09 08:00:00,13800000001,两家争吵,2\n", encoding="utf-8"
    )
    ask = ("ingest", "--map", "--yes", "--source", "police_110", "--now", NOW, "--file")
    for _ in ("with a proposal", "with none left"):
        said = strange.ok(*ask, "other.csv").out
        assert "没有对应的列：甲、乙；要用的自己写进 mappings/police_110.yaml 的 columns" in said
        assert "注意：没有一列对应“内容”（narrative）" in said
    assert "注意" not in strange.ok(*ask, "strange.csv").out


def test_where_nobody_can_say_yes_nothing_is_written(strange: Console) -> None:
    before = mapping(strange).read_bytes()
    ran = strange.run("ingest", "--map", "--file", "strange.csv", "--source", "police_110", "--now", NOW)
    assert ran.code != 0
    assert "Traceback" not in ran.err
    assert mapping(strange).read_bytes() == before
