"""Options that many commands share mean the same everywhere."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from cli.options import CONFIG
from tests.unit.test_cli_app import commands


def test_an_option_of_one_name_has_one_help() -> None:
    helps: dict[str, set[str]] = defaultdict(set)
    for command in commands().values():
        for parameter in command.params:
            if parameter.opts[0] in ("--config", "--json", "--now", "--anchors"):
                helps[parameter.opts[0]].add(getattr(parameter, "help", ""))
    assert {name: len(texts) for name, texts in helps.items()} == {
        "--config": 1,
        "--json": 1,
        "--now": 1,
        "--anchors": 1,
    }


def test_the_configuration_is_that_of_the_current_folder() -> None:
    assert Path("config.yaml") == CONFIG
