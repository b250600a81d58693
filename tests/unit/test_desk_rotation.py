"""A rotation that is stopped anywhere goes on where it was; at every moment every cell opens, and two never run at once."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from engine.config import Config, DatabaseConfig, KeyMaterial, read_keys, write_keys
from engine.desk import Desk
from engine.desk import rotation as rotating
from engine.desk.backups import backup
from engine.desk.opening import keys_of
from engine.desk.rotation import rotate
from engine.errors import StoreError, UsageError
from engine.store import open_store
from engine.store.rows import Person
from tests.conftest import KEYS
from tests.installation import MORNING, shipped, stages
from tests.store_samples import START, samples, write
from tests.store_worker import BOOK, judged

ADMIN = Person("王主任", "admin", MORNING)


@pytest.fixture
def config(store_url: str, tmp_path: Path) -> Config:
    folder = tmp_path / "office"
    folder.mkdir()
    write_keys(folder / "sanse.keys", KeyMaterial(KEYS.index, KEYS.seal, KEYS.chain))
    store = open_store(store_url, KEYS)
    with store.batch() as tx:
        tx.note_rulebook(BOOK, START)
        write(tx, [judged(sample) for sample in samples(30)])
        tx.append_audit("王主任", "dismiss", {}, START, reason="合计行")
    store.close()
    return Config(database=DatabaseConfig(url=store_url)).at(folder)


def opened(config: Config) -> Desk:
    keys = keys_of(config)
    return Desk(config, open_store(config.database_url, keys), shipped(), lambda: MORNING, [stages()], keys)


def assert_open(config: Config) -> None:
    """Everything opens with what stands in the key file now."""
    desk = opened(config)
    verified = desk.store.verify(deep=True)
    desk.close()
    assert (verified.findings, verified.audit.findings) == ((), ())


def entries(config: Config) -> list[tuple[str, str]]:
    desk = opened(config)
    with desk.store.read() as view:
        found = [(entry.actor, entry.payload["step"]) for entry in view.audit_rows() if entry.what == "rotate-keys"]
        assert view.audit_rows()[0].payload["reason"] == "合计行"
    desk.close()
    return found


def test_every_cell_gets_the_new_key_and_the_log_says_who_did_it(config: Config) -> None:
    desk = opened(config)
    assert sum(rotate(desk, ADMIN)) == 60
    desk.close()
    held = read_keys(config.key_file)
    assert (held.generation, held.former) == (2, ())
    assert held.seal != KEYS.seal
    assert_open(config)
    assert entries(config) == [("王主任", "begin"), ("王主任", "end")]
    kept = config.folder / "sanse.keys.1"
    assert read_keys(kept) == KeyMaterial(KEYS.index, KEYS.seal, KEYS.chain)
    for path in (kept, config.key_file, config.folder / "sanse.keys.lock"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEYS.seal.hex() not in config.key_file.read_text(encoding="ascii")


def test_again_and_again(config: Config) -> None:
    for generation in (2, 3, 4):
        desk = opened(config)
        assert sum(rotate(desk, ADMIN)) == 60
        desk.close()
        assert read_keys(config.key_file).generation == generation
        assert_open(config)
    assert len(entries(config)) == 6


@pytest.mark.parametrize("stop", [1, 2, 6, 7, 11])
def test_stopped_after_any_transaction_it_goes_on(config: Config, stop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "_CELLS", 5)
    desk = opened(config)
    run: Iterator[int] = rotate(desk, ADMIN)
    first = sum(islice(run, stop))
    run.close()  # type: ignore[attr-defined]
    desk.close()
    assert_open(config)
    again = opened(config)
    assert first + sum(rotate(again, ADMIN)) == 60
    again.close()
    assert read_keys(config.key_file).former == ()
    assert_open(config)
    assert entries(config) == [("王主任", "begin"), ("王主任", "end")]


@pytest.mark.parametrize("broken", ["replace_keys", "open_store", "_rotated", "_end"])
def test_stopped_between_the_steps_it_goes_on(config: Config, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    desk = opened(config)
    with monkeypatch.context() as patched:
        patched.setattr(rotating, broken, stopped)
        with pytest.raises(KeyboardInterrupt):
            list(rotate(desk, ADMIN))
    desk.close()
    assert_open(config)
    again = opened(config)
    list(rotate(again, ADMIN))
    again.close()
    assert (read_keys(config.key_file).generation, read_keys(config.key_file).former) == (2, ())
    assert_open(config)
    assert entries(config) == [("王主任", "begin"), ("王主任", "end")]


def test_only_one_at_a_time(config: Config) -> None:
    desk = opened(config)
    run = rotate(desk, ADMIN)
    next(run)
    with pytest.raises(UsageError, match="另一个进程正在换密钥"):
        next(rotate(desk, ADMIN))
    list(run)
    desk.close()


def test_only_an_administrator(config: Config) -> None:
    desk = opened(config)
    with pytest.raises(UsageError, match="只有管理员"):
        next(rotate(desk, Person("李所长", "lead", MORNING)))
    desk.close()
    assert read_keys(config.key_file).generation == 1


def test_no_backup_is_taken_half_way(config: Config, tmp_path: Path) -> None:
    desk = opened(config)
    run = rotate(desk, ADMIN)
    next(run)
    half = opened(config)
    with pytest.raises(UsageError, match="轮换还没有做完"):
        backup(half, tmp_path / "backups")
    for one in (half, desk):
        one.close()
    run.close()


def test_a_spoiled_cell_keeps_both_keys_and_is_named(config: Config) -> None:
    from sqlalchemy import text

    from tests.store_samples import by_hand

    with by_hand(config.database_url) as connection:
        connection.execute(
            text("UPDATE bodies SET sealed = (SELECT sealed FROM bodies WHERE version = 2) WHERE version = 1")
        )
    desk = opened(config)
    with pytest.raises(StoreError, match="1 个加密格打不开") as told:
        list(rotate(desk, ADMIN))
    desk.close()
    assert told.value.where == "bodies/sealed/1"
    assert read_keys(config.key_file).former
    assert entries(config) == [("王主任", "begin")]


def test_a_kept_key_file_is_never_written_over(config: Config) -> None:
    write_keys(config.folder / "sanse.keys.1", KeyMaterial(b"x" * 32, b"y" * 32, b"z" * 32))
    desk = opened(config)
    with pytest.raises(UsageError, match="已经存在"):
        next(rotate(desk, ADMIN))
    desk.close()
    assert read_keys(config.key_file).generation == 1
