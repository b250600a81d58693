"""A backup is one file of its owner; whatever was done to it shows."""

from __future__ import annotations

import random
import stat
import zipfile
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store.archive import DATABASE, MANIFEST, Manifest, manifest_of, measured, pack, unpack

KEY = b"c" * 32
BODY = random.Random(1).randbytes(100_000)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "copy.db"
    path.write_bytes(BODY)
    return path


@pytest.fixture
def packed(database: Path, tmp_path: Path) -> Path:
    pack(database, manifest(database), tmp_path / "one.backup")
    return tmp_path / "one.backup"


def manifest(database: Path) -> Manifest:
    size, sha256 = measured(database)
    return Manifest(
        format=1, made_at="2025-03-10T01:00:00+00:00", vendor="sqlite", revision="0002", rulebook="0" * 64, audit_seq=3,
        audit_mac="aa", keys="bb", generation=1, rows={"versions": 2}, size=size, sha256=sha256,
    ).sealed(KEY)  # fmt: skip


def test_it_comes_out_to_the_byte(packed: Path, tmp_path: Path) -> None:
    held = manifest_of(packed)
    assert held.genuine(KEY)
    assert held.rows == {"versions": 2}
    unpack(packed, held, tmp_path / "out.db")
    assert (tmp_path / "out.db").read_bytes() == BODY
    for path in (packed, tmp_path / "out.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_never_written_over(packed: Path, database: Path) -> None:
    before = packed.read_bytes()
    with pytest.raises(FileExistsError):
        pack(database, manifest(database), packed)
    assert packed.read_bytes() == before


def test_half_a_file_is_taken_away_again(tmp_path: Path, database: Path) -> None:
    held = manifest(database)
    database.unlink()
    with pytest.raises(FileNotFoundError):
        pack(database, held, tmp_path / "half.backup")
    assert not (tmp_path / "half.backup").exists()


def test_any_other_manifest_is_not_genuine(packed: Path) -> None:
    held = manifest_of(packed)
    for change in ({"audit_seq": 4}, {"rows": {"versions": 3}}, {"sha256": "0" * 64}, {"seal": "00"}, {"made_at": ""}):
        assert not held.model_copy(update=change).genuine(KEY)
    assert not held.genuine(b"d" * 32)


def test_every_flipped_byte_of_a_backup_shows(packed: Path, tmp_path: Path) -> None:
    whole, draw = packed.read_bytes(), random.Random(2)
    original = manifest_of(packed)
    for number in range(200):
        place = draw.randrange(len(whole))
        packed.write_bytes(whole[:place] + bytes((whole[place] ^ 1 << draw.randrange(8),)) + whole[place + 1 :])
        target = tmp_path / f"out-{number}.db"
        try:
            held = manifest_of(packed)
            unpack(packed, held, target)
        except StoreError:
            continue
        assert held == original or not held.genuine(KEY), place
        assert target.read_bytes() == BODY


def test_a_cut_file_and_a_file_that_is_none(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for content in (b"", b"no zip", whole[: len(whole) // 2], whole[:-30]):
        packed.write_bytes(content)
        with pytest.raises(StoreError, match="损坏"):
            manifest_of(packed)
    with pytest.raises(StoreError, match="没有找到"):
        manifest_of(tmp_path / "nowhere.backup")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(StoreError, match="不是 sanse 的备份"):
        manifest_of(tmp_path / "other.zip")


@pytest.mark.parametrize("text", ["{}", "no json", '{"format": "x"}'])
def test_a_manifest_that_says_nothing_is_refused(text: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "odd.backup", "w") as archive:
        archive.writestr(MANIFEST, text)
        archive.writestr(DATABASE, b"")
    with pytest.raises(StoreError, match="不是 sanse 的备份"):
        manifest_of(tmp_path / "odd.backup")


def test_more_than_the_manifest_says_is_not_written_out(packed: Path, tmp_path: Path) -> None:
    """A small file that would fill the disk stops at the size that was sealed."""
    held = manifest_of(packed).model_copy(update={"size": 10})
    with pytest.raises(StoreError, match="损坏"):
        unpack(packed, held, tmp_path / "out.db")
    assert (tmp_path / "out.db").stat().st_size == 0
