"""The last line of a run says whether Spark was compared (ruling 45)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import SanseError
from tests.conftest import spark_line

ROOT = Path(__file__).parents[2]
JAVALESS = SanseError("没有 Java")


@pytest.mark.parametrize(
    ("passed", "failed", "skipped", "said"),
    [
        (4, 0, 0, "Spark：已与 DuckDB 比对（4 项通过）"),
        (3, 1, 0, "Spark：比对没有通过（1 项）"),
        (0, 0, 4, "Spark：没有比对（没有 Java）；make spark 说明怎么办"),
    ],
)
def test_what_it_says(passed: int, failed: int, skipped: int, said: str) -> None:
    found = {"passed": ["x"] * passed, "failed": ["x"] * failed, "skipped": ["x"] * skipped}
    assert spark_line(found, JAVALESS if skipped else None) == said


def test_without_java_the_run_passes_and_its_last_line_says_that_nothing_was_compared(tmp_path: Path) -> None:
    environment = {**os.environ, "JAVA_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "tests/acceptance/test_spark.py",
            "tests/acceptance/test_history_on_spark.py",
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == "Spark：没有比对（没有 Java，Spark 运行不了）；make spark 说明怎么办"
