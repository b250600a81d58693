"""A row becomes an incident with every field, or is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.errors import ConfigError
from engine.model import TORN, Cause
from engine.normalise import Normaliser
from tests.mappings import KNOWN_AT, OCCURRED, accepted, normaliser, police, refused, row, rulebook

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


class TestRefusals:
    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"接警单编号": ""}, "no_id"),
            ({"接警单编号": 4.30121202501e20}, "lost_id"),
            ({"接警单编号": "4.30121E+20"}, "lost_id"),
            ({"接警单编号": "9" * 200}, "long_id"),
            ({"接警单编号": "13812345678"}, "telling_id"),
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

    @pytest.mark.parametrize(
        ("number", "phone"),
        [
            ("13812345678", ""),
            ("JJ-１３８１２３４５６７８-2", ""),
            ("430121198001011234", ""),
            ("zhang.3@mail.example", ""),
            ("ID：430121198001011237", ""),
            ("43012119800101123X", ""),
            ("张小三的事", ""),
            ("张 小 三-1", ""),
            ("0512-65201234", ""),
            ("2025010213812345678", "13812345678"),
            ("07318888123401", "0731-88881234"),
        ],
    )
    def test_a_number_that_says_who_somebody_is_becomes_no_id_for_ids_stand_in_clear(
        self, number: str, phone: str
    ) -> None:
        rejected = refused(police(接警单编号=number, 报警人="张小三", 报警电话=phone))
        assert (rejected.code, rejected.source_id) == ("telling_id", None)
        assert "编号不加密" in rejected.reason

    @pytest.mark.parametrize(
        "number",
        [
            "430121201501020001",
            "JJ20250102-0001",
            "1735689600000",
            "甲三〔2025〕1号",
            "WX202501020001",
            "qq-12345678",
            "0512-20250102",
            "020-2025",
        ],
    )
    def test_a_number_that_is_only_one_is_taken(self, number: str) -> None:
        assert accepted(police(接警单编号=number, 报警人="张小三", 报警电话="13812345678")).source_id == number
        slip = "".join(filter(str.isdigit, number))[:3]
        assert accepted(police(接警单编号=number, 报警人=slip, 报警电话="")).source_id == number

    def test_a_name_with_white_space_in_its_own_column_is_known_without_it(self) -> None:
        assert refused(police(接警单编号="赵明-2025-1", 报警人="赵 明")).code == "telling_id"

    def test_nor_does_such_a_number_of_another_record_tie_anything(self) -> None:
        named = "张小三2025-1，WX202501020001，13812345678"
        assert accepted(police(报警人="张小三", 来源编号=named)).numbers == ("hotline_12345:WX202501020001",)

    def test_a_cut_row_whose_number_tells_shows_no_number(self) -> None:
        rejected = refused(police(**{TORN: "是", "接警单编号": "13812345678"}))
        assert (rejected.code, rejected.source_id) == ("torn_row", None)

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

    def test_a_row_that_is_cut_short_waits_until_it_is_whole(self) -> None:
        rejected = refused(police(**{TORN: "是", "报警内容": "有人拿刀砍"}))
        assert (rejected.code, rejected.source_id) == ("torn_row", "430121202501020001")
        assert "有人拿刀砍" in rejected.text
        assert accepted(police(**{TORN: ""})).source_id == "430121202501020001"
        assert normaliser().unknown_headers(row("police_110", {TORN: "是"})) == ()

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


def test_a_zone_other_than_china_is_honoured() -> None:
    london = Normaliser(rulebook(), zone="Europe/London")
    values = {"接警单编号": "1", "报警时间": "2025-07-01 12:00:00"}
    assert accepted(london.normalise(row("police_110", values), KNOWN_AT + timedelta(days=60))).occurred_at.hour == 11
