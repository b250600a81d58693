"""The tree of commands is the one that was promised, and every command of it can be asked in the same ways."""

from __future__ import annotations

import click
import pytest
import typer

from cli.app import app

PROMISED = {
    "init", "demo", "ingest", "score", "explain", "replay", "doctor",
    "rules lint", "rules test", "rules schema",
    "matters list", "matters show", "matters callers", "matters act", "matters override", "matters close", "matters reopen",
    "matters merge", "matters split",
    "quarantine list", "quarantine export", "quarantine retry", "quarantine dismiss",
    "serve", "worker", "jobs list", "jobs run", "jobs pause", "jobs resume",
    "people add", "people list", "db upgrade", "db verify", "audit verify", "audit anchor",
}  # fmt: skip
WITHOUT_A_FOLDER = {"init", "demo", "score", "rules lint", "rules test", "rules schema"}
WRITES_AT_A_TIME = {name for name in PROMISED if name.split()[-1] in ("act", "override", "close", "merge", "split")}


def commands() -> dict[str, click.Command]:
    """Every command by the words that are typed."""
    root = typer.main.get_command(app)
    found: dict[str, click.Command] = {}

    def walk(words: tuple[str, ...], command: click.Command) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found[" ".join(words)] = command
            return
        for name, held in inner.items():
            walk((*words, name), held)

    walk((), root)
    return found


def options(name: str) -> set[str]:
    """The options of a command as they are typed."""
    return {option for parameter in commands()[name].params for option in parameter.opts if option.startswith("--")}


def test_every_promised_command_is_there() -> None:
    assert set(commands()) >= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_command_answers_as_json_and_takes_a_configuration(name: str) -> None:
    assert "--json" in options(name)
    assert ("--config" in options(name)) is (name not in WITHOUT_A_FOLDER)


@pytest.mark.parametrize("name", sorted(WRITES_AT_A_TIME))
def test_what_is_written_at_a_time_takes_a_time_for_drills(name: str) -> None:
    assert "--now" in options(name)


@pytest.mark.parametrize("name", ["matters override", "matters reopen", "matters merge", "matters split"])
def test_what_a_person_decides_needs_a_reason(name: str) -> None:
    (reason,) = [parameter for parameter in commands()[name].params if "--reason" in parameter.opts]
    assert reason.required


def test_every_option_says_what_it_is_in_chinese() -> None:
    silent = [
        f"{name} {parameter.name}"
        for name, command in commands().items()
        for parameter in command.params
        if not any("\u4e00" <= letter <= "\u9fff" for letter in getattr(parameter, "help", "") or "")
        and parameter.name != "help"
    ]
    assert silent == [], "JSON needs no word of its own"
