"""`rules/` to a Rulebook: the one door.

In: a folder or its files as bytes. Out: a Rulebook, or every fault at once. Not here: what the keys mean (`shapes`, `build`), what is
left of a file with faults (`sifting`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import RuleError
from engine.model import digest
from engine.ruleset.build import build
from engine.ruleset.faults import fault
from engine.ruleset.naming import named
from engine.ruleset.sifting import out_of_sight, sift
from engine.ruleset.strict_yaml import MAX_BYTES, Document, read
from engine.ruleset.tree import Fault, Rulebook

_ALMOST = re.compile(r"\.ya?ml\Z", re.IGNORECASE)
_TYPED = frozenset({"rules", "never", "features", "words", "parameters", "mapping", "facts", "monotone_in"})


def shipped() -> Path:
    """The rules that come with sanse: packed in a wheel, or of the checkout."""
    packed = Path(__file__).resolve().parents[1] / "shipped"
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2] / "rules"


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every *.yaml below a folder by its posix name, sorted; raises RuleError when there is none, one that is no file, or one that is named almost so.

    Of a file that is too large only so much is read as shows it.
    """
    found = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.*")) if _ALMOST.search(path.name)
    }
    misnamed = [name for name in found if not name.endswith(".yaml")]
    if misnamed:
        raise RuleError(
            f"规则文件的名称要以 .yaml 结尾，这些不会读：{'、'.join(misnamed)}", hint="改名，或移出规则目录"
        )
    files = {name: _content(path) for name, path in found.items()}
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
    """The Rulebook (None while anything is wrong) and all faults of all files, in order of file and line."""
    seen = survey(files)
    return (None if seen.faults else seen.rulebook), seen.faults


@dataclass(frozen=True, slots=True)
class Survey:
    """What could be made of files, with all their faults; `whole`: nothing had to be left out; `documents`: where it stands. With faults the Rulebook is for looking at only."""

    rulebook: Rulebook
    faults: tuple[Fault, ...]
    whole: bool
    documents: tuple[Document, ...] = ()


def survey(files: Mapping[str, bytes]) -> Survey:
    """Every file looked at as far as it can be: a fault in one place hides none in another."""
    documents = [read(name, data) for name, data in sorted(files.items())]
    sifted = [sift(document) for document in documents if document.value is not None]
    good = [one.document for one in sifted]
    hidden = [out_of_sight(files[document.name]) for document in documents if document.value is None]
    aside = [*hidden, *(one.aside for one in sifted if one.aside)]
    parts = build(
        good,
        elsewhere=None if None in aside else tuple(text for text in aside if text),
        broken=[remnant for one in sifted for remnant in one.remnants],
    )
    others, mappings, clashes = _others(good)
    told = {*parts.faults, *clashes}
    told.update(*(document.faults for document in documents), *(one.faults for one in sifted))
    faults = sorted(named(told, files), key=lambda f: (f.place.file, f.place.line, f.place.column, f.code))
    rulebook = Rulebook(
        digest=digest_of(files),
        files=dict(files),
        rules=tuple(parts.rules),
        nevers=tuple(parts.nevers),
        features=parts.features,
        words=parts.words,
        parameters=parts.parameters,
        mappings=mappings,
        documents=others,
        stated=tuple(parts.stated),
        rising=parts.rising,
    )
    whole = not (hidden or any(one.faults or one.aside for one in sifted))
    return Survey(rulebook, tuple(faults), whole, tuple(good))


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
        others[key] = [*others.get(key, []), *(item for item in value if item is not None)]
        return []
    held = others.setdefault(key, {})
    twice = [name for name in value if name in held]
    held.update(value)
    return [fault("S004", document.place((key, name)), key=name) for name in twice]
