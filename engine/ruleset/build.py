"""Plain data of all files to a Rulebook: names resolved, comparisons checked, rules layered; every fault told.

In: sifted documents: only what has the right shape, and the lines of rules that have not. Out: typed parts and faults. Not here: reading files (`loader`, `strict_yaml`), definitions
of facts (`facts`), word lists (`wordlists`), the lines of a rule (`lines`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from engine.model import Colour, digest, duration
from engine.ruleset.almanac import check_calendar
from engine.ruleset.facts import check_wheres, feature
from engine.ruleset.faults import nearest
from engine.ruleset.labels import check_labels
from engine.ruleset.lines import condition, let_lines
from engine.ruleset.parts import Parts
from engine.ruleset.sifting import Remnant
from engine.ruleset.stated import collect
from engine.ruleset.strict_yaml import Document, Path
from engine.ruleset.tree import (
    DatedValue,
    Feature,
    FeatureKind,
    FlagEffect,
    Never,
    OnMissing,
    Parameter,
    Place,
    Rule,
    Stated,
    Status,
)
from engine.ruleset.wordlists import word_list

_POINTS = ("points.yellow", "points.red")
_PLACEHOLDER = re.compile(r"\{([$?!]?)([^{}]+)\}")


def build(
    documents: Collection[Document], *, elsewhere: tuple[str, ...] | None = (), broken: Iterable[Remnant] = ()
) -> Parts:
    """The typed parts of all files; `faults` holds everything that is wrong with names and meanings.

    `elsewhere`: texts of what could not be read; `broken`: lines of rules whose other keys are wrong, looked at for their own faults only.
    """
    parts = Parts(elsewhere=elsewhere)
    for document in documents:
        check_labels(parts, document)
        check_calendar(parts, document)
        _each(parts, document, "parameters", parts.parameters, _parameter)
        _each(parts, document, "words", parts.words, word_list)
    for document in documents:
        _each(parts, document, "features", parts.features, feature)
    check_wheres(parts)
    for document in documents:
        for index, raw in _items(document, "rules"):
            _conclusion(parts, raw, document.place(("rules", index)))
    for document in documents:
        for index, raw in _items(document, "rules"):
            parts.rules.append(_rule(parts, document, raw, ("rules", index)))
        for index, raw in _items(document, "never"):
            parts.nevers.append(_never(parts, document, raw, ("never", index)))
        collect(parts, document)
    for remnant in broken:
        let_lines(parts, remnant.document, remnant.let, (*remnant.path, "let"))
    _duplicates(parts)
    parts.rules = _layered(parts)
    return parts


def _items(document: Document, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The entries of a list with their numbers in the file; None stands where one was taken out."""
    return ((index, raw) for index, raw in enumerate(document.value.get(key) or ()) if raw is not None)


def _each(
    parts: Parts,
    document: Document,
    key: str,
    into: dict[str, Any],
    make: Callable[[Parts, str, Mapping[str, Any], Callable[..., Place]], Any],
) -> None:
    for name, raw in (document.value.get(key) or {}).items():
        path: Path = (key, name)
        parts.lawful(f"{name} {raw.get('title', '')}", document.place(path))
        if name in into:
            parts.add("S004", document.place(path), key=name)
            continue
        into[name] = make(parts, name, raw, lambda *more, path=path: document.place((*path, *more)))


def _parameter(parts: Parts, name: str, raw: Mapping[str, Any], place: Callable[..., Place]) -> Parameter:
    values: list[DatedValue] = []
    for index, dated in enumerate(raw["values"]):
        try:
            start = date.fromisoformat(dated["from"])
        except ValueError:
            parts.add("P103", place("values", index, "from"), value=dated["from"])
            continue
        if values and start <= values[-1].start:
            parts.add("P101", place("values", index))
        if name in _POINTS and type(dated["value"]) is not int:
            parts.add("P104", place("values", index, "value"), name=name)
        values.append(DatedValue(start, dated["value"], dated["source"], place("values", index, "value")))
    if not raw["values"]:
        parts.add("P102", place("values"))
    return Parameter(name, raw["title"], tuple(values) or (DatedValue(date.min, 0),), raw.get("unit", ""), place())


def _conclusion(parts: Parts, raw: Mapping[str, Any], place: Place) -> None:
    for name in raw.get("conclude") or {}:
        held = parts.features.get(name)
        if held is not None and held.kind is not FeatureKind.CONCLUDED:
            parts.add("R118", place, name=name)
        parts.features[name] = Feature(
            name=name, title=raw["title"], kind=FeatureKind.CONCLUDED, type="bool", place=place
        )


