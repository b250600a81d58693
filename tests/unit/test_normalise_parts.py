"""The parts of normalise one by one: numerals, times, quantities, contacts, categories, cells."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from engine.normalise.categories import CategoryTable
from engine.normalise.cells import cell_text, header_forms, lost_digits, plain_text
from engine.normalise.contacts import id_number, person_names, phone
from engine.normalise.numerals import number
from engine.normalise.quantities import QuantityReader
from engine.normalise.times import TimeReader, compiled
from tests.mappings import rulebook, shipped_mappings

COMMON = shipped_mappings()["common"]
TIMES = TimeReader(COMMON["time_patterns"], ZoneInfo("Asia/Shanghai"))
QUANTITIES = QuantityReader(COMMON)
CATEGORIES = CategoryTable(rulebook().documents["categories"], {"01020304": "0201"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50万", "500000"),
        ("五十万", "500000"),
        ("3.5万", "35000"),
        ("三万五", "35000"),
        ("3万5千", "35000"),
        ("三万零五", "30005"),
        ("50w", "500000"),
        ("30,000.00", "30000"),
        ("２０多", "20"),
        ("十几", "10"),
        ("几十", "20"),
        ("三四十", "30"),
        ("七八", "7"),
        ("一百二", "120"),
        ("一百零二", "102"),
        ("二〇二五", "2025"),
        ("2亿3千万", "230000000"),
        ("两万三千五百", "23500"),
        ("伍仟", "5000"),
        ("0.5", "0.5"),
    ],
)
def test_numerals(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "几", "电话", "12号", "1.2.3", "五十个"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None


MOMENT = datetime(2025, 1, 1, 19, 4, 5, tzinfo=UTC)
NOON_BEFORE = datetime(2025, 1, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-02 03:04:05", MOMENT),
        ("2025-01-02T03:04:05", MOMENT),
        ("2025-1-2 3:04:05", MOMENT),
        ("2025/1/2 3:04:05", MOMENT),
        ("2025.1.2 3:04:05", MOMENT),
        ("20250102030405", MOMENT),
        ("20250102 03:04:05", MOMENT),
        ("2025年1月2日 3时4分5秒", MOMENT),
        ("2025年01月02日03:04:05", MOMENT),
        ("２０２５－０１－０２　０３：０４：０５", MOMENT),
        ("2025/1/2 星期四 3:04:05", MOMENT),
        ("2025/1/2 上午 3:04:05", MOMENT),
        ("2025-01-02 03:04:05.987", MOMENT),
        ("2025-01-01T19:04:05Z", MOMENT),
        ("2025-01-02T03:04:05+08:00", MOMENT),
        ("2025-01-01 19:04:05 +0000", MOMENT),
        ("2025-01-01T20:04:05.123456+01:00", MOMENT),
        ("1735758245", MOMENT),
        ("1735758245000", MOMENT),
        ("45659.127835648146", MOMENT),
        ("2025-01-02", NOON_BEFORE),
        ("20250102", NOON_BEFORE),
        ("45659", NOON_BEFORE),
        ("2025年1月2日", NOON_BEFORE),
        ("2025-01-01 24:00:00", NOON_BEFORE),
        ("2025/1/1 下午 3:04", datetime(2025, 1, 1, 7, 4, tzinfo=UTC)),
        ("2025年1月1日下午3点", datetime(2025, 1, 1, 7, tzinfo=UTC)),
        ("2025-01-01 12:30 AM", None),
        ("2025/1/1 AM 12:30", datetime(2024, 12, 31, 16, 30, tzinfo=UTC)),
    ],
)
def test_times(text: str, moment: datetime | None) -> None:
    assert TIMES.read(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昨天",
        "2025-02-30",
        "2025-01-02 25:00:00",
        "13812345678",
        "2025",
        "0000-00-00 00:00:00",
        "9999-12-31 23:59:59",
        "1/2/2025",
    ],
)
def test_times_that_cannot_be_read(text: str) -> None:
    assert TIMES.read(text) is None


def test_summer_time_of_1988_is_the_zones() -> None:
    assert TIMES.read("1988-07-01 12:00:00") == datetime(1988, 7, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize("pattern", ["h:m", "YYYY-M", "YYYY-M-D[h", "YYYY-YYYY-M-D"])
def test_patterns_that_cannot_be(pattern: str) -> None:
    with pytest.raises(ValueError, match="时间写法"):
        compiled(pattern)


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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("１３８１２３４５６７８", "13812345678"),
        ("一三八一二三四五六七八", "13812345678"),
        ("幺三八-1234-5678", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("0086-13812345678", "13812345678"),
        ("13812345678/13987654321", "13812345678"),
        ("110;13987654321", "13987654321"),
        ("(0731)88887777转801", "073188887777"),
        ("88887777", "88887777"),
        ("400-123-4567", "4001234567"),
        ("+1 415 555 2671", "+14155552671"),
        ("138****5678", ""),
        ("110", ""),
        ("11111111111", ""),
        ("无", ""),
    ],
)
def test_phones(text: str, value: str) -> None:
    assert phone(text) == value


def test_a_placeholder_number_joins_nobody_and_a_bare_landline_gets_its_area_code() -> None:
    assert phone("13800138000", placeholders={"13800138000"}) == ""
    assert phone("88887777", area_code="0731") == "073188887777"


def test_mobiles_and_landlines_agree_with_phonenumbers() -> None:
    r = random.Random(5)
    spell = [
        str,
        lambda p: f"+86 {p}",
        lambda p: f"{p[:3]}-{p[3:7]}-{p[7:]}",
        lambda p: f"0086{p}",
        lambda p: f"{p[:3]} {p[3:]}",
    ]
    numbers = [f"1{r.choice('3456789')}{r.randint(10**8, 10**9 - 1)}" for _ in range(400)]
    numbers += [
        f"0{r.choice(['10', '21', '731', '755', '571'])}{r.randint(22_000_000, 89_999_999)}" for _ in range(100)
    ]
    for index, plain in enumerate(numbers):
        text = spell[index % len(spell)](plain) if plain[0] == "1" else plain
        parsed = phonenumbers.parse(text, "CN")
        if phonenumbers.is_possible_number(parsed):
            ours = phone(text)
            expected = str(parsed.national_number)
            assert ours in (expected, f"0{expected}"), text


def test_id_numbers_in_one_spelling() -> None:
    assert id_number("４３０１２１ 19900101 1237") == "430121199001011237"
    assert id_number("430121900101123") == "430121199001011237"
    assert id_number("e12345678") == "E12345678"
    assert id_number("430121********1237") == ""


def test_names_in_one_cell() -> None:
    assert person_names("张三、李四等3人") == ("张三", "李四")
    assert person_names("王五（业主）") == ("王五",)
    assert person_names("张三和李四") == ("张三", "李四")
    assert person_names("李和生") == ("李和生",)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["0201"], "0201"),
        (["201"], "0201"),
        (["用水排水通行通风采光"], "0201"),
        (["邻里纠纷"], "02"),
        (["噪音"], "0203"),
        (["劳资纠纷"], "07"),
        (["城乡建设_集体土地上房屋拆迁与补偿_安置补偿"], "1102"),
        (["城乡建设_物业管理_其他"], "0402"),
        (["其他"], "99"),
        (["其他", "民事纠纷", "消费纠纷"], "06" + "01"),
        (["01020304"], "0201"),
        (["反映楼上漏水一事"], "0201"),
        (["小区物业管理混乱"], "0402"),
        (["谁也不认得"], None),
        ([], None),
    ],
)
def test_categories(texts: list[str], code: str | None) -> None:
    assert CATEGORIES.code(texts) == code


@pytest.mark.parametrize("name", ["其他", "产权权属", "经济", "家庭婚姻情感", "生活", "噪音", "邻里", "劳资", "消费"])
def test_every_subtype_of_110_disputes_is_known(name: str) -> None:
    assert CATEGORIES.code([f"{name}纠纷"]) is not None


@pytest.mark.parametrize(
    "name",
    [
        "婚姻家庭",
        "邻里",
        "房屋宅基地",
        "合同",
        "生产经营",
        "损害赔偿",
        "山林土地",
        "征地拆迁",
        "环境污染",
        "劳动争议",
        "消费",
        "医疗",
        "道路交通事故",
        "物业",
        "其他",
    ],
)
def test_every_class_of_mediation_statistics_is_known(name: str) -> None:
    assert CATEGORIES.code([name]) is not None


def test_seventeen_classes() -> None:
    table = rulebook().documents["categories"]["table"]
    classes = [code for code in table if len(code) == 2]
    assert len(classes) == 17
    assert {code[:2] for code in table} == set(classes)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (3.0, "3"),
        (0.5, "0.5"),
        (float("nan"), ""),
        (13812345678, "13812345678"),
        ('="007"', "007"),
        ("'007", "007"),
        ("\t甲 ", "甲"),
        ("甲\x00乙", "甲 乙"),
    ],
)
def test_cells(cell: object, text: str) -> None:
    assert cell_text(cell) == text


def test_headers_are_compared_without_marks_and_notes() -> None:
    assert "报警时间" in header_forms("*报警时间（必填）：")[2]
    assert header_forms("ＢＪＳＪ")[0] == "bjsj"


def test_numbers_that_a_spreadsheet_rounded() -> None:
    assert lost_digits(4.30121202501e20)
    assert lost_digits("4.30E+20")
    assert lost_digits(int(4.3012120250102e20))
    assert not lost_digits(430121202501020017)
    assert not lost_digits(12)
    assert not lost_digits("430121202501020001")


def test_html_of_web_forms_is_taken_out() -> None:
    assert plain_text("<p>漏&nbsp;水</p>3<5") == "漏\xa0水3<5"
