"""Solving: one solver with its time, asked again and again about the same facts.

In: what holds, what is asked. Out: a model, a proof that there is none, or why it is not known. Not here: what is asked (`questions`), whether the engine agrees (`confirming`).

A model is made plain where it is to be shown: of what a plain incident has, as much as can stay, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import z3

from engine.workbench.proof.formulas import Formula

_MILLISECONDS = 1000


class Budget:
    """So much time for all questions together and for each; `clock` gives seconds that only grow."""

    def __init__(self, seconds: float, *, each: float, clock: Callable[[], float]) -> None:
        self._clock, self._each, self._until = clock, each, clock() + seconds

    @property
    def milliseconds(self) -> int:
        """What the next question may take; 0 when the time is over."""
        return int(_MILLISECONDS * max(0.0, min(self._each, self._until - self._clock())))


@dataclass(frozen=True, slots=True)
class Reply:
    """A model, or none with `core`, the ids of the asked names that cannot hold together, or `why` it is not known."""

    model: z3.ModelRef | None = None
    core: frozenset[int] = frozenset()
    why: str = ""


class Asker:
    """A solver that knows what holds."""

    def __init__(self, known: Iterable[Formula], budget: Budget) -> None:
        self._solver, self._budget = z3.SolverFor("QF_FD"), budget
        self._solver.add(*known)
        self._named = 0

    def tell(self, formulas: Iterable[Formula]) -> None:
        """What also holds from now on."""
        self._solver.add(*formulas)

    def name(self, formula: Formula) -> z3.BoolRef:
        """A name that, if it holds, makes the formula hold: what is assumed must be a name."""
        self._named += 1
        literal = z3.Bool(f"asked {self._named}")
        self._solver.add(
            z3.Implies(literal, formula if not isinstance(formula, bool) else z3.And([]) if formula else z3.Or([]))
        )
        return literal

    def ask(self, *asked: Formula, supposing: Sequence[z3.BoolRef] = ()) -> Reply:
        """Whether all of this can hold; `supposing` are names, and those that stand against it come back as `core`."""
        self._solver.push()
        try:
            self._solver.add(*asked)
            return self._checked(supposing)
        finally:
            self._solver.pop()

    def plainest(self, *asked: Formula, wishes: Sequence[z3.BoolRef]) -> Reply:
        """A model of all of this in which as many wishes hold as can be had one after another."""
        self._solver.push()
        try:
            self._solver.add(*asked)
            return self._wished(list(wishes))
        finally:
            self._solver.pop()

    def _wished(self, held: list[z3.BoolRef]) -> Reply:
        given_up: list[z3.BoolRef] = []
        reply = self._checked(held)
        while reply.model is None and not reply.why:
            against = [wish for wish in held if wish.get_id() in reply.core]
            if not against:
                return reply
            given_up += against
            held = [wish for wish in held if wish.get_id() not in reply.core]
            reply = self._checked(held)
        for wish in given_up if reply.model is not None else ():
            again = self._checked([*held, wish])
            if again.model is not None:
                held, reply = [*held, wish], again
        return reply

    def _checked(self, supposing: Sequence[z3.BoolRef]) -> Reply:
        left = self._budget.milliseconds
        if left <= 0:
            return Reply(why="给证明的时间用完了")
        self._solver.set("timeout", left)
        said = self._solver.check(*supposing)
        if said == z3.sat:
            return Reply(model=self._solver.model())
        if said == z3.unsat:
            return Reply(core=frozenset(name.get_id() for name in self._solver.unsat_core()))
        return Reply(why=f"求解器没有在限定的时间内答出来（{self._solver.reason_unknown()}）")
