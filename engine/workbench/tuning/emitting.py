"""Emitting: a choice of numbers as an edit of `rules/`, and what it fails before anybody may be offered it.

In: files of rules, tried numbers, their values, the day from which they are to hold. Out: changed files, findings of the gate. Not here: publishing
(`engine.desk.publishing`), the gate itself (`engine.workbench.gate`).

A parameter gets one more dated value and keeps the old ones; a number in a line is written over. Nothing else of a file is touched: comments and layout stay.
What is offered loads again, reads the chosen numbers back, and passes lint, tests and invariants; a parameter's new number also keeps the invariants in the
tests beside the rules if it had always held. One thing is left to people: what should come of the edges of a new number (`L113`) only they can say, so those
tests are asked for and not made up. Tests that would come out otherwise if the number had always held are told, too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.workbench.gate import Candidate, invariant, tested
from engine.workbench.linting.lint import lint
from engine.workbench.tuning.plan import Knob, references

SOURCE = "试算所得，待中心开会认定后写明出处"
"""What stands as the source of a number until people have decided."""
EDGE = "L113"
"""The finding that a bound has no test just at it and just beside it."""
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Edit:
    """A choice as files. `fails`: (part of the gate, finding); `wants`: edges of the new numbers that people have to write tests for.

    `pinned`: tests beside the rules that would come out otherwise if the numbers had always held.
    """

    files: Files
    diff: str
    fails: tuple[tuple[str, str], ...]
    wants: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()


def edit(rulebook: Rulebook, tried: Sequence[Knob], values: Sequence[int], since: date) -> Edit:
    """The edit that makes a choice true from a day on, tried at the gate."""
    changed = [(knob, value) for knob, value in zip(tried, values, strict=True) if value != knob.now]
    files = _written(rulebook, changed, since)
    diff = _diff(rulebook.files, files)
    asking = _asking(rulebook, [knob for knob, _ in changed])
    faults = lint(files)
    wants = tuple(str(fault) for fault in faults if fault.code == EDGE and fault.of in asking)
    fails = [("lint", str(fault)) for fault in faults if fault.code != EDGE or fault.of not in asking]
    if fails:
        return Edit(files, diff, tuple(fails), wants)
    fails = [*_read_back(loader.load(files), changed, since), *_failing(files)]
    always = _written(rulebook, changed, None)
    fails += [("never", said) for said in invariant(Candidate(always))] if always != files else []
    pinned = tuple(tested(Candidate(always))) if not fails and always != files else ()
    return Edit(files, diff, tuple(fails), wants, pinned)


def _asking(rulebook: Rulebook, changed: Sequence[Knob]) -> frozenset[str]:
    """Rules with a line that is held against a changed number."""
    names = {knob.name for knob in changed if not knob.rule}
    reading = (
        rule.id for rule in rulebook.rules for leaf in rule.let.values() if names.intersection(references(leaf.bound))
    )
    return frozenset(reading) | {knob.rule for knob in changed if knob.rule}


def _failing(files: Files) -> Iterator[tuple[str, str]]:
    candidate = Candidate(files)
    yield from (("test", said) for said in tested(candidate))
    yield from (("never", said) for said in invariant(candidate))


def _read_back(held: Rulebook, changed: Sequence[tuple[Knob, int]], since: date) -> Iterator[tuple[str, str]]:
    rules = {rule.id: rule for rule in held.rules}
    for knob, value in changed:
        got = rules[knob.rule].let[knob.line].bound if knob.rule else held.parameters[knob.name].at(since)
        if got != value:
            yield "load", f"{knob.name} 写回以后读出来是 {got}，不是 {value}：规则文件里已有日期更晚的数"


def _written(rulebook: Rulebook, changed: Sequence[tuple[Knob, int]], since: date | None) -> dict[str, bytes]:
    """The files with each number in its place; without a day it stands in for the number of today, as if it had always held."""
    files = dict(rulebook.files)
    rules = {rule.id: rule for rule in rulebook.rules}
    for knob, value in changed:
        name = rules[knob.rule].place.file if knob.rule else rulebook.parameters[knob.name].place.file
        text = files[name].decode("utf-8-sig")
        marked = "\N{ZERO WIDTH NO-BREAK SPACE}" if files[name].startswith(b"\xef\xbb\xbf") else ""
        made = _in_line(text, knob, value) if knob.rule else _dated(text, knob, value, since)
        files[name] = (marked + made).encode()
    return files


def _in_line(text: str, knob: Knob, value: int) -> str:
    rules = _below(_root(text), "rules")
    rule = next(item for item in rules.value if _text(_below(item, "id")) == knob.rule)
    leaf = _below(rule, "let", knob.line)
    bound = next(node for key, node in leaf.value if key.value != "feature")
    return _replaced(text, bound, value)


def _dated(text: str, knob: Knob, value: int, since: date | None) -> str:
    values = _below(_root(text), "parameters", knob.name, "values")
    assert isinstance(values, SequenceNode)
    last = values.value[-1]
    if since is None:
        for item in reversed(values.value):
            text = _replaced(text, _below(item, "value"), value)
        return text
    if _text(_below(last, "from")) == since.isoformat():
        return _replaced(text, _below(last, "value"), value)
    entry = f"{{from: {since.isoformat()}, value: {value}, source: {SOURCE}}}"
    if values.flow_style:
        at = last.end_mark.index
        return f"{text[:at]}, {entry}{text[at:]}"
    end = text.find("\n", _ending(last).end_mark.index)
    at = len(text) if end < 0 else end
    return f"{text[:at]}\n{' ' * values.start_mark.column}- {entry}{text[at:]}"


def _replaced(text: str, node: Node, value: int) -> str:
    return f"{text[: node.start_mark.index]}{value}{text[node.end_mark.index :]}"


def _root(text: str) -> Node:
    root: Node = YAML(typ="safe", pure=True).compose(text)
    return root


def _below(node: Node, *keys: str) -> Any:
    for key in keys:
        assert isinstance(node, MappingNode)
        node = next(value for name, value in node.value if name.value == key)
    return node


def _text(node: Node) -> str:
    assert isinstance(node, ScalarNode)
    return str(node.value)


def _ending(node: Node) -> Node:
    """The last scalar of a node: a block ends only where the next thing begins. What is closed by a bracket ends there."""
    if isinstance(node, MappingNode) and not node.flow_style:
        return _ending(node.value[-1][1])
    return node


def _diff(before: Files, after: Files) -> str:
    lines: list[str] = []
    for name in sorted(after):
        if before[name] != after[name]:
            one, other = (files[name].decode("utf-8-sig").splitlines(keepends=False) for files in (before, after))
            lines += difflib.unified_diff(one, other, f"rules/{name}", f"rules/{name}", lineterm="", n=1)
    return "\n".join(lines)
