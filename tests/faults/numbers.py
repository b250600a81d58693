"""Mistakes in numbers and dates: another unit, one too many or too few, a year that is not this one.

In: the lines of the rulebook. Out: for each class every `Edit` that would be this mistake.
Not here: how long a holiday is: no other line of the rulebook says so, only the State Council's notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from tests.faults.book import Book, Edit

_DAY = r"(\d{4}-\d\d-\d\d)"
_DURATION = r"\b(?:within|expires|sign|contact|mediate|close): (\d+)([dh])"
_WHERE_DURATIONS = ("features.yaml", "deadlines.yaml")


def wrong_unit(book: Book, rng: Random) -> Iterator[Edit]:
    """The number is right and its unit is not: hours for days, yuan for fen, minutes for hours."""
    for site in book.sites(_DURATION, *_WHERE_DURATIONS):
        yield from site.put(
            "window" if site.file == "features.yaml" else "deadline", {"d": "h", "h": "d"}[site.match[2]], 2
        )
    for site in book.sites(r"^      expires: \d+(d)$"):
        yield from site.put("flag", "h", 1)
    for site in book.sites(r"value: \d+(00),", "parameters.yaml"):
        yield from site.put("yuan for fen", "", 1)
    for site in book.sites(r"^    (?:matter_days|fine_days|gap_days|resend_hours): (\d+)", "settings.yaml"):
        factor = 60 if "hours" in site.text else 24
        yield from site.put("setting", str(int(site.match[1]) * factor), 1)
    days = {site.of for site in book.sites(r"^    unit: 天$", "parameters.yaml")}
    for site in book.sites(r"value: (\d+),", "parameters.yaml"):
        if site.of in days:
            yield from site.put("hours for days", str(int(site.match[1]) * 24), 1)
    del rng


def window_off_by_one(book: Book, rng: Random) -> Iterator[Edit]:
    """A window, a deadline or an expiry is a day (an hour) too long or too short."""
    for site in book.sites(_DURATION, *_WHERE_DURATIONS):
        yield from site.put("window" if site.file == "features.yaml" else "deadline", _nearly(rng, site.match[1]), 1)
    for site in book.sites(r"^      expires: (\d+)d$"):
        yield from site.put("flag", _nearly(rng, site.match[1]), 1)
    for site in book.sites(r"_days: (\d+)", "settings.yaml"):
        yield from site.put("setting", _nearly(rng, site.match[1]), 1)
    for site in book.sites(r"(?:follow_up|review): \[.*?(\d+)d\]", "deadlines.yaml"):
        yield from site.put("another look", _nearly(rng, site.match[1]), 1)


def threshold_off_by_one(book: Book, rng: Random) -> Iterator[Edit]:
    """A threshold is one too high or too low, a nought is missing, or the bound itself no longer counts."""
    for site in book.sites(r"value: (\d+),", "parameters.yaml"):
        number = site.match[1]
        yield from site.put("threshold", number[:-1] if number.endswith("00") else _nearly(rng, number), 1)
    for site in book.sites(r"(?:at_least|at_most|more_than|less_than): (\d+)\}"):
        yield from site.put("number", str(int(site.match[1]) + 1), 1)
    others = {"at_least": "more_than", "more_than": "at_least", "less_than": "at_most", "at_most": "less_than"}
    for site in book.sites(r"\b(at_least|at_most|more_than|less_than): "):
        yield from site.put("bound", others[site.match[1]], 1)
    for site in book.sites(r"^    persons: (\d+)", "settings.yaml"):
        yield from site.put("setting", _nearly(rng, site.match[1]), 1)


def not_in_force(book: Book, rng: Random) -> Iterator[Edit]:
    """What was meant to count from today does not: a year mistyped in `from`, a rule left in trial or retired."""
    for site in book.sites(r"from: (2025)-01-01", "parameters.yaml"):
        yield from site.put("year mistyped", rng.choice(("2052", "2205", "2035")), 1)
    for site in book.sites(r"^    status: (live)$"):
        yield from site.put("left in another status", rng.choice(("draft", "shadow", "retired")), 1)


def calendar_slip(book: Book, rng: Random) -> Iterator[Edit]:
    """A line of the calendar contradicts the calendar: ends before it begins, is of another year, a make-up day that is a working day anyway."""
    file = "calendar.yaml"
    for site in book.sites(rf"from: {_DAY}, to: {_DAY}", file):
        yield from site.put("ends swapped", f"from: {site.match[2]}, to: {site.match[1]}")
    for site in book.sites(rf"(?:from|to|dated): {_DAY}", file):
        year = int(site.match[1][:4])
        yield from site.put("another year", f"{year + rng.choice((-1, 1))}{site.match[1][4:]}", 1)
    for site in book.sites(r"workdays: \[(.*)\]", file):
        days = site.match[1].split(", ")
        at = rng.randrange(len(days))
        others = {
            "works anyway": _weekday(days[at]),
            "no such day": f"{days[at][:5]}02-30",
            "another year": f"2019{days[at][4:]}",
        }
        for kind, other in others.items():
            yield from site.put(kind, ", ".join([*days[:at], other, *days[at + 1 :]]), 1)
    for site in book.sites(rf"^        - \{{name: .*from: {_DAY}.*", file):
        yield Edit("pasted twice", file, site.index + 1, site.of, (), (site.text,))


def _nearly(rng: Random, number: str) -> str:
    return str(max(1, int(number) + rng.choice((-1, 1)))) if number != "1" else "2"


def _weekday(day: str) -> str:
    """The next day that is worked anyway."""
    found = date.fromisoformat(day) + timedelta(days=1)
    while found.isoweekday() > 5:
        found += timedelta(days=1)
    return found.isoformat()
