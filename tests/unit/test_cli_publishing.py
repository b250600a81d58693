"""Publishing at a terminal: the gate first, then two persons; history in words and as JSON; the way back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cli.publishing import told_changes
from cli.wiring import desk_of
from engine.desk import publishing
from engine.desk.opening import authenticate
from engine.ruleset import loader
from engine.ruleset.differences import Differences, Threshold
from tests.console import ACTOR, OTHER, SECRET, Console
from tests.console import office as bare_office

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


def test_a_number_dated_back_says_that_the_past_is_judged_anew() -> None:
    numbers = tuple(Threshold("n", "数", date(2025, month, 1), None, 2) for month in (2, 4))
    past, ahead = told_changes(Differences(thresholds=numbers), date(2025, 3, 11))
    assert past == "n（数）2025-02-01 起：无 → 2；这一天已经过去，重判以前的来件会用新数"
    assert ahead == "n（数）2025-04-01 起：无 → 2"


def test_without_a_second_person_nothing_is_asked_of_the_first(office: Console) -> None:
    refused = office.run("rules", "publish", "--reason", "例会", **ACTOR)
    assert (refused.code, "第二个人" in refused.err) == (2, True)


def by_hand(office: Console, folder: str, now: str) -> str:
    """Publish the rules of a folder without its gate, which is tried elsewhere; the digest."""
    with desk_of(office.folder / "config.yaml", now) as desk:
        author, second = authenticate(desk, "王主任", SECRET), authenticate(desk, "李所长", OTHER)
        files = loader.read_folder(office.folder / folder)
        return publishing.publish(desk, author, second, files, reason="例会", gate=lambda _: ()).digest


def test_history_compares_a_day_with_that_of_the_publication(office: Console) -> None:
    """Looked at in a later year; at half past midnight of the first, which is still the last of March by the clock of London."""
    edit(office, "2026-05-01, value: 3", "2025-04-01, value: 3")
    by_hand(office, "draft", "2025-04-01T00:30:00")
    assert "2025-04-01 起：无 → 3\n" in office.ok("rules", "history", "--limit", "1").out
    edit(office, "2025-04-01, value: 3", "2025-03-31, value: 3")
    by_hand(office, "draft", "2025-04-01T00:40:00")
    assert "2025-03-31 起：无 → 3；这一天已经过去" in office.ok("rules", "history", "--limit", "1").out


def test_a_publication_that_was_cut_is_told_where_it_stands(office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(publishing, "place", killed)
        by_hand(office, "draft", "2025-03-11T09:00:00")
    shown = office.ok("rules", "history").out.splitlines()
    cut = loader.digest_of(loader.read_folder(office.folder / "draft"))[:12]
    assert f"{cut}  王主任 发布" in shown[0]
    assert "✗ 规则目录没有换成这一套" in shown[1]
    assert f"sanse rules rollback {cut}" in shown[1]
    assert sum("没有换成" in line for line in shown) == 1
    told = office.run("doctor")
    assert f"✗ 规则发布：已发布 {cut}，规则目录没有换成它" in told.out
    (office.folder / "config.yaml").open("a", encoding="utf-8").write("\npublish: {required: true}\n")
    served = office.ok("serve", "--once", "--now", "2025-03-11T09:05:00")
    assert f"已发布 {cut}，已经起用；规则目录没有换成它" in served.out + served.err
    assert "还没有发布" not in served.out + served.err
    by_hand(office, "draft", "2025-03-11T09:10:00")
    assert "没有换成" not in office.ok("rules", "history").out + office.run("doctor").out


@pytest.fixture
def refused_office(tmp_path: Path) -> Console:
    """An office where only published rules hold, and where the only ones are no rulebook to this release; its folder is sound."""
    made = bare_office(tmp_path / "office")
    config = made.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "\npublish: {required: true}\n", encoding="utf-8")
    with desk_of(config, "2025-03-10T09:00:00") as desk:
        body = desk.rulebook.files["repeats.yaml"].replace(b"title: ", "title: 宗教信仰".encode(), 1)
        files = {**desk.rulebook.files, "repeats.yaml": body}
        assert [fault.code for fault in loader.check(files)[1]] == ["L101"]
        former = replace(desk.rulebook, digest=loader.digest_of(files), files=files)
        with desk.store.batch() as tx:
            tx.write_publication(former, by="甲", second="乙", reason="例会", at=desk.clock())
            tx.append_audit("甲", publishing.PUBLISH, {}, desk.clock())
    return made


def test_refused_rules_are_told_by_their_digest_and_with_what_to_do(refused_office: Console) -> None:
    now = ("--now", "2025-03-11T09:00:00")
    (digest,) = [line["digest"][:12] for line in refused_office.ok("rules", "history", "--json").lines]
    for command in (("serve", "--once", *now), ("matters", "list"), ("ingest", "--file", "x.csv", *now)):
        told = refused_office.run(*command)
        assert (told.code, told.out) == (2, "")
        assert f"现行规则（摘要 {digest}）" in told.err
        assert f"{digest} 里的 repeats.yaml:" in told.err
        assert "改好规则目录，sanse rules publish --check" in told.err
    looked = refused_office.run("doctor")
    (held,) = [line for line in looked.out.splitlines() if line.startswith("✗ 在用的规则")]
    assert f"摘要 {digest}" in held
    assert "改好之前服务起不来" in held
    assert "rules lint" not in looked.out
    assert "服务仍用" not in looked.out
    assert "✗ 打开" not in looked.out


def test_where_no_rules_are_sound_mended_ones_are_published(refused_office: Console) -> None:
    now = ("--now", "2025-03-11T09:00:00")
    for reading in (("people", "list"), ("audit", "verify"), ("db", "verify"), ("jobs", "list")):
        assert "研判不了" in refused_office.ok(*reading).err
    (former,) = refused_office.ok("rules", "history", "--json").lines
    assert (former["in_force"], former["by"]) == (False, "甲")
    checked = refused_office.ok("rules", "publish", "--check", *now)
    assert "✓ 过关，可以发布" in checked.out
    assert "没有差别" not in checked.out
    back = refused_office.run("rules", "rollback", former["digest"], "--reason", "退回", *SECOND, *now, **TWO)
    assert (back.code, "L101" in back.out) == (1, True)
    assert f"以前的规则 {former['digest'][:12]} 有 1 处本版本不收的错误" in back.out
    made = refused_office.ok("rules", "publish", "--reason", "改好", *SECOND, *now, "--json", **TWO).only
    assert (made["published"], made["before"], made["changes"]) == (True, former["digest"], None)
    assert [line["in_force"] for line in refused_office.ok("rules", "history", "--json").lines] == [True, False]
    assert refused_office.ok("serve", "--once", *now).err == ""
    compared = refused_office.run("rules", "backtest", "--against", former["digest"], *now)
    assert (compared.code, f"以前的规则 {former['digest'][:12]}" in compared.err) == (2, True)
