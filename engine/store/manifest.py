"""Manifest of an export: which files it has and what each of them was when it was written, so that nothing is judged that is no longer that.

In: a folder with the tables' files. Out: `manifest.json`; the highest row numbers, once every file has proved whole. Not here: what goes into the files
(`exchange`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.errors import UsageError
from engine.model import digest
from engine.store.archive import measured

FORMAT = 2
"""1 named no files."""
NAME = "manifest.json"
_AGAIN = "重新导出一份：sanse db export --parquet 新目录"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds: the highest row numbers, how many rows each table has."""

    newest: int
    newest_action: int
    rows: Mapping[str, int]


def seal(folder: Path, made: Manifest) -> None:
    """Write down what the export holds and what each of its files is; the last file of an export."""
    files = {name: measured(folder / name)[1] for name in sorted(_files(folder, made.rows))}
    held = {"newest": made.newest, "newest_action": made.newest_action, "rows": dict(made.rows), "files": files}
    path = folder / NAME
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps({"format": FORMAT, **held, "digest": digest(held)}, option=orjson.OPT_INDENT_2))


def opened(folder: Path) -> Manifest:
    """The manifest of a folder that is whole. Raises UsageError naming the file that is missing, is too many, or is not as it was written."""
    held = _read(folder)
    files: Mapping[str, str] = held["files"]
    there = _files(folder, held["rows"])
    if gone := sorted(files.keys() - there):
        raise _broken(folder, f"少了 {'、'.join(gone[:3])}{'等' if len(gone) > 3 else ''}（共 {len(gone)} 个文件）")
    if more := sorted(there - files.keys()):
        raise _broken(folder, f"多出 {'、'.join(more[:3])}{'等' if len(more) > 3 else ''}（共 {len(more)} 个文件）")
    for name, written in files.items():
        if measured(folder / name)[1] != written:
            raise _broken(folder, f"{name} 和导出时不一样（传坏了，或者改过）")
    return Manifest(held["newest"], held["newest_action"], held["rows"])


def _read(folder: Path) -> dict[str, Any]:
    """What stands in the manifest, if it is what was written."""
    try:
        body = (folder / NAME).read_bytes()
    except OSError as fault:
        raise _broken(folder, f"读不到 {NAME}") from fault
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise _broken(folder, f"{NAME} 不是 JSON（传坏了，或者改过）") from fault
    if isinstance(told, dict) and told.get("format", FORMAT) != FORMAT:
        raise UsageError(f"{folder} 的格式是 {told['format']}，本版本只认 {FORMAT}", hint="用本版本" + _AGAIN)
    held = (
        {key: part for key, part in told.items() if key not in ("format", "digest")} if isinstance(told, dict) else {}
    )
    if not held or told.get("digest") != digest(held):
        raise _broken(folder, f"{NAME} 和导出时不一样（传坏了，或者改过）")
    return held


def _broken(folder: Path, what: str) -> UsageError:
    return UsageError(f"{folder} 不是一份完整的导出：{what}", hint=_AGAIN)


def _files(folder: Path, tables: Iterable[str]) -> set[str]:
    """The files that the tables have."""
    return {path.relative_to(folder).as_posix() for table in tables for path in (folder / table).glob("*")}
