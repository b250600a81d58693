"""R11: rows read = new + unchanged + updated + quarantined, for every file, whole or damaged, on both databases."""

from __future__ import annotations

import pytest

from tests.installation import Installation
from tests.promises.accounting import Account, account

pytest_plugins = ["tests.places"]

TRIALS = 100


@pytest.fixture(scope="module")
def books(shared_place: Installation) -> Account:
    """The account of the normal run: 100 files on each database."""
    return account(shared_place, range(TRIALS))


@pytest.mark.promise("R11")
def test_every_row_is_accounted_for(books: Account) -> None:
    assert books.trials == TRIALS
    assert books.violations == [], "\n".join(books.violations)


def test_the_sample_has_everything(books: Account) -> None:
    tally = books.tally
    assert min(tally.new, tally.unchanged, tally.updated, tally.quarantined) > 10
    assert books.refused > 0
    assert len(books.kinds) > 15
    assert {kind.split()[0] for kind in books.kinds} == {".csv", ".json", ".jsonl", ".xlsx", ".xls"}
