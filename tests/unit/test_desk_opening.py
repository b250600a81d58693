"""An installation is opened whole or refused in words; people act under their own name and secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.config import Config, DatabaseConfig, KeyMaterial, write_keys
from engine.desk import Desk, create, open_desk
from engine.desk.opening import add_person, authenticate, lived_until, people, simulated
from engine.errors import ConfigError, RuleError, StoreError, UsageError
from engine.model import Colour
from engine.ruleset import loader
from tests.installation import MORNING, SECRET, Installation

pytest_plugins = ["tests.places"]


def config(folder: Path, **more: object) -> Config:
    """A configuration with keys and the shipped rules, without a database."""
    write_keys(folder / "sanse.keys", KeyMaterial(b"i" * 32, b"s" * 32, b"c" * 32))
    return Config.model_validate({"rules": str(loader.shipped()), **more}).at(folder)


class TestOpening:
    def test_a_created_database_opens_and_says_its_clock(self, tmp_path: Path) -> None:
        made = config(tmp_path, clock="simulated")
        assert create(made, at=MORNING) == ""
        assert create(made, at=MORNING) != ""
        desk = open_desk(made, lambda: MORNING)
        assert simulated(desk)
        assert lived_until(desk) is None, "nothing was read in or done"
        assert desk.stages is desk.stages, "made once"
        desk.close()

    def test_a_real_clock_is_no_simulated_one(self, tmp_path: Path) -> None:
        made = config(tmp_path)
        create(made, at=MORNING)
        desk = open_desk(made, lambda: MORNING)
        assert not simulated(desk)
        assert lived_until(desk) is None
        desk.close()

    def test_on_a_real_clock_what_was_read_in_last_is_not_the_present(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", "楼上漏水把天花板泡坏了", days=1))
        assert not simulated(small_place.desk)
        assert lived_until(small_place.desk) is None

    def test_looking_at_a_missing_database_makes_none(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="没有找到数据库文件") as fault:
            open_desk(config(tmp_path), lambda: MORNING)
        assert "sanse db upgrade" in fault.value.hint
        assert not (tmp_path / "sanse.db").exists()

    def test_other_keys_do_not_open_it(self, tmp_path: Path) -> None:
        made = config(tmp_path)
        create(made, at=MORNING)
        desk = open_desk(made, lambda: MORNING)
        add_person(desk, "王主任", SECRET, role="admin", by=None)
        desk.close()
        (tmp_path / "sanse.keys").unlink()
        write_keys(tmp_path / "sanse.keys", KeyMaterial(b"x" * 32, b"y" * 32, b"z" * 32))
        with pytest.raises(StoreError, match="密钥与数据库不符"):
            open_desk(made, lambda: MORNING)

    def test_missing_keys_rules_and_variables_are_told_apart(self, tmp_path: Path) -> None:
        made = config(tmp_path)
        create(made, at=MORNING)
        (tmp_path / "none").mkdir()
        with pytest.raises(RuleError, match="没有规则文件"):
            open_desk(made.model_copy(update={"rules": str(tmp_path / "none")}), lambda: MORNING)
        with pytest.raises(ConfigError, match="SANSE_NOWHERE"):
            open_desk(made.model_copy(update={"database": DatabaseConfig(url_env="SANSE_NOWHERE")}), lambda: MORNING)
        (tmp_path / "sanse.keys").unlink()
        with pytest.raises(ConfigError, match="密钥文件"):
            open_desk(made, lambda: MORNING)

    def test_screen_words_come_from_the_rules(self, small_place: Installation) -> None:
        desk: Desk = small_place.desk
        assert [desk.colour_word(colour) for colour in Colour] == ["绿", "黄", "红"]
        assert desk.words("kinds")["police_110"] == "110"
        assert desk.words("nothing of the kind") == {}
        bare = replace(desk, rulebook=replace(desk.rulebook, documents={}))
        assert bare.colour_word(Colour.RED) == "red", "without labels the word of files"


class TestPeople:
    def test_name_and_secret_must_belong_together(self, place: Installation) -> None:
        person = place.person()
        assert authenticate(place.desk, "王主任", SECRET) == person
        for name, secret in (("王主任", "battery staple"), ("李所长", SECRET), ("", "")):
            with pytest.raises(UsageError, match="姓名或口令不对"):
                authenticate(place.desk, name, secret)

    def test_only_an_administrator_registers_others(self, place: Installation) -> None:
        place.person()
        lead = place.person("李所长", "lead")
        with pytest.raises(UsageError, match="只有管理员"):
            add_person(place.desk, "赵六", "another secret", role="operator", by=lead)
        with pytest.raises(UsageError, match="只有管理员"):
            add_person(place.desk, "赵六", "another secret", role="operator", by=None)
        assert {person.name for person in people(place.desk)} == {"王主任", "李所长"}

    def test_there_is_always_an_administrator(self, small_place: Installation) -> None:
        with pytest.raises(UsageError, match="至少要有一名管理员"):
            add_person(small_place.desk, "李所长", SECRET, role="lead", by=None)
        admin = small_place.person()
        with pytest.raises(UsageError, match="至少要有一名管理员"):
            add_person(small_place.desk, admin.name, SECRET, role="operator", by=admin, reset=True)
        add_person(small_place.desk, "周书记", "a third secret", role="admin", by=admin)
        add_person(small_place.desk, admin.name, "a new secret", role="operator", by=admin, reset=True)
        assert {person.name: person.role for person in people(small_place.desk)} == {
            "周书记": "admin",
            "王主任": "operator",
        }

    @pytest.mark.parametrize("name", ["", "  ", "sanse", "系统"])
    def test_nobody_acts_under_the_name_of_the_machine(self, small_place: Installation, name: str) -> None:
        with pytest.raises(UsageError, match="不能用这个姓名"):
            add_person(small_place.desk, name, SECRET, role="admin", by=None)

    def test_two_people_have_two_secrets(self, small_place: Installation) -> None:
        admin = small_place.person()
        with pytest.raises(UsageError, match="不能和登记人的相同"):
            add_person(small_place.desk, "李所长", SECRET, role="lead", by=admin)

    def test_an_unknown_role_and_a_short_secret_are_refused(self, small_place: Installation) -> None:
        with pytest.raises(UsageError, match="没有这个角色：chief") as fault:
            add_person(small_place.desk, "王主任", SECRET, role="chief", by=None)
        assert "lead" in fault.value.hint
        with pytest.raises(UsageError, match="至少 8 个字符"):
            add_person(small_place.desk, "王主任", "short", role="admin", by=None)

    def test_registering_stands_in_the_audit_log_without_the_secret(self, place: Installation) -> None:
        place.person()
        place.person("李所长", "lead")
        with place.desk.store.read() as view:
            rows = view.audit_rows()
        assert [(row.actor, row.payload) for row in rows] == [
            ("王主任", {"name": "王主任", "role": "admin"}),
            ("王主任", {"name": "李所长", "role": "lead"}),
        ]
