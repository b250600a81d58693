"""What is typed wrong is refused in Chinese, with the nearest right word and where to read on."""

from __future__ import annotations

import sys

import pytest

import cli


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    monkeypatch.setattr(sys, "argv", ["sanse", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("matters", "shwo"), "没有这个命令：shwo，是不是 show"),
        (("zzz",), "没有这个命令：zzz"),
        (("score",), "缺少 --file（要研判的文件）"),
        (("score", "--fil", "x"), "没有这个选项：--fil，是不是 --file"),
        (("matters", "list", "--limit", "很多"), "--limit"),
        (("init", "a", "b"), "多出了参数：b"),
        (("matters", "show"), "缺少 事项编号"),
    ],
)
def test_what_is_typed_wrong_is_said_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, told = refused(monkeypatch, capsys, *arguments)
    assert code == 2
    assert said in told
    assert "怎么办：用 sanse" in told
    assert "Error" not in told


def test_no_command_at_all_shows_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sanse"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert "ingest" in capsys.readouterr().out


def test_a_command_that_is_done_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sanse", "rules", "lint"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 0
