"""Labels: places are filled once and as they stand; a label is no format string."""

from __future__ import annotations

import pytest

from engine.assessment import Assessor
from engine.ruleset import loader
from engine.ruleset.labels import PLACES, filled
from tests.installation import shipped


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("缺：{titles}，无法判断“{title}”", "缺：{title}，无法判断“凶器”"),
        ("{title.__class__}{0}{}{title!r}", "{title.__class__}{0}{}{title!r}"),
        ("没有", "没有"),
    ],
)
def test_a_place_is_filled_as_it_stands(text: str, told: str) -> None:
    assert filled(text, titles="{title}", title="凶器") == told


@pytest.mark.parametrize(
    ("label", "codes"),
    [
        ("review: '缺{titles}{title}'", []),
        ("review: 缺", []),
        ("green: '{title}'", ["T102"]),
        ("held: '{title'", ["T102"]),
        ("held: '{title!r}'", ["T102"]),
        ("points: '{0}'", ["T102"]),
        ("point: 合计", ["T101"]),
    ],
)
def test_a_label_names_what_can_be_filled_in(label: str, codes: list[str]) -> None:
    data = f"labels:\n  assessment:\n    {label}\n".encode()
    assert [fault.code for fault in loader.check({"labels.yaml": data})[1]] == codes


def test_the_shipped_labels_are_the_texts_that_are_said() -> None:
    assert set(shipped().documents["labels"]["assessment"]) <= set(PLACES)
    assert set(Assessor(shipped())._words) == set(PLACES)
