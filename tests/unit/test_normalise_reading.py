"""What cells mean: status, caller, quantities, cause, texts."""

from __future__ import annotations

import dataclasses

import pytest

from engine.model import Contact
from engine.normalise.reading import is_number
from tests.mappings import accepted, police


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


def test_poisonous_characters_do_not_travel() -> None:
    incident = accepted(police(报警内容="漏\x00水\ud800了", 报警人="张\x07三"))
    assert incident.narrative == "漏 水\ufffd了"
    assert dataclasses.asdict(incident)["caller"]["name"] == "张 三"


def test_a_giant_text_is_shortened_in_the_middle() -> None:
    incident = accepted(police(报警内容="水" * 50_000 + "火"))
    assert len(incident.narrative) < 21_000
    assert incident.narrative.endswith("火")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("JJ2025-0001", True),
        ("12", True),
        ("陈一一", False),
        ("19900000001", False),
        ("无", False),
        ("43999919900101001X", False),
    ],
)
def test_the_number_of_another_record_is_no_name_and_no_phone(text: str, kept: bool) -> None:
    assert is_number(text) is kept
