"""The township's words: invented places that sanse can find, ordinary tales that carry no danger, escalations that end in it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from adapters.township.people import citizen
from adapters.township.stories import told
from adapters.township.vocabulary import DANGER, ESCALATION, ESTATES, FEEDBACKS, FIRMS, SHOPS, TALES, URGES, VILLAGES
from engine.identity.places import Places
from engine.identity.wording import bare, bigrams
from tests.identity_samples import LEAP
from tests.installation import shipped, stages

PLACES = Places(shipped().documents["gazetteer"])


@pytest.mark.parametrize("names", [VILLAGES, ESTATES, SHOPS, FIRMS], ids=["villages", "estates", "shops", "firms"])
def test_a_place_is_found_in_words_around_it(names: tuple[str, ...]) -> None:
    """All but property companies: who manages an estate is no place of its own."""
    found = {name: PLACES.best((f"{name}的灯坏了",), bigrams(bare(f"{name}的灯坏了"))) for name in names}
    missed = [name for name, best in found.items() if best is None and "物业" not in name]
    assert len(missed) <= 0.02 * len(names), missed


def test_two_places_are_never_found_as_one() -> None:
    spelt: Counter[str] = Counter()
    for name in ESTATES:
        best = PLACES.best((f"{name}的灯坏了",), bigrams(f"{name}的灯坏了"))
        spelt[best.mention.name if best else name] += 1
    assert sum(times > 1 for times in spelt.values()) <= 0.1 * len(ESTATES)


def test_ordinary_tales_carry_no_danger() -> None:
    draw = random.Random(6)
    lines = [
        told(draw, line, citizen(draw, n)) for n, kind in enumerate(TALES) for line in kind.lines for _ in range(3)
    ]
    dangerous = [line for line in [*lines, *URGES, *FEEDBACKS] if stages().triage.danger(line, LEAP)]
    assert dangerous == []


@pytest.mark.parametrize("text", DANGER)
def test_every_danger_is_seen(text: str) -> None:
    assert stages().triage.danger(text, LEAP)


def test_every_escalation_ends_in_danger_and_begins_without() -> None:
    for steps in ESCALATION:
        assert not stages().triage.danger(steps[0], LEAP), steps[0]
        assert stages().triage.danger(steps[-1], LEAP), steps[-1]
