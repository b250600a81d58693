"""`python -m tests.offline WHEELHOUSE`: the page about installing without a network, done without a network; tampered folders refused.

In: a folder made by `tools.wheelhouse`. Out: a table on the screen; exit code 1 when something is not as the page says, 3 when this machine
cannot make a network namespace. Not here: what the folder holds (`tests/unit/test_wheelhouse.py`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.documents import Example, bare, broken, run, shown
from tools import wheelhouse

PAGE = wheelhouse.ROOT / "docs" / "deploy" / "offline.md"
CUT = ("unshare", "--net", "--map-root-user")
MOST = 6
REACH = "import socket,sys; s=socket.socket(); s.settimeout(3); sys.exit(s.connect_ex((sys.argv[1], 53)) == 0)"


def main(folder: str) -> int:
    """Print what was tried; the exit code."""
    if subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode:
        print("这台机器不让建网络命名空间（unshare --net），断网安装没有试")
        return 3
    with tempfile.TemporaryDirectory() as held:
        faults = [fault for part in (_cut_off, _page, _tampered) for fault in part(Path(held), Path(folder).resolve())]
    print("\n".join(faults) or "断网安装：全部如页面所写，改过的包全部被拒绝")
    return 1 if faults else 0


def _cut_off(place: Path, house: Path) -> Iterator[str]:
    """There is no route, and no address answers: otherwise the rest would show nothing."""
    routes = subprocess.run([*CUT, "ip", "route", "show", "table", "all"], capture_output=True, text=True, check=False)
    print(f"路由：{routes.stdout.strip() or '一条也没有'}")
    if routes.returncode or routes.stdout.strip():
        yield f"网络没有断开：{routes.stdout}{routes.stderr}"
    for address in ("192.0.2.1", "127.0.0.1"):
        if subprocess.run([*CUT, sys.executable, "-c", REACH, address], check=False).returncode:
            yield f"断网以后还能连上 {address}"


def _page(place: Path, house: Path) -> Iterator[str]:
    """The commands of the page, copied out, in a folder that holds nothing but the wheelhouse."""
    shutil.copytree(house, place / "wheelhouse")
    examples = shown(PAGE)
    if len(examples) > MOST:
        yield f"页面上有 {len(examples)} 条命令，最多 {MOST} 条"
    timed = [Example(f"TIMEFORMAT='用时 %R 秒'; {{ time {one.command}; }}", one.lines) for one in examples]
    started = time.monotonic()
    answers = run(timed, place, _fresh(place), CUT)
    for one, answer in zip(examples, answers, strict=True):
        print(f"$ {one.command}\n{answer.output.rstrip()}")
    print(f"{len(examples)} 条命令，共 {time.monotonic() - started:.1f} 秒")
    yield from broken(timed, answers)


def _fresh(place: Path) -> dict[str, str]:
    """A machine that has a Python and nothing else: no other environment, no cache, no settings of pip; the secret as if typed."""
    home = place / "home"
    home.mkdir(exist_ok=True)
    path = ":".join(part for part in bare()["PATH"].split(":") if ".venv" not in part)
    return {
        "PATH": path,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHON": sys._base_executable,
        "SANSE_NEW_SECRET": "断网时的口令-3Qz",
    }  # type: ignore[attr-defined]


def _tampered(place: Path, house: Path) -> Iterator[str]:
    """Folders that somebody changed: nothing may be installed from them."""
    for number, (title, change, said) in enumerate(TAMPERING):
        folder = place / f"changed-{number}"
        shutil.copytree(house, folder)
        change(folder)
        started = time.monotonic()
        command = [*CUT, "sh", str(folder / wheelhouse.INSTALL), str(place / f"env-{number}")]
        ran = subprocess.run(command, env=_fresh(place), capture_output=True, text=True, check=False)
        told = ran.stderr.strip().splitlines() or [""]
        print(f"{title}：退出码 {ran.returncode}，{told[-1]}（{time.monotonic() - started:.1f} 秒）")
        if ran.returncode == 0 or said not in ran.stderr or (place / f"env-{number}").exists():
            yield f"{title}却没有拒绝：{ran.stdout}{ran.stderr}"
        shutil.rmtree(folder)


def _flipped(folder: Path) -> None:
    """One byte of a wheel."""
    wheel = next(folder.glob("rich-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(bytes(content))


def _flipped_and_summed(folder: Path) -> None:
    """One byte of a wheel, and the digests made anew by somebody who forgot that pip looks too."""
    _flipped(folder)
    (folder / wheelhouse.SUMS).write_text(wheelhouse.sums(folder), encoding="utf-8")


def _another_hash(folder: Path) -> None:
    """One wrong digit in the list of hashes."""
    listed = folder / wheelhouse.HASHED
    text = listed.read_text(encoding="utf-8")
    at = text.index("sha256:", text.index("rich==")) + len("sha256:")
    listed.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :], encoding="utf-8")
    (folder / wheelhouse.SUMS).write_text(wheelhouse.sums(folder), encoding="utf-8")


def _without_one(folder: Path) -> None:
    """A wheel less, and the digests made anew."""
    next(folder.glob("rich-*.whl")).unlink()
    (folder / wheelhouse.SUMS).write_text(wheelhouse.sums(folder), encoding="utf-8")


TAMPERING: tuple[tuple[str, Callable[[Path], None], str], ...] = (
    ("改一个字节", _flipped, "SHA256SUMS"),
    ("改一个字节并重做 SHA256SUMS", _flipped_and_summed, "THESE PACKAGES DO NOT MATCH THE HASHES"),
    ("改一个包的摘要", _another_hash, "THESE PACKAGES DO NOT MATCH THE HASHES"),
    ("少一个包", _without_one, "No matching distribution found for rich"),
)

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
