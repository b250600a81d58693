"""A supplier's row becomes an incident: every field, every supplier, every reason to refuse."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.errors import ConfigError, RuleError
from engine.model import Cause, Contact
from engine.normalise import Normaliser
from tests.mappings import KNOWN_AT, accepted, normaliser, police, refused, row, rulebook, shipped_mappings

OCCURRED = datetime(2025, 1, 1, 19, 4, 5, tzinfo=UTC)

WHOLE_ROW = {
    "接警单编号": "430121202501020001",
    "关联主接警单编号": "430121202501010001",
    "关联类型": "1",
    "报警时间": "2025-01-02 03:04:05",
    "报警人": "张小三",
    "报警电话": "138 1234 5678",
    "证件号码": "430121199001011237",
    "报警地址": "滨河路12号",
    "警情地址": "翠竹园小区3栋502室",
    "报警内容": "张小三称我们9个会员要退费50万元，电话13812345678",
    "补充接警内容": "对方已离开",
    "警情类别": "纠纷",
    "警情类型": "民事纠纷",
    "警情细类": "邻里纠纷",
    "管辖单位": "翠竹派出所",
    "有无持武器": "无",
    "受伤情况": "1人轻伤",
    "涉及人数": "3人",
    "处警反馈": "已告知张小三",
    "结案时间": "2025-01-02 05:00:00",
    "来源编号": "GD20250101001",
}


class TestPolice:
    def test_every_column_of_the_usual_export_is_known(self) -> None:
        assert normaliser().unknown_headers(row("police_110", WHOLE_ROW)) == ()

    def test_every_field_of_a_whole_row(self) -> None:
        incident = accepted(normaliser().normalise(row("police_110", WHOLE_ROW), KNOWN_AT))
        assert incident.id == "police_110:430121202501020001"
        assert (incident.occurred_at, incident.known_at) == (OCCURRED, KNOWN_AT)
        assert incident.updated_at == incident.closed_at == datetime(2025, 1, 1, 21, tzinfo=UTC)
        assert incident.cause is Cause.REPEAT
        assert incident.caller.name == "张小三"
        assert incident.caller.phone == "13812345678"
        assert incident.narrative == "＊＊＊称我们9个会员要退费50万元，电话＊＊＊＊＊＊＊＊＊＊＊\n对方已离开"
        assert incident.feedback == "已告知＊＊＊"
        assert (incident.category, incident.category_text) == ("02", "纠纷/民事纠纷/邻里纠纷")
        assert (incident.address, incident.area) == ("翠竹园小区3栋502室", "翠竹派出所")
        assert (incident.weapon, incident.injury, incident.visit) == (False, True, None)
        assert (incident.heads, incident.people, incident.amount) == (9, 3, 50_000_000)
        assert incident.status == "closed"
        assert incident.numbers == ("hotline_12345:GD20250101001", "police_110:430121202501010001")
        assert not incident.anonymous
        assert not incident.confidential

    def test_plain_contact_data_stands_in_no_text(self) -> None:
        incident = accepted(normaliser().normalise(row("police_110", WHOLE_ROW), KNOWN_AT))
        texts = f"{incident.title}{incident.narrative}{incident.feedback}"
        assert not any(secret in texts for secret in ("13812345678", "张小三", "430121199001011237"))

    def test_the_scene_wins_over_the_callers_place(self) -> None:
        assert accepted(police(警情地址="", 报警地址="滨河路12号")).address == "滨河路12号"

    @pytest.mark.parametrize(
        ("cells", "cause"),
        [
            ({"关联类型": "0"}, Cause.NEW),
            ({"关联类型": ""}, Cause.NEW),
            ({"关联类型": 1}, Cause.REPEAT),
            ({"关联类型": 2.0}, Cause.URGE),
            ({"关联类型": "3"}, Cause.FEEDBACK),
            ({"关联类型": "4"}, Cause.NUISANCE),
            ({"关联类型": "警情催办"}, Cause.URGE),
            ({"关联类型": "重复"}, Cause.REPEAT),
            ({"关联类型": "谁也不认得"}, Cause.NEW),
            ({"是否重复": "是"}, Cause.REPEAT),
            ({"是否重复": "否"}, Cause.NEW),
            ({"关联类型": "2", "是否重复": "是"}, Cause.URGE),
            ({"关联类型": "1", "无效标记": "1"}, Cause.VOID),
            ({"无效标记": "0"}, Cause.NEW),
            ({"警情类别": "骚扰"}, Cause.NUISANCE),
            ({"警情类别": "重复报警"}, Cause.REPEAT),
            ({"警情类别": "1"}, Cause.NEW),
        ],
    )
    def test_cause(self, cells: dict[str, Any], cause: Cause) -> None:
        assert accepted(police(**cells)).cause is cause

    @pytest.mark.parametrize(
        ("cell", "truth"),
        [("有", True), ("无", False), (0, False), (1, True), ("是", True), ("否", False), ("", None), ("不详", None)],
    )
    def test_weapon_flag(self, cell: object, truth: bool | None) -> None:
        incident = accepted(police(有无持武器=cell))
        assert incident.weapon is truth
        assert "weapon" in incident.declared

    @pytest.mark.parametrize(
        ("cell", "truth"),
        [
            ("无人受伤", False),
            ("未造成人员受伤，无需送医", False),
            ("1人轻伤", True),
            ("一人轻伤，其余无伤", True),
            ("头部流血已送医", True),
            ("0", False),
            (2, True),
            ("待查", None),
            ("", None),
        ],
    )
    def test_injury(self, cell: object, truth: bool | None) -> None:
        assert accepted(police(受伤情况=cell)).injury is truth

    def test_a_knife_in_words_is_a_weapon_and_a_denial_is_not(self) -> None:
        assert accepted(police(有无持武器="对方持菜刀")).weapon is True
        assert accepted(police(有无持武器="未持械")).weapon is False

    def test_a_confidential_record_says_so_and_an_unknown_word_hides_rather_than_shows(self) -> None:
        assert accepted(police(是否保密="是")).confidential
        assert accepted(police(是否保密="二级")).confidential
        assert not accepted(police(是否保密="否")).confidential
        assert not accepted(police(是否保密="")).confidential


class TestStatus:
    def test_without_a_status_column_the_closing_time_decides(self) -> None:
        assert accepted(police(结案时间="2025-01-02 05:00:00")).status == "closed"
        assert accepted(police(结案时间="")).status == "open"
        assert accepted(police(结案时间="已结")).status is None

    def test_without_either_column_it_is_not_known_and_not_declared(self) -> None:
        incident = accepted(police())
        assert incident.status is None
        assert not {"status", "closed_at"} & incident.declared

    def test_a_code_wins(self) -> None:
        assert accepted(police(处理状态="办理中", 结案时间="")).status == "open"
        assert accepted(police(处理状态="已办结", 结案时间="")).status == "closed"

    def test_a_closing_time_after_we_learned_of_it_is_left_out(self) -> None:
        assert accepted(police(结案时间="2099-01-01 00:00:00")).closed_at is None


class TestCaller:
    @pytest.mark.parametrize("name", ["匿名", "不愿透露姓名", "网友", "热心市民", "拒绝透露"])
    def test_a_name_that_is_none(self, name: str) -> None:
        incident = accepted(police(报警人=name, 报警电话="13812345678"))
        assert incident.anonymous
        assert incident.caller == Contact(phone="13812345678")

    def test_nothing_known_at_all_is_anonymous(self) -> None:
        assert accepted(police(报警人="", 报警电话="无", 证件号码="不详")).anonymous
        assert not accepted(police(报警人="", 报警电话="13812345678")).anonymous

    def test_the_second_phone_column_speaks_when_the_first_is_no_phone(self) -> None:
        assert accepted(police(报警电话="110", 联系电话="0731-88887777")).caller.phone == "073188887777"

    def test_an_id_number_that_cannot_be_is_dropped(self) -> None:
        assert accepted(police(证件号码="430121199001011230")).caller.id_number == ""

    def test_a_firm_or_a_role_as_opponent_stays_readable(self) -> None:
        text = "蓝天物业公司的业主和李四吵架"
        assert (
            accepted(police(报警内容=text, 对方="蓝天物业公司、业主、李四")).narrative == "蓝天物业公司的业主和＊＊吵架"
        )

    def test_a_local_landline_of_the_caller_is_hidden_in_the_text_too(self) -> None:
        incident = accepted(police(报警内容="请打8888 7777或者88887777", 报警电话="0731-88887777"))
        assert "88887777" not in incident.narrative


class TestQuantities:
    @pytest.mark.parametrize(
        ("cells", "amount"),
        [
            ({"报警内容": "欠我五十万元不还"}, 50_000_000),
            ({"报警内容": "先给两千块，再给3.5万"}, 3_500_000),
            ({"涉案金额": "30,000.00"}, 3_000_000),
            ({"涉案金额": "20万", "报警内容": "损失50w"}, 50_000_000),
            ({"涉案金额（万元）": "3.5"}, 3_500_000),
            ({"涉案金额": "若干"}, None),
        ],
    )
    def test_the_largest_amount_in_fen(self, cells: dict[str, str], amount: int | None) -> None:
        assert accepted(police(**cells)).amount == amount

    def test_counts_that_cannot_be_are_unknown_not_refused(self) -> None:
        assert accepted(police(涉及人数="99999999999")).people is None
        assert accepted(police(涉及人数="约二十人")).people == 20
        assert accepted(police(涉及人数=0)).people == 0

    def test_a_phone_in_the_text_is_no_head_count(self) -> None:
        assert accepted(police(报警内容="请联系13812345678人在门口")).heads is None


class TestOtherSuppliers:
    def test_hotline(self) -> None:
        values = {
            "工单编号": "GD001",
            "平台单号": "PT900",
            "工单标题": "噪音",
            "诉求内容": "本月已投诉3次",
            "诉求类型": "城乡建设_物业管理_其他",
            "诉求渠道": "电话",
            "来电时间": "2025/1/2 3:04",
            "来电人": "李女士",
            "来电号码": 13812345678.0,
            "事发区域": "翠竹街道",
            "事发地址": "翠竹园",
            "承办单位": "城管",
            "紧急程度": "一般",
            "办理时限": "2025-12-31",
            "工单状态": "已办结",
            "处置结果": "已劝导",
            "投诉次数": "4",
            "来源编号": "430121202501020001",
        }
        raw = row("hotline_12345", values)
        incident = accepted(normaliser().normalise(raw, KNOWN_AT))
        assert normaliser().unknown_headers(raw) == ()
        assert incident.numbers == ("hotline_12345:PT900", "police_110:430121202501020001")
        assert (incident.caller.phone, incident.category, incident.stated_repeats) == ("13812345678", "0402", 4)
        assert incident.reply_due_at == datetime(2025, 12, 30, 16, tzinfo=UTC)
        assert incident.status == "closed"

    def test_petition(self) -> None:
        values = {
            "信访编号": "XF1",
            "信访日期": "2025年1月2日",
            "信访方式": "来访",
            "信访人": "王五等6人",
            "联系电话": "",
            "证件号码": "",
            "内容分类": "城乡建设_集体土地上房屋拆迁与补偿_安置补偿",
            "问题属地": "翠竹街道",
            "住址": "别处",
            "信访内容": "王五要求安置",
            "信访目的": "求决",
            "人数": "6",
            "限办时间": "2025-03-01T00:00:00",
            "办结状态": "办理中",
            "是否重复": "是",
        }
        raw = row("petition", values)
        incident = accepted(normaliser().normalise(raw, KNOWN_AT))
        assert normaliser().unknown_headers(raw) == ()
        assert (incident.visit, incident.heads, incident.cause, incident.category) == (True, 6, Cause.REPEAT, "1102")
        assert incident.narrative == "＊＊要求安置"
        assert incident.address == ""

    def test_message_board_knows_accounts_not_names(self) -> None:
        values = {
            "留言编号": 7,
            "留言用户": "小桥流水",
            "留言主题": "积水",
            "留言时间": "2025-01-02",
            "留言详情": "门口积水",
        }
        incident = accepted(normaliser().normalise(row("message_board", values), KNOWN_AT))
        assert incident.caller == Contact(account="小桥流水")
        assert not incident.anonymous
        assert not {"weapon", "injury", "status", "category"} & incident.declared
        crowd = accepted(normaliser().normalise(row("message_board", {**values, "留言用户": "网友"}), KNOWN_AT))
        assert crowd.anonymous

    @pytest.mark.parametrize(("kind", "visit"), [("walk_in", True), ("grid", None), ("mini_program", None)])
    def test_intake_forms(self, kind: str, visit: bool | None) -> None:
        values = {
            "登记编号": "D1",
            "时间": "2025-01-02T03:04:05+08:00",
            "来访人": "赵六",
            "联系电话": "13812345678",
            "诉求事项": "欠薪",
            "发生地点": "工地",
            "对方": "钱七",
            "内容": "钱七欠我们5名工人工资",
            "人数": 5,
        }
        raw = row(kind, values)
        incident = accepted(normaliser().normalise(raw, KNOWN_AT))
        assert normaliser().unknown_headers(raw) == ()
        assert (incident.occurred_at, incident.visit, incident.heads) == (OCCURRED, visit, 5)
        assert (incident.category, incident.opponent, incident.narrative) == ("0701", "钱七", "＊＊欠我们5名工人工资")

    def test_words_of_a_free_subject_are_read_when_no_table_knows_them(self) -> None:
        values = {"登记编号": "D1", "时间": "2025-01-02", "诉求事项": "不解决就去跳楼，13812345678", "内容": "见上"}
        incident = accepted(normaliser().normalise(row("walk_in", values), KNOWN_AT))
        assert (incident.category, incident.title) == (None, "不解决就去跳楼，＊＊＊＊＊＊＊＊＊＊＊")
        assert "category" in incident.declared

    def test_open311(self) -> None:
        values = {
            "service_request_id": "638344",
            "status": "closed",
            "service_name": "Noise",
            "description": "Loud music",
            "requested_datetime": "2025-01-01T19:04:05Z",
            "updated_datetime": "2025-01-03T00:00:00-05:00",
            "expected_datetime": "2025-02-01T00:00:00Z",
            "address": "8th AVE",
            "lat": 37.76,
            "long": -122.42,
        }
        raw = row("open311", values)
        incident = accepted(normaliser().normalise(raw, KNOWN_AT))
        assert normaliser().unknown_headers(raw) == ()
        assert (incident.status, incident.category, incident.closed_at) == ("closed", "0203", None)
        assert incident.updated_at == datetime(2025, 1, 3, 5, tzinfo=UTC)

    def test_sql_rows_with_native_values(self) -> None:
        values = {
            "source_id": 17,
            "occurred_at": "2025-01-02T03:04:05",
            "amount": 1200.5,
            "visit": True,
            "weapon": False,
        }
        incident = accepted(normaliser().normalise(row("sql", values), KNOWN_AT))
        assert (incident.source_id, incident.amount, incident.visit, incident.weapon) == ("17", 120_050, True, False)


class TestRefusals:
    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"接警单编号": ""}, "no_id"),
            ({"接警单编号": 4.30121202501e20}, "lost_id"),
            ({"接警单编号": "4.30121E+20"}, "lost_id"),
            ({"接警单编号": "9" * 200}, "long_id"),
            ({"报警时间": ""}, "no_time"),
            ({"报警时间": "昨天晚上"}, "unreadable_time"),
            ({"报警时间": "2025-13-40 00:00:00"}, "unreadable_time"),
            ({"报警时间": "1925-01-02"}, "early_time"),
            ({"报警时间": "2099-01-02"}, "future_time"),
        ],
    )
    def test_code_and_a_reason_in_chinese(self, cells: dict[str, Any], code: str) -> None:
        rejected = refused(police(**cells))
        assert rejected.code == code
        assert any("\u4e00" <= character <= "\u9fff" for character in rejected.reason)

    def test_a_broken_date_keeps_id_and_masked_text_for_the_danger_words(self) -> None:
        rejected = refused(police(报警时间="??", 报警人="张小三", 报警内容="张小三要拿刀砍人，电话13812345678"))
        assert rejected.source_id == "430121202501020001"
        assert rejected.text == "＊＊＊要拿刀砍人，电话＊＊＊＊＊＊＊＊＊＊＊"

    def test_a_line_that_is_no_record_keeps_its_words(self) -> None:
        rejected = refused(
            normaliser().normalise(row("grid", {"（无法解析的行）": "{坏行 我要杀人 13812345678"}), KNOWN_AT)
        )
        assert (rejected.code, rejected.source_id) == ("unreadable_row", None)
        assert "我要杀人" in rejected.text
        assert "13812345678" not in rejected.text

    def test_the_reason_names_no_phone_that_slipped_into_the_time_column(self) -> None:
        assert "13812345678" not in refused(police(报警时间="13812345678 未接")).reason

    def test_one_day_ahead_is_still_a_clock_that_runs_fast(self) -> None:
        edge = (KNOWN_AT + timedelta(days=1)).isoformat()
        assert accepted(police(报警时间=edge)).occurred_at == KNOWN_AT + timedelta(days=1)
        assert refused(police(报警时间=(KNOWN_AT + timedelta(days=1, seconds=1)).isoformat())).code == "future_time"

    def test_another_time_column_helps_out(self) -> None:
        assert accepted(police(报警时间="不详", 接警时间="2025-01-02 03:04:05")).occurred_at == OCCURRED

    def test_an_unknown_kind_is_the_administrators_matter(self) -> None:
        with pytest.raises(ConfigError, match="carrier_pigeon"):
            normaliser().normalise(row("carrier_pigeon", {"x": 1}), KNOWN_AT)


class TestVersions:
    def test_an_unmapped_column_and_another_spelling_of_a_time_change_nothing(self) -> None:
        base = accepted(police(报警内容="漏水")).version
        assert accepted(police(报警内容="漏水", 谁也不认得="x")).version == base
        assert accepted(police(报警内容="漏水", 报警时间="2025/1/2 3:04:05")).version == base
        assert accepted(police(报警内容="漏水", 报警电话="")).version == base

    def test_a_mapped_change_is_a_new_version_even_behind_a_mask(self) -> None:
        versions = {
            accepted(police(报警内容=text)).version for text in ("漏水", "漏电", "打13812345678", "打13812345679")
        }
        assert len(versions) == 4

    def test_a_text_moved_to_another_column_is_a_new_version(self) -> None:
        assert accepted(police(报警内容="漏水")).version != accepted(police(补充接警内容="漏水")).version

    def test_updated_is_the_latest_of_the_suppliers_times(self) -> None:
        incident = accepted(police(反馈时间="2025-01-02 04:00:00", 结案时间="2025-01-02 03:30:00", 更新时间=""))
        assert incident.updated_at == datetime(2025, 1, 1, 20, tzinfo=UTC)
        assert accepted(police()).updated_at is None


class TestHeaders:
    @pytest.mark.parametrize("header", ["报警 电话", "*报警电话", "报警电话：", "报警电话（必填）", "ＢＪＤＨ", "bjdh"])
    def test_spellings_of_one_header(self, header: str) -> None:
        assert accepted(police(**{header: "13812345678"})).caller.phone == "13812345678"

    def test_unknown_ones_are_told_known_unused_ones_are_not(self) -> None:
        raw = row("police_110", {"接警单编号": 1, "报警时间": 1, "性别": 1, "幸运色": 1, "（第9列）": 1})
        assert normaliser().unknown_headers(raw) == ("幸运色",)

    def test_known_headers_hold_every_alias(self) -> None:
        known = normaliser().known_headers("police_110")
        assert {"接警单编号", "JJDBH", "报警时间", "性别"} <= known


class TestMappings:
    def test_every_fault_of_a_mapping_is_told_at_once(self) -> None:
        broken = {
            "kind": "broken",
            "based_on": "common",
            "columns": {"source_id": ["编号"], "shoe_size": ["鞋码"], "title": ["编号"], "numbers.nowhere": ["别处"]},
            "codes": {"cause": {"9": "tired"}},
            "time_patterns": ["h:m"],
        }
        with pytest.raises(RuleError) as told:
            Normaliser(rulebook(broken=broken))
        text = str(told.value)
        assert all(word in text for word in ("shoe_size", "编号", "nowhere", "tired", "h:m"))

    def test_an_unknown_key_is_a_fault(self) -> None:
        with pytest.raises(RuleError, match="colums"):
            Normaliser(rulebook(broken={"kind": "broken", "colums": {}}))

    def test_a_supplier_may_add_its_own_codes_without_losing_the_common_ones(self) -> None:
        own = {**shipped_mappings()["police_110"], "codes": {"cause": {"5": "urge"}, "category": {"01020304": "0201"}}}
        local = Normaliser(rulebook(police_110=own))
        values = {"接警单编号": "1", "报警时间": "2025-01-02"}
        assert accepted(local.normalise(row("police_110", {**values, "关联类型": "5"}), KNOWN_AT)).cause is Cause.URGE
        assert (
            accepted(local.normalise(row("police_110", {**values, "关联类型": "催办"}), KNOWN_AT)).cause is Cause.URGE
        )
        assert (
            accepted(local.normalise(row("police_110", {**values, "JQXLDM": "01020304"}), KNOWN_AT)).category == "0201"
        )

    def test_unquoted_codes_are_read_as_text(self) -> None:
        own = {**shipped_mappings()["police_110"], "codes": {"cause": {5: "urge"}}}
        local = Normaliser(rulebook(police_110=own))
        values = {"接警单编号": "1", "报警时间": "2025-01-02", "关联类型": 5}
        assert accepted(local.normalise(row("police_110", values), KNOWN_AT)).cause is Cause.URGE

    def test_no_shipped_mapping_reads_what_no_rule_may_see(self) -> None:
        for mapping in shipped_mappings().values():
            aliases = {alias for listed in mapping["columns"].values() for alias in listed}
            assert not aliases & {"民族", "宗教信仰", "是否重点人员", "前科", "健康状况", "性别", "年龄", "信访目的"}


def test_a_zone_other_than_china_is_honoured() -> None:
    london = Normaliser(rulebook(), zone="Europe/London")
    values = {"接警单编号": "1", "报警时间": "2025-07-01 12:00:00"}
    assert accepted(london.normalise(row("police_110", values), KNOWN_AT + timedelta(days=60))).occurred_at.hour == 11


def test_poisonous_characters_do_not_travel() -> None:
    incident = accepted(police(报警内容="漏\x00水\ud800了", 报警人="张\x07三"))
    assert incident.narrative == "漏 水\ufffd了"
    assert dataclasses.asdict(incident)["caller"]["name"] == "张 三"


def test_a_giant_text_is_shortened_in_the_middle() -> None:
    incident = accepted(police(报警内容="水" * 50_000 + "火"))
    assert len(incident.narrative) < 21_000
    assert incident.narrative.endswith("火")
