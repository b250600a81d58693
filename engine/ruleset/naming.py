"""Naming: whose each line of a file is, so that a fault says which rule or fact it spoils, even where the file is no YAML.

In: the text of files, faults. Out: the same faults with the name of what they stand in. Not here: finding faults.
Rules, invariants and routes go by their ids, facts, lists, thresholds and topics by their keys; elsewhere the keys on the way to the line are the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.ruleset.strict_yaml import MAX_BYTES
from engine.ruleset.tree import Fault

_ID = re.compile(r" *- \{? *id: *['\"]?(?P<name>[^\s,'\"}]+)")
_KEY = re.compile(
    r"(?P<indent> *)(?:- )?(?P<quote>['\"]?)(?P<name>[^\s'\"{}\[\],:#][^'\"{}\[\],:#]*?)(?P=quote):(?:\s|$)"
)
_BY_ENTRY = frozenset({"features", "words", "parameters", "topics", "deadlines", "facts"})
_LISTED = frozenset({"rules", "never", "routes"})
_LEFT_OUT = frozenset({"years"})


def named(faults: Iterable[Fault], files: Mapping[str, bytes]) -> Iterator[Fault]:
    """Every fault with the name of what it stands in; a file that is too large to be read has no names."""
    known: dict[str, list[str]] = {}
    for fault in faults:
        file = fault.place.file
        if file not in known:
            data = files.get(file, b"")
            known[file] = owners(data.decode("utf-8", errors="replace")) if len(data) <= MAX_BYTES else []
        yield replace(fault, of=known[file][fault.place.line - 1] if 0 < fault.place.line <= len(known[file]) else "")


def owners(text: str) -> list[str]:
    """For each line the name of what it is part of; empty for a line between two sections."""
    found, section, name = [], "", ""
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        key = _KEY.match(line)
        if key and not key["indent"]:
            section, name, path = key["name"], "", []
        elif section in _LISTED:
            item = _ID.match(line)
            name = item["name"] if item else name
        elif key and not line.lstrip().startswith("#"):
            depth = len(key["indent"])
            path = [*(part for part in path if part[0] < depth), (depth, key["name"])]
            name = path[0][1] if section in _BY_ENTRY else ".".join(n for _, n in path if n not in _LEFT_OUT)
        found.append(name)
    return found
