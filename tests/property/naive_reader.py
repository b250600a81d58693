"""The judge: a deliberately naive reader of the rule language, written from docs/rule-language.md alone.

In: the plain YAML data of a rulebook (file name -> data), the facts of one subject, the calendar day of its time.
Out: one `Verdict`. It shares nothing with the readers it judges except `Colour`: no tree, no parser, no windows.
Not here: faults of a rulebook (the linter, `engine.ruleset`), how facts come about (`engine.features`), messages.
A rulebook that the page forbids may raise ValueError, TypeError or KeyError; numbers in comments are chapters of the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

from engine.model import Colour


class Unknown(Enum):
    """Neither true nor false, or a fact whose cell is blank; never use it as a condition of `if`."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
Value = bool | int | str | list[str] | tuple[str, ...]
Truth = bool | Unknown
Facts = Mapping[str, Value | Unknown]  # a missing key is an absent fact
Yaml = dict[str, Any]
Part = tuple[Any, ...]


@dataclass(frozen=True)
class Verdict:
    """What the page says about one subject; with `shadow` the rules in shadow are listed too, but never act."""

    colour: Colour
    points: int  # sum of the live points rules that fire
    fired: frozenset[str]
    review: frozenset[str]  # colour, points and conclude rules; a flag rule in review is quiet
    flags: frozenset[str]  # live flag rules that fire and that no line of `unless` holds back
    considered: frozenset[str]  # live flag rules that fire and are held back
    concluded: dict[str, Truth]  # every fact that some rule concludes
    violated: frozenset[str]  # invariants of `never:` that raised the colour


@dataclass(frozen=True)
class Book:
    """The files laid together; the order of files and rules means nothing."""

    rules: list[Yaml]
    never: list[Yaml]
    features: dict[str, Yaml]
    parameters: dict[str, Yaml]


def read(
    rulebook_yaml: Mapping[str, object],
    facts: Facts,
    day: date,
    *,
    scope: str = "record",
    shadow: bool = False,
) -> Verdict:
    """Judge one record (`scope="record"`) or one matter at `as_of` (`scope="matter"`)."""
    if scope not in ("record", "matter"):
        raise ValueError(scope)
    book = _book(rulebook_yaml)
    outcomes: dict[str, str] = {}
    live = _conclusions(book, outcomes, ("live",))  # what live rules see
    both = dict(live)  # what shadow rules see
    for layer in _layers(book):
        for rule in layer:
            if _judged_on(rule, book, scope):
                seen = live if rule["status"] == "live" else both
                outcomes[rule["id"]] = _outcome(rule, {**facts, **seen}, book, day)
        live = _conclusions(book, outcomes, ("live",))
        both = _conclusions(book, outcomes, ("live", "shadow"))
    rule_colour = max(_rule_colour(book, outcomes), _points_colour(_points(book, outcomes), book, day))
    colour, violated = _never(book, rule_colour, {**facts, **live}, day, scope)
    raised, held = _flags(book, outcomes, {**facts, **live}, day)
    return Verdict(
        colour=colour,
        points=_points(book, outcomes),
        fired=_with_outcome(book, outcomes, "fires", shadow),
        review=_with_outcome(book, outcomes, "review", shadow),
        flags=frozenset(raised),
        considered=frozenset(held),
        concluded=both if shadow else live,
        violated=frozenset(violated),
    )


# -- 1. Files ---------------------------------------------------------------------------------------------------------


def _book(files: Mapping[str, object]) -> Book:
    book = Book([], [], {}, {})
    for data in files.values():
        if not isinstance(data, dict):
            continue
        book.rules.extend(data.get("rules") or [])
        book.never.extend(data.get("never") or [])
        book.features.update(data.get("features") or {})
        book.parameters.update(data.get("parameters") or {})
    return book


# -- 3. Parameters ----------------------------------------------------------------------------------------------------


def _parameter(name: str, book: Book, day: date) -> Any:
    """The value in force: the last `from` that is not later than the day; before the first, the first."""
    steps = sorted(book.parameters[name]["values"], key=_start)
    value = steps[0]["value"]
    for step in steps:
        if _start(step) <= day:
            value = step["value"]
    return value


