"""Benches: a rulebook set up for questions, once for records and once for matters.

In: a rulebook, its day, a budget. Out: benches that search for a case and have the engine look at it. Not here: what is searched for (`questions`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import z3

from engine.evaluate.plan import Scope
from engine.ruleset.parameters import values_at
from engine.ruleset.tree import Rule, Rulebook
from engine.workbench.proof.confirming import Case, Engine
from engine.workbench.proof.encoding import encoded, stated
from engine.workbench.proof.formulas import Formula
from engine.workbench.proof.solving import Asker, Budget
from engine.workbench.proof.space import Space

FAULT = "内部错误：求解器给的例子，研判引擎算出来不是这样，所以不采信；请把规则和这一行报给维护者"


@dataclass(frozen=True, slots=True)
class Found:
    """A case that shows what was asked, none, or `why` it is not known whether there is one."""

    case: Case | None = None
    then: Case | None = None
    why: str = ""


class Bench:
    """The rulebook on incidents of one scope. `known`: cases that the engine has confirmed, each of something."""

    def __init__(self, rulebook: Rulebook, scope: Scope, day: date, budget: Budget) -> None:
        self.rulebook, self.scope, self.values = rulebook, scope, values_at(rulebook, day)
        self.space = Space([rulebook], scope)
        self.facts = self.space.facts(rulebook)
        self.made = encoded(rulebook, self.facts, self.values, scope, shadow=True)
        self.stated = stated(rulebook, self.facts, self.values)
        self.asker = Asker([*self.space.domain, *self.made.definitions], budget)
        self.wishes = {key: self.asker.name(wish) for key, wish in self.space.wishes()}
        self.known: list[Case] = []

    def judges(self, rule: Rule) -> bool:
        """Whether a rule is judged here."""
        return rule.id in self.made.effects

    def case(self, model: z3.ModelRef) -> Case:
        """The facts of a model."""
        return Case(self.space.read(model, self.rulebook), self.scope)


def search(
    benches: Sequence[Bench],
    asked: Callable[[Bench], Formula],
    confirmed: Callable[[Case], bool],
    *,
    engine: Engine,
    wishes: Callable[[Bench], Sequence[z3.BoolRef]] | None = None,
) -> Found:
    """The plainest case in which what is asked holds, once the engine says so as well; a case met before answers most questions."""
    known = next((case for bench in benches for case in bench.known if confirmed(case)), None)
    if known is not None and wishes is None:
        return Found(known)
    why = ""
    for bench in benches:
        formula = asked(bench)
        if formula is False:
            continue
        held = wishes(bench) if wishes else list(bench.wishes.values())
        reply = bench.asker.plainest(formula, wishes=held)
        if reply.model is not None:
            case = bench.case(reply.model)
            if not (engine.keeps(case) and confirmed(case)):
                return Found(why=FAULT)
            bench.known.append(case)
            return Found(case)
        why = why or reply.why
    return Found(why=why)
