"""Places in free text: one spelling for one place, none where a text names none."""

from __future__ import annotations

import itertools

import pytest

from engine.identity.places import Places, Rank, is_road, is_village, squeezed
from engine.identity.wording import bare, bigrams
from tests.installation import shipped

PLACES = Places(shipped().documents["gazetteer"])


def best(*texts: str) -> tuple[str, Rank] | None:
    cleaned = [squeezed(text) for text in texts]
    found = PLACES.best(cleaned, frozenset().union(*(bigrams(bare(text)) for text in cleaned)))
    return (found.mention.name, found.mention.rank) if found else None


@pytest.mark.parametrize(
    "text",
    [
        "A市伊景园·滨河苑捆绑车位",
        "伊景园滨河苑项目延期",
        "投诉武广新城伊景园滨河苑",
        "我是滨河苑的业主",
        "伊景园 滨河苑 小区物业不作为",
        "督促滨河苑尽快交房",
        "问一下滨河苑什么时候开工",
    ],
)
def test_one_estate_in_many_spellings(text: str) -> None:
    assert best(text) == ("滨河苑", Rank.ESTATE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("翠湖小区漏水", "翠湖花园"),
        ("翠湖花苑停电", "翠湖花园"),
        ("鑫达公司排烟", "鑫达建材公司"),
        ("柳塘社区路灯", "柳塘村"),
    ],
)
def test_aliases_are_spelt_as_the_gazetteer_spells(text: str, name: str) -> None:
    found = best(text)
    assert found
    assert found[0] == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "楼上漏水",
        "我们小区的电梯坏了",
        "村里没有水",
        "公园里有人唱歌",
        "政府工作人员态度不好",
        "校园门口堵车",
        "出路在哪里",
        "老旧小区改造",
        "本村修路",
    ],
)
def test_texts_that_name_no_place(text: str) -> None:
    assert best(text) is None


def test_an_estate_in_the_text_comes_before_a_road_in_the_address() -> None:
    assert best("云溪大道", "", "云澜名苑的电梯坏了") == ("云澜名苑", Rank.ESTATE)
    assert best("云溪大道", "", "电梯坏了") == ("云溪大道", Rank.ROAD)
    assert best("和顺家园3栋", "", "翠湖花园的人停车") == ("和顺家园", Rank.ESTATE), "the address comes first"


def test_legal_forms_of_a_company_are_one() -> None:
    names = {
        best(f"被{name}拖欠工资")
        for name in ("长兴建材有限公司", "长兴建材有限责任公司", "长兴建材股份有限公司", "长兴建材公司")
    }
    assert len(names) == 1
    assert names != {None}


def test_roads_and_villages_are_known_by_their_ends() -> None:
    assert [is_road(name) for name in ("解放路", "云溪大道", "老街", "和顺家园", "柳塘村")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [is_village(name) for name in ("柳塘村", "新云社区", "教师新村", "湖边度假村", "和顺家园")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_shop_is_no_larger_than_a_household() -> None:
    assert best("在力健健身房办的卡")
    (mention,) = [m for m in PLACES.mentions("好再来烧烤店太吵") if m.rank is Rank.SHOP]
    assert PLACES.is_shop(mention)


def test_a_gazetteer_of_nothing_finds_nothing() -> None:
    assert Places({}).best(("翠湖花园", "", ""), bigrams("翠湖花园")) is None


def test_the_same_text_gives_the_same_mentions() -> None:
    text = "翠湖花园旁边的鸿运餐馆和解放路的金龙水果店，还有柳塘村的人"
    assert PLACES.mentions(text) == PLACES.mentions(text)
    spans = [(m.start, m.end) for m in PLACES.mentions(text)]
    assert spans == sorted(spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
