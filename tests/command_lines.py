"""Lines of text that call `sanse`, held against the real command line without running anything.

In: text of any kind: pages, units, crontabs. Out: the calls in it, and what is wrong with each: no such command, no such option, a word
missing. Not here: running commands (`tests.documents`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer
from typer.exceptions import TyperException

from cli.app import app

_CALL = re.compile(
    r"(?:^|[\s`\"'(=])(?:[\w./%-]*/)?sanse((?:[ \t]+(?!(?:\S*/bin/)?sanse(?:\s|$))[^\s;|&>#`]+)+)", re.MULTILINE
)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def calls(text: str) -> Iterator[list[str]]:
    """The words after `sanse`, wherever a command follows it."""
    for found in _CALL.finditer(text.replace("\\\n", " ")):
        words = shlex.split(found[1])
        if words[0][:1].isalpha() and words[0].isascii():
            yield words


def blocks(page: str) -> str:
    """What stands in the fenced blocks of a page."""
    return "\n".join(_BLOCK.findall(page))


def inline(page: str) -> str:
    """What stands between single backticks of a page, a line each."""
    return "\n".join(_INLINE.findall(_BLOCK.sub("", page)))


def fault(words: list[str], *, whole: bool = True) -> str:
    """What is wrong with a call, or nothing; `whole`: with everything it needs, not only mentioned."""
    command, rest, path = typer.main.get_command(app), list(words), []
    while hasattr(command, "commands"):
        if not rest:
            return f"sanse {' '.join(path)}：少了子命令" if whole else ""
        path.append(rest.pop(0))
        below: Any = command.commands.get(path[-1])
        if below is None:
            return f"没有这个命令：sanse {' '.join(path)}"
        command = below
    try:
        command.make_context(" ".join(path), rest)
    except TyperException as refused:
        if whole or type(refused).__name__ not in {"MissingParameter", "BadParameter", "BadOptionUsage"}:
            return f"sanse {' '.join(words)}：{getattr(refused, 'format_message', refused.__str__)()}"
    return ""


def faults(page: str) -> list[str]:
    """Everything wrong with the calls of a Markdown page: blocks must be whole, text may just mention."""
    found = [fault(words) for words in calls(blocks(page))]
    found += [fault(words, whole=False) for words in calls(inline(page))]
    return [one for one in found if one]
