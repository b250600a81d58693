"""Law 7 where people's records are tied to one another: every order of few rows makes the same of them."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from engine.model import RawRecord
from tests.knots import knots, pictured, violations
from tests.orders import differences, township


def test_few_rows_that_are_tied_in_any_order() -> None:
    tied = knots(township(5_000, seed=4))
    assert len(tied) >= 20
    assert list(violations(tied, 150, seed=4)) == []


def test_a_late_order_that_parts_others_is_seen_by_whoever_counts_them(tmp_path: Path, sqlite_template: Path) -> None:
    """A second order names a first one that has not come; the third is about what the second is about; the fourth, of the same phone, counts both as one
    matter. When the first comes, the second goes over to it: the fourth has nothing in common with the first, and counts two.
    """
    noise = _order(
        1,
        1,
        "竹韵公寓3栋2单元902室楼上这个月装修，电钻声从早响到晚，老人没法午睡。",
        事发区域="古井村",
        诉求类型="噪声污染",
    )
    named = str(noise.values["工单编号"])
    stop = _order(
        2, 2, "建议在人民路加装一个公交站牌，不知道该找谁。", 事发区域="白果村", 诉求类型="政务服务", 关联工单编号=named
    )
    again = _order(3, 2, "建议在老街加装一个公交站牌，希望尽快解决。", day=18, 事发区域="白果村", 诉求类型="政务服务")
    waste = _order(
        4, 2, "人民路的垃圾桶满了没有人收，这两天味道很大，请处理。", day=18, 事发区域="白果村", 诉求类型="市容环卫"
    )
    rows, empty = [noise, stop, again, waste], sqlite_template.read_bytes()
    expected = pictured(rows, 4, tmp_path, empty)
    counted = [dict(judged[6][0])["caller.matters_30d"] for judged in expected["records"].values()]
    assert counted == [1, 1, 2, 3]
    for order in permutations(rows):
        assert differences(expected, pictured(order, 1, tmp_path, empty)) == []


def _order(number: int, caller: int, text: str, *, day: int = 3, **more: str) -> RawRecord:
    values = {
        "工单编号": f"RX202503{day:02d}00000{number}",
        "来电时间": f"2025-03-{day:02d} 0{number}:00:00",
        "来电号码": f"1380000000{caller}",
        "诉求内容": text,
    }
    return RawRecord("town", "hotline_12345", number, {**values, **more})
