"""Slips: what loads and is most likely a slip of the hand, because another line of the rulebook says otherwise.

In: a rulebook with places. Out: findings: a reason that speaks of what its rule does not read, brackets that do not pair, dates past the calendar, routes without
their mark, receivers and words that are nearly others, deadlines out of order, signs of the Chinese keyboard. Not here: what has no effect (`lint`), conditions (`logic`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from engine.assessment import segments
from engine.model import Colour, duration
from engine.ruleset.tree import Fault, Leaf, Reference, Rule, Rulebook
from engine.workbench.linting.codes import finding
from engine.workbench.places import Places

_CONDITIONS = ("area", "topic", "category")
_NEEDED = ("source_id", "occurred_at", "narrative")
_ORDER = ("sign", "contact", "mediate", "close")
_FASTER = ("sign", "contact", "mediate")
_KEYBOARD = "，｜；"
_LISTING = "，、｜；"
"""Where a person writes lists; a supplier's headers and categories may well have the mark of enumeration."""
_LISTS = ("routes", "topics")
_OFTEN = 3


def of_parts(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """What one rule or list shows of itself."""
    for rule in rulebook.rules:
        place = places.of("rules", rule.id, "because")
        yield from (finding("L137", place, signs=pair) for pair in ("[]", "{}") if not _paired(rule.because, *pair))
    yield from _keyboard(rulebook, places)
    yield from _exchanged(rulebook, places)


def of_whole(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """What shows only beside the rest of the rulebook."""
    checks: tuple[Callable[[Rulebook, Places], Iterator[Fault]], ...] = (
        _reasons,
        _told_twice,
        _past_calendar,
        _notices,
        _roots,
        _receivers,
        _deadlines,
        _needed,
    )
    for check in checks:
        yield from check(rulebook, places)


def _reasons(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Facts and thresholds that a reason prints and its rule does not ask for: the operator reads a number that decided nothing."""
    for rule in rulebook.rules:
        asked = _behind(rulebook, rule) | {f"${name}" for name in _thresholds(rule)}
        pieces = (piece for part in segments(rule.because) for piece in part.pieces)
        for name in dict.fromkeys(_as_written(sigil, name) for _, sigil, name in pieces if name):
            if name not in asked:
                yield finding("L136", places.of("rules", rule.id, "because"), id=rule.id, name=name)


def _told_twice(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """A fact that one part of a reason prints twice: another one was meant."""
    for rule in rulebook.rules:
        told: dict[str, None] = {}
        for part in segments(rule.because):
            names = Counter(_as_written(sigil, name) for _, sigil, name in part.pieces if name and sigil != "?")
            told |= dict.fromkeys(name for name, times in names.items() if times > 1)
        yield from (finding("L140", places.of("rules", rule.id, "because"), id=rule.id, name=name) for name in told)


def _as_written(sigil: str, name: str) -> str:
    """What a reason prints: a fact, or a threshold with its sign."""
    return f"${name}" if sigil == "$" else name


def _notices(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Holidays are announced in the year before, or in their own."""
    for year, held in ((rulebook.documents.get("calendar") or {}).get("years") or {}).items():
        day, before = str(held["dated"]), int(year) - 1
        if day[:4] not in (str(year), str(before)):
            place = places.of("calendar", "years", year, "dated")
            yield finding("L139", place, year=year, day=day, before=before)


def _behind(rulebook: Rulebook, rule: Rule) -> set[str]:
    """The facts a rule asks for, and those from which the conclusions among them are drawn."""
    found: set[str] = set()
    asked = set(rule.asks)
    while asked:
        found |= asked
        asked = {fact for other in rulebook.rules if other.conclude in found for fact in other.asks} - found
    return found


def _thresholds(rule: Rule) -> set[str]:
    return {bound.name for leaf in _lines(rule) for bound in _bounds(leaf) if isinstance(bound, Reference)}


def _lines(rule: Rule) -> Iterator[Leaf]:
    yield from rule.let.values()
    yield from rule.flag.unless.values() if rule.flag else ()


def _bounds(leaf: Leaf) -> tuple[object, ...]:
    return leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,)


def _paired(text: str, opening: str, closing: str) -> bool:
    """Whether brackets pair and none stands within another of its kind."""
    depth = 0
    for sign in text:
        depth += (sign == opening) - (sign == closing)
        if depth not in (0, 1):
            return False
    return depth == 0


def _past_calendar(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Thresholds that begin in a year of which the calendar knows nothing yet: a mistyped year, as a rule."""
    years = [int(year) for year in (rulebook.documents.get("calendar", {}).get("years") or {})]
    for parameter in rulebook.parameters.values():
        for index, value in enumerate(parameter.values):
            if years and value.start.year > max(years):
                place = places.of("parameters", parameter.name, "values", index, "from")
                yield finding("L107", place, name=parameter.name, day=value.start, year=max(years))


def _roots(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """A route without conditions takes whatever is left; whether that is meant is what `root` says."""
    for route in rulebook.documents.get("routes", ()):
        if bool(route.get("root")) is any(route.get(key) for key in _CONDITIONS):
            yield finding("L142", places.of("routes", route["id"]), id=route["id"])


def _receivers(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Receivers that only one route names and that are a letter away from one that several name."""
    routes = rulebook.documents.get("routes", ())
    often = Counter(name for route in routes for name in set(route["receivers"]))
    for route in routes:
        for index, name in enumerate(route["receivers"]):
            near = [other for other in often if often[other] > often[name] == 1 and _a_slip_away(name, other)]
            if near:
                place = places.of("routes", route["id"], "receivers", index)
                yield finding("L143", place, id=route["id"], name=name, near=near[0])


def _a_slip_away(one: str, other: str) -> bool:
    """Whether a letter is left out, one too many, or two have changed places."""
    if len(one) == len(other):
        return one != other and sorted(one) == sorted(other)
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _deadlines(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Deadlines that come before what they follow, or give a worse colour more time than a better one."""
    written = rulebook.documents.get("deadlines") or {}
    spans = {colour: {name: duration(of[name]) for name in _ORDER} for colour, of in written.items()}
    for colour, of in spans.items():
        for first, then in pairwise(_ORDER):
            if of[first] > of[then]:
                place = places.of("deadlines", colour, first)
                other = f"{then}（{written[colour][then]}）"
                yield finding(
                    "L144", place, colour=colour, name=first, value=written[colour][first], other=other, why="还晚"
                )
    colours = [colour.word for colour in sorted(Colour, reverse=True) if colour.word in spans]
    for worse, better in pairwise(colours):
        for name in _FASTER:
            if spans[worse][name] > spans[better][name]:
                place = places.of("deadlines", worse, name)
                other = f"{better} 的（{written[better][name]}）"
                yield finding(
                    "L144", place, colour=worse, name=name, value=written[worse][name], other=other, why="还宽"
                )


def _needed(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Sources whose columns have no number, no time or no text: every row of theirs would be set aside."""
    orders = [list(mapping.get("columns") or {}) for mapping in rulebook.mappings.values()]
    for kind, mapping in rulebook.mappings.items():
        columns = mapping.get("columns") or {}
        for name in _NEEDED if columns else ():
            if name not in columns:
                place = places.of("mapping", kind, "columns", *_before(name, columns, orders))
                yield finding("L145", place, kind=kind, name=name)


def _before(name: str, columns: Mapping[str, Any], orders: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The column after which a missing one is wanted: of those that stand before it in the first source that has it, the last that is here."""
    order = next((order for order in orders if name in order), [name])
    return tuple([one for one in order[: order.index(name)] if one in columns][-1:])


def _keyboard(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Signs that separate nothing: two words have become one that nobody says."""
    for words in rulebook.words.values():
        for index, entry in enumerate(words.entries):
            base = ("words", words.name, "entries", index)
            sign = next((one for one in ("｜" if entry.pattern else _LISTING) if one in entry.text), "")
            if sign and len(entry.text) > 1:
                yield finding("L153", places.of(*base), text=_around(entry.text, sign), sign=sign)
            for key in ("not_after", "not_before", "unless_near", "only_near"):
                yield from _fused(getattr(entry, key), places, base, key, _LISTING)
    for kind, mapping in rulebook.mappings.items():
        yield from _walked(mapping, places, ("mapping", kind), _KEYBOARD)
    for section in _LISTS:
        held = rulebook.documents.get(section) or {}
        parts = held.items() if isinstance(held, Mapping) else ((route["id"], route) for route in held)
        for name, part in parts:
            yield from _walked(part, places, (section, name), _LISTING if section == "routes" else _KEYBOARD)


def _walked(value: Any, places: Places, path: tuple[Any, ...], signs: str) -> Iterator[Fault]:
    for key, held in value.items() if isinstance(value, Mapping) else ():
        if isinstance(held, list | tuple):
            yield from _fused(held, places, path, key, signs)
        yield from _walked(held, places, (*path, key), signs)


def _fused(items: Any, places: Places, path: tuple[Any, ...], key: str, signs: str) -> Iterator[Fault]:
    for index, item in enumerate(items):
        sign = next((one for one in signs if isinstance(item, str) and len(item) > 1 and one in item), "")
        if sign:
            yield finding("L153", places.of(*path, key, index), text=item, sign=sign)


def _around(text: str, sign: str) -> str:
    at = text.index(sign)
    return text[max(0, at - 8) : at + 9]


def _exchanged(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Contexts on the wrong side: words that all other entries have before a match, and this one after it, or the other way round."""
    entries = [(words, index, entry) for words in rulebook.words.values() for index, entry in enumerate(words.entries)]
    sides = ("not_after", "not_before")
    often = {side: Counter(word for *_, entry in entries for word in set(getattr(entry, side))) for side in sides}
    for words, index, entry in entries:
        for side, other in (sides, sides[::-1]):
            strange = [w for w in getattr(entry, side) if often[other][w] >= _OFTEN and often[side][w] == 1]
            if 2 * len(strange) > len(getattr(entry, side)):
                place = places.of("words", words.name, "entries", index, side)
                yield finding("L154", place, words="、".join(strange), side=side, other=other)
