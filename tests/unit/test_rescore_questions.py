"""What columns say of records is what an assessment says of them: hits, reviews, points, invariants, flags, handing back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from engine.assessment import Outline
from engine.model import Colour, FeatureSet, Value
from engine.rescore import Label, Questions, workspace
from engine.rescore.answers import FLAG, HANDBACK, HIT, REVIEW, Labels
from engine.rescore.scanning import decide
from engine.ruleset import loader
from engine.ruleset.tree import FeatureKind, Rulebook
from engine.store import cells
from engine.triage import Triage
from tests.installation import shipped
from tests.property import rulebooks
from tests.rulebook_samples import rule, rulebook

BASE = (FeatureKind.FIELD, FeatureKind.WORDS)
NOON = timedelta(hours=4)


def by_columns(held: Rulebook, cases: Sequence[FeatureSet], days: Sequence[date]) -> list[Outline]:
    """Outlines of records with these facts, in their order."""
    questions = Questions(held)
    bodies = []
    for case in cases:
        base = {n: v for n, v in case.values.items() if held.features[n].kind in BASE}
        bodies.append(cells.features_bytes(FeatureSet(base, absent=case.absent)))
    counts = [f for f in held.features.values() if f.kind not in (*BASE, FeatureKind.CONCLUDED, FeatureKind.PROCESS)]
    made = {f.name.replace(".", "__"): [case.values.get(f.name, 0) for case in cases] for f in counts}
    numbers = list(range(1, len(cases) + 1))
    with workspace(threads=1) as space:
        space.connection.register("windows", pa.table({"n": numbers, "day": pa.array(days, pa.date32()), **made}))
        given = pa.table({"n": numbers, "made_by": [""] * len(cases), "body": pa.array(bodies, pa.binary())})
        answers = decide(questions, space, [given])
    labels = Labels(questions.labels)
    assert list(answers.numbers) == numbers
    return [
        _outline(Colour(int(colour)), labels.named([int(word) for word in words]))
        for colour, *words in zip(answers.colours, *answers.words, strict=True)
    ]


def _outline(colour: Colour, said: Sequence[Label]) -> Outline:
    hits = frozenset((label.rule, label.what == REVIEW) for label in said if label.what in (HIT, REVIEW))
    return Outline(
        colour, hits, frozenset(label.rule for label in said if label.what == FLAG), Label(HANDBACK, "") in said
    )


def by_assessment(held: Rulebook, cases: Sequence[FeatureSet], days: Sequence[date]) -> list[Outline]:
    """The same as the live middle has it."""
    routed = replace(held, documents={**held.documents, "routes": shipped().documents["routes"]})
    triage, made = Triage(routed, engine="trace"), []
    for number, (case, day) in enumerate(zip(cases, days, strict=True)):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + NOON
        made.append(Outline.of(triage.decide(str(number), at, features=case, trigger="arrival").assessment))
    return made


def facts(rng: Random, held: Rulebook, lacking: frozenset[str]) -> FeatureSet:
    """Drawn facts of a record; no window is ever unknown, no process is a record's."""
    drawn: Mapping[str, Value | None] = rulebooks.facts(rng, held, lacking, (0.0, 0.5))
    kinds = {name: held.features[name].kind for name in drawn}
    values = {
        name: value if kinds[name] in BASE or value is not None else 0
        for name, value in drawn.items()
        if kinds[name] is not FeatureKind.PROCESS
    }
    return FeatureSet(values, absent=tuple(sorted(name for name in lacking if name.startswith("record."))))


def test_columns_and_assessments_say_the_same() -> None:
    seen: Counter[str] = Counter()
    for seed in range(24):
        rng = Random(f"questions/{seed}")
        held = loader.load(rulebooks.rules(rng, size=rng.randrange(6, 24)))
        cases = [facts(rng, held, rulebooks.absent(rng, held)) for _ in range(25)]
        days = [rulebooks.day(rng) for _ in cases]
        expected, found = by_assessment(held, cases, days), by_columns(held, cases, days)
        assert found == expected, seed
        for one in expected:
            seen[one.colour.word] += 1
            seen["flags"] += bool(one.flags)
            seen["review"] += any(review for _, review in one.hits)
            seen["points"] += ("POINTS", False) in one.hits
    assert min(seen[name] for name in ("green", "yellow", "red", "flags", "review", "points")) >= 5, seen


WEAPON = {"w": ("record.weapon", "is", True)}
MANY = {"h": ("record.heads", "at_least", 3)}


def said(held: Rulebook, **values: Any) -> Outline:
    case = FeatureSet(
        {"record.weapon": False, "record.heads": 0, "words.knife": False}
        | {name.replace("__", "."): value for name, value in values.items()}
    )
    (found,), (expected,) = (read(held, [case], [date(2025, 3, 1)]) for read in (by_columns, by_assessment))
    assert found == expected
    return found


def test_an_invariant_raises_a_colour_and_is_a_hit_only_where_it_does() -> None:
    never = [
        {"id": "N1", "title": "绝不为绿", "let": {"k": {"feature": "words.knife", "is": True}}, "when": "k", "colour": ["green"]},
        {"id": "N2", "title": "绝不为绿或黄", "let": {"h": {"feature": "record.heads", "at_least": 9}}, "when": "h", "colour": ["green", "yellow"]},
    ]  # fmt: skip
    held = rulebook(rule("R", WEAPON, colour="yellow"), never=never)
    assert said(held, words__knife=True) == Outline(
        Colour.YELLOW, frozenset({("N1", False)}), frozenset(), handback=False
    )
    assert said(held, words__knife=True, record__weapon=True).hits == {("R", False)}
    assert said(held, record__weapon=True, record__heads=9).colour is Colour.RED
    assert said(held, words__knife=True, record__heads=9).colour is Colour.RED
    assert said(held) == Outline(Colour.GREEN, frozenset(), frozenset(), handback=False)


def test_points_are_one_hit_and_no_bound_below_one_is() -> None:
    for bound, expected in ((30, set()), (20, {("POINTS", False)})):
        held = rulebook(
            rule("a", WEAPON, points=10),
            rule("b", MANY, points=10),
            parameters={"points.yellow": [("2024-01-01", bound)]},
        )
        assert said(held, record__weapon=True, record__heads=3).hits == expected


def test_handing_back_is_told() -> None:
    held = rulebook(rule("R", WEAPON, handback=True))
    assert said(held, record__weapon=True).handback
    assert not said(held, record__weapon=None).handback, "one that only asks for review hands nothing back"


def test_only_facts_that_something_reads_are_computed() -> None:
    window = {"count": "incidents", "same": "matter", "within": "30d", "where": {"words.knife": True}}
    held = rulebook(
        rule("R", {"m": ("matter.read", "at_least", 2)}),
        features={"matter.read": window, "matter.unread": {**window, "within": "90d"}},
    )
    questions = Questions(held)
    assert (questions.windows, questions.marks, questions.base) == (("matter__read",), ("words.knife",), ())
    assert questions.longest == 30 * 86_400


@pytest.mark.parametrize("rules", [0, 40])
def test_many_rules_take_several_words(rules: int) -> None:
    held = rulebook(*(rule(f"R{n}", {"h": ("record.heads", "at_least", n)}) for n in range(rules)))
    found = said(held, record__heads=rules // 2)
    assert found.hits == {(f"R{n}", False) for n in range(rules // 2 + 1) if rules}
    assert Questions(held).words == (2 if rules else 1)
