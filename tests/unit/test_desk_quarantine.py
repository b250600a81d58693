"""What comes back from a workbook: masked cells mean what they meant, everything else means what it says."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from openpyxl import load_workbook

from adapters.sheets import read_sheets, write_sheets
from engine.desk import quarantine
from engine.desk.quarantine import NUMBER, REASON
from engine.errors import UsageError
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LAMP = "村口的路灯坏了一个多星期没有人来修理"


def held(place: Installation) -> dict[str, Any]:
    """The one row that waits, as its sheet shows it."""
    (one,) = quarantine.held(place.desk)
    return {NUMBER: one.row.id, REASON: one.reason, **one.cells}


def raw(place: Installation, id_: str) -> dict[str, Any]:
    """The cells that a record was made of."""
    with place.desk.store.read() as view:
        (version,) = view.versions_of(id_)
        row = view.raw_of(id_, version.version)
    assert row is not None
    return dict(row.values)


def through_a_workbook(place: Installation, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows after somebody wrote cells in a spreadsheet."""
    path: Path = place.folder / "bad.xlsx"
    write_sheets(path, {"police_110": [held(place)]})
    book = load_workbook(path)
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    for header, value in changes.items():
        sheet.cell(row=2, column=headers.index(header) + 1, value=value)
    book.save(path)
    return read_sheets(path, header=NUMBER)


def test_a_cell_typed_as_a_date_is_read_as_one(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LAMP) | {"报警时间": "某日"})
    rows = through_a_workbook(place, {"报警时间": datetime(2025, 3, 9, 8, 30)})
    assert quarantine.retry(place.desk, rows).new == 1
    with place.desk.store.read() as view:
        incident = view.incidents(["police_110:A1"])["police_110:A1"]
    assert incident.occurred_at.isoformat() == "2025-03-09T00:30:00+00:00"


def test_numbers_that_come_back_as_they_went_stay_what_they_were(small_place: Installation) -> None:
    place = small_place
    path = place.folder / "calls.json"
    path.write_bytes(orjson.dumps([{"接警单编号": 20250001, "报警时间": "某日", "报警内容": LAMP, "涉及人数": 3}]))
    assert place.read(path).quarantined == 1
    rows = through_a_workbook(place, {"报警时间": "2025-03-09 08:00:00"})
    assert quarantine.retry(place.desk, rows).new == 1
    cells = raw(place, "police_110:20250001")
    assert cells["接警单编号"] == 20250001
    assert cells["涉及人数"] == 3
    assert REASON not in cells
    assert NUMBER not in cells


def test_a_cell_that_was_emptied_is_empty_and_a_new_column_is_kept(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LAMP) | {"报警时间": "某日"})
    fixed = held(place) | {"报警时间": place.local(hours=1), "报警人": None, "备注": "已电话核实"}
    assert quarantine.retry(place.desk, [fixed]).new == 1
    cells = raw(place, "police_110:A1")
    assert cells["报警人"] is None
    assert cells["备注"] == "已电话核实"
    assert cells["报警电话"] == "13800000001", "masked on the way out, restored on the way in"


def test_a_masked_cell_that_somebody_rewrote_means_what_it_says(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LAMP) | {"报警时间": "某日"})
    fixed = held(place) | {"报警时间": place.local(hours=1), "报警电话": "13800009999"}
    quarantine.retry(place.desk, [fixed])
    assert raw(place, "police_110:A1")["报警电话"] == "13800009999"


def test_a_corrected_row_that_is_still_bad_takes_the_place_of_the_old_one(place: Installation) -> None:
    place.ingest(place.call("A1", LAMP) | {"报警时间": "某日"})
    tally = quarantine.retry(place.desk, [held(place) | {"报警时间": "另一日"}])
    assert (tally.read, tally.quarantined) == (1, 1)
    (one,) = quarantine.held(place.desk)
    assert "另一日" in one.reason
    with place.desk.store.read() as view:
        assert view.quarantine_counts() == {"open": 1, "retried": 1}


def test_a_row_that_was_corrected_at_its_source_meanwhile_is_unchanged(place: Installation) -> None:
    good = place.call("A1", LAMP, hours=1)
    place.ingest(good | {"报警时间": "某日"})
    place.ingest(good)
    tally = quarantine.retry(place.desk, [held(place) | {"报警时间": good["报警时间"]}])
    assert (tally.new, tally.unchanged) == (0, 1)
    assert quarantine.held(place.desk) == []


def test_names_are_masked_in_their_columns_and_in_the_text_but_not_what_names_nobody(small_place: Installation) -> None:
    place = small_place
    text = "来电人陈一二说隔壁的周小川打他，业主都看见了"
    place.ingest(
        place.call("A1", text, 报警人="陈一二", 对方当事人="周小川") | {"报警时间": "某日"},
        place.call("A2", text, caller=2, 报警人="业主", 对方当事人="") | {"报警时间": "某日"},
    )
    first, second = (one.cells for one in quarantine.held(place.desk))
    assert (first["报警人"], first["对方当事人"]) == ("陈＊＊", "周＊＊")
    assert first["报警内容"] == "来电人＊＊＊说隔壁的＊＊＊打他，业主都看见了"
    assert (second["报警人"], second["报警内容"]) == ("业主", text)
    fixed = [{NUMBER: one.row.id, **one.cells, "报警时间": place.local()} for one in quarantine.held(place.desk)]
    quarantine.retry(place.desk, fixed)
    assert raw(place, "police_110:A1")["报警人"] == "陈一二"
    assert raw(place, "police_110:A1")["报警内容"] == text


