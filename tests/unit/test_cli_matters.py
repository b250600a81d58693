"""Matters on a screen: short, complete, in words, and safe to show."""

from __future__ import annotations

from tests.console import OTHER, Console
from tests.places import ROWS

pytest_plugins = ["tests.places"]

NOW = "2025-03-10T09:00:00"
CODE = "SS2025-00000"


def test_the_list_counts_what_it_leaves_out(read_office: Console) -> None:
    said = read_office.ok("matters", "list", "--limit", "1").out
    assert "共 3 个事项，列出 1 个；--limit 可加长" in said
    assert "石桥村" in said
    assert "大塘村" not in said
    assert "共 1 个事项，列出 1 个" in read_office.ok("matters", "list", "--colour", "红").out


def test_an_incident_for_110_is_seen_in_the_list_while_its_matter_is_open(desk_office: Console) -> None:
    """Whoever did not see what a reading said of it, for it was killed, sees it here."""
    assert not [row for row in desk_office.ok("matters", "list", "--all", "--json").lines if row["for_110"]]
    row = "P1,2025-03-10 09:30:00,吴四四,13800000004,云溪镇柳塘村3组,纠纷,楼下有人拿着菜刀追着邻居跑，快来人"
    (desk_office.folder / "more.csv").write_text(f"{ROWS[0]}\n{row},晴\n", encoding="utf-8")
    for _ in range(2):
        desk_office.ok("ingest", "--file", "more.csv", "--source", "police_110", "--now", "2025-03-10T10:00:00")
        marked = [row["matter"] for row in desk_office.ok("matters", "list", "--json").lines if row["for_110"]]
        assert marked == ["police_110:P1"]
    said = desk_office.ok("matters", "list").out
    assert said.count("交回110") == said.count("红，交回110") == 1
    ended = ("--means", "调解", "--evidence", "协议一号", "--now", "2025-03-25T09:00:00")
    desk_office.person("matters", "close", "police_110:P1", *ended)
    assert "交回110" not in desk_office.ok("matters", "list", "--all").out


def test_a_page_names_route_reasons_and_ties_in_words(read_office: Console) -> None:
    said = read_office.ok("matters", "show", "police_110:A1").out
    first = said.splitlines()[0]
    assert "黄" in first
    assert "办理中" in first
    assert "共 2 件" in first
    assert "办理：联合调解（派出所、司法所、相关单位、村（社区））" in said
    assert "关联 police_110:A2（" in said
    for code in ("b:person", "dispatch", "sanse ", "mediation", "yellow"):
        assert code not in said


def test_acts_lowerings_and_former_codes_stand_on_the_page(desk_office: Console) -> None:
    at = ("--now", "2025-03-25T09:00:00")
    for kind, level in (("达成协议", "乡级"), ("公安、妇联、民政意见", "公安")):
        desk_office.person("matters", "act", "police_110:K1", "--kind", kind, "--level", level, *at)
    desk_office.person(
        "matters", "override", "police_110:K1", "--to", "黄", "--reason", "已化解", "--second", "李所长", *at,
        SANSE_SECOND_SECRET=OTHER,
    )  # fmt: skip
    desk_office.person("matters", "merge", "police_110:A1", "police_110:K1", "--reason", "同一户", *at)
    said = desk_office.ok("matters", "show", "police_110:K1").out
    assert "原编号" in said
    assert "达成协议 乡级 王主任" in said
    assert "王主任、李所长，已化解" in said


def test_an_unknown_kind_lists_what_there_is_in_words(desk_office: Console) -> None:
    ran = desk_office.run(
        "matters", "act", "police_110:B1", "--kind", "谈话", "--now", NOW, SANSE_ACTOR="x", SANSE_SECRET="y"
    )
    assert ran.code == 2
    ran = desk_office.run(
        "matters", "act", "police_110:B1", "--kind", "谈话", "--now", NOW, SANSE_ACTOR="王主任", SANSE_SECRET="correct horse"
    )  # fmt: skip
    assert "没有这种办理动作：谈话" in ran.err
    assert "mediation_failed（调解失败）" in ran.err


def test_json_of_an_act_says_before_and_after(desk_office: Console) -> None:
    told = desk_office.person(
        "matters", "override", "police_110:B1", "--to", "red", "--reason", "带班研判", "--now", NOW, "--json"
    ).only
    assert (told["was"], told["colour"], told["matter"]) == ("green", "red", "police_110:B1")
    assert told["code"].startswith(CODE)


def test_callers_are_told_masked_with_what_was_done_and_what_may_help(desk_office: Console) -> None:
    asked = ("matters", "callers", "--at-least", "2", "--now", NOW)
    said = desk_office.ok(*asked).out
    assert "陈＊＊ 138＊＊＊＊0001" in said
    assert "来件 2 次（110 2 次）" in said
    assert "同一件事；我方答复：情况不明 2 次" in said
    assert "还没有办理记录" in said
    assert "→ 有事项还没有人上门或调解过" in said
    assert "最近 180 天来过 2 次以上的有 1 人" in said
    for secret in ("13800000001", "陈一一", "untried", "unknown", "police_110"):
        assert secret not in said
    caller = desk_office.ok(*asked, "--json").only
    assert (caller["records"], caller["kinds"], caller["help"]) == (2, {"police_110": 2}, ["untried", "reply_unknown"])
    assert desk_office.run("matters", "callers", "--at-least", "1", "--now", NOW).code == 2


def test_reviews_and_the_next_one_stand_on_the_page_in_words(desk_office: Console) -> None:
    assert "下次再研判 2025-03-13 09:00（" in desk_office.ok("matters", "show", "police_110:B1").out
    desk_office.ok("serve", "--once", "--now", "2025-03-20T09:00:00")
    said = desk_office.ok("matters", "show", "police_110:B1").out
    assert "2025-03-20 09:00 再研判（规则的时限到了）：等级 绿 → 黄；机判等级 绿 → 黄；" in said
    assert "办理方式 人民调解员和相关单位 → 联合调解；新命中 Y8L（派单三天未尝试调解）、Y9L（超过七天未办结）" in said
    assert "    · Y8L：派单已10天，尚未尝试调解（限3天）（2025-03-20 09:00 研判）" in said
    for code in ("limit", "standing", "green", "floor", "machine"):
        assert code not in said
