"""Exports: the year as the files that each channel's system would give, month by month.

In: events. Out: csv in GB18030, workbooks with mixed time cells and title rows, JSON and JSON Lines. The same seed gives the same bytes.
Not here: what happens (`year`). About one row in two hundred is broken, as in life: no time, an impossible date, no number, a stray total.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.township.people import spelt
from adapters.township.stories import Event
from adapters.township.year import Year

_ZONE = ZoneInfo("Asia/Shanghai")
_BROKEN = 0.004
_DATED = 0.5
_MADE = datetime(2025, 1, 1)  # noqa: DTZ001 -- workbooks know no zones
Cell = str | int | datetime | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Export:
    """One file, its channel, and when it is read."""

    path: Path
    kind: str
    read_at: datetime


def write_year(
    folder: Path, *, seed: int = 7, records: int = 20_000, start: date = date(2025, 1, 1)
) -> Sequence[Export]:
    """Write the year's export files below a folder; one file for each channel and week, read on the morning after its last day."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(f"exports/{seed}")
    weeks: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in Year(seed, records, start).events():
        told_at = event.updated_at or event.at
        weeks[event.channel, _week(told_at, start)].append(event)
    exports = []
    for (kind, week), events in sorted(weeks.items(), key=lambda item: (item[0][1], item[0][0])):
        rows = [
            _broken(draw, row) if draw.random() < _BROKEN else row for row in (_ROWS[kind](draw, e) for e in events)
        ]
        name, write = _FILES[kind]
        path = folder / name.format(week=week + 1, year=start.year)
        path.write_bytes(write(rows, draw))
        exports.append(Export(path, kind, _morning(start, week + 1)))
    return exports


