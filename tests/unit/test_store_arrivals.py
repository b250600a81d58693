"""What arrived is kept whole and sealed, version by version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import StoreError
from engine.model import Action, Contact, Cut, FeatureSet, RawRecord, Rejected, SetAside
from engine.store import Store, open_store
from engine.store.sealing import Keys
from tests.postgres import PostgresServer
from tests.store_samples import START, Sample, by_hand, citizens, samples, write


@pytest.fixture
def batch() -> list[Sample]:
    """Twenty records."""
    return list(samples(20))


def corrected(sample: Sample, version: str, *, updated_at: datetime | None = None) -> Sample:
    raw = replace(sample.raw, values={**sample.raw.values, "补充接警内容": version})
    incident = replace(sample.incident, version=version, feedback=version, updated_at=updated_at)
    return replace(sample, raw=raw, incident=incident)


def test_everything_about_a_record_comes_back_as_it_was_written(store: Store, batch: list[Sample]) -> None:
    ids = [s.sighting.id for s in batch]
    with store.batch() as tx:
        write(tx, batch)
    with store.read() as view:
        assert view.incidents(ids) == {s.incident.id: s.incident for s in batch}
        assert {id_: (row.sighting, row.links) for id_, row in view.sightings(ids).items()} == {
            s.sighting.id: (s.sighting, s.links) for s in batch
        }
        assert view.bases(ids) == {s.sighting.id: s.base for s in batch}
        assert view.input_digests(ids) == {s.sighting.id: s.assessment.input_digest for s in batch}
        assert [row.record for s in batch for row in view.assessments_of(s.sighting.id)] == [s.record for s in batch]


def test_an_incident_with_every_field_filled_comes_back_equal(store: Store) -> None:
    (sample,) = samples(1)
    full = replace(
        sample.incident,
        updated_at=START + timedelta(days=1),
        closed_at=START + timedelta(days=2),
        reply_due_at=START + timedelta(days=3),
        replied_at=START + timedelta(days=4),
        caller=Contact("李想", "13900000000", "990001199001011234", "wx_1"),
        opponent="王五",
        anonymous=True,
        visit=False,
        weapon=True,
        people=12,
        amount=1_234_500,
        returns=2,
        status="open",
        confidential=True,
        numbers=("hotline_12345:G1", "police_110:J2"),
    )
    with store.batch() as tx:
        write(tx, [replace(sample, incident=full)])
    with store.read() as view:
        assert view.incidents([full.id]) == {full.id: full}


def test_a_raw_row_is_opened_as_the_supplier_gave_it(store: Store, batch: list[Sample]) -> None:
    with store.batch() as tx:
        write(tx, batch)
    with store.read() as view:
        (version,) = view.versions_of(batch[3].incident.id)
        row = view.raw_of(version.incident, version.version)
        assert row is not None
        assert row.values == batch[3].raw.values
        assert (row.source, row.kind, row.row) == ("town_110", "police_110", 3)
        assert view.raw_of(version.incident, "none") is None


def test_base_facts_say_what_they_were_made_by(store: Store, batch: list[Sample]) -> None:
    facts = FeatureSet({"a": True, "b": None, "c": ("x", "y"), "d": 0}, {"c": ("r:1",)}, {"a": ("刀",)}, ("e",))
    with store.batch() as tx:
        write(tx, batch)
        tx.write_bases([("r:1", facts)], "words-1")
    with store.read() as view:
        assert view.bases(["r:1", "r:2"]) == {"r:1": facts}
        held = view.made_otherwise(["other"], 0, 100)
        assert [id_ for _, id_ in held] == [s.sighting.id for s in batch]
        assert view.made_otherwise(["other"], held[0][0], 1) == held[1:2], "a stretch after a row number"
        assert view.made_otherwise(["words", "other"], 0, 10) == []


class TestVersions:
    """Current is what the pipeline names; every version stays."""

    def test_a_later_version_becomes_current_and_the_first_stays(self, store: Store, batch: list[Sample]) -> None:
        first, second = batch[0], corrected(batch[0], "v2", updated_at=START + timedelta(days=3))
        for sample in (first, second):
            with store.batch() as tx:
                write(tx, [sample])
        with store.read() as view:
            known = view.known([first.incident.id])[first.incident.id]
            assert known.current == "v2"
            assert known.versions == {first.incident.version, "v2"}
            assert known.updated_at == START + timedelta(days=3)
            assert known.known_at == first.incident.known_at
            assert view.incidents([first.incident.id])[first.incident.id].feedback == "v2"
            assert view.incident_version(first.incident.id, first.incident.version) == first.incident
            assert [row.current for row in view.versions_of(first.incident.id)] == [False, True]

    def test_an_older_version_that_comes_late_is_kept_and_not_current(self, store: Store, batch: list[Sample]) -> None:
        late = corrected(batch[0], "v0")
        with store.batch() as tx:
            write(tx, [batch[0]])
        with store.batch() as tx:
            tx.write_versions([(late.raw, late.incident)], frozenset(), START + timedelta(days=9))
        with store.read() as view:
            known = view.known([late.incident.id])[late.incident.id]
            assert known.current == batch[0].incident.version
            assert known.versions == {batch[0].incident.version, "v0"}

    def test_two_versions_in_one_batch_leave_one_current(self, store: Store, batch: list[Sample]) -> None:
        pair = [batch[0], corrected(batch[0], "v2")]
        with store.batch() as tx:
            tx.write_versions([(s.raw, s.incident) for s in pair], {"v2"}, START)
        with store.read() as view:
            assert [row.current for row in view.versions_of(pair[0].incident.id)] == [False, True]

    def test_the_same_version_twice_is_refused_and_nothing_of_the_batch_is_kept(
        self, store: Store, batch: list[Sample]
    ) -> None:
        with store.batch() as tx:
            write(tx, [batch[0]])
        with pytest.raises(StoreError), store.batch() as tx:
            tx.write_versions([(s.raw, s.incident) for s in batch], {s.incident.version for s in batch}, START)
        with store.read() as view:
            assert set(view.known([s.incident.id for s in batch])) == {batch[0].incident.id}

    def test_an_equal_raw_row_is_kept_once(self, store: Store, batch: list[Sample]) -> None:
        again = replace(batch[0], incident=replace(batch[0].incident, version="mapped anew"))
        with store.batch() as tx:
            write(tx, [batch[0]])
        with store.batch() as tx:
            write(tx, [again])
        with store.read() as view:
            digests = {row.raw_digest for row in view.versions_of(again.incident.id)}
            assert digests == {again.raw.digest}


class TestSealing:
    """Nobody reads a person in the file, and no sealed cell can be changed or moved."""

    def test_the_files_hold_no_name_phone_or_id_number(self, sqlite_url: str, keys: Keys, tmp_path: Path) -> None:
        store = open_store(sqlite_url, keys)
        written = list(samples(200, seed=7))
        with store.batch() as tx:
            write(tx, written)
            rejected_row = RawRecord("town_110", "police_110", 9, written[0].raw.values)
            said = str(written[0].raw.values["报警内容"])
            tx.write_quarantine([Rejected(rejected_row, "time", f"时间无法识别：{said}", None, said)], START)
        raw_bytes = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        store.close()
        raw_bytes += b"".join(path.read_bytes() for path in tmp_path.iterdir())
        everyone = [s.incident.caller for s in written]
        assert len(everyone) == 200
        found = [c for c in everyone for part in (c.name, c.phone, c.id_number) if part and part.encode() in raw_bytes]
        assert found == []
        assert "青禾镇柳塘村".encode() not in raw_bytes
        assert written[0].incident.id.encode() in raw_bytes, "the search must be able to find something"

    def test_free_text_of_people_is_sealed(self, sqlite_url: str, keys: Keys, tmp_path: Path) -> None:
        (person,) = citizens(1, seed=3)
        said = f"已联系{person.name}，电话{person.phone}"
        store = open_store(sqlite_url, keys)
        with store.batch() as tx:
            tx.write_actions([Action("m", "visit", "township", "张三", START, START, said)])
            tx.write_decision(Cut(("a",), ("b",)), by="张三", reason=said, known_at=START)
            tx.write_set_aside(SetAside("a", frozenset({"R1|a"}), "张三", said, START, START + timedelta(days=30)))
        store.close()
        raw_bytes = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert person.name.encode() not in raw_bytes
        assert person.phone.encode() not in raw_bytes

    def test_the_servers_files_hold_no_name_phone_or_id_number(
        self, postgres: PostgresServer, postgres_url: str, keys: Keys
    ) -> None:
        store = open_store(postgres_url, keys)
        written = list(samples(200, seed=7))
        with store.batch() as tx:
            write(tx, written)
        store.close()
        with by_hand(postgres_url) as connection:
            connection.execute(text("CHECKPOINT"))
        raw_bytes = b"".join(path.read_bytes() for path in postgres.folder.rglob("*") if path.is_file())
        people = {part for s in written for part in (s.raw.values["报警人"], s.raw.values["报警电话"])}
        assert [part for part in people if str(part).encode() in raw_bytes] == []
        assert written[0].incident.id.encode() in raw_bytes, "the search must be able to find something"

    @pytest.mark.parametrize("table", ["raws", "bodies"])
    def test_a_sealed_cell_moved_to_another_row_does_not_open(self, store_url: str, keys: Keys, table: str) -> None:
        batch = list(samples(2))
        store = open_store(store_url, keys)
        with store.batch() as tx:
            write(tx, batch)
        key = "version"
        with by_hand(store_url) as connection:
            (one, first), (two, second) = connection.execute(text(f"SELECT {key}, sealed FROM {table}"))
            for at, sealed in ((one, second), (two, first)):
                connection.execute(
                    text(f"UPDATE {table} SET sealed = :sealed WHERE {key} = :at"), {"at": at, "sealed": sealed}
                )
        with store.read() as view, pytest.raises(StoreError, match="无法打开"):
            view.incidents([batch[0].incident.id])
            view.raw_of(batch[0].incident.id, batch[0].incident.version)
        assert not store.verify(deep=True).sound
        store.close()

    def test_another_key_file_is_told_at_once(self, sqlite_url: str, keys: Keys) -> None:
        store = open_store(sqlite_url, keys)
        with store.batch() as tx:
            write(tx, list(samples(1)))
        store.close()
        with pytest.raises(StoreError, match="密钥与数据库不符"):
            open_store(sqlite_url, replace(keys, index=b"x" * 32))

    def test_cells_of_the_other_cipher_still_open_after_a_switch(self, store_url: str, keys: Keys) -> None:
        batch = list(samples(4))
        for cipher, part in (("aes", batch[:2]), ("sm4", batch[2:])):
            store = open_store(store_url, replace(keys, cipher=cipher))
            with store.batch() as tx:
                write(tx, part)
            store.close()
        store = open_store(store_url, keys)
        with store.read() as view:
            assert set(view.incidents([s.incident.id for s in batch]).values()) == {s.incident for s in batch}
        store.close()


def test_times_come_back_in_utc(store: Store) -> None:
    (sample,) = samples(1)
    with store.batch() as tx:
        write(tx, [sample])
    with store.read() as view:
        (held,) = view.incidents([sample.incident.id]).values()
        assert held.occurred_at.tzinfo is UTC
