"""Courses on lived histories: every matter of a back-test has the views that it has when each is read from the store and looked at alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

import pytest

from engine.casework import RecordView
from engine.model import Action, Colour
from engine.rescore import Workspace
from engine.workbench.backtest import Backtest, Side, courses, past
from engine.workbench.backtest.views import Case, Viewer
from tests.property.previews import Lived, ground, lived, stages_of
from tests.property.rulebook_changes import Book, base, changed, loaded

_CHANGES = 2


@dataclass
class Asked:
    """What courses were grouped for."""

    viewers: tuple[Viewer, ...] = ()
    late: list[bool] = field(default_factory=list)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    made, real = Asked(), courses.group

    def group(space: Workspace, viewers: tuple[Viewer, ...], now: datetime, *, late: bool) -> None:
        made.viewers = viewers
        made.late.append(late)
        real(space, viewers, now, late=late)

    monkeypatch.setattr(courses, "group", group)
    return made


def _books() -> Iterator[Book]:
    """Changes that are drawn, and one after which actions are counted anew, by hours."""
    yield from (changed(Random(f"courses/{turn}"))[1] for turn in range(_CHANGES))
    book = base()
    book["features"]["matter.returned_60d"]["within"] = "900h"
    yield book


def test_on_a_lived_history_each_has_the_views_that_it_has_alone(asked: Asked) -> None:
    with lived("courses/a", most=160) as place:
        assert min(place.seen[what] for what in ("act", "close", "merge", "late")) > 0
        with past(ground(place), Side(place.desk.rulebook, stages_of)) as held:
            for turn, book in enumerate(_books()):
                with held.against(Side(loaded(book), stages_of)) as found:
                    assert list(_differences(place, found, asked)) == [], turn
    assert asked.late[-1]


def _differences(place: Lived, found: Backtest, asked: Asked) -> Iterator[str]:
    matters = found.matters
    rows = {
        row[0]: row[1:]
        for row in matters._ask("SELECT matter, speaks, was, now FROM courses JOIN matters USING (matter)")
    }
    coloured = {row[0]: row[1:] for row in matters._ask("SELECT subject, was, now FROM history JOIN said USING (n)")}
    assert len({speaks for speaks, *_ in rows.values()}) < len(rows)
    for case in _cases(place, matters, list(rows), late=asked.late[-1]):
        speaks, *seen = rows[case.id]
        views = [
            viewer.view(case, [Colour(coloured[record.id][side]) for record in case.records], place.now)
            for side, viewer in enumerate(asked.viewers)
        ]
        colours = [-1 if view.colour is None else int(view.colour) for view in views]
        rules = tuple(view.rules for view in views)
        if (colours, rules) != (seen, matters._rules[speaks]):
            yield f"{case.id}: {colours} {rules}, and by {speaks} {seen} {matters._rules[speaks]}"


def _cases(place: Lived, matters: Any, ids: list[str], *, late: bool) -> Iterator[Case]:
    """Matters as the store reads them."""
    quiet = dict(matters._ask("SELECT matter, bool_and(quiet) FROM history JOIN quiet USING (n) GROUP BY matter"))
    with place.desk.store.read() as view:
        members = view.member_ids(ids)
        home = {id_: matter for matter, held in members.items() for id_ in held}
        records = view.record_views(home)
        once = {id_ for id_ in home if len(view.assessments_of(id_)) == 1}
        several = "SELECT incident FROM versions GROUP BY incident HAVING count(*) > 1"
        retold = {row[0] for row in view._connection.exec_driver_sql(several)}
        decided = {id_ for row in view.decision_rows(home) for id_ in (*row.left, *row.right)}
        actions: dict[str, list[Action]] = defaultdict(list)
        for action in view.actions_of(list(home), evidence=False):
            actions[home[action.matter]].append(action)
    for matter, held in members.items():
        views, log = tuple(RecordView(id_, *records[id_]) for id_ in held), tuple(actions[matter])
        plain = len({action.matter for action in log}) <= 1 and decided.isdisjoint(held)
        stirred = late and any(a.at <= r.at and a.known_at > r.known_at for a in log for r in views)
        told_again = not retold.isdisjoint(held)
        yield Case(matter, views, log, plain, once.issuperset(held), quiet[matter] and not stirred, told_again)
