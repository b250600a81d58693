"""The list of sabotages fits the tree: every text stands exactly once, every test is there, and a copy is put back as it was."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sabotage.catalogue import DEFENCES
from tests.sabotage.defence import Defence, defence
from tests.sabotage.running import ROOT, Run, without

_LEAST = 60


def test_there_are_at_least_sixty_each_with_a_name_of_its_own() -> None:
    names = [one.id for one in DEFENCES]
    assert len(names) >= _LEAST
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", DEFENCES, ids=lambda one: one.id)
def test_its_text_stands_exactly_once_and_taking_it_out_leaves_python(one: Defence) -> None:
    assert one.tests
    for change in one.changes:
        assert change.stands(ROOT) == 1, f"{change.file}: {change.text}"
        assert change.text != change.instead
        if change.file.endswith(".py"):
            ast.parse(change.applied(ROOT))


@pytest.mark.parametrize("one", DEFENCES, ids=lambda one: one.id)
def test_its_tests_are_there(one: Defence) -> None:
    for test in one.tests:
        file, *names = re.sub(r"\[.*", "", test).split("::")
        assert (ROOT / file).is_file(), test
        here = list(_named(ast.parse((ROOT / file).read_text(encoding="utf-8"))))
        assert tuple(names) in {(), *here}, test


def _named(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield (node.name,)
        if isinstance(node, ast.ClassDef):
            yield (node.name,)
            yield from ((node.name, inner.name) for inner in node.body if isinstance(inner, ast.FunctionDef))


def test_a_tree_is_put_back_as_it_was(tmp_path: Path) -> None:
    one = defence("x", "x", "pyproject.toml", 'name = "sanse"', instead='name = "other"', tests="unit/test_sabotage.py")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    with without(tmp_path, one):
        assert 'name = "other"' in (tmp_path / "pyproject.toml").read_text(encoding="utf-8")
    whole = ROOT / "pyproject.toml"
    assert (tmp_path / "pyproject.toml").read_bytes() == whole.read_bytes()
    assert (tmp_path / "pyproject.toml").stat().st_mtime_ns == whole.stat().st_mtime_ns


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ("1 failed, 3 passed in 2.1s", {"failed": 1, "passed": 3}),
        ("no tests ran in 0.1s", {}),
        ("1 error in 0.2s", {"error": 1}),
    ],
)
def test_only_a_test_that_failed_counts_as_caught(said: str, counts: dict[str, int]) -> None:
    assert Run(1, said).counts == counts
