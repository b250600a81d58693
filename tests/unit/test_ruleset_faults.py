"""Faults of rules: every code is shown by a file of `fixtures/bad_rules`, at its place, with the nearest valid word."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import RuleError
from engine.ruleset import loader
from engine.ruleset.faults import CODES, fault, nearest
from engine.ruleset.tree import Place

FOLDER = Path(__file__).parents[2] / "fixtures" / "bad_rules"
FILES = sorted(FOLDER.glob("*.yaml"))
FOLDERS = {folder.name: folder for folder in (FOLDER / "files").iterdir()}
"""What a readable file of its own cannot show: another encoding, two files."""
TOO_LARGE = "Y002"
"""Nobody keeps 256 KiB to show that they are too many: the test writes them."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_has_its_one_fault_at_its_place(path: Path) -> None:
    data = path.read_bytes()
    place, hint = data.decode().splitlines()[0].removeprefix("# ").split(" ", 1)
    rulebook, faults = loader.check({path.name: data})
    assert rulebook is None
    assert [(found.code, str(found.place), found.hint) for found in faults] == [
        (path.stem, f"{path.name}:{place}", hint)
    ]
    assert faults[0].message
    assert faults[0].english


def test_every_code_has_its_file() -> None:
    assert {path.stem for path in FILES} | set(FOLDERS) | {TOO_LARGE} == set(CODES)


def test_codes_of_whole_files() -> None:
    def found(files: dict[str, bytes]) -> list[tuple[str, str]]:
        return [(fault.code, str(fault.place)) for fault in loader.check(files)[1]]

    shown = {
        code: found({path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))})
        for code, folder in FOLDERS.items()
    }
    assert shown == {"Y001": [("Y001", "a.yaml:1:1")], "S004": [("S004", "b.yaml:3:3")]}
    assert found({"a.yaml": b"# " + b"x" * 256 * 1024}) == [(TOO_LARGE, "a.yaml:1:1")]


def test_all_faults_of_all_files_are_told_at_once_in_order() -> None:
    files = {path.name: path.read_bytes() for path in FILES if path.stem[0] in "YFP"}
    found = [(fault.place.file, fault.place.line) for fault in loader.check(files)[1]]
    assert found == sorted(found)
    assert {file for file, _ in found} >= {path.name for path in FILES if path.stem[0] in "YP"} | {"F101.yaml"}


BROKEN = """features:
  record.heads: {title: 诉求人数, field: haeds}
  matter.n: {title: 数, count: incidents, within: 400d}
words:
  weapon: {title: 凶器, entries: [{pattern: '(?=刀)'}, {distance: 41, text: 刀}, 斧, 斧]}
parameters:
  group.red: {title: 几人, values: [{from: 昨天, value: 5, source: 惯例}]}
rules:
  - id: R1
    title: 群体
    status: live
    colour: red
    points: 3
    let: {many: {feature: record.heads, at_least: $group.rde}, armed: {feature: words.none, is: true}}
    when: many
    on_missing: {record.weapon: no}
"""


def test_every_fault_of_one_file_is_told_at_once() -> None:
    _, faults = loader.check({"a.yaml": BROKEN.encode()})
    assert [(found.place.line, found.code) for found in faults] == [
        (2, "F102"),
        (3, "F107"),
        (3, "F105"),
        (5, "W101"),
        (5, "W105"),
        (5, "W104"),
        (7, "P103"),
        (9, "R102"),
        (9, "R116"),
        (9, "R119"),
        (14, "R105"),
        (14, "R104"),
        (16, "R111"),
    ]


def test_a_refusal_carries_every_fault() -> None:
    files = {path.name: path.read_bytes() for path in FILES if path.stem.startswith("Y")}
    with pytest.raises(RuleError) as refused:
        loader.load(files)
    assert len(refused.value.faults) >= len(files)
    assert f"规则有 {len(refused.value.faults)} 处错误" in str(refused.value)


def test_the_words_of_a_fault_are_filled_in() -> None:
    found = fault("R105", Place("a.yaml", 3, 4), name="x.y", near="是不是“x.z”")
    assert str(found) == "a.yaml:3:4 [R105] 没有参数“$x.y”（建议：是不是“x.z”） / unknown parameter"


def test_the_nearest_word_or_a_list_of_words() -> None:
    assert nearest("haeds", ["heads", "people"]) == "是不是“heads”"
    assert nearest("zzzz", ["b", "a"]) == "可用：a、b"
    assert nearest("zzzz", []) == "先定义它"
