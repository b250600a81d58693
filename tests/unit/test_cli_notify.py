"""Messages at a terminal: sent by the service, listed, tested, given up and sent again, silenced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from cli.notify import _why
from engine.model import Colour
from engine.store.rows import DeliveryRow
from tests.console import ACTOR, Console
from tests.notice_samples import NOW as THEN
from tests.notice_samples import notice
from tests.receivers import Posted, Receiver, Reply, receiver
from tests.serving import ZONE

pytest_plugins = ["tests.places"]

NOW, LATER = "2025-03-10T09:05:00", "2025-03-10T09:20:00"
_CHANNELS = """
notify: {{link: "https://board.example/m/{{code}}"}}
channels:
  - name: 值班群
    type: wecom
    url_env: SANSE_WECOM_URL
    allowed_hosts: ["localhost:{port}"]
    private_hosts: [localhost]
    options: {{timeout_seconds: 5}}
"""


class Answers:
    """What the server says, changed by the test."""

    reply = Reply()

    def __call__(self, _: Posted) -> Reply:
        return self.reply


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def group(answers: Answers) -> Iterator[Receiver]:
    with receiver(answers) as place:
        yield place


@pytest.fixture
def told(desk_office: Console, group: Receiver) -> Console:
    """An office with a group."""
    config = desk_office.folder / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("channels: []\n", "")
    config.write_text(text + _CHANNELS.format(port=group.port), encoding="utf-8")
    return Console(desk_office.folder, {"SANSE_WECOM_URL": group.url})


def texts(group: Receiver) -> str:
    return "\n".join(one.json["text"]["content"] for one in group.got)


def serve(office: Console, now: str) -> dict[str, int]:
    ran = office.ok("serve", "--once", "--now", now, "--json")
    told = next(line for line in ran.lines if line["event"] == "messages")
    return {name: told[name] for name in ("sent", "refused", "dead", "nobody")}


def test_the_service_tells_red_at_once_and_the_rest_together(told: Console, group: Receiver) -> None:
    assert serve(told, NOW) == {"sent": 1, "refused": 0, "dead": 0, "nobody": 0}
    lines = texts(group).splitlines()
    assert [line.split()[0][:3] for line in lines[1:]] == ["【红】", "【红】"]
    assert any("来件有误，内容涉险" in line for line in lines)
    assert any("升级" in line or "新派单" in line for line in lines)
    assert all("https://board.example/m/" in line for line in lines[1:])
    assert "【黄】" not in texts(group)
    waiting = told.ok("notify", "list", "--json").lines
    assert {(row["state"], row["why"]) for row in waiting} == {("waiting", "batch")}
    assert "等同一时段的一起发" in told.ok("notify", "list").out
    serve(told, LATER)
    assert "【黄】" in texts(group)
    assert told.ok("notify", "list", "--json").lines == []
    assert "没有待发的，也没有发不出去的；已发的用 --state sent 看" in told.ok("notify", "list").out
    assert {row["state"] for row in told.ok("notify", "list", "--state", "sent", "--json").lines} == {"sent"}


def test_what_was_told_of_a_matter_and_every_try(told: Console) -> None:
    serve(told, NOW)
    row = next(row for row in told.ok("matters", "list", "--json").lines if row["colour"] == "red")
    shown = told.ok("notify", "show", row["code"], "--json").only
    (delivery,) = shown["notices"][0]["deliveries"]
    assert (delivery["state"], shown["notices"][0]["tries"][0]["outcome"]) == ("sent", "sent")
    said = told.ok("notify", "show", row["matter"]).out
    assert "第 1 次" in said
    assert "已收下 errcode 0" in said
    (alarm,) = [one for one in told.ok("quarantine", "list", "--json").lines if one["colour"] == "red"]
    assert "内容涉险" in told.ok("notify", "show", f"Q{alarm['id']}").out
    unknown = told.run("notify", "show", "SS1999-000001")
    assert (unknown.code, "没有找到" in unknown.err) == (2, True)


def test_a_channel_is_tried_out(told: Console, group: Receiver, answers: Answers) -> None:
    assert told.ok("notify", "test", "值班群", "--now", NOW).out.startswith("✓ 值班群")
    assert "测试，收到即可" in texts(group)
    answers.reply = Reply(body={"errcode": 93000, "errmsg": "invalid webhook url"})
    ran = told.run("notify", "test", "值班群", "--now", NOW, "--json")
    assert (ran.code, ran.only["delivered"]) == (1, False)
    assert "93000" in ran.only["said"]
    assert "geheim" not in ran.out + ran.err
    unknown = told.run("notify", "test", "别的", "--now", NOW)
    assert (unknown.code, "可用：值班群" in unknown.err) == (2, True)


def test_of_what_waits_the_time_of_its_next_try_is_listed(told: Console, answers: Answers) -> None:
    answers.reply = Reply(500)
    assert serve(told, NOW)["refused"] == 1
    (row, *_) = [one for one in told.ok("notify", "list", "--json").lines if one["why"] == "retry"]
    assert row["due_at"] > row["done_at"]
    local = datetime.fromisoformat(row["due_at"]).astimezone(ZONE)
    assert f"{local:%Y-%m-%d %H:%M}" in told.ok("notify", "list").out


def test_of_what_is_on_its_way_no_reason_to_wait_is_told() -> None:
    row = DeliveryRow(notice(Colour.RED), "群", "waiting", "", THEN, "key", 1, 0, THEN, 1, None)
    assert _why(row, {}) == "正在发"
    assert _why(replace(row, lease_until=None, why="cap"), {"cap": "满了"}) == "满了"


def test_what_was_given_up_is_seen_and_sent_again_under_its_key(
    told: Console, group: Receiver, answers: Answers
) -> None:
    answers.reply = Reply(404)
    assert serve(told, NOW)["dead"] == 1
    (key,) = {row["key"] for row in told.ok("notify", "list", "--state", "dead", "--json").lines}
    assert any("条发不出去" in line["found"] and not line["well"] for line in told.run("doctor", "--json").lines)
    for wrong in ((), ("nonsense",)):
        assert told.run("notify", "replay", *wrong, "--now", NOW).code == 2
    answers.reply = Reply()
    assert told.ok("notify", "replay", key, "--now", NOW, "--json").only["revived"] == 2
    assert serve(told, NOW)["sent"] == 1
    assert len(set(group.keys)) == 1
    assert told.ok("notify", "replay", "--all", "--now", NOW).out.startswith("已重新排上 0 条")


def test_a_matter_is_silenced_for_a_while_by_a_person_with_a_reason(told: Console, group: Receiver) -> None:
    rows = told.ok("matters", "list", "--json").lines
    yellow = next(row["code"] for row in rows if row["colour"] == "yellow")
    red = next(row["code"] for row in rows if row["colour"] == "red")
    silence = ("notify", "silence", yellow, "--now", NOW)
    assert told.run(*silence, "--reason", "已在办").code == 2
    assert (
        told.person(*silence, "--days", "3", "--reason", "陈某某外出，已约定", "--json")
        .only["until"]
        .startswith("2025-03-13")
    )
    serve(told, LATER)
    assert yellow not in texts(group)
    held = told.ok("notify", "list", "--state", "held", "--json").lines
    assert ("not sent", "silenced") in {(row["state"], row["why"]) for row in held if row["code"] == yellow}
    assert "静默到 2025-03-13" in told.ok("notify", "show", yellow, "--now", LATER).out
    assert told.person(*silence, "--days", "0", "--reason", "已回来").out == f"{yellow} 不再静默\n"
    refused = told.run("notify", "silence", red, "--reason", "太吵", "--now", NOW, **ACTOR)
    assert (refused.code, "红色事项不能静默" in refused.err) == (2, True)
    empty = told.run(*silence, "--reason", " ", **ACTOR)
    assert (empty.code, "写明理由" in empty.err) == (2, True)
    assert "陈某某" not in (told.folder / "sanse.db").read_bytes().decode("utf-8", errors="ignore")


def test_a_channel_that_cannot_work_is_told_when_the_service_starts(told: Console) -> None:
    ran = told.run("serve", "--once", "--now", NOW, SANSE_WECOM_URL="")
    assert (ran.code, "SANSE_WECOM_URL 没有设置" in ran.err) == (2, True)
    config = told.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "  - {name: 屏幕, type: console}\n", encoding="utf-8")
    assert Console(told.folder, {}).run("notify", "test", "屏幕", "--now", NOW).code == 0


def test_unknown_states_and_keys_are_refused(told: Console) -> None:
    assert told.run("notify", "list", "--state", "lost").code == 2
    config = told.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "    colour: red\n", encoding="utf-8")
    refused = told.run("notify", "list")
    assert (refused.code, "没有这个键" in refused.err) == (2, True)


def test_history_is_not_told_and_says_so(told: Console) -> None:
    old = "接警单编号,报警时间,报警电话,报警内容\nH1,2024-01-05 08:00:00,13800000009,有人拿着菜刀砍人\n"
    (told.folder / "old.csv").write_text(old, encoding="utf-8")
    told.ok("ingest", "--file", "old.csv", "--source", "police_110", "--now", NOW)
    assert told.ok("notify", "show", "police_110:H1", "--json").only["why"] == "history"
    assert "历史来件，不派单也不通知" in told.ok("notify", "show", "police_110:H1").out


def test_without_channels_nobody_is_told_and_nothing_fails(desk_office: Console) -> None:
    ran = desk_office.ok("serve", "--once", "--json", "--now", NOW)
    assert not [line for line in ran.lines if "sent" in line]
    assert desk_office.ok("notify", "list", "--json").lines == []
    held = desk_office.ok("notify", "list", "--state", "held", "--json").lines
    assert {(line["channel"], line["why"]) for line in held} == {("", "nobody")}
    assert "没有配置渠道" in desk_office.run("doctor").out


def test_a_red_that_no_channel_takes_is_seen_and_told_when_one_does(told: Console, group: Receiver) -> None:
    config = told.folder / "config.yaml"
    right = config.read_text(encoding="utf-8")
    config.write_text(
        right.replace("    options: {timeout", "    receivers: [派出所所]\n    options: {timeout"), "utf-8"
    )
    assert serve(told, NOW)["sent"] == 1, "the alarm of the quarantine, for it has no route"
    rows = told.ok("notify", "list", "--json").lines
    assert {(row["colour"], row["why"]) for row in rows if not row["channel"]} == {("red", "nobody")}
    assert "没有渠道接收这种颜色或单位" in told.ok("notify", "list", "--state", "held").out
    checks = {one["what"]: one for one in told.run("doctor", "--json").lines}
    assert (checks["通知"]["well"], "条红色没有渠道接收" in checks["通知"]["found"]) == (False, True)
    assert (checks["接收单位"]["well"], "派出所所" in checks["接收单位"]["found"]) == (False, True)
    assert "派出所、" in checks["接收单位"]["hint"]
    config.write_text(right, encoding="utf-8")
    count = told.ok("notify", "replay", "--all", "--json").only["revived"]
    assert count >= len(rows)
    before = len(group.got)
    assert serve(told, NOW)["sent"] >= 1
    assert "【红】" in "".join(one.json["text"]["content"] for one in group.got[before:])
    said = told.run("doctor").out
    assert "没有渠道接收" not in said
    assert "接收单位" not in said, "no channel is for some receivers only"


def test_receivers_of_a_channel_that_routes_have_are_well(told: Console) -> None:
    config = told.folder / "config.yaml"
    right = config.read_text(encoding="utf-8")
    config.write_text(right.replace("    options: {timeout", "    receivers: [派出所]\n    options: {timeout"), "utf-8")
    assert "✓ 接收单位：派单路线里都有" in told.run("doctor").out


def test_what_waits_for_a_channel_that_was_renamed_is_seen_and_told(
    told: Console, group: Receiver, answers: Answers
) -> None:
    answers.reply = Reply(500)
    assert serve(told, NOW)["refused"] == 1
    config = told.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("name: 值班群", "name: 群新"), "utf-8")
    checks = {one["what"]: one for one in told.run("doctor", "--json").lines}
    assert (checks["通知"]["well"], "条等着 config.yaml 里已经没有的渠道" in checks["通知"]["found"]) == (False, True)
    answers.reply, before = Reply(), len(group.got)
    assert serve(told, LATER)["sent"] >= 1
    assert "【红】" in "".join(one.json["text"]["content"] for one in group.got[before:])
    assert "改由现有的渠道说" in told.ok("notify", "list", "--state", "held").out
    assert "已经没有的渠道" not in told.run("doctor").out


def test_doctor_names_a_channel_with_which_the_service_would_not_start(told: Console) -> None:
    assert "渠道" not in {one["what"] for one in told.run("doctor", "--json").lines}
    ran = told.run("doctor", "--json", SANSE_WECOM_URL="")
    (check,) = [one for one in ran.lines if one["what"] == "渠道"]
    assert (ran.code, check["well"]) == (1, False)
    assert "值班群：环境变量 SANSE_WECOM_URL 没有设置" in check["found"]
    refused = told.run("serve", "--once", "--now", NOW, SANSE_WECOM_URL="")
    assert (refused.code, "SANSE_WECOM_URL" in refused.err) == (2, True)
