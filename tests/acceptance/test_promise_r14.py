"""R14: calls to the database fail one after the other, from connecting to the last commit; each is told well, and the end is the same."""

from __future__ import annotations

import pytest

from tests.postgres import PostgresServer
from tests.promises.interrupted import on_postgresql, on_sqlite
from tests.promises.nth_call import each_call, spread

CALLS, ON_POSTGRESQL = 50, 25
pytestmark = pytest.mark.promise("R14")


def test_on_sqlite() -> None:
    with on_sqlite() as fresh:
        made = each_call(fresh, spread(CALLS))
    assert (made.trials, made.violations) == (CALLS, [])


def test_on_postgresql(postgres: PostgresServer) -> None:
    with on_postgresql(postgres) as (_, fresh):
        made = each_call(fresh, spread(ON_POSTGRESQL))
    assert (made.trials, made.violations) == (ON_POSTGRESQL, [])
