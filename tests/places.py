"""Fixtures that give a test an installation; ask for them with `pytest_plugins = ["tests.places"]`.

In: the databases of `tests.conftest`. Out: `Installation`, open, given back afterwards. Not here: what an installation can do.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console import Console, office
from tests.installation import Installation
from tests.postgres import PostgresServer


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation; each test runs on SQLite and on PostgreSQL."""
    made = Installation(tmp_path, store_url)
    yield made
    made.close()


@pytest.fixture
def small_place(sqlite_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation on SQLite, for what no database can change."""
    made = Installation(tmp_path, sqlite_url)
    yield made
    made.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for a whole module of tests that only look, on either vendor."""
    folder = tmp_path_factory.mktemp("installation")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (folder / "sanse.db").write_bytes(template.read_bytes())
        made = Installation(folder, f"sqlite:///{folder / 'sanse.db'}")
        yield made
        made.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("postgres_template"))
    made = Installation(folder, server.url(name))
    yield made
    made.close()
    server.drop(name)


ROWS = (
    "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容,天气状况",
    "A1,2025-03-05 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,楼上漏水把天花板泡坏了，双方为赔偿争吵不休,晴",
    "A2,2025-03-07 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,楼上又漏水把天花板泡坏了，双方为赔偿争吵不休,晴",
    "B1,2025-03-09 08:00:00,周二二,13800000002,云溪镇大塘村2组,纠纷,村口的路灯坏了一个多星期没有人来修理,雨",
    "K1,2025-03-10 08:00:00,吴三三,13800000003,云溪镇石桥村3组,纠纷,邻居拿着菜刀上门扬言要砍死我们一家人,雨",
    "BAD,昨天,冯五五,13800000005,云溪镇新铺村5组,纠纷,有人拿着菜刀砍人，快来救命，电话13800000005,雨",
)


@pytest.fixture(scope="session")
def read_office(tmp_path_factory: pytest.TempPathFactory) -> Console:
    """An office on SQLite that has read one export; for commands that only look."""
    made = office(tmp_path_factory.mktemp("offices") / "office")
    (made.folder / "export.csv").write_text("\n".join(ROWS), encoding="utf-8")
    made.ok("ingest", "--file", "export.csv", "--source", "police_110", "--now", "2025-03-10T09:00:00")
    return made


@pytest.fixture
def desk_office(read_office: Console, tmp_path: Path) -> Console:
    """A copy of that office, for commands that write."""
    shutil.copytree(read_office.folder, tmp_path / "office")
    return Console(tmp_path / "office")
