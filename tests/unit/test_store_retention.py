"""Holds by their newest word; units by what could ever be linked; a purge blanks, renames digests alike, and is noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model import Action
from engine.store import Store
from engine.store.retention import DECISIONS, HOLD, RAW, RECORDS, RELEASE, Tombstone
from tests.store_samples import START, Sample, samples, state, write
from tests.store_worker import BOOK, judged

LATER = START + timedelta(days=4_000)


def filled(store: Store, *, chain: str = "", cluster: bool = False) -> list[Sample]:
    """Four records: the first two in one chain, the third with the cluster of the second, as told."""
    batch = [judged(sample) for sample in samples(4)]
    ids = [sample.incident.id for sample in batch]
    if chain:
        batch[:2] = [replace(s, links=replace(s.links, chain=chain, hotspot=chain)) for s in batch[:2]]
    if cluster:
        batch[2] = replace(batch[2], links=replace(batch[2].links, cluster=ids[1]))
    with store.batch() as tx:
        tx.note_rulebook(BOOK, START)
        write(tx, batch)
        tx.append_audit("sanse", "ingest", {}, START)
    return batch


def test_the_newest_word_about_a_record_counts(store: Store) -> None:
    one, other, *_ = (sample.incident.id for sample in filled(store))
    with store.batch() as tx:
        tx.write_holds([one, other], HOLD, by="王主任", reason="诉讼", at=START)
        tx.write_holds([other], RELEASE, by="王主任", reason="结案", at=START)
        assert tx.held([one, other]) == {one}
        tx.write_holds([other], HOLD, by="王主任", reason="上诉", at=START)
        assert tx.held([one, other]) == {one, other}
        tx.append_audit("王主任", "hold", {}, START)
    assert store.verify(deep=True).sound


def test_a_unit_is_what_chains_and_clusters_hold_together(store: Store) -> None:
    batch = filled(store, chain="h", cluster=True)
    ids = [sample.incident.id for sample in batch]
    with store.read() as view:
        assert view.unit_of(ids[0]).records == view.unit_of(ids[2]).records == tuple(sorted(ids[:3]))
        assert view.unit_of(ids[3]).records == (ids[3],)


def test_an_action_is_the_last_thing_that_happened(store: Store) -> None:
    id_ = filled(store)[0].incident.id
    with store.batch() as tx:
        assert tx.unit_of(id_).last_at < LATER
        tx.write_actions([Action(id_, "contact", "", "王主任", LATER, LATER, "电话")])
        assert tx.unit_of(id_).last_at == LATER
        tx.append_audit("王主任", "contact", {}, LATER)


def test_only_a_dispatched_matter_is_open(store: Store) -> None:
    batch = filled(store)
    id_ = batch[0].links.matter
    with store.batch() as tx:
        assert not tx.unit_of(id_).open
        tx.write_matters([state(batch[0], "SS2025-000001")])
        assert tx.unit_of(id_).open
        tx.append_audit("x", "x", {}, START)


def test_each_aim_is_purged_once_and_for_itself(store: Store) -> None:
    ids = [sample.incident.id for sample in filled(store)]
    with store.batch() as tx:
        assert len(tx.expired(RAW, LATER)) == 4
        for aim in (RAW, RECORDS, DECISIONS):
            stone = Tombstone()
            number = tx.begin_purge(by="王主任", rule=f"rule of {aim}", at=LATER)
            tx.purge_unit(aim, ids[:2], number, before=LATER, confidential={ids[1]}, stone=stone)
            assert stone.cells == (0 if aim == DECISIONS else 2)
            assert tx.expired(aim, LATER) == sorted(ids[2:])
            told = tx.purged(aim, ids)
            assert {id_: (one.rule, one.confidential) for id_, one in told.items()} == {
                ids[0]: (f"rule of {aim}", False),
                ids[1]: (f"rule of {aim}", True),
            }
        assert set(tx.incidents(ids)) == set(ids[2:])
        assert len(tx.arrived(1, 4)) == 2
        assert set(tx.purged_between(1, 4)) == set(ids[:2])
        tx.append_audit("王主任", "purge", {}, LATER)
    assert store.verify(deep=True).sound


def test_a_tombstone_is_of_what_was_there() -> None:
    one, other, none = Tombstone(), Tombstone(), Tombstone()
    one.add("raw/1", b"sealed")
    other.add("raw/2", b"sealed")
    none.add("raw/1", b"")
    assert len({one.sha256, other.sha256, none.sha256}) == 3
    assert (one.cells, none.cells) == (1, 0)
