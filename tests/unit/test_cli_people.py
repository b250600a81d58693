"""Who may act, at a terminal: secrets never on the command line and never in an answer."""

from __future__ import annotations

from tests.console import ACTOR, OTHER, Console
from tests.unit.test_cli_app import options

pytest_plugins = ["tests.places"]


def test_an_administrator_adds_a_person_who_then_acts(desk_office: Console) -> None:
    told = desk_office.person(
        "people", "add", "赵六六", "--role", "operator", "--json", SANSE_NEW_SECRET="eight or more"
    ).only
    assert told == {"name": "赵六六", "role": "operator"}
    desk_office.ok(
        "matters", "act", "police_110:B1", "--kind", "contact", "--now", "2025-03-10T09:00:00",
        SANSE_ACTOR="赵六六", SANSE_SECRET="eight or more",
    )  # fmt: skip
    assert "赵六六" in desk_office.ok("people", "list").out


def test_no_secret_is_ever_typed_as_an_argument_or_printed(desk_office: Console) -> None:
    assert not [option for option in options("people add") if "secret" in option]
    assert "correct horse" not in desk_office.ok("people", "list", "--json").out


def test_roles_and_secrets_that_will_not_do(desk_office: Console) -> None:
    short = desk_office.run("people", "add", "赵六六", **ACTOR, SANSE_NEW_SECRET="short")
    assert (short.code, "至少 8 个字符" in short.err) == (2, True)
    role = desk_office.run("people", "add", "赵六六", "--role", "chief", **ACTOR, SANSE_NEW_SECRET="eight or more")
    assert (role.code, "没有这个角色" in role.err) == (2, True)


def test_without_a_terminal_the_new_secret_must_be_in_the_environment(desk_office: Console) -> None:
    ran = desk_office.run("people", "add", "赵六六", **ACTOR)
    assert ran.code == 2
    assert "SANSE_NEW_SECRET" in ran.err


def test_a_known_name_keeps_its_secret_unless_a_reset_is_asked_for(desk_office: Console) -> None:
    again = desk_office.run("people", "add", "李所长", "--role", "lead", **ACTOR, SANSE_NEW_SECRET="eight or more")
    assert (again.code, "李所长 已经登记过" in again.err, "--reset" in again.err) == (2, True, True)
    nobody = desk_office.run("people", "add", "李所常", "--reset", **ACTOR, SANSE_NEW_SECRET="eight or more")
    assert (nobody.code, "没有登记过 李所常" in nobody.err) == (2, True)
    told = desk_office.person("people", "add", "李所长", "--reset", SANSE_NEW_SECRET="eight or more")
    assert "已重设口令 李所长（负责人 lead）" in told.out
    assert "不能作 王主任 的第二人" in told.out


def test_everybody_may_reset_the_secret_of_his_own_but_not_his_role(desk_office: Console) -> None:
    own = {"SANSE_ACTOR": "李所长", "SANSE_SECRET": OTHER, "SANSE_NEW_SECRET": "eight or more"}
    assert desk_office.run("people", "add", "李所长", "--reset", "--role", "admin", **own).code == 2
    assert desk_office.run("people", "add", "王主任", "--reset", **own).code == 2
    assert desk_office.ok("people", "add", "李所长", "--reset", "--json", **own).only == {
        "name": "李所长",
        "role": "lead",
    }
    assert desk_office.run("people", "add", "李所长", "--reset", **own).code == 2, "the former secret is no longer one"
