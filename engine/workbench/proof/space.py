"""Space: facts of one incident as unknowns of a solver, and all that is known of them before any rule is read.

In: rulebooks. Out: facts by name, what holds of them, what a plain incident would have, a FeatureSet of a model. Not here: conditions (`encoding`), asking (`solving`).

An unknown stands for what a fact is made of, not for its name: of two rulebooks, equal definitions are one unknown. A word list is true or false, whatever the
text; counts are whole numbers that hold to each other as their windows do (`relations`); a field is known, unknown or absent as `cases` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise, permutations

import z3

from engine.evaluate.plan import Scope
from engine.model import Cause, FeatureSet, Value
from engine.ruleset.tree import Bound, Feature, FeatureKind, Parameter, Reference, Rulebook, WordList
from engine.workbench.cases import ALWAYS, NEVER_ABSENT
from engine.workbench.proof import relations
from engine.workbench.proof.formulas import Formula, both, either, implies, opposite

Key = tuple[object, ...]
OTHER = "（别的）"
"""A code that no rule names."""
_COUNTS = (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT, FeatureKind.ACTIONS)
_SCOPED = {
    Scope.RECORD: frozenset(FeatureKind) - {FeatureKind.PROCESS},
    Scope.MATTER: frozenset({FeatureKind.ACTIONS, FeatureKind.PROCESS}),
}
LENGTHS = ("text_length", "title_length")
PLAIN_LENGTH = 40
_FEW = 400
"""Up to here every number is asked for where counts are held to each other by one more or less."""
_HIDDEN = ("counts", "has_place", "has_identity")
"""What windows ask of the record itself that is no fact: whether it counts, whether it has a place and an ID number."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact: known with a value, unknown, or neither, which is absent.

    `steps`: of a number, that it is at least so much, for every number that anything asks of; `lowest`: what it is in any case. `members`: the codes it has,
    of a list any, of a code one. Everything is a plain truth, for a solver is many times quicker with truths than with numbers.
    """

    type: str
    known: Formula
    unknown: Formula
    truth: Formula = False
    steps: Mapping[int, Formula] = field(default_factory=dict)
    lowest: int = 0
    members: Mapping[str, Formula] = field(default_factory=dict)

    @property
    def absent(self) -> Formula:
        """Whether the source does not carry it."""
        return both((opposite(self.known), opposite(self.unknown)))

    def at_least(self, number: int) -> Formula:
        """Whether a number is at least so much; raises KeyError for one that nothing was said to ask of."""
        return True if number <= self.lowest else self.steps[number]

    def among(self, values: Iterable[object]) -> Formula:
        """Whether a number or a code is one of these."""
        if self.type == "code":
            return either(self.members[value] for value in values if isinstance(value, str) and value in self.members)
        numbers = [value for value in values if type(value) is int]
        return either(both((self.at_least(one), opposite(self.at_least(one + 1)))) for one in numbers)


ABSENT = Fact("bool", known=False, unknown=False)


def key_of(feature: Feature, rulebook: Rulebook) -> Key:
    """What a fact is made of."""
    if feature.kind is FeatureKind.FIELD:
        return ("field", feature.of, feature.type)
    if feature.kind is FeatureKind.WORDS:
        words = rulebook.words[feature.of]
        return ("words", words.entries, words.examples)
    if feature.kind is FeatureKind.PROCESS:
        return ("process", feature.of)
    where = tuple(sorted((key, *map(str, values)) for key, values in feature.where.items()))
    return (feature.kind.value, feature.of, feature.same, feature.within, where, feature.including_this, feature.by)


class Space:
    """The facts of one incident under one rulebook or several. `shared`: unknowns of another incident that are this one's as well; what holds of each alone is told of that one."""

    def __init__(
        self, rulebooks: Sequence[Rulebook], scope: Scope, *, tag: str = "", shared: Mapping[Key, Fact] | None = None
    ) -> None:
        self.scope = scope
        self._rulebooks, self._tag = rulebooks, tag
        self._codes = _codes(rulebooks)
        self._shared = shared or {}
        self.unknowns: dict[Key, Fact] = dict(self._shared)
        self._features: dict[Key, Feature] = {}
        for rulebook in rulebooks:
            for feature in rulebook.features.values():
                if feature.kind in _SCOPED[scope] and feature.kind is not FeatureKind.CONCLUDED:
                    self._features.setdefault(key_of(feature, rulebook), feature)
        self._ordered = self._orders()
        self._steps = self._asked()
        for key, feature in self._features.items():
            self._unknown(key, feature)
        self.domain = [rule for rule in self._domain() if rule is not True]

    def facts(self, rulebook: Rulebook) -> dict[str, Fact]:
        """The facts of a rulebook by name; those that this scope does not make are absent."""
        given = (f for f in rulebook.features.values() if f.kind is not FeatureKind.CONCLUDED)
        return {feature.name: self.unknowns.get(key_of(feature, rulebook), ABSENT) for feature in given}

    def read(self, model: z3.ModelRef, rulebook: Rulebook) -> FeatureSet:
        """The facts of a model as the engine takes them."""
        values: dict[str, Value | None] = {}
        absent = []
        for name, fact in self.facts(rulebook).items():
            if holds(model, fact.known):
                values[name] = value_of(model, fact)
            elif holds(model, fact.unknown):
                values[name] = None
            elif fact is not ABSENT:
                absent.append(name)
        return FeatureSet(values, absent=tuple(absent))

    def wishes(self) -> Iterator[tuple[Key, Formula]]:
        """What a plain incident has: nothing said, nothing counted but itself."""
        for key, feature in self._features.items():
            yield key, self._plain(feature, self.unknowns[key])
        for name in _HIDDEN:
            if ("hidden", name) in self.unknowns:
                yield ("hidden", name), self.unknowns["hidden", name].truth

    def _plain(self, feature: Feature, fact: Fact) -> Formula:
        if feature.kind is FeatureKind.PROCESS:
            return fact.absent
        if feature.kind in _COUNTS:
            itself = feature.kind is not FeatureKind.ACTIONS and feature.including_this and feature.by == "occurred_at"
            return fact.among([1 if itself and not feature.where else 0])
        if feature.of in LENGTHS:
            return both((fact.known, fact.among([PLAIN_LENGTH])))
        if feature.kind is FeatureKind.FIELD and feature.of not in NEVER_ABSENT:
            return fact.absent
        return both((fact.known, _quiet(fact)))

    def _unknown(self, key: Key, feature: Feature) -> Fact:
        """The unknown of a fact, made when it is first asked for."""
        held = self.unknowns.get(key)
        if held is None:
            held = self.unknowns[key] = self._made(key, f"{self._tag}{len(self.unknowns)}:{feature.name}", feature)
        return held

    def _made(self, key: Key, name: str, feature: Feature) -> Fact:
        known, unknown = _states(name, feature)
        if feature.type == "bool":
            return Fact("bool", known, unknown, truth=z3.Bool(f"{name}?"))
        if feature.type == "int":
            lowest = _lowest(feature)
            asked = sorted(step for step in self._steps[key] if step > lowest)
            return Fact("int", known, unknown, steps={s: z3.Bool(f"{name}>={s}") for s in asked}, lowest=lowest)
        codes = self._codes.get(feature.of, ())
        return Fact(feature.type, known, unknown, members={code: z3.Bool(f"{name}={code}") for code in codes})

    def _field(self, of: str, type_: str = "code") -> Fact:
        """A field that windows ask of the record itself, whether it is a fact of the rulebook or not."""
        key = ("field", of, type_)
        return self._unknown(key, Feature(name=f"field {of}", title="", kind=FeatureKind.FIELD, of=of, type=type_))

    def _hidden(self, name: str) -> Formula:
        key = ("hidden", name)
        if key not in self.unknowns:
            self.unknowns[key] = Fact("bool", known=True, unknown=False, truth=z3.Bool(f"{self._tag}{name}"))
        return self.unknowns[key].truth

    def _domain(self) -> Iterator[Formula]:
        """Everything that holds of the facts of any incident."""
        if self.scope is Scope.RECORD:
            yield from self._of_itself()
            yield from self._of_lists()
        for relation in self._ordered:
            yield from self._held_to(relation)
        yield from self._of_process()
        yield from self._of_fields()
        for key, fact in self.unknowns.items():
            if key not in self._shared:
                yield from self._range(key, fact)

    def _range(self, key: Key, fact: Fact) -> Iterator[Formula]:
        """A number that is at least 5 is at least 3; a code is one code; a distinct count has a largest number."""
        steps = list(fact.steps)
        yield from (implies(fact.steps[high], fact.steps[low]) for low, high in pairwise(steps))
        if fact.type == "code":
            codes = list(fact.members.values())
            yield either(codes)
            yield from (opposite(both(pair)) for pair in combinations(codes, 2))
        feature = self._features.get(key)
        top = relations.most(feature, max(len(r.mappings) for r in self._rulebooks)) if feature else None
        above = next((step for step in steps if top is not None and step > top), None)
        if above is not None:
            yield opposite(fact.steps[above])

    def _orders(self) -> list[relations.AtMost | relations.Needs]:
        """What counts have to do with each other, each named by its number among the facts."""
        named = [replace(f, name=str(n)) for n, f in enumerate(self._features.values()) if f.kind in _COUNTS]
        return list(relations.between(named, _disputes(self._rulebooks)))

    def _asked(self) -> dict[Key, set[int]]:
        """The numbers that are asked of each fact; facts that are compared with each other are asked for the same ones."""
        asked: dict[Key, set[int]] = {key: {1, 2} for key, f in self._features.items() if f.type == "int"}
        for rulebook in self._rulebooks:
            for fact, value in _compared(rulebook):
                feature = rulebook.features[fact]
                if (
                    type(value) is int
                    and feature.kind in _SCOPED[self.scope]
                    and feature.kind is not FeatureKind.CONCLUDED
                ):
                    asked[key_of(feature, rulebook)] |= {value, value + 1}
        keys = list(self._features)
        together = [(keys[int(left)], keys[int(right)]) for left, right in map(_ends, self._ordered)]
        days = [key for key in asked if key[0] == "process"]
        lengths = [key for key in asked if key[0] == "field" and key[1] in LENGTHS]
        for key in lengths:
            asked[key] |= {PLAIN_LENGTH, PLAIN_LENGTH + 1}
        _shared(asked, [*together, *pairwise(days), *pairwise(lengths)])
        if any(isinstance(relation, relations.AtMost) and relation.slack for relation in self._ordered):
            for numbers in {id(held): held for held in asked.values()}.values():
                if max(numbers) <= _FEW:
                    numbers |= set(range(1, max(numbers) + 1))
        return asked

    def _held_to(self, relation: relations.AtMost | relations.Needs) -> Iterator[Formula]:
        keys = list(self._features)
        left, right = (self.unknowns[keys[int(name)]] for name in _ends(relation))
        if isinstance(relation, relations.Needs):
            yield implies(left.at_least(1), right.at_least(1))
            return
        for number in left.steps:
            less = number - relation.slack
            if less <= right.lowest or less in right.steps:
                yield implies(left.at_least(number), right.at_least(less))

    def _of_itself(self) -> Iterator[Formula]:
        """A record that counts and passes the lines of a window is counted in it."""
        for key, feature in list(self._features.items()):
            if feature.kind in relations.WINDOWED and feature.including_this and feature.by == "occurred_at":
                passes = [self._passes(name, allowed) for name, allowed in feature.where.items()]
                if feature.kind is FeatureKind.COUNT_DISTINCT and feature.of in ("place", "identity"):
                    passes.append(self._hidden(f"has_{feature.of}"))
                if feature.kind is FeatureKind.COUNT_DISTINCT and feature.of == "topic":
                    passes.append(self._field("topic").known)
                itself = both((self._hidden("counts"), *passes))
                yield implies(itself, self.unknowns[key].at_least(1))
                rest = self.unknowns.get((*key[:5], False, key[6]))
                if rest is not None and feature.kind is FeatureKind.COUNT:
                    yield from _one_more(self.unknowns[key], rest, itself)
        if ("hidden", "counts") in self.unknowns:
            counting = [cause.value for cause in Cause if cause.counts]
            yield implies(self._hidden("counts"), self._field("cause").among(counting))

    def _passes(self, key: str, allowed: tuple[Value, ...]) -> Formula:
        """Whether the record itself passes a line of `where`."""
        if key == "topic_is":
            topic = self._field("topic")
            return either((opposite(topic.known), topic.among(_disputes(self._rulebooks))))
        if key == "area":
            area = self._field("area")
            return either((both((area.known, area.among(allowed))), both((opposite(area.known), "" in allowed))))
        if key in ("kind", "cause", "topic"):
            fact = self._field(key)
            return both((fact.known, fact.among(allowed)))
        feature = next(r.features[key] for r in self._rulebooks if key in r.features)
        rulebook = next(r for r in self._rulebooks if key in r.features)
        fact = self._unknown(key_of(feature, rulebook), feature)
        marked = both((fact.known, fact.truth))
        return either((both((marked, True in allowed)), both((opposite(marked), False in allowed))))

    def _of_lists(self) -> Iterator[Formula]:
        """Word lists of which one cannot match without another."""
        lists = {key: key for key in self._features if key[0] == "words"}
        named = {}
        for rulebook in self._rulebooks:
            for feature in rulebook.features.values():
                if feature.kind is FeatureKind.WORDS and (key := key_of(feature, rulebook)) in lists:
                    named[id(rulebook.words[feature.of])] = (rulebook.words[feature.of], key)
        unique = {key: words for words, key in named.values()}
        keys = {f"{number}": key for number, key in enumerate(unique)}
        words_of = [_list_named(unique[key], name) for name, key in keys.items()]
        for one, other in relations.implied_lists(words_of):
            yield implies(self.unknowns[keys[one]].truth, self.unknowns[keys[other]].truth)

    def _of_process(self) -> Iterator[Formula]:
        """A matter is not dispatched, under way or ended: what is known of it goes together."""
        held = {str(key[1]): fact for key, fact in self.unknowns.items() if key[0] == "process"}
        if not held:
            return
        under_way, ended = z3.Bool(f"{self._tag}under way"), z3.Bool(f"{self._tag}ended")
        yield z3.Not(z3.And(under_way, ended))
        for name, fact in held.items():
            if name == "outcome_recorded":
                yield both((_same(fact.known, z3.Or(under_way, ended)), _same(both((fact.known, fact.truth)), ended)))
            elif name == "yellow_days":
                yield implies(fact.known, under_way)
            else:
                yield _same(fact.known, under_way)
        days = [held[name] for name in ("days_since_dispatch", "days_open") if name in held]
        for one, other in permutations(days, 2):
            yield from _not_above(one, other)
        if "yellow_days" in held and days:
            yield from (implies(held["yellow_days"].known, part) for part in _not_above(held["yellow_days"], days[0]))

    def _of_fields(self) -> Iterator[Formula]:
        """The title is part of the text; a text that cannot be read is there."""
        held = {str(key[1]): fact for key, fact in self.unknowns.items() if key[0] == "field"}
        text, title, broken = (held.get(name) for name in ("text_length", "title_length", "unreadable"))
        if text is not None and title is not None:
            yield implies(title.known, both((text.known, *_not_above(title, text))))
        if text is not None and broken is not None:
            yield implies(broken.truth, text.known)


