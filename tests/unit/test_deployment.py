"""Files for installing a service: they are what systemd, cron and logrotate read, they are tight, and every command in them exists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from tests.command_lines import calls, fault
from tests.console import SCRIPT

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy"
SERVICES = sorted(FOLDER.glob("*.service"))
TIMERS = sorted(FOLDER.glob("*.timer"))
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
PROGRAM, STATE = "/opt/sanse/bin/sanse", "/var/lib/sanse"

TIGHT = {
    "User": "sanse",
    "Group": "sanse",
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "StateDirectory": "sanse",
    "StateDirectoryMode": "0700",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallErrorNumber": "EPERM",
    "MemoryMax": "2G",
}


def unit(path: Path) -> dict[str, list[str]]:
    """Keys of a unit with their values, `Section.Key`; raises ValueError for a line that is neither."""
    found: dict[str, list[str]] = {}
    section = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith(("#", ";")):
            continue
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
        elif section and (pair := re.fullmatch(r"(\w+)=(.*)", line)):
            found.setdefault(f"{section}.{pair[1]}", []).append(pair[2])
        else:
            raise ValueError(f"{path.name}:{number}: {line}")
    return found


def started(path: Path) -> Iterator[str]:
    """The command lines that a file starts."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".service":
        yield from (line.lstrip("-") for line in unit(path)["Service.ExecStart"])
    elif path.suffix == ".cron":
        yield from (line.split(maxsplit=6)[6] for line in text.splitlines() if re.match(r"[\d*]", line))
    elif path.name == "Containerfile":
        lists = re.findall(r"(?:^CMD|HEALTHCHECK.* CMD) (\[.*\])$", text, re.MULTILINE)
        yield from (" ".join(["sanse", *json.loads(one)]).replace("sanse sanse", "sanse") for one in lists)


STARTED = [(path.name, line) for path in FILES for line in started(path)]


def test_there_is_something_to_hold() -> None:
    assert {name for name, _ in STARTED} >= {
        "sanse.service",
        "sanse-once.service",
        "sanse-worker@.service",
        "sanse.cron",
        "Containerfile",
    }
    assert len(SERVICES) >= 4
    assert len(TIMERS) >= 2


@pytest.mark.parametrize(
    ("name", "line"), STARTED, ids=[f"{name}-{number}" for number, (name, _) in enumerate(STARTED)]
)
def test_what_is_started_is_a_command_with_its_options(name: str, line: str) -> None:
    found = list(calls(line))
    assert found, line
    assert [one for one in map(fault, found) if one] == []
    assert subprocess.run([SCRIPT, *_command(found[-1]), "--help"], capture_output=True, check=False).returncode == 0


def _command(words: list[str]) -> list[str]:
    return list(takewhile(lambda word: not word.startswith("-"), words))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_runs_as_nobody_special_and_writes_in_one_place(path: Path) -> None:
    keys = unit(path)
    assert {key: keys.get(f"Service.{key}", ["missing"])[-1] for key in TIGHT} == TIGHT
    assert keys["Service.SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert keys["Unit.ConditionPathExists"] == [f"{STATE}/config.yaml"]
    for line in keys["Service.ExecStart"]:
        assert line.lstrip("-").startswith(f"{PROGRAM} ")
        assert line.endswith(f"--config {STATE}/config.yaml")
    assert not [line for line in keys.get("Service.Environment", []) if re.search("SECRET|URL|TOKEN", line)]


@pytest.mark.parametrize("path", [*SERVICES, *TIMERS], ids=lambda path: path.name)
def test_systemd_reads_the_unit(path: Path, tmp_path: Path) -> None:
    """Where systemd is at hand it is the judge; `unit` reads the file either way."""
    assert unit(path)["Unit.Description"]
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    for one in (*SERVICES, *TIMERS):
        text = one.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [program, "verify", "--man=no", tmp_path / _instance(path.name)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, [line for line in ran.stderr.splitlines() if "sanse" in line]) == (0, [])
    if path.suffix == ".service":
        scored = [program, "security", "--offline=true", "--threshold=20", tmp_path / path.name]
        judged = subprocess.run(scored, capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stdout.splitlines()[-1:]


def _instance(name: str) -> str:
    return name.replace("@.", "@1.")


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.name)
def test_a_timer_starts_a_service_that_is_there_and_makes_up_for_what_was_missed(path: Path) -> None:
    keys = unit(path)
    assert (path.parent / keys["Timer.Unit"][0]).exists()
    assert keys["Timer.Persistent"] == ["true"]
    assert keys["Timer.OnCalendar"]
    assert keys["Install.WantedBy"] == ["timers.target"]


@pytest.mark.parametrize("name", ["sanse.service", "sanse-worker@.service"])
def test_the_service_comes_back_by_itself_but_not_from_a_wrong_configuration(name: str) -> None:
    keys = unit(FOLDER / name)
    assert (keys["Service.Restart"], keys["Service.RestartPreventExitStatus"]) == (["always"], ["2"])
    assert keys["Service.KillSignal"] == ["SIGTERM"]
    assert keys["Install.WantedBy"] == ["multi-user.target"]


def test_a_broken_unit_would_be_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "broken.service"
    broken.write_text("[Service]\nExecStart /bin/true\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.service:2"):
        unit(broken)


def test_cron_runs_as_the_user_of_the_service_with_its_umask() -> None:
    jobs = [
        line for line in (FOLDER / "sanse.cron").read_text(encoding="utf-8").splitlines() if re.match(r"[\d*]", line)
    ]
    assert len(jobs) >= 4
    for line in jobs:
        assert re.match(r"(?:[\d*/]+ ){5}sanse umask 077; ", line)
        assert "%" not in line, "cron reads % as a line end"
    assert "flock -n" in jobs[0]


def test_logs_are_kept_for_six_months_at_least() -> None:
    rotation = (FOLDER / "sanse.logrotate").read_text(encoding="utf-8")
    assert rotation.count("{") == rotation.count("}") == 1
    keys = dict(line.strip().partition(" ")[::2] for line in rotation.splitlines() if line.startswith("    "))
    assert (keys["daily"], keys["create"], keys["su"]) == ("", "0600 sanse sanse", "sanse sanse")
    assert int(keys["rotate"]) > 184
    assert int(keys["maxage"]) > 184
    journal = unit(FOLDER / "journald-sanse.conf")
    assert int(journal["Journal.MaxRetentionSec"][0].removesuffix("day")) > 184


def test_the_container_names_a_slim_base_and_nobody_s_registry() -> None:
    text = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (.*)$", text, re.MULTILINE) == ["debian:bookworm-slim"]
    order = [
        text.index(word)
        for word in ("COPY dist/wheelhouse", "RUN useradd", "\nUSER sanse", "STOPSIGNAL SIGTERM", "ENTRYPOINT")
    ]
    assert order == sorted(order)
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)[0])
    assert entry[2] == 'umask 077; exec sanse "$@"'


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_an_address_of_somebody(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|/(?:home|root|work)/\w+", text) == []
