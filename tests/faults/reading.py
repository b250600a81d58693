"""A rulebook with or without a mistake in it, read once for all that look at it.

In: files. Out: `Reading`: its lines, what loads. Files that are the same bytes are parsed once for the whole run: a document is never changed once it is read.
Not here: what is said of it (`catch`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from unittest.mock import patch

from engine.ruleset import loader, strict_yaml
from engine.workbench.places import Places
from tests.faults.book import Book


@dataclass(frozen=True)
class Reading:
    """The files of a folder of rules and what they come to."""

    files: dict[str, bytes]
    book: Book

    @classmethod
    def of(cls, folder: Path) -> Reading:
        """The folder as it stands."""
        return cls(loader.read_folder(folder), Book.read(folder))

    @cached_property
    def survey(self) -> loader.Survey:
        return loader.survey(self.files)

    @cached_property
    def places(self) -> Places:
        return Places(self.survey.documents)

    @property
    def loads(self) -> bool:
        return not self.survey.faults

    @cached_property
    def unreadable(self) -> frozenset[str]:
        """The files that are no YAML at all."""
        return frozenset(self.files) - {document.name for document in self.survey.documents}


@contextmanager
def parsed_once() -> Iterator[None]:
    """While this is open a file is parsed once for each content it has."""
    with patch.object(loader, "read", lru_cache(maxsize=400)(strict_yaml.read)):
        yield
