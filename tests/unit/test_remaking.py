"""Remaking: base facts and marks as other words make them, nothing written, what was purged left as it was."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from engine.features.base import made_by
from engine.pipeline import ingest_batch
from engine.remaking import Remade
from engine.rescore import workspace
from tests.installation import Installation
from tests.orders import KNOWN_AT, township
from tests.property.previews import stages_of
from tests.property.rulebook_changes import base, loaded

pytest_plugins = ["tests.places"]


@pytest.fixture
def taken(small_place: Installation) -> Iterator[Installation]:
    """Eighty records, their facts made by the base rules."""
    ingest_batch(
        township(80, seed=3), store=small_place.desk.store, stages=stages_of(loaded(base())), known_at=KNOWN_AT
    )
    yield small_place


def test_other_words_make_other_facts_and_marks_and_nothing_is_written(taken: Installation) -> None:
    book = base()
    book["words"]["home"]["entries"] = ["请"]
    other = stages_of(loaded(book))
    store = taken.desk.store
    with store.read() as view, store.history() as history:
        held, made = Remade(history, view, other, {"x"}), Remade(history, view, other, {made_by(loaded(base()))})
        records, facts = held.records(0, 1_000), held.facts(0, 1_000)
        incidents = view.incidents(records["id"].to_pylist())
        homes = {id_ for id_, incident in incidents.items() if "请" in incident.text}
        marked = {
            i for i, m in zip(records["id"].to_pylist(), records["marks"].to_pylist(), strict=True) if "words.home" in m
        }
        said = [orjson.loads(body)["v"]["words.home"] for body in facts["body"].to_pylist()]
        assert 0 < len(homes) < len(incidents)
        assert marked == homes
        assert sum(said) == len(homes)
        assert set(facts["made_by"].to_pylist()) == {made_by(other.rulebook)}
        assert (held.remade, held.lost) == (len(incidents), 0)
        assert (made.records(0, 1_000).equals(history.records(0, 1_000)), made.remade) == (True, 0)
        assert history.facts(0, 1_000)["made_by"].unique().to_pylist() == [made_by(loaded(base()))]


def test_what_was_purged_keeps_its_facts_and_is_counted(taken: Installation) -> None:
    store = taken.desk.store
    with store.beside() as tx:
        tx._connection.exec_driver_sql(
            "DELETE FROM bodies WHERE rowid IN (SELECT rowid FROM bodies ORDER BY rowid LIMIT 3)"
        )
    with store.read() as view, store.history() as history:
        held = Remade(history, view, stages_of(loaded(base())), {"x"})
        before = history.facts(0, 1_000)
        ids = held.records(0, 1_000).num_rows
        assert held.lost == 3
        assert held.remade == ids - 3
        assert held.facts(0, 1_000)["body"].equals(before["body"])


def test_each_stretch_is_shown_to_whoever_notes_it(taken: Installation) -> None:
    store, seen = taken.desk.store, []
    with store.read() as view, store.history() as history, workspace():
        held = Remade(
            history, view, stages_of(loaded(base())), {made_by(loaded(base()))}, note=lambda t: seen.append(t.num_rows)
        )
        rows = held.facts(0, 50).num_rows
    assert seen == [rows]
