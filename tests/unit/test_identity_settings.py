"""Settings: the numbers of identity from the rulebook, with defaults for what it does not say."""

from __future__ import annotations

from datetime import timedelta

from engine.identity.settings import Settings
from tests.installation import shipped


def test_an_empty_rulebook_keeps_the_defaults() -> None:
    assert Settings.of({}) == Settings.of({"settings": {}, "topics": {}}) == Settings()


def test_every_number_can_be_said() -> None:
    numbers = {
        "matter_days": 90,
        "fine_days": 7,
        "resend_hours": 0,
        "similar_percent": 33,
        "echo_percent": 66,
        "transfers": [],
    }
    settings = Settings.of({"settings": {"identity": numbers, "hotspot": {"persons": 5, "gap_days": 14}}})
    assert (settings.matter_within, settings.fine_within, settings.resend_within) == (
        timedelta(90),
        timedelta(7),
        timedelta(0),
    )
    assert (settings.similar, settings.echo, settings.transfers) == (33, 66, frozenset())
    assert (settings.hotspot_persons, settings.hotspot_gap) == (5, timedelta(14))


def test_the_shipped_numbers_are_those_of_the_page() -> None:
    settings = Settings.of(shipped().documents)
    assert (settings.matter_within, settings.fine_within, settings.resend_within) == (
        timedelta(180),
        timedelta(30),
        timedelta(1),
    )
    assert (settings.hotspot_persons, settings.hotspot_gap) == (3, timedelta(90))
    assert settings.transfers == {frozenset({"police_110", "hotline_12345"})}


def test_a_topic_counts_as_its_group_or_as_itself() -> None:
    settings = Settings.of(shipped().documents)
    assert settings.group("dv") == settings.group("family") == "family"
    assert settings.group("noise") == settings.group("unheard of")[:0] + "noise"
