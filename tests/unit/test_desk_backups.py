"""A backup is refused unless it is ours, whole and replayable; whoever restores is told what it does not hold."""

from __future__ import annotations

import errno
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.config import Config, DatabaseConfig, KeyMaterial, write_keys
from engine.desk.backups import BackedUp, _put_there, age, backup, restore
from engine.errors import SanseError, StoreError, UsageError
from engine.model import canonical
from engine.ruleset import loader
from engine.store import open_store
from engine.store.archive import Manifest, measured, pack, unpack
from tests.backups import config_of
from tests.conftest import KEYS
from tests.installation import Installation
from tests.store_samples import BLANKED

pytest_plugins = ["tests.places"]


@pytest.fixture
def filled(small_place: Installation) -> Installation:
    rows = [
        {
            "接警单编号": f"A{n}",
            "报警时间": small_place.local(hours=n + 1),
            "报警人": f"陈{'一二三四五'[n % 5]}",
            "报警电话": f"1380000000{n % 5}",
            "警情地址": f"云溪镇柳树村{n}组",
            "警情类型": "纠纷",
            "报警内容": "楼上漏水把天花板泡坏了，双方为赔偿争吵不休",
        }
        for n in range(8)
    ]
    small_place.read(small_place.write(rows))
    return small_place


@pytest.fixture
def made(filled: Installation, tmp_path: Path) -> BackedUp:
    return backup(filled.desk, tmp_path / "backups")


@pytest.fixture
def fresh(tmp_path: Path) -> Config:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return config_of(folder, f"sqlite:///{folder / 'sanse.db'}")


def put_back(config: Config, file: Path, *, deep: bool = False) -> int:
    return restore(config, file, lambda: MADE, deep=deep).replayed


MADE = Installation.__dataclass_fields__["now"].default


def test_the_age_is_known_to_the_database(filled: Installation, tmp_path: Path) -> None:
    assert age(filled.desk) is None
    backup(filled.desk, tmp_path / "backups")
    filled.later(hours=5)
    assert age(filled.desk) == timedelta(hours=5)


def test_a_second_one_in_the_same_second_is_no_overwriting(filled: Installation, tmp_path: Path) -> None:
    first = backup(filled.desk, tmp_path / "backups")
    before = first.path.read_bytes()
    second = backup(filled.desk, tmp_path / "backups")
    assert second.path != first.path
    assert first.path.read_bytes() == before
    assert sorted(path.name for path in first.path.parent.iterdir()) == sorted([first.path.name, second.path.name])


