"""Every incident that a small rulebook can tell apart, one by one: what a proof must agree with.

In: a rulebook drawn by `rulebooks`. Out: cases of records and of matters, as the language page says what facts can be. Nothing of the solver's encoding is used here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import prod

from engine.evaluate.plan import Scope
from engine.model import FeatureSet, Value
from engine.ruleset.parameters import bound, regimes, values_at
from engine.ruleset.tree import Feature, FeatureKind, Leaf, Operator, Rulebook
from engine.workbench.proof.confirming import Case

ABSENT = "absent"
State = Value | None
MOST = 1_200
_ACTIONS, _DAYS = ("matter.failed", "matter.returned_7d"), ("process.days_since_dispatch", "process.yellow_days")
_OTHER = "（别的）"
_ALWAYS_KNOWN = {"kind", "source", "cause", "anonymous", "confidential", "unreadable"}


def cases(*rulebooks: Rulebook) -> list[Case] | None:
    """Every case of both scopes that these rulebooks, over the same facts, can tell apart; None where there are too many."""
    lines: dict[str, list[Leaf]] = {}
    for rulebook in rulebooks:
        for line in _lines(rulebook):
            lines.setdefault(line.feature, []).append(line)
    made: list[Case] = []
    for scope in Scope:
        states = {
            name: list(_states(rulebooks[0].features[name], _beside(name, lines), rulebooks))
            for name in lines
            if _made(rulebooks[0].features[name], scope)
        }
        if prod(map(len, states.values())) > MOST:
            return None
        for chosen in product(*states.values()):
            case = dict(zip(states, chosen, strict=True))
            if _possible(case):
                made.append(as_case(case, scope))
    return made


def as_case(states: dict[str, object], scope: Scope) -> Case:
    """A case of states by fact."""
    values = {name: state for name, state in states.items() if state is not ABSENT}
    absent = tuple(name for name, state in states.items() if state is ABSENT)
    return Case(FeatureSet(values, absent=absent), scope)  # type: ignore[arg-type]


def states_of(case: Case) -> dict[str, object]:
    """The states of a case."""
    return {**case.features.values, **dict.fromkeys(case.features.absent, ABSENT)}


def _lines(rulebook: Rulebook) -> Iterator[Leaf]:
    for part in (*rulebook.rules, *rulebook.nevers):
        yield from part.let.values()
        flag = getattr(part, "flag", None)
        yield from flag.unless.values() if flag is not None else ()


def _beside(name: str, lines: dict[str, list[Leaf]]) -> list[Leaf]:
    """The lines of a fact, and those of the facts that it is compared with."""
    pairs = (_ACTIONS, _DAYS)
    names = next((pair for pair in pairs if name in pair), (name,))
    return [line for one in names for line in lines.get(one, ())]


def _made(feature: Feature, scope: Scope) -> bool:
    if feature.kind is FeatureKind.CONCLUDED:
        return False
    if scope is Scope.MATTER:
        return feature.kind in (FeatureKind.ACTIONS, FeatureKind.PROCESS)
    return feature.kind is not FeatureKind.PROCESS


def _states(feature: Feature, lines: Sequence[Leaf], rulebooks: Sequence[Rulebook]) -> Iterator[object]:
    bounds: list[Value] = []
    for rulebook in rulebooks:
        values = values_at(rulebook, regimes(rulebook)[-1])
        for line in lines:
            if line.operator is not Operator.EXISTS:
                held = bound(line.bound, values)
                bounds += held if isinstance(held, tuple) else [held]
    codes = sorted({one for one in bounds if isinstance(one, str)})
    if feature.type == "bool":
        yield from (True, False)
    elif feature.type == "int":
        steps = {0, 1, *(n + step for n in bounds if type(n) is int for step in (-1, 0, 1))}
        yield from sorted(n for n in steps if n >= 0)
    elif feature.type == "list":
        yield from (chosen for size in range(len(codes) + 1) for chosen in combinations(codes, size))
    else:
        yield from (*codes, _OTHER)
    if feature.kind is FeatureKind.PROCESS:
        yield ABSENT
    elif feature.kind is FeatureKind.FIELD and feature.of not in _ALWAYS_KNOWN:
        yield None
        if feature.of != "topic":
            yield ABSENT


def _possible(case: dict[str, object]) -> bool:
    """Actions of seven days are among all actions; a matter was never sent out, is under way, or has ended."""
    failed, returned = case.get("matter.failed"), case.get("matter.returned_7d")
    if isinstance(failed, int) and isinstance(returned, int) and returned > failed:
        return False
    process = {name.split(".")[1]: state for name, state in case.items() if name.startswith("process.")}
    never = all(state is ABSENT for state in process.values())
    ended = process.get("outcome_recorded", True) is True and all(
        state is ABSENT for name, state in process.items() if name != "outcome_recorded"
    )
    return never or ended or _under_way(process)


def _under_way(process: dict[str, object]) -> bool:
    if process.get("outcome_recorded", False) is not False:
        return False
    if ABSENT in (process.get("days_since_dispatch", 0), process.get("mediation_tried", False)):
        return False
    days, yellow = process.get("days_since_dispatch"), process.get("yellow_days")
    return not (isinstance(days, int) and isinstance(yellow, int) and yellow > days)
