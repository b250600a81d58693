"""Stories beside settings: linked as records are, so a setting that is off by one is told."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.ruleset.strict_yaml import read
from engine.workbench.places import Places
from engine.workbench.testing import linking, suite
from engine.workbench.testing.results import Result
from tests.installation import shipped

SETTINGS = shipped().files["settings.yaml"].decode()


def told(text: str) -> list[Result]:
    """What fails with these settings."""
    document = read("settings.yaml", text.encode())
    assert not document.faults
    documents = {**shipped().documents, "settings": document.value["settings"]}
    results = linking.run(replace(shipped(), documents=documents), Places([document]))
    return [result for result in results if not result.passed]


def test_the_shipped_stories_pass() -> None:
    assert told(SETTINGS) == []


@pytest.mark.parametrize(
    "setting", ["matter_days", "fine_days", "resend_hours", "persons", "gap_days", "newer_than_days"]
)
@pytest.mark.parametrize("step", [-1, 1])
def test_a_setting_that_is_off_by_one_fails_its_story(setting: str, step: int) -> None:
    changed, times = re.subn(
        rf"^    {setting}: (\d+)", lambda at: f"    {setting}: {int(at[1]) + step}", SETTINGS, flags=re.MULTILINE
    )
    assert times == 1
    failed = [result for result in told(changed) if result.rule == setting]
    assert failed
    assert all(result.file == "settings.yaml" and "实际为" in result.message for result in failed)
    assert all(f"name: {result.name}" in changed.splitlines()[result.line - 1] for result in failed)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("records: []", "records"),
        ("records: [{at: 昨天}]", "时间间隔“昨天”读不懂"),
        ("records: [{wen: -1d}]", "wen"),
        ("records: [{cause: new?}]", "cause"),
    ],
)
def test_a_story_that_cannot_be_read_fails_and_says_why(wrong: str, why: str) -> None:
    (failed,) = told(SETTINGS + f"    similar_percent:\n      - {{name: 读不懂, {wrong}, expect: {{matters: 1}}}}\n")
    assert failed.rule == "similar_percent"
    assert why in failed.message


def test_the_suite_has_the_tests_of_every_part_each_with_its_place() -> None:
    results = suite.run(shipped())
    assert all(result.passed for result in results)
    parts = {result.file.split("/")[0] for result in results}
    assert {"repeats.yaml", "words", "mappings", "settings.yaml"} <= parts
    assert all(result.line > 0 for result in results)
