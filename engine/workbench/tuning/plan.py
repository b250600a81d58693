"""Plan: which numbers are tried, and what a choice has to keep to.

In: a rulebook, names and numbers as typed or as a YAML file. Out: `Knob`s and `Limits`. Raises UsageError for whatever cannot be tried. Not here: trying
(`search`), what a limit is held against (`weighing`).

A number is named by its parameter (`repeat.red_30d`), or by its rule and line (`R7.heads`); a line that asks for a parameter means the parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import UsageError, shape_fault
from engine.evaluate.plan import POINTS_COLOURS, Scope, judged
from engine.model import Value
from engine.ruleset.faults import nearest
from engine.ruleset.strict_yaml import read
from engine.ruleset.tree import Bound, DatedValue, Leaf, Parameter, Reference, Rule, Rulebook

MOST, AT_MOST = 400, 5_000
"""How many choices are tried unless somebody says otherwise, and the most that may be asked for."""
KNOBS = 6
KEPT: Mapping[str, str] = {
    "reds_per_week": "每周新到红的事项，平均",
    "yellows_per_week": "每周新到黄的事项，平均",
    "most_reds_in_a_week": "最多的一周新到红的事项",
    "most_yellows_in_a_week": "最多的一周新到黄的事项",
    "missed": "标注里判低了的",
    "lowered": "比现在的数判低了的事项",
    "over_percent": "判红的标注里应低于红的，百分之几",
}
"""What a choice can be held to, and what it counts."""
OF_CASES = ("missed", "over_percent")
"""Of these, what counts labelled cases."""
_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)(?:/(\d+))?", re.ASCII)
_LIMIT = re.compile(r"\s*(\w+)\s*<?=\s*(\d+)\s*", re.ASCII)
_WIDEST = 1_000


@dataclass(frozen=True, slots=True)
class Knob:
    """A number that is tried: what holds now, and the values. `line` is empty for a parameter, else the rule's line that has the number itself."""

    name: str
    title: str
    now: int
    values: tuple[int, ...]
    rule: str = ""
    line: str = ""

    @property
    def parameter(self) -> str:
        """The parameter that carries it while it is tried."""
        return f"tried.{self.rule}.{self.line}" if self.rule else self.name


