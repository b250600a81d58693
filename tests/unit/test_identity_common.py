"""Common demands: what many say of one estate or firm is one demand, what households of a village each quarrel about is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.identity.resolve import resolve
from engine.identity.settings import Settings
from engine.model import Cause, Sighting

AT = datetime(2025, 3, 1, tzinfo=UTC)
TOPICS = {
    "family": {"title": "婚恋家庭", "common": "nowhere"},
    "neighbours": {"title": "邻里纠纷", "common": "small"},
    "environment": {"title": "环境污染"},
}
SETTINGS = Settings.of({"topics": TOPICS})


def complaints(place: str, topic: str, *, persons: int, gap: timedelta = timedelta(days=1)) -> list[Sighting]:
    return [seen(f"petition:{n}", at=AT + n * gap, topic=topic, place=place, phone=f"p{n}") for n in range(persons)]


def seen(id_: str, *, at: datetime, topic: str, place: str, phone: str | None) -> Sighting:
    kind = id_.split(":", 1)[0]
    return Sighting(id=id_, kind=kind, at=at, cause=Cause.NEW, topic=topic, place=place, phone=phone)


def hotspots(sightings: list[Sighting]) -> set[str | None]:
    return {links.hotspot for links in resolve(sightings, (), (), settings=SETTINGS).values()}


@pytest.mark.parametrize(
    ("place", "topic", "common"),
    [
        ("柳塘村", "environment", True),
        ("柳塘村", "neighbours", False),
        ("新云社区", "neighbours", False),
        ("和顺花园", "neighbours", True),
        ("教师新村", "neighbours", True),
        ("和顺花园", "family", False),
        ("解放路", "environment", False),
    ],
)
def test_where_a_topic_is_common(place: str, topic: str, *, common: bool) -> None:
    assert SETTINGS.is_common(place, topic) is common
    assert hotspots(complaints(place, topic, persons=3)) == ({"petition:0"} if common else {None})


def test_two_persons_are_no_hotspot_and_anonymous_ones_are_one_person() -> None:
    assert hotspots(complaints("和顺花园", "environment", persons=2)) == {None}
    nameless = [seen(f"grid:{n}", at=AT, topic="environment", place="和顺花园", phone=None) for n in range(9)]
    assert hotspots(nameless) == {None}


def test_a_chain_breaks_where_the_gap_is_longer_than_ninety_days() -> None:
    ninety = timedelta(days=90)
    assert hotspots(complaints("和顺花园", "environment", persons=3, gap=ninety)) == {"petition:0"}
    assert hotspots(complaints("和顺花园", "environment", persons=3, gap=ninety + timedelta(seconds=1))) == {None}
