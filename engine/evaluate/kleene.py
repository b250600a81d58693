"""The three-valued meaning of the condition tree, compiled to plain closures.

In: leaves with resolved bounds, trees. Out: functions from facts to True, False or None (unknown).
Not here: which rules there are (`plan`), words for people (`trace`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import ge, gt, is_, le, lt

from engine.model import Value
from engine.ruleset.parameters import Resolved
from engine.ruleset.tree import All, Leaf, Name, Not, Operator, Some, Tree

Facts = Mapping[str, Value | None]
Verdict = Callable[[Facts], bool | None]
_ABSENT = object()


def leaf(line: Leaf, bound: Resolved) -> Verdict:
    """A comparison: false for an absent fact, None for an unknown one, except `exists`, which is always known."""
    fact = line.feature
    if line.operator is Operator.EXISTS:
        wanted = bound is True
        return lambda facts: (facts.get(fact) is not None) is wanted
    holds = _COMPARE[line.operator](bound)

    def judge(facts: Facts) -> bool | None:
        value = facts.get(fact, _ABSENT)
        if value is _ABSENT:
            return False
        return None if value is None else holds(value)

    return judge


def tree(node: Tree, leaves: Mapping[str, Verdict]) -> Verdict:
    """A condition over named leaves."""
    match node:
        case Name(name):
            return leaves[name]
        case Not(part):
            inner = tree(part, leaves)
            return lambda facts: None if (held := inner(facts)) is None else not held
        case All(parts):
            return _all([tree(part, leaves) for part in parts])
        case Some(least, parts):
            return _some(least, [tree(part, leaves) for part in parts])


def _all(parts: list[Verdict]) -> Verdict:
    def judge(facts: Facts) -> bool | None:
        verdict: bool | None = True
        for part in parts:
            held = part(facts)
            if held is False:
                return False
            if held is None:
                verdict = None
        return verdict

    return judge


def _some(least: int, parts: list[Verdict]) -> Verdict:
    def judge(facts: Facts) -> bool | None:
        sure = open_ = 0
        for part in parts:
            held = part(facts)
            if held:
                sure += 1
                if sure >= least:
                    return True
            elif held is None:
                open_ += 1
        return None if sure + open_ >= least else False

    return judge


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


# A bound stands on the left of its sign here: at least 3 is 3 <= value. Without a frame of Python's own a comparison is twice as quick.
_COMPARE: Mapping[Operator, Callable[..., Callable[..., bool]]] = {
    Operator.IS: lambda b: partial(is_, b) if isinstance(b, bool) else lambda v: _same(v, b),
    Operator.IN: lambda b: lambda v: any(_same(v, one) for one in b),
    Operator.NOT_IN: lambda b: lambda v: not any(_same(v, one) for one in b),
    Operator.AT_LEAST: lambda b: partial(le, b),
    Operator.AT_MOST: lambda b: partial(ge, b),
    Operator.MORE_THAN: lambda b: partial(lt, b),
    Operator.LESS_THAN: lambda b: partial(gt, b),
    Operator.BETWEEN: lambda b: lambda v: b[0] <= v <= b[1],
    Operator.HAS_ANY: lambda b: lambda v: not frozenset(b).isdisjoint(v),
}
