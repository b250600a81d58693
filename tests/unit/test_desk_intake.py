"""A source through the pipeline: batch by batch, its cursor kept with what it brought, its unknown kinds refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.wiring import feed_of, source_of
from engine.config import Config, SourceConfig
from engine.desk.intake import cursor_of, known_headers, likelier_kind, take_in
from engine.errors import ConfigError, SourceError, UsageError
from engine.pipeline import Tally
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LAMP = "村口的路灯坏了一个多星期没有人来修理"


def supplier(folder: Path, numbers: range) -> Path:
    """Another system's database, with calls of these numbers."""
    path = folder / "supplier.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS calls (接警单编号 INTEGER PRIMARY KEY, 报警时间 TEXT, 报警内容 TEXT)"
        )
        rows = [(n, f"2025-03-09 08:{n % 60:02d}:00", f"{LAMP}{n}") for n in numbers]
        database.executemany("INSERT INTO calls VALUES (?, ?, ?)", rows)
        database.commit()
    return path


def pulled(place: Installation, path: Path, order: str = "接警单编号") -> list[Tally]:
    """What a feed of that database brings now."""
    feed = SourceConfig(
        name="calls",
        kind="police_110",
        type="sql",
        location=f"sqlite:///{path}",
        options={
            "query": f"SELECT * FROM calls WHERE 接警单编号 > :cursor ORDER BY {order}",
            "cursor_column": "接警单编号",
            "cursor_start": "0",
        },
    )
    known = known_headers(place.desk, feed.kind)
    return list(take_in(place.desk, source_of(feed, known=known, cursor=cursor_of(place.desk, "calls"))))


def test_every_batch_is_told_when_it_is_committed(place: Installation) -> None:
    path = place.write([place.call(f"A{n}", LAMP, caller=n) for n in range(1, 121)])
    source = source_of(
        SourceConfig(name="police_110", kind="police_110", location=str(path)),
        known=known_headers(place.desk, "police_110"),
    )
    seen = []
    for tally in take_in(place.desk, source):
        with place.desk.store.read() as view:
            seen.append((tally.read, view.records_count()))
    assert seen == [(50, 50), (50, 100), (20, 120)]


def test_a_source_that_breaks_keeps_what_it_gave_and_the_cursor_of_its_last_whole_batch(place: Installation) -> None:
    path = supplier(place.folder, range(1, 121))
    with pytest.raises(SourceError, match="没有按游标列排序"):
        pulled(place, path, order="接警单编号 = 7, 接警单编号")
    with place.desk.store.read() as view:
        assert view.records_count() == 119, "two batches of fifty, and what came before the break"
    assert cursor_of(place.desk, "calls") == "101"
    assert sum(tally.new for tally in pulled(place, path)) == 1, "the one that stood out of order"


def test_known_headers_are_those_of_the_mapping(small_place: Installation) -> None:
    assert "接警单编号" in known_headers(small_place.desk, "police_110")
    assert "报警电话" not in known_headers(small_place.desk, "grid")


def test_the_cursor_is_kept_with_what_it_brought(place: Installation) -> None:
    path = supplier(place.folder, range(1, 4))
    assert [tally.new for tally in pulled(place, path)] == [3]
    assert cursor_of(place.desk, "calls") == "3"
    assert [(tally.read, tally.unchanged) for tally in pulled(place, path)] == [(3, 3)], "it looks back"
    supplier(place.folder, range(4, 6))
    assert [(tally.read, tally.new) for tally in pulled(place, path)] == [(5, 2)]
    assert cursor_of(place.desk, "calls") == "5"


def test_a_file_of_another_supplier_is_recognised_by_its_headers(small_place: Installation) -> None:
    desk = small_place.desk
    hotline = {"工单编号", "来电时间", "来电人", "诉求内容", "诉求类型", "天气状况"}
    assert likelier_kind(desk, "police_110", hotline) == "hotline_12345"
    assert likelier_kind(desk, "hotline_12345", {"接警单编号", "报警时间", "报警人", "报警内容"}) == "police_110"
    assert likelier_kind(desk, "police_110", {"甲", "乙", "丙", "丁", "工单编号"}) == ""
    assert likelier_kind(desk, "police_110", set()) == ""


def test_a_source_never_read_has_no_cursor(place: Installation) -> None:
    assert cursor_of(place.desk, "calls") == ""


KINDS: dict[str, dict[str, object]] = {"police_110": {}, "grid": {}, "common": {}}


class TestFeeds:
    def test_a_kind_needs_a_file_and_a_feed_may_have_one(self) -> None:
        config = Config(
            sources=(
                SourceConfig(
                    name="north", kind="grid", type="http", location="https://x.example", allowed_hosts=("x.example",)
                ),
            )
        )
        assert feed_of(config, "north", None, KINDS).type == "http"
        replaced = feed_of(config, "north", Path("a.csv"), KINDS)
        assert (replaced.name, replaced.kind, replaced.type, replaced.location) == ("north", "grid", "file", "a.csv")
        assert feed_of(None, "grid", Path("a.csv"), KINDS).kind == "grid"
        for name, file in (("grid", None), ("common", Path("a.csv")), ("", None)):
            with pytest.raises(UsageError, match="没有这个来源") as fault:
                feed_of(config, name, file, KINDS)
            assert "north、grid、police_110" in fault.value.hint

    def test_a_feed_of_an_unknown_kind_is_the_administrators(self) -> None:
        config = Config(sources=(SourceConfig(name="north", kind="polcie_110", location="a.csv"),))
        with pytest.raises(ConfigError, match="没有这个渠道：polcie_110") as fault:
            feed_of(config, "north", None, KINDS)
        assert fault.value.where == "config.yaml: sources.north.kind"
