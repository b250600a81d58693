"""The rulebook as typed data: what the YAML of `rules/` becomes, parsed once and read by everybody.

In: nothing. Out: frozen records. Not here: reading YAML (`loader`), what a condition means (`evaluate`),
how a feature is computed (`features`). The language is described in docs/rule-language.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import Any

from engine.model import Colour, Value


class Status(str, Enum):
    """The ladder of a rule; only LIVE acts, SHADOW is evaluated and logged."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"


class Operator(str, Enum):
    """The closed list of comparisons."""

    IS = "is"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    BETWEEN = "between"
    HAS_ANY = "has_any"
    EXISTS = "exists"


class OnMissing(str, Enum):
    """What a rule does when it is unknown; strictest first: YES, REVIEW, NO."""

    YES = "yes"
    REVIEW = "review"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference `$name` to a dated parameter, used as a bound."""

    name: str


Bound = Value | Reference | tuple[Value | Reference, ...]
"""One value, a parameter, or (for in, not_in, between, has_any) a tuple of them."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One named line of `let`: a fact compared with a bound."""

    name: str
    feature: str
    operator: Operator
    bound: Bound


@dataclass(frozen=True, slots=True)
class Name:
    """A reference in `when` to a line of `let`."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    part: Tree


@dataclass(frozen=True, slots=True)
class All:
    """Conjunction of two or more parts."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least `least` of the parts; `or` is Some(1, ...), `2 of [a, b, c]` is Some(2, ...)."""

    least: int
    parts: tuple[Tree, ...]


