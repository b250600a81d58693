"""The command line as a person meets it: the real `sanse` as a process, and the same entry inside this process for the many.

In: arguments, the environment. Out: exit code, both outputs. Not here: what is tested. Inside this process rules that were read before
are not read again, their stages and the tree of commands not made again, which is all that differs.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer

import cli.app
from engine.pipeline import Stages
from engine.ruleset import loader
from tests.remembered import made_once, read_once

SCRIPT = Path(sys.executable).with_name("sanse")
SECRET, OTHER = "correct horse", "battery staple"
ACTOR = {"SANSE_ACTOR": "王主任", "SANSE_SECRET": SECRET}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """JSON lines of the answer."""
        return [orjson.loads(line) for line in self.out.splitlines()]

    @property
    def only(self) -> dict[str, Any]:
        """The one JSON line of the answer."""
        (line,) = self.lines
        return line


@dataclass(frozen=True, slots=True)
class Console:
    """A terminal in a folder."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: object, **environment: str) -> Ran:
        """A command inside this process."""
        out, err = _stream(), _stream()
        with pytest.MonkeyPatch.context() as patched, contextlib.chdir(self.folder):
            for name in [name for name in os.environ if name.startswith("SANSE_")]:
                patched.delenv(name)
            for name, value in {**self.environment, **environment}.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["sanse", *map(str, arguments)])
            patched.setattr(sys, "stdin", io.StringIO())
            patched.setattr(loader, "load", read_once)
            patched.setattr(Stages, "of", staticmethod(made_once))
            patched.setattr(cli.app, "app", commands())
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = _exit_code()
        return Ran(code, _text(out), _text(err))

    def ok(self, *arguments: object, **environment: str) -> Ran:
        """A command that must end well."""
        ran = self.run(*arguments, **environment)
        assert ran.code == 0, f"{arguments}: {ran.out}{ran.err}"
        return ran

    def person(self, *arguments: object, **environment: str) -> Ran:
        """A command that must end well, of the person who is in charge."""
        return self.ok(*arguments, **ACTOR, **environment)

    def process(self, *arguments: object, **environment: str) -> Ran:
        """A command as a process of its own."""
        done = subprocess.run(
            [SCRIPT, *map(str, arguments)],
            cwd=self.folder,
            env={**_bare(), **self.environment, **environment},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def _bare() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}


def _exit_code() -> int:
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


@cache
def commands() -> Any:
    """The tree of commands, which typer makes anew at each call of it."""
    return typer.main.get_command(cli.app.app)


def office(folder: Path, url: str = "") -> Console:
    """A ready folder with a simulated clock, on SQLite or on the database of `url`, and the person in charge."""
    console = Console(folder)
    folder.mkdir(parents=True, exist_ok=True)
    console.ok("init", folder, "--clock", "simulated")
    if url:
        config = folder / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8").replace("sqlite:///sanse.db", url), encoding="utf-8")
        console.ok("db", "upgrade")
    console.ok("people", "add", "王主任", "--role", "admin", SANSE_NEW_SECRET=SECRET)
    console.person("people", "add", "李所长", "--role", "lead", SANSE_NEW_SECRET=OTHER)
    return console


def both(request: pytest.FixtureRequest, folder: Path) -> Iterator[Console]:
    """An office on the vendor that the fixture's parameter names."""
    if request.param == "sqlite":
        yield office(folder)
        return
    server = request.getfixturevalue("postgres")
    name = server.create()
    yield office(folder, server.url(name))
    server.drop(name)