def holds(model: z3.ModelRef, formula: Formula) -> bool:
    """Whether a formula is true in a model."""
    return formula if isinstance(formula, bool) else z3.is_true(model.eval(formula, model_completion=True))


def value_of(model: z3.ModelRef, fact: Fact) -> Value:
    """The value of a known fact in a model."""
    if fact.type == "bool":
        return holds(model, fact.truth)
    codes = tuple(sorted(code for code, truth in fact.members.items() if holds(model, truth)))
    if fact.type == "list":
        return codes
    if fact.type == "code":
        return codes[0]
    return max((step for step, truth in fact.steps.items() if holds(model, truth)), default=fact.lowest)


def _lowest(feature: Feature) -> int:
    return 1 if feature.kind is FeatureKind.FIELD and feature.of in LENGTHS else 0


def _not_above(one: Fact, other: Fact) -> Iterator[Formula]:
    """That one number is at most another; both are asked for the same ones."""
    return (implies(one.at_least(step), other.at_least(step)) for step in one.steps)


def _one_more(whole: Fact, rest: Fact, itself: Formula) -> Iterator[Formula]:
    """That a count is that of the other records, and one more if it counts the record itself."""
    for step in whole.steps:
        yield implies(both((opposite(itself), whole.at_least(step))), rest.at_least(step))
    for step in rest.steps:
        if step + 1 in whole.steps:
            yield implies(both((itself, rest.at_least(step))), whole.at_least(step + 1))