Tree = Name | Not | All | Some


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the files: for messages that name file, line and column (from 1)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class FlagEffect:
    """A review flag: how long it lives and the exculpatory checks that hold it back (ruling 26)."""

    title: str
    expires: timedelta
    unless: Mapping[str, Leaf]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Exactly one effect is set: colour, points, conclude or flag.

    `version` is the digest (12 hex) of the rule's meaning: everything but title, advice, basis and tests.
    `layer` is 0 for rules that read no concluded fact, else one more than the highest layer they read from.
    `matter_rule`: reads only action and process facts, so it is also judged on a matter at `as_of`.
    """

    id: str
    title: str
    status: Status
    let: Mapping[str, Leaf]
    when: Tree
    colour: Colour | None = None
    points: int | None = None
    conclude: str | None = None
    flag: FlagEffect | None = None
    on_missing: Mapping[str, OnMissing] = field(default_factory=dict)
    because: str = ""
    advice: str = ""
    basis: str = ""
    handback: bool = False
    version: str = ""
    layer: int = 0
    matter_rule: bool = False
    process_rule: bool = False
    when_text: str = ""
    tests: tuple[Mapping[str, Any], ...] = ()
    test_places: tuple[Place, ...] = ()
    place: Place = Place()

    @property
    def reads(self) -> frozenset[str]:
        """Names of the facts that its `let` compares (not those of `unless`)."""
        return frozenset(leaf.feature for leaf in self.let.values())

    @property
    def asks(self) -> frozenset[str]:
        """Names of all facts that decide what it does: those it reads and those of `unless`."""
        unless = self.flag.unless.values() if self.flag is not None else ()
        return self.reads | {leaf.feature for leaf in unless}


@dataclass(frozen=True, slots=True)
class Never:
    """An invariant: while its condition is surely true the colour is never one of `colours`."""

    id: str
    title: str
    let: Mapping[str, Leaf]
    when: Tree
    colours: tuple[Colour, ...]
    when_text: str = ""
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Stated:
    """What an author knows of the facts: whenever `when` is surely true (None: always), `then` is surely true. Only proofs read it."""

    id: str
    title: str
    let: Mapping[str, Leaf]
    when: Tree | None
    then: Tree
    place: Place = Place()


class FeatureKind(str, Enum):
    """How a fact is made (docs/rule-language.md, chapter Facts)."""

    FIELD = "field"
    WORDS = "words"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    ACTIONS = "actions"
    PROCESS = "process"
    CONCLUDED = "concluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """The one definition of a fact.

    FIELD: `of` is a field of Incident or Sighting. WORDS: `of` is a word list. COUNT: incidents.
    COUNT_DISTINCT: `of` is kind, person, place, topic or matter. ACTIONS: count of actions of the matter.
    PROCESS: `of` is a name of the closed list in docs/rule-language.md. CONCLUDED: made by rules, never in features.yaml.
    `same`: matter, caller, place, pair or hotspot. `where`: column or base fact -> allowed values.
    `by`: occurred_at or closed_at, by which a record itself is never among those counted. `unit`: how a message prints it (fen, seconds, or none). `mutable`: whether `explain --nearest` may change it.
    """

    name: str
    title: str
    kind: FeatureKind
    of: str = ""
    same: str = ""
    within: timedelta | None = None
    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    including_this: bool = True
    by: str = "occurred_at"
    unit: str = ""
    type: str = "int"
    place: Place = Place()
    mutable: bool = True


@dataclass(frozen=True, slots=True)
class WordEntry:
    """A literal (or RE2 pattern) with its context: distances are characters of the masked text.

    It matches unless one of `not_after` ends within `distance` before it, one of `not_before` starts within
    `distance` after it, or one of `unless_near` stands within `distance` on either side; with `only_near` one of
    those must stand within `distance`.
    """

    text: str
    pattern: bool = False
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    unless_near: tuple[str, ...] = ()
    only_near: tuple[str, ...] = ()
    distance: int = 6


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts that a list is to find and texts that it is not to find, and from which score on a stretch of text is found (chapter 6)."""

    like: tuple[str, ...]
    unlike: tuple[str, ...]
    at_least: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A test beside a word list: a text that the list must find, or must not find."""

    text: str
    found: bool
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class WordList:
    """A named list, by entries or by examples; any entry that matches, or likeness to the examples, makes the word fact true.

    Its tests are no part of what it means.
    """

    name: str
    title: str
    entries: tuple[WordEntry, ...]
    place: Place = Place()
    examples: Examples | None = None
    tests: tuple[Sentence, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value in force from a day on (Asia/Shanghai calendar day of the record's occurred_at)."""

    start: date
    value: Value
    source: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named, dated threshold; before its first value the first value holds."""

    name: str
    title: str
    values: tuple[DatedValue, ...]
    unit: str = ""
    place: Place = Place()

    def at(self, day: date) -> Value:
        """The value in force on a day."""
        held = self.values[0]
        for dated in self.values:
            if dated.start <= day:
                held = dated
        return held.value


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in `rules/`: a stable code, the place, what is wrong in Chinese and English, a hint; `of` names the rule or fact it stands in."""

    code: str
    place: Place
    message: str
    english: str = ""
    hint: str = ""
    of: str = ""

    def __str__(self) -> str:
        english = f" / {self.english}" if self.english else ""
        hint = f"（建议：{self.hint}）" if self.hint else ""
        told = re.split(r"[^\w.-]+", self.message, flags=re.ASCII)
        of = f"{self.of}：" if self.of and self.of not in told else ""
        return f"{self.place} [{self.code}] {of}{self.message}{hint}{english}"


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """Every file of `rules/` together, typed; `digest` is over the bytes of all files and is its version.

    `documents` holds the other files as plain data by their top-level key: routes, deadlines, calendar, categories, topics,
    gazetteer, labels, causes, settings. `mappings` are a supplier's columns and codes by kind (plain data, read by normalise).
    `stated` and `rising` are for proofs alone: what authors know of facts, and the facts in which the colour never falls.
    """

    digest: str
    files: Mapping[str, bytes]
    rules: tuple[Rule, ...] = ()
    nevers: tuple[Never, ...] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)
    words: Mapping[str, WordList] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    stated: tuple[Stated, ...] = ()
    rising: Mapping[str, Place] = field(default_factory=dict)
