"""A `sanse` that stands ready: pages of the manual run two hundred commands, and each would import everything and read the shipped rules anew.

In: a folder. Out: a program `sanse` in it, which hands its arguments, folder, environment and streams to a process where all that has been
done; that process forks, and the copy runs the command line and ends with its exit code. What a process of its own does otherwise (start,
imports, what is left open at its end) is shown by the first page and the tests of commands, which run the real one. Not here: pages.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select

ROOT = Path(__file__).parents[1]
_ASK = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(line, [len(told).to_bytes(4, "big")], [0, 1, 2])
    line.sendall(told)
    code = line.recv(1)
sys.exit(code[0] if code else "sanse ended without an exit code")
"""
"""What a shell starts: nothing but the standard library's sockets."""


@contextmanager
def standing_ready(folder: Path) -> Iterator[Path]:
    """The folder that holds the program, for a PATH; `folder` must have a short name, for it holds a socket."""
    address, program = folder / "line", folder / "bin" / "sanse"
    program.parent.mkdir()
    program.write_text(_ASK.format(python=sys.executable, address=str(address)), encoding="utf-8")
    program.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(address)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as waiting:
        assert waiting.stdin
        assert waiting.stdout
        assert waiting.stdout.readline() == b"ready\n"
        yield program.parent
        waiting.stdin.close()


def _main(address: str) -> None:
    _prepare()
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        print("ready", flush=True)
        while listening in select([listening, sys.stdin], [], [])[0]:  # the other end of stdin is closed with the test
            line, _ = listening.accept()
            if not os.fork():
                listening.close()
                os._exit(_answer(line))
            line.close()
            with suppress(ChildProcessError):  # none is left
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _prepare() -> None:
    """Everything imported that a command may import, the shipped rules read, and their queries over history made."""
    import cli.app
    from engine.rescore.questions import Questions
    from engine.ruleset import loader
    from tests.console import commands
    from tests.remembered import asked_once, read_once

    for room in ("engine", "adapters", "cli"):
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    loader.load, cli.app.app = read_once, commands()
    Questions.__init__ = asked_once
    Questions(loader.load(loader.read_folder(loader.shipped())))


def _answer(line: socket.socket) -> int:
    """Run what was asked for; its exit code, which the other end is told."""
    head, streams, *_ = socket.recv_fds(line, 4, 3)
    told = line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
    arguments, folder, environment = json.loads(told)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sanse", *arguments]
    code = _ended()
    line.sendall(bytes([code]))
    return code


def _ended() -> int:
    """What an interpreter does from here to its end."""
    import cli

    try:
        cli.main()
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:  # noqa: BLE001 -- whatever it was, an interpreter would tell it and end with 1
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _main(*sys.argv[1:])
    os._exit(0)  # what is imported tells at an ordinary end what it left behind