def _start(step: Yaml) -> date:
    """YAML 1.2 knows no dates, so `from` is text there; a loader that makes dates is understood too."""
    start = step["from"]
    return start if isinstance(start, date) else date.fromisoformat(start)


def _bound(bound: Any, book: Book, day: date) -> Any:
    if isinstance(bound, str) and bound.startswith("$"):
        return _parameter(bound[1:], book, day)
    if isinstance(bound, list):
        return [_bound(item, book, day) for item in bound]
    return bound


# -- 4. Lines ---------------------------------------------------------------------------------------------------------


def _line(line: Yaml, facts: Facts, book: Book, day: date) -> Truth:
    """One line of `let` or `unless`: true, false or unknown."""
    operators = [key for key in line if key != "feature"]
    if len(operators) != 1:
        raise ValueError(line)
    operator = operators[0]
    bound = _bound(line[operator], book, day)
    name = line["feature"]
    if operator == "exists":
        known = name in facts and facts[name] is not UNKNOWN
        return known is bound
    if name not in facts:
        return False  # absent reads as no
    value = facts[name]
    if isinstance(value, Unknown):
        return UNKNOWN
    return _compare(value, operator, bound)


def _compare(value: Value, operator: str, bound: Any) -> bool:
    if operator == "is":
        return _same(value, bound)
    if operator == "in":
        return _one_of(value, bound)
    if operator == "not_in":
        return not _one_of(value, bound)
    if operator == "has_any":
        if not isinstance(value, list | tuple):
            raise TypeError(value)
        return any(_one_of(member, bound) for member in value)
    return _compare_number(value, operator, bound)


def _compare_number(value: Value, operator: str, bound: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)  # booleans are not numbers (2)
    if operator == "at_least":
        return bool(value >= bound)
    if operator == "at_most":
        return bool(value <= bound)
    if operator == "more_than":
        return bool(value > bound)
    if operator == "less_than":
        return bool(value < bound)
    if operator == "between":
        return bool(bound[0] <= value <= bound[1])
    raise ValueError(operator)


def _same(value: Any, bound: Any) -> bool:
    """Equal and of the same type: Python would hold True and 1 equal."""
    return type(value) is type(bound) and bool(value == bound)


def _one_of(value: Any, bounds: list[Any]) -> bool:
    return any(_same(value, bound) for bound in bounds)


# -- 4. `when` --------------------------------------------------------------------------------------------------------


def _condition(rule: Yaml) -> Part:
    """The parsed `when`; with one line of `let` it may be left out."""
    text = rule.get("when")
    if text is None:
        names = list(rule["let"])
        if len(names) != 1:
            raise ValueError("when: is missing")
        return ("name", str(names[0]))
    tokens = re.findall(r"\w+|\S", str(text))
    part = _parse_or(tokens)
    if tokens:
        raise ValueError(f"when: {text}")
    return part


def _parse_or(tokens: list[str]) -> Part:
    parts = [_parse_and(tokens)]
    while tokens and tokens[0] == "or":
        tokens.pop(0)
        parts.append(_parse_and(tokens))
    return ("or", parts)


def _parse_and(tokens: list[str]) -> Part:
    parts = [_parse_not(tokens)]
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        parts.append(_parse_not(tokens))
    return ("and", parts)


def _parse_not(tokens: list[str]) -> Part:
    if tokens and tokens[0] == "not":
        tokens.pop(0)
        return ("not", _parse_not(tokens))
    if len(tokens) > 1 and tokens[1] == "of":
        return _parse_of(tokens)
    return _parse_name_or_bracket(tokens)


def _parse_of(tokens: list[str]) -> Part:
    number = int(tokens.pop(0))
    _expect(tokens, "of")
    _expect(tokens, "[")
    parts = [_parse_name_or_bracket(tokens)]
    while tokens and tokens[0] == ",":
        tokens.pop(0)
        parts.append(_parse_name_or_bracket(tokens))
    _expect(tokens, "]")
    if not 1 <= number <= len(parts):
        raise ValueError(f"when: {number} of {len(parts)}")
    return ("of", parts, number)


