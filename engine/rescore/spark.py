"""Spark: the same questions asked of Spark (`bulk.engine: pyspark`), on this machine or on a cluster of others.

In: `bulk` of the configuration, a workspace, the queries of a rulebook in Spark's dialect. Out: windows and answers, row for row those of DuckDB.
Not here: what is asked (`questions`), the order of a scan (`scanning`), running a cluster.

Spark reads and writes Parquet in a folder for the exchange, which every machine of a cluster must see under the same path. All of history is one job:
Spark divides it, spills to disk and does a lost part again. Nothing of ours runs inside it: its workers need Java, no Python.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.config import BulkConfig
from engine.errors import SanseError
from engine.folders import folder_for_a_while

_SETTINGS = {
    "spark.app.name": "sanse",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""How Spark behaves unless the configuration says otherwise."""
_LOCAL = {"spark.driver.memory": "2g", "spark.sql.shuffle.partitions": "8", "spark.driver.host": "127.0.0.1"}
_MEANING = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
"""What a result hangs on: never otherwise."""
_INSTEAD = "或者把 config.yaml 的 bulk.engine 改回 duckdb（结果一样）"


def lacking() -> SanseError | None:
    """What Spark needs and is not here, and what to do; None where everything is."""
    home = os.environ.get("JAVA_HOME", "")
    if not shutil.which("java", path=f"{home}/bin" if home else None):
        return SanseError(
            "没有 Java，Spark 运行不了",
            where="JAVA_HOME" if home else "PATH",
            hint=f"装 Java 17 或更新的运行环境，例如 apt-get install default-jre-headless；{_INSTEAD}",
        )
    if find_spec("pyspark") is None:
        return SanseError(
            "没有 pyspark", hint=f"运行 pip install 'sanse[spark]'，在源码目录里是 make pyspark；{_INSTEAD}"
        )
    return None


class Cluster:
    """An open Spark and a folder for the exchange."""

    def __init__(self, session: Any, folder: Path, java: Any) -> None:
        self._session, self.folder, self._java = session, folder, java

    def peak(self) -> int:
        """The most memory that this machine's Java has held, in MiB; 0 where the system does not tell."""
        try:
            told = Path(f"/proc/{self._java.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0
        return int(told.split("VmHWM:")[1].split()[0]) >> 10

    def busy(self) -> float:
        """Seconds that this machine's Java has computed, on all cores together; 0 where the system does not tell."""
        try:
            told = Path(f"/proc/{self._java.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return 0.0
        return sum(map(int, told.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End Spark and its Java. pyspark would keep the Java of the first session for the life of the process, whatever is asked of the next."""
        context = type(self._session.sparkContext)
        self._session.stop()
        for held in ("_gateway", "_jvm"):
            setattr(context, held, None)
        self._java.stdin.close()
        self._java.wait()

    def view(self, name: str, path: Path) -> None:
        """A name for the Parquet at a path."""
        with _told():
            self._session.read.parquet(_address(path)).createOrReplaceTempView(name)

    def write(self, query: str, path: Path) -> None:
        """The answer to a query as a folder of Parquet; raises SanseError for what Spark refuses."""
        with _told():
            self._session.sql(query).write.mode("overwrite").parquet(_address(path))


@contextmanager
def cluster(bulk: BulkConfig, exchange: Path | None = None) -> Iterator[Cluster]:
    """Spark as the configuration names it, with a folder below `exchange`; ended afterwards. Raises SanseError where it does not start."""
    if fault := lacking():
        raise fault
    with folder_for_a_while("sanse-spark-", exchange) as folder:
        opened = _opened(bulk, folder)
        try:
            yield opened
        finally:
            opened.close()


def settings(bulk: BulkConfig) -> dict[str, str]:
    """What Spark is started with: ours, then those of the configuration, then those a result hangs on."""
    local = _LOCAL if bulk.master.startswith("local") else {}
    return {"spark.master": bulk.master, **_SETTINGS, **local, **bulk.options, **_MEANING}


def _opened(bulk: BulkConfig, folder: Path) -> Cluster:
    """Spark whose Java speaks into a file. What pyspark says of the age of other packages while it is loaded is nobody's concern."""
    with warnings.catch_warnings(), (folder / "spark.log").open("wb") as said:
        warnings.simplefilter("ignore", FutureWarning)
        spark, gateway, sql = (import_module(f"pyspark{part}") for part in ("", ".java_gateway", ".sql"))
        conf = spark.SparkConf().setAll(list(settings(bulk).items()))
        try:
            java = gateway.launch_gateway(conf=conf, popen_kwargs={"stdout": said, "stderr": said})
            return Cluster(sql.SparkSession(spark.SparkContext(conf=conf, gateway=java)), folder, java.proc)
        except _refusals() as fault:
            lines = Path(said.name).read_text(encoding="utf-8", errors="replace").splitlines()
            raise _refused(_telling(lines) or str(fault), where=f"bulk.master: {bulk.master}") from fault


def _refusals() -> tuple[type[Exception], ...]:
    errors, py4j = import_module("pyspark.errors"), import_module("py4j.protocol")
    return errors.PySparkException, py4j.Py4JError


@contextmanager
def _told() -> Iterator[None]:
    """What Spark refuses, told in words; only its first line, for what follows may hold data."""
    try:
        yield
    except _refusals() as fault:
        raise _refused(str(fault)) from fault


def _refused(said: str, *, where: str = "bulk") -> SanseError:
    first = next((line.strip() for line in said.splitlines() if line.strip()), "没有说明")
    return SanseError(
        f"Spark 没有完成（{first[:300]}）",
        where=where,
        hint=f"核对 bulk.master 和 bulk.options，看 Spark 自己的日志；{_INSTEAD}",
    )


def _telling(lines: Sequence[str]) -> str:
    """The line that tells why: the last one that names an error or an exception."""
    return next((line for line in reversed(lines) if "Error" in line or "Exception" in line), "")


def _address(path: Path) -> str:
    """A file as Spark names it: other than in a URI nothing is written as %."""
    return f"file://{path.resolve()}"
