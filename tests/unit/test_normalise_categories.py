"""The category table: codes, names, paths and wordings of all suppliers."""

from __future__ import annotations

import pytest

from engine.normalise.categories import CategoryTable
from tests.mappings import rulebook

CATEGORIES = CategoryTable(rulebook().documents["categories"], {"01020304": "0201"})


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
    ("name", "code"),
    [
        ("Potholes, Other Street Repair", "1104"),
        ("Sewage_Back_Up", "1104"),
        ("Illegal Parking", "1305"),
        ("Abandoned Vehicle", "1305"),
        ("iPhone App Feedback", "99"),
        ("Brain Monitor", None),
        ("Grass", None),
    ],
)
def test_english_names_of_a_published_city_are_told_by_their_words(name: str, code: str | None) -> None:
    table = CategoryTable({"table": {"99": {"name": "其他"}}}, {
        "pothole": "1104", "sewage": "1104", "parking": "1305", "vehicle": "1305", "feedback": "99",
    })  # fmt: skip
    assert table.code([name]) == code
