"""A bad row is kept, says why, stands on top when it is dangerous, goes out as a workbook, and comes back as a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from adapters.sheets import read_sheets, write_sheets
from engine.desk import quarantine
from engine.desk.quarantine import NUMBER, REASON
from engine.desk.reading import show
from engine.errors import UsageError
from engine.model import Colour
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LAMP = "村口的路灯坏了一个多星期没有人来修理，来电人陈小四"
KNIFE = "有人拿着菜刀砍人，快来救命"
NO_TIME = {"报警时间": "昨天晚饭后"}


def out(place: Installation, path: Path) -> None:
    """Export as the command does."""
    sheets: dict[str, list[Mapping[str, Any]]] = {}
    for one in quarantine.held(place.desk):
        sheets.setdefault(one.row.source, []).append({NUMBER: one.row.id, REASON: one.reason, **one.cells})
    write_sheets(path, sheets)


def corrected(path: Path, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Open the workbook as a person with a spreadsheet does, and save it."""
    book = load_workbook(path)
    for sheet in book.worksheets:
        headers = [cell.value for cell in sheet[1]]
        for cells in sheet.iter_rows(min_row=2):
            changes = change({header: cell.value for header, cell in zip(headers, cells, strict=True)})
            for header, value in changes.items():
                cells[headers.index(header)].value = value
    book.save(path)


def waiting(place: Installation) -> int:
    """How many rows still ask for somebody."""
    return len(quarantine.held(place.desk))


def test_dangerous_text_stands_on_top_in_red(place: Installation) -> None:
    tally = place.ingest(
        place.call("A1", LAMP) | NO_TIME, place.call("A2", KNIFE) | NO_TIME, place.call("A3", LAMP, caller=3) | NO_TIME
    )
    assert (tally.read, tally.quarantined) == (3, 3)
    rows = [one.row for one in quarantine.held(place.desk)]
    assert [(row.source_id, row.colour) for row in rows] == [("A2", Colour.RED), ("A1", None), ("A3", None)]
    assert [row.row for row in rows] == [3, 2, 4]
    assert all("昨天晚饭后" in row.reason for row in rows)


def test_a_row_that_comes_again_is_counted_not_doubled(place: Installation) -> None:
    path = place.write([place.call("A1", LAMP) | NO_TIME])
    place.read(path)
    place.later(days=1)
    place.read(path)
    (one,) = quarantine.held(place.desk)
    assert one.row.times == 2
    assert one.row.last_at > one.row.first_at


def test_what_is_shown_is_masked_and_what_comes_back_masked_means_the_original(place: Installation) -> None:
    place.ingest(place.call("A1", f"{LAMP}，电话13800000001") | NO_TIME)
    (one,) = quarantine.held(place.desk)
    assert "13800000001" not in str(one.cells)
    path = place.folder / "bad.xlsx"
    out(place, path)
    corrected(path, lambda _: {"报警时间": place.local(hours=2)})
    tally = quarantine.retry(place.desk, read_sheets(path, header=NUMBER))
    assert (tally.read, tally.new, tally.quarantined) == (1, 1, 0)
    assert waiting(place) == 0
    with place.desk.store.read() as view:
        incident = view.incidents(["police_110:A1"])["police_110:A1"]
    assert incident.caller.phone == "13800000001"
    assert incident.caller.name == "陈二"
    place.ingest(place.call("A2", f"{LAMP}，又坏了", hours=1))
    assert show(place.desk, "police_110:A2").row.state.id == "police_110:A1", "the same person, as if never masked"


def test_only_the_rows_that_pass_leave(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LAMP, caller=n) | NO_TIME for n in (1, 2, 3)))
    path = place.folder / "bad.xlsx"
    out(place, path)
    corrected(
        path,
        lambda row: {"报警时间": place.local(hours=1)} if row["接警单编号"] != "A2" else {"报警时间": "还是不知道"},
    )
    tally = quarantine.retry(place.desk, read_sheets(path, header=NUMBER))
    assert (tally.read, tally.new, tally.quarantined) == (3, 2, 1)
    (left,) = quarantine.held(place.desk)
    assert left.row.source_id == "A2"
    assert left.cells["报警时间"] == "还是不知道"


def test_one_workbook_is_corrected_and_handed_in_until_every_row_has_passed(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LAMP, caller=n) | NO_TIME for n in (1, 2, 3)))
    path = place.folder / "bad.xlsx"
    out(place, path)
    numbers = {one.row.source_id: one.row.id for one in quarantine.held(place.desk)}
    times = {"A1": place.local(hours=1), "A2": "还是不知道"}
    corrected(path, lambda row: {"报警时间": times.get(row["接警单编号"], row["报警时间"])})
    first = quarantine.retry(place.desk, read_sheets(path, header=NUMBER))
    assert (first.read, first.new, first.quarantined, first.passed_over) == (3, 1, 2, [])
    left = {one.row.source_id: one.row.id for one in quarantine.held(place.desk)}
    assert left == {"A2": numbers["A2"], "A3": numbers["A3"]}
    corrected(path, lambda _: {"报警时间": place.local(hours=2)})
    second = quarantine.retry(place.desk, read_sheets(path, header=NUMBER))
    assert (second.read, second.new, second.quarantined) == (2, 2, 0)
    assert second.passed_over == [numbers["A1"]]
    assert waiting(place) == 0