def test_a_folder_that_is_none_is_told(filled: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="备份写不到"):
        backup(filled.desk, tmp_path / "file")
    assert age(filled.desk) is None


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.ENOSPC, StoreError, "磁盘满了"),
        (errno.EACCES, StoreError, "没有权限"),
        (errno.EROFS, StoreError, "只读"),
        (errno.ENOTDIR, UsageError, "路径中有一段不是目录"),
    ],
)
def test_whose_business_it_is_that_nothing_can_be_written(
    filled: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[SanseError],
    said: str,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("engine.desk.backups.pack", refuse)
    with pytest.raises(SanseError, match=f"备份写不到 .*：{said}") as told:
        backup(filled.desk, tmp_path / "backups")
    assert type(told.value) is kind
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_killed_run_left_is_removed(filled: Installation, tmp_path: Path) -> None:
    left = tmp_path / "backups" / ".sanse-backup-left"
    left.mkdir(parents=True)
    (left / "sanse.db").write_bytes(b"half")
    os.utime(left, (0, 0))
    backup(filled.desk, tmp_path / "backups")
    assert not left.exists()


def test_until_it_is_whole_nothing_stands_under_the_name_of_a_backup(
    filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed while he packs leaves no half that somebody could take for the newest one."""
    seen: list[list[Path]] = []

    def watched(database: Path, manifest: Manifest, target: Path) -> None:
        pack(database, manifest, target)
        seen.append(list((tmp_path / "there").glob("*.backup")))

    monkeypatch.setattr("engine.desk.backups.pack", watched)
    made = backup(filled.desk, tmp_path / "there")
    assert (seen, list((tmp_path / "there").iterdir())) == ([[]], [made.path])


def test_a_disk_without_links_takes_backups_too_and_none_is_written_over(
    filled: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.link", refuse)
    made = backup(filled.desk, tmp_path / "there")
    assert list((tmp_path / "there").iterdir()) == [made.path]
    packed, held = tmp_path / "packed", made.path.read_bytes()
    packed.write_bytes(b"another")
    with pytest.raises(FileExistsError):
        _put_there(packed, made.path)
    assert made.path.read_bytes() == held


def test_a_place_that_cannot_be_written_to_is_told(made: BackedUp, fresh: Config) -> None:
    elsewhere = fresh.model_copy(
        update={"database": DatabaseConfig(url=f"sqlite:///{fresh.folder / 'nowhere' / 'x.db'}")}
    )
    with pytest.raises(UsageError, match="恢复不到"):
        put_back(elsewhere, made.path)


def test_it_comes_back_and_says_so_in_the_audit_log(made: BackedUp, fresh: Config) -> None:
    done = restore(fresh, made.path, lambda: MADE, deep=True)
    assert done.replayed == made.manifest.rows["assessments"]
    assert [line.split("：")[0] for line in done.missing] == ["密钥", "config.yaml", "规则目录"]
    store = open_store(fresh.database_url, KEYS)
    with store.read() as view:
        assert [entry.what for entry in view.audit_rows()] == ["ingest", "restore"]
    assert store.verify(deep=True).sound
    store.close()


def test_rules_that_are_those_of_the_backup_are_not_complained_of(made: BackedUp, fresh: Config) -> None:
    for name, body in loader.read_folder(loader.shipped()).items():
        path = fresh.rules_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    assert len(restore(fresh, made.path, lambda: MADE).missing) == 2
    (fresh.folder / "sanse.db").unlink()
    with (fresh.rules_folder / "routes.yaml").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert "与备份时生效的规则集不同" in restore(fresh, made.path, lambda: MADE).missing[-1]


def test_other_keys_are_told_by_name(made: BackedUp, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    write_keys(folder / "sanse.keys", KeyMaterial(KEYS.index, b"z" * 32, KEYS.chain))
    config = Config(database=DatabaseConfig(url="sqlite:///sanse.db")).at(folder)
    with pytest.raises(StoreError, match="另一份密钥") as told:
        put_back(config, made.path)
    assert "密钥不在备份里" in told.value.hint
    assert not (folder / "sanse.db").exists()


def test_no_key_is_in_a_backup(made: BackedUp) -> None:
    with zipfile.ZipFile(made.path) as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    for key in (KEYS.index, KEYS.seal, KEYS.chain):
        assert key not in held
        assert key.hex().encode() not in held


class TestTampered:
    """Somebody without the keys changes a backup, in whatever way he likes."""

    @pytest.fixture
    def repacked(self, made: BackedUp, tmp_path: Path) -> Callable[..., Path]:
        """The backup with statements run in its database, its manifest made to fit, and perhaps its seal."""

        def change(*statements: str, key: bytes = b"guess" * 8, **update: object) -> Path:
            database = tmp_path / "changed.db"
            unpack(made.path, made.manifest, database)
            with closing(sqlite3.connect(database)) as connection:
                for statement in statements:
                    connection.execute(statement)
                connection.commit()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA journal_mode = DELETE")
            size, sha256 = measured(database)
            held = made.manifest.model_copy(update={"size": size, "sha256": sha256, **update})
            target = tmp_path / "changed.backup"
            pack(database, Manifest.model_validate_json(canonical(held.model_dump())).sealed(key), target)
            return target

        return change

    def test_without_the_key_no_manifest_fits(self, repacked: Callable[..., Path], fresh: Config) -> None:
        with pytest.raises(StoreError, match="印记不符"):
            put_back(fresh, repacked("UPDATE versions SET source = 'x'"))

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("DELETE FROM facts", "行数与清单不符"),
            ("UPDATE audit_head SET seq = 0, mac = x'', seal = x''", "链"),
            ("UPDATE assessments SET record = CAST(replace(record, 'G0', 'G9') AS BLOB)", "重做后不一样"),
            ("DELETE FROM verdicts", "行数"),
        ],
    )
    def test_what_is_not_as_it_was_written_is_not_put_back(
        self, statement: str, said: str, repacked: Callable[..., Path], fresh: Config
    ) -> None:
        """Even with a seal that fits, as a fault of our own would have it."""
        file = repacked(statement, key=KEYS.chain)
        with pytest.raises(StoreError, match=said):
            put_back(fresh, file)
        assert sorted(path.name for path in fresh.folder.iterdir()) == ["sanse.keys"]

    def test_a_sealed_cell_is_opened_on_demand(self, repacked: Callable[..., Path], fresh: Config) -> None:
        file = repacked("UPDATE raws SET sealed = x'0101' WHERE version = 1", key=KEYS.chain)
        with pytest.raises(StoreError, match="无法打开"):
            put_back(fresh, file, deep=True)

    def test_a_damaged_one_is_listed_and_not_put_back(self, repacked: Callable[..., Path], fresh: Config) -> None:
        file = repacked(*BLANKED, key=KEYS.chain)
        with pytest.raises(StoreError, match="没有恢复：数据库自检：NULL value in") as told:
            put_back(fresh, file, deep=True)
        assert "加密内容无法打开" in told.value.what
        assert not (fresh.folder / "sanse.db").exists()

    def test_a_format_of_tomorrow_is_refused(self, repacked: Callable[..., Path], fresh: Config) -> None:
        with pytest.raises(StoreError, match="格式"):
            put_back(fresh, repacked(key=KEYS.chain, format=2))
