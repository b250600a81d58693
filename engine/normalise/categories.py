"""The category table: any supplier's code, name or path to the codes of `rules/categories.yaml`.

In: the document `categories` and a supplier's own codes. Out: a class (`02`), a finer code (`0201`) or None.
Not here: which categories are disputes (`topics.yaml`), what a rule makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from engine.normalise.cells import folded

_PARTS = re.compile(r"[_/\\|>›»→—、;；\-]+|::")
_OTHER = "99"
_LONGEST_WORDING, _LONGEST_ENGLISH = 20, 80
_ENGLISH = re.compile(r"[a-z]+")


class CategoryTable:
    """Names, aliases and codes, folded; `local` are a supplier's own codes, which win."""

    def __init__(self, document: Mapping[str, Any], local: Mapping[str, str]) -> None:
        table: Mapping[str, Mapping[str, Any]] = document.get("table", {})
        self._endings = tuple(sorted(map(folded, document.get("endings", ())), key=len, reverse=True))
        self._codes: dict[str, str] = {}
        for code, entry in table.items():
            for name in (code, entry["name"], *entry.get("aliases", ())):
                self._codes.setdefault(folded(str(name)), code)
                self._codes.setdefault(self._short(folded(str(name))), code)
        self._codes |= {folded(str(raw)): str(code) for raw, code in local.items()}
        words = {name: {_singular(word) for word in _ENGLISH.findall(name)} for name in self._codes if name.isascii()}
        self._english = {name: parts for name, parts in words.items() if parts}
        self._seen: dict[str, str | None] = {}

    def code(self, texts: Iterable[str]) -> str | None:
        """The first text that is known, 其他 only when nothing better is; within a path the last part that is known."""
        general = None
        for text in texts:
            found = self._seen[text] if text in self._seen else self._remember(text)
            if found and not found.endswith(_OTHER):
                return found
            general = general or found
        return general

    def _remember(self, text: str) -> str | None:
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen[text] = found = self._find(text)
        return found

    def _find(self, text: str) -> str | None:
        whole = self._known(folded(text))
        if whole:
            return whole
        parts = [self._known(folded(part)) for part in _PARTS.split(text)]
        known = [code for code in reversed(parts) if code]
        return next((code for code in known if not code.endswith(_OTHER)), known[0] if known else self._inside(text))

    def _inside(self, text: str) -> str | None:
        """The longest name that stands in a short free wording: 反映楼上漏水一事 is 0201; potholes, other street repair is a pothole."""
        if text.isascii():
            words = {_singular(word) for word in _ENGLISH.findall(text[:_LONGEST_ENGLISH].lower())}
            fitting = [name for name, parts in self._english.items() if parts <= words]
            return self._codes[max(fitting, key=lambda name: (len(name), name))] if fitting else None
        text = folded(text)
        if len(text) > _LONGEST_WORDING:
            return None
        named = [name for name in self._codes if len(name) > 1 and not name.isascii() and name in text]
        named = [name for name in named if not self._codes[name].endswith(_OTHER)]
        return self._codes[max(named, key=lambda name: (len(name), text.rfind(name)))] if named else None

    def _known(self, name: str) -> str | None:
        return self._codes.get(name) or self._codes.get(self._short(name)) or self._number(name)

    def _number(self, name: str) -> str | None:
        """A code that a spreadsheet robbed of its leading zero."""
        return self._codes.get(f"0{name}") if name.isdigit() and len(name) in (1, 3) else None

    def _short(self, name: str) -> str:
        """The name without 纠纷, 问题 and the like at its end; never empty."""
        for ending in self._endings:
            if name.endswith(ending) and len(name) > len(ending):
                return name[: -len(ending)]
        return name


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
