"""Who notices a mistake: lint, proof, the tests beside rules, mutation, each as the command `sanse rules …` runs it.

In: a sound reading and one with a mistake. Out: what is said of the second and not of the first.
Not here: whether that names the mistake (`caught`), whether a mistake does anything at all (`harmless`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

from engine.workbench.linting.lint import lint
from engine.workbench.mutation import Fate, mutate
from engine.workbench.proof.questions import prove
from engine.workbench.proof.solving import Budget
from engine.workbench.testing.suite import run
from tests.faults.caught import Message
from tests.faults.reading import Reading

Look = Callable[[Reading], Iterator[Message]]
_SECONDS = 60.0


def by_lint(reading: Reading) -> Iterator[Message]:
    """`sanse rules lint`."""
    for fault in lint(reading.files):
        place = fault.place
        yield Message("lint", place.file, place.line, str(fault), place.file in reading.unreadable)


def by_proof(reading: Reading) -> Iterator[Message]:
    """`sanse rules prove`: what it counts as a finding."""
    if not reading.loads:
        return
    budget = Budget(_SECONDS, each=_SECONDS, clock=time.monotonic)
    for answer in prove(reading.survey.rulebook, reading.places, budget):
        if answer.finding:
            told = f"{answer.place} [{answer.code}] {answer.of} {answer.claim}：{answer.verdict.value}{answer.reason}"
            yield Message("prove", answer.place.file, answer.place.line, told)


def by_tests(reading: Reading) -> Iterator[Message]:
    """`sanse rules test`."""
    for result in run(reading.survey.rulebook) if reading.loads else ():
        if not result.passed:
            told = f"✗ {result.rule} {result.name}（{result.file}:{result.line}）：{result.message}"
            yield Message("test", result.file, result.line, told)


def by_mutation(reading: Reading) -> Iterator[Message]:
    """`sanse rules mutate`: the mutants that survive."""
    for tried in mutate(reading.survey.rulebook, reading.places) if reading.loads else ():
        if tried.fate is Fate.SURVIVED:
            told = f"{tried.place} {tried.of} 没有测试发现：{tried.what}"
            yield Message("mutate", tried.place.file, tried.place.line, told)


LOOKS: dict[str, Look] = {"lint": by_lint, "test": by_tests, "mutate": by_mutation, "prove": by_proof}
"""From the quickest to the slowest: the later ones are asked of what the earlier ones have not named."""


class Watch:
    """What is new in what each of them says, beside a sound rulebook."""

    def __init__(self, sound: Reading) -> None:
        self._before = {name: Counter(map(_said, look(sound))) for name, look in LOOKS.items()}

    def new(self, name: str, reading: Reading) -> list[Message]:
        """What one of them says only of this rulebook."""
        known = Counter(self._before[name])
        found = []
        for message in LOOKS[name](reading):
            said = _said(message)
            if known[said]:
                known[said] -= 1
            else:
                found.append(message)
        return found


def _said(message: Message) -> tuple[str, str]:
    """A message without its place, for lines move."""
    return message.file, message.text.replace(f":{message.line}", ":")
