"""Rulebooks drawn by seed: distinct rules like the shipped ones, over typed facts of every kind.

In: a seed and how many. Out: a loaded Rulebook. Every rule asks for at least one thing that an empty record has not, so that the lane
without matches has none; a rule's condition stands in the rulebook once. No conclusions and no flags: peers have no layers. Not here: the
facts (`facts`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from engine.ruleset import loader
from engine.ruleset.tree import Rulebook

FIRST_DAY, CHANGE, LAST_DAY = "2025-01-01", "2025-07-01", "2025-12-31"
"""Thresholds change in the middle of the year that the facts are of, so that both values are needed."""

FLAGS = ("weapon", "injury", "visit", "unreadable")
NUMBERS: Mapping[str, int] = {
    "heads": 60,
    "people": 80,
    "amount": 2_000_000_00,
    "stated_repeats": 12,
    "returns": 6,
    "text_length": 800,
}
"""Fields that count something, with the largest bound that rules compare them with."""
CODES = {"topic": tuple(f"topic-{n}" for n in range(12)), "area": tuple(f"area-{n}" for n in range(20))}
CATEGORIES = tuple(f"C{n:03d}" for n in range(40))
WORDS = (
    "weapon",
    "threat",
    "dv",
    "violence",
    "injury",
    "rough",
    "minor",
    "elder",
    "vulnerable",
    "gathering",
    "wages",
    "land",
)
WINDOWS = {"matter.records_7d": "7d", "matter.records_30d": "30d", "matter.records_180d": "180d"}
DISTINCT = {
    "matter.channels_7d": ("kind", "7d"),
    "matter.persons_30d": ("person", "30d"),
    "matter.topics_90d": ("topic", "90d"),
}
ACTIONS = {"matter.failed": None, "matter.failed_30d": "30d"}
COUNTED = (*WINDOWS, *DISTINCT, *ACTIONS)
MOST_COUNTED = 12
SHAPES: tuple[tuple[int, str], ...] = (
    (1, "a"),
    (2, "a or b"),
    (2, "a and b"),
    (2, "a and not b"),
    (3, "a and (b or c)"),
    (3, "a or (b and c)"),
    (3, "2 of [a, b, c]"),
    (4, "2 of [a, b, c, d]"),
    (4, "(a or b) and (c or d)"),
    (4, "3 of [a, b, c, d]"),
)
"""Conditions, with how many lines each names; where every line says no, none of them holds."""
_IN_A_FILE = 200

Line = dict[str, Any]


def rulebook(rules: int, *, seed: int = 1) -> Rulebook:
    """`rules` live rules, no two with the same condition."""
    return loader.load(files(rules, seed=seed))


def files(rules: int, *, seed: int = 1) -> dict[str, bytes]:
    """The rulebook as the files of a folder `rules/`; JSON is YAML."""
    rng = Random(f"rules/{seed}")
    parameters = _parameters(rng)
    drawn: dict[str, dict[str, Any]] = {}
    while len(drawn) < rules:
        rule = _rule(rng, len(drawn), sorted(parameters))
        asked = sorted(json.dumps(line, sort_keys=True) for line in rule["let"].values())
        drawn.setdefault(json.dumps([rule.get("when"), asked]), rule)
    held = {
        "features": {"features": _features()},
        "words": {"words": {name: {"title": name, "entries": [name]} for name in WORDS}},
        "parameters": {"parameters": parameters | _points()},
        "topics": {"topics": {code: {"title": code, "dispute": True} for code in CODES["topic"]}},
    }
    written = list(drawn.values())
    held |= {f"rules{n}": {"rules": written[n : n + _IN_A_FILE]} for n in range(0, rules, _IN_A_FILE)}
    return {f"{name}.yaml": json.dumps(made, ensure_ascii=False).encode() for name, made in held.items()}


def _features() -> dict[str, Any]:
    named = {f"record.{name}": {"field": name, "type": "bool"} for name in FLAGS}
    named |= {f"record.{name}": {"field": name, "type": "int"} for name in NUMBERS}
    named |= {f"record.{name}": {"field": name, "type": "code"} for name in CODES}
    named["record.category"] = {"field": "category", "type": "list"}
    named |= {f"words.{name}": {"words": name} for name in WORDS}
    matter = {"same": "matter"}
    named |= {name: {"count": "incidents", "within": within, **matter} for name, within in WINDOWS.items()}
    named |= {name: {"count_distinct": of, "within": within, **matter} for name, (of, within) in DISTINCT.items()}
    for name, within in ACTIONS.items():
        named[name] = {"count": "actions", **matter, **({"within": within} if within else {})}
    return {name: {"title": name, **made} for name, made in named.items()}


def _parameters(rng: Random) -> dict[str, Any]:
    return {f"limit.{n}": _dated(low, low + rng.choice((1, 2, 3))) for n, low in enumerate(range(2, 10))}


def _points() -> dict[str, Any]:
    return {"points.yellow": _dated(30, 40), "points.red": _dated(90, 80)}


def _dated(first: int, then: int) -> dict[str, Any]:
    values = [{"from": day, "value": value, "source": "bench"} for day, value in ((FIRST_DAY, first), (CHANGE, then))]
    return {"title": "阈值", "values": values}


def _rule(rng: Random, number: int, parameters: list[str]) -> dict[str, Any]:
    count, when = rng.choice(SHAPES)
    lines: dict[str, Line] = {}
    for name in "abcd"[:count]:
        line = _line(rng, parameters)
        while line in lines.values():
            line = _line(rng, parameters)
        lines[name] = line
    read = sorted({str(line["feature"]) for line in lines.values() if str(line["feature"]).startswith("record.")})
    effect = rng.choices(({"colour": "red"}, {"colour": "yellow"}, {"points": rng.choice((5, 10, 20))}), (2, 5, 3))[0]
    missing = {fact: rng.choices(("no", "review", "yes"), (6, 2, 1))[0] for fact in read if rng.random() < 0.9}
    rule = {
        "id": f"B{number}",
        "title": f"B{number}",
        "status": "live",
        "let": lines,
        "because": "理由",
        "advice": "建议",
    }
    return {**rule, **effect, **({"when": when} if count > 1 else {}), **({"on_missing": missing} if missing else {})}


def _line(rng: Random, parameters: list[str]) -> Line:
    """One comparison that an empty record (no, 0, no code, no category) does not pass."""
    return rng.choices(_KINDS, (3, 4, 2, 2, 6, 6))[0](rng, parameters)


def _flag(rng: Random, _parameters: list[str]) -> Line:
    return {"feature": f"record.{rng.choice(FLAGS)}", "is": True}


def _number(rng: Random, _parameters: list[str]) -> Line:
    name = rng.choice(tuple(NUMBERS))
    most = NUMBERS[name]
    low = max(1, most * rng.randrange(2, 19) // 20)
    if rng.random() < 0.2:
        return {"feature": f"record.{name}", "between": [low, low + max(1, most // 5)]}
    return {"feature": f"record.{name}", rng.choice(("at_least", "at_least", "more_than")): low}


def _code(rng: Random, _parameters: list[str]) -> Line:
    name = rng.choice(tuple(CODES))
    if rng.random() < 0.5:
        return {"feature": f"record.{name}", "is": rng.choice(CODES[name])}
    return {"feature": f"record.{name}", "in": sorted(rng.sample(CODES[name], 3))}


def _category(rng: Random, _parameters: list[str]) -> Line:
    return {"feature": "record.category", "has_any": sorted(rng.sample(CATEGORIES, rng.choice((1, 2, 3))))}


def _words(rng: Random, _parameters: list[str]) -> Line:
    return {"feature": f"words.{rng.choice(WORDS)}", "is": True}


def _count(rng: Random, parameters: list[str]) -> Line:
    bound = f"${rng.choice(parameters)}" if rng.random() < 0.5 else rng.randrange(2, MOST_COUNTED + 1)
    return {"feature": rng.choice(COUNTED), "at_least": bound}


_KINDS: tuple[Callable[[Random, list[str]], Line], ...] = (_flag, _number, _code, _category, _words, _count)