class _Range(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    from_: int = Field(alias="from")
    to: int
    step: int = Field(default=1, ge=1)


class _Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    try_: dict[str, list[int] | _Range] = Field(default_factory=dict, alias="try")
    keep: dict[str, int] = Field(default_factory=dict)
    most: int = Field(default=MOST, ge=1, le=AT_MOST)


@dataclass(frozen=True, slots=True)
class Plan:
    """Names with the numbers to try, limits by name, how many choices at most."""

    tried: Mapping[str, tuple[int, ...]]
    keep: Mapping[str, int]
    most: int = MOST


def of_file(name: str, data: bytes) -> Plan:
    """A plan as YAML: `try`, `keep`, `most`."""
    document = read(name, data)
    if document.faults:
        raise UsageError("\n".join(map(str, document.faults)), hint="对照 docs/analyst.md 的试算一节")
    try:
        held = _Plan.model_validate(document.value)
    except ValidationError as problem:
        told = [f"{name}: {'.'.join(map(str, one['loc']))}：{shape_fault({**one})}" for one in problem.errors()]
        raise UsageError("\n".join(told), hint="对照 docs/analyst.md 的试算一节") from None
    tried = {
        of: _ranged(of, values.from_, values.to, values.step) if isinstance(values, _Range) else tuple(values)
        for of, values in held.try_.items()
    }
    return Plan(tried, _kept(held.keep), held.most)


def of_words(tried: Sequence[str], keep: Sequence[str], most: int) -> Plan:
    """A plan as typed: `repeat.red_30d=2,3,4`, `R7.heads=5..15/5`; `reds_per_week<=8`."""
    limits = [(text, _LIMIT.fullmatch(text)) for text in keep]
    for text, found in limits:
        if found is None:
            raise UsageError(f"约束写法不对：{text}", hint=f"写成 reds_per_week<=8，只写整数；可用：{'、'.join(KEPT)}")
    return Plan(
        dict(map(_typed, tried)), _kept({found[1]: int(found[2]) for _, found in limits if found is not None}), most
    )


def _typed(text: str) -> tuple[str, tuple[int, ...]]:
    name, equals, values = text.partition("=")
    ranged = _RANGE.fullmatch(values.strip())
    if ranged is not None:
        return name.strip(), _ranged(text, int(ranged[1]), int(ranged[2]), int(ranged[3] or 1))
    parts = [part.strip() for part in values.split(",")]
    if not equals or not all(re.fullmatch(r"-?\d{1,18}", part, re.ASCII) for part in parts):
        raise UsageError(f"要试的数写法不对：{text}", hint="写成 repeat.red_30d=2,3,4 或 R7.heads=5..15/5，只写整数")
    return name.strip(), tuple(map(int, parts))


def _ranged(text: str, low: int, high: int, step: int) -> tuple[int, ...]:
    if step < 1 or high < low or (high - low) // step >= _WIDEST:
        raise UsageError(f"范围写法不对或太宽：{text}", hint=f"从小到大，步子至少 1，最多 {_WIDEST} 个数")
    return tuple(range(low, high + 1, step))


def _kept(keep: Mapping[str, int]) -> Mapping[str, int]:
    for name in keep:
        if name not in KEPT:
            begun = [one for one in KEPT if one.startswith(name)]
            raise UsageError(f"没有这项约束：{name}", hint=nearest(name, begun or KEPT))
    return keep


def knobs(rulebook: Rulebook, plan: Plan, today: date) -> tuple[Knob, ...]:
    """The numbers of a plan, found in the rules; two names of one number are one."""
    made: dict[str, Knob] = {}
    for name, values in plan.tried.items():
        one = _knob(rulebook, name, tuple(sorted(set(values))), today)
        if one.parameter in made:
            raise UsageError(f"{name} 和前面的 {one.name} 是同一个数", hint="只写一处")
        made[one.parameter] = one
    if not made:
        raise UsageError("没有写要试哪个数", hint="加 --try 参数名=2,3,4，或 --plan 文件")
    if len(made) > KNOBS:
        raise UsageError(f"一次试了 {len(made)} 个数，太多", hint=f"一次最多 {KNOBS} 个；先试最要紧的")
    return tuple(made.values())


def _knob(rulebook: Rulebook, name: str, values: tuple[int, ...], today: date) -> Knob:
    held = rulebook.parameters.get(name)
    if held is not None:
        return _of_parameter(rulebook, held, values, today)
    rules = {rule.id: rule for rule in rulebook.rules}
    id_, _, line = name.partition(".")
    if id_ not in rules or line not in rules[id_].let:
        own = [f"{id_}.{of}" for of in rules[id_].let] if id_ in rules else []
        known = own or [*rulebook.parameters, *(f"{rule.id}.{of}" for rule in rulebook.rules for of in rule.let)]
        raise UsageError(f"没有叫“{name}”的参数，也没有这一行条件", hint=nearest(name, known))
    leaf = rules[id_].let[line]
    if isinstance(leaf.bound, Reference):
        return _of_parameter(rulebook, rulebook.parameters[leaf.bound.name], values, today)
    if type(leaf.bound) is not int:
        raise UsageError(f"{name} 比的不是一个整数", hint="只能试整数的线，不能试真假、代码和列表")
    if rules[id_] not in _judging(rulebook):
        raise UsageError(f"{id_} 不判来件（不是现行规则，或只看办理时限），试不出差别", hint="只试判来件的现行规则")
    title = f"{rules[id_].title}：{rulebook.features[leaf.feature].title}"
    return Knob(name, title, leaf.bound, values, id_, line)


def _of_parameter(rulebook: Rulebook, held: Parameter, values: tuple[int, ...], today: date) -> Knob:
    now: Value = held.at(today)
    if type(now) is not int:
        raise UsageError(f"{held.name} 的值不是整数", hint="只能试整数的线")
    if held.name not in _asked_for(rulebook):
        raise UsageError(f"没有一条判来件的现行规则用到 {held.name}，试不出差别", hint="只看办理时限的规则不在试算之内")
    return Knob(held.name, held.title, now, values)


def _judging(rulebook: Rulebook) -> list[Rule]:
    return [rule for layer in judged(rulebook, Scope.RECORD) for rule in layer]


def _asked_for(rulebook: Rulebook) -> frozenset[str]:
    """Parameters that decide what records are judged to be."""
    lines = [line for rule in _judging(rulebook) for line in _lines(rule)]
    lines += [line for never in rulebook.nevers for line in never.let.values()]
    return frozenset(name for line in lines for name in references(line.bound)) | {name for name, _ in POINTS_COLOURS}


def _lines(rule: Rule) -> Iterator[Leaf]:
    yield from rule.let.values()
    if rule.flag is not None:
        yield from rule.flag.unless.values()


def references(bound: Bound) -> list[str]:
    """The parameters that a bound asks for."""
    parts = bound if isinstance(bound, tuple) else (bound,)
    return [part.name for part in parts if isinstance(part, Reference)]


def loosened(rulebook: Rulebook, tried: Sequence[Knob]) -> Rulebook:
    """The rulebook with every tried number as a parameter: those that stand in a line themselves become one of their own."""
    lines = {(knob.rule, knob.line): Reference(knob.parameter) for knob in tried if knob.rule}
    rules = tuple(
        replace(
            rule,
            let={name: replace(leaf, bound=lines.get((rule.id, name), leaf.bound)) for name, leaf in rule.let.items()},
        )
        for rule in rulebook.rules
    )
    own = {
        knob.parameter: Parameter(knob.parameter, knob.title, (DatedValue(date.min, knob.now),))
        for knob in tried
        if knob.rule
    }
    return replace(rulebook, rules=rules, parameters={**rulebook.parameters, **own})