def _week(moment: datetime, start: date) -> int:
    return max(0, (moment.astimezone(_ZONE).date() - start).days // 7)


def _morning(start: date, week: int) -> datetime:
    """The morning after a week, at six."""
    day = start + timedelta(days=7 * week)
    return datetime(day.year, day.month, day.day, 6, tzinfo=_ZONE).astimezone(UTC)


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(_ZONE).replace(tzinfo=None)


def _text(moment: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    local = _local(moment)
    return "" if local is None else local.strftime(form)


def _caller(draw: random.Random, event: Event) -> tuple[str, str]:
    return ("", "") if event.who is None else (event.who.name, spelt(draw, event.who.phone))


def _police(draw: random.Random, event: Event) -> Row:
    name, phone = _caller(draw, event)
    return {
        "接警单编号": event.number,
        "报警时间": _text(event.at),
        "报警人": name,
        "报警电话": phone,
        "警情类别": event.category,
        "警情地址": event.address,
        "所属乡镇": "云溪镇",
        "报警内容": event.text,
        "关联类型": event.cause,
        "关联主接警单编号": event.main,
        "有无持武器": "",
        "处理状态": "已结案" if event.closed_at else "处理中",
        "结案时间": _text(event.closed_at),
    }


def _hotline(draw: random.Random, event: Event) -> Row:
    name, phone = _caller(draw, event)
    at = _local(event.at)
    return {
        "工单编号": event.number,
        "来电时间": at if draw.random() < _DATED else _text(event.at, "%Y/%m/%d %H:%M"),
        "来电人": name or "匿名",
        "来电号码": phone,
        "工单标题": event.title,
        "诉求内容": event.text,
        "诉求类型": event.category,
        "事发地址": event.address,
        "事发区域": event.area,
        "来件性质": event.cause,
        "来源编号": event.main if event.main.startswith("JJ") else "",
        "关联工单编号": event.main if event.main.startswith("RX") else "",
        "办理时限": _text(event.reply_due_at),
        "答复时间": _text(event.replied_at),
        "办结时间": _text(event.closed_at),
        "更新时间": _text(event.updated_at),
    }


def _petition(draw: random.Random, event: Event) -> Row:
    name, phone = _caller(draw, event)
    return {
        "信访编号": event.number,
        "信访日期": _text(event.at, "%Y年%m月%d日 %H:%M"),
        "信访人": name,
        "联系电话": phone,
        "信访方式": "来访" if event.visit else "来信",
        "人数": event.heads or 1,
        "内容分类": event.category,
        "问题发生地": event.address,
        "信访内容": event.text,
        "限办时间": _text(event.reply_due_at),
        "答复时间": _text(event.replied_at),
        "办结时间": _text(event.closed_at),
        "办结状态": "已办结" if event.closed_at else "办理中",
    }


def _board(draw: random.Random, event: Event) -> Row:
    at = _local(event.at)
    return {
        "留言编号": int(event.number),
        "留言用户": event.who.account if event.who else "匿名网友",
        "留言主题": event.title,
        "留言时间": at if draw.random() < _DATED else _text(event.at, "%Y/%m/%d %H:%M"),
        "留言详情": event.text,
        "反对数": draw.randrange(3),
        "点赞数": draw.randrange(40),
    }


def _window(draw: random.Random, event: Event) -> Row:
    name, phone = _caller(draw, event)
    return {
        "登记编号": event.number,
        "来访时间": _text(event.at, "%Y.%m.%d %H:%M"),
        "来访人": name,
        "联系电话": phone,
        "所属村社区": event.area,
        "诉求事项": event.category,
        "地点": event.address,
        "诉求内容": event.text,
    }


def _grid(draw: random.Random, event: Event) -> Row:
    name, phone = _caller(draw, event)
    return {
        "编号": event.number,
        "上报时间": _text(event.at, "%Y-%m-%dT%H:%M:%S+08:00"),
        "反映人": name,
        "手机号码": phone,
        "网格": event.area,
        "事件类型": event.category,
        "发生地点": event.address,
        "事件描述": event.text,
    }


def _mini(draw: random.Random, event: Event) -> Row:
    name, phone = _caller(draw, event)
    stamp = int(event.at.timestamp())
    return {
        "id": event.number,
        "time": stamp,
        "openid": event.who.account if event.who else "",
        "name": name,
        "phone": phone,
        "category": event.category,
        "address": event.address,
        "content": event.text,
    }


def _open311(draw: random.Random, event: Event) -> Row:
    return {
        "service_request_id": event.number,
        "status": "closed" if event.closed_at else "open",
        "service_name": event.category,
        "description": event.text,
        "requested_datetime": _text(event.at, "%Y-%m-%dT%H:%M:%S+08:00"),
        "address": event.address,
        "phone": event.who.phone if event.who else None,
        "lat": None,
        "long": None,
    }


def _broken(draw: random.Random, row: Row) -> Row:
    """A row as it comes when something went wrong."""
    headers = list(row)
    number, at = (
        headers[0],
        next(h for h in headers if "时间" in h or "日期" in h or h in ("time", "requested_datetime")),
    )
    fault = draw.randrange(4)
    if fault == 0:
        return {**row, at: ""}
    if fault == 1:
        return {**row, at: "2025-13-45 25:61"}
    if fault == 2:
        return {**row, number: ""}
    return {header: "合计" if header == number else None for header in headers}


def _csv(encoding: str) -> Callable[[Sequence[Row], random.Random], bytes]:
    def write(rows: Sequence[Row], draw: random.Random) -> bytes:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode(encoding)

    return write


def _workbook(title: str = "") -> Callable[[Sequence[Row], random.Random], bytes]:
    def write(rows: Sequence[Row], draw: random.Random) -> bytes:
        import xlsxwriter

        data = io.BytesIO()
        with xlsxwriter.Workbook(
            data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        ) as book:
            book.set_properties({"created": _MADE})
            dated, sheet = book.add_format({"num_format": "yyyy/m/d h:mm:ss"}), book.add_worksheet("导出")
            headers, top = list(rows[0]), 0
            if title:
                sheet.merge_range(0, 0, 0, len(headers) - 1, title)
                top = 1
            sheet.write_row(top, 0, headers)
            for number, row in enumerate(rows, start=top + 1):
                for column, header in enumerate(headers):
                    cell = row.get(header)
                    if isinstance(cell, datetime):
                        sheet.write_datetime(number, column, cell, dated)
                    elif isinstance(cell, int):
                        sheet.write_number(number, column, cell)
                    elif cell:
                        sheet.write_string(number, column, cell)
        return data.getvalue()

    return write


def _json(rows: Sequence[Row], draw: random.Random) -> bytes:
    return json.dumps(list(rows), ensure_ascii=False, indent=1).encode()


def _json_lines(rows: Sequence[Row], draw: random.Random) -> bytes:
    return "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows).encode()


_ROWS: Mapping[str, Callable[[random.Random, Event], Row]] = {
    "police_110": _police,
    "hotline_12345": _hotline,
    "petition": _petition,
    "message_board": _board,
    "walk_in": _window,
    "grid": _grid,
    "mini_program": _mini,
    "open311": _open311,
}
_Writer = Callable[[Sequence[Row], random.Random], bytes]
_FILES: Mapping[str, tuple[str, _Writer]] = {
    "police_110": ("110警情{year}第{week:02d}周.csv", _csv("gb18030")),
    "hotline_12345": ("12345工单{year}第{week:02d}周.xlsx", _workbook()),
    "petition": ("信访{year}第{week:02d}周.xlsx", _workbook("云溪镇信访事项登记表")),
    "message_board": ("留言板{year}第{week:02d}周.xlsx", _workbook()),
    "walk_in": ("来访登记{year}第{week:02d}周.csv", _csv("utf-8-sig")),
    "grid": ("网格上报{year}第{week:02d}周.jsonl", _json_lines),
    "mini_program": ("小程序{year}第{week:02d}周.json", _json),
    "open311": ("open311-{year}-{week:02d}.json", _json),
}
