"""Topics: by category first, by words where it says nothing or too much, and None where nothing is known."""

from __future__ import annotations

import pytest

from engine.identity.topics import Topics
from engine.identity.wording import bare, bigrams
from tests.installation import shipped

SMALL = Topics(
    {
        "noise": {"categories": ["0203"], "strong": ["噪音"], "words": ["音响"], "weak": ["半夜"]},
        "pollution": {"categories": ["0504", "0203"], "strong": ["污染"], "words": ["油烟"]},
        "family": {"categories": ["01"], "strong": ["夫妻"]},
    }
)


def topic(
    text: str = "", *, category: str | None = None, title: str = "", label: str = "", of: Topics = SMALL
) -> str | None:
    words = bare(title + text)
    return of.topic(category, title, label, words, bigrams(words))


def test_nothing_said_is_nothing_known() -> None:
    assert topic() is None
    assert topic("你好") is None
    assert topic("半夜") is None, "one weak word is not enough"


def test_a_category_that_has_one_topic_decides() -> None:
    assert topic("噪音很大", category="0101") == "family"
    assert topic(category="01") == "family"


def test_a_category_that_has_several_leaves_it_to_the_words() -> None:
    assert topic("油烟", category="0203") == "pollution"
    assert topic("音响", category="0203") == "noise"
    assert topic("没有线索", category="0203") == "noise", "the first in the file"


def test_a_category_nobody_knows_leaves_it_to_the_words() -> None:
    assert topic("夫妻吵架", category="7777") == "family"


def test_words_of_the_title_count_twice() -> None:
    assert topic("油烟污染也有一点，夫妻") == "pollution"
    assert topic("也有油烟", title="音响") == "noise"


def test_equal_points_go_to_the_first_in_the_file() -> None:
    assert topic("噪音污染") == "noise"


def test_the_suppliers_label_helps() -> None:
    assert topic("半夜", label="噪音扰民") == "noise"
    assert topic("", label="环境污染") == "pollution"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("楼上装修电钻声从早响到晚，太吵了", "noise"),
        ("开发商延期交房，房产证一直办不下来", "housing"),
        ("包工头拖欠工资，血汗钱要不回来", "wages"),
        ("丈夫家暴，打了我三次", "dv"),
        ("宅基地的界线争起来了", "land"),
        ("物业费涨价没有开业主大会", "property"),
        ("店家的油烟直接排到窗户，味道刺鼻", "environment"),
        ("健身房跑路，会员卡的钱退不了", "consumer"),
    ],
)
def test_what_the_shipped_words_make_of_everyday_texts(text: str, expected: str) -> None:
    assert topic(text, of=Topics(shipped().documents["topics"])) == expected


def test_every_shipped_group_and_common_word_is_one_that_is_understood() -> None:
    topics = shipped().documents["topics"]
    assert {held["group"] for held in topics.values() if "group" in held} <= topics.keys()
    assert {held.get("common", "everywhere") for held in topics.values()} <= {"everywhere", "small", "nowhere"}
