"""Files of every ending: which files are meant, how they are read, and how they are refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from adapters.sources import files
from adapters.sources.files import FileSource
from adapters.sources.rows import UNREADABLE
from engine.errors import SourceError, Unreachable
from engine.model import SourceSpec

KNOWN = frozenset({"编号", "时间", "内容"})


def source(location: object) -> FileSource:
    return FileSource(SourceSpec("town", "police_110", KNOWN, str(location)))


def read(location: object) -> list[tuple[int, dict[str, Any]]]:
    return [(r.row, dict(r.values)) for r in source(location).read()]


def refusal(location: object) -> SourceError:
    with pytest.raises(SourceError) as refused:
        read(location)
    assert refused.value.where
    assert refused.value.hint
    return refused.value


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", "编号,内容\nJ1,吵架\n".encode(encoding))
    assert read(path) == [(2, {"编号": "J1", "内容": "吵架"})]


def test_csv_in_a_wrong_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    fault = refusal(write(tmp_path / "a.csv", "編號,內容\nJ1,吵架\n".encode("big5")))
    assert "没有找到" in fault.what
    assert "另存为 UTF-8" in fault.hint
    assert fault.where == "a.csv"


@pytest.mark.parametrize("data", ["", "\ufeff", "\n\n", "编号,内容\n", ",,,\n"])
@pytest.mark.parametrize("ending", ["csv", "txt", "tsv"])
def test_empty_files_and_headers_alone_give_nothing(tmp_path: Path, data: str, ending: str) -> None:
    assert read(write(tmp_path / f"a.{ending}", data)) == []


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_empty_json_gives_nothing(tmp_path: Path, ending: str) -> None:
    assert read(write(tmp_path / f"a.{ending}", " \n")) == []


def test_every_file_of_a_pattern_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "~$a.csv", ".c.csv", "d.txt"):
        write(tmp_path / name, f"编号\n{name}\n")
    (tmp_path / "e.csv").mkdir()
    assert [values["编号"] for _, values in read(tmp_path / "*.csv")] == ["a.csv", "b.csv"]


def test_a_file_that_cannot_be_read_holds_up_no_other_and_is_named_at_the_end(tmp_path: Path) -> None:
    write(tmp_path / "0.csv", os.urandom(3_000).replace(b"\n", b"?"))
    write(tmp_path / "a.csv", "编号\nJ1\n")
    write(tmp_path / "b.xlsx", "no workbook")
    write(tmp_path / "c.csv", "名目\n1\n")
    write(tmp_path / "z.csv", "编号\nJ2\n")
    rows, stream = [], source(tmp_path).read()
    with pytest.raises(SourceError) as refused:
        rows.extend(record.values["编号"] for record in stream)
    assert rows == ["J1", "J2"]
    assert refused.value.what.startswith("3 个文件读不了，别的都读了：0.csv：前10行里没有找到")
    for said in ("b.xlsx：内容不是 Excel", "c.csv：前10行里没有找到"):
        assert said in refused.value.what
    assert refused.value.where == str(tmp_path)
    assert "把后缀改成 .csv" in refused.value.hint
    assert "别名" in refused.value.hint


def test_one_file_that_cannot_be_read_is_told_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "名目\n1\n")
    write(tmp_path / "b.csv", "编号\nJ1\n")
    assert refusal(tmp_path).where == "a.csv"


def test_of_files_that_cannot_be_read_the_most_urgent_says_who_must_act(tmp_path: Path) -> None:
    both = [SourceError("没有表头", where="a.csv", hint="改"), Unreachable("没有权限", where="b.csv", hint="改")]
    told = files.together(both, "exports")
    assert isinstance(told, Unreachable)
    assert (told.what, told.hint) == ("2 个文件读不了，别的都读了：a.csv：没有表头；b.csv：没有权限", "改")


class TestFilesBeingWritten:
    """A file that still grows is left for later, and only that one."""

    @pytest.fixture
    def growing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        def grow(_seconds: float) -> None:
            with (tmp_path / "a.csv").open("a", encoding="utf-8") as file:
                file.write("J2\n")

        write(tmp_path / "a.csv", "编号\nJ1\n")
        write(tmp_path / "z.csv", "编号\nJ9\n")
        monkeypatch.setattr(files.time, "sleep", grow)
        return tmp_path

    @staticmethod
    def settled(folder: Path) -> FileSource:
        return FileSource(SourceSpec("town", "police_110", KNOWN, str(folder), options={"settle_seconds": 2}))

    def test_it_is_left_for_the_next_time_and_named(self, growing: Path) -> None:
        rows, stream = [], self.settled(growing).read()
        with pytest.raises(Unreachable, match="还在变") as refused:
            rows.extend(record.values["编号"] for record in stream)
        assert (rows, refused.value.where) == (["J9"], "a.csv")

    def test_without_the_option_it_is_read_at_once(self, growing: Path) -> None:
        assert [values["编号"] for _, values in read(growing)] == ["J1", "J9"]

    @pytest.mark.parametrize("seconds", [-3_600, 3_600])
    def test_files_of_long_ago_or_of_a_clock_that_is_wrong_are_not_waited_for(
        self, growing: Path, seconds: int
    ) -> None:
        for path in growing.iterdir():
            stamp = path.stat().st_mtime + seconds
            os.utime(path, (stamp, stamp))
        assert [record.values["编号"] for record in self.settled(growing).read()] == ["J1", "J9"]

    def test_a_file_that_stays_as_it_is_is_read(self, growing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files.time, "sleep", lambda _seconds: None)
        assert [record.values["编号"] for record in self.settled(growing).read()] == ["J1", "J9"]

    def test_one_that_vanished_meanwhile_is_told(self, growing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files.time, "sleep", lambda _seconds: (growing / "a.csv").unlink())
        with pytest.raises(Unreachable, match="还在变"):
            list(self.settled(growing).read())


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path: Path) -> None:
    assert read(write(tmp_path / "警情[1].csv", "编号\nJ1\n")) == [(2, {"编号": "J1"})]


@pytest.mark.parametrize("name", ["没有.csv", "*.csv", "**x.csv", ".", "no\0name.csv"])
def test_no_file_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path / name).what == "没有找到文件"


def test_a_feed_without_a_location_is_refused() -> None:
    refused = refusal("")
    assert (refused.what, refused.where) == ("来源 town 没有写 location：不知道文件在哪里", "town")
    assert "--file" in refused.hint


def test_a_pipe_is_no_file_and_nothing_hangs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert refusal(tmp_path / "a.csv").what == "没有找到文件"


def test_a_file_that_the_system_cannot_read_is_refused() -> None:
    assert "文件读不出来" in refusal("/proc/self/mem").what


def test_a_bad_line_in_the_middle_of_json_lines_is_a_record(tmp_path: Path) -> None:
    lines = ['{"编号": "J1"}', "", '{"编号": "J2', "[1, 2]", '{"编号": 1' + "0" * 30 + "}", '{"a":' * 9_000, "{}"]
    rows = read(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert rows == [
        (1, {"编号": "J1"}),
        (3, {UNREADABLE: '{"编号": "J2'}),
        (4, {UNREADABLE: "[1, 2]"}),
        (5, {"编号": "1" + "0" * 30}),
        (6, {UNREADABLE: '{"a":' * 9_000}),
        (7, {}),
    ]


def test_json_that_is_broken_or_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert "不是合格的 JSON" in refusal(write(tmp_path / "a.json", '{"编号": "J1"}\n{"编号": "J2"}\n')).what
    assert "嵌套太深" in refusal(write(tmp_path / "b.json", "[" * 100_000)).what


def test_json_rows_with_brackets_around(tmp_path: Path) -> None:
    document = {"code": 0, "data": {"records": [{"编号": "J1", "标签": ["酒", "刀"]}, 3]}}
    path = write(tmp_path / "a.json", json.dumps(document, ensure_ascii=False).encode("gb18030"))
    assert read(path) == [(1, {"编号": "J1", "标签": '["酒", "刀"]'}), (2, {UNREADABLE: "3"})]


def test_geojson(tmp_path: Path) -> None:
    document = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"编号": "J1"}}]}
    assert read(write(tmp_path / "a.geojson", json.dumps(document))) == [(1, {"编号": "J1"})]


def test_a_json_file_too_large_for_memory_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(files._LARGEST_JSON + 1)
    fault = refusal(path)
    assert "超过 64 MB" in fault.what
    assert ".jsonl" in fault.hint


def test_a_gigabyte_without_a_line_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"x")
        file.truncate(2**30)
    assert "不像是一行数据" in refusal(path).what


def test_a_workbook_with_the_ending_of_text_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "导出.csv"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("一月").write_column(0, 0, ["编号", "J1"])
    assert read(path) == [(2, {"编号": "J1"})]


def test_a_refused_sheet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "导出.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("一月").write_column(0, 0, ["别的", "J1"])
    assert refusal(path).where == "导出.xlsx/一月"


def test_files_keep_no_cursor(tmp_path: Path) -> None:
    feed = source(write(tmp_path / "a.csv", "编号\nJ1\n"))
    assert list(feed.read())
    assert feed.cursor() == ""


def test_a_folder_means_every_file_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    (folder / "deeper").mkdir(parents=True)
    write(folder / "b.csv", "编号,时间\nJ2,2025-03-02\n")
    write(folder / "a.json", '[{"编号": "J1"}]')
    write(folder / "~$b.csv", "x")
    assert [values["编号"] for _, values in read(folder)] == ["J1", "J2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", '[{"编号": "J1"},\n {"编号": "J2"}]'),
        ("a.jsonl", '[\n{"编号": "J1"},\n{"编号": "J2"}\n]'),
        ("a.dat", '{"编号": "J1"}\n{"编号": "J2"}\n'),
        ("a.csv", '{"data": [{"编号": "J1"},\n {"编号": "J2"}]}'),
    ],
)
def test_json_of_any_ending_is_known_by_how_it_begins(tmp_path: Path, name: str, text: str) -> None:
    assert [values["编号"] for _, values in read(write(tmp_path / name, text))] == ["J1", "J2"]


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ('[{"编号": "J1"},\n {"编号": "J2"},\n]', "多了一个逗号", "删掉最后一项后面"),
        ('[{"编号": "J1",}]', "多了一个逗号", "删掉最后一项后面"),
        ('{"编号": "J1"}\n{"编号": "J2"}\n', "第一个对象后面还有内容", ".jsonl"),
        ('[{"编号": "J1"}', "文件没有写完", "重新下载"),
        ('[{"编号": "J', "文件没有写完", "重新下载"),
        ('[{"编号": "J1" "时间": 1}]', "缺逗号", "重新导出"),
        ('[{编号: "J1"}]', "键要用双引号", "重新导出"),
    ],
)
def test_what_is_wrong_with_json_is_said_in_chinese(tmp_path: Path, text: str, what: str, hint: str) -> None:
    refused = refusal(write(tmp_path / "a.json", text))
    assert what in refused.what and "第 " in refused.what
    assert hint in refused.hint
    assert refused.exit_code == 2


def test_a_silly_number_does_not_refuse_the_file(tmp_path: Path) -> None:
    silly = "9" * 5_000
    rows = read(write(tmp_path / "a.json", f'[{{"编号": {silly}}}, {{"编号": "J2"}}]'))
    assert [values["编号"] for _, values in rows] == [silly, "J2"]
