"""Yes or no out of a cell: what is left after the denials decides."""

from __future__ import annotations

import pytest

from engine.normalise.truths import TruthReader

READER = TruthReader(
    {"hurt": {"是": True, "不便说": None}, "bare": {}}, {"hurt": {"no": ("无人受伤", "无伤"), "yes": ("伤", "流血")}}
)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("是", True),
        (" 是 ", True),
        ("不便说", None),
        ("2", True),
        ("0", False),
        ("无人受伤", False),
        ("一人轻伤，一人无伤", True),
        ("头部流血", True),
        ("在场", None),
    ],
)
def test_code_then_count_then_wording(text: str, truth: bool | None) -> None:
    assert READER.read("hurt", text) is truth
    assert READER.read("hurt", text) is truth


def test_without_a_wording_an_unknown_word_is_not_known() -> None:
    assert READER.read("bare", "伤") is None


def test_a_long_text_is_not_remembered_but_read() -> None:
    assert READER.read("hurt", "伤" * 100) is True
