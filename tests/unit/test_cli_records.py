"""Taking in, scoring, explaining, replaying: what is printed for people and what for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sources.files import FileSource
from cli.records import counted
from engine.errors import SourceError
from engine.model import Colour, RawRecord
from engine.pipeline import Tally
from tests.console import Console

pytest_plugins = ["tests.places"]

NOW = "2025-03-10T09:00:00"


def feeds(console: Console, text: str) -> None:
    """Configure sources."""
    config = console.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("sources: []", f"sources:\n{text}"), encoding="utf-8")


def test_a_tally_has_stable_keys_in_a_stable_order() -> None:
    tally = Tally(read=3, new=2, quarantined=1, colours=Counter({Colour.RED: 1, Colour.GREEN: 1}))
    tally.unknown_headers = {"乙", "甲"}
    assert list(counted(tally)) == [
        "read", "new", "unchanged", "updated", "quarantined", "colours", "handbacks", "defects", "reflows", "beside",
        "surplus", "settled", "unknown_headers",
    ]  # fmt: skip
    assert counted(tally)["colours"] == {"green": 1, "red": 1}
    assert counted(tally)["unknown_headers"] == sorted(["乙", "甲"])


class TestIngest:
    def test_every_configured_source_is_read_when_none_is_named(self, desk_office: Console) -> None:
        for name in ("north", "south"):
            (desk_office.folder / f"{name}.csv").write_text(
                f"接警单编号,报警时间,报警内容\n{name}1,2025-03-09 08:00:00,村口的路灯坏了一个多星期没有人来修理\n",
                encoding="utf-8",
            )
        feeds(
            desk_office,
            f"- {{name: north, kind: police_110, location: {desk_office.folder / 'north.csv'}}}\n"
            f"- {{name: south, kind: police_110, location: {desk_office.folder / 'south.csv'}}}\n",
        )
        lines = desk_office.ok("ingest", "--now", NOW, "--json").lines
        assert [(line["source"], line["new"]) for line in lines] == [("north", 1), ("south", 1)]
        (line,) = desk_office.ok("ingest", "south", "--now", NOW, "--json").lines
        assert (line["source"], line["unchanged"]) == ("south", 1)

    def test_a_relative_file_is_below_the_configuration_wherever_one_stands(
        self, desk_office: Console, tmp_path: Path
    ) -> None:
        feeds(desk_office, "- {name: north, kind: police_110, location: export.csv}\n")
        elsewhere = Console(tmp_path)
        told = elsewhere.ok("ingest", "--config", desk_office.folder / "config.yaml", "--now", NOW, "--json").only
        assert told["read"] == 5

    def test_two_feeds_of_one_kind_share_ids(self, desk_office: Console) -> None:
        feeds(desk_office, f"- {{name: north, kind: police_110, location: {desk_office.folder / 'export.csv'}}}\n")
        assert desk_office.ok("ingest", "north", "--now", NOW, "--json").only["unchanged"] == 4

    def test_one_broken_source_does_not_keep_the_others_from_being_read(self, desk_office: Console) -> None:
        file = desk_office.folder / "export.csv"
        feeds(
            desk_office,
            "- {name: north, kind: police_110, location: nowhere.csv}\n"
            f"- {{name: south, kind: police_110, location: {file}}}\n"
            "- {name: west, kind: polcie_110, location: nowhere.csv}\n",
        )
        ran = desk_office.run("ingest", "--now", NOW, "--json")
        assert ran.code == 2
        assert [(line["source"], line["read"]) for line in ran.lines] == [("south", 5)]
        assert "错误：north：" in ran.err
        assert "错误：west：没有这个渠道：polcie_110" in ran.err

    def test_what_was_committed_before_a_source_broke_is_told(
        self, desk_office: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = FileSource.read

        def broken(source: FileSource) -> Iterator[RawRecord]:
            yield from whole(source)
            raise SourceError("线路断了")

        monkeypatch.setattr(FileSource, "read", broken)
        config = desk_office.folder / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "batch_size: 2\n", encoding="utf-8")
        ran = desk_office.run("ingest", "--file", "export.csv", "--source", "police_110", "--now", NOW, "--json")
        assert (ran.code, "线路断了" in ran.err) == (2, True)
        assert ran.only["read"] == 5, "two batches of two, and the one that was not whole yet"

    def test_what_a_file_holds_cannot_drive_the_terminal_through_an_error(self, desk_office: Console) -> None:
        (desk_office.folder / "evil.csv").write_text("\x1b[2J\x1b]0;own\x07,b\n1,2\n", encoding="utf-8")
        ran = desk_office.run("ingest", "--file", "evil.csv", "--source", "police_110", "--now", NOW)
        assert ran.code == 2
        assert "\x1b" not in ran.err
        assert "\x07" not in ran.err

    def test_open_red_history_is_offered_as_one_list(self, desk_office: Console) -> None:
        (desk_office.folder / "old.csv").write_text(
            "接警单编号,报警时间,报警内容\nH1,2024-11-01 08:00:00,有人拿着菜刀砍人，快来救命\n"
            "H2,2024-11-02 08:00:00,村口的路灯坏了一个多星期没有人来修理\n",
            encoding="utf-8",
        )
        said = desk_office.ok("ingest", "--file", "old.csv", "--source", "police_110", "--now", NOW).out
        assert "历史来件里有 1 个没有办结的红色事项" in said
        ask = ("matters", "list", "--history", "--json")
        assert [line["matter"] for line in desk_office.ok(*ask).lines] == ["police_110:H1", "police_110:H2"]
        assert [line["matter"] for line in desk_office.ok(*ask, "--colour", "红").lines] == ["police_110:H1"]

    def test_people_are_told_colours_handbacks_and_unknown_headers(self, desk_office: Console) -> None:
        (desk_office.folder / "more.csv").write_text(
            "接警单编号,报警时间,报警内容,天气状况\n"
            "D1,2025-03-10 08:30:00,有人拿着菜刀砍人，快来救命,晴\n"
            "D2,2025-03-10 08:40:00,村口的路灯坏了一个多星期没有人来修理,晴\n",
            encoding="utf-8",
        )
        said = desk_office.ok("ingest", "--file", "more.csv", "--source", "police_110", "--now", NOW).out
        assert "研判：红 1、" in said
        assert "立即交回 110：police_110:D1" in said
        assert "不认识的列（内容已随原件保存）：天气状况；可用 --map 拟定对应" in said


class TestScore:
    def test_other_rules_and_the_plain_reader_may_be_chosen(self, read_office: Console) -> None:
        ask = ("score", "--file", "export.csv", "--source", "police_110")
        live = read_office.ok(*ask).lines
        traced = read_office.ok(*ask, "--engine", "trace", "--rules", "rules").lines
        assert [line.get("colour") for line in traced] == [line.get("colour") for line in live]

    def test_words_about_the_whole_go_to_the_other_output(self, read_office: Console) -> None:
        ran = read_office.ok("score", "--file", "export.csv", "--source", "police_110")
        assert len(ran.lines) == 5
        assert "共 5 行：红 1、黄" in ran.err
        assert "隔离 1" in ran.err


class TestExplain:
    def test_every_line_says_fact_limit_and_whether_it_holds(self, read_office: Console) -> None:
        said = read_office.ok("explain", "police_110:A2").out
        assert "Y2 同一事项二次报警：命中" in said
        assert "✓ 同一事项30日内警情数（含本次）：2；要求≥2（repeat.yellow_30d）" in said
        assert "这个来源没有的项，不作判断：" in said
        assert "（来源无此字段）" not in said

    def test_why_not_says_what_was_missing_to_the_limit(self, read_office: Console) -> None:
        said = read_office.ok("explain", "police_110:A2", "--why-not", "R7").out
        assert "R7 多人聚集或群体诉求：未命中" in said
        assert "来源没有这一项" in said
        assert "Y2 同一事项二次报警：命中" not in said

    def test_json_holds_the_decision_record_itself(self, read_office: Console) -> None:
        (part,) = read_office.ok("explain", "police_110:A2", "--json").lines
        assert part["record"]["rulebook"]
        assert part["record"]["facts"]["values"]["matter.calls_30d"] == 2


class TestReplay:
    def test_a_decision_that_differs_ends_with_one(self, desk_office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        assert desk_office.ok("replay", "--sample", "100").out.startswith("重做 4 件：一致 4，不同 0")
        monkeypatch.setattr("engine.triage.Triage.replay", lambda *_: b"{}")
        ran = desk_office.run("replay", "police_110:A2")
        assert ran.code == 1
        assert "不同：police_110:A2" in ran.out
        assert "不同 1" in ran.out

    def test_nothing_to_replay_is_no_success(self, read_office: Console, tmp_path: Path) -> None:
        assert read_office.run("replay").code == 2
        assert read_office.run("replay", "--sample", "-1").code == 2


def test_score_tells_the_headers_that_nobody_knows_and_still_prints_one_line_for_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "接警单编号,报警时间,报警内容,心情\nA1,2025-03-01 08:00:00,邻居吵架,坏\nA2,2025-03-02 08:00:00,邻居又吵架,好\n",
        encoding="utf-8",
    )
    ran = Console(tmp_path).ok("score", "--file", "a.csv", "--source", "police_110", "--json")
    assert [line["row"] for line in ran.lines] == [2, 3]
    assert "不认识的列，没有参与研判：心情；" in ran.err


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nowhere.csv", None),
        ("strange.csv", b"a,b\n1,2\n"),
        ("broken.json", b'[{"a": 1'),
        ("fake.xlsx", b"this is no workbook"),
        ("empty-folder", None),
    ],
)
@pytest.mark.parametrize("command", ["score", "ingest"])
def test_a_file_that_is_not_what_it_should_be_ends_with_two(
    desk_office: Console, command: str, name: str, data: bytes | None
) -> None:
    if data is not None:
        (desk_office.folder / name).write_bytes(data)
    elif name == "empty-folder":
        (desk_office.folder / name).mkdir()
    ran = desk_office.run(command, "--file", name, "--source", "police_110")
    assert ran.code == 2, ran
    assert "怎么办" in ran.err


def test_a_file_that_the_machine_refuses_ends_with_three(desk_office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("adapters.sources.files.looks_like_workbook", denied)
    ran = desk_office.run("score", "--file", "export.csv", "--source", "police_110")
    assert (ran.code, "文件读不出来：没有权限" in ran.err) == (3, True)
