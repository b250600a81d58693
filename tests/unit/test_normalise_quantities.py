"""Amounts, heads and stated repeats in sentences."""

from __future__ import annotations

import pytest

from engine.normalise.quantities import QuantityReader
from tests.mappings import shipped_mappings

QUANTITIES = QuantityReader(shipped_mappings()["common"])


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("欠款50万不还", 500_000),
        ("赔偿五十万元", 500_000),
        ("共500000元", 500_000),
        ("人民币30,000.00", 30_000),
        ("￥5万", 50_000),
        ("给了两千块", 2_000),
        ("借50w不还", 500_000),
        ("欠我三万五", 35_000),
        ("损失上百万", 1_000_000),
        ("5万余元", 50_000),
        ("先50万，后3万", 500_000),
        ("数十万元", 200_000),
        ("50万人的城市", None),
        ("10万平方米", None),
        ("千万不要", None),
        ("万一出事", None),
        ("十万火急", None),
        ("5块砖头", None),
        ("2025元旦", None),
        ("500w灯泡", None),
        ("他家年营业额上百万", None),
        ("公司注册资本5000万元", None),
        ("损失几千几万的都有", None),
        ("2025年1月2日", None),
    ],
)
def test_amounts(text: str, yuan: int | None) -> None:
    assert QUANTITIES.read(text).amount == (None if yuan is None else yuan * 100)


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("我们9个会员", 9),
        ("20多户业主", 20),
        ("十几个工人", 10),
        ("三十余名", 30),
        ("20-30人聚在门口", 20),
        ("两三百户居民", 200),
        ("５０多户业主", 50),
        ("我们两人", 2),
        ("5名学生家长，20 户", 20),
        ("两人吵架", None),
        ("对方来了20多人", None),
        ("被5个人围殴", None),
        ("3栋502户业主", None),
        ("第3户", None),
        ("一户一表", None),
        ("3人间", None),
        ("100人次", None),
        ("65岁", None),
        ("12号楼", None),
        ("影响上万居民", None),
        ("周边4000多名小学生", None),
        ("几千名学生的健康", None),
        ("我们数百户居民", 200),
        ("拨打了12345市民热线", None),
        ("影响很大，我们30户居民联名", 30),
    ],
)
def test_heads(text: str, heads: int | None) -> None:
    assert QUANTITIES.read(text).heads == heads


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("本月已经报警3次", 3),
        ("这个月第三次报警了", 3),
        ("这周之前打电话投诉过两次", 3),
        ("三年来报警10次", None),
        ("最近吵了3次", None),
        ("一次性补偿", None),
    ],
)
def test_the_callers_own_count_holds_only_for_the_recent_past(text: str, times: int | None) -> None:
    assert QUANTITIES.read(text).repeats == times
