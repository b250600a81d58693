"""Sightings: what identity sees of a record, without a plain name, phone, number or address in it."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.identity.sighting import NAMED, Sighter
from engine.model import Contact, Incident, Sighting
from tests.installation import shipped
from tests.orders import card_number

SIGHTER = Sighter(shipped(), b"k" * 32)
CARD = card_number(7)


def sight(by: Sighter = SIGHTER, **more: Any) -> Sighting:
    usual = {"kind": "police_110", "source": "s", "source_id": "A1", "version": "v"}
    at = datetime(2024, 2, 29, 16, tzinfo=UTC)
    return by.sight(Incident(**{**usual, "occurred_at": at, "known_at": at, **more}))


def test_a_record_of_nothing_has_no_keys() -> None:
    s = sight()
    assert (s.phone, s.id_number, s.account, s.opponent, s.place, s.fine, s.topic) == (None,) * 7
    assert (s.gist, s.text_digest, s.numbers) == ("", "", ())
    assert s.id == "police_110:A1"


def test_nothing_personal_is_in_it() -> None:
    caller = Contact(name="陈一一", phone="13800000001", id_number=CARD, account="yunxi_chen")
    s = sight(
        caller=caller, opponent="周二二13800000002", address="翠湖花园3栋2单元502室", narrative="楼上漏水泡坏天花板"
    )
    told = repr(asdict(s))
    for secret in ("陈一一", "13800000001", CARD, "yunxi_chen", "周二二", "13800000002", "502", "漏水"):
        assert secret not in told
    assert s.place == "翠湖花园"


def test_another_key_gives_other_digests() -> None:
    caller = Contact(phone="13800000001")
    assert sight(caller=caller).phone != sight(by=Sighter(shipped(), b"x" * 32), caller=caller).phone


def test_an_opponent_by_phone_or_number_meets_the_one_who_calls() -> None:
    called = sight(caller=Contact(phone="13800000002", id_number=CARD))
    assert sight(opponent="楼上张某，电话１３８０００００００２").opponent == called.phone
    assert sight(opponent=f"身份证{CARD}").opponent == called.id_number


@pytest.mark.parametrize("names", [("鸿运餐馆老板", "鸿运餐馆"), ("王某某先生", "王某"), ("周师傅 ", "周师傅")])
def test_an_opponent_by_name_is_marked_as_a_mere_name(names: tuple[str, str]) -> None:
    one, other = (sight(opponent=name).opponent for name in names)
    assert one == other
    assert one is None or one.startswith(NAMED)


@pytest.mark.parametrize("nobody", ["", "对方", "邻居", "不详", "无", "老板", "某", "物业", "先生"])
def test_some_words_are_nobodys_name(nobody: str) -> None:
    assert sight(opponent=nobody).opponent is None


@pytest.mark.parametrize("account", ["匿名", "网友", "微信用户", ""])
def test_a_name_for_everybody_is_no_account(account: str) -> None:
    assert sight(caller=Contact(account=account)).account is None


def test_one_household_in_address_or_text_has_one_digest() -> None:
    flat = sight(address="翠湖花园3栋2单元502室").fine
    assert flat is not None
    assert (
        flat
        == sight(address="云溪镇翠湖小区 三栋二单元502").fine
        == sight(narrative="我住翠湖花园3栋2单元502室，楼上漏水").fine
    )
    assert flat != sight(address="翠湖花园3栋2单元501室").fine
    assert flat != sight(address="和顺家园3栋2单元502室").fine


def test_an_estate_alone_is_a_place_and_no_household() -> None:
    s = sight(narrative="翠湖花园的电梯坏了")
    assert (s.place, s.fine) == ("翠湖花园", None)


def test_a_shop_within_a_place_is_as_fine_as_a_household() -> None:
    one, other = (sight(narrative=f"翠湖花园楼下的鸿运餐馆{what}") for what in ("油烟大", "半夜太吵"))
    assert one.fine == other.fine is not None


def test_the_area_is_the_last_resort() -> None:
    assert sight(area="柳塘村", narrative="水沟堵了").place == "柳塘村"
    assert sight(area="柳塘村", narrative="翠湖花园水沟堵了").place == "翠湖花园"


def test_texts_that_differ_in_punctuation_only_have_one_digest() -> None:
    assert sight(narrative="楼上漏水，没人管！").text_digest == sight(narrative="楼上漏水 没人管").text_digest != ""


def test_the_name_of_a_shop_makes_no_two_texts_alike() -> None:
    one = sight(address="翠湖花园鸿运餐馆", narrative="鸿运餐馆")
    assert one.gist == ""


def test_marks_are_all_that_marking_changes() -> None:
    s = sight(narrative="楼上漏水", caller=Contact(phone="13800000001"))
    marked = Sighter.marked(s, frozenset({"words.dv"}))
    assert asdict(marked) == {**asdict(s), "marks": frozenset({"words.dv"})}


@pytest.mark.parametrize("area", ["云溪镇", "柳塘村", "城东派出所", "高新开发区"])
def test_an_area_is_what_is_called_like_one(area: str) -> None:
    assert sight(area=area).area == area


@pytest.mark.parametrize("slipped", ["陈一一", "19900000001", CARD, "已联系陈一一，19900000001，柳塘村", "村" * 31])
def test_what_slipped_into_the_column_of_the_area_does_not_travel(slipped: str) -> None:
    assert sight(area=slipped).area == ""


def test_an_area_that_the_rules_name_stays_whatever_it_is_called() -> None:
    documents = {**shipped().documents, "gazetteer": {"places": [{"name": "江北", "area": "江北"}]}}
    by = Sighter(dataclasses.replace(shipped(), documents=documents), b"k" * 32)
    assert (sight(by, area="江北").area, sight(area="江北").area) == ("江北", "")
