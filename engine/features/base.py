"""Facts of one record alone: its fields and its words.

In: an incident and its sighting. Out: a FeatureSet without windows. A value that is not there is *unknown* where the record's source
carries the column and *absent* where it does not (ruling 12). Not here: windows (`live`, `columns`), what words mean (`words`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.features.definitions import Definitions
from engine.features.words import Span, WordMatcher
from engine.model import FeatureSet, Incident, Sighting, Value, digest
from engine.ruleset.tree import Feature, Rulebook

_Reader = Callable[[Incident, Sighting], Value | None]
_BROKEN = frozenset("\ufffd?")
"""What stands where a character was lost: the replacement character, and the question mark that encoders write instead."""
_NO_CHARACTER = frozenset({"Cc", "Cn", "Co", "Cs"})


class BaseFacts:
    """The base facts of one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        definitions = Definitions.of(rulebook)
        self._fields = tuple((f.name, *_FIELDS[f.of]) for f in definitions.fields)
        self._named = _by_list(definitions.words)
        self._quiet: dict[str, Value | None] = {f.name: False for f in definitions.words}
        self._asked = definitions.marks
        self._matcher = WordMatcher(rulebook)

    def of(self, incident: Incident, sighting: Sighting) -> FeatureSet:
        """Field and word facts of a record."""
        values, spans = self._worded(incident.text)
        absent = []
        declared = incident.declared
        for name, read, carriers in self._fields:
            value = read(incident, sighting)
            if value is None and carriers.isdisjoint(declared) and carriers:
                absent.append(name)
            else:
                values[name] = value
        return FeatureSet(values, {}, spans, tuple(absent))

    def of_text(self, text: str) -> FeatureSet:
        """Word facts of a text that has nothing else; every field is absent (ruling 13)."""
        values, spans = self._worded(text)
        return FeatureSet(values, {}, spans, tuple(name for name, *_ in self._fields))

    def marks(self, features: FeatureSet) -> frozenset[str]:
        """The true base facts that some window's `where` asks for."""
        values = features.values
        return frozenset([name for name in self._asked if values.get(name) is True])

    def _worded(self, text: str) -> tuple[dict[str, Value | None], dict[str, tuple[str, ...]]]:
        values = dict(self._quiet)
        spans: dict[str, tuple[str, ...]] = {}
        for name, found in self._matcher.spans(text).items():
            for fact in self._named.get(name, ()):
                values[fact] = True
                spans[fact] = tuple(dict.fromkeys(_joined(text, found)))
        return values, spans


def made_by(rulebook: Rulebook) -> str:
    """Digest of all that base facts and marks are made by: equal ones make the same of a record."""
    return digest([facts_by(rulebook), list(marked(rulebook))])


def facts_by(rulebook: Rulebook) -> str:
    """Digest of all that base facts alone are made by; what the first releases noted as their maker."""
    definitions = Definitions.of(rulebook)
    facts = [[feature.name, feature.kind.value, feature.of] for feature in (*definitions.fields, *definitions.words)]
    return digest(
        [facts, [[words.name, repr(words.entries), repr(words.examples)] for words in rulebook.words.values()]]
    )


def marked(rulebook: Rulebook) -> tuple[str, ...]:
    """The base facts that are kept as marks where they are true, in order: windows can count by these and no other."""
    return tuple(sorted(Definitions.of(rulebook).marks))


def _by_list(features: Iterable[Feature]) -> dict[str, tuple[str, ...]]:
    """The facts that read each word list."""
    facts: dict[str, tuple[str, ...]] = {}
    for feature in features:
        facts[feature.of] = (*facts.get(feature.of, ()), feature.name)
    return facts


def _length(*texts: str) -> int | None:
    """Characters without white space; a blank text has no length."""
    return sum(len(part) for text in texts for part in text.split()) or None


def _unreadable(text: str) -> bool:
    """Whether most characters are lost ones or no characters at all."""
    if text.isprintable() and _BROKEN.isdisjoint(text):
        return False
    shown = [char for char in text if not char.isspace()]
    broken = sum(char in _BROKEN or unicodedata.category(char) in _NO_CHARACTER for char in shown)
    return 2 * broken > len(shown)


def _reply_in_time(incident: Incident) -> bool | None:
    if incident.replied_at is None or incident.reply_due_at is None:
        return None
    return incident.replied_at <= incident.reply_due_at


_ALWAYS: frozenset[str] = frozenset()
"""Carriers of a field that every record has: where it has no value it is unknown."""

_FIELDS: Mapping[str, tuple[_Reader, frozenset[str]]] = {
    "kind": (lambda incident, _: incident.kind, _ALWAYS),
    "source": (lambda incident, _: incident.source, _ALWAYS),
    "area": (lambda _, sighting: sighting.area or None, frozenset({"area"})),
    "topic": (lambda _, sighting: sighting.topic, _ALWAYS),
    "category": (lambda incident, _: incident.category, frozenset({"category"})),
    "cause": (lambda incident, _: incident.cause.value, _ALWAYS),
    "title_length": (lambda incident, _: _length(incident.title), frozenset({"title"})),
    "text_length": (
        lambda incident, _: _length(incident.title, incident.narrative),
        frozenset({"title", "narrative"}),
    ),
    "anonymous": (lambda incident, _: incident.anonymous, _ALWAYS),
    "visit": (lambda incident, _: incident.visit, frozenset({"visit"})),
    "weapon": (lambda incident, _: incident.weapon, frozenset({"weapon"})),
    "injury": (lambda incident, _: incident.injury, frozenset({"injury"})),
    "heads": (lambda incident, _: incident.heads, frozenset({"heads"})),
    "people": (lambda incident, _: incident.people, frozenset({"people"})),
    "amount": (lambda incident, _: incident.amount, frozenset({"amount"})),
    "stated_repeats": (lambda incident, _: incident.stated_repeats, frozenset({"stated_repeats"})),
    "returns": (lambda incident, _: incident.returns, frozenset({"returns"})),
    "status": (lambda incident, _: incident.status, frozenset({"status"})),
    "confidential": (lambda incident, _: incident.confidential, _ALWAYS),
    "unreadable": (lambda incident, _: _unreadable(incident.text), _ALWAYS),
    "reply_in_time": (lambda incident, _: _reply_in_time(incident), frozenset({"replied_at", "reply_due_at"})),
}


def _joined(text: str, spans: Iterable[Span]) -> Iterator[str]:
    """What spans cover, each stretch of the text once: overlapping ones tell of the same words."""
    start = end = 0
    for span in sorted(spans, key=lambda s: s.start):
        if span.start < end:
            end = max(end, span.end)
            continue
        if end > start:
            yield text[start:end].strip()
        start, end = span.start, span.end
    if end > start:
        yield text[start:end].strip()