def _ends(relation: relations.AtMost | relations.Needs) -> tuple[str, str]:
    return (relation.less, relation.more) if isinstance(relation, relations.AtMost) else (relation.one, relation.other)


def _shared(asked: dict[Key, set[int]], together: Iterable[tuple[Key, Key]]) -> None:
    """The same numbers for facts that belong together, through others too."""
    for left, right in together:
        one, other = asked[left], asked[right]
        if one is not other:
            one |= other
            for key in [key for key, held in asked.items() if held is other]:
                asked[key] = one


def _states(name: str, feature: Feature) -> tuple[Formula, Formula]:
    """Whether a fact is known and whether it is unknown, as far as either is open."""
    if feature.kind is FeatureKind.PROCESS:
        return z3.Bool(f"{name} known"), False
    if feature.kind is not FeatureKind.FIELD or feature.of in ALWAYS:
        return True, False
    known = z3.Bool(f"{name} known")
    if feature.of in NEVER_ABSENT:
        return known, z3.Not(known)
    return known, z3.And(z3.Bool(f"{name} unknown"), z3.Not(known))


def _quiet(fact: Fact) -> Formula:
    """The value that says nothing."""
    if fact.type == "bool":
        return opposite(fact.truth)
    if fact.type == "list":
        return both([opposite(truth) for truth in fact.members.values()])
    if fact.type == "code":
        return fact.members.get(OTHER, True)
    return fact.among([0])


