"""The rulebook as an analyst sees it: lines of text in files, each line a part of something that has a name.

In: a folder of rules. Out: `Book` (the lines, whose each line is, where a pattern stands) and `Edit`, one change of one file.
Not here: which changes are mistakes (`conditions`, `names`, `numbers`, `routes`, `lists`, `layout`); what notices them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# What a name heads, by the first folder or file that fits: rules and routes are items of a list, everything else is a key.
_ITEM = re.compile(r"\s*- \{?id: (?P<name>[\w-]+)")
_KEY = re.compile(r"  (?P<name>[\w.-]+):")
_DEEPER = re.compile(r"\s+(- )?['\"]?(?P<name>[^\s'\":{\[]+)['\"]?: ?")
_YEAR = re.compile(r"    (?P<name>\d{4}):")
_BY_KEY = ("features", "parameters", "deadlines", "topics", "words/")


@dataclass(frozen=True, slots=True)
class Edit:
    """One mistake: from `line` on (counted from 1), the lines `old` became the lines `new`; `of` is what they belong to."""

    kind: str
    file: str
    line: int
    of: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.old == self.new:
            raise ValueError(f"{self.kind} changes nothing at {self.file}:{self.line}")

    @property
    def lines(self) -> range:
        """The lines that are otherwise, as they are counted afterwards; of lines taken out, the one now in their place and the one above."""
        return range(self.line, self.line + len(self.new)) if self.new else range(self.line - 1, self.line + 1)

    def put_into(self, folder: Path) -> None:
        """Make the mistake in a folder of rules that is otherwise as it was drawn from."""
        path = folder / self.file
        lines = path.read_text(encoding="utf-8").splitlines()
        begin = self.line - 1
        if tuple(lines[begin : begin + len(self.old)]) != self.old:
            raise ValueError(f"{self.file}:{self.line} is not what the mistake was drawn from")
        lines[begin : begin + len(self.old)] = self.new
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a pattern stands: the line, whose it is, the match."""

    file: str
    index: int
    of: str
    match: re.Match[str]

    @property
    def text(self) -> str:
        return self.match.string

    def put(self, kind: str, text: str, group: int | str = 0) -> Iterator[Edit]:
        """The line with one group of the match replaced; nothing where that changes nothing."""
        begin, end = self.match.span(group)
        changed = self.text[:begin] + text + self.text[end:]
        if changed != self.text:
            yield Edit(kind, self.file, self.index + 1, self.of, (self.text,), (changed,))

    def drop(self, kind: str) -> Edit:
        """The whole line is gone."""
        return Edit(kind, self.file, self.index + 1, self.of, (self.text,), ())


@dataclass(frozen=True, slots=True)
class Block:
    """The lines `begin` to `end` of one rule, route, feature … and the name they go by."""

    file: str
    name: str
    begin: int
    lines: tuple[str, ...]

    def edit(self, kind: str, new: tuple[str, ...]) -> Edit:
        """The whole block rewritten: told by the first and last lines that differ."""
        head = _alike(self.lines, new)
        tail = _alike(self.lines[head:][::-1], new[head:][::-1])
        old, changed = self.lines[head : len(self.lines) - tail], new[head : len(new) - tail]
        return Edit(kind, self.file, self.begin + head + 1, self.name, old, changed)

    def pasted(self, kind: str, copy: tuple[str, ...], of: str) -> Edit:
        """Another block directly behind this one."""
        return Edit(kind, self.file, self.begin + len(self.lines) + 1, of, (), copy)


@dataclass(frozen=True)
class Book:
    """Every file of a rulebook as lines, by its path below the folder."""

    files: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, folder: Path) -> Book:
        """The files as they stand."""
        paths = sorted(folder.rglob("*.yaml"))
        return cls({str(p.relative_to(folder)): tuple(p.read_text(encoding="utf-8").splitlines()) for p in paths})

    @cached_property
    def rules(self) -> tuple[Block, ...]:
        """Rules and never-lines, examples and all."""
        files = [name for name, lines in self.files.items() if "rules:" in lines]
        return tuple(block for name in files for block in _blocks(name, self.files[name], _ITEM))

    def blocks(self, file: str) -> tuple[Block, ...]:
        """The routes of a file of routes; what stands under each key of any other."""
        return tuple(_blocks(file, self.files.get(file, ()), _ITEM if file == "routes.yaml" else _KEY))

    def sites(self, pattern: str, *files: str) -> Iterator[Site]:
        """Where a pattern stands in what is no example and no comment: in these files (`words/` is a folder), or in all rules."""
        found = re.compile(pattern)
        for name in self._within(files):
            whose, examples = owners(name, self.files[name]), False
            for index, line in enumerate(self.files[name]):
                examples = _in_examples(line, examples)
                if examples or line.lstrip().startswith("#"):
                    continue
                yield from (Site(name, index, whose[index], match) for match in found.finditer(line))

    def _within(self, files: tuple[str, ...]) -> list[str]:
        if not files:
            return sorted({block.file for block in self.rules})
        return [name for name in self.files if name.startswith(files)]

    def names(self, pattern: str, *files: str) -> list[str]:
        """What a pattern's first group names, once each, in the order of the files."""
        return list(dict.fromkeys(site.match[1] for site in self.sites(pattern, *files)))


def body(block: Block) -> tuple[str, ...]:
    """A rule without its examples."""
    lines = list(block.lines)
    return tuple(lines[: lines.index("    tests:")]) if "    tests:" in lines else block.lines


def _blocks(file: str, lines: tuple[str, ...], heading: re.Pattern[str]) -> Iterator[Block]:
    begin, name = 0, ""
    for index, line in enumerate((*lines, "end:")):
        heads = heading.match(line)
        if heads is None and (not line or line.startswith(" ")):
            continue
        if name:
            yield Block(file, name, begin, lines[begin:index])
        begin, name = index, heads["name"] if heads else ""


def owners(file: str, lines: tuple[str, ...]) -> list[str]:
    """Whose each line is: of a rule, a route, a feature …; in mappings and settings each key speaks for itself."""
    found, name, heading = [], "", _heading(file, lines)
    for line in lines:
        heads = heading.match(line)
        name = heads["name"] if heads else "" if line and not line.startswith(" ") else name
        found.append(name)
    return found


def _heading(file: str, lines: tuple[str, ...]) -> re.Pattern[str]:
    if file == "calendar.yaml":
        return _YEAR
    if "rules:" in lines or "routes:" in lines:
        return _ITEM
    return _KEY if file.startswith(_BY_KEY) else _DEEPER


def _in_examples(line: str, now: bool) -> bool:
    """Whether this line is an example: from `tests:` to the next rule or list."""
    if line == "    tests:":
        return True
    return now and not (_ITEM.match(line) or _KEY.match(line) or (line and not line.startswith(" ")))


def _alike(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
