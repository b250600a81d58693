"""Reasons: what a rule's `because` prints, and what it leaves out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.model import FeatureSet, Value
from engine.ruleset import loader
from engine.triage import Triage

AT = datetime(2025, 6, 15, 4, tzinfo=UTC)
PLAIN = "楼上漏水滴到我家天花板，请协调处理"


@pytest.fixture(scope="module")
def triage() -> Triage:
    return Triage(loader.load(loader.read_folder(loader.shipped())), engine="trace")


def reasons(triage: Triage, text: str, **facts: Value | None) -> dict[str, str]:
    """The reasons of a text that has these facts of the record besides, by rule."""
    words = triage.of_text(text)
    record = {f"record.{name}": value for name, value in facts.items()}
    absent = tuple(name for name in words.absent if name not in record)
    features = FeatureSet({**words.values, **record}, {}, words.spans, absent)
    decision = triage.decide("police_110:J1", AT, features=features, trigger="test")
    return dict(reason.split("：", 1) for reason in decision.assessment.reasons)


def test_nothing_found_is_said_in_words(triage: Triage) -> None:
    assert reasons(triage, PLAIN, text_length=17) == {"G0": "未命中任何风险规则，按一般事项办理"}


def test_an_unknown_category_is_named_and_a_known_one_is_not(triage: Triage) -> None:
    unknown = reasons(triage, PLAIN, category=None, text_length=17)["Y10"]
    assert unknown.startswith("请人看一遍：类别空白或对应不上，正文17字")
    short = reasons(triage, "漏水", category="0201", text_length=2)["Y10"]
    assert short.startswith("请人看一遍：正文2字（少于10字")
    assert "类别空白" not in short


def test_an_unreadable_text_says_so(triage: Triage) -> None:
    assert "大多无法辨认，正文20字" in reasons(triage, "", unreadable=True, text_length=20)["Y10"]


def test_a_flag_is_told_without_its_value_and_only_when_it_is_set(triage: Triage) -> None:
    flagged = reasons(triage, "他拿着菜刀堵在门口，快来人", weapon=True, text_length=13)["P0"]
    assert flagged == "险情正在发生：来件有持械标记，凶器“拿着菜刀”"
    for weapon in (False, None):
        assert reasons(triage, "他拿着菜刀堵在门口，快来人", weapon=weapon, text_length=13)["P0"] == (
            "险情正在发生：凶器“拿着菜刀”"
        )


def test_words_that_overlap_are_shown_once(triage: Triage) -> None:
    told = reasons(triage, "他拿着铁棍追着我，就在门口", text_length=13)["P0"]
    assert "“拿着铁棍追着我”" in told
    assert told.count("铁棍") == 1


def test_two_signs_together_are_named_and_neither_alone_is_enough(triage: Triage) -> None:
    both = reasons(triage, "他说照顾好我爸妈，现在人在水库边坐着，电话不接", text_length=23)["R1"]
    assert "轻生征兆" in both
    assert "照顾好我爸" in both
    assert "水库" in both
    for alone in ("他说照顾好我爸妈，谢谢社区", "水库边坐着钓鱼的人乱扔垃圾"):
        assert "R1" not in reasons(triage, alone, text_length=13)
