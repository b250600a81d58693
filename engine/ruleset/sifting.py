"""Sifting: what of a file has the right shape goes on, so that a fault in one entry hides none in the others.

In: documents that are good YAML. Out: documents without the entries whose shape is wrong, the faults of those, and what may be defined in them.
Not here: whether names exist and comparisons make sense (`build`), the shapes themselves (`shapes`).
"""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import ValidationError

from engine.errors import shape_fault
from engine.misshapen import keys_of, known_keys
from engine.ruleset.faults import fault, nearest
from engine.ruleset.shapes import FileShape
from engine.ruleset.strict_yaml import MAX_BYTES, Document, Path
from engine.ruleset.tree import Fault

_NOT_PLACED = frozenset({"str", "int", "bool", "EntryShape", "constrained-str"})
_JUDGED = ("rules", "never", "facts")
_DEPTHS = {"labels": 3, "calendar": 3, "mapping": 1}
_WRONG_KEY = "[key]"
_SLIP = 0.8
"""From this likeness on a key is another one with a slip of the hand, not one that stands in the wrong place."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Remnant:
    """The lines of a rule that is wrong elsewhere."""

    document: Document
    path: Path
    let: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sifted:
    """A file without its misshapen entries; `aside` names what those may define, each with a colon as a file has it."""

    document: Document
    faults: tuple[Fault, ...] = ()
    aside: str = ""
    remnants: tuple[Remnant, ...] = ()


def sift(document: Document) -> Sifted:
    """A readable file and what is wrong with its shape. Faults of values that were told before are not told again."""
    if not isinstance(document.value, dict):
        found = fault("S002", document.place(()), key=document.name, why="最外层要是键和值")
        return Sifted(replace(document, value={}), (found,))
    try:
        FileShape.model_validate(document.value)
    except ValidationError as problems:
        errors = problems.errors()
        paths = [_placed(error) for error in errors]
        told = tuple(
            _shape_fault(document, error)
            for error, path in zip(errors, paths, strict=True)
            if not document.stands_in(path)
        )
        return _without(document, told, paths)
    return Sifted(document)


def out_of_sight(data: bytes) -> str | None:
    """The text of a file that cannot be read as YAML, for the names in it; None when there is more than was looked at."""
    if len(data) > MAX_BYTES:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-16" if data[:2] in _UTF16 else "gb18030", errors="replace")


def _without(document: Document, told: tuple[Fault, ...], paths: list[Path]) -> Sifted:
    """The document with the entries of these paths taken out of it; a gap stays in lists, so that places still hold."""
    kept = {key: _copied(value) for key, value in document.value.items()}
    entries = sorted({_entry(kept, path) for path in paths}, key=len)
    names = [name for entry in entries for name in _defined(document.value, entry)]
    remnants = tuple(
        Remnant(document, entry, let)
        for entry in entries
        if entry[0] in _JUDGED and (let := _sound_lines(document.value, entry, paths))
    )
    for entry in entries:
        _take_out(kept, entry)
    return Sifted(replace(document, value=kept), told, "\n".join(f"{name}:" for name in names), remnants)


def _copied(value: Any) -> Any:
    """A copy two levels deep: nothing below is taken out."""
    if isinstance(value, dict):
        return {key: copy(held) for key, held in value.items()}
    return copy(value)


def _entry(value: Any, path: Path) -> Path:
    """The smallest part that can be left out: a rule, a fact, a list, a parameter, one label, one year; else the whole key."""
    entry = path[: _DEPTHS.get(str(path[0]), 2)]
    while len(entry) > 1 and _at(value, entry) is None:
        entry = entry[:-1]
    return entry


def _at(value: Any, path: Path) -> Any:
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _take_out(value: Any, entry: Path) -> None:
    parent = _at(value, entry[:-1])
    if isinstance(parent, list):
        parent[int(entry[-1])] = None
    elif isinstance(parent, dict):
        parent.pop(entry[-1], None)


def _defined(value: Any, entry: Path) -> Iterator[str]:
    """The names that an entry defines, or would."""
    held = _at(value, entry)
    if entry[0] in _JUDGED:
        rules = held if isinstance(held, list) else [held]
        concluded = [rule.get("conclude") for rule in rules if isinstance(rule, dict)]
        yield from (str(name) for names in concluded if isinstance(names, dict) for name in names)
    elif len(entry) > 1:
        yield str(entry[-1])
    elif isinstance(held, dict):
        yield from map(str, held)


def _sound_lines(value: Any, entry: Path, paths: list[Path]) -> dict[str, Any]:
    """The lines of a rule's `let` that have the right shape themselves."""
    let = _at(value, (*entry, "let"))
    wrong = {path[: len(entry) + 2] for path in paths}
    return {n: line for n, line in let.items() if (*entry, "let", n) not in wrong} if isinstance(let, dict) else {}


def _placed(error: Any) -> Path:
    return tuple(part for part in error["loc"] if part not in _NOT_PLACED)


def _shape_fault(document: Document, error: Any) -> Fault:
    path = _placed(error)
    place, key = document.place(path), _called(path) or document.name
    if error["type"] == "extra_forbidden":
        return fault("S001", place, key=key, near=_belongs(key, path) or nearest(key, known_keys(FileShape, path)))
    if error["type"] == "missing":
        return fault("S003", place, key=key)
    return fault("S002", place, key=key, why=shape_fault(error))


def _called(path: Path) -> str:
    """The key that a path speaks of: itself where it is a key that is wrong, of an item of a list the list."""
    if path[-1:] == (_WRONG_KEY,):
        return str(path[-2])
    return str(next((part for part in reversed(path) if isinstance(part, str)), ""))


def _belongs(key: str, path: Path) -> str:
    """Where a key belongs that is right but for its indentation: at the top, or below one of the keys there; else nothing."""
    if difflib.get_close_matches(key, known_keys(FileShape, path), 1, _SLIP):
        return ""
    if len(path) > 1:
        return f"“{key}”是最外层的键，要顶格写" if key in FileShape.model_fields else ""
    fields = FileShape.model_fields.items()
    above = [name for name, field in fields if any(key in keys_of(part) for part in get_args(field.annotation))]
    return f"“{key}”写在 {' 或 '.join(above)}: 下面" if above else ""
