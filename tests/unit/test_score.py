"""Stateless scoring: one line for every row, in file order, with everything that DESIGN section 7 promises, and nothing kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.model import RawRecord
from engine.score import score
from tests.installation import stages

NOW = datetime(2025, 3, 10, tzinfo=UTC)
LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
LAMP = "村口的路灯坏了一个多星期没有人来修理"


def row(number: int, source_id: str, text: str, *, day: int = 1, **more: Any) -> RawRecord:
    """A 110 row of the one caller of this file."""
    cells = {
        "接警单编号": source_id,
        "报警时间": f"2025-03-{day:02d} 08:00:00",
        "报警人": "陈一一",
        "报警电话": "13800000001",
        "警情地址": "云溪镇柳树村1组",
        "警情类型": "纠纷",
        "报警内容": text,
    }
    return RawRecord("file", "police_110", number, {**cells, **more})


def scored(*rows: RawRecord, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The lines of a file."""
    return list(score(rows, stages=stages(), now=NOW, as_of=as_of))


def test_lines_come_in_file_order_whatever_the_times() -> None:
    lines = scored(row(2, "A3", f"{LEAK}！", day=5), row(3, "A1", LEAK, day=1), row(4, "A2", f"{LEAK}。", day=3))
    assert [(line["row"], line["source_id"], line["colour"]) for line in lines] == [
        (2, "A3", "red"),
        (3, "A1", "green"),
        (4, "A2", "yellow"),
    ]


def test_standing_is_the_matter_after_the_record_and_only_climbs() -> None:
    rows = [row(2, "A1", "邻居拿着菜刀上门扬言要砍死我们一家人", day=1), row(3, "A2", f"{LEAK}，已经和好", day=2)]
    first, second = scored(*rows)
    assert first["matter"] == second["matter"] == "police_110:A1"
    assert (first["standing"], second["standing"]) == ("red", "red")


def test_a_green_row_says_so_and_every_row_has_reasons() -> None:
    (line,) = scored(row(2, "A1", LAMP))
    assert (line["colour"], line["rules"]) == ("green", ["G0"])
    assert line["reasons"]
    assert (line["handback"], line["flags"], line["hotspot"]) == (False, [], None)


def test_a_row_that_cannot_be_read_is_told_with_its_reason_and_in_red_when_dangerous() -> None:
    plain, grave = scored(
        row(2, "A1", LAMP, 报警时间="某日"), row(3, "A2", "有人拿着菜刀砍人，快来救命", 报警时间="某日")
    )
    assert set(plain) == {"row", "source_id", "quarantined"}
    assert "某日" in plain["quarantined"]
    assert grave["colour"] == "red"


def test_rows_after_the_cut_are_accounted_for_and_seen_by_nobody() -> None:
    lines = scored(row(2, "A1", LEAK), row(3, "A2", LEAK, day=2), as_of=datetime(2025, 3, 1, 12, tzinfo=UTC))
    assert lines[0]["colour"] == "green"
    assert lines[1] == {"row": 3, "source_id": "A2", "cut_off": True}


def test_a_time_more_than_a_day_ahead_is_quarantined() -> None:
    near, far = scored(row(2, "A1", LAMP, day=10), row(3, "A2", LAMP, day=13))
    assert "colour" in near
    assert "quarantined" in far


def test_both_versions_of_a_record_in_one_file_show_the_current_one() -> None:
    old = row(2, "A1", LAMP, 更新时间="2025-03-01 09:00:00")
    new = row(3, "A1", "有人拿着菜刀砍人，快来救命", 更新时间="2025-03-01 10:00:00")
    assert [line["colour"] for line in scored(new, old)] == ["red", "red"]


def test_the_same_file_twice_gives_the_same_lines() -> None:
    rows = [row(n, f"A{n}", f"{LEAK}{'，又漏了' * n}", day=n) for n in range(2, 6)]
    assert scored(*rows) == scored(*rows)
    assert scored(*reversed(rows)) == list(reversed(scored(*rows)))


def test_a_window_sees_only_this_file() -> None:
    lines = scored(*(row(n, f"A{n}", LEAK, day=n) for n in (2, 5)))
    assert lines[-1]["colour"] == "yellow"
    assert scored(row(2, "A4", LEAK, day=4))[0]["colour"] == "green"


def test_the_clock_bounds_times_to_come_and_nothing_else() -> None:
    early = list(score([row(2, "A1", LEAK)], stages=stages(), now=NOW))
    late = list(score([row(2, "A1", LEAK)], stages=stages(), now=NOW + timedelta(days=3000)))
    assert early == late
