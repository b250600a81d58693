"""`rules/` to a Rulebook: the one door.

In: a folder or its files as bytes. Out: a Rulebook, or every fault at once. Not here: what the keys mean (`shapes`, `build`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import RuleError, shape_fault
from engine.model import digest
from engine.ruleset.build import build
from engine.ruleset.faults import fault, nearest
from engine.ruleset.shapes import FileShape
from engine.ruleset.strict_yaml import MAX_BYTES, Document, read
from engine.ruleset.tree import Fault, Rulebook

_TYPED = frozenset({"rules", "never", "features", "words", "parameters", "mapping"})
_NOT_PLACED = frozenset({"str", "int", "bool", "EntryShape", "constrained-str"})


def shipped() -> Path:
    """The rules that come with sanse: packed in a wheel, or of the checkout."""
    packed = Path(__file__).resolve().parents[1] / "shipped"
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2] / "rules"


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every *.yaml below a folder by its posix name, sorted; raises RuleError when there is none, or one that is no file.

    Of a file that is too large only so much is read as shows it.
    """
    files = {path.relative_to(folder).as_posix(): _content(path) for path in sorted(folder.rglob("*.yaml"))}
    if not files:
        raise RuleError(f"目录 {folder} 里没有规则文件（*.yaml）", hint="检查路径，或用 sanse init 生成一份")
    return files


def _content(path: Path) -> bytes:
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise RuleError("规则文件读不了", where=str(path), hint="检查权限和磁盘") from fault
    raise RuleError("这不是可以读的文件（目录、设备或断了的链接）", where=str(path), hint="从规则目录里移走")


def digest_of(files: Mapping[str, bytes]) -> str:
    """The version of a rulebook: a digest over the names and contents of its files."""
    return digest({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})


def load(files: Mapping[str, bytes]) -> Rulebook:
    """The Rulebook of files; raises RuleError that carries every fault."""
    rulebook, faults = check(files)
    if rulebook is None or faults:
        raise RuleError(
            f"规则有 {len(faults)} 处错误，没有启用：", faults=faults, hint="逐条改好后运行 sanse rules lint"
        )
    return rulebook


def check(files: Mapping[str, bytes]) -> tuple[Rulebook | None, tuple[Fault, ...]]:
    """The Rulebook (None while a file cannot be read) and all faults of all files, in order of file and line."""
    documents = [read(name, data) for name, data in sorted(files.items())]
    faults = [found for document in documents for found in document.faults]
    good = []
    for document in documents:
        if document.value is None:
            continue
        shape_faults = _shape_faults(document)
        faults += shape_faults
        if not shape_faults:
            good.append(document)
    parts = build(good)
    if not faults or len(good) == len(documents):
        faults += parts.faults
    ordered = tuple(sorted(set(faults), key=lambda f: (f.place.file, f.place.line, f.place.column, f.code)))
    others, mappings, clashes = _others(good)
    if ordered or clashes:
        return None, (*ordered, *clashes)
    return Rulebook(
        digest=digest_of(files),
        files=dict(files),
        rules=tuple(parts.rules),
        nevers=tuple(parts.nevers),
        features=parts.features,
        words=parts.words,
        parameters=parts.parameters,
        mappings=mappings,
        documents=others,
    ), ()


def _shape_faults(document: Document) -> list[Fault]:
    if not isinstance(document.value, dict):
        return [fault("S002", document.place(()), key=document.name, why="最外层要是键和值")]
    try:
        FileShape.model_validate(document.value)
    except ValidationError as problems:
        return [_shape_fault(document, error) for error in problems.errors()]
    return []


def _shape_fault(document: Document, error: Any) -> Fault:
    path = tuple(part for part in error["loc"] if part not in _NOT_PLACED)
    place, key = document.place(path), str(path[-1]) if path else document.name
    if error["type"] == "extra_forbidden":
        return fault("S001", place, key=key, near=nearest(key, _siblings(path)))
    if error["type"] == "missing":
        return fault("S003", place, key=key)
    return fault("S002", place, key=key, why=shape_fault(error))


def _siblings(path: tuple[Any, ...]) -> list[str]:
    """The keys that may stand where an unknown one was found, followed from the file's shape."""
    shape: Any = FileShape
    for part in path[:-1]:
        held = shape.model_fields.get(part) if hasattr(shape, "model_fields") else None
        inner = _models(held.annotation) if held is not None else [shape]
        shape = inner[0] if inner else shape
    return [field.alias or name for name, field in shape.model_fields.items()]


def _models(annotation: Any) -> list[Any]:
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def _others(documents: list[Document]) -> tuple[dict[str, Any], dict[str, Mapping[str, Any]], list[Fault]]:
    """The remaining file types as plain data, merged over files; a name given twice is a fault."""
    others: dict[str, Any] = {}
    mappings: dict[str, Mapping[str, Any]] = {}
    faults: list[Fault] = []
    for document in documents:
        for key, value in document.value.items():
            if value is None:
                continue
            if key == "mapping":
                if value["kind"] in mappings:
                    faults.append(fault("S004", document.place(("mapping",)), key=value["kind"]))
                mappings[value["kind"]] = value
            elif key not in _TYPED:
                faults += _merge(others, key, value, document)
    return others, mappings, faults


def _merge(others: dict[str, Any], key: str, value: Any, document: Document) -> list[Fault]:
    if isinstance(value, list):
        others[key] = [*others.get(key, []), *value]
        return []
    held = others.setdefault(key, {})
    twice = [name for name in value if name in held]
    held.update(value)
    return [fault("S004", document.place((key, name)), key=name) for name in twice]
