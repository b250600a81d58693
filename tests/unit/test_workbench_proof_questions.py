"""Proofs about one rulebook: the shipped rules are as they should be, every code is shown by a bad rulebook, a time that is over is said."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.evaluate.plan import Scope
from engine.model import Colour, Outcome
from engine.ruleset import loader
from engine.workbench.places import Places
from engine.workbench.proof import benches
from engine.workbench.proof.codes import CODES, Answer, Verdict
from engine.workbench.proof.confirming import Engine
from engine.workbench.proof.questions import prove
from engine.workbench.proof.solving import Budget
from tests.rulebook_samples import rule, rulebook, with_needless_line

pytest_plugins = ["tests.workbench_samples"]

FOLDER = Path(__file__).parents[2] / "fixtures" / "bad_rules"
BASE = {path.name: path.read_bytes() for path in (FOLDER / "lint" / "base").glob("*.yaml")}
FAULTY = sorted((FOLDER / "prove").iterdir())
NO_FINDING = {"P211", "P212"}
BESIDE = {"P207": ["P205"]}
"""What a bad rulebook shows besides: of two rules that contradict each other the weaker decides nothing."""


def budget(seconds: float = 60) -> Budget:
    return Budget(seconds, each=20, clock=time.monotonic)


def answers(files: dict[str, bytes]) -> list[Answer]:
    seen = loader.survey(files)
    assert seen.faults == ()
    return list(prove(seen.rulebook, Places(seen.documents), budget()))


@pytest.fixture(scope="module")
def shipped(survey: loader.Survey, places: Places) -> list[Answer]:
    return list(prove(survey.rulebook, places, budget(300)))


def test_the_shipped_rules_have_no_finding_and_nothing_undecided(shipped: list[Answer]) -> None:
    assert [answer for answer in shipped if answer.finding or answer.verdict is Verdict.UNDECIDED] == []
    assert len(shipped) > 300


def test_every_answer_is_proved_or_has_a_case(shipped: list[Answer]) -> None:
    for answer in shipped:
        assert (answer.case is not None) is (answer.verdict is Verdict.REFUTED)
        assert (answer.reason != "") is (answer.verdict is Verdict.UNDECIDED)


def test_the_invariants_of_the_shipped_rules_and_the_facts_that_rise_are_proved(
    survey: loader.Survey, shipped: list[Answer]
) -> None:
    proved = [answer.of for answer in shipped if answer.code in ("P209", "P210") and answer.verdict is Verdict.PROVED]
    assert proved == [*survey.rulebook.rising, *(never.id for never in survey.rulebook.nevers)]
    assert len(proved) > 30


def test_a_rule_that_decides_has_a_case_in_which_it_alone_does(survey: loader.Survey, shipped: list[Answer]) -> None:
    engine = Engine(survey.rulebook)
    rules = {one.id: one for one in survey.rulebook.rules}
    decides = [answer for answer in shipped if answer.code == "P206" and rules[answer.of].colour is Colour.RED]
    assert len(decides) > 8
    for answer in decides:
        assert answer.case is not None
        judged = engine.judge(answer.case)
        assert judged.outcomes[answer.of] is Outcome.FIRED
        reds = {
            id_ for id_, what in judged.outcomes.items() if rules[id_].colour is Colour.RED and what is Outcome.FIRED
        }
        assert reds == {answer.of} or rules[answer.of].handback


@pytest.mark.parametrize("folder", FAULTY, ids=lambda folder: folder.name)
def test_a_bad_rulebook_has_its_finding_at_its_place(folder: Path) -> None:
    data = (folder / "more.yaml").read_bytes()
    place, hint = data.decode().splitlines()[0].removeprefix("# ").split(" ", 1)
    found = [answer for answer in answers({**BASE, "more.yaml": data}) if answer.finding]
    (own,) = [answer for answer in found if answer.code == folder.name]
    assert [answer.code for answer in found if answer is not own] == BESIDE.get(folder.name, [])
    assert (str(own.place), own.hint) == (f"more.yaml:{place}", hint)
    assert own.claim
    assert own.english


def test_every_code_has_its_folder_and_its_row() -> None:
    assert {folder.name for folder in FAULTY} | NO_FINDING == set(CODES)
    page = (FOLDER.parents[1] / "docs" / "prove.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    assert [code for code, (_, english, _) in CODES.items() if f"| {english} |" not in rows[code]] == []


def test_others_are_named() -> None:
    def found(code: str) -> Answer:
        data = (FOLDER / "prove" / code / "more.yaml").read_bytes()
        return next(one for one in answers({**BASE, "more.yaml": data}) if one.finding and one.code == code)

    assert found("P205").others == ("Z0",)
    assert found("P206").others == ("Z0", "Z1")
    assert set(found("P207").others) | {found("P207").of} == {"Z0", "Z1"}
    assert found("P208").others == ("K1", "K2")


def test_a_needless_line_of_the_shipped_rules_would_be_found(survey: loader.Survey, places: Places) -> None:
    needless = replace(survey.rulebook, rules=tuple(map(with_needless_line, survey.rulebook.rules)))
    found = [(one.code, one.of, one.line) for one in prove(needless, places, budget(300)) if one.finding]
    assert found == [("P203", "R8", "village")]


def test_a_case_shows_no_more_than_it_needs(shipped: list[Answer]) -> None:
    says = next(answer for answer in shipped if answer.code == "P201" and answer.of == "R10")
    assert says.case is not None
    assert says.case.scope is Scope.RECORD
    true = {name for name, value in says.case.features.values.items() if value is True}
    assert true <= {"words.wages", "words.collective_threat"}


def test_when_the_time_is_over_it_says_so(survey: loader.Survey, places: Places) -> None:
    (answer,) = prove(survey.rulebook, places, Budget(0, each=1, clock=time.monotonic))
    assert (answer.verdict, answer.finding) == (Verdict.UNDECIDED, True)
    assert "时间" in answer.reason


def test_a_case_that_the_engine_does_not_confirm_is_a_fault_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The solver is told the opposite of what a line means: it finds a case, the engine says no."""
    from engine.ruleset.tree import Operator
    from engine.workbench.proof import encoding
    from engine.workbench.proof.formulas import opposite

    turned = {**encoding._COMPARE, Operator.AT_LEAST: lambda fact, held: opposite(fact.at_least(int(held)))}
    monkeypatch.setattr(encoding, "_COMPARE", turned)
    wrong = rulebook(rule("R1", {"many": ("record.heads", "at_least", 10)}, on_missing={"record.heads": "no"}))
    found = [one for one in prove(wrong, Places(()), budget()) if one.reason]
    assert found
    assert all(one.reason == benches.FAULT and one.case is None and one.verdict is Verdict.UNDECIDED for one in found)


