"""What every test may ask for: a fresh store, on SQLite and on a real PostgreSQL; and the last line of a run, which says whether Spark was compared."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import argon2
import hypothesis
import pytest

from engine.errors import SanseError
from engine.rescore.questions import Questions
from engine.ruleset import loader
from engine.store import Keys, Store, open_store, upgrade
from tests.postgres import PostgresServer
from tests.remembered import asked_once

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
"""A machine that others work on may stop for a second anywhere: no example is a failure for being slow."""

_YOUNG = 20_000
"""Objects made before the youngest are looked through."""

_SPARK: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
"""Tests of Spark by outcome, for the last line of the run."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what became of the tests that compare DuckDB with Spark."""
    if "on_spark" in report.keywords and (report.when == "call" or report.outcome != "passed"):
        _SPARK[report.outcome].append(report.nodeid)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays to the end: nobody need look through it for rubbish again and again, which is a fifth of the time of tests that make many objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 50, 100)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of the run: whether Spark was compared (ruling 45)."""
    from engine.rescore.spark import lacking

    gc.unfreeze()
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput") and any(_SPARK.values()):
        terminal.write_line(spark_line(_SPARK, lacking()))


def spark_line(found: Mapping[str, Sequence[str]], fault: SanseError | None) -> str:
    """Whether Spark was compared with DuckDB in this run, and why not."""
    if found["failed"]:
        return f"Spark：比对没有通过（{len(found['failed'])} 项）"
    if found["passed"]:
        return f"Spark：已与 DuckDB 比对（{len(found['passed'])} 项通过）"
    return f"Spark：没有比对（{fault.what if fault else '测试被跳过'}）；make spark 说明怎么办"


@pytest.fixture(scope="session", autouse=True)
def quick_secrets() -> Iterator[None]:
    """Secrets that cost little to check: one argon2id of the shipped cost is a tenth of a second on four threads, and tests check thousands."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "engine.store.people._HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def remembered_rules() -> Iterator[None]:
    """Files of rules, parsed once for each content they have; queries over history, written once for each rulebook that tests hold."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loader, "read", lru_cache(maxsize=400)(loader.read))
        patched.setattr(Questions, "__init__", asked_once)
        yield


KEYS = Keys(index=b"i" * 32, seal=b"s" * 32, chain=b"c" * 32)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL; a test that needs it fails when it does not start."""
    server = PostgresServer.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A database with every table, to copy from."""
    name = postgres.create()
    upgrade(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table, to copy from."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with every table."""
    path = tmp_path / "sanse.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database with every table."""
    name = postgres.create(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with every table; each test runs on both vendors."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def keys() -> Keys:
    """The keys of the test installation."""
    return KEYS


@pytest.fixture
def store(store_url: str, keys: Keys) -> Iterator[Store]:
    """An open store on a fresh database; each test runs on both vendors."""
    opened = open_store(store_url, keys)
    yield opened
    opened.close()
