"""History: the same columns by either driver on either database, one consistent view, and no second copy of SQLite in this process."""

from __future__ import annotations

from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from engine.errors import StoreError
from engine.model import Cut
from engine.store import Store
from engine.store import history as store_history
from engine.store.history import History
from tests.installation import Installation
from tests.store_worker import race

pytest_plugins = ["tests.places"]


@pytest.fixture
def filled(place: Installation) -> Store:
    """Records with colours, hits and a quote in their words."""
    place.ingest(
        place.call("A1", "楼上漏水把天花板泡坏了，双方为赔偿争吵不休", days=3),
        place.call("A2", '邻居拿着菜刀上门扬言要砍死我们一家人，说","flags":[', days=2),
        place.call("A3", "村口的路灯坏了一个多星期没有人来修理", caller=3, days=1),
    )
    place.ingest(place.call("A3", "村口的路灯坏了两个星期没有人来修理", caller=3, days=1))
    with place.desk.store.batch() as tx:
        tx.write_decision(Cut(("police_110:A1",), ("police_110:A3",)), by="王主任", reason="两件事", known_at=place.now)
    return place.desk.store


def columns(view: History) -> list[pa.Table]:
    parts = (view.records, view.actions, view.facts, view.verdicts, view.learned, view.log)
    return [*(part(0, 99) for part in parts), view.decided(), view.retold()]


def test_both_drivers_read_the_same(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled.history() as view:
        by_adbc, rest = columns(view), (view.newest(), view.newest_action())
    monkeypatch.setattr(store_history, "find_spec", lambda _: None)
    with filled.history() as view:
        by_rows = columns(view)
        assert (view.newest(), view.newest_action()) == rest
    assert [len(table) for table in by_adbc] == [3, rest[1], 3, 3, 3, rest[1], 2, 1]
    for one, other in zip(by_adbc, by_rows, strict=True):
        assert one.schema == other.schema
        assert one.to_pylist() == other.to_pylist()


def test_what_is_said_is_what_the_decision_record_says(filled: Store) -> None:
    with filled.history() as view:
        records, verdicts = view.records(0, 99).to_pylist(), view.verdicts(0, 99).to_pylist()
    with filled.read() as reading:
        held = reading.newest_records([row["id"] for row in records])
    for row, verdict in zip(records, verdicts, strict=True):
        record = orjson.loads(held[row["id"]])
        said = orjson.loads(b"{" + verdict["said"][1:] + b"}")
        assert said == {name: record[name] for name in ("flags", "format", "handback", "hits")}
    assert any(orjson.loads(b"{" + verdict["said"][1:] + b"}")["hits"] for verdict in verdicts)


def test_stretches_are_after_the_first_up_to_the_last(filled: Store) -> None:
    with filled.history() as view:
        assert view.records(1, 2)["n"].to_pylist() == [2]
        assert len(view.records(3, 9)) == len(view.facts(3, 9)) == 0
        assert view.records(3, 9).schema == view.records(0, 9).schema


def test_what_others_write_meanwhile_is_not_seen(filled: Store, place: Installation) -> None:
    with filled.history() as view:
        assert view.newest() == 3
        place.ingest(place.call("B1", "楼下烧烤摊又占道", caller=4))
        assert view.newest() == 3
    with filled.history() as view:
        assert view.newest() == 4


def test_an_empty_store_has_empty_columns(store: Store) -> None:
    with store.history() as view:
        assert (view.newest(), view.newest_action()) == (0, 0)
        assert [len(table) for table in columns(view)] == [0] * 8


def test_the_other_copy_of_sqlite_is_in_a_process_of_its_own(sqlite_url: str) -> None:
    """Two copies in one process would drop each other's locks, and a database in use would be destroyed."""
    assert race(("ingest", sqlite_url, 5, 5)) == [0]
    assert race(("columns", sqlite_url, 5)) == [0]


def test_a_file_that_is_no_database_is_told(tmp_path: Path, small_place: Installation) -> None:
    path = Path(small_place.url.removeprefix("sqlite:///"))
    small_place.desk.store.close()
    path.write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreError, match="数据库未能完成读取"), small_place.desk.store.history() as view:
        view.newest()
