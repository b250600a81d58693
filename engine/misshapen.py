"""Every fault of a document, not only those that one look at it shows: a fault of one key hides those between keys.

In: a model, a document as data. Out: errors as pydantic lists them; the keys that a model has at a place. Not here: their words (`errors`), files of rules (`ruleset.sifting`).

What is wrong is taken out and the rest is looked at again, until nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_DECIDES = "type"
"""The key that says what the others of its entry must be: where it is wrong, nothing more can be said of them."""

Path = tuple[int | str, ...]


def every_fault(
    model: type[BaseModel], document: Mapping[str, Any], sound: Mapping[str, Mapping[str, Any]]
) -> list[ErrorDetails]:
    """All errors of a document, in the order of the looks that showed them.

    `sound`: of every list of named entries, the keys of one that has no fault; it stands in, under the name, for one that has.
    """
    rest, taken = deepcopy(dict(document)), list[Path]()
    found: list[ErrorDetails] = []
    while True:
        try:
            model.model_validate(rest)
        except ValidationError as fault:
            errors = fault.errors()
        else:
            return found
        found += [error for error in errors if not _follows(error, taken) and not _around(error["loc"], errors)]
        for error in errors:
            taken.append(error["loc"])
            _mend(rest, error["loc"], sound)


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand where a path leads to, followed through what the model is made of."""
    shape: Any = model
    for part in path[:-1]:
        held = getattr(shape, "model_fields", {}).get(part)
        inner = _models(held.annotation) if held is not None else []
        shape = inner[0] if inner else shape
    return keys_of(shape)


def keys_of(shape: Any) -> list[str]:
    """The keys that a model has; none of what is no model."""
    return [field.alias or name for name, field in getattr(shape, "model_fields", {}).items()]


def _models(annotation: Any) -> list[Any]:
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _follows(error: ErrorDetails, taken: Sequence[Path]) -> bool:
    """Whether an error is there only because something was taken out: what is missing now, or a word about a key that is."""
    place = error["loc"]
    beside = {path[-1] for path in taken if path[:-1] == place}
    return place in taken or _DECIDES in beside or any(str(key) in error["msg"] for key in beside)


def _around(place: Path, errors: Sequence[ErrorDetails]) -> bool:
    """Whether something inside a place is wrong: a list without its wrong items may be too short."""
    return any(len(error["loc"]) > len(place) and error["loc"][: len(place)] == place for error in errors)


def _mend(document: dict[str, Any], path: Path, sound: Mapping[str, Mapping[str, Any]]) -> None:
    """Take out what stands at a path, or the nearest around it that can be; of an entry in a list of named ones what it lacks is put in."""
    entry = _entry(document, path) if path[0] in sound else None
    if entry is None:
        _drop(document, path)
        return
    entries, number = entry
    held, whole = entries[number], {**sound[str(path[0])], "name": f"?{number}"}
    if not isinstance(held, dict) or len(path) == len(entry):
        name = held.get("name") if isinstance(held, dict) else None
        entries[number] = {**whole, "name": name or whole["name"]}
    elif path[2] in held:
        _drop(held, path[2:])
    elif path[2] in whole:
        held[path[2]] = whole[str(path[2])]


def _entry(document: Mapping[str, Any], path: Path) -> tuple[list[Any], int] | None:
    entries = document.get(str(path[0]))
    return (entries, path[1]) if isinstance(entries, list) and len(path) > 1 and isinstance(path[1], int) else None


def _drop(held: Any, path: Path) -> None:
    """Leave out the key that a path leads to through mappings, or the last one on it that is there."""
    inner = held.get(path[0])
    if len(path) > 1 and isinstance(inner, dict) and path[1] in inner:
        _drop(inner, path[1:])
    else:
        held.pop(path[0], None)
