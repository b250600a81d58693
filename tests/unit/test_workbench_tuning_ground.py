"""Counts of a choice are those of the live reader under the rulebook that the choice is emitted as: colours, weeks, cases, reasons.

In: a township taken in in no order, rules with tried numbers of every sort. Not here: a front and limits (`test_workbench_tuning_weighing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from engine.errors import UsageError
from engine.features.subjects import Member, Subject
from engine.model import Colour
from engine.rescore import Asked, workspace
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import tables
from engine.triage import Decision, Triage
from engine.workbench.tuning import ground as grounds
from engine.workbench.tuning.emitting import _written
from engine.workbench.tuning.ground import Case, Ground
from engine.workbench.tuning.plan import Knob, knobs, of_words
from engine.workbench.tuning.search import search
from tests.installation import ZONE, Installation
from tests.orders import KNOWN_AT, in_order, take_in, township

BASE = Path(__file__).parents[2] / "fixtures" / "bad_rules" / "lint" / "base"
TODAY = date(2025, 8, 1)
MORE = """
parameters:
  repeat.red: {title: 几次为红, values: [{from: 2020-01-01, value: 9, source: 旧}, {from: 2025-07-01, value: 4, source: 新}, {from: 2025-09-01, value: 1, source: 将来}]}
  points.yellow: {title: 几分为黄, values: [{from: 2020-01-01, value: 20, source: 测试}]}
features:
  matter.records_90d: {title: 同一事项90日内件数, count: incidents, same: matter, within: 90d}
  record.people: {title: 涉及人数, field: people}
  record.stated_repeats: {title: 自述次数, field: stated_repeats}
  record.text_length: {title: 字数, field: text_length}
rules:
  - {id: T1, title: 反复, status: live, colour: red, advice: 报, because: 反复, let: {times: {feature: matter.records_90d, at_least: $repeat.red}}}
  - {id: T2, title: 又来, status: live, colour: yellow, because: 又来, let: {times: {feature: matter.records_90d, at_least: 2}, stated: {feature: record.stated_repeats, at_least: 2}}, when: times or stated, on_missing: {record.stated_repeats: review}}
  - {id: T3, title: 话长, status: live, points: 15, because: 长, let: {long: {feature: record.text_length, more_than: 30}}}
  - {id: T4, title: 人数不多, status: live, points: 10, because: 少, let: {few: {feature: record.people, at_most: 2}}, on_missing: {record.people: no}}
  - {id: T5, title: 有人, status: live, conclude: {some.people: true}, let: {some: {feature: record.people, at_least: 3}}, on_missing: {record.people: no}}
  - {id: T6, title: 有人又反复, status: live, colour: red, advice: 报, because: 人, let: {some: {feature: some.people, is: true}, times: {feature: matter.records_90d, at_least: 2}}}
  - {id: T7, title: 试运行, status: shadow, colour: red, advice: 报, because: 短, let: {short: {feature: record.text_length, at_most: 30}}}
never:
  - {id: N1, title: 两次绝不为绿, let: {times: {feature: matter.records_90d, at_least: 2}}, when: times, colour: [green]}
