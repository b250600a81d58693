"""Workbooks: cells as they are kept, sheets that count, and files that would burst, hang or lie."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt

from adapters.sources import workbook, workbook_child
from adapters.sources.files import FileSource
from adapters.sources.workbook import workbook_sheets
from engine.errors import SourceError
from engine.model import SourceSpec

KNOWN = frozenset({"编号", "时间", "内容"})
ROWS = [["编号", "时间", "内容"], ["J1", "2025-01-01", "吵架"]]


def xlsx(path: Path, sheets: dict[str, list[list[Any]]], **options: Any) -> Path:
    with xlsxwriter.Workbook(str(path), options) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def read(path: Path) -> list[tuple[int, dict[str, Any]]]:
    spec = SourceSpec("town", "police_110", KNOWN, str(path))
    return [(r.row, dict(r.values)) for r in FileSource(spec).read()]


def refusal(path: Path) -> SourceError:
    with pytest.raises(SourceError) as refused:
        read(path)
    assert refused.value.where == path.name
    assert refused.value.hint
    return refused.value


def cells_of(path: Path) -> list[Any]:
    return [cells for _, rows in workbook_sheets(path) for _, cells in rows]


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The same archive with each part put through `change`."""
    with zipfile.ZipFile(path) as old:
        parts = {name: change(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


class TestCells:
    """What a cell becomes."""

    def test_xlsx_times_serials_numbers_and_texts(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["编号", "时间", "a", "b", "c", "d", "e", "f", "g"])
        sheet.append(
            [
                7.0,
                datetime(2025, 3, 1, 8, 30),
                date(2025, 3, 1),
                clock(8, 30),
                timedelta(hours=30),
                45717.354166666664,
                "2025/3/1 8:30",
                True,
                "007",
            ]
        )
        book.save(path)
        ((row, values),) = read(path)
        assert row == 2
        assert list(values.values()) == [
            7,
            "2025-03-01T08:30:00",
            "2025-03-01",
            "08:30:00",
            "1 day, 6:00:00",
            pytest.approx(45717.354166666664),
            "2025/3/1 8:30",
            True,
            "007",
        ]

    def test_xls_times_serials_numbers_and_texts(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xls"
        book = xlwt.Workbook()
        sheet = book.add_sheet("一月")
        day, moment = xlwt.easyxf(num_format_str="YYYY-MM-DD"), xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
        for column, name in enumerate(["编号", "时间", "内容", "日期", "序", "真"]):
            sheet.write(0, column, name)
        sheet.write(1, 0, "J1")
        sheet.write(1, 1, datetime(2025, 3, 1, 8, 30), moment)
        sheet.write(1, 2, "吵架" * 3000)
        sheet.write(1, 3, date(2025, 3, 1), day)
        sheet.write(1, 4, 45717.5)
        sheet.write(1, 5, True)
        book.save(str(path))
        assert read(path) == [
            (
                2,
                {
                    "编号": "J1",
                    "时间": "2025-03-01T08:30:00",
                    "内容": "吵架" * 3000,
                    "日期": "2025-03-01",
                    "序": 45717.5,
                    "真": True,
                },
            )
        ]

    def test_numbers_too_large_for_a_store_stay_fractions(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"一": [["编号", "内容"], [1e300, 2.0**62], [1e18, 2.0**53]]})
        values = [list(v.values()) for _, v in read(path)]
        assert values == [[1e300, 2**62], [10**18, 2**53]]
        assert isinstance(values[0][0], float)

    @pytest.mark.parametrize(
        ("value", "kept"),
        [(3.0, 3), (3.5, 3.5), ("", ""), (timedelta(minutes=90), "1:30:00"), (clock(1, 2), "01:02:00"), (False, False)],
    )
    def test_plain(self, value: object, kept: object) -> None:
        assert workbook_child.plain(value) == kept

    def test_formulas_give_their_last_value_and_links_are_text(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["编号", "内容"])
            sheet.write_formula(1, 0, '="J"&1', value="J1")
            sheet.write_url(1, 1, "http://example.invalid/x", string="看图")
        assert read(path) == [(2, {"编号": "J1", "内容": "看图"})]


class TestSheets:
    """Which rows of which sheets come."""

    def test_row_numbers_are_those_of_the_screen(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"一": [[], [], ["", "编号", "内容"], [], ["", "J1", "吵架"]]})
        assert read(path) == [(5, {"编号": "J1", "内容": "吵架"})]

    def test_merged_titles_and_a_merged_header_of_two_rows(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("一月")
            sheet.merge_range(0, 0, 0, 3, "某镇警情明细表")
            sheet.merge_range(1, 0, 2, 0, "编号")
            sheet.merge_range(1, 1, 1, 2, "经过")
            sheet.write_row(2, 1, ["时间", "内容"])
            sheet.write_row(3, 0, ["J1", "2025-01-01", "吵架"])
        assert read(path) == [(4, {"编号": "J1", "时间": "2025-01-01", "内容": "吵架"})]

    def test_sheets_without_a_known_header_are_left_out(self, tmp_path: Path) -> None:
        sheets = {"说明": [["本表由系统导出"]], "一月": ROWS, "空": [], "二月": [["编 号"], ["J2"]]}
        assert [values for _, values in read(xlsx(tmp_path / "a.xlsx", sheets))] == [
            {"编号": "J1", "时间": "2025-01-01", "内容": "吵架"},
            {"编 号": "J2"},
        ]

    def test_when_no_sheet_fits_the_first_that_is_filled_is_refused(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"空": [], "别的": [["姓", "名"]], "又": [["姓"]]})
        with pytest.raises(SourceError, match="第一行是：姓、名") as refused:
            read(path)
        assert refused.value.where == "a.xlsx/别的"

    def test_a_workbook_without_any_cell_is_nothing(self, tmp_path: Path) -> None:
        assert read(xlsx(tmp_path / "a.xlsx", {"空": [], "空2": []})) == []

    def test_without_known_names_every_sheet_comes(self, tmp_path: Path) -> None:
        sheets = dict(workbook_sheets(xlsx(tmp_path / "a.xlsx", {"一": [["a"]], "二": [["b"]]})))
        assert list(sheets) == ["一", "二"]

    def test_many_rows_come_through_whole(self, tmp_path: Path) -> None:
        rows = [["编号", "内容"], *([f"J{n}", "吵架" * 20] for n in range(20_000))]
        found = read(xlsx(tmp_path / "a.xlsx", {"一": rows}))
        assert [values["编号"] for _, values in found] == [f"J{n}" for n in range(20_000)]

    def test_a_reader_that_stops_early_leaves_no_child_behind(self, tmp_path: Path) -> None:
        rows = [["编号", "内容"], *([f"J{n}", "吵架" * 50] for n in range(20_000))]
        path = xlsx(tmp_path / "a.xlsx", {"一": rows})
        stream = FileSource(SourceSpec("town", "police_110", KNOWN, str(path))).read()
        assert next(stream).row == 2
        stream.close()  # type: ignore[attr-defined]
        running = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.exists()]
        assert not any(str(path).encode() in command for command in running)

    def test_an_xlsx_called_xls_is_read(self, tmp_path: Path) -> None:
        assert len(read(xlsx(tmp_path / "a.xls", {"一": ROWS}))) == 1

    def test_ods(self, tmp_path: Path) -> None:
        cells = "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row
            )
            + "</table:table-row>"
            for row in ROWS
        )
        names = " ".join(
            f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
            for short in ("office", "table", "text")
        )
        path = tmp_path / "a.ods"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("META-INF/manifest.xml", "<manifest/>")
            archive.writestr(
                "content.xml",
                f"<office:document-content {names}><office:body><office:spreadsheet>"
                f'<table:table table:name="一">{cells}</table:table>'
                "</office:spreadsheet></office:body></office:document-content>",
            )
        assert read(path) == [(2, {"编号": "J1", "时间": "2025-01-01", "内容": "吵架"})]


