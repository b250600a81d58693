"""The year: one seed one year; callers, families, whole estates, clerks, in order of time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from adapters.township.stories import CHANNELS, Event
from adapters.township.vocabulary import DANGER, FEEDBACKS, URGES
from adapters.township.year import Year

START = date(2025, 1, 1)
BEGIN = datetime(2024, 12, 31, 16, tzinfo=UTC)


@cache
def events(seed: int = 7, records: int = 5_000) -> list[Event]:
    return Year(seed, records, START).events()


def test_one_seed_one_year() -> None:
    assert Year(5, 400, START).events() == Year(5, 400, START).events()
    assert Year(6, 400, START).events() != Year(5, 400, START).events()


@pytest.mark.parametrize("records", [1, 50, 1_000, 5_000])
def test_at_least_as_many_records_as_asked_and_hardly_more(records: int) -> None:
    assert records <= len(events(7, records)) <= max(records + 10, 260)


def test_in_order_of_time_within_the_year_and_its_tail() -> None:
    times = [event.at for event in events()]
    assert times == sorted(times)
    assert min(times) >= BEGIN
    assert max(times) <= BEGIN + timedelta(days=370)
    assert all(at.microsecond == 0 and at.tzinfo is not None for at in times)


def test_a_leap_year_has_its_leap_day() -> None:
    days = {event.at.date() for event in Year(1, 6_000, date(2024, 1, 1)).events()}
    assert date(2024, 2, 29) in days


def test_all_channels_in_their_proportions() -> None:
    shares = Counter(event.channel for event in events())
    assert set(shares) == set(CHANNELS)
    assert shares["police_110"] + shares["hotline_12345"] > len(events()) * 0.6
    assert min(shares.values()) >= len(events()) * 0.01


def test_a_number_is_given_once_but_to_later_versions() -> None:
    versions = [event for event in events() if event.updated_at is not None]
    firsts = [(event.channel, event.number) for event in events() if event.updated_at is None]
    assert len(set(firsts)) == len(firsts)
    assert {(event.channel, event.number) for event in versions} <= set(firsts)
    assert versions
    assert all(event.updated_at and event.updated_at > event.at for event in versions)


def test_clerks_urge_feed_back_and_hand_over_under_the_other_number() -> None:
    numbers = {event.number for event in events()}
    linked = [event for event in events() if event.main]
    assert {event.text for event in linked} >= {*URGES, *FEEDBACKS}
    assert {event.main for event in linked} <= numbers
    assert Counter(event.cause for event in linked).keys() == {"催办", "民警反馈", ""}
    handed = [event for event in linked if not event.cause]
    assert all(event.channel == "hotline_12345" and event.main.startswith("JJ") for event in handed)


def test_repeat_callers_anonymous_ones_and_crowds() -> None:
    callers = Counter(event.who.number for event in events() if event.who)
    assert sum(times >= 2 for times in callers.values()) > 100
    assert max(callers.values()) >= 12, "the honest ones who write much"
    anonymous = sum(event.who is None for event in events())
    assert 0.1 < anonymous / len(events()) < 0.3


def test_two_estates_complain_sixty_strong() -> None:
    crowds = Counter(event.text[: event.text.find("交房")] for event in events() if "房产证一直办不下来" in event.text)
    assert sum(crowds.values()) >= 60


def test_families_escalate_in_steps_over_weeks() -> None:
    steps = sorted((e.at, e.text) for e in events() if "弄死我全家" in e.text or "喝了酒骂人，摔东西" in e.text)
    assert len(steps) >= 2
    assert steps[-1][0] - steps[0][0] >= timedelta(days=4)


def test_every_danger_is_told_once_to_110() -> None:
    for text in DANGER:
        told = [event for event in events() if event.text.startswith(text)]
        assert [event.channel for event in told] == ["police_110"]


def test_nine_of_ten_answers_are_in_time() -> None:
    answered = [event for event in events() if event.replied_at and event.reply_due_at]
    late = sum(bool(e.replied_at and e.reply_due_at and e.replied_at > e.reply_due_at) for e in answered)
    assert 0.05 < late / len(answered) < 0.15