"""
TRIED = ("repeat.red=2,5", "T2.times=2,4", "T4.few=0,2", "points.yellow=15,25")


@dataclass
class Lived:
    """A township's records with what the live reader needs of them."""

    place: Installation
    rulebook: Rulebook
    tried: tuple[Knob, ...]

    @property
    def now(self) -> tuple[int, ...]:
        return tuple(knob.now for knob in self.tried)

    def live(self, choice: tuple[int, ...]) -> dict[str, Decision]:
        """Every record as the live reader judges it under the files of a choice, whose numbers always held."""
        pairs = list(zip(self.tried, choice, strict=True))
        held = loader.load(_written(self.rulebook, pairs, None))
        with self.place.desk.store.read() as view:
            ids = [row[0] for row in view._connection.execute(select(tables.sightings.c.id))]
            rows = view.sightings(ids)
            bases, actions = view.bases(rows), view.actions_of(list(rows), evidence=False)
        members = [Member(row.sighting, row.links) for row in rows.values()]
        subjects = [Subject(member, bases[member.sighting.id]) for member in members]
        decided = Triage(held, engine="trace").assess_records(subjects, members, actions, trigger="rule_change")
        return {decision.assessment.subject: decision for decision in decided}

    def told(self) -> dict[str, tuple[str, int]]:
        """The matter and the time of every record."""
        with self.place.desk.store.read() as view:
            ids = [row[0] for row in view._connection.execute(select(tables.sightings.c.id))]
            rows = view.sightings(ids)
        return {id_: (row.links.matter, int(row.sighting.at.timestamp())) for id_, row in rows.items()}


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Records of a year; the rules that judge them here are a few of our own, whose base facts are made anew."""
    folder = tmp_path_factory.mktemp("tuning")
    (folder / "sanse.db").write_bytes(sqlite_template.read_bytes())
    place = Installation(folder, f"sqlite:///{folder / 'sanse.db'}", now=KNOWN_AT)
    take_in(place.url, in_order(township(260, 3), 7), 60)
    files = {path.name: path.read_bytes() for path in BASE.glob("*.yaml")}
    rulebook = loader.load({**files, "more.yaml": MORE.encode()})
    yield Lived(place, rulebook, knobs(rulebook, of_words(TRIED, [], 400), TODAY))
    place.close()


@contextmanager
def laid(lived: Lived, cases: Sequence[Case] = (), asked: Asked | None = None) -> Iterator[Ground]:
    with workspace(threads=1) as space, lived.place.desk.store.history() as history:
        ground = Ground(lived.rulebook, lived.tried, space, today=TODAY)
        ground.lay(history, cases, asked=asked)
        yield ground


def monday(at: int) -> date:
    day = datetime.fromtimestamp(at, ZONE).date()
    return day - timedelta(days=day.weekday())


def by_hand(
    lived: Lived, choice: tuple[int, ...], weeks: Sequence[date], told: Mapping[str, tuple[str, int]]
) -> tuple[list[int], list[int], dict[str, Colour], int]:
    """Weekly reds and yellows, the colour of every matter, records that only the guard held, as the page says it, record by record."""
    decided = lived.live(choice)
    reds, yellows, tops = Counter[date](), Counter[date](), dict[str, Colour]()
    guarded = 0
    for id_ in sorted(told, key=lambda id_: told[id_][1]):
        matter, at = told[id_]
        made = decided[id_].assessment
        guarded += any(hit.rule == "N1" for hit in made.hits)
        before = tops.get(matter, Colour.GREEN)
        if made.colour > before:
            (reds if made.colour is Colour.RED else yellows)[monday(at)] += 1
            tops[matter] = made.colour
    return [reds[week] for week in weeks], [yellows[week] for week in weeks], tops, guarded


def test_every_choice_comes_to_what_the_live_reader_says(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces so small that the choices are told in several queries."""
    monkeypatch.setattr(grounds, "ROWS", 700)
    told = lived.told()
    ids, matters = sorted(told)[::17], sorted({matter for matter, _ in told.values()})[::5]
    cases = [Case(id_, Colour.RED, record=id_) for id_ in ids] + [Case(m, Colour.YELLOW, matter=m) for m in matters]
    choices = list(product(*(knob.values for knob in lived.tried)))
    with laid(lived, cases) as ground:
        (now,) = ground.judge([lived.now])
        found = ground.judge(choices)
        assert (ground.records, ground.matters) == (len(told), len({matter for matter, _ in told.values()}))
        weeks = ground.weeks
    days = sorted({monday(at) for _, at in told.values()})
    assert list(weeks) == [days[0] + timedelta(days=7 * n) for n in range(1, (days[-1] - days[0]).days // 7)]
    base = by_hand(lived, lived.now, weeks, told)[2]
    seen = Counter[str]()
    for choice, made in zip([lived.now, *choices], [now, *found], strict=True):
        reds, yellows, tops, guarded = by_hand(lived, choice, weeks, told)
        assert (made.values, list(made.reds), list(made.yellows), made.guarded) == (choice, reds, yellows, guarded)
        everywhere = {*tops, *base}
        moved = [int(tops.get(m, Colour.GREEN)) - int(base.get(m, Colour.GREEN)) for m in everywhere]
        assert (made.lowered, made.raised) == (sum(step < 0 for step in moved), sum(step > 0 for step in moved))
        decided = lived.live(choice)
        assert list(made.got) == [
            decided[case.record].assessment.colour if case.record else tops.get(case.matter, Colour.GREEN)
            for case in cases
        ]
        seen.update(reds=sum(reds) > 0, guarded=guarded > 0, lowered=made.lowered > 0, raised=made.raised > 0)
    assert all(seen[name] for name in ("reds", "guarded", "lowered", "raised")), seen
    assert len({(made.reds, made.yellows) for made in found}) >= 4


def test_a_lost_case_names_the_rule_and_the_line_that_it_fell_short_of(lived: Lived) -> None:
    told = lived.told()
    before, then = (2, 2, 2, 20), (9, 4, 2, 20)
    was, is_ = lived.live(before), lived.live(then)
    lost = sorted(id_ for id_ in told if is_[id_].assessment.colour < was[id_].assessment.colour)
    assert len(lost) > 3
    with laid(lived) as ground:
        for id_ in lost:
            hits = [{hit.rule for hit in of[id_].assessment.hits} for of in (was, is_)]
            reasons = {why.rule: why for why in ground.reasons(Case(id_, Colour.RED, record=id_), before, then)}
            assert set(reasons) == hits[0] - hits[1]
            for rule, bound in (("T1", 9), ("T2", 4)):
                if rule in reasons:
                    why, count = reasons[rule], orjson.loads(was[id_].record)["facts"]["values"]["matter.records_90d"]
                    assert (why.record, why.fact, why.value, why.bound) == (id_, "同一事项90日内件数", count, bound)
        matter = told[lost[0]][0]
        of_matter = ground.reasons(Case(matter, Colour.RED, matter=matter), before, then)
        assert {"T1"} <= {why.rule for why in of_matter}
        assert ground.reasons(Case(matter, Colour.RED, matter=matter), then, then) == []


def test_only_the_records_of_a_period_are_counted_and_windows_see_all(lived: Lived) -> None:
    told = lived.told()
    times = sorted(at for _, at in told.values())
    since, until = times[len(times) // 2], times[-len(times) // 5]
    inside = {id_: one for id_, one in told.items() if since <= one[1] <= until}
    outside = next(id_ for id_ in told if id_ not in inside)
    cases = [Case("在外", Colour.GREEN, record=outside)]
    with laid(lived, cases, Asked(since, until)) as ground:
        (made,) = ground.judge([lived.now])
        assert ground.records == len(inside)
        assert made.got == (None,)
        assert (list(made.reds), list(made.yellows)) == by_hand(lived, lived.now, ground.weeks, inside)[:2]
    with pytest.raises(UsageError, match="没有存下的来件"), laid(lived, asked=Asked(times[-1] + 1)):
        pass


def test_a_walk_tries_few_choices_and_the_grid_tries_all(lived: Lived) -> None:
    told = lived.told()
    cases = [Case(m, Colour.RED, matter=m) for m in sorted({matter for matter, _ in told.values()})[:40]]
    keep = {"missed": 30}
    with laid(lived, cases) as ground:
        whole = search(ground, cases, keep, 16)
        assert (whole.every, whole.choices, whole.tried) == (True, 16, 17)
        walked = search(ground, cases, keep, 15)
        assert (walked.every, walked.choices) == (False, 16)
        assert walked.tried <= 15
        again = search(ground, cases, keep, 15)
    assert again == walked
    for choice, made in walked.measured.items():
        assert whole.measured.get(choice, made) == made
    assert walked.front[0].order <= walked.now.order
    assert walked.front[0].goals[:3] == whole.front[0].goals[:3] != walked.now.goals[:3]
