"""Rulebooks drawn by seed, as files: every key of the language, always valid, and facts for them.

In: a random source. Out: files as bytes, as `loader.load` reads them. Not here: records with windows (`histories`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from engine.model import Value
from engine.ruleset.tree import FeatureKind, Operator, Reference, Rulebook

_TOPICS = {"neighbours": {"title": "邻里", "dispute": True}, "noise": {"title": "噪声", "dispute": False}}
_TOPICS |= {"wages": {"title": "欠薪", "dispute": True}}
_LENGTHS = ("0s", "1s", "90m", "72h", "7d", "30d", "180d", "366d")


def as_files(**files: Mapping[str, Any]) -> dict[str, bytes]:
    """Files by name; JSON is YAML."""
    return {f"{name}.yaml": json.dumps(held, ensure_ascii=False, indent=1).encode() for name, held in files.items()}


def windows(rng: Random, *, size: int) -> dict[str, bytes]:
    """A rulebook without rules: `size` window facts and action facts of every kind, over two field facts and a word list."""
    features: dict[str, Any] = {
        "record.weapon": {"title": "持械标记", "field": "weapon"},
        "record.heads": {"title": "人数", "field": "heads"},
        "words.knife": {"title": "提到刀", "words": "knife"},
    }
    for number in range(size):
        features[f"made.f{number}"] = _window(rng)
    return as_files(
        words={"words": {"knife": {"title": "刀", "entries": ["菜刀"]}}},
        topics={"topics": _TOPICS},
        features={"features": features},
    )


def _window(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.2:
        return _action_fact(rng)
    definition: dict[str, Any] = {"title": "件数", "within": rng.choice(_LENGTHS)}
    definition["same"] = rng.choice(("matter", "caller", "place", "pair", "hotspot", "phone"))
    if rng.random() < 0.5:
        definition["count"] = "incidents"
    else:
        definition["count_distinct"] = rng.choice(("kind", "person", "place", "topic", "matter", "identity"))
    if rng.random() < 0.6:
        definition["where"] = _where(rng)
    if rng.random() < 0.4:
        definition["including_this"] = False
    if rng.random() < 0.3:
        definition["by"] = "closed_at"
    return definition


def _where(rng: Random) -> dict[str, Any]:
    lines: dict[str, Any] = {
        "kind": rng.choice(("police_110", ["hotline_12345", "petition"], ["police_110", "walk_in"])),
        "cause": rng.choice(("new", ["new", "repeat"])),
        "topic": rng.choice(("neighbours", ["noise", "wages"])),
        "area": rng.choice(("a", ["a", "b"], "")),
        "topic_is": "dispute",
        "record.weapon": rng.choice((True, False)),
        "words.knife": rng.choice((True, False)),
    }
    return {key: lines[key] for key in rng.sample(sorted(lines), rng.randrange(1, 4))}


def _action_fact(rng: Random) -> dict[str, Any]:
    definition: dict[str, Any] = {"title": "次数", "count": "actions", "same": "matter"}
    lines: dict[str, Any] = {
        "action": rng.choice(("mediation_failed", ["close", "returned"])),
        "level": rng.choice(("village", ["township", "green"])),
    }
    definition["where"] = {key: lines[key] for key in rng.sample(sorted(lines), rng.randrange(3))}
    if rng.random() < 0.5:
        definition["within"] = rng.choice(_LENGTHS)
    return definition


FIELDS = {
    "record.weapon": ("weapon", "bool"),
    "record.visit": ("visit", "bool"),
    "record.heads": ("heads", "int"),
    "record.amount": ("amount", "int"),
    "record.returns": ("returns", "int"),
    "record.topic": ("topic", "code"),
    "record.area": ("area", "code"),
    "record.marks": ("category", "list"),
}
WORDS = ("words.knife", "words.minor")
WINDOWS = ("matter.incidents_30d", "hotspot.persons_90d")
CALLER = "caller.incidents_30d"
ACTIONS = ("matter.failed", "matter.returned_7d")
PROCESS = {"days_since_dispatch": "int", "yellow_days": "int", "outcome_recorded": "bool", "mediation_tried": "bool"}
CONCLUSIONS = ("made.first", "made.second", "made.third", "made.fourth")
INTEGERS = (-1, 0, 1, 2, 3, 5, 30, 101, 2**31, 5_000_000_000_00, 2**53 + 1)
CODES = ("a", "b", "A", "", "101", "0101", "1", "true", "邻里", "o'brien", 'a"b', "a\\b", "a b", " a", "ca", "é", "😀")
EDGES = ("2024-02-28", "2024-02-29", "2024-03-01", "2024-12-31", "2025-01-01", "2025-03-01")
"""Days around a leap day and a year's end: values are dated on them, facts are judged on and beside them."""

