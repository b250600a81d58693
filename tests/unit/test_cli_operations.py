"""A ready folder, and a look at what is not well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.console import Console
from tests.store_samples import spoil

pytest_plugins = ["tests.places"]


def test_init_says_what_it_made_and_what_to_do_next(tmp_path: Path) -> None:
    console = Console(tmp_path)
    told = console.ok("init", "a", "--json").only
    assert told == {"dir": "a", "files": ["config.yaml", "rules", "sanse.keys", "sanse.db"]}
    assert all((tmp_path / "a" / name).exists() for name in told["files"])
    said = console.ok("init", "b").out
    for step in ("另存一份", "cd b", "sanse people add", "sanse ingest"):
        assert step in said


def test_an_unknown_clock_makes_nothing(tmp_path: Path) -> None:
    ran = Console(tmp_path).run("init", "a", "--clock", "sundial")
    assert (ran.code, "没有这种时钟" in ran.err) == (2, True)
    assert not (tmp_path / "a").exists()


def test_doctor_ends_well_when_all_is_well(desk_office: Console) -> None:
    (row,) = desk_office.ok("quarantine", "list", "--json").lines
    desk_office.person("quarantine", "dismiss", row["id"], "--reason", "不是来件", "--now", "2025-03-10T09:00:00")
    desk_office.ok("db", "backup")
    ran = desk_office.run("doctor")
    assert ran.code == 0, ran.out
    assert "✗" not in ran.out


def test_doctor_says_what_to_do_about_what_is_not(desk_office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.operations._LEAST_FREE_MIB", 10**12)
    ran = desk_office.run("doctor", "--json")
    assert ran.code == 1
    found = {line["what"]: line for line in ran.lines}
    assert not found["磁盘"]["well"]
    assert found["磁盘"]["hint"] == "请腾出空间"
    assert found["Python"]["well"]


@pytest.mark.parametrize("now", ["2025-12-01T00:00:00+00:00", "2026-12-20T00:00:00+00:00", "2027-03-01T00:00:00+00:00"])
def test_doctor_of_a_fresh_place_is_well_whatever_year_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str
) -> None:
    monkeypatch.setattr("cli.wiring.real_clock", lambda: datetime.fromisoformat(now))
    Console(tmp_path).ok("init", "a")
    office = Console(tmp_path / "a")
    office.ok("people", "add", "王主任", "--role", "admin", SANSE_NEW_SECRET="correct horse")
    ran = office.ok("doctor")
    assert "✓ 日历：" in ran.out
    assert "抄进 rules/calendar.yaml" in ran.out


def broken_config(office: Console) -> None:
    (office.folder / "config.yaml").write_text("clock: never\n", encoding="utf-8")


def no_config(office: Console) -> None:
    (office.folder / "config.yaml").unlink()


def broken_rules(office: Console) -> None:
    (office.folder / "rules" / "topics.yaml").write_text("topics: [", encoding="utf-8")


def no_keys(office: Console) -> None:
    (office.folder / "sanse.keys").unlink()


def other_keys(office: Console) -> None:
    file = office.folder / "sanse.keys"
    file.write_text("".join(f"{name}={'ab' * 32}\n" for name in ("index", "seal", "chain")), encoding="utf-8")


def no_database(office: Console) -> None:
    (office.folder / "sanse.db").unlink()


def broken_database(office: Console) -> None:
    (office.folder / "sanse.db").write_bytes(b"no database at all" * 100)


def damaged_database(office: Console) -> None:
    spoil(office.folder / "sanse.db", "bodies")


def strange_source(office: Console) -> None:
    file = office.folder / "config.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "sources: []", "sources: [{name: a, kind: polcie_110, location: a.csv}]"
    )
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("ruin", "what", "said"),
    [
        (broken_config, "配置", "clock"),
        (no_config, "配置", "没有找到配置文件"),
        (broken_rules, "规则集", "topics.yaml:1"),
        (no_keys, "密钥", "没有找到密钥文件"),
        (other_keys, "打开", "密钥与数据库不符"),
        (no_database, "数据库", "没有找到数据库文件"),
        (broken_database, "数据库", "文件不是数据库"),
        (damaged_database, "数据库", "文件已损坏"),
        (strange_source, "来源", "渠道不认识的：a"),
    ],
    ids=lambda part: part.__name__ if callable(part) else "",
)
def test_doctor_tells_what_is_broken_and_goes_on(
    desk_office: Console, ruin: Callable[[Console], None], what: str, said: str
) -> None:
    ruin(desk_office)
    ran = desk_office.run("doctor", "--json")
    assert ran.code == 1, ran
    found = {line["what"]: line for line in ran.lines}
    assert (found[what]["well"], said in found[what]["found"], bool(found[what]["hint"])) == (False, True, True)
    others = {"Python", "配置", "磁盘", "密钥", "规则集", "数据库"} - {what}
    assert {name for name in others if found[name]["well"]} == others
    assert "✗ " + what in desk_office.run("doctor").out


def test_what_has_nothing_to_do_with_rules_works_while_they_are_broken(desk_office: Console) -> None:
    broken_rules(desk_office)
    for command in (("jobs", "list"), ("notify", "list"), ("people", "list"), ("db", "verify"), ("audit", "verify")):
        desk_office.ok(*command)
    found = {line["what"]: line["well"] for line in desk_office.run("doctor", "--json").lines}
    assert (found["规则集"], found["人员"], found["日历"]) == (False, True, True), "the rest is still looked at"
    assert desk_office.run("ingest", "--file", "export.csv", "--source", "police_110").code == 2
