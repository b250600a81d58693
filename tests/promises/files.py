"""R11: files of every kind, damaged in every way, and what must be true of each: no row is read that is not accounted for.

In: a seed. Out: `Trial`, one file with the rows that are known to be in it. Not here: taking it in (`accounting`).
Known rows are those of a file whose damage keeps rows apart; of a torn or flipped file only the account itself must hold.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt

Row = dict[str, str]
HEADERS = ("接警单编号", "报警时间", "报警人", "报警电话", "警情地址", "警情类型", "报警内容")
TEXTS = (
    "楼上漏水把天花板泡坏了，双方为赔偿争吵不休",
    "村口的路灯坏了一个多星期没有人来修理",
    "邻居拿着菜刀上门扬言要砍死我们一家人",
    "麻将馆半夜吵闹，影响休息",
    "老板拖欠三个月工资30000元，一直不给",
)
SPOILED = (
    "",
    "昨天",
    "2999-01-01 00:00:00",
    "二〇二五年不知几月",
    "2025-13-45",
    "\x00\x01",
    "　",
    "1.5E+18",
    "=1+1",
    "NULL",
)
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H时%M分", "%Y%m%d%H%M%S")


@dataclass(frozen=True, slots=True)
class Trial:
    """A file, and how many data rows it surely holds (None: damaged so that nobody can say)."""

    path: Path
    rows: int | None
    what: str


def trial(folder: Path, number: int, now: datetime) -> Trial:
    """The file of a number: its kind, encoding and damage are drawn from it."""
    draw = random.Random(f"R11/{number}")
    rows = _rows(draw, number, now)
    writer, ending = draw.choice(_KINDS)
    data, known, what = writer(rows, draw), len(rows), ending
    if draw.random() < 0.35:
        how, damage = draw.choice(_DAMAGES)
        data, known, what = damage(data, draw), -1, f"{ending} {how}"
    path = folder / f"trial-{number}{ending.split()[0]}"
    path.write_bytes(data)
    return Trial(path, known if known >= 0 else None, what)


def _rows(draw: random.Random, number: int, now: datetime) -> list[Row]:
    """Some honest rows, some spoiled, some twice, some in two versions; never one without any cell."""
    rows = [_row(draw, f"F{number % 7}-{n}", now) for n in range(draw.randrange(1, 12))]
    for row in list(rows):
        chance = draw.random()
        if chance < 0.15:
            row[draw.choice(HEADERS)] = draw.choice(SPOILED)
        elif chance < 0.25:
            rows.append(dict(row))
        elif chance < 0.35:
            rows.append({**row, "报警内容": row["报警内容"] + "，补充"})
    draw.shuffle(rows)
    return [row for row in rows if any(cell.strip("\x00\x01 　") for cell in row.values())]


def _row(draw: random.Random, source_id: str, now: datetime) -> Row:
    at = now - timedelta(minutes=draw.randrange(1, 60 * 24 * 20))
    caller = draw.randrange(40)
    return {
        "接警单编号": source_id,
        "报警时间": at.strftime(draw.choice(TIMES)),
        "报警人": f"陈{'一二三四五六七八九十'[caller % 10]}",
        "报警电话": f"1380000{caller:04d}",
        "警情地址": f"云溪镇柳树村{caller}组",
        "警情类型": "纠纷",
        "报警内容": draw.choice(TEXTS),
    }


def _csv(encoding: str) -> Callable[[Sequence[Row], random.Random], bytes]:
    def write(rows: Sequence[Row], draw: random.Random) -> bytes:
        out = io.StringIO(newline="")
        ending = draw.choice(["\r\n", "\n"])
        writer = csv.DictWriter(out, HEADERS, lineterminator=ending, quoting=draw.choice([0, 1]))
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            out.write(draw.choice(["", "", "", ending, "," * (len(HEADERS) - 1) + ending]))
        return out.getvalue().encode(encoding)

    return write


def _json(rows: Sequence[Row], draw: random.Random) -> bytes:
    return json.dumps(list(rows), ensure_ascii=draw.random() < 0.5).encode()


def _lines(rows: Sequence[Row], draw: random.Random) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + draw.choice([b"\n", b"\n\n"]) for row in rows)


def _xlsx(rows: Sequence[Row], draw: random.Random) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("导出")
        _fill(sheet.write_string, rows, title=draw.random() < 0.4)
    return out.getvalue()


def _xls(rows: Sequence[Row], draw: random.Random) -> bytes:
    book = xlwt.Workbook()
    _fill(book.add_sheet("导出").write, rows, title=draw.random() < 0.4)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(write: Callable[..., Any], rows: Sequence[Row], *, title: bool) -> None:
    """A title above the header, and blank rows between, are normal."""
    top = 2 if title else 0
    if title:
        write(0, 0, "某镇警情导出表")
    for column, header in enumerate(HEADERS):
        write(top, column, header)
    for number, row in enumerate(rows):
        for column, header in enumerate(HEADERS):
            write(top + 1 + number + number // 5, column, row[header].replace("\x00\x01", "?"))


def _torn(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def _flipped(data: bytes, draw: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(draw.randrange(1, 6)):
        made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
    return bytes(made)


def _mixed(data: bytes, draw: random.Random) -> bytes:
    """Lines in another encoding below the first ones, as when two exports were glued together."""
    more = "F9-1,2025-03-01 08:00:00,陈一,13800000001,云溪镇,纠纷,麻将馆半夜吵闹\r\n"
    return data + b"\r\n" + more.encode(draw.choice(["gb18030", "utf-8", "utf-16-le"]))


def _doubled(data: bytes, draw: random.Random) -> bytes:
    return data + data


_KINDS: Sequence[tuple[Callable[[Sequence[Row], random.Random], bytes], str]] = (
    (_csv("utf-8"), ".csv"),
    (_csv("utf-8-sig"), ".csv BOM"),
    (_csv("gb18030"), ".csv GB18030"),
    (_json, ".json"),
    (_lines, ".jsonl"),
    (_xlsx, ".xlsx"),
    (_xls, ".xls"),
)
_DAMAGES: Sequence[tuple[str, Callable[[bytes, random.Random], bytes]]] = (
    ("torn", _torn),
    ("flipped", _flipped),
    ("mixed", _mixed),
    ("doubled", _doubled),
)
