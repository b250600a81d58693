"""The check of command lines in texts: it finds them, and it can say no."""

from __future__ import annotations

import pytest

from tests.command_lines import calls, fault, faults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$ sanse matters list --all", [["matters", "list", "--all"]]),
        (
            "ExecStart=/opt/sanse/bin/sanse serve --config /var/lib/sanse/config.yaml",
            [["serve", "--config", "/var/lib/sanse/config.yaml"]],
        ),
        (
            "*/5 * * * * sanse umask 077; /opt/sanse/bin/sanse serve --once >>/var/log/sanse/x.log",
            [["umask", "077"], ["serve", "--once"]],
        ),
        ("sudo -u sanse sanse doctor | tee x; sanse db \\\n  verify", [["doctor"], ["db", "verify"]]),
        ("SANSE_SECRET=x sanse people list  # 说明", [["people", "list"]]),
        ("systemctl restart sanse.service sanse-worker@2; chown -R sanse: /etc/sanse; systemctl stop sanse", []),
        ("sanse （三色）是什么；sanse 三色", []),
    ],
)
def test_calls_are_found(text: str, words: list[list[str]]) -> None:
    assert list(calls(text)) == words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["matters"], "少了子命令"),
        (["matters", "burn"], "没有这个命令"),
        (["matters", "list", "--every"], "--every"),
        (["explain"], "reference"),
        (["sevre"], "没有这个命令"),
    ],
)
def test_a_wrong_call_is_told(words: list[str], said: str) -> None:
    assert said in fault(words)


def test_a_mention_needs_no_arguments_but_must_exist() -> None:
    assert fault(["explain"], whole=False) == fault(["matters"], whole=False) == ""
    assert fault(["explain", "--whynot"], whole=False)
    assert faults("看 `sanse matters` 和 `sanse explain --why-not`。\n```text\nsanse matters lsit\n```\n") == [
        "没有这个命令：sanse matters lsit"
    ]
