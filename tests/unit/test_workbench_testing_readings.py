"""Codes beside mappings: each is named once more with its meaning, so one that was mistyped is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.ruleset.strict_yaml import read
from engine.workbench.places import Places
from engine.workbench.testing import readings
from engine.workbench.testing.results import Result
from tests.installation import shipped

FILES = shipped().files


def told(file: str, old: str, new: str) -> list[Result]:
    """What fails once one text stands in place of another."""
    text = FILES[file].decode()
    assert text.count(old) == 1
    document = read(file, text.replace(old, new).encode())
    mapping = document.value["mapping"]
    changed = replace(shipped(), mappings={**shipped().mappings, mapping["kind"]: mapping})
    return [result for result in readings.run(changed, Places([document])) if not result.passed]


def test_every_shipped_code_is_named_and_means_what_its_test_says() -> None:
    results = list(readings.run(shipped(), Places([])))
    assert all(result.passed for result in results)
    assert list(readings.untested(shipped())) == []
    codes = sum(len(t) for m in shipped().mappings.values() for t in (m.get("codes") or {}).values())
    assert len(results) == codes > 200


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("mappings/common.yaml", "      新增: new\n", "      新增: nuisance\n", "应读成 new，实际读成 nuisance"),
        ("mappings/common.yaml", "      新增: new\n", "", "应读成 new，实际不认识"),
        ("mappings/common.yaml", "      群访: true\n", "      群访: false\n", "应读成 true，实际读成 false"),
        ("mappings/police_110.yaml", '"2": urge', '"2": repeat', "应读成 urge，实际读成 repeat"),
    ],
)
def test_a_code_that_means_something_else_is_told_at_its_line(file: str, old: str, new: str, message: str) -> None:
    (failed,) = told(file, old, new)
    assert (failed.file, failed.message) == (file, message)
    assert failed.name in old
