"""The audit log cannot be changed unseen, and says what was done to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from engine.errors import StoreError
from engine.store import Store, open_store
from engine.store.chain import Anchor, Entry, Examination, Tampering, anchor_seal, head_seal, mac_of
from engine.store.sealing import Keys
from tests.store_samples import START, by_hand, samples, write

ENTRIES = 20


@pytest.fixture
def log(store: Store) -> list[Anchor]:
    """Twenty entries; the anchors after the tenth and the last, kept elsewhere."""
    anchors = []
    for number in range(1, ENTRIES + 1):
        with store.batch() as tx:
            tx.append_audit("张三", "ingest", {"number": number}, START + timedelta(minutes=number))
            if number in (10, ENTRIES):
                anchors.append(tx.write_anchor(START + timedelta(minutes=number)))
    return anchors


def examined(store: Store, *elsewhere: Anchor) -> Examination:
    with store.read() as view:
        return view.examine_audit(elsewhere)


def found(store: Store, *elsewhere: Anchor) -> list[tuple[Tampering, int, int]]:
    return [(f.kind, f.first, f.last) for f in examined(store, *elsewhere).findings]


def tamper(url: str, *statements: str, **values: object) -> None:
    """What somebody with all rights over the database, but without the key, can do."""
    with by_hand(url) as connection:
        unguard(connection)
        for statement in statements:
            connection.execute(text(statement), values)


def unguard(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for table in ("audit", "anchors"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        return
    for table in ("audit", "anchors"):
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))


def rechain(url: str, key: bytes, *, first: int, forge_head: bool, extra: int = 0) -> None:
    """Write the chain anew from an entry on, with some key, after changing that entry."""
    with by_hand(url) as connection:
        unguard(connection)
        rows = connection.execute(text("SELECT seq, at, actor, what, payload, mac FROM audit ORDER BY seq")).fetchall()
        previous = b""
        for seq, at, actor, what, payload, mac in rows:
            if seq < first:
                previous = bytes(mac)
                continue
            body = b'{"number":"changed"}' if seq == first else bytes(payload)
            previous = mac_of(key, Entry(seq, at, actor, what, body, b""), previous)
            changed = {"seq": seq, "payload": body, "mac": previous}
            connection.execute(text("UPDATE audit SET payload = :payload, mac = :mac WHERE seq = :seq"), changed)
        last = rows[-1][0]
        for seq in range(last + 1, last + 1 + extra):
            entry = Entry(seq, 0, "张三", "forged", b"{}", b"")
            previous = mac_of(key, entry, previous)
            insert = "INSERT INTO audit VALUES (:seq, 0, '张三', 'forged', :payload, :mac)"
            connection.execute(text(insert), {"seq": seq, "payload": b"{}", "mac": previous})
        if forge_head:
            head = {"seq": last + extra, "mac": previous, "seal": head_seal(key, last + extra, previous)}
            connection.execute(text("UPDATE audit_head SET seq = :seq, mac = :mac, seal = :seal"), head)


class TestEntries:
    """One entry for each transaction, in order, with who and what."""

    def test_entries_come_back(self, store: Store, log: list[Anchor]) -> None:
        with store.read() as view:
            rows = view.audit_rows()
            assert [row.seq for row in rows] == list(range(1, ENTRIES + 1))
            assert rows[4].payload == {"number": 5}
            assert (rows[4].actor, rows[4].what, rows[4].at) == ("张三", "ingest", START + timedelta(minutes=5))
            assert view.audit_rows(after=18, limit=1) == [rows[18]]

    def test_an_entry_names_the_rows_that_its_transaction_wrote(self, store: Store) -> None:
        for batch in (list(samples(3)), list(samples(2, first=3))):
            with store.batch() as tx:
                write(tx, batch)
                tx.append_audit("sanse", "ingest", {"read": len(batch)}, START)
        with store.read() as view:
            first, second = view.audit_rows()
        assert first.payload["read"] == 3
        assert {name: wrote["rows"] for name, wrote in first.payload["wrote"].items()} == {
            "assessments": [[1, 3]],
            "versions": [[1, 3]],
        }
        assert second.payload["wrote"]["assessments"]["rows"] == [[4, 5]]

    def test_a_transaction_that_failed_leaves_no_entry(self, store: Store, log: list[Anchor]) -> None:
        with pytest.raises(RuntimeError), store.batch() as tx:
            tx.append_audit("张三", "close", {}, START)
            raise RuntimeError
        assert examined(store, *log).entries == ENTRIES
        assert examined(store, *log).sound

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit SET what = 'other' WHERE seq = 3",
            "DELETE FROM audit WHERE seq = 3",
            "UPDATE anchors SET seq = 3",
            "DELETE FROM anchors",
        ],
    )
    def test_the_database_forbids_it(self, store: Store, store_url: str, log: list[Anchor], statement: str) -> None:
        with by_hand(store_url) as connection, pytest.raises(Exception, match="never changed"):
            connection.execute(text(statement))
        assert examined(store, *log).sound

    def test_postgresql_forbids_truncating(self, postgres_url: str) -> None:
        with by_hand(postgres_url) as connection, pytest.raises(Exception, match="never changed"):
            connection.execute(text("TRUNCATE audit"))

    def test_an_anchor_is_one_line_of_text(self, log: list[Anchor], keys: Keys) -> None:
        for anchor in log:
            assert Anchor.of(anchor.line) == anchor
            assert anchor_seal(keys.chain, anchor.seq, at=anchor.at, mac=anchor.mac) == anchor.seal
        with pytest.raises(ValueError, match="something"):
            Anchor.of("something else 1 2 3")


class TestTampering:
    """Five things somebody with every right over the database, but no key, can do; each is told by its name."""

    def test_nothing_was_done(self, store: Store, log: list[Anchor]) -> None:
        assert examined(store, *log) == Examination(ENTRIES, 4, ())

    @pytest.mark.parametrize(
        "change",
        ["payload = :bytes", "actor = '李四'", "what = 'other'", "at = at + 1"],
    )
    def test_a_changed_entry(self, store: Store, store_url: str, log: list[Anchor], change: str) -> None:
        tamper(store_url, f"UPDATE audit SET {change} WHERE seq = 5", bytes=b"{}")
        assert found(store) == [(Tampering.CHANGED, 5, 5)]

    @pytest.mark.parametrize(("seq", "last"), [(1, 2), (5, 6), (ENTRIES, ENTRIES)])
    def test_a_changed_mac(self, store: Store, store_url: str, log: list[Anchor], seq: int, last: int) -> None:
        tamper(store_url, "UPDATE audit SET mac = :bytes WHERE seq = :seq", bytes=b"m" * 32, seq=seq)
        assert (Tampering.CHANGED, seq, last) in found(store)

    def test_two_entries_changed_apart(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "UPDATE audit SET what = 'other' WHERE seq IN (3, 9)")
        assert found(store) == [(Tampering.CHANGED, 3, 3), (Tampering.CHANGED, 9, 9)]

    def test_a_missing_middle(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "DELETE FROM audit WHERE seq IN (7, 8)")
        assert found(store) == [(Tampering.MISSING, 7, 8)]

    def test_a_missing_beginning(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "DELETE FROM audit WHERE seq < 4")
        assert found(store) == [(Tampering.MISSING, 1, 3)]

    def test_a_missing_middle_with_the_rest_renumbered(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        moves = [f"UPDATE audit SET seq = {seq - 2} WHERE seq = {seq}" for seq in range(9, ENTRIES + 1)]
        tamper(store_url, "DELETE FROM audit WHERE seq IN (7, 8)", *moves)
        assert found(store)[0][:2] == (Tampering.MISSING, 7)

    def test_a_cut_tail(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "DELETE FROM audit WHERE seq > 15")
        assert found(store) == [(Tampering.CUT, 16, ENTRIES)]

    def test_a_cut_tail_with_the_old_head_put_back_shows_by_the_anchor_kept_elsewhere(
        self, store: Store, store_url: str, keys: Keys, log: list[Anchor]
    ) -> None:
        with store.read() as view:
            mac = view.audit_rows(after=14, limit=1)[0].mac
        old = {"seq": 15, "mac": mac, "seal": head_seal(keys.chain, 15, mac)}
        tamper(
            store_url,
            "DELETE FROM audit WHERE seq > 15",
            "DELETE FROM anchors WHERE seq > 15",
            "UPDATE audit_head SET seq = :seq, mac = :mac, seal = :seal",
            **old,
        )
        assert found(store) == []
        assert found(store, *log) == [(Tampering.CUT, 16, ENTRIES)]

    def test_everything_deleted(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "DELETE FROM audit")
        assert found(store) == [(Tampering.CUT, 1, ENTRIES)]

    def test_entries_appended_by_hand(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        insert = "INSERT INTO audit VALUES ({}, 0, '张三', 'close', :bytes, :bytes)"
        tamper(store_url, insert.format(ENTRIES + 1), insert.format(ENTRIES + 2), bytes=b"{}")
        assert found(store) == [(Tampering.APPENDED, ENTRIES + 1, ENTRIES + 2)]

    def test_an_entry_appended_by_hand_with_a_forged_head(
        self, store: Store, store_url: str, log: list[Anchor]
    ) -> None:
        rechain(store_url, b"guessed", first=ENTRIES + 1, forge_head=True, extra=1)
        kinds = {kind for kind, _, _ in found(store)}
        assert kinds == {Tampering.APPENDED, Tampering.HEAD}

    @pytest.mark.parametrize("first", [1, 2, 5, ENTRIES - 1])
    @pytest.mark.parametrize("forge_head", [False, True])
    def test_a_chain_rewritten_without_the_key(
        self, store: Store, store_url: str, log: list[Anchor], first: int, forge_head: bool
    ) -> None:
        rechain(store_url, b"guessed", first=first, forge_head=forge_head)
        assert (Tampering.REWRITTEN, first, ENTRIES) in found(store)

    def test_a_chain_rewritten_without_the_key_and_without_any_anchor(
        self, store: Store, store_url: str, log: list[Anchor]
    ) -> None:
        tamper(store_url, "DELETE FROM anchors")
        rechain(store_url, b"guessed", first=1, forge_head=True)
        assert (Tampering.REWRITTEN, 1, ENTRIES) in found(store)

    def test_a_chain_rewritten_with_the_stolen_key_shows_by_the_anchors(
        self, store: Store, store_url: str, keys: Keys, log: list[Anchor]
    ) -> None:
        rechain(store_url, keys.chain, first=5, forge_head=True)
        assert found(store, *log) == [(Tampering.REWRITTEN, 10, ENTRIES)]
        tamper(store_url, "DELETE FROM anchors")
        assert found(store, *log) == [(Tampering.REWRITTEN, 10, ENTRIES)]

    def test_a_head_that_was_deleted_or_put_back(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "UPDATE audit_head SET seq = 3")
        assert (Tampering.HEAD, 3, 3) in found(store)
        tamper(store_url, "DELETE FROM audit_head")
        assert Tampering.HEAD in {kind for kind, _, _ in found(store)}

    def test_a_forged_anchor_is_not_believed(self, store: Store, log: list[Anchor]) -> None:
        forged = Anchor(99, 0, b"m" * 32, b"s" * 32)
        assert examined(store, forged).sound

    def test_findings_are_told_in_words(self, store: Store, store_url: str, log: list[Anchor]) -> None:
        tamper(store_url, "UPDATE audit SET what = 'other' WHERE seq = 3", "DELETE FROM audit WHERE seq IN (7, 8)")
        said = [str(finding) for finding in examined(store).findings]
        assert said == ["记录被改动：第3条", "中间的记录缺失：第7至8条"]


def test_the_payload_is_canonical(store: Store) -> None:
    with store.batch() as tx:
        tx.append_audit("张三", "note", {"b": 1, "a": ["二"]}, START)
    with store.read() as view:
        (entry,) = view._entries()
    assert entry.payload == json.dumps({"a": ["二"], "b": 1}, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_store_of_another_chain_key_is_refused_before_it_can_append(
    store_url: str, store: Store, keys: Keys, log: list[Anchor]
) -> None:
    with pytest.raises(StoreError, match="密钥"):
        open_store(store_url, replace(keys, chain=b"x" * 32))


def test_what_a_person_wrote_is_sealed_in_the_log_and_told_to_its_reader(store: Store, store_url: str) -> None:
    with store.batch() as tx:
        seq = tx.append_audit("张三", "unmask", {"rows": [1]}, START, reason="核对陈一一的电话")
    with store.read() as view:
        (row,) = [one for one in view.audit_rows() if one.seq == seq]
    assert row.payload == {"rows": [1], "reason": "核对陈一一的电话"}
    with by_hand(store_url) as connection:
        (payload,) = connection.execute(text("SELECT payload FROM audit WHERE seq = :n"), {"n": seq}).one()
    assert "陈一一" not in bytes(payload).decode()
    assert examined(store).findings == ()