def _same(left: Formula, right: Formula) -> Formula:
    return both((implies(left, right), implies(right, left)))


def _codes(rulebooks: Sequence[Rulebook]) -> dict[str, tuple[str, ...]]:
    """The codes of each field: a closed list where there is one, else those that rules and windows name, and one that none names."""
    named: dict[str, set[str]] = {"kind": set(), "cause": set(), "topic": set(), "area": set()}
    closed: dict[str, set[str]] = {"cause": {cause.value for cause in Cause}, "kind": set(), "topic": set()}
    for rulebook in rulebooks:
        closed["kind"] |= set(rulebook.mappings)
        closed["topic"] |= set(rulebook.documents.get("topics") or ())
        for fact, value in _compared(rulebook):
            feature = rulebook.features[fact]
            if feature.kind is FeatureKind.FIELD and isinstance(value, str):
                named.setdefault(feature.of, set()).add(value)
        for feature in rulebook.features.values():
            for key in ("kind", "cause", "topic", "area"):
                named[key] |= {value for value in feature.where.get(key, ()) if isinstance(value, str)}
    return {of: tuple(sorted(closed[of] if closed.get(of) else {*codes, OTHER})) for of, codes in named.items()} | {
        feature.of: (OTHER,)
        for rulebook in rulebooks
        for feature in rulebook.features.values()
        if feature.kind is FeatureKind.FIELD and feature.of not in named
    }


def _compared(rulebook: Rulebook) -> Iterator[tuple[str, Value]]:
    """Facts with what they are compared with, on any day."""
    lines = [line for rule in rulebook.rules for line in rule.let.values()]
    lines += [line for rule in rulebook.rules if rule.flag for line in rule.flag.unless.values()]
    lines += [line for never in rulebook.nevers for line in never.let.values()]
    lines += [line for stated in rulebook.stated for line in stated.let.values()]
    for line in lines:
        yield from ((line.feature, value) for value in _values(line.bound, rulebook.parameters))


def _values(bound: Bound, parameters: Mapping[str, Parameter]) -> Iterator[Value]:
    for part in bound if isinstance(bound, tuple) else (bound,):
        if isinstance(part, Reference):
            yield from (dated.value for dated in parameters[part.name].values)
        else:
            yield part


def _disputes(rulebooks: Sequence[Rulebook]) -> frozenset[str]:
    """Topics that are disputes under every rulebook."""
    each = [
        {name for name, topic in rulebook.documents.get("topics", {}).items() if topic.get("dispute")}
        for rulebook in rulebooks
    ]
    return frozenset(set.intersection(*each))


def _list_named(words: WordList, name: str) -> WordList:
    return replace(words, name=name)
