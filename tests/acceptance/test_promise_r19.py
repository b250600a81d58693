"""R19: durable-rules loses nothing, keeps its memory, and an error of it is raised, never swallowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import RuleError
from engine.evaluate import durable
from engine.evaluate.durable import DurableReader
from tests.promises.evaluations import DAY, apart, evaluate
from tests.rulebook_samples import facts, rule, rulebook

EVALUATIONS = 25_000
MOST_KIB = 10 * 1024


@pytest.mark.promise("R19")
@pytest.mark.parametrize("paused", [True, False], ids=["collector paused in batches", "collector on"])
def test_memory_stays_and_nothing_is_lost(*, paused: bool) -> None:
    made = apart(EVALUATIONS, paused=paused)
    assert (made.judged, made.wrong) == (EVALUATIONS, 0)
    assert 0 < made.red < EVALUATIONS, "the sample has records of both kinds"
    assert made.grown_kib < MOST_KIB


def test_a_reader_that_errs_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = durable._Desk.ask
    turn = iter(range(10**9))

    def forgetful(desk: durable._Desk, name: str, message: dict[str, Any]) -> set[str]:
        fired = honest(desk, name, message)
        return {"looked"} if next(turn) % 100 == 0 else fired

    monkeypatch.setattr(durable._Desk, "ask", forgetful)
    assert evaluate(1_000, paused=True).wrong > 0


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_action_that_fails_is_raised_at_each_place(monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    calls = iter(range(1, 100))

    class Failing(set[str]):
        def add(self, name: str) -> None:
            if next(calls) == nth:
                raise ValueError(name)
            super().add(name)

    lines = {"h": ("record.heads", "at_least", 1)}
    reader = DurableReader(rulebook(*(rule(f"R{number}", lines) for number in range(3))))
    honest = durable._HOST._host

    class Watched:
        """The host, whose fired rules are noted in a set that fails once."""

        def assert_fact(self, name: str, message: Mapping[str, Any]) -> Any:
            durable._HOST._fired = Failing()
            return honest.assert_fact(name, message)

        def __getattr__(self, name: str) -> Any:
            return getattr(durable._HOST._host if honest is None else honest, name)

    reader.judge(facts(record__heads=0), DAY)
    honest = durable._HOST._host
    monkeypatch.setattr(durable._HOST, "_host", Watched())
    with pytest.raises(RuleError, match="动作出错"):
        reader.judge(facts(record__heads=2), DAY)
    monkeypatch.undo()
    assert len(reader.judge(facts(record__heads=2), DAY).outcomes) == 3, (
        "the next record is judged as if nothing happened"
    )


def test_a_fact_that_nobody_looked_at_is_never_taken_for_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = DurableReader(rulebook(rule("R", {"h": ("record.heads", "at_least", 1)})))
    reader.judge(facts(record__heads=0), DAY)
    honest = durable._HOST._host

    class Deaf:
        """A host that takes a fact and asks no rule."""

        def assert_fact(self, name: str, message: Mapping[str, Any]) -> Any:
            return {}

        def get_ruleset(self, name: str) -> Any:
            class Forgetful:
                def delete_state(self, sid: str) -> None:
                    """Nothing to delete."""

            return Forgetful()

    monkeypatch.setattr(durable._HOST, "_host", Deaf())
    with pytest.raises(RuleError, match="没有看过"):
        reader.judge(facts(record__heads=2), DAY)
    monkeypatch.setattr(durable._HOST, "_host", honest)
    assert reader.judge(facts(record__heads=2), DAY).outcomes
