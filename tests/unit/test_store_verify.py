"""`db verify` names what does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from engine.store import Keys, Store, open_store
from engine.store.verify import Verification, Verifier
from tests.store_samples import BLANKED, START, by_hand, rulebook, samples, spoil, write

ENTRIES = 20


class TestDamaged:
    """Pages of the file itself are gone: what can be read is examined, and what cannot is named."""

    @pytest.fixture
    def file(self, sqlite_url: str, keys: Keys, tmp_path: Path) -> Path:
        store = open_store(sqlite_url, keys)
        with store.batch() as tx:
            write(tx, list(samples(30)), codes=True)
            tx.append_audit("sanse", "ingest", {}, START)
        store.close()
        return tmp_path / "sanse.db"

    def verified(self, file: Path, keys: Keys) -> Verification:
        store = open_store(f"sqlite:///{file}", keys)
        try:
            return store.verify(deep=True)
        finally:
            store.close()

    def test_what_cannot_be_read_is_named_and_the_rest_is_counted(self, file: Path, keys: Keys) -> None:
        spoil(file, "bodies", "audit")
        found = self.verified(file, keys)
        told = "\n".join(found.findings)
        assert not found.sound
        assert "数据库自检：" in told
        for said in ("bodies 的行数", "“没有正文的版本”", "审计链", "研判和版本的摘要", "bodies 的加密内容"):
            assert f"{said}读不下去（DatabaseError）" in told
        assert "bodies" not in found.counts
        assert found.counts["versions"] == 30

    def test_a_cell_that_says_nothing_does_not_open(self, file: Path, keys: Keys) -> None:
        with by_hand(f"sqlite:///{file}") as connection:
            for statement in BLANKED:
                connection.exec_driver_sql(statement)
        told = self.verified(file, keys).findings
        assert "数据库自检：NULL value in raws.sealed" in told
        assert [line for line in told if line.startswith("加密内容无法打开")]

    def test_in_a_file_that_is_whole_nothing_is_put_down_to_damage(
        self, file: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Verifier, "_false_rulebooks", lambda _: iter([len(None)]))  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            self.verified(file, keys)


class TestVerify:
    """`db verify` examines all the rest as well."""

    @pytest.fixture
    def filled(self, store: Store) -> Store:
        with store.batch() as tx:
            write(tx, list(samples(30)), codes=True)
            tx.append_audit("sanse", "ingest", {}, START)
        return store

    def findings(self, store: Store) -> list[str]:
        return [finding for finding in store.verify(deep=True).findings if "规则集的研判" not in finding]

    def test_a_sound_store(self, filled: Store) -> None:
        verified = filled.verify(deep=True)
        assert verified.audit.sound
        assert self.findings(filled) == []
        assert verified.counts["versions"] == 30
        assert not verified.sound, "the samples name a rulebook that was never noted"

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("UPDATE assessments SET record = :bytes WHERE seq = 3", "assessments 已不是原样"),
            ("DELETE FROM assessments WHERE seq = 30", "assessments 有 29 行"),
            ("UPDATE versions SET version = 'x' WHERE n = 3", "versions 已不是原样"),
            ("UPDATE versions SET current = 0 WHERE n = 3", "当前版本不是恰好一个"),
            ("DELETE FROM bodies WHERE version = 3", "没有正文的版本"),
            ("UPDATE bodies SET sealed = :bytes WHERE version = 3", "无法打开"),
            ("UPDATE raws SET sealed = :bytes", "无法打开"),
            ("DELETE FROM sightings WHERE n = 3", "没有归入任何记录的来件"),
            ("DELETE FROM matters", "没有状态的事项"),
            ("UPDATE sightings SET matter = 'x' WHERE n = 3", "没有记录的事项"),
            ("UPDATE matter_codes SET incident = 'x'", "没有记录的编号"),
            ("DELETE FROM assessments WHERE seq = 3", "没有研判记录的结论"),
        ],
    )
    def test_what_does_not_belong_is_named(self, filled: Store, store_url: str, statement: str, said: str) -> None:
        with by_hand(store_url) as connection:
            connection.execute(text(statement), {"bytes": b"other"} if ":bytes" in statement else {})
        assert [line for line in self.findings(filled) if said in line]

    def test_a_changed_rule_file_is_named(self, filled: Store, store_url: str) -> None:
        with filled.batch() as tx:
            tx.note_rulebook(rulebook(a=b"rules: []"), START)
        assert self.findings(filled) == []
        with by_hand(store_url) as connection:
            connection.execute(text("UPDATE blobs SET body = :bytes"), {"bytes": b"rules: [1]"})
        assert [line for line in self.findings(filled) if "规则文件" in line]
