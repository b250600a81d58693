"""Spark says what DuckDB says: every feature and operator, cell by cell (ruling 45).

In: Spark on this machine. Without Java or pyspark these tests do not run, and the last line of the run says so (`tests.conftest`). Not here: the comparison
itself (`unit/test_bench_spark`), a whole rescore (`test_history_on_spark`), the full size (`make spark ROWS=1000000`).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import gt
from pathlib import Path

import pytest

from bench.spark import asking
from bench.spark.comparing import compared, on_duckdb, on_spark
from engine.config import BulkConfig
from engine.evaluate import comparisons
from engine.rescore.spark import Cluster, cluster, lacking
from engine.ruleset.tree import Operator

pytestmark = [
    pytest.mark.on_spark,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(lacking() is not None, reason=str(lacking())),
    pytest.mark.xdist_group("spark"),
]

ROWS, SEED = 600, 1
QUICK = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1", "spark.sql.shuffle.partitions": "2"}
BULK = BulkConfig(engine="pyspark", master="local[2]", options=QUICK)
PARTS = {"shipped": asking.of_shipped, "drawn": asking.of_drawn, "windows": asking.of_windows}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Spark in a process beside this one."""
    with cluster(BULK, tmp_path_factory.mktemp("spark")) as opened:
        yield opened


@pytest.mark.parametrize("part", PARTS)
def test_every_cell_is_the_same_on_spark(spark: Cluster, tmp_path: Path, part: str) -> None:
    found = list(compared(PARTS[part](tmp_path, ROWS, SEED), tmp_path, on_duckdb, on_spark(spark)))
    assert [(one.question.name, one.rows, one.differing) for one in found if not one.same] == []
    assert sum(one.cells for one in found) > ROWS * 80


def test_an_operator_that_errs_on_spark_is_noticed(
    spark: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = on_spark(spark)

    def spoilt(question: asking.Question, tables: dict[str, Path], answer: Path) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(comparisons, "_COMPARE", {**comparisons._COMPARE, Operator.AT_LEAST: gt})
            ask(question, tables, answer)

    *_, plain = asking.of_drawn(tmp_path, ROWS, SEED)
    (found,) = compared([plain], tmp_path, on_duckdb, spoilt)
    assert not found.same
    assert any(name.startswith("rule__") for name in found.differing)
