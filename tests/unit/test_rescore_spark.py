"""Spark as the configuration names it: what it is started with, what it lacks. Not here: Spark itself (`acceptance/test_spark`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import BulkConfig
from engine.rescore import spark as spark_module
from engine.rescore.spark import lacking, settings


def java(folder: Path) -> None:
    """A `java` that is there."""
    (folder / "bin").mkdir()
    (folder / "bin" / "java").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "bin" / "java").chmod(0o755)


def test_what_a_result_hangs_on_is_never_otherwise() -> None:
    bulk = BulkConfig(options={"spark.sql.session.timeZone": "Asia/Shanghai", "spark.sql.ansi.enabled": "false"})
    held = settings(bulk)
    assert (held["spark.sql.session.timeZone"], held["spark.sql.ansi.enabled"]) == ("UTC", "true")


def test_the_configuration_goes_before_ours() -> None:
    held = settings(BulkConfig(options={"spark.driver.memory": "6g", "spark.ui.enabled": "true"}))
    assert (held["spark.driver.memory"], held["spark.ui.enabled"]) == ("6g", "true")
    assert settings(BulkConfig())["spark.driver.memory"] == "2g"


def test_a_cluster_keeps_its_own_sizes() -> None:
    held = settings(BulkConfig(master="spark://m:7077"))
    assert held["spark.master"] == "spark://m:7077"
    assert not {"spark.driver.memory", "spark.sql.shuffle.partitions", "spark.driver.host"} & set(held)


def test_a_missing_java_and_a_missing_pyspark_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    without_java = lacking()
    assert without_java is not None
    assert (without_java.exit_code, without_java.what) == (3, "没有 Java，Spark 运行不了")
    java(tmp_path)
    monkeypatch.setattr(spark_module, "find_spec", lambda _: None)
    without_pyspark = lacking()
    assert without_pyspark is not None
    assert (without_pyspark.exit_code, without_pyspark.what) == (3, "没有 pyspark")
    assert "make pyspark" in without_pyspark.hint
    monkeypatch.setattr(spark_module, "find_spec", lambda name: name)
    assert lacking() is None


def test_java_is_looked_for_on_the_path_where_no_home_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    fault = lacking()
    assert fault is not None
    assert fault.where == "PATH"
