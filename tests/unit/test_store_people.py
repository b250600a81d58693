"""Who may act proves it with a secret."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from engine.errors import UsageError
from engine.store import Store
from tests.store_samples import START

DAY = timedelta(days=1)


class TestPeople:
    """Who may act proves it with a secret."""

    def test_only_the_right_secret_gives_the_person(self, store: Store) -> None:
        with store.batch() as tx:
            tx.add_person("张三", "correct horse", role="officer", at=START)
            tx.add_person("李四", "another secret", role="admin", at=START)
        with store.read() as view:
            person = view.person("张三", "correct horse")
            assert person is not None
            assert (person.name, person.role, person.added_at) == ("张三", "officer", START)
            assert view.person("张三", "another secret") is None
            assert view.person("王五", "correct horse") is None
            assert [p.name for p in view.people()] == sorted(["张三", "李四"])

    def test_a_new_secret_replaces_the_old_one(self, store: Store) -> None:
        with store.batch() as tx:
            tx.add_person("张三", "correct horse", role="officer", at=START)
            tx.add_person("张三", "battery staple", role="admin", at=START + DAY)
        with store.read() as view:
            assert view.person("张三", "correct horse") is None
            person = view.person("张三", "battery staple")
            assert person is not None
            assert (person.role, person.added_at) == ("admin", START)

    def test_who_is_retired_may_no_longer_act(self, store: Store) -> None:
        with store.batch() as tx:
            tx.add_person("张三", "correct horse", role="officer", at=START)
            assert tx.retire_person("张三") is True
            assert tx.retire_person("王五") is False
        with store.read() as view:
            assert view.person("张三", "correct horse") is None
            assert view.people() == []

    def test_a_short_secret_is_refused(self, store: Store) -> None:
        with pytest.raises(UsageError, match="口令"), store.batch() as tx:
            tx.add_person("张三", "short", role="officer", at=START)

    def test_the_shipped_cost_of_a_try_is_high(self) -> None:
        code = "from engine.store.people import _HASHER; print(_HASHER.hash('correct horse'))"
        made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, the second recommended option"
