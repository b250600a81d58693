"""Places: where a rule, a line or an entry stands in the files, for findings that are no fault of its shape.

In: documents as they were read. Out: places. Not here: what is wrong there (`lint`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from engine.ruleset.strict_yaml import Document, Path
from engine.ruleset.tree import Fault, Place


class Places:
    """Names to places; what is nowhere stands at the start of a file."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._known: dict[Path, tuple[Document, Path]] = {}
        self._starts: dict[str, list[tuple[int, str]]] = {}
        for document in documents:
            if isinstance(document.value, dict):
                for key, held in document.value.items():
                    self._note(document, str(key), held)

    def of(self, section: str, *path: str | int) -> Place:
        """The place of `rules` R1 `let` a, of `words` weapon `entries` 3, of a `mapping` by its kind, or of the nearest thing around it."""
        held = self._known.get((section, *path[:1])) or self._known.get((section,))
        if held is None:
            return Place(f"{section}.yaml", 1, 1)
        document, base = held
        return document.place((*base, *path[1:]))

    def spoiled(self, faults: Iterable[Fault]) -> frozenset[str]:
        """Ids of the rules in whose lines a fault was found: nothing more is concluded from them."""
        found = set()
        for fault in faults:
            starts = self._starts.get(fault.place.file, [])
            at = bisect_right([line for line, _ in starts], fault.place.line)
            if at:
                found.add(starts[at - 1][1])
        return frozenset(found)

    def _note(self, document: Document, key: str, held: object) -> None:
        self._known.setdefault((key,), (document, (key,)))
        if key == "mapping" and isinstance(held, dict):
            self._known[key, str(held.get("kind"))] = (document, (key,))
        elif isinstance(held, dict):
            for name in held:
                self._known.setdefault((key, str(name)), (document, (key, name)))
        for index, item in enumerate(held if isinstance(held, list) else ()):
            if isinstance(item, dict) and "id" in item:
                path: Path = (key, index)
                self._known.setdefault((key, str(item["id"])), (document, path))
                self._starts.setdefault(document.name, []).append((document.place(path).line, str(item["id"])))
                self._starts[document.name].sort()
