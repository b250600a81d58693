"""R2: sent at least once, at most once more for each crash, always under the same key; the sender is really killed."""

from __future__ import annotations

import pytest

from tests.message_worker import POINTS
from tests.promises.repeats import repeats

TRIALS, ON_POSTGRESQL = 25, 5


@pytest.mark.promise("R2")
def test_every_message_arrives_and_every_repeat_bears_its_key(sqlite_url: str) -> None:
    made = repeats(sqlite_url, TRIALS)
    assert made.violations == []
    assert made.trials == TRIALS * len(POINTS)
    assert made.crashes >= made.trials
    assert made.repeats >= 2 * TRIALS


@pytest.mark.promise("R2")
def test_the_same_on_postgresql(postgres_url: str) -> None:
    made = repeats(postgres_url, ON_POSTGRESQL)
    assert made.violations == []
    assert made.trials == ON_POSTGRESQL * len(POINTS)
