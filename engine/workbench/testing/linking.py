"""Linking: the tests beside `settings.yaml`, stories of several records that are linked as they would be.

In: a rulebook, whose `settings.tests` hold stories under the setting that each is about. Out: how each story went. Not here: tests of rules, whose records say outright
which of them belong together (`scenes`).

A story counts what comes of its records: matters, persons, hotspots, records that count, records that are history when they come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from engine.casework import is_history
from engine.errors import shape_fault
from engine.identity.resolve import resolve
from engine.identity.sighting import Sighter
from engine.model import Cause, Contact, Incident
from engine.ruleset.tree import Rulebook
from engine.settlement import Terms
from engine.workbench.places import Places
from engine.workbench.testing.forms import Form
from engine.workbench.testing.results import Result
from engine.workbench.testing.scenes import KEY, NOW, ZONE, misread, moment

_TITLES = {
    "matters": "事项",
    "persons": "来件人",
    "hotspots": "群体诉求",
    "counted": "算次数的来件",
    "history": "算历史的来件",
}


class Told(Form):
    """A record: when, by whom, where, in which words."""

    at: str = "0s"
    kind: str = "police_110"
    cause: Cause = Cause.NEW
    person: str = ""
    address: str = ""
    category: str | None = None
    narrative: str = ""


class Counted(Form):
    """How many of each come of the records; what is not named is not looked at."""

    matters: int | None = None
    persons: int | None = None
    hotspots: int | None = None
    counted: int | None = None
    history: int | None = None


class Story(Form):
    """One test."""

    name: str
    records: list[Told] = Field(min_length=1)
    expect: Counted


def run(rulebook: Rulebook, places: Places) -> Iterator[Result]:
    """Every story beside every setting."""
    for setting, stories in tests(rulebook).items():
        for number, raw in enumerate(stories):
            place = places.of("settings", "tests", setting, number)
            name = str(raw.get("name", number)) if isinstance(raw, Mapping) else str(number)
            told = "；".join(_told(rulebook, raw))
            yield Result(setting, name, place.file, place.line, not told, told)


def tests(rulebook: Rulebook) -> Mapping[str, list[Any]]:
    """The stories by the setting they stand under."""
    return (rulebook.documents.get("settings") or {}).get("tests") or {}


def _told(rulebook: Rulebook, raw: Any) -> Iterator[str]:
    """What came otherwise than expected, or why the story cannot be read."""
    try:
        story = Story.model_validate(raw)
        came = _came(rulebook, story)
    except ValidationError as problems:
        for error in problems.errors():
            yield f"“{'.'.join(map(str, error['loc']))}”{shape_fault(error)}"
        return
    except ValueError as problem:
        yield misread(problem)
        return
    for what, wanted in story.expect.model_dump(exclude_none=True).items():
        if came[what] != wanted:
            yield f"{_TITLES[what]}应为 {wanted}，实际为 {came[what]}"


def _came(rulebook: Rulebook, story: Story) -> dict[str, int]:
    sighter = Sighter(rulebook, KEY)
    incidents = [_incident(number, told) for number, told in enumerate(story.records)]
    links = resolve([sighter.sight(one) for one in incidents], (), (), settings=sighter.settings).values()
    newer = Terms.of(rulebook, ZONE).newer_than
    return {
        "matters": _distinct(link.matter for link in links),
        "persons": _distinct(link.person for link in links),
        "hotspots": _distinct(link.hotspot for link in links),
        "counted": sum(link.counts for link in links),
        "history": sum(is_history(one.occurred_at, NOW, newer) for one in incidents),
    }


def _distinct(ids: Iterator[str | None]) -> int:
    return len({id_ for id_ in ids if id_ is not None})


def _incident(number: int, told: Told) -> Incident:
    at = moment(told.at, NOW)
    return Incident(
        kind=told.kind,
        source="test",
        source_id=str(number),
        version="",
        occurred_at=at,
        known_at=at,
        cause=told.cause,
        narrative=told.narrative,
        category=told.category,
        address=told.address,
        caller=Contact(phone=told.person),
    )
