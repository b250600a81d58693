"""Lint: everything that is wrong with a rulebook, at once.

In: rules as files. Out: faults with file, line, column, code, words and a hint. Not here: what cannot be loaded at all (`ruleset` finds it, and it is part of the
answer), what conditions show (`logic`), what tests leave open (`coverage`), proofs (later). The checks are a list of small functions, each on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.errors import RuleError, SanseError
from engine.identity.settings import Settings
from engine.model import Cause, Colour
from engine.normalise import suppliers
from engine.routing import Router
from engine.ruleset import loader
from engine.ruleset.condition import leaves
from engine.ruleset.faults import nearest
from engine.ruleset.naming import named
from engine.ruleset.tree import Fault, Feature, FeatureKind, Leaf, Place, Reference, Rule, Rulebook, Status
from engine.workbench.linting import logic, persons, slips, words
from engine.workbench.linting.codes import finding
from engine.workbench.places import Places
from engine.workbench.testing import coverage, readings
from engine.workbench.testing.examples import untested
from engine.workbench.testing.forms import wrong

_EVALUATED = (Status.LIVE, Status.SHADOW)


@dataclass(frozen=True, slots=True)
class _Book:
    """A rulebook with the places of its parts; `sound`: the rules in which no fault was found, whose conditions can be asked."""

    rulebook: Rulebook
    places: Places
    sound: tuple[Rule, ...]


def lint(files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """Every fault: what does not load, and what of the rest is wrong or dead."""
    return of_survey(loader.survey(files), files)


def of_survey(seen: loader.Survey, files: Mapping[str, bytes]) -> tuple[Fault, ...]:
    """The same of files that were looked at before."""
    places = Places(seen.documents)
    book = _Book(seen.rulebook, places, tuple(_sound(seen.rulebook, places, seen.faults)))
    checks = (*_OF_PARTS, *(_OF_WHOLE if seen.whole else ()), *(() if seen.faults else _OF_LOADED))
    found = {*(replace(fault, of="") for fault in seen.faults), *(fault for check in checks for fault in check(book))}
    found.update(_empty(seen))
    told = named(found, files)
    return tuple(sorted(told, key=lambda f: (f.place.file, f.place.line, f.place.column, f.code, f.message)))


def _empty(seen: loader.Survey) -> Iterator[Fault]:
    """Files with nothing in them: nobody keeps one, and what was lost with it is told by its absence only."""
    faulty = {fault.place.file for fault in seen.faults}
    for document in seen.documents:
        if document.value == {} and document.name not in faulty:
            yield finding("L108", Place(document.name, 1, 1), file=document.name)


def _sound(rulebook: Rulebook, places: Places, faults: Collection[Fault]) -> Iterator[Rule]:
    spoiled = places.spoiled(faults)
    for rule in rulebook.rules:
        bounds = (b for line in _lines(rule) for b in (line.bound if isinstance(line.bound, tuple) else (line.bound,)))
        named = all(b.name in rulebook.parameters for b in bounds if isinstance(b, Reference))
        known = all(line.feature in rulebook.features for line in _lines(rule))
        if rule.id not in spoiled and named and known and set(leaves(rule.when)) <= set(rule.let):
            yield rule


def _untested(book: _Book) -> Iterator[Fault]:
    for rule, fires in untested(book.rulebook):
        yield finding("L111" if fires else "L112", rule.place, id=rule.id)


def _without_because(book: _Book) -> Iterator[Fault]:
    """A negative test passes for the wrong reason unless it names the line that is not true."""
    for rule in book.rulebook.rules:
        for number, test in enumerate(rule.tests):
            expect = test.get("expect")
            if isinstance(expect, Mapping) and expect.get("match") is False and not {"because", "review"} & set(expect):
                place = book.places.of("rules", rule.id, "tests", number)
                yield finding("L114", place, name=test.get("name", ""))


def _misspelt(book: _Book) -> Iterator[Fault]:
    """Tests whose keys nothing reads, or that speak of a line which the rule has not: they would fail, and show nothing."""
    for rule in book.rulebook.rules:
        for test, place in zip(rule.tests, rule.test_places, strict=True):
            name = str(test.get("name", ""))
            for why in wrong(test):
                yield finding("L118", place, name=name, why=why)
            for line in _named_lines(test):
                if rule.let and line not in rule.let:
                    why = f"because 写的“{line}”不是这条规则的一行，{nearest(line, rule.let)}"
                    yield finding("L118", place, name=name, why=why)


def _named_lines(test: Mapping[str, object]) -> Iterator[str]:
    steps = test.get("steps")
    for held in (test, *(steps if isinstance(steps, list) else ())):
        expect = held.get("expect") if isinstance(held, Mapping) else None
        line = expect.get("because") if isinstance(expect, Mapping) else None
        if isinstance(line, str):
            yield line


def _mappings(book: _Book) -> Iterator[Fault]:
    for fault in suppliers.wrongs(book.rulebook.mappings):
        yield finding("L104", book.places.of("mapping", fault.kind, *fault.path), why=fault.message)


def _codes_untested(book: _Book) -> Iterator[Fault]:
    """Codes of a mapping that has tests, which no test names."""
    for code in readings.untested(book.rulebook):
        place = book.places.of("mapping", code.kind, "codes", code.table, code.text)
        yield finding("L117", place, kind=code.kind, table=code.table, text=code.text)


def _titles(book: _Book) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for rule in book.rulebook.rules:
        if seen.get(rule.title, rule.id) != rule.id and rule.status is not Status.RETIRED:
            place = book.places.of("rules", rule.id, "title")
            yield finding("L127", place, id=rule.id, other=seen[rule.title])
        seen.setdefault(rule.title, rule.id)


def _conditions(book: _Book) -> Iterator[Fault]:
    rules = [rule for rule in book.sound if rule.status in _EVALUATED]
    yield from logic.findings(book.rulebook, book.places, rules)


def _entries(book: _Book) -> Iterator[Fault]:
    yield from words.findings(book.rulebook, book.places)


def _persons(book: _Book) -> Iterator[Fault]:
    yield from persons.findings(book.rulebook, book.places)


def _sentences(book: _Book) -> Iterator[Fault]:
    yield from words.unshown(book.rulebook, book.places)


def _sayings(book: _Book) -> Iterator[Fault]:
    yield from words.astray(book.rulebook, book.places)


def _slips(book: _Book) -> Iterator[Fault]:
    yield from slips.of_parts(book.rulebook, book.places)


def _slips_of_whole(book: _Book) -> Iterator[Fault]:
    yield from slips.of_whole(book.rulebook, book.places)


def _reach(book: _Book) -> Iterator[Fault]:
    """Windows over records that reach back further than linking does: the older records are not there to be counted. Several, and it may be the reach."""
    reach = book.rulebook.documents.get("settings", {}).get("reach_days")
    longer: list[int] = []
    for feature in book.rulebook.features.values():
        windowed = feature.kind in (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT) and feature.within is not None
        if windowed and type(reach) is int and feature.within and feature.within > timedelta(days=reach):
            place = book.places.of("features", feature.name, "within")
            longer.append(feature.within.days)
            yield finding("L132", place, days=feature.within.days, reach=reach)
    if len(longer) > 1:
        yield finding("L132", book.places.of("settings", "reach_days"), days=max(longer), reach=reach)
    needed = max([_matter_days(book.rulebook), *(f.within.days for f in book.rulebook.features.values() if f.within)])
    if type(reach) is int and reach > needed:
        yield finding("L138", book.places.of("settings", "reach_days"), reach=reach, days=needed)


def _matter_days(rulebook: Rulebook) -> int:
    return Settings.of(rulebook.documents).matter_within.days


def _dead_parameters(book: _Book) -> Iterator[Fault]:
    for name in sorted(set(book.rulebook.parameters) - _named_parameters(book.rulebook)):
        yield finding("L102", book.places.of("parameters", name), name=name)


def _dead_features(book: _Book) -> Iterator[Fault]:
    for name in sorted(set(book.rulebook.features) - _named_features(book.rulebook)):
        yield finding("L103", book.places.of("features", name), name=name)


def _dead_words(book: _Book) -> Iterator[Fault]:
    used = {feature.of for feature in book.rulebook.features.values() if feature.kind is FeatureKind.WORDS}
    for name in sorted(set(book.rulebook.words) - used):
        yield finding("L106", book.places.of("words", name), name=name)


def _roots(book: _Book) -> Iterator[Fault]:
    try:
        Router(book.rulebook)
    except (RuleError, SanseError) as fault:
        yield finding("L105", book.places.of("routes"), why=fault.what, hint=fault.hint)


def _dead_routes(book: _Book) -> Iterator[Fault]:
    """Of two routes for the same matters the one whose id comes first is taken, always."""
    routes = sorted(book.rulebook.documents.get("routes", ()), key=lambda route: route["id"])
    taken: dict[tuple[str, ...], dict[str, str]] = {}
    for route in routes:
        colours = _listed(route["colour"])
        match = tuple(
            f"{key}={value}" for key in ("area", "topic", "category") for value in sorted(_listed(route.get(key)))
        )
        before = {taken[match][colour] for colour in colours if colour in taken.get(match, {})}
        if before and all(colour in taken[match] for colour in colours):
            place = book.places.of("routes", route["id"])
            yield finding("L141", place, id=route["id"], other="、".join(sorted(before)))
        for colour in colours:
            taken.setdefault(match, {}).setdefault(colour, route["id"])


def _codes(book: _Book) -> Iterator[Fault]:
    """Values that no record can have: a misspelt kind, cause, topic, action or level counts nothing, and nobody hears of it."""
    known = _known(book.rulebook)
    for feature in book.rulebook.features.values():
        for key, values in feature.where.items():
            yield from _strange(known, key, values, book.places.of("features", feature.name, "where", key))
    for rule in book.rulebook.rules:
        for line in _lines(rule):
            of = book.rulebook.features.get(line.feature)
            if of is not None and of.kind is FeatureKind.FIELD and of.type in ("code", "list"):
                place = book.places.of("rules", rule.id, "let", line.name)
                yield from _strange(known, of.of, line.bound if isinstance(line.bound, tuple) else (line.bound,), place)
    for route in book.rulebook.documents.get("routes", ()):
        for key in ("topic", "category"):
            place = book.places.of("routes", route["id"], key)
            yield from _strange(known, key, tuple(_listed(route.get(key))), place)


def _known(rulebook: Rulebook) -> dict[str, Collection[str]]:
    """What a record, a matter or an action can have, by the key that names it; a key that is not here may have anything."""
    documents = rulebook.documents
    labels = documents.get("labels", {})
    known: dict[str, Collection[str]] = {
        "kind": set(rulebook.mappings),
        "cause": {cause.value for cause in Cause},
        "topic": set(documents.get("topics") or ()),
        "topic_is": {"dispute"},
        "action": set(labels.get("actions") or ()),
        "level": set(labels.get("levels") or ()),
    }
    return {key: values for key, values in known.items() if values}


_WHAT = {
    "kind": "渠道",
    "cause": "来件性质",
    "topic": "主题",
    "topic_is": "主题性质",
    "action": "办理动作",
    "level": "层级",
}


def _strange(known: Mapping[str, Collection[str]], key: str, values: object, place: Place) -> Iterator[Fault]:
    for value in values if isinstance(values, tuple) else ():
        if key in known and isinstance(value, str) and value not in known[key]:
            yield finding("L131", place, value=value, what=_WHAT[key], near=nearest(value, known[key]))


def _conclusions(book: _Book) -> Iterator[Fault]:
    """Conclusions that live rules read and none draws: a retired or draft rule is still referred to."""
    drawn = {rule.conclude for rule in book.rulebook.rules if rule.conclude and rule.status is Status.LIVE}
    for rule in book.rulebook.rules:
        for line in _lines(rule) if rule.status is Status.LIVE else ():
            of = book.rulebook.features.get(line.feature)
            if of is not None and of.kind is FeatureKind.CONCLUDED and of.name not in drawn:
                place = book.places.of("rules", rule.id, "let", line.name)
                yield finding("L134", place, name=of.name, near=nearest(of.name, [name for name in drawn if name]))


def _danger_rules(book: _Book) -> Iterator[Fault]:
    live = {rule.id for rule in book.rulebook.rules if rule.status is Status.LIVE}
    named = book.rulebook.documents.get("settings", {}).get("danger_rules")
    for id_ in named if isinstance(named, list) else ():
        if id_ not in live:
            yield finding("L135", book.places.of("settings", "danger_rules"), id=id_, near=nearest(str(id_), live))


def _edges(book: _Book) -> Iterator[Fault]:
    """Numbers that no test of the rule tries at the edge, whatever may be wrong with routes."""
    missed: dict[tuple[str, str, Place], list[str]] = {}
    anyhow = {"id": "any", "title": "", "colour": [colour.word for colour in Colour], "receivers": [""]}
    routed = replace(book.rulebook, documents={**book.rulebook.documents, "routes": [anyhow]})
    for goal in coverage.edges_untried(routed, book.places):
        missed.setdefault((goal.rule, goal.line, goal.place), []).append(goal.want.removeprefix(coverage.EDGE))
    for (id_, name, place), edges in missed.items():
        yield finding("L113", place, id=id_, name=name, edges="、".join(edges))


_Check = Callable[[_Book], Iterator[Fault]]
_OF_PARTS: tuple[_Check, ...] = (
    _untested,
    _without_because,
    _misspelt,
    _mappings,
    _titles,
    _conditions,
    _entries,
    _persons,
    _reach,
    _slips,
)
"""What one rule, list or mapping shows of itself, whatever is wrong with others."""
_OF_WHOLE: tuple[_Check, ...] = (
    _dead_parameters,
    _dead_features,
    _dead_words,
    _roots,
    _dead_routes,
    _codes,
    _conclusions,
    _danger_rules,
    _sayings,
    _slips_of_whole,
)
"""What only the whole shows: it is not asked while a part of the files cannot be read."""
_OF_LOADED: tuple[_Check, ...] = (_edges, _sentences, _codes_untested)
"""What only a rulebook that loads shows, for its tests must run."""


def _named_parameters(rulebook: Rulebook) -> set[str]:
    used = {"points.yellow", "points.red"}
    for leaf in _leaves(rulebook):
        bounds = leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,)
        used.update(bound.name for bound in bounds if isinstance(bound, Reference))
    for rule in rulebook.rules:
        used.update(name for name in rulebook.parameters if f"{{${name}}}" in rule.because)
    return used


def _named_features(rulebook: Rulebook) -> set[str]:
    used = {leaf.feature for leaf in _leaves(rulebook)}
    for rule in rulebook.rules:
        used.update(name for name in rulebook.features if f"{{{name}}}" in rule.because)
    for feature in rulebook.features.values():
        used.update(feature.where)
        used.update(_concluded(feature))
    return used


def _concluded(feature: Feature) -> tuple[str, ...]:
    return (feature.name,) if feature.kind is FeatureKind.CONCLUDED else ()


def _leaves(rulebook: Rulebook) -> Iterator[Leaf]:
    """Every comparison of every rule, check and invariant."""
    for rule in rulebook.rules:
        yield from _lines(rule)
    for never in rulebook.nevers:
        yield from never.let.values()
    for stated in rulebook.stated:
        yield from stated.let.values()


def _lines(rule: Rule) -> Iterator[Leaf]:
    """Every comparison of a rule, those of its flag's checks among them."""
    yield from rule.let.values()
    if rule.flag is not None:
        yield from rule.flag.unless.values()


def _listed(value: object) -> list[str]:
    return (
        [value] if isinstance(value, str) else [str(part) for part in value] if isinstance(value, (list, tuple)) else []
    )
