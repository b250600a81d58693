"""Codes: one meaning each, over loading and lint together."""

from __future__ import annotations

from engine.ruleset.faults import CODES as LOADING
from engine.ruleset.tree import Place
from engine.workbench.linting.codes import CODES, finding


def test_no_code_means_two_things() -> None:
    assert set(CODES) & set(LOADING) == set()


def test_the_words_of_a_finding_are_filled_in() -> None:
    found = finding("L131", Place("a.yaml", 3, 4), value="vilage", what="层级", near="是不是“village”")
    assert str(found) == "a.yaml:3:4 [L131] “vilage”不是已知的层级（建议：是不是“village”） / code that nothing has"