def bomb(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def swollen_sheet(_: str, data: bytes) -> bytes:
    return data.replace(b"</worksheet>", b" " * (20 * 2**20) + b"</worksheet>")


class TestBombs:
    """Refused by the directory, before anything is unpacked."""

    def many(self, path: Path) -> Path:
        return bomb(path, {f"xl/p{n}.xml": b"x" for n in range(2_001)})

    def large(self, path: Path) -> Path:
        noise = os.urandom(2**16)
        return bomb(path, {f"xl/p{n}.xml": noise * 1 + bytes(21 * 2**20) for n in range(10)})

    def tight(self, path: Path) -> Path:
        return bomb(path, {"xl/worksheets/sheet1.xml": bytes(2**20)})

    def swollen(self, path: Path) -> Path:
        return repacked(xlsx(path, {"一": ROWS}), swollen_sheet)

    @pytest.mark.parametrize(
        ("kind", "told"),
        [("many", "2001 个部件"), ("large", "解压后有 210 MB"), ("tight", "压缩比异常"), ("swollen", "压缩比异常")],
    )
    @pytest.mark.parametrize("ending", ["xlsx", "ods", "csv"])
    def test_refused_within_the_time_of_a_glance(self, tmp_path: Path, kind: str, told: str, ending: str) -> None:
        path = getattr(self, kind)(tmp_path / f"bomb.{ending}")
        begun = time.monotonic()
        fault = refusal(path)
        print(f"{kind} {ending}: {(time.monotonic() - begun) * 1000:.1f} ms")
        assert told in fault.what
        assert "CSV" in fault.hint

    def test_no_child_is_started_for_a_bomb(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/nonexistent")
        assert "压缩比异常" in refusal(self.tight(tmp_path / "a.xlsx")).what

    def test_a_directory_that_lies_ends_at_the_limit_of_memory(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"一": ROWS})
        cell = b'<c r="A%d" t="inlineStr"><is><t>' + b"x" * 30_000 + b"</t></is></c>"
        rows = b"".join(b'<row r="%d">' % n + cell % n + b"</row>" for n in range(1, 18_500))
        repacked(
            path, lambda name, data: data.replace(b"</sheetData>", rows + b"</sheetData>") if "sheet1" in name else data
        )
        data = bytearray(path.read_bytes())
        at = data.rfind(b"PK\x01\x02")
        while at >= 0:
            size = struct.unpack_from("<I", data, at + 24)[0]
            if size > 2**20:
                struct.pack_into("<I", data, at + 24, 50_000)
            at = data.rfind(b"PK\x01\x02", 0, at)
        path.write_bytes(bytes(data))
        assert any(word in refusal(path).what for word in ("超过", "损坏", "压缩比"))

    def test_one_far_cell_ends_at_the_limit_of_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["编号", "内容"])
            sheet.write(1_048_575, 16_383, "远")
        fault = refusal(path)
        assert "512 MB" in fault.what

    def test_an_old_file_is_bounded_by_its_size(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xls"
        with path.open("wb") as file:
            file.write(workbook._OLE)
            file.truncate(101 * 2**20)
        assert "超过 100 MB" in refusal(path).what

    def test_a_child_that_takes_too_long_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbook, "_SECONDS", 0.01)
        assert "没有进展" in refusal(xlsx(tmp_path / "a.xlsx", {"一": ROWS})).what

    def test_a_child_that_takes_too_much_processor_time_is_ended(self, tmp_path: Path) -> None:
        cells = b"<row>" + b"<c><v>1</v></c>" * 40 + b"</row>"
        path = repacked(
            xlsx(tmp_path / "a.xlsx", {"一": ROWS}),
            lambda name, data: data.replace(b"</sheetData>", cells * 60_000 + b"</sheetData>"),
        )
        done = subprocess.run(
            [sys.executable, "-m", "adapters.sources.workbook_child", str(path), "1"], capture_output=True, check=False
        )
        assert done.returncode == -9 or done.returncode == -24


