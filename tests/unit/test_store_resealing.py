"""Every sealed cell can be sealed anew, and none is forgotten; one that was changed is left and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, text

from engine.errors import StoreError
from engine.model import Action, Cut, RawRecord, Rejected, SetAside
from engine.store import Keys, Store, open_store
from engine.store.opening import KEYS
from engine.store.resealing import SEALED
from engine.store.sealing import fingerprint, reasons_key
from engine.store.tables import metadata
from tests.store_samples import START, by_hand, samples, write
from tests.store_worker import BOOK, judged

PLAIN = {
    "versions.raw", "changes.records", "facts.body", "assessments.record", "blobs.body", "audit.payload", "audit.mac",
    "audit_head.mac", "audit_head.seal", "anchors.mac", "anchors.seal", "imports.counts", "reviews.changed",
}  # fmt: skip


def test_every_column_of_bytes_is_sealed_or_known_not_to_be() -> None:
    held = {
        f"{c.table.name}.{c.name}" for t in metadata.sorted_tables for c in t.columns if isinstance(c.type, LargeBinary)
    }
    assert held - PLAIN == {f"{s.table.name}.{s.column.name}" for s in SEALED}


def fill(store: Store) -> None:
    batch = [judged(sample) for sample in samples(12)]
    with store.batch() as tx:
        tx.note_rulebook(BOOK, START)
        write(tx, batch)
        id_ = batch[0].incident.id
        tx.write_actions(
            [
                Action(id_, "contact", "", "王主任", START, START, "电话联系了本人"),
                Action(id_, "visit", "", "王主任", START, START),
            ]
        )
        tx.write_decision(Cut((id_,), (batch[1].incident.id,)), by="王主任", reason="不是一回事", known_at=START)
        tx.write_set_aside(SetAside(id_, frozenset({"k"}), "王主任", "已核实", START, START + timedelta(days=1), ""))
        raw = RawRecord("s", "police_110", 3, {"报警时间": "昨天"})
        tx.write_quarantine([Rejected(raw, "T1", "时间读不懂", "A1", "有人吵架")], START)
        tx.append_audit("王主任", "dismiss", {}, START, reason="合计行")


def next_keys(keys: Keys) -> Keys:
    former = ((keys.generation, keys.seal),)
    return replace(keys, seal=b"t" * 32, generation=keys.generation + 1, former=former)


def without_former(keys: Keys) -> Keys:
    return replace(keys, former=(), reasons=tuple((n, reasons_key(seal, n)) for n, seal in keys.former))


def told(store: Store, keys: Keys) -> None:
    with store.batch() as tx:
        tx.put_meta(KEYS, fingerprint(keys))


def reseal_all(store: Store, size: int) -> tuple[int, list[str]]:
    done, spoiled = 0, []
    for sealed in SEALED:
        last = None
        while True:
            with store.beside() as tx:
                page = tx.reseal(sealed, last, size)
            spoiled += page.spoiled
            if page.last is None:
                break
            last, done = page.last, done + page.resealed
    return done, spoiled


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_all_cells_open_before_meanwhile_and_afterwards(store_url: str, keys: Keys, cipher: str) -> None:
    first = open_store(store_url, replace(keys, cipher=cipher))
    fill(first)
    first.close()
    both = next_keys(replace(keys, cipher=cipher))
    store = open_store(store_url, both)
    told(store, both)
    with store.beside() as tx:
        assert tx.reseal(SEALED[0], None, 5).resealed == 5
        assert tx.unsealed() == 12 + 12 + 1 + 1 + 1 + 1 - 5
    assert store.verify(deep=True).sound
    assert reseal_all(store, 5) == (23, [])
    with store.beside() as tx:
        assert tx.unsealed() == 0
    store.close()
    after = open_store(store_url, without_former(both))
    assert after.verify(deep=True).sound
    with after.read() as view:
        assert view.audit_rows()[0].payload["reason"] == "合计行"
        assert view.quarantined()[0].text == "有人吵架"
        assert [action.evidence for action in view.actions_of([next(iter(samples(1))).incident.id])] == [
            "电话联系了本人",
            "",
        ]
    after.close()


def test_what_was_changed_or_moved_is_left_and_named(store_url: str, keys: Keys) -> None:
    first = open_store(store_url, keys)
    fill(first)
    first.close()
    with by_hand(store_url) as connection:
        cells = dict(connection.execute(text("SELECT version, sealed FROM raws WHERE version <= 3")).all())
        flipped = bytes(cells[1][:20]) + bytes((cells[1][20] ^ 1,)) + bytes(cells[1][21:])
        change = text("UPDATE raws SET sealed = :s WHERE version = :n")
        connection.execute(change, [{"n": 1, "s": flipped}, {"n": 2, "s": cells[3]}, {"n": 3, "s": cells[2]}])
    both = next_keys(keys)
    store = open_store(store_url, both)
    told(store, both)
    done, spoiled = reseal_all(store, 4)
    assert spoiled == ["raws/sealed/1", "raws/sealed/2", "raws/sealed/3"]
    assert done == 25
    verified = store.verify(deep=True)
    assert [finding.split("：")[1] for finding in verified.findings] == spoiled
    store.close()


def test_a_generation_byte_does_not_make_a_cell_of_another_key_open(store_url: str, keys: Keys) -> None:
    first = open_store(store_url, keys)
    fill(first)
    first.close()
    with by_hand(store_url) as connection:
        (cell,) = connection.execute(text("SELECT sealed FROM raws WHERE version = 1")).one()
        relabelled = bytes(cell[:1]) + b"\x02" + bytes(cell[2:])
        connection.execute(text("UPDATE raws SET sealed = :s WHERE version = 1"), {"s": relabelled})
    store = open_store(store_url, next_keys(keys))
    assert [finding.split("：")[1] for finding in store.verify(deep=True).findings] == ["raws/sealed/1"]
    store.close()


def test_whoever_has_only_the_former_key_writes_nothing_more(store_url: str, keys: Keys) -> None:
    """It would seal what nobody can open later."""
    before = open_store(store_url, keys)
    fill(before)
    both = next_keys(keys)
    store = open_store(store_url, both)
    told(store, both)
    for begun in (before.batch, before.beside):
        with pytest.raises(StoreError, match="密钥与数据库不符") as refused, begun():
            pass
        assert "重新启动" in refused.value.hint
    with pytest.raises(StoreError, match="密钥与数据库不符"):
        open_store(store_url, keys)
    for opened in (before, store):
        opened.close()


def test_a_cell_of_a_former_generation_opens_no_more_when_its_key_is_out(keys: Keys, sqlite_url: str) -> None:
    """Whoever stole the former key and can write in the database must not be believed."""
    from engine.store.sealing import Sealer

    forged = Sealer(keys).seal("raw", "raws/sealed/1", b"{}")
    both = next_keys(keys)
    assert Sealer(both).open("raw", "raws/sealed/1", forged) == b"{}"
    with pytest.raises(StoreError):
        Sealer(without_former(both)).open("raw", "raws/sealed/1", forged)
    evidence = Sealer(keys).seal("casework", "actions/evidence/a", b"forged")
    with pytest.raises(StoreError):
        Sealer(without_former(both)).open("casework", "actions/evidence/a", evidence)