_NOTHING: Mapping[str, Value] = {"bool": False, "int": 0, "code": "", "list": ()}
_ORDERS = ("at_least", "at_most", "more_than", "less_than")
_OPERATORS = {
    "bool": ("is", "is", "is", "exists"),
    "int": ("is", "in", "not_in", *_ORDERS, *_ORDERS, "between", "between", "exists"),
    "code": ("is", "is", "in", "not_in", "exists"),
    "list": ("has_any", "has_any", "exists"),
}
_LINES = ("a", "b", "2", "x_1", "nota", "Of", "andy")
_SPACES = (" ", " ", " ", "  ", "\n")


def rules(rng: Random, *, size: int = 12) -> dict[str, bytes]:
    """A rulebook of `size` rules over facts of every kind: every operator, condition, effect, status and answer to the unknown."""
    return as_files(rules=_Book(rng).made(size))


def types(rulebook: Rulebook) -> dict[str, str]:
    """The type of every fact that is given, none that is concluded."""
    return {name: made.type for name, made in rulebook.features.items() if made.kind is not FeatureKind.CONCLUDED}


def absent(rng: Random, rulebook: Rulebook) -> frozenset[str]:
    """The facts that one source does not carry."""
    may_lack = [name for name in types(rulebook) if name.startswith(("record.", "process."))]
    return frozenset(name for name in may_lack if rng.random() < 0.2)


def facts(rng: Random, rulebook: Rulebook, lacking: frozenset[str], quiet: Sequence[float]) -> dict[str, Value | None]:
    """Known and unknown facts of one subject, at or beside the bounds that rules compare them with; a share of them is no or 0."""
    drawn: dict[str, Value | None] = {}
    blank = rng.choice((0.0, 0.2, 0.6))
    bounds, share = _bounds(rulebook), rng.choice(quiet)
    for name, type_ in types(rulebook).items():
        if name in lacking:
            continue
        certain = not name.startswith(("record.", "process."))
        unknown = not certain and rng.random() < blank
        said = _NOTHING[type_] if rng.random() < share else _beside(rng, type_, bounds.get(name, ()))
        drawn[name] = None if unknown else said
    return drawn


@lru_cache(maxsize=2)
def _bounds(rulebook: Rulebook) -> dict[str, tuple[Value, ...]]:
    """What rules compare each fact with, on any day."""
    found: dict[str, list[Value]] = {}
    for leaf in (leaf for rule in rulebook.rules for leaf in rule.let.values() if leaf.operator is not Operator.EXISTS):
        for part in leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,):
            values = rulebook.parameters[part.name].values if isinstance(part, Reference) else ()
            found.setdefault(leaf.feature, []).extend([dated.value for dated in values] or [part])
    return {name: tuple(values) for name, values in found.items()}


def _beside(rng: Random, type_: str, bounds: Sequence[Value]) -> Value:
    """A bound, a number beside it, or any value."""
    if type_ == "list" or not bounds or rng.random() < 0.4:
        return _value(rng, type_)
    bound = rng.choice(bounds)
    return bound if isinstance(bound, (bool, str, tuple)) else bound + rng.choice((0, 0, 1, -1))


def _value(rng: Random, type_: str) -> Value:
    if type_ == "bool":
        return rng.random() < 0.5
    if type_ == "int":
        return rng.choice(INTEGERS) + rng.choice((0, 0, 0, 1, -1))
    if type_ == "code":
        return rng.choice((*CODES, "$a", "unseen"))
    return tuple(sorted(rng.sample(CODES, rng.choice((0, 1, 2, 4)))))


