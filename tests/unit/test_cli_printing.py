"""How answers look: JSON that keeps its shape, text that cannot drive a terminal or pass for ours."""

from __future__ import annotations

import io
import json
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.printing import clean, line, local, one_line, plain, progress, say, style_of, table
from engine.model import Cause, Colour


@dataclass(frozen=True)
class Inner:
    """A record inside a record."""

    colour: Colour
    at: datetime


def printed(write: Any, *arguments: Any) -> str:
    """What a call puts on standard output."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(out):
        write(*arguments)
    return out.buffer.getvalue().decode()  # type: ignore[attr-defined]


class TestJson:
    def test_colours_times_sets_and_bytes_become_plain_data(self) -> None:
        at = datetime(2025, 3, 10, 1, tzinfo=UTC)
        assert plain(
            {
                Colour.RED: [Inner(Colour.GREEN, at)],
                "cause": Cause.URGE,
                "set": frozenset({"b", "a"}),
                "bytes": b"\x01",
                "counts": Counter({Colour.YELLOW: 2}),
                "none": None,
            }
        ) == {
            "red": [{"colour": "green", "at": "2025-03-10T01:00:00+00:00"}],
            "cause": "urge",
            "set": ["a", "b"],
            "bytes": "01",
            "counts": {"yellow": 2},
            "none": None,
        }

    def test_one_line_each_whatever_the_text(self) -> None:
        text = printed(line, {"text": "第一行\n第二行", "n": 1})
        assert text.count("\n") == 1
        assert json.loads(text) == {"text": "第一行\n第二行", "n": 1}
        assert "第一行" in text, "Chinese stays readable"


class TestText:
    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("\x1b[2J清屏", "?[2J清屏"),
            ("全角\u3000空格\u00a0硬空格\t制表", "全角 空格 硬空格 制表"),
            ("倒\u202e序", "倒?序"),
            ("换\n行", "换\n行"),
            ("\a\b\x00", "???"),
            ("表情😀＊＊", "表情😀＊＊"),
        ],
    )
    def test_nothing_that_drives_a_terminal_gets_through(self, written: str, shown: str) -> None:
        assert clean(written) == shown

    def test_what_people_wrote_stays_on_one_line_and_is_never_markup(self) -> None:
        assert one_line("前\n  · P0：假的理由\n后", 100) == "前 · P0：假的理由 后"
        assert one_line("一二三四五", 3) == "一二三…"
        assert printed(say, "[bold]不是标记[/bold] [red]红") == "[bold]不是标记[/bold] [red]红\n"

    def test_long_lines_are_not_broken(self) -> None:
        assert printed(say, "长" * 500).count("\n") == 1

    def test_a_table_keeps_every_cell(self) -> None:
        text = printed(table, ("编号", "颜色"), [("SS2025-000001", ("红", style_of(Colour.RED))), ("x\x1b", "黄")])
        for cell in ("编号", "颜色", "SS2025-000001", "红", "x?", "黄"):
            assert cell in text
        assert "\x1b" not in text, "no colours where nobody looks at a terminal"

    def test_times_are_local_and_to_the_minute(self) -> None:
        assert local(datetime(2025, 3, 10, 16, 59, 59, tzinfo=UTC)) == "2025-03-11 00:59"
        assert local(None) == ""


def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (False, True):
        with progress("读入", 10, quiet=quiet) as advance:
            advance(5)
    assert capsys.readouterr() == ("", "")