def test_an_export_that_holds_all_days_brings_nothing_back_that_was_settled(place: Installation) -> None:
    path = place.write([place.call(f"A{n}", LAMP, caller=n) | NO_TIME for n in (1, 2)])
    place.read(path)
    rows = [{NUMBER: one.row.id, **one.cells} for one in quarantine.held(place.desk)]
    quarantine.retry(place.desk, [rows[0] | {"报警时间": place.local(hours=1)}, rows[1] | {"报警时间": "另一晚"}])
    assert waiting(place) == 1
    tally = place.read(path)
    assert (tally.read, tally.quarantined, tally.settled) == (2, 2, 2)
    (left,) = quarantine.held(place.desk)
    assert left.row.values["报警时间"] == "另一晚"


def test_a_row_added_by_hand_is_named(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", LAMP) | NO_TIME)
    path = small_place.folder / "bad.xlsx"
    out(small_place, path)
    book = load_workbook(path)
    book.worksheets[0].append(["", "", "A7"])
    book.save(path)
    with pytest.raises(UsageError, match=r"工作表“police_110”第3行没有“隔离编号”"):
        read_sheets(path, header=NUMBER)


def test_a_row_deleted_from_the_workbook_stays(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LAMP, caller=n) | NO_TIME for n in (1, 2)))
    path = place.folder / "bad.xlsx"
    out(place, path)
    rows = read_sheets(path, header=NUMBER)
    quarantine.retry(place.desk, [rows[0] | {"报警时间": place.local(hours=1)}])
    assert waiting(place) == 1


def test_rows_of_several_sources_come_back_in_one_workbook(place: Installation) -> None:
    place.ingest(place.call("A1", LAMP) | NO_TIME)
    letter = {"信访件编号": "X1", "信访日期": "不详", "概况信息": LAMP, "信访人姓名": "陈小四"}
    assert place.ingest(letter, kind="petition").quarantined == 1
    path = place.folder / "bad.xlsx"
    out(place, path)
    assert load_workbook(path).sheetnames == ["petition", "police_110"]
    corrected(path, lambda row: {"信访日期" if "信访日期" in row else "报警时间": place.local(hours=1)})
    tally = quarantine.retry(place.desk, read_sheets(path, header=NUMBER))
    assert (tally.read, tally.new) == (2, 2)
    assert show(place.desk, "petition:X1").row.state.id


def test_retried_as_they_stand_they_stay_until_the_rules_can_read_them(place: Installation) -> None:
    place.ingest(place.call("A1", LAMP) | NO_TIME)
    tally = quarantine.retry(place.desk)
    assert (tally.read, tally.quarantined) == (1, 1)
    assert waiting(place) == 1


def test_a_total_line_is_dismissed_and_never_asked_about_again(place: Installation) -> None:
    path = place.write([{"接警单编号": "合计", "报警时间": "", "报警内容": "共 12 件"}])
    place.read(path)
    (one,) = quarantine.held(place.desk)
    assert quarantine.dismiss(place.desk, place.person(), [one.row.id], reason="合计行") == 1
    place.read(path)
    assert waiting(place) == 0
    with place.desk.store.read() as view:
        assert view.quarantine_counts() == {"dismissed": 1}


def test_the_original_cells_are_shown_only_with_a_reason_that_is_kept(place: Installation) -> None:
    place.ingest(place.call("A1", LAMP) | NO_TIME)
    with pytest.raises(UsageError, match="理由"):
        quarantine.unmasked(place.desk, place.person(), reason=" ")
    (one,) = quarantine.unmasked(place.desk, place.person(), reason="核对号码")
    assert one.cells["报警电话"] == "13800000001"
    with place.desk.store.read() as view:
        last = view.audit_rows()[-1]
    assert (last.actor, last.what, last.payload["reason"]) == ("王主任", "unmask", "核对号码")


@pytest.mark.parametrize(
    ("cells", "said"),
    [({NUMBER: 99}, "没有这些隔离行：99"), ({NUMBER: "第一行"}, "不是数字"), ({}, "不是数字")],
)
def test_rows_nobody_gave_out_are_refused(small_place: Installation, cells: Mapping[str, Any], said: str) -> None:
    small_place.ingest(small_place.call("A1", LAMP) | NO_TIME)
    with pytest.raises(UsageError, match=said):
        quarantine.retry(small_place.desk, [cells])
    assert waiting(small_place) == 1


def test_a_formula_in_a_cell_goes_out_and_comes_back_as_text(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", "=cmd|'/c calc'!A1，村口路灯坏了没有人修") | NO_TIME)
    path = small_place.folder / "bad.xlsx"
    out(small_place, path)
    sheet = load_workbook(path).worksheets[0]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    corrected(path, lambda _: {"报警时间": small_place.local(hours=1)})
    quarantine.retry(small_place.desk, read_sheets(path, header=NUMBER))
    assert show(small_place.desk, "police_110:A1").records[0].text.startswith("=cmd|")
