"""Every rulebook that was ever live, byte for byte."""

from __future__ import annotations

from datetime import timedelta

from engine.store import Store
from tests.store_samples import START, rulebook

DAY = timedelta(days=1)


class TestRulebooks:
    """Every rulebook that was ever live, byte for byte."""

    def test_files_come_back_and_equal_ones_are_kept_once(self, store: Store) -> None:
        first = rulebook(a=b"rules: []\n", b=b"same")
        second = rulebook(a="rules: [规则]\n".encode(), b=b"same", c=b"same")
        with store.batch() as tx:
            assert tx.note_rulebook(first, START) is True
            assert tx.note_rulebook(first, START + DAY) is False
            assert tx.note_rulebook(second, START + DAY) is True
        with store.read() as view:
            assert view.rulebook(first.digest) == first.files
            assert view.rulebook(second.digest) == second.files
            assert view.rulebook("unknown") == {}
            assert view.rulebooks() == [(first.digest, START), (second.digest, START + DAY)]
        assert store.verify().counts["blobs"] == 3
