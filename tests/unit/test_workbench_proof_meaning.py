"""The meaning of a change: proved to change no colour, or shown with an incident and the reasons of both rulebooks."""

from __future__ import annotations

import time
from dataclasses import replace

from engine.evaluate.plan import Scope
from engine.model import Colour
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook, Status
from engine.workbench.proof.codes import Verdict
from engine.workbench.proof.confirming import Engine
from engine.workbench.proof.meaning import Change, compare
from engine.workbench.proof.solving import Budget
from tests.rulebook_samples import rule, rulebook, with_needless_line

pytest_plugins = ["tests.workbench_samples"]


def changes(old: Rulebook, new: Rulebook) -> dict[tuple[str, str], Change]:
    found = compare(old, new, Budget(120, each=60, clock=time.monotonic))
    assert len(found) == 6
    return {
        (one.before.word, one.after.word): one
        for one in found
        if one.verdict is not Verdict.PROVED or one.old is not None
    }


def edited(rulebook_: Rulebook, file: str, old: str, new: str) -> Rulebook:
    text = rulebook_.files[file].decode()
    assert text.count(old) == 1
    return loader.load({**rulebook_.files, file: text.replace(old, new).encode()})


def test_a_line_that_never_decides_changes_no_colour(survey: loader.Survey) -> None:
    old = replace(survey.rulebook, rules=tuple(map(with_needless_line, survey.rulebook.rules)))
    assert changes(old, survey.rulebook) == {}


def test_a_threshold_changes_the_colours_between_the_two_numbers(survey: loader.Survey) -> None:
    old = survey.rulebook
    new = edited(old, "parameters.yaml", "value: 10000000,", "value: 20000000,")
    found = changes(old, new)
    assert set(found) == {("yellow", "green")}
    change = found["yellow", "green"]
    assert change.old is not None
    assert change.new is not None
    amount = change.old.case.features.values["record.amount"]
    assert isinstance(amount, int)
    assert 10_000_000 <= amount < 20_000_000
    assert change.old.case.features.values == change.new.case.features.values
    assert any(reason.startswith("Y6") for reason in change.old.reasons)
    assert change.new.reasons[0].startswith("G0")
    assert (Engine(old).colour(change.old.case), Engine(new).colour(change.new.case)) == (Colour.YELLOW, Colour.GREEN)


def test_a_threshold_that_other_rules_mask_is_proved_harmless() -> None:
    def made(limit: int) -> Rulebook:
        return rulebook(
            rule("R1", {"many": ("record.heads", "at_least", 5)}),
            rule("R2", {"many": ("record.heads", "at_least", limit), "knife": ("words.knife", "is", True)}),
        )

    assert changes(made(8), made(9)) == {}
    assert set(changes(made(8), made(4))) == {("green", "red")}


def test_a_shorter_window_is_another_fact_that_is_not_more(survey: loader.Survey) -> None:
    old = survey.rulebook
    new = edited(
        old,
        "features.yaml",
        "    within: 30d\n    where: {kind: [police_110], cause: [new, repeat], topic_is: dispute}",
        "    within: 20d\n    where: {kind: [police_110], cause: [new, repeat], topic_is: dispute}",
    )
    found = changes(old, new)
    assert ("red", "yellow") in found
    assert not any(after == "red" for _, after in found)
    change = found["red", "yellow"]
    assert change.old is not None
    assert change.new is not None
    counts = [side.case.features.values["matter.incidents_30d"] for side in (change.old, change.new)]
    assert counts[0] == 3
    assert counts[1] in (0, 1, 2)


def test_entries_added_to_a_list_only_ever_raise(survey: loader.Survey) -> None:
    words = survey.rulebook.words
    longer = replace(words["rough"], entries=(*words["rough"].entries, words["dv"].entries[0]))
    found = changes(survey.rulebook, replace(survey.rulebook, words={**words, "rough": longer}))
    assert found
    assert all(Colour.named(after) > Colour.named(before) for before, after in found)


def test_rules_of_the_process_are_compared_on_matters(survey: loader.Survey) -> None:
    rules = tuple(replace(one, status=Status.RETIRED) if one.id == "Y9L" else one for one in survey.rulebook.rules)
    found = changes(survey.rulebook, replace(survey.rulebook, rules=rules))
    assert set(found) == {("yellow", "green")}
    assert all(one.old is not None and one.old.case.scope is Scope.MATTER for one in found.values())


def test_when_the_time_is_over_it_says_so(survey: loader.Survey) -> None:
    found = compare(survey.rulebook, survey.rulebook, Budget(0, each=1, clock=time.monotonic))
    assert {one.verdict for one in found} == {Verdict.UNDECIDED}
    assert all("时间" in one.reason for one in found)


def test_what_invariants_raise_is_counted_in() -> None:
    quiet = rulebook(rule("R1", {"many": ("record.heads", "at_least", 50)}, on_missing={"record.heads": "no"}))
    never = {"id": "N1", "title": "底线", "let": {"knife": {"feature": "words.knife", "is": True}}, "colour": ["green"]}
    guarded = rulebook(
        rule("R1", {"many": ("record.heads", "at_least", 50)}, on_missing={"record.heads": "no"}), never=[never]
    )
    assert set(changes(quiet, guarded)) == {("green", "yellow")}