def _parse_name_or_bracket(tokens: list[str]) -> Part:
    if not tokens:
        raise ValueError("when: ends too early")
    token = tokens.pop(0)
    if token == "(":
        part = _parse_or(tokens)
        _expect(tokens, ")")
        return part
    if not re.fullmatch(r"\w+", token) or token in ("and", "or", "not", "of"):
        raise ValueError(f"when: {token}")
    return ("name", token)


def _expect(tokens: list[str], token: str) -> None:
    if not tokens or tokens.pop(0) != token:
        raise ValueError(f"when: {token} expected")


def _truth(part: Part, lines: Mapping[str, Truth]) -> Truth:
    if part[0] == "name":
        return lines[part[1]]
    if part[0] == "not":
        inner = _truth(part[1], lines)
        return UNKNOWN if isinstance(inner, Unknown) else not inner
    truths = [_truth(inner, lines) for inner in part[1]]
    if part[0] == "and":
        return _all_of(truths)
    if part[0] == "or":
        return _any_of(truths)
    return _n_of(part[2], truths)


def _all_of(truths: list[Truth]) -> Truth:
    if False in truths:
        return False
    if UNKNOWN in truths:
        return UNKNOWN
    return True


def _any_of(truths: list[Truth]) -> Truth:
    if True in truths:
        return True
    if UNKNOWN in truths:
        return UNKNOWN
    return False


def _n_of(number: int, truths: list[Truth]) -> Truth:
    if truths.count(True) >= number:
        return True
    if truths.count(True) + truths.count(UNKNOWN) < number:
        return False
    return UNKNOWN


def _names_in(part: Part) -> set[str]:
    if part[0] == "name":
        return {part[1]}
    if part[0] == "not":
        return _names_in(part[1])
    names = set()
    for inner in part[1]:
        names |= _names_in(inner)
    return names


# -- 4. A rule's outcome ----------------------------------------------------------------------------------------------


def _holds(rule: Yaml, facts: Facts, book: Book, day: date) -> tuple[Truth, set[str]]:
    """The truth of a condition, and the facts of those lines named in `when` that are unknown."""
    lines = {str(name): _line(line, facts, book, day) for name, line in rule["let"].items()}
    condition = _condition(rule)
    missing = set()
    for name, line in rule["let"].items():
        if str(name) in _names_in(condition) and lines[str(name)] is UNKNOWN:
            missing.add(line["feature"])
    return _truth(condition, lines), missing


def _outcome(rule: Yaml, facts: Facts, book: Book, day: date) -> str:
    """`fires`, `quiet` or `review`."""
    truth, missing = _holds(rule, facts, book, day)
    if truth is True:
        return "fires"
    if truth is False:
        return "quiet"
    answers = {(rule.get("on_missing") or {}).get(name, "review") for name in missing}
    if not answers <= {"yes", "review", "no"}:
        raise ValueError(answers)
    if "yes" in answers:
        return "fires"
    if "review" in answers:
        return "quiet" if "flag" in rule else "review"
    return "quiet"


# -- 4. Process rules: what is judged where ---------------------------------------------------------------------------


def _reads(rule: Yaml) -> set[str]:
    """Every fact that a line of `let` or of `unless` reads, whether `when` names the line or not."""
    lines = list(rule["let"].values())
    if "flag" in rule:
        lines.extend((rule["flag"].get("unless") or {}).values())
    return {line["feature"] for line in lines}


def _judged_on(rule: Yaml, book: Book, scope: str) -> bool:
    kinds = set()
    for name in _reads(rule):
        definition = book.features.get(name, {})
        if "process" in definition:
            kinds.add("process")
        elif definition.get("count") == "actions":
            kinds.add("actions")
        else:
            kinds.add("other")
    if "process" in kinds:
        return scope == "matter"
    if kinds == {"actions"}:
        return True
    return scope == "record"


# -- 4. Conclusions and layers ----------------------------------------------------------------------------------------


def _concluded_by(rule: Yaml) -> str | None:
    if "conclude" not in rule:
        return None
    return str(next(iter(rule["conclude"])))


def _concluded_names(book: Book) -> list[str]:
    names = {_concluded_by(rule) for rule in book.rules}
    return sorted(name for name in names if name is not None)


