"""Every supplier shipped, and what a faulty mapping is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.errors import RuleError
from engine.model import Cause, Contact
from engine.normalise import Normaliser
from tests.mappings import KNOWN_AT, OCCURRED, accepted, normaliser, row, rulebook, shipped_mappings


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

    @pytest.mark.parametrize("slip", ["nubers.police_110", "numbers.police110", "numbes.police_110"])
    def test_a_misspelt_column_of_numbers_is_told_the_right_one(self, slip: str) -> None:
        broken = {"kind": "broken", "columns": {"source_id": ["编号"], slip: ["警情编号"]}}
        with pytest.raises(RuleError, match=r"是不是“numbers\.police_110”"):
            Normaliser(rulebook(broken=broken))

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
