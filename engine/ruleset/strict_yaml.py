"""One YAML file, read strictly: what is allowed is small, and every fault has a place.

In: a file's name and bytes. Out: plain values, the place of every path in them, and faults.
YAML 1.2, UTF-8, at most 256 KiB, depth 20, 20,000 nodes; no aliases, anchors, tags, duplicate keys, several documents
directives or floating point; whole numbers have 64 bits (PROMISES, attack table). Not here: which keys mean what (`shapes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice, pairwise
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    StreamEndEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from engine.errors import yaml_fault
from engine.ruleset.faults import fault
from engine.ruleset.tree import Fault, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000
Path = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?(?:\d{1,19}|0x[0-9a-fA-F]{1,16}|0o[0-7]{1,21})", re.ASCII)
_BOUND = 2**63
_HALF = re.compile("[\ud800-\udfff]")
_HEAD = re.compile(r"(?:  )?[^\s#]")
_PREFIX = "tag:yaml.org,2002:"
_BLOCKS = ("|", ">")
_READ_OTHERWISE = re.compile("[\t\x85\u2028\u2029\ufeff]|^(?:%|\\.\\.\\.)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value with the place of each path in it (the key's place for mapping members).

    `value` is None for a file that cannot be read. `spoiled`: paths whose value is a stand-in, for what is written there is already a fault.
    """

    name: str
    value: Any
    places: Mapping[Path, Place]
    faults: tuple[Fault, ...] = ()
    spoiled: frozenset[Path] = frozenset()

    def stands_in(self, path: Path) -> bool:
        """Whether a path is, or lies below, one whose fault has been told."""
        return any(path[:depth] in self.spoiled for depth in range(1, len(path) + 1))

    def place(self, path: Path) -> Place:
        """The place of a path, or of its nearest ancestor that has one."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.name, 1, 1))


def read(name: str, data: bytes) -> Document:
    """A strict reading. What cannot be read as YAML has no value; a bad number or a key written twice spoils only its own place."""
    start = Place(name, 1, 1)
    if len(data) > MAX_BYTES:
        return Document(name, None, {}, (fault("Y002", start, size=len(data), limit=MAX_BYTES),))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        return Document(name, None, {}, (fault("Y001", Place(name, line, 1)),))
    try:
        events: list[Event] = []
        scanned = tuple(_scan(name, text, events))
        if scanned:
            return Document(name, None, {}, scanned)
        node = _composed(events)
    except (YAMLError, ValueError, RecursionError) as problem:
        return Document(name, None, {}, tuple(_in_entries(name, text)) or (_syntax(name, problem),))
    if node is None:
        return Document(name, {}, {})
    builder = _Builder(name)
    value = builder.build(node, ())
    whole = {} if value is None else value  # a file that only says `~` is as empty as an empty one
    return Document(name, whole, builder.places, tuple(builder.faults), frozenset(builder.spoiled))


def _in_entries(name: str, text: str) -> Iterator[Fault]:
    """The entries that are no YAML by themselves: a quote that does not close is noticed at the next one, far below, in another rule."""
    lines = text.splitlines()
    begins = [at for at, line in enumerate(lines) if _HEAD.match(line)]
    for begin, end in pairwise([*begins, len(lines)]):
        if not lines[begin].startswith(" "):
            continue
        try:
            for _ in YAML(typ="safe", pure=True).parse("\n".join(lines[begin:end]) + "\n"):
                pass
        except (YAMLError, ValueError, RecursionError) as problem:
            yield _syntax(name, problem, lines=range(begin, end))


def _syntax(name: str, problem: Exception, *, lines: range = range(0)) -> Fault:
    """What is wrong, and where; of what is only missed at the end of these lines, where it began."""
    mark = problem.problem_mark if isinstance(problem, MarkedYAMLError) else None
    if lines and isinstance(problem, MarkedYAMLError) and mark and mark.line >= len(lines):
        mark = problem.context_mark or mark
    place = Place(name, lines.start + mark.line + 1, mark.column + 1) if mark else Place(name, lines.start + 1, 1)
    why = (
        problem.problem
        if isinstance(problem, MarkedYAMLError)
        else str(problem).splitlines()[0]
        if str(problem)
        else ""
    )
    return fault("Y003", place, why=yaml_fault(str(why or "")))


def _composed(events: Iterable[Event]) -> Node | None:
    """The nodes of events that were looked at: a file is parsed once, and what a plain scalar is stays for ruamel to say."""
    resolver = YAML(typ="safe", pure=True).resolver
    kind = cache(partial(resolver.resolve, ScalarNode))
    coming = (event for event in events if isinstance(event, (NodeEvent, CollectionEndEvent)))

    def node(event: Event) -> Node:
        if isinstance(event, ScalarEvent):
            return ScalarNode(kind(event.value, event.implicit), event.value, event.start_mark, event.end_mark)
        held: list[Node] = []
        while not isinstance(inner := next(coming), CollectionEndEvent):
            held.append(node(inner))
        if isinstance(event, MappingStartEvent):
            pairs = list(zip(held[::2], held[1::2], strict=True))
            return MappingNode(resolver.DEFAULT_MAPPING_TAG, pairs, event.start_mark, inner.end_mark)
        return SequenceNode(resolver.DEFAULT_SEQUENCE_TAG, held, event.start_mark, inner.end_mark)

    first = next(coming, None)
    return None if first is None else node(first)


def _scan(name: str, text: str, events: list[Event]) -> list[Fault]:
    """A look at the events before anything is built, noting them: bombs never get as far as memory."""
    depth = nodes = documents = 0
    for event in _events(text):
        events.append(event)
        documents += isinstance(event, DocumentStartEvent)
        if documents > 1:
            return [_at(event, name, "Y009")]
        if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
            return [_at(event, name, "Y011")]
        if _anchored(event):
            return [_at(event, name, "Y004")]
        if _tagged(event):
            return [_at(event, name, "Y005")]
        depth += _deeper(event)
        nodes += isinstance(event, NodeEvent)
        if depth > MAX_DEPTH:
            return [_at(event, name, "Y006", limit=MAX_DEPTH)]
        if nodes > MAX_NODES:
            return [_at(event, name, "Y007", limit=MAX_NODES)]
    return []


def _at(event: Event, name: str, code: str, **words: int) -> Fault:
    return fault(code, _place(name, event), **words)


def _place(name: str, what: Event | Node) -> Place:
    """Where an event or a node begins."""
    return Place(name, what.start_mark.line + 1, what.start_mark.column + 1)


def _events(text: str) -> Iterable[Event]:
    """What stands in a text: said by libyaml where it is known to say the same, fifteen times as fast; else by the YAML 1.2 of ruamel.

    libyaml knows YAML 1.1: other line ends, other tabs, other directives, another place of what is empty. What it refuses is read again,
    for the words of a fault are ruamel's.
    """
    if not _READ_OTHERWISE.search(text):
        try:
            events = list(islice(_plain(CParser(text)), 3 * MAX_NODES))
        except (YAMLError, ValueError):
            events = []
        if events and isinstance(events[-1], StreamEndEvent):
            return events
    parsed: Iterable[Event] = YAML(typ="safe", pure=True).parse(text)
    return parsed


def _plain(parser: CParser) -> Iterator[Event]:
    """Its events up to the first that ruamel might read otherwise: an alias, an anchor, a tag, a block of text, a scalar that is empty.

    And no deeper than is allowed: the cost of libyaml grows with the square of the depth.
    """
    depth = 0
    while depth <= MAX_DEPTH and parser.check_event():
        event: Event = parser.get_event()
        depth += _deeper(event)
        if _anchored(event) or _tagged(event):
            return
        if isinstance(event, ScalarEvent) and (event.style in _BLOCKS or not (event.value or event.style)):
            return
        yield event


def _deeper(event: Event) -> int:
    """One for what begins a list or a mapping, one less for what ends it."""
    return isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)


def _anchored(event: Event) -> bool:
    return isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and bool(event.anchor))


def _tagged(event: object) -> bool:
    return isinstance(event, (ScalarEvent, CollectionStartEvent)) and event.ctag is not None


class _Builder:
    """Nodes to plain values, noting places and faults."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[Path, Place] = {}
        self.faults: list[Fault] = []
        self.spoiled: set[Path] = set()

    def _place(self, node: Node) -> Place:
        return _place(self.name, node)

    def build(self, node: Node, path: Path, *, start: int = 0) -> Any:
        """The value of a node; the items of a list are numbered from `start`."""
        self.places.setdefault(path, self._place(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value, start)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in built:
                self.faults.append(fault("Y008", self._place(key_node), key=key))
                self._again(value_node, (*path, key), built[key])
                continue
            self.places.setdefault((*path, key), self._place(key_node))
            built[key] = self.build(value_node, (*path, key))
        return built

    def _again(self, node: Node, path: Path, held: Any) -> None:
        """What stands below a key written twice is read too, so that its names are known and its own faults told."""
        more = self.build(node, path, start=len(held) if isinstance(held, list) else 0)
        if isinstance(held, dict) and isinstance(more, dict):
            held.update({key: value for key, value in more.items() if key not in held})
        elif isinstance(held, list) and isinstance(more, list):
            held.extend(more)

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        kind = str(node.tag).removeprefix(_PREFIX)
        text = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            return self._integer(node, text, path)
        if kind == "float":
            self._spoil("Y010", node, path, text=text)
            return _whole(text)
        if not text.isascii() and _HALF.search(text):
            self._spoil("Y013", node, path)
            return _HALF.sub("\ufffd", text)
        return text

    def _spoil(self, code: str, node: Node, path: Path, **words: object) -> None:
        self.faults.append(fault(code, self._place(node), **words))
        self.spoiled.add(path)

    def _integer(self, node: Node, text: str, path: Path) -> int:
        """A whole number of YAML 1.2 in 64 bits; other spellings, which YAML 1.1 reads as numbers, are a fault."""
        plain = text.replace("_", "")
        if _INTEGER.fullmatch(plain):
            value = int(plain, 0 if plain.lstrip("+-")[:2] in ("0x", "0o") else 10)
            if abs(value) < _BOUND:
                return value
        self._spoil("Y012", node, path, text=text[:40])
        return 0


def _whole(text: str) -> int:
    """The whole number that stands in for one with a fraction while the rest of its file is looked at."""
    try:
        return int(float(text))
    except (ValueError, OverflowError):  # .inf and .nan
        return 0
