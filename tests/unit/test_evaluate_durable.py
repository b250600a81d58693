"""durable-rules decides what the tracer decides, on the cases that once broke it, and says so when it did not look."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import date

import pytest

from engine.errors import RuleError
from engine.evaluate import durable
from engine.evaluate.durable import DurableReader
from engine.evaluate.plan import Scope
from engine.evaluate.trace import Tracer
from engine.model import FeatureSet, Judgement, Value
from engine.ruleset.tree import Rulebook
from tests.rulebook_samples import facts, rule, rulebook

DAY = date(2025, 6, 15)


def both(held: Rulebook, known: FeatureSet, day: date = DAY, *, scope: Scope = Scope.RECORD) -> Judgement:
    """The judgement that durable-rules and the tracer share."""
    decided = DurableReader(held).judge(known, day, scope=scope, shadow=True)
    assert decided == Tracer(held).judge(known, day, scope=scope, shadow=True)
    return decided


def test_it_is_there() -> None:
    assert durable.available()


def test_a_rulebook_without_rules_and_a_record_without_facts() -> None:
    assert both(rulebook(), facts()).outcomes == {}
    assert both(rulebook(rule("R", {"w": ("record.weapon", "exists", False)})), facts()).outcomes == {"R": "fired"}


def test_an_or_fires_its_rule_once() -> None:
    lines = dict.fromkeys("abc", ("record.heads", "at_least", 1))
    held = both(rulebook(rule("R", lines, "a or b or c", points=10)), facts(record__heads=5))
    assert held.points == 10


@pytest.mark.parametrize("code", ["101", "0101", "true", "", 'a"b', "a\\b", "a\nb", "邻里", "😀", "null", "{", "$x"])
def test_a_code_is_itself_and_no_other(code: str) -> None:
    held = rulebook(
        rule("R", {"t": ("record.topic", "not_in", ["x", "101"])}), rule("S", {"t": ("record.topic", "is", 'a"b')})
    )
    both(held, facts(record__topic=code))
    same = rulebook(rule("R", {"t": ("record.topic", "in", [code, "y"])})) if code != "$x" else held
    assert "R" in both(same, facts(record__topic=code)).outcomes


@pytest.mark.parametrize("bound", [0, -1, 2**31, 500_000_000_000, 2**53 + 1, 2**62])
def test_numbers_keep_every_digit(bound: int) -> None:
    held = rulebook(
        rule("is", {"h": ("record.heads", "is", bound)}),
        rule("least", {"h": ("record.heads", "at_least", bound)}),
        rule("more", {"h": ("record.heads", "more_than", bound)}),
    )
    assert list(both(held, facts(record__heads=bound - 1)).outcomes) == []
    assert list(both(held, facts(record__heads=bound)).outcomes) == ["is", "least"]
    assert list(both(held, facts(record__heads=bound + 1)).outcomes) == ["least", "more"]


@pytest.mark.parametrize("operator", ["in", "not_in"])
@pytest.mark.parametrize("heads", [3, None])
def test_an_empty_list_is_a_bound_too(operator: str, heads: int | None) -> None:
    held = both(rulebook(rule("R", {"h": ("record.heads", operator, [])})), facts(record__heads=heads))
    assert held.outcomes == ({"R": "review"} if heads is None else {"R": "fired"} if operator == "not_in" else {})


def test_an_empty_list_of_marks_has_none() -> None:
    held = rulebook(
        rule("R", {"m": ("record.marks", "has_any", [])}), rule("N", {"m": ("record.marks", "has_any", [])}, "not m")
    )
    assert both(held, facts(record__marks=("a",))).outcomes == {"N": "fired"}
    assert both(held, facts(record__marks=None)).outcomes == {"R": "review", "N": "review"}
    assert both(held, facts("record.marks")).outcomes == {"N": "fired"}


NESTED = "2 of [2 of [a, b, not c], 2 of [d, not e, a or c], 3 of [b, c, d, e], not 4 of [a, b, c, d, e]]"


@pytest.mark.parametrize("heads", range(9))
@pytest.mark.parametrize("topic", ["noise", "other", None])
def test_a_condition_that_would_take_it_minutes_takes_milliseconds(heads: int, topic: Value | None) -> None:
    lines = {
        "a": ("record.heads", "between", [1, 4]),
        "b": ("record.heads", "in", [2, 3, 5, 7]),
        "c": ("record.topic", "in", ["noise", "wages", "land"]),
        "d": ("record.topic", "not_in", ["noise"]),
        "e": ("record.heads", "between", [3, 6]),
    }
    started = time.process_time()
    both(
        rulebook(rule("R", lines, NESTED), rule("N", lines, f"not ({NESTED})")),
        facts(record__heads=heads, record__topic=topic),
    )
    assert time.process_time() - started < 5


def test_an_or_of_twenty_ands_is_more_than_one_pattern_can_hold() -> None:
    lines = {f"a{at}": ("record.heads", "is", at) for at in range(20)} | {"w": ("record.weapon", "is", True)}
    held = rulebook(rule("R", lines, " or ".join(f"a{at} and w" for at in range(20))))
    for heads, weapon in ((19, True), (20, True), (3, False), (3, None), (None, True)):
        both(held, facts(record__heads=heads, record__weapon=weapon))


def test_large_and_small_conditions_of_one_layer_do_not_mix() -> None:
    lines = {f"a{at}": ("record.heads", "between", [at, at + 5]) for at in range(8)}
    named = ", ".join(lines)
    held = rulebook(
        rule("small", {"h": ("record.heads", "at_least", 5)}, colour="yellow"),
        *(rule(f"large{least}", lines, f"{least} of [{named}]") for least in (1, 3, 4, 6, 8)),
        rule("after", {"h": ("record.heads", "at_most", 5)}, points=3),
    )
    for heads in (*range(-1, 14), None):
        both(held, facts(record__heads=heads))


def test_every_regime_has_its_own_numbers() -> None:
    held = rulebook(
        rule("R", {"h": ("record.heads", "at_least", "$limit")}),
        parameters={"limit": [("2024-02-29", 5), ("2025-01-01", 2)]},
    )
    reader = DurableReader(held)
    for day, fires in ((date(2024, 2, 28), False), (date(2024, 12, 31), False), (date(2025, 1, 1), True)) * 2:
        assert bool(reader.judge(facts(record__heads=3), day).outcomes) is fires


def test_on_a_matter_only_rules_of_the_process_are_judged() -> None:
    held = rulebook(
        rule("R", {"w": ("record.weapon", "is", True)}),
        rule("P", {"d": ("process.days_open", "at_least", 7)}, colour="yellow"),
        rule("A", {"f": ("matter.failed", "at_least", 2)}, colour="yellow"),
    )
    known = facts(record__weapon=True, process__days_open=7, matter__failed=2)
    assert set(both(held, known).outcomes) == {"R", "A"}
    assert set(both(held, known, scope=Scope.MATTER).outcomes) == {"P", "A"}


def test_facts_of_one_subject_never_reach_the_next() -> None:
    reader = DurableReader(rulebook(rule("R", {"w": ("record.weapon", "is", True)})))
    held = [bool(reader.judge(facts(record__weapon=weapon), DAY).outcomes) for weapon in (True, False, True, False)]
    assert held == [True, False, True, False]


def test_it_starts_no_threads() -> None:
    before = set(threading.enumerate())
    DurableReader(rulebook(rule("R", {"w": ("record.weapon", "is", True)}))).judge(facts(record__weapon=True), DAY)
    assert set(threading.enumerate()) == before


def test_a_failed_action_is_told_and_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(set[str]):
        def add(self, element: str) -> None:
            raise ValueError(element)

    host = durable._HOST
    reader = DurableReader(rulebook(rule("R", {"w": ("record.weapon", "is", True)})))
    reader.judge(facts(record__weapon=True), DAY)
    real = host._host.assert_fact

    def asserting(name: str, message: dict[str, object]) -> object:
        host._fired = Refusing()
        return real(name, message)

    monkeypatch.setattr(host._host, "assert_fact", asserting)
    with pytest.raises(RuleError, match="durable-rules"):
        reader.judge(facts(record__weapon=True), DAY)


def test_without_durable_rules_the_product_loads_and_says_what_to_do() -> None:
    script = (
        "import sys; sys.modules['durable'] = None\n"
        "from engine.evaluate.durable import DurableReader, available\n"
        "from engine.errors import RuleError\n"
        "assert not available()\n"
        "try: DurableReader(None)\n"
        "except RuleError as fault: print(fault)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert "durable-rules 未安装" in told.stdout


def test_a_message_that_came_before_is_not_asked_again_and_another_is(monkeypatch: pytest.MonkeyPatch) -> None:
    held = rulebook(rule("R", {"h": ("record.heads", "at_least", 3)}))
    asked = []
    honest = durable._Desk.ask
    monkeypatch.setattr(durable._Desk, "ask", lambda desk, *more: asked.append(more) or honest(desk, *more))
    reader, forgetful = DurableReader(held, remember=True), DurableReader(held)
    for heads in (5, 5, 4, 5, 1, 2, 1):
        told = facts(record__heads=heads)
        assert reader.judge(told, DAY) == forgetful.judge(told, DAY)
    mine = [name for name, _ in asked if name == asked[0][0]]
    assert len(asked) - len(mine) == 7 and len(mine) == 3, "5, 4, and one for all that is below three"


def test_what_was_said_is_forgotten_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_REMEMBERED", 4)
    reader = DurableReader(rulebook(rule("R", {"h": ("record.heads", "at_least", 0)})), remember=True)
    for heads in (*range(20), 3):
        assert list(reader.judge(facts(record__heads=heads), DAY).outcomes) == ["R"]
    assert len(reader._said) <= 4
