"""Recipes: each stands by itself beside the shipped rules, and a mistake anywhere in one is noticed by a test of its own.

In: docs/cookbook.md. Not here: that lint and the tests beside the rules pass (`test_documents` runs the page).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.ruleset import loader
from engine.ruleset.strict_yaml import read
from engine.ruleset.tree import Rulebook
from engine.workbench.mutation import Fate, mutate
from engine.workbench.places import Places
from tests.documents import BLOCK

PAGE = Path(__file__).parents[2] / "docs" / "cookbook.md"
TEXT = PAGE.read_text(encoding="utf-8")
RECIPES = {path.removeprefix("rules/"): text for language, path, text in BLOCK.findall(TEXT) if path}
OWN = re.compile(r"^(?:K[BN]\d|(?:\w+\.)?k[._-])")
"""Names that a recipe gives: no shipped name begins so, and none of two recipes are the same."""


@pytest.fixture(scope="module")
def book() -> tuple[Rulebook, Places]:
    files = {**loader.read_folder(loader.shipped()), **{name: text.encode() for name, text in RECIPES.items()}}
    seen = loader.survey(files)
    assert not seen.faults
    return seen.rulebook, Places(seen.documents)


def test_there_are_recipes_for_what_analysts_ask() -> None:
    assert len(RECIPES) >= 15
    assert list(RECIPES) == [f"cook-{n:02}.yaml" for n in range(1, len(RECIPES) + 1)]
    heads = re.findall(r"^## (\d+)\. (.+) · (.+)$", TEXT, re.MULTILINE)
    assert [int(number) for number, *_ in heads] == list(range(1, len(RECIPES) + 1))
    assert all(re.search(r"[\u4e00-\u9fff]", zh) and re.search(r"[A-Za-z]", en) for _, zh, en in heads)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_needs_no_other_and_names_only_what_is_its_own(name: str) -> None:
    shipped = loader.load(loader.read_folder(loader.shipped())) if name == "cook-01.yaml" else None
    document = read(name, RECIPES[name].encode())
    assert not document.faults
    given = [str(one["id"]) for key in ("rules", "never", "routes") for one in document.value.get(key, ())]
    given += [str(one) for key in ("words", "features", "parameters") for one in document.value.get(key, ())]
    assert [one for one in given if not OWN.search(one)] == []
    others = "".join(text for other, text in RECIPES.items() if other != name)
    assert [one for one in given if re.search(rf"\b{re.escape(one)}\b", others)] == []
    if shipped is not None:
        assert [one for one in (*shipped.features, *shipped.words, *shipped.parameters) if OWN.search(one)] == []


def test_every_mistake_in_a_recipe_is_noticed(book: tuple[Rulebook, Places]) -> None:
    rulebook, places = book
    tried = [one for one in mutate(rulebook, places) if one.place.file in RECIPES]
    assert {one.place.file for one in tried} == set(RECIPES)
    assert [f"{one.place} {one.of} {one.what}" for one in tried if one.fate is Fate.SURVIVED] == []
    assert sum(one.fate is Fate.KILLED for one in tried) > 100
