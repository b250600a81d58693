"""What a defence is for a sabotage: the exact text that makes it, what is put in its place, and the tests that must notice.

In: nothing. Out: `Defence` and `Change`. Not here: the list (`catalogue`), running it (`running`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement: `text` stands in `file` exactly once."""

    file: str
    text: str
    instead: str

    def stands(self, tree: Path) -> int:
        """How often the text stands in the tree's file."""
        return (tree / self.file).read_text(encoding="utf-8").count(self.text)

    def applied(self, tree: Path) -> str:
        """The file's text with the defence taken out."""
        return (tree / self.file).read_text(encoding="utf-8").replace(self.text, self.instead)


@dataclass(frozen=True, slots=True)
class Defence:
    """One defence: `id` for `make sabotage S=`, what it is in words, how it is taken out, who must notice."""

    id: str
    title: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]


def defence(id_: str, title: str, file: str, text: str, *, instead: str, tests: str | tuple[str, ...]) -> Defence:
    """A defence that is one replacement; `tests` are node ids below tests/."""
    return together(id_, title, (Change(file, text, instead),), tests=tests)


def together(id_: str, title: str, changes: tuple[Change, ...], *, tests: str | tuple[str, ...]) -> Defence:
    """A defence in depth: taken out in every place at once."""
    named = (tests,) if isinstance(tests, str) else tests
    return Defence(id_, title, changes, tuple(f"tests/{test}" for test in named))
