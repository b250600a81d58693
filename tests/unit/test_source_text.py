"""Bytes to lines: encodings, line ends, and lines that are none."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sources.text import lines
from engine.errors import SourceError

TEXT = "接警单编号,报警内容\nJ1,邻居吵架\n"


def read(data: bytes) -> list[str]:
    return list(lines(io.BytesIO(data)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_each_encoding_of_an_export_is_recognised(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert read(mark + TEXT.encode(encoding)) == TEXT.splitlines(keepends=True)


def test_a_file_pasted_from_two_exports_is_read_line_by_line() -> None:
    assert read("一\n".encode() + "二\n".encode("gb18030") + "三\n".encode()) == ["一\n", "二\n", "三\n"]


def test_a_surname_that_is_also_utf8_follows_the_file_it_stands_in() -> None:
    assert read("姓名\n卢\n".encode("gb18030")) == ["姓名\n", "卢\n"]
    assert read("姓名\n¬\n".encode()) == ["姓名\n", "¬\n"]


def test_bytes_of_no_encoding_stay_visible() -> None:
    (line,) = read(b"J1,\xff\xff\xff")
    assert line.startswith("J1,") and "\ufffd" in line
    (line,) = read("吵架".encode() + b"\xff")
    assert line == "吵架\ufffd"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_three_systems(end: str) -> None:
    assert read(f"一{end}二{end}".encode()) == [f"一{end}", f"二{end}"]


def test_separators_that_only_python_breaks_at_do_not_break_a_line() -> None:
    text = "一\u2028二\x0b三\x85四\n"
    assert read(text.encode()) == [text]
    assert read(text.encode("utf-16")) == [text]


def test_an_empty_file_has_no_lines() -> None:
    assert read(b"") == read(b"\xef\xbb\xbf") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_without_end_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "坏文件.csv"
    path.write_bytes(("接" * 2_000_000).encode(encoding))
    with path.open("rb") as file, pytest.raises(SourceError, match="第 1 行超过 1 MB") as refused:
        list(lines(file, longest=2**20))
    assert refused.value.where == "坏文件.csv"
    assert "重新导出" in refused.value.hint


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12), max_size=8)
)
def test_chinese_lines_survive_utf8_and_what_gb18030_cannot_confuse(words: list[str]) -> None:
    text = "".join(f"{word}\n" for word in words)
    assert "".join(read(text.encode())) == text


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_lines(data: bytes) -> None:
    assert all(line.isprintable() or line for line in read(data))
