"""One mistake at a time in a copy of the rulebook: who names it, whether it is proved to do nothing, or that it got away.

In: a folder of rules, drawn mistakes. Out: a `Verdict` for each, and its words. Not here: drawing (`draw`), printing the sums (`__main__`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import harmless
from tests.faults.catch import LOOKS, Watch
from tests.faults.caught import Message, exact, names_it
from tests.faults.draw import Fault
from tests.faults.reading import Reading, parsed_once

_WIDE = 150


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a mistake. `caught`: the messages that name it, of the first that has any; `also`: what was said and does not name it."""

    fault: Fault
    caught: tuple[Message, ...] = ()
    harmless: str = ""
    also: tuple[Message, ...] = field(default=())

    @property
    def escaped(self) -> bool:
        return not self.caught and not self.harmless

    @property
    def at_line(self) -> bool:
        """Whether a message is at the very line of the mistake."""
        return any(exact(self.fault.edit, message) for message in self.caught)


def verdicts(rules: Path, faults: Iterable[Fault]) -> Iterator[Verdict]:
    """Each mistake by itself in a fresh copy of the folder."""
    with parsed_once(), tempfile.TemporaryDirectory() as spare:
        sound = Reading.of(rules)
        watch = Watch(sound)
        for fault in faults:
            folder = Path(spare) / "rules"
            shutil.copytree(rules, folder)
            fault.edit.put_into(folder)
            yield _verdict(fault, sound, Reading.of(folder), watch)
            shutil.rmtree(folder)


def _verdict(fault: Fault, sound: Reading, spoilt: Reading, watch: Watch) -> Verdict:
    """The first that names it, from the quickest to the slowest."""
    also: list[Message] = []
    for name in LOOKS:
        new = watch.new(name, spoilt)
        named = names_it(fault.edit, spoilt.book, new)
        if named:
            return Verdict(fault, tuple(named))
        also += new
    return Verdict(fault, harmless=harmless.proof(sound, spoilt), also=tuple(also))


def in_words(verdict: Verdict) -> str:
    """A mistake with all that is needed to make it again, and what came of it."""
    fault, edit = verdict.fault, verdict.fault.edit
    lines = [f"{fault.number:>3} {fault.mistake} / {edit.kind}  {edit.file}:{edit.line} {edit.of}"]
    lines += [f"      - {line.strip()[:_WIDE]}" for line in _apart(edit.old, edit.new)]
    lines += [f"      + {line.strip()[:_WIDE]}" for line in _apart(edit.new, edit.old)]
    if verdict.caught:
        first = verdict.caught[0]
        more = f"（另有 {len(verdict.caught) - 1} 条）" if len(verdict.caught) > 1 else ""
        lines.append(f"      {first.by}：{first.text}{more}")
    elif verdict.harmless:
        lines.append(f"      无害：{verdict.harmless}")
    else:
        lines.append("      没有发现")
        lines += [f"      说了、但没有指明：{message.by} {message.text}" for message in verdict.also[:3]]
    return "\n".join(lines)


def _apart(lines: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    """The lines that only one side has, the first few of them, each from where it differs."""
    apart = [line for line in lines if line not in others][:4]
    if len(lines) == len(others) == 1:
        return [_from_difference(lines[0], others[0])]
    return apart


def _from_difference(line: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(line, other, strict=False)) if a != b), 0)
    return line if at < _WIDE - 30 else f"…{line[at - 40 :]}"
