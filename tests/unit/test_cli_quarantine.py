"""The quarantine at a terminal: nothing to do is said, a file that is none is refused, totals are dismissed."""

from __future__ import annotations

from pathlib import Path

from tests.console import Console

pytest_plugins = ["tests.places"]

NOW = "2025-03-10T09:00:00"


def test_the_list_masks_and_says_what_is_dangerous(read_office: Console) -> None:
    (row,) = read_office.ok("quarantine", "list", "--json").lines
    assert "13800000005" not in str(row)
    assert "冯五五" not in str(row)
    said = read_office.ok("quarantine", "list").out
    assert "昨天" in said
    assert "1 行待处理" in said


def test_a_total_line_is_dismissed_and_nothing_waits(desk_office: Console) -> None:
    (row,) = desk_office.ok("quarantine", "list", "--json").lines
    told = desk_office.person("quarantine", "dismiss", row["id"], "--reason", "合计行", "--now", NOW, "--json").only
    assert told == {"dismissed": 1}
    assert "没有待处理的行" in desk_office.ok("quarantine", "list").out
    assert desk_office.ok("quarantine", "export", "--file", "none.xlsx", "--json").only["rows"] == 0
    assert desk_office.ok("quarantine", "retry", "--now", NOW, "--json").only["read"] == 0


def test_a_file_read_under_the_wrong_name_is_said_and_cleared_at_once(desk_office: Console) -> None:
    (desk_office.folder / "hotline.csv").write_text(
        "工单编号,来电时间,来电人,联系电话,诉求内容,诉求类型,处理结果\n"
        + "".join(f"G{n},2025-03-09 08:00:00,陈一一,13800000001,路灯坏了{n}天没有人来修理,市政,\n" for n in range(3)),
        encoding="utf-8",
    )
    ran = desk_office.ok("ingest", "--file", "hotline.csv", "--source", "police_110", "--now", NOW)
    assert "隔离 3" in ran.out
    assert "更像是 hotline_12345" in ran.err
    assert desk_office.run("quarantine", "dismiss", "--reason", "选错来源", "--now", NOW).code == 2
    told = desk_office.person(
        "quarantine", "dismiss", "--source", "police_110", "--reason", "选错来源", "--now", NOW, "--json"
    )
    assert told.only == {"dismissed": 4}
    again = desk_office.ok("ingest", "--file", "hotline.csv", "--source", "hotline_12345", "--now", NOW, "--json").only
    assert (again["new"], again["quarantined"]) == (3, 0)


def test_dismissing_without_a_person_changes_nothing(desk_office: Console) -> None:
    ran = desk_office.run("quarantine", "dismiss", "1", "--reason", "合计行", "--now", NOW)
    assert ran.code == 2
    assert len(desk_office.ok("quarantine", "list", "--json").lines) == 1


def test_a_workbook_that_is_not_ours_or_none_at_all(read_office: Console, tmp_path: Path) -> None:
    (tmp_path / "notes.xlsx").write_text("no workbook", encoding="utf-8")
    for file in (tmp_path / "notes.xlsx", tmp_path, tmp_path / "missing.xlsx"):
        ran = read_office.run("quarantine", "retry", "--file", file, "--now", NOW)
        assert ran.code in (2, 3), ran
        assert "Traceback" not in ran.err


def test_a_place_that_cannot_be_written_is_said(read_office: Console, tmp_path: Path) -> None:
    ran = read_office.run("quarantine", "export", "--file", tmp_path / "no" / "such" / "folder.xlsx")
    assert ran.code == 2
    assert "文件写不了" in ran.err


def test_retrying_as_it_stands_says_what_is_left(desk_office: Console) -> None:
    assert "再试 1 行：通过 0" in desk_office.ok("quarantine", "retry", "--now", NOW).out


def test_a_short_list_says_how_many_wait_in_all(desk_office: Console) -> None:
    rows = "\n".join(f"Q{n},某日,楼道里堆满了杂物一直没有人清" for n in range(4))
    (desk_office.folder / "bad.csv").write_text(f"接警单编号,报警时间,报警内容\n{rows}\n", encoding="utf-8")
    desk_office.ok("ingest", "--file", "bad.csv", "--source", "police_110", "--now", "2025-03-10T09:00:00")
    said = desk_office.ok("quarantine", "list", "--limit", "2").out
    assert "5 行待处理，列出 2 行" in said
