"""Lines: `let` and `when` of a rule, each comparison held against the type of its fact.

In: parts, plain data of a rule. Out: leaves and a tree; faults. Not here: the grammar of `when` (`condition`), the rule itself (`build`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.model import Value
from engine.ruleset.condition import RESERVED, ConditionError, leaves, parse
from engine.ruleset.parts import Parts
from engine.ruleset.strict_yaml import Document, Path
from engine.ruleset.tree import All, Bound, Feature, Leaf, Name, Operator, Place, Reference, Tree

_OPERATORS = {operator.value: operator for operator in Operator}
_ORDERED = frozenset({Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE_THAN, Operator.LESS_THAN, Operator.BETWEEN})
_TYPES = {"bool": "真假", "int": "整数", "code": "代码", "list": "列表"}
_LISTS = frozenset({Operator.IN, Operator.NOT_IN, Operator.HAS_ANY, Operator.BETWEEN})
_FITS: Mapping[Operator, tuple[str, ...]] = {
    Operator.IS: ("bool", "int", "code"),
    Operator.IN: ("int", "code"),
    Operator.NOT_IN: ("int", "code"),
    Operator.HAS_ANY: ("list",),
    Operator.EXISTS: ("bool", "int", "code", "list"),
    **dict.fromkeys(_ORDERED, ("int",)),
}


def let_lines(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path) -> dict[str, Leaf]:
    """The named comparisons of a `let` or an `unless`."""
    let: dict[str, Leaf] = {}
    for name, line in raw.items():
        place = document.place((*path, name))
        if name in RESERVED or not re.fullmatch(r"[A-Za-z_0-9]+", name):
            parts.add("R117", place, name=name)
        leaf = _leaf(parts, name, line, place)
        if leaf is not None:
            let[name] = leaf
    return let


def condition(parts: Parts, document: Document, raw: Mapping[str, Any], path: Path, let: Mapping[str, Leaf]) -> Tree:
    """The tree of `when`; without it every line must hold."""
    names = list(raw["let"])
    if not raw.get("when"):
        return Name(names[0]) if len(names) == 1 else All(tuple(Name(name) for name in names))
    (tree,) = conditions(parts, document, raw, path, let, ("when",))
    return tree


def conditions(
    parts: Parts,
    document: Document,
    raw: Mapping[str, Any],
    path: Path,
    let: Mapping[str, Leaf],
    keys: tuple[str, ...],
) -> list[Tree]:
    """The trees of several texts over the same lines; where all can be read, each line must be in one of them."""
    names = list(raw["let"])
    trees = [_read(parts, document, raw[key], (*path, key), names) for key in keys]
    made = [tree for tree in trees if tree is not None]
    used = {name for tree in made for name in leaves(tree)}
    for name in names if len(made) == len(trees) else ():
        if name in let and name not in used:
            parts.add("R112", document.place((*path, "let", name)), name=name)
    return [Name(names[0]) if tree is None else tree for tree in trees]


def _read(parts: Parts, document: Document, text: str, path: Path, names: list[str]) -> Tree | None:
    try:
        return parse(text, names)
    except ConditionError as problem:
        why = f"第{problem.column}个字符：{problem.message}"
        parts.add("R103", document.place(path), why=why, hint=problem.hint)
        return None


def _leaf(parts: Parts, name: str, line: Mapping[str, Any], place: Place) -> Leaf | None:
    operators = [key for key in line if key != "feature"]
    if len(operators) != 1:
        parts.add("R106", place, name=name, operators="、".join(_OPERATORS))
        return None
    feature = parts.features.get(line["feature"])
    if feature is None:
        parts.unknown("R104", place, line["feature"], parts.features)
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
            parts.unknown("R105", place, name, parts.parameters)
        return Reference(name)
    value: Value = written
    return value


def _check_leaf(parts: Parts, leaf: Leaf, feature: Feature, place: Place) -> None:
    if feature.type not in _FITS[leaf.operator]:
        fits = "、".join(op.value for op, types in _FITS.items() if feature.type in types)
        parts.add(
            "R107",
            place,
            feature=feature.name,
            type=_TYPES[feature.type],
            operator=leaf.operator.value,
            hint=f"可用：{fits}",
        )
        return
    wanted = {"bool": bool, "int": int, "code": str, "list": str}[feature.type]
    if leaf.operator is Operator.EXISTS:
        return
    bounds = leaf.bound if isinstance(leaf.bound, tuple) else (leaf.bound,)
    for value, told in (held for part in bounds for held in _values(parts, part)):
        if type(value) is not wanted:
            parts.add("R108", place, feature=feature.name, type=_TYPES[feature.type], bound=told)
    values = [_newest(parts, part) for part in bounds]
    if leaf.operator is Operator.BETWEEN and (len(values) != 2 or _descending(values)):
        parts.add("R109", place)


def _descending(values: list[Any]) -> bool:
    return all(type(value) is int for value in values) and values[0] > values[1]


def _values(parts: Parts, part: object) -> Iterator[tuple[object, object]]:
    """Every value that a bound has had, and how it is told: that of a parameter with its name and where it stands."""
    if not isinstance(part, Reference):
        yield part, part
    elif part.name in parts.parameters:
        for dated in parts.parameters[part.name].values:
            yield dated.value, f"${part.name}＝{dated.value}（{dated.place}）"


def _newest(parts: Parts, part: object) -> object:
    if isinstance(part, Reference):
        parameter = parts.parameters.get(part.name)
        return parameter.values[-1].value if parameter else None
    return part
