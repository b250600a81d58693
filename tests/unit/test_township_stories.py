"""Stories and people: everybody invented, phones of a reserved-looking range in every spelling, lines with every slot filled."""

from __future__ import annotations

import random
from collections import Counter

from adapters.township.people import citizen, spelt
from adapters.township.stories import CHANNELS, channel, event, resend, tale, told
from adapters.township.vocabulary import ESCALATION, ESTATES, FIRMS, GROUP_LINES, ROADS, SHOPS, TALES, VILLAGES
from engine.normalise.contacts import phone
from tests.identity_samples import LEAP


def test_the_same_draw_is_the_same_citizen_and_numbers_keep_people_apart() -> None:
    assert citizen(random.Random(1), 5) == citizen(random.Random(1), 5)
    people = [citizen(random.Random(n), n) for n in range(3_000)]
    for name in ("phone", "account", "number"):
        assert len({getattr(one, name) for one in people}) == 3_000
    assert all(one.phone.startswith("19900") and len(one.phone) == 11 for one in people)


def test_every_spelling_of_a_phone_is_read_as_the_phone() -> None:
    draw = random.Random(1)
    spellings = {spelt(draw, "19900001234") for _ in range(300)}
    assert len(spellings) == 6
    assert {phone(spelling) for spelling in spellings} == {"19900001234"}


def test_lines_have_every_slot_filled() -> None:
    draw = random.Random(2)
    who = citizen(draw, 1)
    for line in [*(line for kind in TALES for line in kind.lines), *GROUP_LINES]:
        text = told(draw, line, who)
        assert "{" not in text
        assert "}" not in text


def test_channels_and_tales_come_as_often_as_they_weigh() -> None:
    draw = random.Random(3)
    channels = Counter(channel(draw) for _ in range(5_000))
    assert set(channels) == set(CHANNELS)
    assert channels["police_110"] > channels["petition"] > channels["open311"]
    tales = Counter(tale(draw).topic for _ in range(5_000))
    assert tales.keys() == {kind.topic for kind in TALES}
    assert tales["noise"] > tales["land"]


def test_an_event_is_filed_under_the_words_of_its_channel() -> None:
    draw, kind = random.Random(4), TALES[0]
    who = citizen(draw, 1)
    assert event(draw, "JJ1", LEAP, who, kind=kind, over="police_110").category == kind.police
    assert event(draw, "RX1", LEAP, who, kind=kind, over="hotline_12345").category == kind.hotline
    assert event(draw, "XF1", LEAP, who, kind=kind, over="petition").heads == 1
    assert not event(draw, "WG1", LEAP, who, kind=kind, over="grid").visit


def test_a_resend_says_the_same_words_under_another_number() -> None:
    draw = random.Random(5)
    first = event(draw, "JJ1", LEAP, citizen(draw, 1), kind=TALES[0], over="police_110")
    again = resend(draw, "JJ2", LEAP, first)
    assert (again.text, again.who, again.number) == (first.text, first.who, "JJ2")


def test_no_name_of_a_place_stands_twice() -> None:
    for names in (VILLAGES, ESTATES, SHOPS, FIRMS, ROADS, GROUP_LINES, [steps[0] for steps in ESCALATION]):
        assert len(set(names)) == len(names)
