"""`python -m tools.wheelhouse FOLDER`: everything that an installation without a network needs, in one folder.

In: this checkout, `requirements.lock`, the environment that `make setup` made. Out: the wheel of sanse, every locked wheel that it needs at
run time (durable-rules built from source), `requirements.txt` with the hash of each file, `install.sh`, a sample, `TARGET` (which Python
and machine the wheels are for), `SHA256SUMS` over all of them. Not here: installing (`tools/install.sh`), trying it (`tests.offline`).
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
SUMS, HASHED, TARGET, INSTALL = "SHA256SUMS", "requirements.txt", "TARGET", "install.sh"
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==.*(?:\n[ \t]+.*)*", re.MULTILINE)
_PIP = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps")


def needed(name: str) -> set[str]:
    """The distributions that one needs at run time, itself among them, by what the installed ones say of themselves."""
    found: set[str] = set()
    waiting = [Requirement(name)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        extras = ("", *sorted(wanted.extras))
        fresh = [extra for extra in extras if (wanted.name, extra) not in seen]
        seen.update((wanted.name, extra) for extra in fresh)
        found.add(canonicalize_name(wanted.name))
        if fresh:
            waiting.extend(_asked(wanted.name, fresh))
    return found


def _asked(name: str, extras: Iterable[str]) -> list[Requirement]:
    stated = [Requirement(text) for text in distribution(name).requires or ()]
    return [one for one in stated if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in extras)]


def locked(lock: str, names: Collection[str]) -> str:
    """The pins of a lock that have these names, with their hashes; raises ValueError for a name without one.

    A name may be pinned twice, for different Pythons: pip takes the one whose marker holds.
    """
    pins = [(canonicalize_name(found["name"]), found[0]) for found in _PINNED.finditer(lock)]
    missing = sorted(set(names) - {name for name, _ in pins})
    if missing:
        raise ValueError(f"requirements.lock 里没有：{'、'.join(missing)}；先运行 make lock")
    return "".join(f"{pin}\n" for name, pin in pins if name in names)


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashed(wheels: Iterable[Path]) -> str:
    """What pip is told to install: name, version and the hash of the one file that may be taken."""
    lines = []
    for wheel in sorted(wheels):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        lines.append(f"{name}=={version} --hash=sha256:{sha256(wheel)}\n")
    return "".join(lines)


def sums(folder: Path) -> str:
    """Digests of every file of a folder, as `sha256sum --check` reads them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)


def furnish(folder: Path) -> None:
    """Beside wheels that are there: hash list, install script, sample, target, digests."""
    (folder / HASHED).write_text(hashed(folder.glob("*.whl")), encoding="utf-8")
    (folder / TARGET).write_text(
        f"{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}\n", encoding="utf-8"
    )
    shutil.copy(ROOT / "tools" / INSTALL, folder / INSTALL)
    shutil.copytree(ROOT / "fixtures" / "samples", folder / "samples", dirs_exist_ok=True)
    (folder / SUMS).write_text(sums(folder), encoding="utf-8")


def build(folder: Path) -> None:
    """The whole folder, made anew and put in place when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as held:
        made = Path(held) / folder.name
        pins = Path(held) / "runtime.lock"
        lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
        names = needed("sanse")
        pins.write_text(locked(lock, names - {"sanse"}), encoding="utf-8")
        subprocess.run([*_PIP, "--require-hashes", "-r", pins, "-w", made], check=True)
        subprocess.run([*_PIP, "--no-build-isolation", ROOT, "-w", made], check=True)
        left_out = names - {parse_wheel_filename(wheel.name)[0] for wheel in made.glob("*.whl")}
        if left_out:
            raise ValueError(f"没有收到这些包：{'、'.join(sorted(left_out))}")
        furnish(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def main(folder: str) -> None:
    """Build and say what there is."""
    place = Path(folder)
    build(place)
    wheels = list(place.glob("*.whl"))
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) // 2**20
    print(f"已备好 {folder}：{len(wheels)} 个包，{size} MiB，适用于 Python {(place / TARGET).read_text().strip()}")
    print(f"{SUMS} 的摘要（请另行告知安装的人核对）：{sha256(place / SUMS)}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