def test_of_a_confidential_row_nothing_is_seen_and_its_time_can_be_corrected(small_place: Installation) -> None:
    place = small_place
    place.ingest(place.call("A1", LAMP, 是否保密="是") | {"报警时间": "某日柳树村"})
    (one,) = quarantine.held(place.desk)
    assert set(one.cells.values()) == {"（保密）"}
    assert "柳树村" not in one.reason
    assert quarantine.retry(place.desk, [held(place) | {"报警时间": place.local(hours=1)}]).new == 1
    assert raw(place, "police_110:A1")["报警内容"] == LAMP


def test_limits_and_offsets_page_through_the_list(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LAMP, caller=n) | {"报警时间": "某日"} for n in range(5)))
    whole = [one.row.id for one in quarantine.held(place.desk)]
    pages = [one.row.id for start in (0, 2, 4) for one in quarantine.held(place.desk, limit=2, offset=start)]
    assert pages == whole


def test_dismissing_needs_a_reason(small_place: Installation) -> None:
    small_place.ingest(small_place.call("A1", LAMP) | {"报警时间": "某日"})
    with pytest.raises(UsageError, match="理由"):
        quarantine.dismiss(small_place.desk, small_place.person(), [1], reason="")


def test_what_is_dismissed_is_counted_once_and_a_number_nobody_gave_is_refused(small_place: Installation) -> None:
    place = small_place
    place.ingest(*(place.call(f"A{n}", LAMP, caller=n) | {"报警时间": "某日"} for n in (1, 2)))
    with pytest.raises(UsageError, match="没有这些隔离行：98、99") as refused:
        quarantine.dismiss(place.desk, place.person(), [1, 99, 98], reason="合计行")
    assert refused.value.exit_code == 2
    assert quarantine.waiting(place.desk) == 2
    assert quarantine.dismiss(place.desk, place.person(), [1], reason="合计行") == 1
    assert quarantine.dismiss(place.desk, place.person(), [1, 2, 2], reason="合计行") == 1
    assert quarantine.dismiss(place.desk, place.person(), [1, 2], reason="合计行") == 0


def test_a_correction_taken_back_waits_again_under_its_number(place: Installation) -> None:
    place.ingest(place.call("A1", LAMP) | {"报警时间": "某日"})
    first = held(place)
    quarantine.retry(place.desk, [first | {"报警时间": "另一日"}])
    assert held(place)[NUMBER] == first[NUMBER]
    quarantine.retry(place.desk, [first])
    (one,) = quarantine.held(place.desk)
    assert (one.row.id, one.row.values["报警时间"]) == (first[NUMBER], "某日")


def in_json(place: Installation, row: dict[str, Any]) -> None:
    """A row whose cells are numbers where they are."""
    path = place.folder / "rows.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    place.read(path)


@pytest.mark.parametrize("unmask", [True, False])
def test_what_a_sheet_cannot_hold_comes_back_as_it_was(small_place: Installation, unmask: bool) -> None:
    place = small_place
    odd = {"长": "一" * 40_000, "数": 2**60 + 1, "分": 0.1 + 0.2, "符": "甲\uffff乙", "空": None}
    in_json(place, place.call("A1", LAMP) | {"报警时间": "某日"} | odd)
    (one,) = quarantine.unmasked(place.desk, place.person(), reason="核对") if unmask else quarantine.held(place.desk)
    path = place.folder / "odd.xlsx"
    write_sheets(path, {"s": [{NUMBER: one.row.id} | {k: quarantine.in_sheet(v) for k, v in one.cells.items()}]})
    (back,) = read_sheets(path, header=NUMBER)
    assert len(back["长"]) <= 32_767 and "原文太长" in back["长"]
    assert quarantine.retry(place.desk, [back]).quarantined == 1
    (after,) = quarantine.held(place.desk)
    assert {name: after.row.values[name] for name in odd} == odd


def test_a_phone_that_came_as_a_number_is_masked_and_kept(small_place: Installation) -> None:
    place = small_place
    in_json(place, place.call("A1", LAMP) | {"报警时间": "某日", "回电": 19900000001, "人数": 12})
    (one,) = quarantine.held(place.desk)
    assert (one.cells["回电"], one.cells["人数"]) == ("＊" * 11, 12)
    rows = through_a_workbook(place, {"报警时间": datetime(2025, 3, 9, 8, 30)})
    assert quarantine.retry(place.desk, rows).new == 1
    assert raw(place, "police_110:A1")["回电"] == 19900000001
