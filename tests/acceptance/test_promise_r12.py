"""R12: one poisonous row in a hundred, in fifty ways, stops nobody: all others come in and are judged as without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.installation import Installation
from tests.postgres import PostgresServer
from tests.promises.poison import REFUSED, WAYS, Poisoned, poisoned

ROWS = 400


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Poisoned:
    """A file with poison taken in beside the same file without, on either database."""
    places = [_place(request, tmp_path_factory.mktemp(name)) for name in ("clean", "dirty")]
    try:
        return poisoned(*places, ROWS)
    finally:
        for place in places:
            place.close()


def _place(request: pytest.FixtureRequest, folder: Path) -> Installation:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (folder / "sanse.db").write_bytes(template.read_bytes())
        return Installation(folder, f"sqlite:///{folder / 'sanse.db'}")
    server: PostgresServer = request.getfixturevalue("postgres")
    return Installation(folder, server.url(server.create(request.getfixturevalue("postgres_template"))))


@pytest.mark.promise("R12")
def test_every_other_row_is_in_and_judged_as_without_the_poison(made: Poisoned) -> None:
    assert made.missing == ()
    assert made.otherwise == ()


def test_every_poisonous_row_is_accounted_for(made: Poisoned) -> None:
    tally = made.tally
    assert tally.read == made.rows == tally.new + tally.unchanged + tally.updated + tally.quarantined
    assert tally.quarantined == len(REFUSED)
    assert made.unaccounted == ()


def test_there_are_fifty_ways(made: Poisoned) -> None:
    assert made.ways == len(WAYS) == 50