class TestChild:
    """What the child says, seen without its limits."""

    def test_rows_with_their_sheet_and_number(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"一": [["a"], ["", 2.0]], "空": [], "二": [["b"]]})
        assert list(workbook_child.rows(str(path))) == [["一", 1, ["a", ""]], ["一", 2, ["", 2]], ["二", 1, ["b"]]]

    def test_blank_columns_before_the_first_keep_their_place(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"一": [[], ["", "", "x"]]})
        assert list(workbook_child.rows(str(path))) == [["一", 1, ["", "", ""]], ["一", 2, ["", "", "x"]]]

    def test_the_content_decides_when_the_ending_misleads(self, tmp_path: Path) -> None:
        path = xlsx(tmp_path / "a.xls", {"一": [["a"]]})
        assert list(workbook_child.rows(str(path))) == [["一", 1, ["a"]]]

    def test_the_first_fault_is_the_one_told(self, tmp_path: Path) -> None:
        path = bomb(tmp_path / "a.xlsx", {"照片.jpg": b"x"})
        (told,) = workbook_child.rows(str(path))
        assert isinstance(told, dict)
        assert told["what"].startswith("文件已损坏")
        assert "Cannot detect" not in told["what"]

    def test_a_file_that_is_gone(self, tmp_path: Path) -> None:
        (told,) = workbook_child.rows(str(tmp_path / "a.xlsx"))
        assert isinstance(told, dict)

    def test_memory_that_runs_out(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workbook_child, "load_workbook", lambda _: bytearray(2**60))
        assert list(workbook_child.rows("a.xlsx")) == [
            {"what": "所需内存超过 512 MB", "hint": "分成几个文件，或另存为 CSV 再导入"}
        ]


