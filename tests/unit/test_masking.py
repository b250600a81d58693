"""Masking: what is hidden in free text and what stays readable (ruling 10, PROMISES free-text row)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from engine.masking import (
    MASK,
    card_number,
    fingerprint,
    mask_id,
    mask_name,
    mask_phone,
    mask_reference,
    mask_text,
    plain_digits,
)

TEXTS = 2_000
RECALL = 0.995
FALSE_MASKS = 0.01

SPOKEN = str.maketrans("0123456789", "零一二三四五六七八九")
RADIO = str.maketrans("0123456789", "零幺二三四五六七八九")
FORMAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")

PHONE_SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "full width": lambda p: p.translate(WIDE),
    "spaces": lambda p: f"{p[:3]} {p[3:7]} {p[7:]}",
    "dashes": lambda p: f"{p[:3]}-{p[3:7]}-{p[7:]}",
    "country code": lambda p: f"+86 {p}",
    "international": lambda p: f"0086{p}",
    "spoken": lambda p: p.translate(SPOKEN),
    "radio": lambda p: p.translate(RADIO),
    "split": lambda p: " ".join(p),
    "dots": lambda p: f"{p[:3]}.{p[3:7]}.{p[7:]}",
    "invisible": lambda p: f"{p[:3]}\u200b{p[3:7]}\u200b{p[7:]}",
    "circled": lambda p: p.translate(CIRCLED),
}

ID_SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "lower": str.lower,
    "groups": lambda n: f"{n[:6]} {n[6:14]} {n[14:]}",
    "fours": lambda n: " ".join(n[i : i + 4] for i in range(0, 18, 4)),
    "dashes": lambda n: f"{n[:6]}-{n[6:14]}-{n[14:]}",
    "full width": lambda n: n.translate(WIDE),
    "spoken": lambda n: n.translate(SPOKEN),
    "formal": lambda n: n.translate(FORMAL),
    "split": lambda n: " ".join(n),
}

LEADS = [
    "联系电话",
    "我的手机号是",
    "请回电",
    "本人",
    "打这个号码：",
    "电话统一",
    "身份证",
    "对方手机",
    "（",
    "微信同号",
    "，",
    "",
]
PLAIN: list[Callable[[random.Random], str]] = [
    lambda r: f"{r.randint(1, 900)}万元",
    lambda r: f"人民币{r.randint(1, 999)},{r.randint(100, 999)}.00",
    lambda r: f"{r.randint(10000, 99999999)}元",
    lambda r: f"{r.randint(2, 90)}多户业主",
    lambda r: f"{r.randint(18, 95)}岁",
    lambda r: f"2025年{r.randint(1, 12)}月{r.randint(1, 28)}日",
    lambda r: f"2024-{r.randint(1, 12):02}-{r.randint(1, 28):02} {r.randint(0, 23):02}:{r.randint(0, 59):02}:00",
    lambda r: f"{r.randint(1, 40)}栋{r.randint(101, 3302)}室",
    lambda r: f"{r.randint(1, 40)}-{r.randint(1, 4)}-{r.randint(101, 3302)}",
    lambda r: f"工单编号202501{r.randint(10, 28)}{r.randint(100000, 999999)}",
    lambda r: f"430121202501{r.randint(10, 28)}{r.randint(1000, 9999)}",
    lambda r: f"（2024）湘0121民初{r.randint(100, 99999)}号",
    lambda r: r.choice(["110", "12345", "12315", "95598", "120", "96518"]),
    lambda r: f"面积{r.randint(40, 4000)}.{r.randint(1, 99)}平方米",
    lambda r: f"{r.randint(101, 130)} {r.randint(201, 230)} {r.randint(301, 330)}三间",
    lambda r: f"从{r.randint(2015, 2019)}-{r.randint(2020, 2025)}年",
    lambda r: r.choice(["五十万元", "三十余名工人", "二〇二五年", "一二三四号楼", "十三四户"]),
    lambda r: f"第{r.randint(2, 30)}次报警",
    lambda r: f"水表{r.randint(1000, 9999)}度",
    lambda r: f"{r.randint(8, 22)}:{r.randint(10, 59)}",
]


def _phone(r: random.Random) -> str:
    return f"1{r.choice('3456789')}{r.randint(0, 999_999_999):09}"


def _id_number(r: random.Random) -> str:
    body = f"{r.choice(['430121', '110101', '510104', '440305'])}{r.randint(1940, 2008)}{r.randint(1, 12):02}{r.randint(1, 28):02}"
    body += f"{r.randint(0, 999):03}"
    weights = [2 ** (17 - place) % 11 for place in range(17)]  # GB 11643 from its definition, not from the room's table
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def _corpus(seed: int) -> list[tuple[str, list[tuple[int, int]], list[tuple[int, int]]]]:
    """Texts, the places that must be hidden, and the places that must stay."""
    r = random.Random(seed)
    spellings = [*((_phone, s) for s in PHONE_SPELLINGS.values()), *((_id_number, s) for s in ID_SPELLINGS.values())]
    corpus = []
    for number in range(TEXTS):
        text, hidden, kept = "", [], []
        make, spell = spellings[number % len(spellings)]
        for part in r.sample(["secret", "plain", "plain", "plain"], 4):
            text += r.choice(["报警人称邻居漏水", "双方争吵", "至今没有解决", "要求处理", "昨晚又来", "物业不管"])
            lead, token = (r.choice(LEADS), spell(make(r))) if part == "secret" else ("", r.choice(PLAIN)(r))
            text += lead
            (hidden if part == "secret" else kept).append((len(text), len(text) + len(token)))
            text += token + r.choice(["，", "。", "；"])
        corpus.append((text, hidden, kept))
    return corpus


class TestTwoThousandTexts:
    def test_phones_and_ids_are_hidden_in_every_spelling(self) -> None:
        found = missed = 0
        examples = []
        for text, hidden, _ in _corpus(11):
            masked = mask_text(text)
            for start, end in hidden:
                left = [
                    c
                    for c, was in zip(masked[start:end], text[start:end], strict=True)
                    if c != MASK and c == was and (c.isalnum())
                ]
                missed += bool(left)
                found += not left
                examples += [text[start - 8 : end]] if left else []
        assert found / (found + missed) >= RECALL, examples[:10]

    def test_amounts_heads_ages_dates_rooms_and_order_numbers_stay(self) -> None:
        kept = lost = 0
        examples = []
        for text, _, plain in _corpus(12):
            masked = mask_text(text)
            for start, end in plain:
                changed = masked[start:end] != text[start:end]
                lost += changed
                kept += not changed
                examples += [text[start - 8 : end]] if changed else []
        assert lost / (kept + lost) <= FALSE_MASKS, examples[:10]

    def test_length_and_all_other_characters_stay(self) -> None:
        for text, _, _ in _corpus(13)[:300]:
            masked = mask_text(text)
            assert len(masked) == len(text)
            assert all(now in (was, MASK) for now, was in zip(masked, text, strict=True))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("座机0731-88887777转8001", "座机＊＊＊＊＊＊＊＊＊＊＊＊＊转8001"),
        ("（0731）88887777", "（＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("家里电话88887777没人接", "家里电话＊＊＊＊＊＊＊＊没人接"),
        ("客服400-123-4567", "客服＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("车牌湘A12345、湘AD12345、湘a·12345", "车牌＊＊＊＊＊＊＊、＊＊＊＊＊＊＊＊、＊＊＊＊＊＊＊＊"),
        ("邮箱zhang.san@example.com", "邮箱＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("邮箱ａｂ＠example．com", "邮箱＊＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("QQ：1234567", "QQ：＊＊＊＊＊＊＊"),
        ("扣扣号12345678", "扣扣号＊＊＊＊＊＊＊＊"),
        ("微信号zhang_san88，", "微信号＊＊＊＊＊＊＊＊＊＊＊，"),
        ("加vx：abc12345", "加vx：＊＊＊＊＊＊＊＊"),
        ("银行卡6222 0212 3456 7890 123", "银行卡＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("打到6225880112345674", "打到＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("护照E12345678", "护照＊＊＊＊＊＊＊＊＊"),
        ("旧证430121700101123", "旧证＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("证430121199001011234写错一位", "证＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊写错一位"),
    ],
)
def test_other_identifiers_are_hidden(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "欠款13,812,345,678元",
        "投资138000000000元",
        "接警单编号430121202501020001",
        "2025-01-02 13:05 2025010213",
        "订单号20250102130512345678",
        "微信支付500元，支付宝转了3000元",
        "湘A区的三层",
        "一共101 102 103 104 105五间",
        "一二三四五六",
        "电话20250102",
        "合同编号0731888877771234",
    ],
)
def test_numbers_that_identify_nobody_stay(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "spelling",
    [
        "138（1234）5678",
        "138/1234/5678",
        "138，1234，5678",
        "138*1234*5678",
        "138\n1234\n5678",
        "１３８—１２３４－５６７８",
        "138 123 45678",
        "1381 234 5678",
        "13812 345678",
        "86-13812345678",
        "138...1234...5678",
        "138 - 1234 - 5678",
        "一三八、一二三四、五六七八",
        "138一二三四5678",
        "13812345678/13912345678",
        "138 1234 5678 139 1234 5678",
        "1 3 8 1 2 3 4 5 6 7 8",
        "430121—19900101—1237",
        "４３０１２１199001011237",
        "四三〇一二一 一九九〇〇一〇一 一二三七",
    ],
)
def test_spellings_seen_in_the_wild_leave_no_digit(spelling: str) -> None:
    masked = mask_text(f"他的是{spelling}，快来")
    assert not any(c.isalnum() for c in masked.removeprefix("他的是").removesuffix("，快来")), masked


@pytest.mark.parametrize(
    "text",
    [
        "一共1500 2000 300元",
        "房号13-8-1203，4567",
        "1月3日、8日、12日、15日",
        "楼栋1、3、8、12、15、18栋",
        "统计2019 2020 2021 2022",
        "2025 06 01 10 30 22",
        "地点28.2345678,113.0812345",
        "服务器192.168.100.138:8080",
        "每天3 000 000 000步",
        "一二三四五六七八九十",
    ],
)
def test_rows_of_small_numbers_stay(text: str) -> None:
    assert mask_text(text) == text


class TestOwnNames:
    def test_own_names_are_hidden_wherever_they_stand(self) -> None:
        assert mask_text("张小三打了李四，张小三跑了", ["张小三", "李四"]) == "＊＊＊打了＊＊，＊＊＊跑了"

    def test_a_name_with_spaces_inside_is_hidden(self) -> None:
        assert mask_text("报警人张 三称", ["张三"]) == "报警人＊＊＊称"

    def test_one_character_is_no_name(self) -> None:
        assert mask_text("王某称王府井堵车", ["王"]) == "王某称王府井堵车"

    def test_a_number_given_as_name_is_not_cut_out_of_a_longer_one(self) -> None:
        assert mask_text("18888777712，8888777", ["8888777"]) == "＊＊＊＊＊＊＊＊＊＊＊，＊＊＊＊＊＊＊"
        assert mask_text("单号998888777", ["8888777"]) == "单号998888777"


class TestScreens:
    def test_what_a_screen_shows_of_contact_data(self) -> None:
        assert mask_name("张小三") == "张＊＊"
        assert mask_phone("13812345678") == "138＊＊＊＊5678"
        assert mask_phone("88887777") == "＊＊＊＊7777"
        assert mask_id("43012119900101123X") == "＊" * 14 + "123X"

    def test_blank_values_stay_blank(self) -> None:
        assert (mask_name(""), mask_phone(""), mask_id("")) == ("", "", "")


class TestFingerprints:
    def test_equal_values_of_one_kind_and_key_are_equal_and_nothing_else_is(self) -> None:
        key, other = b"k" * 32, b"o" * 32
        base = fingerprint(key, "phone", "13812345678")
        assert base == fingerprint(key, "phone", "13812345678")
        assert (
            len(
                {
                    base,
                    fingerprint(key, "phone", "13812345679"),
                    fingerprint(key, "id_number", "13812345678"),
                    fingerprint(other, "phone", "13812345678"),
                }
            )
            == 4
        )

    def test_it_is_an_hmac_of_32_hex_digits(self) -> None:
        value = fingerprint(b"k" * 32, "phone", "13812345678")
        assert len(value) == 32
        assert set(value) <= set("0123456789abcdef")


class TestIdNumbers:
    def test_check_digit_birthday_and_province_must_hold(self) -> None:
        number = _id_number(random.Random(1))
        assert card_number(number) == number
        assert card_number(number[:17] + ("0" if number[17] != "0" else "1")) is None
        assert card_number("990101199001011232") is None
        assert card_number("430121199013011232") is None

    def test_fifteen_digits_are_completed(self) -> None:
        completed = card_number("430121700101123")
        assert completed is not None
        assert completed[:17] == "43012119700101123"
        assert card_number(completed) == completed

    def test_lower_x_counts(self) -> None:
        ending = next(n for n in map(_id_number, map(random.Random, range(500))) if n.endswith("X"))
        assert card_number(ending.lower()) == ending


def test_digits_of_all_scripts_become_plain() -> None:
    assert plain_digits("１③八幺〇壹") == "138101"
    assert plain_digits("电话abc") == "电话abc"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("SS2025-0007", "SS2025-0007"),
        ("police_110:JJ7", "police_110:JJ7"),
        ("police_110:陈一一19900000001", "police_110:陈＊＊＊＊＊＊＊＊＊＊＊＊＊"),
        ("镇", "镇"),
    ],
)
def test_a_reference_that_nobody_knows_names_nobody(typed: str, told: str) -> None:
    assert mask_reference(typed) == told