def _conclusions(book: Book, outcomes: Mapping[str, str], statuses: tuple[str, ...]) -> dict[str, Truth]:
    """Each concluded fact: true if a rule fires, else unknown if one is in review, else false."""
    conclusions: dict[str, Truth] = {}
    for name in _concluded_names(book):
        told = []
        for rule in book.rules:
            if _concluded_by(rule) == name and rule["status"] in statuses:
                told.append(outcomes.get(rule["id"], "quiet"))
        conclusions[name] = True if "fires" in told else UNKNOWN if "review" in told else False
    return conclusions


def _layers(book: Book) -> list[list[Yaml]]:
    """Live and shadow rules: a rule is placed once all rules that conclude what it reads are placed."""
    waiting = [rule for rule in book.rules if _evaluated(rule)]
    layers: list[list[Yaml]] = []
    while waiting:
        still_open = {_concluded_by(rule) for rule in waiting}
        ready = [rule for rule in waiting if not _reads(rule) & still_open]
        if not ready:
            raise ValueError("a cycle of conclusions")
        layers.append(ready)
        waiting = [rule for rule in waiting if rule not in ready]
    return layers


def _evaluated(rule: Yaml) -> bool:
    if rule["status"] not in ("draft", "shadow", "live", "retired"):
        raise ValueError(rule["status"])
    return rule["status"] in ("live", "shadow")


# -- 4. The subject's colour, 5. never --------------------------------------------------------------------------------


def _with_outcome(book: Book, outcomes: Mapping[str, str], outcome: str, shadow: bool) -> frozenset[str]:
    statuses = ("live", "shadow") if shadow else ("live",)
    return frozenset(
        rule["id"] for rule in book.rules if rule["status"] in statuses and outcomes.get(rule["id"]) == outcome
    )


def _points(book: Book, outcomes: Mapping[str, str]) -> int:
    total = 0
    for rule in book.rules:
        if rule["status"] == "live" and "points" in rule and outcomes.get(rule["id"]) == "fires":
            total += rule["points"]
    return total


def _points_colour(points: int, book: Book, day: date) -> Colour:
    if "points.red" in book.parameters and points >= _parameter("points.red", book, day):
        return Colour.RED
    if "points.yellow" in book.parameters and points >= _parameter("points.yellow", book, day):
        return Colour.YELLOW
    return Colour.GREEN


def _rule_colour(book: Book, outcomes: Mapping[str, str]) -> Colour:
    colour = Colour.GREEN
    for rule in book.rules:
        if rule["status"] != "live":
            continue
        outcome = outcomes.get(rule["id"])
        if outcome == "fires" and "colour" in rule:
            colour = max(colour, Colour.named(rule["colour"]))
        if outcome == "review" and ("colour" in rule or "points" in rule):
            colour = max(colour, Colour.YELLOW)
    return colour


def _flags(book: Book, outcomes: Mapping[str, str], facts: Facts, day: date) -> tuple[set[str], set[str]]:
    """Live flag rules that fire: those raised, those held back because a line of `unless` is not surely false."""
    raised = set()
    held = set()
    for rule in book.rules:
        if rule["status"] != "live" or "flag" not in rule or outcomes.get(rule["id"]) != "fires":
            continue
        lines = (rule["flag"].get("unless") or {}).values()
        if all(_line(line, facts, book, day) is False for line in lines):
            raised.add(rule["id"])
        else:
            held.add(rule["id"])
    return raised, held


def _never(book: Book, colour: Colour, facts: Facts, day: date, scope: str) -> tuple[Colour, set[str]]:
    """Raise the colour step by step until no invariant that surely holds lists it; above red there is nothing."""
    forbidding = []
    for invariant in book.never:
        if _judged_on(invariant, book, scope) and _holds(invariant, facts, book, day)[0] is True:
            forbidding.append(invariant)
    violated = set()
    while True:
        against = {invariant["id"] for invariant in forbidding if colour.word in invariant["colour"]}
        violated |= against
        if not against or colour == Colour.RED:
            return colour, violated
        colour = Colour(colour + 1)