def test_a_rule_on_trial_is_asked_about_but_not_whether_it_decides() -> None:
    made = rulebook(rule("R1", {"knife": ("words.knife", "is", True)}, status="shadow"))
    codes = {one.code for one in prove(made, Places(()), budget()) if one.of == "R1"}
    assert codes == {"P201", "P204"}


def test_conclusions_points_and_flags_have_answers() -> None:
    made = rulebook(
        rule("C1", {"knife": ("words.knife", "is", True)}, conclude={"made.danger": True}),
        rule(
            "C2",
            {"knife": ("words.knife", "is", True), "many": ("record.heads", "at_least", 3)},
            conclude={"made.danger": True},
        ),
        rule("S1", {"danger": ("made.danger", "is", True)}, points=10),
        rule("S2", {"hurt": ("record.injury", "is", True)}, points=15),
        rule("S3", {"armed": ("record.weapon", "is", True)}, points=1, on_missing={"record.weapon": "no"}),
        parameters={"points.yellow": [("2025-01-01", 20)]},
    )
    needless = {
        one.of: one.others for one in prove(made, Places(()), budget()) if one.code in ("P205", "P206") and one.finding
    }
    assert needless == {"C2": ("C1",), "S3": ()}


def test_thresholds_are_those_of_the_day() -> None:
    changing = rulebook(
        rule("R1", {"many": ("record.heads", "at_least", "$limit.heads")}, on_missing={"record.heads": "no"}),
        rule("R2", {"some": ("record.heads", "at_least", 5)}, on_missing={"record.heads": "no"}),
        parameters={"limit.heads": [("2025-01-01", 3), ("2026-01-01", 8)]},
    )

    def needless(day: date | None) -> set[str]:
        every = prove(changing, Places(()), budget(), day=day)
        return {one.of for one in every if one.code in ("P205", "P206") and one.finding}

    assert needless(None) == {"R1"}
    assert needless(date(2025, 6, 1)) == {"R2"}