def day(rng: Random) -> date:
    """A day at an edge, beside it, or anywhere."""
    if rng.random() < 0.2:
        return date(2023, 1, 1) + timedelta(days=rng.randrange(1_200))
    return date.fromisoformat(rng.choice(EDGES)) + timedelta(days=rng.choice((0, 0, 1, -1)))


class _Book:
    """One rulebook while it is drawn."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._parameters: dict[str, tuple[str, dict[str, Any]]] = {}
        for number in range(rng.randrange(1, 5)):
            type_ = rng.choice(("int", "int", "code", "bool"))
            self._parameters[f"limit.p{number}"] = (type_, self._parameter([_value(rng, type_) for _ in range(9)]))
        for name, low in (("points.yellow", 20), ("points.red", 60)):
            if rng.random() < 0.75:
                self._parameters[name] = ("int", self._parameter([low + rng.randrange(-10, 11) for _ in range(9)]))

    def _parameter(self, values: list[Value]) -> dict[str, Any]:
        """A parameter with one to all of the edges, so that before its first day the first value holds."""
        starts = sorted(self._rng.sample(EDGES, self._rng.randrange(1, len(EDGES) + 1)))
        dated = [
            {"from": start, "value": value, "source": "测试"} for start, value in zip(starts, values, strict=False)
        ]
        return {"title": "阈值", "values": dated}

    def made(self, size: int) -> dict[str, Any]:
        """The file; a conclusion that is never read is still drawn, one that nobody draws is never read."""
        kinds = [self._rng.choices(("record", "matter", "actions"), (8, 1, 1))[0] for _ in range(size)]
        effects = [
            self._rng.choices(("colour", "points", "conclude", "flag"), (7, 5, 6, 3))[0] for _ in range(size - 1)
        ]
        effects.append("conclude")
        self._drawn = [
            (kind, effect, self._rng.choice(CONCLUSIONS)) for kind, effect in zip(kinds, effects, strict=True)
        ]
        self._concluded = sorted({target for _, effect, target in self._drawn if effect == "conclude"})
        made = [self._rule(number, *drawn) for number, drawn in enumerate(self._drawn)]
        self._rng.shuffle(made)
        return {
            "words": {name: {"title": name, "entries": [name]} for name in ("knife", "minor")},
            "parameters": {name: written for name, (_, written) in self._parameters.items()},
            "features": _features(),
            "rules": made,
        }

    def _rule(self, number: int, kind: str, effect: str, target: str) -> dict[str, Any]:
        rng = self._rng
        readable = self._readable(kind, effect, target)
        names = rng.sample(_LINES, rng.choice((1, 1, 2, 3, 3, 4, 5)))
        let = {name: self._line(*rng.choice(readable)) for name in names}
        rule: dict[str, Any] = {
            "id": rng.choice(("R{}", "r-{}", "{}_x")).format(number),
            "title": "规则",
            "status": rng.choices(("live", "shadow", "draft", "retired"), (8, 3, 1, 1))[0],
            "let": let,
            "on_missing": self._on_missing(let),
        }
        if len(names) > 1 or rng.random() < 0.5:
            rule["when"] = _Condition(rng).over(names)
        return rule | self._effect(kind, effect, target, readable)

    def _readable(self, kind: str, effect: str, target: str) -> list[tuple[str, str]]:
        actions = [(name, "int") for name in ACTIONS]
        if kind == "actions":
            return actions
        if kind == "matter":
            return [(f"process.{name}", type_) for name, type_ in PROCESS.items()] + actions
        fields = [(name, type_) for name, (_, type_) in FIELDS.items()]
        windows = [(name, "int") for name in (*WINDOWS, *([CALLER] if effect == "flag" else []))]
        below = [name for name in self._concluded if effect != "conclude" or name < target]
        concluded = [(name, "bool") for name in below] * 4
        return fields + windows + actions + concluded + [(name, "bool") for name in WORDS]

    def _effect(self, kind: str, effect: str, target: str, readable: list[tuple[str, str]]) -> dict[str, Any]:
        rng = self._rng
        match effect:
            case "colour":
                return {"colour": rng.choice(("yellow", "red")), "because": "理由", "advice": "建议"}
            case "points":
                return {"points": rng.choice((1, 10, 25, 40, 100)), "because": "理由"}
            case "conclude":
                return {"conclude": {target: True}}
        asked = readable if kind == "matter" else self._readable("record", effect, target)
        unless = {name: self._line(*rng.choice(asked)) for name in rng.sample(_LINES, rng.randrange(3))}
        return {"flag": {"title": "复核", "expires": "90d", "unless": unless}, "because": "理由"}

    def _on_missing(self, let: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        read = sorted({str(line["feature"]) for line in let.values()})
        return {fact: self._rng.choice(("yes", "no", "review")) for fact in read if self._rng.random() < 0.6}

    def _line(self, fact: str, type_: str) -> dict[str, Any]:
        operator = self._rng.choice(_OPERATORS[type_])
        return {"feature": fact, operator: self._bound(operator, type_)}

    def _bound(self, operator: str, type_: str) -> Any:
        rng = self._rng
        if operator == "exists":
            return rng.random() < 0.5
        if operator == "between":
            return self._between()
        if operator in ("in", "not_in", "has_any"):
            element = "code" if type_ == "list" else type_
            return [self._one(element) for _ in range(rng.choice((0, 1, 2, 2, 3, 5)))]
        return self._one(type_)

    def _between(self) -> list[Any]:
        """Two bounds in order; a parameter may be below the lower one on some days, and then nothing is between."""
        low, high = sorted(self._rng.choices(INTEGERS, k=2))
        names = [name for name, (type_, _) in self._parameters.items() if type_ == "int"]
        if names and self._rng.random() < 0.4:
            name = self._rng.choice(names)
            return [min(low, self._parameters[name][1]["values"][-1]["value"]), f"${name}"]
        return [low, high]

    def _one(self, type_: str) -> Any:
        names = [f"${name}" for name, (held, _) in self._parameters.items() if held == type_]
        if names and self._rng.random() < 0.3:
            return self._rng.choice(names)
        value = _value(self._rng, type_)
        return "a" if isinstance(value, str) and value.startswith("$") else value


class _Condition:
    """The text of a condition, with and without brackets that mean nothing."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def over(self, names: Sequence[str]) -> str:
        """A condition that names every line, some of them twice."""
        rng = self._rng
        twice = [rng.choice(names) for _ in range(rng.choice((0, 0, 1, 2)))]
        named = [*names, *twice]
        rng.shuffle(named)
        return self._of(named, 0)

    def _of(self, names: Sequence[str], depth: int) -> str:
        rng = self._rng
        if len(names) == 1:
            text = names[0]
        elif depth < 3 and rng.random() < 0.3:
            parts = [self._of(part, depth + 1) for part in self._split(names)]
            listed = [part if part in names else f"({part})" for part in parts]
            text = f"{rng.randint(1, len(parts))} of [{', '.join(listed)}]"
        else:
            cut = rng.randrange(1, len(names))
            left, right = self._of(names[:cut], depth + 1), self._of(names[cut:], depth + 1)
            text = f"{left}{rng.choice(_SPACES)}{rng.choice(('and', 'or'))} {right}"
        if rng.random() < 0.3:
            text = f"({text})"
        return f"not {text}" if rng.random() < 0.25 else text

    def _split(self, names: Sequence[str]) -> list[Sequence[str]]:
        cuts = sorted(self._rng.sample(range(1, len(names)), self._rng.randrange(1, len(names))))
        return [names[low:high] for low, high in zip((0, *cuts), (*cuts, len(names)), strict=True)]


def _features() -> dict[str, Any]:
    window = {"title": "件数", "same": "matter", "within": "30d"}
    made: dict[str, Any] = {
        name: {"title": name, "field": field, "type": type_} for name, (field, type_) in FIELDS.items()
    }
    made |= {name: {"title": name, "words": name.split(".")[1]} for name in WORDS}
    made["matter.incidents_30d"] = window | {"count": "incidents"}
    made["hotspot.persons_90d"] = window | {"count_distinct": "person", "same": "hotspot"}
    made[CALLER] = window | {"count": "incidents", "same": "caller"}
    made["matter.failed"] = {"title": "次数", "count": "actions", "same": "matter"}
    made["matter.returned_7d"] = {"title": "次数", "count": "actions", "same": "matter", "within": "7d"}
    return made | {f"process.{name}": {"title": name, "process": name} for name in PROCESS}
