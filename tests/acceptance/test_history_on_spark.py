"""History judged on Spark as the configuration names it: decision for decision what DuckDB says; a Spark that does not start is told in words.

In: a township taken in, Spark on this machine. Not here: cells (`test_spark`), rescoring itself (`test_rescore`). A process has one Spark at a time, so no test
here shares one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.config import BulkConfig
from engine.desk import Desk
from engine.desk.rescoring import Which, rescored
from engine.errors import SanseError
from engine.rescore import scanning
from engine.rescore.spark import cluster, lacking
from tests.acceptance.test_rescore import other_rules
from tests.acceptance.test_spark import BULK
from tests.installation import Installation
from tests.orders import KNOWN_AT, in_order, take_in, township

pytest_plugins = ["tests.places"]
pytestmark = [
    pytest.mark.on_spark,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(lacking() is not None, reason=str(lacking())),
    pytest.mark.xdist_group("spark"),
]

RECORDS = 120


def _on(place: Installation, bulk: BulkConfig) -> Desk:
    return replace(place.desk, config=place.desk.config.model_copy(update={"bulk": bulk}))


def test_history_judged_on_spark_is_history_judged_on_duckdb(
    small_place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several stretches, which Spark is handed one after another and judges together."""
    monkeypatch.setattr(scanning, "STRETCH", 50)
    small_place.now = KNOWN_AT
    take_in(small_place.url, in_order(township(RECORDS, 10), 7), 60)
    with rescored(_on(small_place, BulkConfig()), Which(), rulebook=other_rules()) as here:
        expected = (here.records, here.changed, here.matrix, +here.gained, +here.lost, list(here.lines()))
    assert here.changed > 10
    with rescored(_on(small_place, BULK), Which(), rulebook=other_rules()) as there:
        found = (there.records, there.changed, there.matrix, +there.gained, +there.lost, list(there.lines()))
    assert found == expected
    late = Which(since=KNOWN_AT + timedelta(days=900))
    with rescored(_on(small_place, BULK), late, rulebook=other_rules()) as nothing:
        assert (nothing.records, nothing.changed, list(nothing.lines())) == (0, 0, [])


def test_a_spark_that_does_not_start_is_told_in_words(tmp_path: Path) -> None:
    bulk = BulkConfig(engine="pyspark", master="local[1]", options={"spark.driver.memory": "1k"})
    with pytest.raises(SanseError) as fault, cluster(bulk, tmp_path):
        pass
    assert fault.value.exit_code == 3
    assert "Spark 没有完成" in fault.value.what
    assert "bulk.master" in str(fault.value)
