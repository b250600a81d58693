"""Names of files that lead elsewhere, never end, or are no names at all, given to every option that takes a file or a folder.

In: an office. Out: the row: nothing of the office and nothing outside is written or overwritten, no secret is shown, nothing hangs, and every
refusal is one in Chinese. Not here: what files hold (`workbooks`, `yaml_bombs`).
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.attacks.measure import MIB, Outcome, TooLong, hang_guard, in_chinese
from tests.console import ACTOR, SCRIPT, Console, Ran
from tests.places import ROWS

SECRET = "root:绝密口令八五二:0:0"
_PATIENCE = 60
"""Seconds: what hangs never ends, and a slow machine is no hang."""
_SEED = 9
_SPACE = 1_500 * MIB
_NOW = ("--now", "2025-03-10T09:00:00")
_LONG = "长" * 300


@dataclass(frozen=True, slots=True)
class Try:
    """A command with an odd name in it: `apart` for one that may eat all memory, in a process with a bound."""

    option: str
    name: str
    arguments: Sequence[str]
    apart: bool = False
    writes: str = ""


def prepared(office: Console) -> Path:
    """The office with a file in quarantine and traps beside it; the folder outside."""
    inside, outside = office.folder, office.folder.parent / "outside"
    outside.mkdir()
    (inside / "export.csv").write_text("\n".join(ROWS), encoding="utf-8")
    office.ok("ingest", "--file", "export.csv", "--source", "police_110", *_NOW)
    office.ok("db", "verify")
    for name in ("secret.csv", "secret.xlsx", "victim.txt"):
        (outside / name).write_text(f"{SECRET}\n", encoding="utf-8")
    for ending in ("csv", "xlsx", "jsonl", "yaml"):
        (inside / f"loop.{ending}").symlink_to(f"loop.{ending}")
        (inside / f"secret.{ending}").symlink_to(outside / "secret.csv")
        (inside / f"zero.{ending}").symlink_to("/dev/zero")
        (inside / f"folder.{ending}").mkdir()
        os.mkfifo(inside / f"pipe.{ending}")
    (inside / "away.xlsx").symlink_to(outside / "victim.txt")
    (inside / "tied.xlsx").hardlink_to(outside / "victim.txt")
    (inside / "new-away.xlsx").symlink_to(outside / "made.txt")
    for name, target in {"rules-zero": "/dev/zero", "rules-loop": "a.yaml", "rules-pipe": ""}.items():
        (inside / name).mkdir()
        if target:
            (inside / name / "a.yaml").symlink_to(target)
        else:
            os.mkfifo(inside / name / "a.yaml")
    return outside


_ODD = ("../outside/nothing", "/nowhere/at/all", _LONG, "CON", "NUL", "COM1", "aux", "\u202egpj", "a\nb", "a\x1b[31mb", "-x", "~root/x", "$HOME/x",
        "`id`", "a;b", "|id", " ", ".", "..", "/", "file:///etc/passwd", "http://127.0.0.1/x", "\\\\host\\share", "C:\\x", "a/../../b", "a" * 5_000,
        "\udcff")  # fmt: skip


_FOLDERS = (".", "..", "/")
"""What is sound in a folder comes in, whatever lies beside it: to take them in is what was asked for."""


def reading(ending: str) -> list[str]:
    """Names of what can be read wrongly, with an ending."""
    there = [f"{name}.{ending}" for name in ("loop", "secret", "zero", "folder", "pipe")]
    devices = [
        "/dev/zero",
        "/dev/stdin",
        "/dev/tty",
        "/dev/full",
        "/proc/self/mem",
        "sanse.keys",
        "sanse.db",
        "**",
        "[",
        "***/x",
    ]
    return [*there, *devices, *_ODD, *(f"{name}.{ending}" for name in _ODD[:6])]


def writing() -> list[str]:
    """Names of what must not be written to."""
    inside = ["config.yaml", "sanse.db", "sanse.keys", "rules/danger.yaml", "./rules/../config.yaml", "export.csv"]
    links = ["away.xlsx", "tied.xlsx", "new-away.xlsx", "loop.xlsx", "zero.xlsx", "pipe.xlsx", "folder.xlsx"]
    return [
        *inside,
        *links,
        "../outside/victim.txt",
        "/dev/full",
        "/dev/zero",
        "/proc/self/mem",
        "/nowhere/x.xlsx",
        f"{_LONG}.xlsx",
        ".",
        "/",
        "",
    ]


def tries() -> list[Try]:
    """Every option that takes a file or a folder, with every name that could harm there."""
    police = ("--source", "police_110")
    read: Mapping[str, Callable[[str], Sequence[str]]] = {
        "ingest --file": lambda name: ("ingest", f"--file={name}", *police, *_NOW),
        "score --file": lambda name: ("score", f"--file={name}", *police),
    }
    made = [
        Try(option, name, call(name))
        for option, call in read.items()
        for ending in ("csv", "xlsx")
        for name in reading(ending)
        if option != "ingest --file" or name not in _FOLDERS
    ]
    made += [Try("retry --file", name, ("quarantine", "retry", f"--file={name}", *_NOW)) for name in reading("xlsx")]
    made += [Try("--config", name, ("matters", "list", f"--config={name}")) for name in reading("yaml")]
    made += [Try("export --file", name, ("quarantine", "export", f"--file={name}"), writes=name) for name in writing()]
    made += [
        Try("schema --dir", name, ("rules", "schema", f"--dir={name}"))
        for name in ("pipe.yaml", "export.csv", "/dev/full", "loop.csv", _LONG)
    ]
    made += [
        Try("init", name, ("init", "--", name))
        for name in (".", "export.csv", "pipe.csv", "loop.csv", "/dev/null", "/proc/x", _LONG)
    ]
    made += [
        Try(option, name, (*call, f"{option.split()[-1]}={name}"), apart="zero" in name)
        for option, call, names in (
            ("lint --rules", ("rules", "lint"), ("rules-zero", "rules-loop", "rules-pipe", "pipe.yaml", _LONG)),
            (
                "verify --anchors",
                ("audit", "verify"),
                ("/dev/zero", "pipe.csv", "loop.csv", "folder.csv", "sanse.db", _LONG),
            ),
        )
        for name in names
    ]
    return made


def row(office: Console, *, every: int = 1) -> Outcome:
    """Every `every`-th try of those inside this process, and all that need one of their own."""
    outside = prepared(office)
    drawn = enumerate(Random(_SEED).sample(tries(), len(tries())))
    chosen = [one for number, one in drawn if one.apart or one.writes or number % every == 0]
    safe = shutil.copytree(office.folder, office.folder.parent / "safe", symlinks=True, ignore=_pipes)
    secrets = (office.folder / "sanse.keys").read_text(encoding="ascii").split()
    violations = []
    for one in chosen:
        before = {**marks(office.folder), **marks(outside)}
        violations += [f"{one.option} {one.name[:40]!r}: {fault}" for fault in _tried(office, one, secrets)]
        after = {**marks(office.folder), **marks(outside)}
        changed = sorted({path for path in {*before, *after} if before.get(path) != after.get(path)})
        violations += [f"{one.option} {one.name[:40]!r}: wrote {path[-40:]}" for path in changed]
        _mended(changed, office.folder, safe, outside)
    return len(chosen), violations


def _pipes(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_fifo()]


def _tried(office: Console, one: Try, secrets: Sequence[str]) -> Iterator[str]:
    try:
        ran = _apart(office, one) if one.apart else _inside(office, one)
    except (TooLong, subprocess.TimeoutExpired):
        yield "hangs"
        return
    except Exception as fault:  # noqa: BLE001 -- what reaches the top of the command is a traceback for its user
        yield f"{type(fault).__name__} instead of a refusal: {str(fault)[:60]}"
        return
    told = ran.out + ran.err
    if "Traceback" in told or (ran.code and not in_chinese(ran.err)):
        yield f"ends with {ran.code}, told unclearly: {told[-80:]!r}"
    if SECRET.split(":")[1] in told or any(secret in told for secret in secrets):
        yield "shows a secret"


def _inside(office: Console, one: Try) -> Ran:
    with hang_guard(_PATIENCE):
        return office.run(*one.arguments, **ACTOR)


def _apart(office: Console, one: Try) -> Ran:
    """The command as a process with a bound on its memory."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_SPACE, _SPACE))

    done = subprocess.run(
        [SCRIPT, *one.arguments],
        cwd=office.folder,
        env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_PATIENCE,
        check=False,
        preexec_fn=bounded,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def marks(folder: Path) -> dict[str, str]:
    """What every file of a folder holds, and which there are; the database's own log is its own affair."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-wal", "-shm")) and not path.is_symlink()
    }


def _mended(changed: Sequence[str], folder: Path, safe: Path, outside: Path) -> None:
    """Put back what a try has broken, so that the next one stands on sound ground."""
    for name in changed:
        path = Path(name)
        original = safe / path.relative_to(folder) if path.is_relative_to(folder) else None
        if original is not None and original.is_file() and not original.is_symlink():
            path.write_bytes(original.read_bytes())
        elif path.is_relative_to(outside) and path.name in ("secret.csv", "secret.xlsx", "victim.txt"):
            path.write_text(f"{SECRET}\n", encoding="utf-8")
        elif original is None or not original.exists():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink(
                missing_ok=True
            )