def locked_xls(path: Path) -> Path:
    """An old file whose stream says that it is encrypted."""
    book = xlwt.Workbook()
    book.add_sheet("一").write(0, 0, "编号")
    stream = book.get_biff_data()
    first = 4 + struct.unpack_from("<H", stream, 2)[0]
    out = io.BytesIO()
    xlwt.CompoundDoc.XlsDoc().save(out, stream[:first] + struct.pack("<HHHHH", 0x2F, 6, 1, 1, 1) + stream[first:])
    path.write_bytes(out.getvalue())
    return path


class TestDamage:
    """Files that are broken, locked or no workbook."""

    @pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9, 0.99])
    def test_a_truncated_xlsx(self, tmp_path: Path, share: float) -> None:
        path = xlsx(tmp_path / "a.xlsx", {"一": ROWS})
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        assert "文件已损坏或没有传完" in refusal(path).what

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
    def test_a_truncated_xls(self, tmp_path: Path, share: float) -> None:
        path = tmp_path / "a.xls"
        book = xlwt.Workbook()
        sheet = book.add_sheet("一月")
        for row in range(200):
            sheet.write(row, 0, f"编号{row}")
        book.save(str(path))
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        assert "损坏" in refusal(path).what

    def test_bytes_turned_over_never_do_more_than_refuse(self, tmp_path: Path) -> None:
        good = xlsx(tmp_path / "good.xlsx", {"一": ROWS}).read_bytes()
        told = 0
        for at in range(10, len(good), len(good) // 12):
            path = tmp_path / f"bad{at}.xlsx"
            path.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
            try:
                read(path)
            except SourceError as fault:
                assert fault.hint
                told += 1
        assert told

    def test_a_web_page_called_xls(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xls"
        path.write_text("<html><table><tr><td>编号</td></tr></table></html>")
        assert "像是网页或文本改了后缀" in refusal(path).what

    def test_an_empty_file_called_xlsx(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        path.touch()
        assert "内容不是 Excel 表格" in refusal(path).what

    def test_a_zip_that_is_no_workbook(self, tmp_path: Path) -> None:
        assert "文件已损坏" in refusal(bomb(tmp_path / "a.xlsx", {"照片.jpg": b"x"})).what

    def test_a_file_with_a_password(self, tmp_path: Path) -> None:
        path = locked_xls(tmp_path / "a.xls")
        assert list(workbook_child.rows(str(path))) == [{"what": "文件加了密码", "hint": "去掉密码另存一份再导入"}]
        fault = refusal(path)
        assert "文件加了密码" in fault.what
        assert "去掉密码" in fault.hint

    def test_external_entities_are_not_fetched(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("机密正文")
        path = xlsx(tmp_path / "a.xlsx", {"一": ROWS})
        doctype = (
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}"><!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'.encode()
        )

        def change(name: str, data: bytes) -> bytes:
            if not name.endswith("sharedStrings.xml"):
                return data
            head, mark, rest = data.partition(b"?>")
            return head + mark + doctype + rest.replace("吵架".encode(), b"&e;&b;")

        repacked(path, change)
        try:
            rows = read(path)
        except SourceError as fault:
            assert "机密正文" not in str(fault)
        else:
            assert "机密正文" not in str(rows)
            assert "aaaaaaaa" not in str(rows)
