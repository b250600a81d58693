"""What is typed wrong is refused in Chinese, with the nearest right word and where to read on."""

from __future__ import annotations

import errno
import os
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
        (("matters", "list", "--limit", "很多"), "要写整数"),
        (("matters", "list", "--limit", "-1"), "太小，不能小于 1"),
        (("replay", "--sample", "abc"), "要写整数"),
        (("quarantine", "dismiss", "abc"), "要写整数"),
        (("demo", "--records", "3"), "太小，不能小于 200"),
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
    assert "Error" not in told and "Input" not in told and "valid" not in told


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


def failing(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def broken(**_: object) -> None:
        raise fault

    monkeypatch.setattr("cli.app.app", broken)


def test_what_nobody_foresaw_is_told_without_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, KeyError("陈一一 19900000001"))
    code, told = refused(monkeypatch, capsys, "doctor")
    assert code == 3
    assert "程序内部出错（KeyError）" in told and "test_cli_refusals.py" in told
    assert "陈一一" not in told and "19900000001" not in told


@pytest.mark.parametrize(
    ("number", "why"), [(errno.ENAMETOOLONG, "名字太长"), (errno.ENOSPC, "磁盘满了"), (errno.EBUSY, "busy")]
)
def test_a_file_that_the_system_refuses_is_told_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, why: str
) -> None:
    failing(monkeypatch, OSError(number, os.strerror(number), "a.csv"))
    code, told = refused(monkeypatch, capsys, "doctor")
    assert code == 3
    assert "文件或目录用不了：a.csv" in told and why in told


def test_a_refusal_masks_what_was_typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(monkeypatch, capsys, "matters", "19900000001") == (
        2,
        "错误：没有这个命令：＊＊＊＊＊＊＊＊＊＊＊\n  怎么办：用 sanse matters --help 查看用法\n",
    )
