"""Yes or no out of a cell: by code, by count, by wording.

In: a supplier's codes and wordings. Out: True, False, or None where the cell says neither.
Not here: which facts a yes raises (`rules/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.normalise.cells import folded

_MOST_SEEN = 10_000
_LONGEST_SEEN = 40

Wording = Mapping[str, tuple[str, ...]]


class TruthReader:
    """Reads the truth columns of one supplier; remembers short cells, for they repeat."""

    def __init__(self, codes: Mapping[str, Mapping[str, Any]], wordings: Mapping[str, Wording]) -> None:
        self._codes = codes
        self._wordings = wordings
        self._seen: dict[tuple[str, str], bool | None] = {}

    def read(self, name: str, text: str) -> bool | None:
        """The truth of a cell that is not blank."""
        key = (name, text)
        if key in self._seen:
            return self._seen[key]
        found = self._find(name, folded(text))
        if len(text) <= _LONGEST_SEEN:
            if len(self._seen) > _MOST_SEEN:
                self._seen.clear()
            self._seen[key] = found
        return found

    def _find(self, name: str, text: str) -> bool | None:
        codes = self._codes[name]
        if text in codes:
            return None if codes[text] is None else bool(codes[text])
        if text.isdecimal():
            return int(text) > 0
        wording = self._wordings.get(name)
        return _worded(text, wording) if wording else None


def _worded(text: str, wording: Wording) -> bool | None:
    """What is left after the denials are taken out decides: 一人轻伤，一人无伤 is yes."""
    left = text
    for denial in wording["no"]:
        left = left.replace(denial, "")
    if any(word in left for word in wording["yes"]):
        return True
    return False if left != text else None
