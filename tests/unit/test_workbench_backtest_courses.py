"""Courses: matters that went alike are looked at once, and every one of them gets the answer that it would have got alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pyarrow as pa
import pytest

from engine.casework import RecordView
from engine.model import Action, Colour
from engine.rescore import Workspace, workspace
from engine.triage import Triage
from engine.workbench.backtest import courses
from engine.workbench.backtest.courses import Grain
from engine.workbench.backtest.views import Case, View, Viewer
from tests.property.rulebook_changes import Book, base, loaded

NOW = datetime(2025, 9, 20, 3, tzinfo=UTC)
DAY = 86_400
_DAYS = (0, 1, 2, 6, 7, 8, 14, 15, 20, 21, 29, 30, 31, 32, 59, 60, 61, 90, 91, 130, 150)
_OFF = (0, 0, 0, 1, -1, 3_600, -3_600, 40_000)
_ACTS = (
    "dispatch",
    "dispatch",
    "mediation_failed",
    "mediation_tried",
    "returned",
    "contact",
    "close",
    "close",
    "reopen",
)
_ENDS = ("mediation_succeeded", "outcome", "accept")
_LEVELS = ("", "", "village", "yellow")


@dataclass
class Record:
    """A record as columns have it; times are seconds before now."""

    at: int
    known: int
    was: int = 0
    now: int = 0
    stored: int = 0
    counts: bool = True
    closed: bool = False
    once: bool = True
    quiet: bool = True
    decided: bool = False
    retold: bool = False


@dataclass
class Act:
    """An action about a matter: on which of its records, and which it concerns (-1: one of another matter)."""

    kind: str
    at: int
    known: int
    level: str = ""
    actor: str = "sanse"
    on: int = 0
    concerns: tuple[int, ...] = ()


@dataclass
class Matter:
    """One matter; its first record gave it its name."""

    records: list[Record]
    acts: list[Act] = field(default_factory=list)
    name: str = ""

    def ids(self) -> list[str]:
        """The ids of its records, and of one that belongs elsewhere."""
        return [self.name, *(f"{self.name}/{n}" for n in range(1, len(self.records))), "elsewhere"]


def moment(ago: int) -> datetime:
    return NOW - timedelta(seconds=ago)


def stamp(ago: int) -> int:
    return int(NOW.timestamp()) - ago


def alone(matter: Matter, *, late: bool) -> tuple[Case, list[Colour], list[Colour]]:
    """A matter as a view takes it, from what was written down and not from columns."""
    ids = matter.ids()
    records = tuple(
        RecordView(id_, moment(r.at), moment(r.known), r.counts, Colour(r.stored), r.closed)
        for id_, r in zip(ids, matter.records, strict=False)
    )
    log = [
        Action(
            ids[act.on],
            act.kind,
            act.level,
            act.actor,
            moment(act.at),
            moment(act.known),
            id=f"act:{n}{matter.name:>40}",
            concerns=tuple(ids[place] for place in act.concerns),
        )
        for n, act in enumerate(matter.acts)
    ]
    plain = len({act.on for act in matter.acts}) <= 1 and not any(r.decided for r in matter.records)
    stirred = late and any(a.at <= r.at and a.known_at > r.known_at for a in log for r in records)
    quiet = all(r.quiet for r in matter.records) and not stirred
    case = Case(
        matter.name,
        records,
        tuple(sorted(log, key=lambda a: a.at)),
        plain,
        all(r.once for r in matter.records),
        quiet,
        any(r.retold for r in matter.records),
    )
    return case, [Colour(r.was) for r in matter.records], [Colour(r.now) for r in matter.records]


@contextmanager
def held(matters: Sequence[Matter]) -> Iterator[Workspace]:
    """The tables that courses are made from."""
    records = [(m, id_, r) for m in matters for id_, r in zip(m.ids(), m.records, strict=False)]
    history = [
        {
            "n": n,
            "subject": id_,
            "at": stamp(r.at),
            "closed_at": stamp(r.at) if r.closed else None,
            "counts": r.counts,
            "kind": "police_110",
            "matter": m.name,
        }
        for n, (m, id_, r) in enumerate(records)
    ]
    acts = [
        {
            "id": f"act:{n}{m.name:>40}",
            "record": m.ids()[act.on],
            "kind": act.kind,
            "level": act.level,
            "actor": act.actor,
            "at": stamp(act.at),
            "known": stamp(act.known),
            "concerns": [m.ids()[place] for place in act.concerns] or None,
        }
        for m in matters
        for n, act in enumerate(m.acts)
    ]
    tables = {
        "history": history,
        "learned": [
            {"n": n, "known": stamp(r.known), "once": r.once, "stored": r.stored} for n, (*_, r) in enumerate(records)
        ],
        "said": [{"n": n, "was": r.was, "now": r.now} for n, (*_, r) in enumerate(records)],
        "quiet": [{"n": n, "quiet": r.quiet} for n, (*_, r) in enumerate(records)],
        "matters": [{"matter": m.name, "wanted": True} for m in matters],
        "acts": [{"n": n, **act} for n, act in enumerate(acts)],
        "decided": [{"record": id_} for _, id_, r in records if r.decided] or [{"record": "nobody"}],
        "retold": [{"record": id_} for _, id_, r in records if r.retold] or [{"record": "nobody"}],
    }
    types = {"acts": _ACTS_TYPE, "history": _HISTORY_TYPE}
    with workspace() as space:
        for name, rows in tables.items():
            space.add(name, "SELECT * FROM arriving", pa.Table.from_pylist(rows, schema=types.get(name)))
        yield space


_TEXT, _INT, _TRUTH = pa.string(), pa.int64(), pa.bool_()
_ACTS_TYPE = pa.schema(
    [
        ("n", _INT),
        *((name, _TEXT) for name in ("id", "record", "kind", "level", "actor")),
        ("at", _INT),
        ("known", _INT),
        ("concerns", pa.list_(_TEXT)),
    ]
)
_HISTORY_TYPE = pa.schema(
    [
        ("n", _INT),
        ("subject", _TEXT),
        ("at", _INT),
        ("closed_at", _INT),
        ("counts", _TRUTH),
        ("kind", _TEXT),
        ("matter", _TEXT),
    ]
)


def viewer(book: Book, *, steady: bool = True, newer_than: timedelta = timedelta(days=7)) -> Viewer:
    return Viewer(Triage(loaded(book), engine="trace"), steady=steady, newer_than=newer_than)


def spoken(
    matters: Sequence[Matter], viewers: tuple[Viewer, Viewer], *, late: bool = False
) -> dict[str, tuple[str, View, View]]:
    """Of every matter who speaks for it, and both views of that one."""
    with held(matters) as space:
        courses.group(space, viewers, NOW, late=late)
        said = {
            one.case.id: (viewers[0].view(one.case, one.before, NOW), viewers[1].view(one.case, one.after, NOW))
            for one in courses.speakers(space)
        }
        rows = space.connection.execute("SELECT matter, speaks FROM courses").fetchall()
    return {matter: (speaks, *said[speaks]) for matter, speaks in rows}


def groups(*matters: Matter, viewers: tuple[Viewer, Viewer] | None = None, late: bool = False) -> int:
    """How many kinds there are of them, named a, b, c …"""
    for name, matter in zip("abcdefgh", matters, strict=False):
        matter.name = matter.name or name
    return len({speaks for speaks, *_ in spoken(matters, viewers or (viewer(base()),) * 2, late=late).values()})


def drawn(rng: Random) -> Matter:
    """A matter of up to four records and five actions, many moments of which fall together or whole days apart."""
    clock = [days * DAY + rng.choice(_OFF) for days in rng.sample(_DAYS, 3)]

    def ago() -> int:
        return rng.choice(clock) + rng.choice((0, 0, 0, 0, 1, DAY, 7 * DAY, 30 * DAY))

    closing, simple = rng.random() < 0.3, rng.random() < 0.3
    records = []
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        known = ago()
        was, now = rng.choice((0, 0, 1, 1, 2)), rng.choice((0, 0, 1, 1, 2))
        records.append(Record(known + rng.choice((0, 0, 1, 6 * DAY, 7 * DAY, 8 * DAY)), known, was, now, was))
        records[-1].closed, records[-1].counts = closing and rng.random() < 0.8, rng.random() < 0.7
    acts = []
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 9))):
        kind = "dispatch" if simple else rng.choice(_ENDS if rng.random() < 0.1 else _ACTS)
        known = ago()
        act = Act(
            kind, known + rng.choice((0, 0, 0, 1, DAY)), known, rng.choice(_LEVELS), rng.choice(("sanse", "李四"))
        )
        if kind in ("close", "reopen") and rng.random() < 0.7:
            act.concerns = tuple(n for n in range(-1, len(records)) if rng.random() < 0.6)
        acts.append(act)
    if closing and rng.random() < 0.6:
        at = max(record.known for record in records)
        acts.append(Act("dispatch", at, at))
    return Matter(records, acts)


def _some(rng: Random, matter: Matter) -> Record | Act:
    every: list[Record | Act] = [*matter.records, *matter.acts]
    return rng.choice(every)


def _moved(rng: Random, matter: Matter) -> None:
    one = _some(rng, matter)
    name = rng.choice(("at", "known"))
    setattr(one, name, getattr(one, name) + rng.choice((1, -1, DAY, -DAY, 3_600, 40 * DAY)))


def _shifted(rng: Random, matter: Matter) -> None:
    by = rng.choice((1, -1, 60, DAY, 60 * DAY))
    every: list[Record | Act] = [*matter.records, *matter.acts]
    for one in every:
        one.at, one.known = one.at + by, one.known + by


def _coloured(rng: Random, matter: Matter) -> None:
    setattr(rng.choice(matter.records), rng.choice(("was", "now", "stored")), rng.randrange(3))


def _turned(rng: Random, matter: Matter) -> None:
    one, name = rng.choice(matter.records), rng.choice(("counts", "closed", "once", "quiet", "decided", "retold"))
    setattr(one, name, not getattr(one, name))


def _acted(rng: Random, matter: Matter) -> None:
    if not matter.acts:
        return
    act = rng.choice(matter.acts)
    match rng.randrange(6):
        case 0:
            act.kind = rng.choice((*_ACTS, *_ENDS))
        case 1:
            act.level = rng.choice(_LEVELS)
        case 2:
            act.actor = rng.choice(("sanse", "李四"))
        case 3:
            act.on = rng.randrange(len(matter.records))
        case 4:
            act.concerns = tuple(n for n in range(-1, len(matter.records)) if rng.random() < 0.5)
        case _:
            matter.acts.append(deepcopy(act))


def _reordered(rng: Random, matter: Matter) -> None:
    rng.shuffle(matter.records if rng.random() < 0.5 else matter.acts)


def _same(_: Random, __: Matter) -> None:
    """Nothing but its name."""


_CHANGES: tuple[Callable[[Random, Matter], None], ...] = (
    _same,
    _moved,
    _moved,
    _shifted,
    _coloured,
    _turned,
    _acted,
    _reordered,
)


def population(seed: str, size: int) -> list[Matter]:
    """Matters of which many are like another but for one thing."""
    rng, made = Random(seed), list[Matter]()
    while len(made) < size:
        pattern = drawn(rng)
        for _ in range(12):
            one = deepcopy(pattern)
            for _ in range(rng.choice((1, 1, 2))):
                rng.choice(_CHANGES)(rng, one)
            one.name = f"police_110:{'9' * rng.choice((1, 1, 1, 70, 102))}{len(made):05}"
            made.append(one)
    return made


def as_it_is(_: Book) -> None:
    """No change."""


def hours(book: Book) -> None:
    """A window that is no whole number of days."""
    book["features"]["matter.returned_60d"]["within"] = "732h"
    book["parameters"]["open.days"]["values"][1]["value"] = 6


def dispatches_counted(book: Book) -> None:
    book["features"]["matter.failed_village"]["where"] = {
        "action": ["mediation_failed", "dispatch"],
        "level": "village",
    }


def limits_with_points(book: Book) -> None:
    """A matter that is open for long has points, and those are no elapsed limit."""
    line = {"o": {"feature": "process.days_open", "between": [7, 20]}}
    book["rules"].append({**book["rules"][-2], "id": "P9", "title": "P9", "let": line, "when": "o", "points": 45})


def open_never_green(book: Book) -> None:
    line = {"d": {"feature": "process.days_open", "at_least": 6}}
    book["never"].append({"id": "N9", "title": "N9", "when": "d", "let": line, "colour": ["green"]})


def nothing_yellow(book: Book) -> None:
    """No rule asks since when a matter is yellow."""
    book["rules"] = [rule for rule in book["rules"] if rule["id"] != "R9"]


def failures_forgotten(book: Book) -> None:
    """Few failures make it yellow as long as they are few, and for so long."""
    book["features"]["matter.failed"]["within"] = "30d"
    rule = next(rule for rule in book["rules"] if rule["id"] == "Y7")
    rule["let"] = {"v": {"feature": "matter.failed", "between": [1, 2]}}


def failures_without_red(book: Book) -> None:
    """Failures of the last days make it yellow, however many they are."""
    book["features"]["matter.failed_village"]["within"] = "5d"
    rule = next(rule for rule in book["rules"] if rule["id"] == "R6")
    rule["let"]["f"]["at_least"] = 20


def failures_by_parameter(book: Book) -> None:
    values = [{"from": start, "value": n, "source": "测试"} for n, start in enumerate(("2024-01-01", "2025-05-01"), 1)]
    book["parameters"]["fails.yellow"] = {"title": "失败", "values": values}
    rule = next(rule for rule in book["rules"] if rule["id"] == "Y7")
    rule["let"]["v"]["at_least"] = "$fails.yellow"


_BOOKS = (
    as_it_is,
    hours,
    dispatches_counted,
    limits_with_points,
    open_never_green,
    nothing_yellow,
    failures_forgotten,
    failures_by_parameter,
)


def tried(change: Callable[[Book], None]) -> Viewer:
    book = base()
    change(book)
    steady = change not in (hours, dispatches_counted, failures_forgotten, failures_without_red)
    return viewer(book, steady=steady, newer_than=timedelta(days=7 if steady else 8))


@pytest.mark.parametrize("change", _BOOKS)
def test_each_gets_the_answer_that_it_would_have_got_alone(change: Callable[[Book], None]) -> None:
    viewers, late = (tried(as_it_is), tried(change)), change is not as_it_is
    matters = population(change.__name__, 1_500)
    found = spoken(matters, viewers, late=late)
    wrong = []
    for matter in matters:
        case, before, after = alone(matter, late=late)
        views = (viewers[0].view(case, before, NOW), viewers[1].view(case, after, NOW))
        if found[matter.name][1:] != views:
            wrong.append((matter, views, found[matter.name]))
    assert wrong == []
    kinds = len({speaks for speaks, *_ in found.values()})
    assert kinds < 0.9 * len(matters), "some went alike"


def dispatched(*days: float, off: int = 0, **more: object) -> Matter:
    """One green record, known and dispatched so many days before now, and dispatched again."""
    agos = [int(day * DAY) + off for day in days]
    return Matter([Record(agos[0] + 60, agos[0], **more)], [Act("dispatch", ago, ago) for ago in agos])  # type: ignore[arg-type]


def test_names_hours_and_later_dispatches_set_nothing_apart() -> None:
    assert groups(dispatched(40.5), dispatched(40.1), dispatched(40.9, 12.2, 3)) == 1
    assert groups(dispatched(95), dispatched(400)) == 1, "nothing tells ninety-five days from four hundred"
    assert groups(dispatched(20.5), dispatched(21.5)) == 2
    assert groups(dispatched(21), dispatched(21, off=-1)) == 2, "a second short of a day"


def test_of_records_of_a_matter_that_nobody_closed_those_that_made_it_redder_count() -> None:
    more = [Record(9 * DAY, 9 * DAY, counts=False), Record(5 * DAY, 5 * DAY)]
    long, short = dispatched(10), dispatched(10)
    long.records += more
    assert groups(long, short) == 1
    long.records[2].now = 1
    assert groups(long, short) == 2
    for matter in (long, short):
        matter.records[0].was = matter.records[0].now = 2
    assert groups(long, short) == 1, "red whatever else there was"


def test_what_is_done_is_set_apart_by_kind_level_and_by_whom() -> None:
    acts = [Act("returned", DAY, DAY), Act("contact", DAY, DAY), Act("returned", DAY, DAY, level="village")]
    made = [dispatched(10), *(dispatched(10) for _ in acts)]
    for matter, act in zip(made[1:], acts, strict=True):
        matter.acts.append(act)
    assert groups(*made, deepcopy(made[1])) == 4


def test_a_matter_is_looked_at_as_what_is_known_of_its_past_allows() -> None:
    made = [dispatched(10), dispatched(10, once=False), dispatched(10, quiet=False), dispatched(10, decided=True)]
    made += [dispatched(10, closed=True), dispatched(10, closed=True, retold=True)]
    assert groups(*made, deepcopy(made[1]), deepcopy(made[3]), deepcopy(made[5])) == 6


def test_an_action_written_late_sets_apart_where_actions_are_counted_anew() -> None:
    made = [dispatched(10), dispatched(10)]
    made[1].acts[0].at += DAY
    made[0].records[0].at = made[1].records[0].at = made[1].acts[0].at + DAY
    made[1].acts[0].known -= 1
    assert groups(*made, late=False) == 2, "dispatched a day earlier"
    made[0].acts[0].at = made[1].acts[0].at
    assert groups(*made, late=False) == 1
    for matter in made:
        matter.records[0].at = matter.acts[0].at - 1
    assert groups(*made, late=True) == 2


def test_where_a_dispatch_is_counted_or_has_points_every_one_counts() -> None:
    made = [dispatched(40.5), dispatched(40.5, 12)]
    for change, kinds in ((as_it_is, 1), (dispatches_counted, 2), (limits_with_points, 2), (open_never_green, 2)):
        assert groups(*made, viewers=(tried(as_it_is), tried(change))) == kinds, change.__name__


def test_hits_of_the_process_are_of_the_record_that_gave_the_matter_its_name() -> None:
    """Somebody failed before one of two records was closed: whether that was in an episode that is over hangs on which of them it was."""
    acts = [Act("dispatch", 95 * DAY, 95 * DAY), Act("mediation_failed", 90 * DAY, 90 * DAY, actor="李四")]
    acts += [Act("close", 80 * DAY, 80 * DAY, actor="李四"), Act("dispatch", 50 * DAY, 50 * DAY)]
    records = [Record(100 * DAY, 100 * DAY), Record(100 * DAY, 100 * DAY), Record(20 * DAY, 20 * DAY, 1, 1)]
    one, other = Matter(records, acts), Matter(deepcopy(records), deepcopy(acts))
    one.records[1].known += 1
    other.records[0].known += 1
    one.acts[2].concerns, other.acts[2].concerns = (0,), (1,)
    views = alone_and_apart(one, other, failures_forgotten)
    assert views == [View(Colour.YELLOW, ("Y8",)), View(Colour.RED, ("R9", "Y8"))]


def test_a_close_that_names_records_of_other_matters_alone_is_not_one_that_names_none() -> None:
    records = [Record(60 * DAY, 60 * DAY, 1, 1), Record(20 * DAY, 20 * DAY)]
    one, other = (
        Matter(deepcopy(records), [Act("close", 40 * DAY, 40 * DAY, actor="李四", concerns=concerns)])
        for concerns in ((), (-1,))
    )
    views = alone_and_apart(one, other, as_it_is)
    assert [view.colour for view in views] == [Colour.GREEN, Colour.YELLOW]


def test_after_an_outcome_what_a_person_dispatched_is_not_what_we_did() -> None:
    records, told = [Record(60 * DAY, 60 * DAY)], Act("mediation_succeeded", 50 * DAY, 50 * DAY, actor="李四")
    one, other = (
        Matter(
            deepcopy(records),
            [Act("dispatch", 60 * DAY, 60 * DAY), told, Act("dispatch", 40 * DAY, 40 * DAY, actor=by)],
        )
        for by in ("sanse", "李四")
    )
    views = alone_and_apart(one, other, as_it_is)
    assert [view.colour for view in views] == [None, Colour.YELLOW]


def test_after_an_outcome_every_record_may_have_been_dispatched() -> None:
    """Had the second one been, it would be open for so many days now that it has points."""
    acts = [Act("dispatch", 60 * DAY, 60 * DAY), Act("mediation_succeeded", 25 * DAY, 25 * DAY, actor="李四")]
    acts.append(Act("mediation_tried", 24 * DAY, 24 * DAY, actor="李四"))
    one, other = (
        Matter([Record(60 * DAY, 60 * DAY), Record(days * DAY, days * DAY)], deepcopy(acts)) for days in (10, 5)
    )
    assert alone_and_apart(one, other, limits_with_points) == [View(None), View(Colour.GREEN)]


def test_what_a_close_ends_in_its_second_may_hang_on_how_long_the_name_is() -> None:
    """A hit that came with the close is of the next episode where it names what was done after that; beyond so many letters it names a digest."""
    failed = [Act("mediation_failed", 60 * DAY, 60 * DAY, level="village", actor="李四") for _ in range(5)]
    acts = [Act("dispatch", 100 * DAY, 100 * DAY), Act("close", 60 * DAY, 60 * DAY), *failed]
    acts.append(Act("dispatch", 50 * DAY, 50 * DAY))
    records = [Record(100 * DAY, 100 * DAY), Record(20 * DAY, 20 * DAY)]
    one, other = (Matter(deepcopy(records), deepcopy(acts), name) for name in ("abc", "abcd"))
    views = alone_and_apart(one, other, failures_without_red)
    assert views == [View(Colour.RED, ("R9",)), View(Colour.GREEN)]


def test_the_longest_window_is_told_from_anything_longer() -> None:
    one, other = (
        Matter([Record(days * DAY, days * DAY)], [Act("close", days * DAY, days * DAY, level="yellow")])
        for days in (90, 95)
    )
    assert alone_and_apart(one, other, as_it_is) == [View(Colour.RED, ("R6",)), View(Colour.GREEN)]


def test_moments_under_other_values_of_parameters_are_apart() -> None:
    """One failure made it yellow until the first of May."""
    one, other = (
        Matter(
            [Record(150 * DAY, 150 * DAY)],
            [Act("dispatch", 150 * DAY, 150 * DAY), Act("mediation_failed", ago, ago, level="village", actor="李四")],
        )
        for ago in (142 * DAY + 42_000, 142 * DAY + 39_000)
    )
    views = alone_and_apart(one, other, failures_by_parameter)
    assert views == [View(Colour.RED, ("R9",)), View(Colour.GREEN)]


def alone_and_apart(one: Matter, other: Matter, change: Callable[[Book], None]) -> list[View]:
    """The views of two matters by themselves; neither speaks for the other."""
    looking, views = tried(change), []
    for name, matter in (("a", one), ("b", other)):
        matter.name = matter.name or name
        case, before, _ = alone(matter, late=False)
        views.append(looking.view(case, before, NOW))
    assert groups(one, other, viewers=(looking, looking)) == 2
    return views


def test_time_is_told_in_the_largest_unit_of_all_windows() -> None:
    assert Grain.of([tried(as_it_is)]).unit == DAY
    assert Grain.of([viewer(base(), newer_than=timedelta(hours=4))]).unit == 4 * 3_600
    assert Grain.of([viewer(base(), newer_than=timedelta(days=100))]).most == 101
    book = base()
    book["parameters"]["open.days"]["values"][0]["value"] = 200
    assert Grain.of([tried(as_it_is), viewer(book)]).most == 202
    grain = Grain.of([tried(as_it_is), tried(hours)])
    assert (grain.unit, grain.most) == (DAY // 2, 181)
    assert [datetime.fromtimestamp(turn, UTC).isoformat() for turn in grain.turns] == [
        "2025-04-30T16:00:00+00:00",
        "2025-08-31T16:00:00+00:00",
    ]


def test_viewers_are_alike_where_the_rules_of_the_process_are() -> None:
    """Where they stand in the files and what is asked of records alone sets nothing apart."""
    book, live = base(), viewer(base())
    book["parameters"]["repeat.red"]["values"][0]["value"] = 9
    book["rules"].insert(0, {**book["rules"][4], "id": "Y0"})
    assert live.alike(viewer(book))
    assert not any(live.alike(tried(change)) for change in _BOOKS if change is not as_it_is)
    assert not live.alike(viewer(base(), steady=False))
    assert not live.alike(viewer(base(), newer_than=timedelta(days=8)))
    for name in ("open.days", "points.yellow"):
        other = base()
        other["parameters"][name]["values"][0]["value"] = 9
        assert not live.alike(viewer(other)), name


def test_none_is_none() -> None:
    assert spoken([Matter([Record(0, 0)], name="a")], (tried(as_it_is),) * 2)["a"][0] == "a"
