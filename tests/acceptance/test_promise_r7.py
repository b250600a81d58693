"""R7: the frozen log of each release comes to what was pinned then, or every difference is listed with its reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from tests.promises import golden
from tests.promises.golden import Difference, differences, note, pin, releases, replayed, violations


@pytest.mark.promise("R7")
@pytest.mark.parametrize("folder", releases(), ids=lambda folder: folder.name)
def test_it_is_as_pinned_or_the_difference_is_listed(folder: Path) -> None:
    assert violations(folder) == []


def test_there_is_a_log_with_every_colour_and_what_people_did() -> None:
    assert [folder.name for folder in releases()] == ["0.1.0"]
    log = golden._lines(releases()[0] / "log.jsonl")
    pinned = golden._lines(releases()[0] / "pinned.jsonl")
    assert {line["colour"] for line in pinned if line["of"].startswith("record")} == {"green", "yellow", "red"}
    assert {"act", "close", "reopen", "override", "merge"} <= {line["act"] for line in log if "act" in line}
    hit = {rule for line in pinned if line["of"].startswith("matter") for rule in line["rules"]}
    assert len(hit) > 20


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first rows of the log, pinned; what it comes to is worked out once."""
    made = tmp_path / "0.1.0"
    shutil.copytree(releases()[0], made)
    lines = (made / "log.jsonl").read_bytes().splitlines()[:12]
    (made / "log.jsonl").write_bytes(b"\n".join(lines))
    now = replayed(golden._lines(made / "log.jsonl"))
    monkeypatch.setattr(golden, "replayed", lambda log: now)
    assert pin(made) == len(now)
    return made


def repinned(folder: Path, **fields: object) -> str:
    """Pin other fields for the first record; its name."""
    lines = golden._lines(folder / "pinned.jsonl")
    line = next(line for line in lines if line["of"].startswith("record"))
    line.update(fields)
    golden._write(folder / "pinned.jsonl", lines)
    return str(line["of"])


def test_what_is_otherwise_must_be_listed_with_a_reason(folder: Path) -> None:
    assert violations(folder) == []
    of = repinned(folder, colour="purple")
    assert [line.split(":")[0] for line in violations(folder)] == ["not listed"]
    assert note(folder) == (1, 1)
    assert [line.split(":")[0] for line in violations(folder)] == ["listed without a reason"]
    assert note(folder, "词表加了一个词") == (1, 0)
    assert violations(folder) == []
    assert orjson.loads((folder / "differences.jsonl").read_bytes())["of"] == of
    assert note(folder) == (1, 0), "a reason that was given is kept"


def test_what_is_listed_but_not_so_is_a_violation(folder: Path) -> None:
    repinned(folder, colour="purple")
    note(folder, "为什么")
    repinned(folder, colour="orange")
    assert sorted(line.split(":")[0] for line in violations(folder)) == ["listed, but not so", "not listed"]


def test_who_came_or_went_is_told(folder: Path) -> None:
    lines = golden._lines(folder / "pinned.jsonl")
    golden._write(folder / "pinned.jsonl", [*lines[1:], {"of": "record x", "colour": "red"}])
    assert differences(folder) == [
        Difference(lines[0]["of"], "there", False, True),
        Difference("record x", "there", True, False),
    ]