def _rule(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> Rule:
    place = document.place(path)
    parts.lawful(f"{raw['title']} {raw.get('because', '')}", place)
    effects = [key for key in ("colour", "points", "conclude", "flag") if raw.get(key) is not None]
    if len(effects) != 1:
        parts.add("R102", place)
    let = let_lines(parts, document, raw["let"], (*path, "let"))
    when_text = raw.get("when") or " and ".join(raw["let"])
    flag = _flag(parts, document, raw["flag"], (*path, "flag")) if raw.get("flag") else None
    rule = Rule(
        id=raw["id"],
        title=raw["title"],
        status=Status(raw["status"]),
        let=let,
        when=condition(parts, document, raw, path, let),
        colour=Colour.named(raw["colour"]) if raw.get("colour") else None,
        points=raw.get("points"),
        conclude=next(iter(raw["conclude"])) if raw.get("conclude") else None,
        flag=flag,
        on_missing={fact: OnMissing(answer) for fact, answer in raw.get("on_missing", {}).items()},
        because=raw.get("because", ""),
        advice=raw.get("advice", ""),
        basis=raw.get("basis", ""),
        handback=raw.get("handback", False),
        version=_version(raw),
        when_text=when_text,
        tests=tuple(raw.get("tests", ())),
        test_places=tuple(document.place((*path, "tests", index)) for index in range(len(raw.get("tests", ())))),
        place=place,
    )
    _check_rule(parts, document, rule, path)
    kinds = {parts.features[fact].kind for fact in rule.asks if fact in parts.features}
    return replace(
        rule,
        process_rule=FeatureKind.PROCESS in kinds,
        matter_rule=bool(kinds) and kinds <= {FeatureKind.PROCESS, FeatureKind.ACTIONS},
    )


def _version(raw: Mapping[str, Any]) -> str:
    meaning = {key: value for key, value in raw.items() if key not in ("title", "advice", "basis", "tests", "status")}
    return digest(meaning)[:12]


def _never(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> Never:
    let = let_lines(parts, document, raw["let"], (*path, "let"))
    return Never(
        raw["id"],
        raw["title"],
        let,
        condition(parts, document, raw, path, let),
        tuple(Colour.named(word) for word in raw["colour"]),
        raw.get("when") or " and ".join(raw["let"]),
        document.place(path),
    )


def _flag(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> FlagEffect:
    unless = let_lines(parts, document, raw.get("unless", {}), (*path, "unless"))
    return FlagEffect(raw["title"], duration(raw["expires"]), unless)


def _check_rule(parts: Parts, document: Document, rule: Rule, path: Path) -> None:
    for name in rule.on_missing:
        if name not in rule.reads and not parts.excused(name):
            parts.add("R111", document.place((*path, "on_missing")), name=name)
    if rule.conclude is None and not rule.because:
        parts.add("R116", rule.place)
    if rule.colour is Colour.RED and not rule.advice:
        parts.add("R119", rule.place)
    for sigil, name in _PLACEHOLDER.findall(rule.because):
        known: Collection[str] = parts.parameters if sigil == "$" else parts.features
        if name.strip() not in known and not parts.excused(name.strip()):
            parts.add("R110", document.place((*path, "because")), name=sigil + name, near=nearest(name, known))
    _check_reads(parts, rule)


def _check_reads(parts: Parts, rule: Rule) -> None:
    features = {fact: parts.features[fact] for fact in sorted(rule.asks) if fact in parts.features}
    if rule.flag is None:
        for fact, feature in features.items():
            if feature.same in ("caller", "phone", "pair"):
                parts.add("R114", rule.place, name=fact)
    if any(feature.kind is FeatureKind.PROCESS for feature in features.values()):
        for fact, feature in features.items():
            if feature.kind not in (FeatureKind.PROCESS, FeatureKind.ACTIONS):
                parts.add("R115", rule.place, name=fact)


def _duplicates(parts: Parts) -> None:
    seen: set[str] = set()
    judged: tuple[Rule | Never | Stated, ...] = (*parts.rules, *parts.nevers, *parts.stated)
    for part in judged:
        if part.id in seen:
            parts.add("R101", part.place, id=part.id)
        seen.add(part.id)


def _layered(parts: Parts) -> list[Rule]:
    """Rules with their layers; a cycle of conclusions is a fault."""
    makers: dict[str, list[Rule]] = {}
    for rule in parts.rules:
        if rule.conclude:
            makers.setdefault(rule.conclude, []).append(rule)
    layers: dict[str, int] = {}

    def layer(rule: Rule, trail: tuple[str, ...]) -> int:
        if rule.id in trail:
            parts.add("R113", rule.place, names="、".join(trail))
            return 0
        if rule.id not in layers:
            above = [layer(maker, (*trail, rule.id)) for fact in rule.asks for maker in makers.get(fact, ())]
            layers[rule.id] = 1 + max(above) if above else 0
        return layers[rule.id]

    return [replace(rule, layer=layer(rule, ())) for rule in parts.rules]
