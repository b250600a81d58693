"""The manifest of an export: a file that is missing, too many, or no longer what was written is named, and nothing is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from engine.errors import UsageError
from engine.store import Store, exchange
from engine.store.exchange import Exchange, write
from tests.installation import Installation

pytest_plugins = ["tests.places"]


@pytest.fixture
def filled(place: Installation) -> Store:
    """Some records."""
    place.ingest(*(place.call(f"A{n}", "村口的路灯坏了一个多星期没有人来修理", days=n, caller=n) for n in range(1, 5)))
    return place.desk.store


def flipped(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def halved(path: Path) -> None:
    whole = pq.read_table(path)
    pq.write_table(whole.slice(0, whole.num_rows // 2), path)


def doubled(path: Path) -> None:
    shutil.copy2(path, path.with_name("9.parquet"))


BROKEN: dict[str, Callable[[Path], object]] = {
    "少了": Path.unlink,
    "多出": doubled,
    "不一样": flipped,
    "不一样 ": halved,
    "不一样  ": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("table", exchange.TABLES)
@pytest.mark.parametrize("said", BROKEN)
def test_a_file_that_is_not_what_was_written_is_named(filled: Store, tmp_path: Path, table: str, said: str) -> None:
    out = exported(filled, tmp_path)
    (file,) = (out / table).iterdir()
    BROKEN[said](file)
    with pytest.raises(UsageError, match=f"不是一份完整的导出：.*{said.strip()}") as refused:
        Exchange(out)
    assert f"{table}/" in refused.value.what
    assert "重新导出" in refused.value.hint


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "不是 JSON"),
        (b"[]", "和导出时不一样"),
        (b"{}", "和导出时不一样"),
        (b'{"format":1}', "格式是 1"),
        (b'{"format":99}', "格式是 99"),
    ],
)
def test_a_manifest_that_is_none_is_told(filled: Store, tmp_path: Path, body: bytes, said: str) -> None:
    out = exported(filled, tmp_path)
    (out / "manifest.json").write_bytes(body)
    with pytest.raises(UsageError, match=said):
        Exchange(out)


def test_a_number_that_was_changed_in_the_manifest_is_seen(filled: Store, tmp_path: Path) -> None:
    manifest = exported(filled, tmp_path) / "manifest.json"
    assert manifest.stat().st_mode & 0o077 == 0
    held = orjson.loads(manifest.read_bytes())
    manifest.write_bytes(orjson.dumps({**held, "newest": held["newest"] - 1}))
    with pytest.raises(UsageError, match="和导出时不一样"):
        Exchange(manifest.parent)


def exported(store: Store, folder: Path) -> Path:
    with store.history() as view:
        write(view, folder / "out", salt=b"s" * 32)
    return folder / "out"
