"""Every rulebook that was ever live, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.store import Store
from tests.store_samples import START, rulebook, samples

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

    def test_in_force_is_what_was_judged_by_last_or_went_live_since(self, store: Store) -> None:
        first, second = rulebook(a=b"first"), rulebook(a=b"second")
        with store.read() as view:
            assert view.in_force() == {}
        with store.batch() as tx:
            tx.note_rulebook(first, START)
            tx.note_rulebook(second, START + DAY)
        with store.read() as view:
            assert view.in_force() == second.files, "what went live last"
        (one,) = samples(1)
        with store.batch() as tx:
            tx.write_assessments([(replace(one.assessment, rulebook=first.digest), one.record)], START + 2 * DAY)
        with store.read() as view:
            assert view.in_force() == first.files, "somebody went back to the first"
        with store.batch() as tx:
            tx.note_rulebook(third := rulebook(a=b"third"), START + 3 * DAY)
        with store.read() as view:
            assert view.in_force() == third.files
            assert view.editions() == [third.digest, first.digest, second.digest]
