"""Plain data of all files to a Rulebook: names resolved, comparisons checked, rules layered; every fault told.

In: documents that are good YAML of the right shape. Out: typed parts and faults. Not here: reading files (`loader`, `strict_yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import re2

from engine.model import Colour, Value, digest
from engine.ruleset.condition import RESERVED, ConditionError, leaves, parse
from engine.ruleset.faults import fault, nearest
from engine.ruleset.strict_yaml import Document, Path
from engine.ruleset.tree import (
    All,
    Bound,
    DatedValue,
    Fault,
    Feature,
    FeatureKind,
    FlagEffect,
    Leaf,
    Name,
    Never,
    OnMissing,
    Operator,
    Parameter,
    Place,
    Reference,
    Rule,
    Status,
    Tree,
    WordEntry,
    WordList,
)

FIELDS: Mapping[str, str] = {
    "kind": "code",
    "source": "code",
    "area": "code",
    "topic": "code",
    "category": "code",
    "cause": "code",
    "title_length": "int",
    "text_length": "int",
    "anonymous": "bool",
    "visit": "bool",
    "weapon": "bool",
    "injury": "bool",
    "heads": "int",
    "people": "int",
    "amount": "int",
    "stated_repeats": "int",
    "returns": "int",
    "status": "code",
    "confidential": "bool",
    "unreadable": "bool",
    "reply_in_time": "bool",
}
PROCESS: Mapping[str, str] = {
    "days_since_dispatch": "int",
    "days_open": "int",
    "yellow_days": "int",
    "outcome_recorded": "bool",
    "mediation_tried": "bool",
}
DISTINCT = ("kind", "person", "place", "topic", "matter", "identity")
WHERE = ("kind", "cause", "topic", "area", "topic_is")
_OPERATORS = {operator.value: operator for operator in Operator}
_ORDERED = frozenset({Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE_THAN, Operator.LESS_THAN, Operator.BETWEEN})
_LISTS = frozenset({Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.BETWEEN})
_FITS: Mapping[Operator, tuple[str, ...]] = {
    Operator.IS: ("bool", "int", "code"),
    Operator.IN: ("int", "code"),
    Operator.NOT_IN: ("int", "code"),
    Operator.HAS_ANY: ("list",),
    Operator.EXISTS: ("bool", "int", "code", "list"),
    **dict.fromkeys(_ORDERED, ("int",)),
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAX_WINDOW = timedelta(days=366)
_MAX_DISTANCE = 40
_MAX_PATTERN = 500
_PLACEHOLDER = re.compile(r"\{([$?!]?)([^{}]+)\}")
_BARRED = re.compile(
    r"民族|宗教|信仰|教徒|少数民族|前科|犯罪记录|犯罪史|重点人员|吸毒人员|精神病|艾滋|健康状况|ethnic|religio|criminal_record|"
    r"key_person|health_status|hiv|psychiatr"
)


def duration(text: str) -> timedelta:
    """`30d`, `72h`, `90m`, `45s` as a timedelta."""
    return timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])


@dataclass(slots=True)
class Parts:
    """What the files hold, while it is being put together."""

    rules: list[Rule] = field(default_factory=list)
    nevers: list[Never] = field(default_factory=list)
    features: dict[str, Feature] = field(default_factory=dict)
    words: dict[str, WordList] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, code: str, place: Place, **words: object) -> None:
        """Note one fault."""
        self.faults.append(fault(code, place, **words))


def build(documents: Collection[Document]) -> Parts:
    """The typed parts of all files; `faults` holds everything that is wrong with names and meanings."""
    parts = Parts()
    for document in documents:
        _each(parts, document, "parameters", parts.parameters, _parameter)
        _each(parts, document, "words", parts.words, _word_list)
    for document in documents:
        _each(parts, document, "features", parts.features, _feature)
    _check_wheres(parts)
    for document in documents:
        for index, raw in enumerate(document.value.get("rules") or ()):
            _conclusion(parts, raw, document.place(("rules", index)))
    for document in documents:
        for index, raw in enumerate(document.value.get("rules") or ()):
            parts.rules.append(_rule(parts, document, raw, ("rules", index)))
        for index, raw in enumerate(document.value.get("never") or ()):
            parts.nevers.append(_never(parts, document, raw, ("never", index)))
    _duplicates(parts)
    parts.rules = _layered(parts)
    return parts


def _each(
    parts: Parts,
    document: Document,
    key: str,
    into: dict[str, Any],
    make: Callable[[Parts, str, Mapping[str, Any], Callable[..., Place]], Any],
) -> None:
    for name, raw in (document.value.get(key) or {}).items():
        path: Path = (key, name)
        _lawful(parts, f"{name} {raw.get('title', '')}", document.place(path))
        if name in into:
            parts.add("S004", document.place(path), key=name)
            continue
        into[name] = make(parts, name, raw, lambda *more, path=path: document.place((*path, *more)))


def _lawful(parts: Parts, text: str, place: Place) -> None:
    barred = _BARRED.search(text)
    if barred:
        parts.add("L101", place, what=barred.group())


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
        values.append(DatedValue(start, dated["value"], dated["source"]))
    if not raw["values"]:
        parts.add("P102", place("values"))
    return Parameter(name, raw["title"], tuple(values) or (DatedValue(date.min, 0),), raw.get("unit", ""), place())


def _word_list(parts: Parts, name: str, raw: Mapping[str, Any], place: Callable[..., Place]) -> WordList:
    entries = tuple(_entry(parts, entry, place("entries", index)) for index, entry in enumerate(raw["entries"]))
    seen: set[tuple[str, bool]] = set()
    for index, entry in enumerate(entries):
        if (entry.text, entry.pattern) in seen:
            parts.add("W104", place("entries", index), text=entry.text[:40])
        seen.add((entry.text, entry.pattern))
    return WordList(name, raw["title"], entries, place())


def _entry(parts: Parts, raw: str | Mapping[str, Any], place: Place) -> WordEntry:
    if isinstance(raw, str):
        raw = {"text": raw}
    pattern = raw.get("pattern")
    text = pattern if pattern is not None else raw.get("text")
    if not text:
        parts.add("W106", place)
    elif pattern is not None:
        _check_pattern(parts, pattern, place)
    distance = raw.get("distance", 6)
    if not 0 <= distance <= _MAX_DISTANCE:
        parts.add("W105", place)
    near = {key: tuple(raw.get(key, ())) for key in ("not_after", "not_before", "unless_near", "only_near")}
    return WordEntry(text or "", pattern is not None, distance=distance, **near)


def _check_pattern(parts: Parts, pattern: str, place: Place) -> None:
    for barred in (r"\b", r"\B", r"\w", r"\W", "(?s"):
        if barred in pattern:
            parts.add("W102", place, what=barred)
    try:
        options = re2.Options()
        options.log_errors = False
        re2.compile(pattern, options)
    except re2.error as problem:
        parts.add("W101", place, why=str(problem)[:100])


def _feature(parts: Parts, name: str, raw: Mapping[str, Any], place: Callable[..., Place]) -> Feature:
    origins = [key for key in ("field", "words", "count", "count_distinct", "process") if raw.get(key) is not None]
    if len(origins) != 1:
        parts.add("F101", place(), name=name)
        return Feature(name=name, title=raw["title"], kind=FeatureKind.COUNT, place=place())
    origin = origins[0]
    kind, of, type_ = _origin(parts, origin, raw, place)
    windowed = kind in (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT)
    if windowed and (raw.get("same") is None or raw.get("within") is None):
        parts.add("F107", place())
    within = duration(raw["within"]) if raw.get("within") else None
    if within is not None and within > _MAX_WINDOW:
        parts.add("F105", place("within"), value=raw["within"])
    return Feature(
        name=name,
        title=raw["title"],
        kind=kind,
        of=of,
        same=raw.get("same") or "",
        within=within,
        where={key: tuple(v) if isinstance(v, list) else (v,) for key, v in raw.get("where", {}).items()},
        including_this=raw.get("including_this", True),
        by=raw.get("by", "occurred_at"),
        unit=raw.get("unit", ""),
        type=raw.get("type") or type_,
        place=place(),
    )


def _origin(
    parts: Parts, origin: str, raw: Mapping[str, Any], place: Callable[..., Place]
) -> tuple[FeatureKind, str, str]:
    value = raw[origin]
    if origin == "field":
        if value not in FIELDS:
            parts.add("F102", place("field"), value=value, near=nearest(value, FIELDS))
        _lawful(parts, value, place("field"))
        return FeatureKind.FIELD, value, FIELDS.get(value, "int")
    if origin == "words":
        if value not in parts.words:
            parts.add("F103", place("words"), value=value, near=nearest(value, parts.words))
        return FeatureKind.WORDS, value, "bool"
    if origin == "process":
        if value not in PROCESS:
            parts.add("F102", place("process"), value=value, near=nearest(value, PROCESS))
        return FeatureKind.PROCESS, value, PROCESS.get(value, "int")
    if origin == "count_distinct":
        if value not in DISTINCT:
            parts.add("F104", place("count_distinct"), value=value, near=nearest(value, DISTINCT))
        return FeatureKind.COUNT_DISTINCT, value, "int"
    return (FeatureKind.ACTIONS if value == "actions" else FeatureKind.COUNT), value, "int"


def _check_wheres(parts: Parts) -> None:
    marks = {
        name
        for name, feature in parts.features.items()
        if feature.type == "bool" and feature.kind in (FeatureKind.FIELD, FeatureKind.WORDS)
    }
    for feature in parts.features.values():
        known = ("action", "level") if feature.kind is FeatureKind.ACTIONS else (*WHERE, *marks)
        for key in feature.where:
            if key not in known:
                parts.add("F106", feature.place, value=key, near=nearest(key, known))


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
    _lawful(parts, f"{raw['title']} {raw.get('because', '')}", place)
    effects = [key for key in ("colour", "points", "conclude", "flag") if raw.get(key) is not None]
    if len(effects) != 1:
        parts.add("R102", place)
    let = _let(parts, document, raw["let"], (*path, "let"))
    when_text = raw.get("when") or " and ".join(raw["let"])
    flag = _flag(parts, document, raw["flag"], (*path, "flag")) if raw.get("flag") else None
    rule = Rule(
        id=raw["id"],
        title=raw["title"],
        status=Status(raw["status"]),
        let=let,
        when=_when(parts, document, raw, path, let),
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
    let = _let(parts, document, raw["let"], (*path, "let"))
    return Never(
        raw["id"],
        raw["title"],
        let,
        _when(parts, document, raw, path, let),
        tuple(Colour.named(word) for word in raw["colour"]),
        raw.get("when") or " and ".join(raw["let"]),
        document.place(path),
    )


def _flag(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> FlagEffect:
    unless = _let(parts, document, raw.get("unless", {}), (*path, "unless"))
    return FlagEffect(raw["title"], duration(raw["expires"]), unless)


def _let(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> dict[str, Leaf]:
    let: dict[str, Leaf] = {}
    for name, line in raw.items():
        place = document.place((*path, name))
        if name in RESERVED or not re.fullmatch(r"[A-Za-z_0-9]+", name):
            parts.add("R117", place, name=name)
        leaf = _leaf(parts, name, line, place)
        if leaf is not None:
            let[name] = leaf
    return let


def _leaf(parts: Parts, name: str, line: Mapping[str, Any], place: Place) -> Leaf | None:
    operators = [key for key in line if key != "feature"]
    if len(operators) != 1:
        parts.add("R106", place, name=name, operators="、".join(_OPERATORS))
        return None
    feature = parts.features.get(line["feature"])
    if feature is None:
        parts.add("R104", place, name=line["feature"], near=nearest(line["feature"], parts.features))
        return None
    operator = _OPERATORS[operators[0]]
    bound = _bound(parts, line[operators[0]], place)
    _check_leaf(parts, Leaf(name, feature.name, operator, bound), feature, place)
    return Leaf(name, feature.name, operator, bound)


def _bound(parts: Parts, written: Any, place: Place) -> Bound:
    if isinstance(written, list):
        return tuple(_one_bound(parts, item, place) for item in written)
    return _one_bound(parts, written, place)


def _one_bound(parts: Parts, written: Any, place: Place) -> Value | Reference:
    if isinstance(written, str) and written.startswith("$"):
        name = written[1:]
        if name not in parts.parameters:
            parts.add("R105", place, name=name, near=nearest(name, parts.parameters))
        return Reference(name)
    value: Value = written
    return value


def _check_leaf(parts: Parts, leaf: Leaf, feature: Feature, place: Place) -> None:
    if feature.type not in _FITS[leaf.operator]:
        fits = "、".join(op.value for op, types in _FITS.items() if feature.type in types)
        parts.add(
            "R107", place, feature=feature.name, type=feature.type, operator=leaf.operator.value, hint=f"可用：{fits}"
        )
        return
    wanted = {"bool": bool, "int": int, "code": str, "list": str}[feature.type]
    if leaf.operator is Operator.EXISTS:
        return
    values = [_sample(parts, part) for part in (leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,))]
    for value in values:
        if value is not None and type(value) is not wanted:
            parts.add("R108", place, feature=feature.name, type=feature.type, bound=value)
    if leaf.operator is Operator.BETWEEN and (len(values) != 2 or _descending(values)):
        parts.add("R109", place)


def _descending(values: list[Any]) -> bool:
    return all(type(value) is int for value in values) and values[0] > values[1]


def _sample(parts: Parts, part: object) -> object:
    if isinstance(part, Reference):
        parameter = parts.parameters.get(part.name)
        return parameter.values[-1].value if parameter else None
    return part


def _when(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path, let: Mapping[str, Leaf]) -> Tree:
    names = list(raw["let"])
    text = raw.get("when") or ""
    if not text:
        return Name(names[0]) if len(names) == 1 else All(tuple(Name(name) for name in names))
    try:
        tree = parse(text, names)
    except ConditionError as problem:
        parts.add(
            "R103",
            document.place((*path, "when")),
            why=f"第{problem.column}个字符：{problem.message}",
            hint=problem.hint,
        )
        return Name(names[0])
    for name in names:
        if name in let and name not in leaves(tree):
            parts.add("R112", document.place((*path, "let", name)), name=name)
    return tree


def _check_rule(parts: Parts, document: Document, rule: Rule, path: Path) -> None:
    for name in rule.on_missing:
        if name not in rule.reads:
            parts.add("R111", document.place((*path, "on_missing")), name=name)
    if rule.conclude is None and not rule.because:
        parts.add("R116", rule.place)
    if rule.colour is Colour.RED and not rule.advice:
        parts.add("R119", rule.place)
    for sigil, name in _PLACEHOLDER.findall(rule.because):
        known: Collection[str] = parts.parameters if sigil == "$" else parts.features
        if name.strip() not in known:
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
    judged: tuple[Rule | Never, ...] = (*parts.rules, *parts.nevers)
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
