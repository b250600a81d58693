"""A small rulebook with a rule of every kind over real suppliers' columns, and changes to it drawn by seed.

In: a random source. Out: rules as plain data and as a Rulebook; changes by name, some of which a back-test must refuse. Identity, places, topics and mappings
are the shipped ones. Not here: histories (`previews`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache
from random import Random
from typing import Any

from engine.ruleset import loader
from engine.ruleset.strict_yaml import Document, read
from engine.ruleset.tree import Rulebook
from tests.installation import shipped

Book = dict[str, Any]
"""Rules as plain data: `rules`, `never`, `features`, `words`, `parameters`, and `settings` where they are not the shipped ones."""

_AS_SHIPPED = ("categories.yaml", "deadlines.yaml", "gazetteer.yaml", "labels.yaml", "topics.yaml", "calendar.yaml")
_TYPED = ("rules", "never", "features", "words", "parameters")


def _at(*values: Any) -> dict[str, Any]:
    """A parameter whose value changes within the year of the histories."""
    starts = ("2024-01-01", "2025-05-01", "2025-09-01")
    return {
        "title": "阈值",
        "values": [{"from": s, "value": v, "source": "测试"} for s, v in zip(starts, values, strict=False)],
    }


def base() -> Book:
    """The rulebook that histories are lived under."""
    return {
        "words": {
            "knife": {"title": "凶器", "entries": ["刀", "砍"]},
            "threat": {"title": "扬言", "entries": ["不想活", "跳下去", "要你好看", "同归于尽"]},
            "home": {"title": "家事", "entries": ["丈夫", "老公", "动手打", "赡养"]},
            "water": {"title": "漏水", "entries": ["漏水", "污水", "堵了"]},
            "money": {"title": "钱", "entries": ["工资", "退钱", "钱也不退", "多收"]},
            "light": {"title": "灯", "entries": ["路灯", "红绿灯"]},
            "dirt": {"title": "脏", "entries": ["垃圾", "味道"]},
        },
        "features": {
            "record.weapon": {"title": "持械", "field": "weapon"},
            "record.heads": {"title": "人数", "field": "heads"},
            "record.kind": {"title": "渠道", "field": "kind"},
            "record.length": {"title": "字数", "field": "text_length"},
            "record.returns": {"title": "退单", "field": "returns"},
            **{
                f"words.{name}": {"title": name, "words": name}
                for name in ("knife", "threat", "home", "water", "money", "light", "dirt")
            },
            "matter.records_30d": {"title": "件数", "count": "incidents", "same": "matter", "within": "30d"},
            "matter.channels_90d": {"title": "渠道数", "count_distinct": "kind", "same": "matter", "within": "90d"},
            "matter.homes_180d": {
                "title": "家事",
                "count": "incidents",
                "same": "matter",
                "within": "180d",
                "where": {"words.home": True},
            },
            "matter.closed_60d": {
                "title": "办结后",
                "count": "incidents",
                "same": "matter",
                "within": "60d",
                "by": "closed_at",
                "including_this": False,
            },
            "place.others_30d": {
                "title": "别的来件",
                "count": "incidents",
                "same": "place",
                "within": "30d",
                "including_this": False,
            },
            "place.records_60d": {
                "title": "同地",
                "count": "incidents",
                "same": "place",
                "within": "60d",
                "where": {"cause": ["new", "repeat"]},
            },
            "hotspot.persons_90d": {"title": "人数", "count_distinct": "person", "same": "hotspot", "within": "90d"},
            "pair.records_90d": {"title": "同人同事", "count": "incidents", "same": "pair", "within": "90d"},
            "matter.failed": {
                "title": "失败",
                "count": "actions",
                "same": "matter",
                "where": {"action": "mediation_failed"},
            },
            "matter.failed_village": {
                "title": "村失败",
                "count": "actions",
                "same": "matter",
                "where": {"action": "mediation_failed", "level": "village"},
            },
            "matter.returned_60d": {
                "title": "退单",
                "count": "actions",
                "same": "matter",
                "within": "60d",
                "where": {"action": "returned"},
            },
            "matter.closed_yellow_90d": {
                "title": "黄色办结",
                "count": "actions",
                "same": "matter",
                "within": "90d",
                "where": {"action": "close", "level": "yellow"},
            },
            "process.yellow_days": {"title": "黄色天数", "process": "yellow_days"},
            "process.days_open": {"title": "未结天数", "process": "days_open"},
            "process.mediation_tried": {"title": "试过", "process": "mediation_tried"},
        },
        "parameters": {
            "repeat.red": _at(3, 4, 2),
            "place.yellow": _at(3, 5),
            "heads.red": _at(5, 8),
            "points.yellow": _at(30),
            "points.red": _at(70, 60),
            "open.days": _at(20, 14),
        },
        "rules": [
            _rule("R1", "red", {"w": ("words.knife", "is", True), "t": ("words.threat", "is", True)}, when="w or t"),
            _rule("R2", "red", {"n": ("matter.records_30d", "at_least", "$repeat.red")}),
            _rule("R3", "red", {"n": ("record.heads", "at_least", "$heads.red")}),
            _rule(
                "R4", "red", {"h": ("home.any", "is", True), "n": ("matter.homes_180d", "at_least", 2)}, when="h and n"
            ),
            _rule(
                "Y1",
                "yellow",
                {"m": ("words.money", "is", True), "k": ("record.kind", "is", "police_110")},
                when="m and not k",
            ),
            _rule("Y2", "yellow", {"p": ("place.records_60d", "at_least", "$place.yellow")}),
            _rule(
                "Y3",
                "yellow",
                {"h": ("hotspot.persons_90d", "more_than", 2), "c": ("matter.channels_90d", "at_least", 2)},
                when="h or c",
            ),
            _rule("Y4", "yellow", {"w": ("record.weapon", "is", True)}),
            _rule(
                "Y5",
                "yellow",
                {"c": ("matter.closed_60d", "at_least", 1), "l": ("record.length", "more_than", 10)},
                when="c and l",
            ),
            _rule(
                "Y6",
                "yellow",
                {"r": ("matter.returned_60d", "at_least", 2), "s": ("record.returns", "at_least", 2)},
                when="r or s",
                on_missing={"record.returns": "no"},
            ),
            _rule(
                "R6",
                "red",
                {"f": ("matter.failed", "at_least", 2), "b": ("matter.closed_yellow_90d", "at_least", 1)},
                when="f or b",
            ),
            _rule("Y7", "yellow", {"v": ("matter.failed_village", "at_least", 1)}),
            _rule(
                "Y8",
                "yellow",
                {"t": ("process.mediation_tried", "is", False), "d": ("process.days_open", "more_than", "$open.days")},
                when="t and d",
            ),
            _rule("R9", "red", {"y": ("process.yellow_days", "at_least", 30)}),
            _rule("H1", None, {"h": ("words.home", "is", True)}, conclude={"home.any": True}),
            _rule("P1", None, {"w": ("words.water", "is", True)}, points=35),
            _rule("P2", None, {"o": ("place.others_30d", "at_least", 1)}, points=25),
            _rule(
                "P3",
                None,
                {"d": ("words.dirt", "is", True), "l": ("words.light", "is", True)},
                when="d or l",
                points=15,
            ),
            {
                **_rule("A1", None, {"n": ("pair.records_90d", "at_least", 2)}),
                "flag": {"title": "复核", "expires": "30d", "unless": {"t": {"feature": "words.threat", "is": True}}},
            },
        ],
        "never": [
            {
                "id": "N1",
                "title": "人多不为绿",
                "when": "n",
                "let": {"n": {"feature": "record.heads", "at_least": 4}},
                "colour": ["green"],
            }
        ],
    }


def _rule(
    id_: str, colour: str | None, lines: Mapping[str, tuple[str, str, Any]], *, when: str = "", **more: Any
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": id_,
        "title": id_,
        "status": "live",
        "because": id_,
        "advice": "办",
        "basis": "测试",
        "tests": [],
    }
    if colour:
        made["colour"] = colour
    made["let"] = {name: {"feature": fact, operator: bound} for name, (fact, operator, bound) in lines.items()}
    if when:
        made["when"] = when
    return made | more


@lru_cache(maxsize=256)
def _read(name: str, data: bytes) -> Document:
    return read(name, data)


def loaded(book: Book) -> Rulebook:
    """Plain data as a Rulebook, through the loader; files that stay the same are read once in a process."""
    files = {
        name: body for name, body in shipped().files.items() if name in _AS_SHIPPED or name.startswith("mappings/")
    }
    for name in ("settings", "routes"):
        held = book.get(name)
        files[f"{name}.yaml"] = _json({name: held}) if held else shipped().files[f"{name}.yaml"]
    files |= {f"{part}.yaml": _json({part: book[part]}) for part in _TYPED}
    held_read, loader.read = loader.read, _read
    try:
        return loader.load(files)
    finally:
        loader.read = held_read


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def changed(rng: Random) -> tuple[list[str], Book]:
    """One to three changes to the rulebook, by name."""
    book = base()
    names = rng.sample(sorted(CHANGES), rng.choice((1, 1, 2, 3)))
    for name in names:
        CHANGES[name](rng, book)
    return names, book


def _lines(book: Book, operators: tuple[str, ...]) -> list[tuple[dict[str, Any], str]]:
    return [
        (line, op) for rule in book["rules"] for line in rule.get("let", {}).values() for op in operators if op in line
    ]


def _threshold(rng: Random, book: Book) -> None:
    counted = [(line, op) for line, op in _lines(book, ("at_least", "more_than")) if isinstance(line[op], int)]
    line, op = rng.choice(counted)
    line[op] = max(0, line[op] + rng.choice((-2, -1, 1, 2)))


def _operator(rng: Random, book: Book) -> None:
    line, op = rng.choice(_lines(book, ("at_least", "more_than")))
    bound = line.pop(op)
    line[rng.choice(("at_least", "more_than", "less_than", "at_most"))] = bound


def _windows(book: Book, key: str) -> list[dict[str, Any]]:
    return [feature for feature in book["features"].values() if key in feature]


def _window(rng: Random, book: Book) -> None:
    rng.choice(_windows(book, "within"))["within"] = rng.choice(("1d", "7d", "15d", "30d", "60d", "90d", "180d"))


def _key(rng: Random, book: Book) -> None:
    counted = [f for f in _windows(book, "same") if f.get("count") != "actions" and f["same"] != "pair"]
    rng.choice(counted)["same"] = rng.choice(("matter", "place", "hotspot"))


def _where(rng: Random, book: Book) -> None:
    counted = [f for f in _windows(book, "same") if f.get("count") != "actions"]
    line = rng.choice(
        (
            ("kind", ["police_110", "hotline_12345"]),
            ("topic_is", "dispute"),
            ("words.money", True),
            ("words.water", False),
        )
    )
    rng.choice(counted).setdefault("where", {})[line[0]] = line[1]


def _including(rng: Random, book: Book) -> None:
    feature = rng.choice([f for f in _windows(book, "same") if f.get("count") != "actions"])
    feature["including_this"] = not feature.get("including_this", True)


def _actions_where(rng: Random, book: Book) -> None:
    feature = rng.choice([f for f in _windows(book, "same") if f.get("count") == "actions"])
    feature["where"] = {"action": rng.choice(("mediation_failed", "returned", "mediation_tried", "contact", "close"))}


def _colour(rng: Random, book: Book) -> None:
    rule = rng.choice([rule for rule in book["rules"] if "colour" in rule])
    rule["colour"] = {"red": "yellow", "yellow": "red"}[rule["colour"]]


def _negation(rng: Random, book: Book) -> None:
    rule = rng.choice(book["rules"])
    name = rng.choice(sorted(rule["let"]))
    whole = rule.get("when", name)
    rule["when"] = f"({whole}) and not {name}" if len(rule["let"]) > 1 and rng.random() < 0.3 else f"not ({whole})"


def _added_line(rng: Random, book: Book) -> None:
    rule = rng.choice([rule for rule in book["rules"] if not rule["id"].startswith(("R9", "Y8"))])
    whole = rule.get("when") or next(iter(rule["let"]))
    fact = rng.choice(("words.light", "words.dirt", "words.home", "record.weapon"))
    rule["let"]["extra"] = {"feature": fact, "is": rng.choice((True, False))}
    rule["when"] = f"({whole}) {rng.choice(('and', 'or'))} extra"


def _dropped_line(rng: Random, book: Book) -> None:
    rule = rng.choice([rule for rule in book["rules"] if len(rule["let"]) > 1])
    name = rng.choice(sorted(rule["let"]))
    del rule["let"][name]
    rule["when"] = next(iter(rule["let"]))


def _added_rule(rng: Random, book: Book) -> None:
    lines = rng.choice(
        (
            {"d": ("words.dirt", "is", True)},
            {"n": ("place.others_30d", "at_least", 2)},
            {"n": ("matter.records_30d", "between", [2, 3])},
            {"k": ("record.kind", "in", ["petition", "walk_in"])},
            {"x": ("record.heads", "exists", False), "k": ("record.kind", "is", "petition")},
        )
    )
    rule = _rule("X1", rng.choice(("yellow", "red")), lines, when=" and ".join(lines))
    book["rules"].append(rule | {"status": rng.choice(("live", "live", "live", "shadow"))})


def _removed_rule(rng: Random, book: Book) -> None:
    rules = [rule for rule in book["rules"] if rule["id"] != "H1"]
    book["rules"].remove(rng.choice(rules))


def _status(rng: Random, book: Book) -> None:
    rng.choice(book["rules"])["status"] = rng.choice(("retired", "retired", "shadow", "draft"))


def _missing(rng: Random, book: Book) -> None:
    fact = rng.choice(("record.heads", "record.weapon", "record.returns", "record.length"))
    for rule in book["rules"]:
        if any(line["feature"] == fact for line in rule["let"].values()):
            rule.setdefault("on_missing", {})[fact] = rng.choice(("yes", "no", "review"))


def _points(rng: Random, book: Book) -> None:
    rng.choice([rule for rule in book["rules"] if "points" in rule])["points"] += rng.choice((-10, 10, 20, 40))


def _to_points(rng: Random, book: Book) -> None:
    rule = rng.choice(
        [rule for rule in book["rules"] if rule.get("colour") == "yellow" and rule["id"] not in ("Y8", "R9")]
    )
    del rule["colour"]
    rule["points"] = rng.choice((20, 30, 60))


def _dated(rng: Random, book: Book) -> None:
    parameter = book["parameters"][rng.choice(sorted(book["parameters"]))]
    dated = rng.choice(parameter["values"])
    dated["value"] = max(1, dated["value"] + rng.choice((-10, -1, 1, 2, 10)))
    if rng.random() < 0.5:
        parameter["values"].append({"from": "2025-10-10", "value": rng.randrange(1, 50), "source": "测试"})


def _word(rng: Random, book: Book) -> None:
    entries = book["words"][rng.choice(sorted(book["words"]))]["entries"]
    if rng.random() < 0.4:
        entries.remove(rng.choice(entries)) if len(entries) > 1 else None
    entries.append(rng.choice(("违停", "会员卡", "邻居", "业主", "老人", "孩子", "噪音", "处理", "楼道", "物业费")))


def _word_context(rng: Random, book: Book) -> None:
    held = book["words"][rng.choice(sorted(book["words"]))]
    entry = rng.choice([e for e in held["entries"] if isinstance(e, str)])
    held["entries"][held["entries"].index(entry)] = {"text": entry, "not_after": ["没有", "了", "的"], "distance": 4}


def _exception(rng: Random, book: Book) -> None:
    """A case in which a rule does not hold."""
    rule = rng.choice([rule for rule in book["rules"] if "colour" in rule and rule["id"] not in ("Y8", "R9")])
    whole = rule.get("when") or next(iter(rule["let"]))
    rule["let"]["but"] = {"feature": "record.kind", "in": rng.choice((["open311", "grid"], ["hotline_12345"]))}
    rule["when"] = f"({whole}) and not but"


def _elapsed(rng: Random, book: Book) -> None:
    rules = {rule["id"]: rule for rule in book["rules"]}
    if rng.random() < 0.5 and "R9" in rules and "y" in rules["R9"]["let"]:
        rules["R9"]["let"]["y"] = {
            "feature": "process.yellow_days",
            rng.choice(("at_least", "more_than")): rng.choice((3, 10, 20, 45, 90)),
        }
    else:
        book["parameters"]["open.days"] = _at(rng.choice((1, 3, 7, 30)), rng.choice((2, 5, 40)))


def _never(rng: Random, book: Book) -> None:
    book["never"][0]["colour"] = rng.choice((["green"], ["green", "yellow"]))
    book["never"][0]["let"]["n"] = rng.choice(
        ({"feature": "record.heads", "at_least": 2}, {"feature": "words.money", "is": True})
    )


def _flag(rng: Random, book: Book) -> None:
    for rule in book["rules"]:
        if "flag" in rule:
            rule["flag"]["unless"] = {"t": {"feature": rng.choice(("words.light", "words.water")), "is": True}}


def _conclude(rng: Random, book: Book) -> None:
    rule = next((rule for rule in book["rules"] if rule["id"] == "H1"), None)
    if rule is not None:
        rule["let"] = {"h": {"feature": rng.choice(("words.money", "words.threat")), "is": True}}
        rule.pop("when", None)


CHANGES: Mapping[str, Callable[[Random, Book], None]] = {
    "threshold": _threshold,
    "operator": _operator,
    "window": _window,
    "key": _key,
    "where": _where,
    "including": _including,
    "actions": _actions_where,
    "colour": _colour,
    "negation": _negation,
    "line added": _added_line,
    "line dropped": _dropped_line,
    "rule added": _added_rule,
    "rule removed": _removed_rule,
    "status": _status,
    "on_missing": _missing,
    "points": _points,
    "to points": _to_points,
    "dated": _dated,
    "word": _word,
    "word context": _word_context,
    "exception": _exception,
    "elapsed": _elapsed,
    "never": _never,
    "flag": _flag,
    "conclude": _conclude,
}


def _setting(part: str, key: str, value: Any) -> Callable[[Book], None]:
    def change(book: Book) -> None:
        settings = deepcopy(dict(shipped().documents["settings"]))
        held = settings if not part else settings[part]
        held[key] = value
        book["settings"] = settings

    return change


REFUSED: Mapping[str, Callable[[Book], None]] = {
    "settings.identity": _setting("identity", "matter_days", 60),
    "settings.hotspot": _setting("hotspot", "persons", 2),
    "settings.reach_days": _setting("", "reach_days", 200),
    "settings.act_on": _setting("act_on", "newer_than_days", 30),
}
"""Changes that would move records or dispatches: a back-test refuses them, by the name of the part."""
