"""Documents as tests read them: the commands a page shows, what it promises of them, and what came of running them.

In: a Markdown page. Out: commands with the lines promised; a run of all of them in one shell, in order. Blocks marked `console` are
run; a block marked with a language and a path (`yaml rules/local.yaml`) is written there (`yaml +rules/local.yaml`: added at its end); other blocks are shown to people only. Not here: which pages there are (`acceptance.test_documents`), parsing a command's options
(`tests.command_lines`).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.DOTALL | re.MULTILINE)
MARK = "@@@"


@dataclass(frozen=True, slots=True)
class Example:
    """A command of a page and the lines it promises; `…` stands for anything."""

    command: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command."""

    code: int
    output: str


def shown(page: Path) -> list[Example]:
    """Commands of a page, and files it has the reader write, in their order."""
    examples: list[Example] = []
    for language, path, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if path:
            onto = f">>{path[1:]}" if path.startswith("+") else f">{path}"
            examples.append(Example(f"cat {onto} <<'{MARK}'\n{text}{MARK}\ntrue", ()))
        elif language == "console":
            examples.extend(_typed(text))
    return examples


def _typed(block: str) -> Iterator[Example]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield Example(command, tuple(lines))


def promised(line: str) -> re.Pattern[str]:
    """What an output must hold for a promised line."""
    return re.compile(".*".join(re.escape(part.strip()) for part in line.split("…")))


def run(
    examples: Sequence[Example], folder: Path, environment: Mapping[str, str], prefix: Sequence[str] = ()
) -> list[Answer]:
    """The commands in one shell, so that `cd` and `export` hold; `prefix`: the program that starts the shell."""
    script = "\n".join(f"{one.command} 2>&1\necho {MARK}$?" for one in examples)
    ran = subprocess.run(
        [*prefix, "bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    parts = re.split(rf"{MARK}(\d+)\n", ran.stdout)
    return [Answer(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=False)]


def broken(examples: Sequence[Example], answers: Sequence[Answer]) -> list[str]:
    """What did not come as the page shows it."""
    faults = []
    for example, answer in zip(examples, answers, strict=True):
        unmet = [line for line in example.lines if not promised(line).search(answer.output)]
        if answer.code or unmet:
            faults.append(f"$ {example.command}\n退出码 {answer.code}；没有出现：{unmet}\n{answer.output}")
    return faults


def bare(**more: str) -> dict[str, str]:
    """The environment without anything of an installation that the tester may have."""
    return {**{key: value for key, value in os.environ.items() if not key.startswith("SANSE_")}, **more}
