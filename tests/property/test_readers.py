"""The four readers of the rule language are one: the page itself, the tracer, durable-rules, and columns on DuckDB.

In: rulebooks and facts drawn by seed (`rulebooks`), judged by `readers`. Not here: how facts are made (`test_windows`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.model import Outcome
from engine.ruleset.tree import Operator
from tests.property.readers import (
    READERS,
    Group,
    Tally,
    Verdict,
    agreement,
    by_page,
    by_trace,
    judge_all,
    judge_shipped,
)

PAIRS, RULEBOOKS = 5_000, 250


@pytest.fixture(scope="module")
def tally() -> Tally:
    """What the normal run judges: 5,000 pairs under 250 rulebooks (ruling 35)."""
    return agreement(seed="readers", rulebooks=RULEBOOKS, pairs=PAIRS)


def test_all_readers_agree(tally: Tally) -> None:
    assert (tally.pairs, tally.rulebooks) == (PAIRS, RULEBOOKS)
    assert tally.disagreements == [], "\n".join(tally.disagreements[:5])


@pytest.mark.parametrize(
    ("what", "least"),
    [
        *((f"colour {colour}", 500) for colour in ("green", "yellow", "red")),
        *((f"live {outcome.value}", 300) for outcome in (Outcome.FIRED, Outcome.REVIEW)),
        *((f"shadow {outcome.value}", 30) for outcome in (Outcome.FIRED, Outcome.REVIEW)),
        *((f"concluded {truth}", 100) for truth in (True, False, None)),
        *((f"layer {layer}", 50) for layer in range(4)),
        *((f"operator {operator.value}", 300) for operator in Operator),
        *((f"scope {scope}", 500) for scope in ("record", "matter")),
        *((f"flag {what}", 100) for what in ("raised", "held back")),
        *((state, 500) for state in ("points", "absent", "unknown", "thresholds of today")),
    ],
)
def test_the_sample_is_not_empty_of(tally: Tally, what: str, least: int) -> None:
    assert tally.seen[what] >= least


def test_all_readers_agree_on_the_shipped_rules() -> None:
    held = judge_shipped("shipped", groups=3, size=160)
    assert held.disagreements == [], "\n".join(held.disagreements[:5])
    common = ("colour green", "colour yellow", "colour red", "live review", "flag raised", "flag held back")
    assert min(held.seen[what] for what in common) >= 20


def test_a_reader_that_errs_in_one_rule_of_one_subject_is_noticed() -> None:
    def careless(group: Group) -> list[Verdict]:
        return [_without_reviews(verdict) for verdict in by_trace(group)]

    found = judge_all([(f"careless/{n}", 60) for n in range(4)], {"page": by_page, "careless": careless})
    assert found.disagreements
    assert all("review by the page, quiet here" in line for line in found.disagreements)


def _without_reviews(verdict: Verdict) -> Verdict:
    sure = {rule: outcome for rule, outcome in verdict.outcomes.items() if outcome is not Outcome.REVIEW}
    return Verdict(sure, verdict.concluded, verdict.points, verdict.colour, verdict.flags)


def test_the_same_seed_draws_the_same_sample() -> None:
    task: Sequence[tuple[str, int]] = [("again", 8)]
    assert judge_all(task, {"trace": by_trace}).seen == judge_all(task, {"trace": by_trace}).seen
    assert next(iter(READERS)) == "page"
