"""The attack table: every row tried on the real parts, with its figure.

In: `tests.attacks`, which makes what attackers hand in. Out: for each row how much was tried, and that nothing came of it; `promise` runs the
whole table at full size. Not here: cross-site rows and roles (they wait for the web room).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.attacks import (
    addresses,
    expressions,
    formulas,
    paths,
    patterns,
    statements,
    syntax,
    unpickling,
    workbooks,
    yaml_bombs,
)
from tests.attacks.measure import Outcome, slowest
from tests.console import Console, office

CELLS, STATEMENTS, HONEST, RECORDS = 1_000, 100, 5, 200
"""The size of the quick run."""
SHARES = 10
"""Into how many pieces of the full run the SQL texts go."""


@pytest.fixture
def place(tmp_path: Path) -> Console:
    """A fresh office."""
    return office(tmp_path / "office")


def clean(outcome: Outcome, at_least: int) -> None:
    """So many trials, and nothing came of them."""
    tried, violations = outcome
    assert tried >= at_least
    assert violations == [], f"{len(violations)} of {tried}:\n" + "\n".join(violations[:80])


class TestRuleFiles:
    """What an analyst, or somebody in an analyst's name, puts into `rules/`."""

    def test_a_yaml_bomb_or_trap_is_refused_at_once_in_little_memory(self) -> None:
        assert len(yaml_bombs.TRAPS) >= 25
        clean(yaml_bombs.row(), len(yaml_bombs.TRAPS))

    def test_an_honest_file_of_that_size_is_taken(self) -> None:
        assert len(yaml_bombs.honest()) > 200_000
        assert yaml_bombs.faults_of(yaml_bombs.honest()) == ()

    def test_an_evil_pattern_is_refused_or_quick(self) -> None:
        assert len(set(patterns.EVIL)) == len(patterns.EVIL) >= 60
        clean(patterns.row(), len(patterns.EVIL))

    def test_an_honest_pattern_is_taken(self) -> None:
        assert patterns.loaded("拿着?(?:菜)?刀") is not None

    def test_no_text_of_a_rule_file_runs(self, tmp_path: Path) -> None:
        assert len(set(expressions.payloads())) == 300
        clean(expressions.row(tmp_path, 1), 300)


class TestFiles:
    """What a supplier sends, and what goes out to him."""

    def test_a_workbook_that_bursts_or_reaches_out_is_refused(self, tmp_path: Path) -> None:
        assert len(workbooks.BOMBS) >= 12
        clean(workbooks.row(tmp_path, HONEST, 1_000), len(workbooks.BOMBS) + 6 + HONEST)

    def test_no_cell_that_goes_out_is_a_formula_and_every_one_comes_back_the_same(self, place: Console) -> None:
        clean(formulas.row(place, CELLS), CELLS)

    @pytest.mark.parametrize("formula", ["=1+1", "=HYPERLINK(A1)"])
    def test_a_live_formula_would_be_seen(self, tmp_path: Path, formula: str) -> None:
        assert formulas.live(formulas.careless(tmp_path / "a.xlsx", formula))

    def test_a_name_of_a_file_leads_nowhere(self, place: Console) -> None:
        clean(paths.row(place, every=5), 75)


class TestStatements:
    """Texts that want to be SQL, and code that would let them."""

    def test_nothing_but_what_is_meant_changes(self, place: Console) -> None:
        clean(statements.row(place, STATEMENTS, 1), STATEMENTS * 30)

    def test_no_module_puts_sql_together_from_texts(self) -> None:
        clean(syntax.row(syntax.formatted_sql), 100)

    @pytest.mark.parametrize("source", syntax.BAD_SQL)
    def test_sql_put_together_would_be_seen(self, source: str) -> None:
        assert syntax.found(syntax.formatted_sql, source, "x")

    @pytest.mark.parametrize("source", syntax.GOOD_SQL)
    def test_bound_sql_is_left_alone(self, source: str) -> None:
        assert not syntax.found(syntax.formatted_sql, source, "x")


def test_no_form_of_an_address_reaches_the_forbidden_server() -> None:
    assert len(set(addresses.urls(1, 2))) >= 80
    clean(addresses.row(every=2), 2 * 80)


class TestObjects:
    """Data stay data."""

    def test_no_module_makes_objects_or_code_of_data(self) -> None:
        clean(syntax.row(syntax.making_of_data), 100)

    @pytest.mark.parametrize("source", syntax.BAD_MAKING)
    def test_making_objects_of_data_would_be_seen(self, source: str) -> None:
        assert syntax.found(syntax.making_of_data, source, "x")

    @pytest.mark.parametrize("source", syntax.GOOD_MAKING)
    def test_reading_plain_data_is_left_alone(self, source: str) -> None:
        assert not syntax.found(syntax.making_of_data, source, "x")

    def test_a_whole_small_installation_unpickles_nothing(self, tmp_path: Path) -> None:
        clean(unpickling.row(tmp_path, RECORDS), 30)


Row = Callable[[Path], Outcome]
_QUICK = {"YAML": 0.05, "ReDoS": 0.05, "workbooks": 0.1}
"""Seconds that one trial of a row should take at most; printed beside the slowest."""


def _rows(size: int) -> Mapping[str, Row]:
    """The table at full size but for commands with SQL; `size` is the number of cells, the others are parts of it."""
    return {
        "YAML": lambda _: yaml_bombs.row(),
        "ReDoS": lambda _: patterns.row(),
        "expressions": lambda folder: expressions.row(folder, 0),
        "workbooks": lambda folder: workbooks.row(folder, 30, 1_000),
        "formulas": lambda folder: formulas.row(office(folder / "office"), size),
        "SQL lint": lambda _: syntax.row(syntax.formatted_sql),
        "addresses": lambda _: addresses.row(),
        "objects lint": lambda _: syntax.row(syntax.making_of_data),
        "objects": lambda folder: unpickling.row(folder, size // 10),
        "paths": lambda folder: paths.row(office(folder / "office")),
    }


def promise(*, size: int, number: int) -> Outcome:
    """A piece of the table (its size is 10,000): trials, and violations with the row they belong to.

    Each row is a piece, and after them each share of the SQL texts (a twentieth of `size` in all) in every input.
    """
    names, share = list(_rows(size)), number - len(_rows(size))
    name = "statements" if share >= 0 else names[number]
    with tempfile.TemporaryDirectory(prefix="sanse-attack-") as folder:
        if share >= 0:
            place = office(Path(folder) / "office")
            tried, found = statements.row(place, size // 20, 0, slice(share, None, SHARES))
        else:
            tried, found = _rows(size)[name](Path(folder))
    if name in _QUICK:
        print("\n".join(slowest(name, _QUICK[name])))
    return tried, [f"{name}: {line}" for line in (found if tried else [*found, "nothing was tried"])]


PIECES = len(_rows(CELLS)) + SHARES
"""Of the full run."""
