"""Publishing at a terminal: the gate first, then two persons; history in words and as JSON; the way back."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from cli.publishing import told_changes
from cli.wiring import desk_of
from engine.ruleset import loader
from engine.ruleset.differences import Differences, Threshold
from tests.console import ACTOR, OTHER, Console

pytest_plugins = ["tests.places"]

SECOND = ("--second", "李所长")
TWO = {**ACTOR, "SANSE_SECOND_SECRET": OTHER}
OLD = "统计口径}]"


@pytest.fixture
def office(desk_office: Console) -> Console:
    """An office whose draft dates a number anew from May 2026 on; no test beside the rules needs to change for it."""
    shutil.copytree(desk_office.folder / "rules", desk_office.folder / "draft")
    edit(desk_office, OLD, "统计口径}, {from: 2026-05-01, value: 3, source: 例会纪要}]")
    return desk_office


def edit(office: Console, old: str, new: str, file: str = "parameters.yaml") -> None:
    path = office.folder / "draft" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_published_shown_and_rolled_back(office: Console) -> None:
    now = ("--now", "2025-03-11T09:00:00")
    checked = office.ok("rules", "publish", "--rules", "draft", "--check", *now)
    assert "repeat.red_30d（" in checked.out
    assert "2026-05-01 起：无 → 3\n" in checked.out
    assert "✓ 过关，可以发布" in checked.out
    before = loader.digest_of(loader.read_folder(office.folder / "rules"))
    made = office.ok("rules", "publish", "--rules", "draft", "--reason", "例会", *SECOND, *now, "--json", **TWO).only
    assert made["published"] is True
    assert made["digest"] == loader.digest_of(loader.read_folder(office.folder / "rules"))
    shown = office.ok("rules", "history").out
    assert "← 正在用  王主任 发布，李所长 复核：例会" in shown
    assert "目录里改的，没有经过发布" in shown
    back = office.ok("rules", "rollback", before[:12], "--reason", "有误", *SECOND, *now, **TWO)
    assert f"✓ 已发布：{before[:12]}" in back.out
    assert loader.digest_of(loader.read_folder(office.folder / "rules")) == before
    lines = office.ok("rules", "history", "--json").lines
    assert [line["reason"] for line in lines] == ["有误", "例会", ""]
    assert [line["in_force"] for line in lines] == [True, False, False]
    assert lines[1]["changes"]["thresholds"][0]["after"] == 3
    office.ok("rules", "history", made["digest"][:12], "--dir", "old")
    assert loader.digest_of(loader.read_folder(office.folder / "old")) == made["digest"]


@pytest.mark.parametrize("reference", ["2", "", "27433"])
def test_a_digest_has_six_places_at_least(office: Console, reference: str) -> None:
    refused = office.run("rules", "rollback", reference, "--reason", "有误", *SECOND, **TWO)
    assert (refused.code, "摘要太短" in refused.err) == (2, True)


def test_the_second_persons_secret_is_asked_for_by_its_name(office: Console) -> None:
    wrong = {**TWO, "SANSE_SECOND_SECRET": "别的口令-7Qz"}
    refused = office.run("rules", "publish", "--rules", "draft", "--reason", "例会", *SECOND, **wrong)
    assert refused.code == 2
    assert "SANSE_SECOND_SECRET" in refused.err


def test_what_the_gate_finds_is_told_and_ends_with_one(office: Console) -> None:
    edit(office, "when: thrice or steady", "when: thrice or nothing", "repeats.yaml")
    checked = office.run("rules", "publish", "--rules", "draft", "--check", "--json")
    assert checked.code == 1
    assert (checked.only["findings"][0]["part"], checked.only["changes"]) == ("lint", None)
    refused = office.run("rules", "publish", "--rules", "draft", "--reason", "例会", *SECOND, **TWO)
    assert refused.code == 1
    assert "repeats.yaml" in refused.out
    assert (
        office.run("rules", "publish", "--rules", "draft", "--reason", "x", *SECOND, "--json", **TWO).only["published"]
        is False
    )
    assert len(office.ok("rules", "history", "--json").lines) == 1


def test_what_the_gate_finds_stands_beside_what_is_changed(office: Console) -> None:
    """Files that load and are found faulty are compared nevertheless; those that do not load cannot be."""
    (office.folder / "draft" / "empty.yaml").write_text("# 空的\n", encoding="utf-8")
    checked = office.run("rules", "publish", "--rules", "draft", "--check", "--now", "2025-03-11T09:00:00")
    assert checked.code == 1
    assert "✗ lint：empty.yaml:1:1 [L108]" in checked.out
    assert "2026-05-01 起：无 → 3\n" in checked.out
    assert "过关" not in checked.out


def test_a_number_dated_back_says_that_the_past_is_judged_anew(office: Console) -> None:
    with desk_of(office.folder / "config.yaml", "2025-03-11T09:00:00") as desk:
        numbers = tuple(Threshold("n", "数", date(2025, month, 1), None, 2) for month in (2, 4))
        past, ahead = told_changes(desk, Differences(thresholds=numbers))
    assert past == "n（数）2025-02-01 起：无 → 2；这一天已经过去，重判以前的来件会用新数"
    assert ahead == "n（数）2025-04-01 起：无 → 2"


def test_without_a_second_person_nothing_is_asked_of_the_first(office: Console) -> None:
    refused = office.run("rules", "publish", "--reason", "例会", **ACTOR)
    assert (refused.code, "第二个人" in refused.err) == (2, True)
