"""Phones, ID numbers and names in one spelling; phonenumbers is the oracle."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from engine.normalise.contacts import id_number, person_names, phone


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
