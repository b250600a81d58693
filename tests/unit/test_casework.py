"""Where a matter stands: the ratchet of law 2, what people set aside, episodes, and what time alone can and cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engine.casework import (
    CLOSE,
    CLOSED,
    DISPATCH,
    FLOOR,
    FOLLOW_UP,
    LAPSE,
    OPEN,
    REOPEN,
    Looks,
    RecordView,
    Standing,
    flowed_back,
    is_history,
    lowering,
    moments,
    of_episode,
    standing,
)
from engine.model import Action, Colour, HitHad, Moment, SetAside

GREEN, YELLOW, RED = Colour
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
START = datetime(2024, 2, 28, 16, tzinfo=UTC)


def record(
    id_: str = "r1",
    colour: Colour = GREEN,
    *,
    day: float = 0,
    known: float | None = None,
    counts: bool = True,
    closed: bool = False,
) -> RecordView:
    at = START + day * DAY
    return RecordView(id_, at, at if known is None else START + known * DAY, counts, colour, closed)


def hit(key: str, colour: Colour, *, known: float = 0, incident: str = "r1") -> HitHad:
    return HitHad(incident, key, key.split("|", 1)[0], colour, START + known * DAY)


def aside(*keys: str, known: float = 1, until: float = 91) -> SetAside:
    return SetAside("r1", frozenset(keys), "王主任", "已签协议", START + known * DAY, START + until * DAY)


def action(kind: str, day: float, *concerns: str, known: float | None = None, id_: str = "") -> Action:
    at = START + day * DAY
    return Action("r1", kind, "", "王主任", at, at if known is None else START + known * DAY, "", id_, concerns)


def stands(
    *records: RecordView,
    hits: Sequence[HitHad] = (),
    asides: Sequence[SetAside] = (),
    actions: Sequence[Action] = (),
    process: Colour = GREEN,
    now: float = 10,
) -> Standing:
    return standing(
        records or (record(),), hits, set_asides=asides, actions=actions, process=process, now=START + now * DAY
    )


class TestRatchet:
    """Law 2: the machine raises, only a person lowers."""

    def test_a_colour_once_had_is_kept_when_the_facts_say_less(self) -> None:
        made = stands(record(colour=GREEN), hits=[hit("R6|a", RED)])
        assert (made.standing, made.machine) == (RED, GREEN)
        assert made.held

    @pytest.mark.parametrize("now", [0, 1, 365, 366, 3_650])
    def test_no_time_that_passes_lowers_it(self, now: float) -> None:
        assert stands(hits=[hit("R1|a", RED)], now=now).standing is RED

    def test_hits_in_any_order_stand_alike(self) -> None:
        hits = [hit("Y1|a", YELLOW), hit("R6|b", RED, known=2), hit("Y4|c", YELLOW, known=1)]
        assert {stands(hits=order).standing for order in (hits, hits[::-1], hits[1:] + hits[:1])} == {RED}

    def test_without_any_hit_it_is_green(self) -> None:
        made = stands()
        assert (made.standing, made.machine, made.yellow_since) == (GREEN, GREEN, None)
        assert not made.held

    def test_a_matter_without_records_is_open_and_green(self) -> None:
        made = standing((), (), set_asides=(), actions=(), process=GREEN, now=START)
        assert (made.status, made.standing, made.machine) == (OPEN, GREEN, GREEN)

    def test_the_machine_view_is_the_highest_of_records_and_process(self) -> None:
        records = (record("r1", YELLOW), record("r2", GREEN, day=1))
        assert stands(*records).machine is YELLOW
        assert stands(*records, process=RED).machine is RED

    def test_yellow_counts_from_its_first_hit_that_stands(self) -> None:
        hits = [hit("Y1|a", YELLOW, known=3), hit("Y4|b", YELLOW, known=1), hit("G|c", GREEN, known=0)]
        assert stands(hits=hits).yellow_since == START + DAY
        assert stands(hits=hits, asides=[aside("Y4|b", known=2)]).yellow_since == START + 3 * DAY


class TestSetAside:
    """Ruling 2: what a person set aside stays so, until it expires or something else hits."""

    def test_the_same_hit_again_does_not_raise(self) -> None:
        again = [hit("R6|a", RED), hit("R6|a", RED, known=5)]
        assert stands(hits=again, asides=[aside("R6|a")]).standing is GREEN

    @pytest.mark.parametrize("key", ["R6|a,b", "R1|a"])
    def test_the_same_rule_with_another_record_and_another_rule_raise(self, key: str) -> None:
        assert stands(hits=[hit("R6|a", RED), hit(key, RED, known=5)], asides=[aside("R6|a")]).standing is RED

    @pytest.mark.parametrize(("now", "colour"), [(91 - 1 / 86_400, GREEN), (91, RED), (92, RED)])
    def test_it_ends_to_the_second(self, now: float, colour: Colour) -> None:
        assert stands(hits=[hit("R6|a", RED)], asides=[aside("R6|a", until=91)], now=now).standing is colour

    def test_of_two_lowerings_each_has_its_own_end(self) -> None:
        both = [aside("R6|a", until=20), aside("Y1|b", until=60)]
        hits = [hit("R6|a", RED), hit("Y1|b", YELLOW)]
        assert [stands(hits=hits, asides=both, now=now).standing for now in (10, 30, 70)] == [GREEN, RED, RED]
        assert stands(hits=hits[1:], asides=both, now=30).standing is GREEN

    def test_a_lowered_matter_may_stand_below_the_machine(self) -> None:
        made = stands(record(colour=RED), hits=[hit("R6|a", RED)], asides=[aside("R6|a")])
        assert (made.standing, made.machine, made.held) == (GREEN, RED, False)

    def test_a_lowering_takes_every_hit_above_the_colour_and_none_at_it(self) -> None:
        hits = [hit("R6|a", RED), hit("R1|b", RED), hit("Y1|c", YELLOW)]
        now = START + DAY
        assert lowering(hits, to=YELLOW, set_asides=(), now=now) == {"R6|a", "R1|b"}
        assert lowering(hits, to=GREEN, set_asides=(), now=now) == {"R6|a", "R1|b", "Y1|c"}
        assert lowering(hits, to=RED, set_asides=(), now=now) == frozenset()

    def test_what_is_set_aside_already_is_not_taken_again_unless_that_has_ended(self) -> None:
        hits = [hit("R6|a", RED), hit("R1|b", RED)]
        held = [aside("R6|a", until=20)]
        assert lowering(hits, to=YELLOW, set_asides=held, now=START + 10 * DAY) == {"R1|b"}
        assert lowering(hits, to=YELLOW, set_asides=held, now=START + 20 * DAY) == {"R6|a", "R1|b"}


class TestEpisodes:
    """Ruling 28: closing ends an episode, a counting record or a person begins the next."""

    def test_a_new_record_after_closing_begins_anew_without_the_old_colour(self) -> None:
        made = stands(
            record("r1", RED),
            record("r2", YELLOW, day=9),
            hits=[hit("R6|a", RED), hit("Y1|b", YELLOW, known=9, incident="r2")],
            actions=[action(CLOSE, 5)],
        )
        assert (made.status, made.episode, made.standing, made.machine) == (OPEN, 2, YELLOW, YELLOW)

    def test_a_record_learned_of_in_the_second_of_closing_does_not_reopen(self) -> None:
        made = stands(record(), record("r2", day=5), hits=[hit("R6|a", RED)], actions=[action(CLOSE, 5)])
        assert (made.status, made.episode) == (CLOSED, 1)

    def test_a_late_record_that_happened_before_the_closing_reopens_for_it_was_not_known(self) -> None:
        made = stands(record(), record("r2", day=3, known=6), actions=[action(CLOSE, 5)])
        assert (made.status, made.episode) == (OPEN, 2)

    def test_what_does_not_count_reopens_nothing(self) -> None:
        made = stands(record(), record("urge", day=7, counts=False), actions=[action(CLOSE, 5)])
        assert (made.status, made.episode) == (CLOSED, 1)

    def test_a_person_reopens_and_closes_again(self) -> None:
        log = [action(CLOSE, 1), action(REOPEN, 2), action(CLOSE, 3)]
        assert [stands(actions=log[:n]).status for n in (1, 2, 3)] == [CLOSED, OPEN, CLOSED]
        assert stands(actions=log).episode == 2

    def test_closing_twice_and_reopening_what_is_open_change_nothing(self) -> None:
        twice = [action(CLOSE, 1), action(CLOSE, 2), action(REOPEN, 3), action(REOPEN, 4)]
        made = stands(hits=[hit("R6|a", RED)], actions=twice)
        assert (made.status, made.episode, made.standing) == (OPEN, 2, RED)

    def test_three_episodes_in_any_order_of_the_log(self) -> None:
        records = [record(), record("r2", day=4), record("r3", day=8)]
        log = [action(CLOSE, 2), action(CLOSE, 6), action(DISPATCH, 0)]
        for order in (log, log[::-1]):
            made = stands(*records, actions=order)
            assert (made.status, made.episode) == (OPEN, 3)

    def test_the_colour_stands_while_a_matter_is_closed(self) -> None:
        made = stands(record(colour=RED), hits=[hit("R6|a", RED)], actions=[action(CLOSE, 5)])
        assert (made.status, made.standing) == (CLOSED, RED)

    def test_closing_over_a_years_end_and_a_leap_day(self) -> None:
        for now in (1, 307, 366, 367):
            made = stands(
                record("r2", YELLOW, day=now),
                hits=[hit("Y|b", YELLOW, known=now)],
                now=now + 1,
                actions=[action(CLOSE, 0.5)],
            )
            assert (made.episode, made.standing) == (2, YELLOW)

    def test_the_machine_view_of_an_episode_looks_at_what_happened_after_the_last_close(self) -> None:
        records = (record("r1", RED), record("r2", GREEN, day=9))
        assert stands(*records).machine is RED
        assert stands(*records, actions=[action(CLOSE, 5)]).machine is GREEN
        assert stands(records[0], actions=[action(CLOSE, 5)]).machine is RED, "nothing has happened since"


class TestTakingUp:
    """A person who reopens takes a matter up where it was: only override lowers."""

    def test_what_stood_at_the_close_stands_again(self) -> None:
        log = [action(CLOSE, 5, "r1"), action(REOPEN, 6, "r1")]
        made = stands(record(colour=RED), hits=[hit("R1|r1", RED), hit("人工|act:1", RED, known=2)], actions=log)
        assert (made.status, made.episode, made.standing, made.machine) == (OPEN, 2, RED, RED)

    def test_what_a_person_raised_stands_again_above_the_machine(self) -> None:
        log = [action(CLOSE, 5, "r1"), action(REOPEN, 6, "r1")]
        made = stands(hits=[hit("人工|act:1", RED, known=2)], actions=log)
        assert (made.standing, made.machine, made.held) == (RED, GREEN, True)

    def test_what_a_person_had_set_aside_stays_so(self) -> None:
        log = [action(CLOSE, 5, "r1"), action(REOPEN, 6, "r1")]
        made = stands(record(colour=RED), hits=[hit("R1|r1", RED)], asides=[aside("R1|r1")], actions=log)
        assert made.standing is GREEN

    def test_what_an_earlier_episode_had_does_not_come_back(self) -> None:
        records = (record("r1", RED), record("r2", YELLOW, day=4))
        hits = [hit("R1|r1", RED), hit("Y1|r2", YELLOW, known=4, incident="r2")]
        log = [action(CLOSE, 2, "r1"), action(CLOSE, 6, "r1", "r2"), action(REOPEN, 7, "r1", "r2")]
        made = stands(*records, hits=hits, actions=log)
        assert (made.status, made.episode, made.standing, made.machine) == (OPEN, 3, YELLOW, YELLOW)
        assert of_episode(records, hits, actions=log) == tuple(hits[1:])

    def test_a_record_after_it_does_not_begin_anew(self) -> None:
        log = [action(CLOSE, 5, "r1"), action(REOPEN, 6, "r1")]
        made = stands(record("r1", RED), record("r2", day=7), hits=[hit("R1|r1", RED)], actions=log)
        assert (made.episode, made.standing) == (2, RED)

    def test_no_colour_is_below_what_the_facts_say_even_if_no_hit_is_kept(self) -> None:
        log = [action(CLOSE, 5, "r1"), action(REOPEN, 6, "r1")]
        assert stands(record(colour=RED), actions=log).standing is RED


class TestMerged:
    """A close concerns the records that the matter held then; whatever was open elsewhere stays open."""

    def test_the_close_of_one_side_does_not_close_the_other(self) -> None:
        closed, open_ = record("r1"), record("r2", RED, day=1)
        for order in ((closed, open_), (open_, closed)):
            made = stands(*order, hits=[hit("R1|r2", RED, known=1, incident="r2")], actions=[action(CLOSE, 5, "r1")])
            assert (made.status, made.episode, made.standing, made.machine) == (OPEN, 2, RED, RED)

    def test_a_side_that_does_not_count_but_was_open_stays_open(self) -> None:
        urge = record("r2", RED, day=1, counts=False)
        assert stands(record("r1"), urge, actions=[action(CLOSE, 5, "r1")]).status == OPEN

    def test_two_that_were_closed_stay_closed(self) -> None:
        log = [action(CLOSE, 5, "r1"), action(CLOSE, 6, "r2")]
        for order in (log, log[::-1]):
            made = stands(record("r1", RED), record("r2", day=1), hits=[hit("R1|r1", RED)], actions=order)
            assert (made.status, made.episode, made.standing) == (CLOSED, 1, RED)

    def test_the_past_of_one_side_takes_nothing_from_the_other(self) -> None:
        records = (record("r1"), record("r3", day=6), record("r2", RED, day=1))
        made = stands(*records, hits=[hit("R1|r2", RED, known=1, incident="r2")], actions=[action(CLOSE, 5, "r1")])
        assert (made.standing, made.machine) == (RED, RED)

    def test_what_was_taken_up_before_stays_open_when_the_other_side_is_closed_later(self) -> None:
        log = [action(CLOSE, 1, "r1"), action(REOPEN, 2, "r1"), action(CLOSE, 3, "r2")]
        made = stands(record("r1", RED), record("r2"), hits=[hit("R1|r1", RED)], actions=log)
        assert (made.status, made.standing) == (OPEN, RED)


class TestOneInstant:
    """Of several steps in one second the order of writing decides."""

    def test_close_reopen_close(self) -> None:
        log = [action(CLOSE, 1, "r1"), action(REOPEN, 1, "r1"), action(CLOSE, 1, "r1")]
        seen = [stands(actions=log[:n]) for n in (1, 2, 3)]
        assert [(made.status, made.episode) for made in seen] == [(CLOSED, 1), (OPEN, 2), (CLOSED, 2)]

    def test_close_reopen_raise_and_a_new_record(self) -> None:
        log = [action(CLOSE, 1, "r1"), action(REOPEN, 1, "r1"), action("raise", 1, id_="act:1")]
        hits = [hit("R6|r1", YELLOW, known=1), hit("人工|act:1", RED, known=1)]
        assert stands(record("r1", known=1), hits=hits, actions=log).standing is RED

    def test_what_was_raised_after_a_new_record_of_the_second_of_closing_stands(self) -> None:
        log = [action(CLOSE, 1, "r1"), action("raise", 1, id_="act:1")]
        records = (record("r1", RED), record("r2", day=1))
        made = stands(*records, hits=[hit("R6|r1", RED), hit("人工|act:1", YELLOW, known=1)], actions=log)
        assert (made.status, made.episode, made.standing) == (OPEN, 2, YELLOW)

    def test_a_record_learned_of_in_the_second_of_closing_reopens_if_the_close_did_not_know_it(self) -> None:
        made = stands(record(), record("r2", day=5), actions=[action(CLOSE, 5, "r1")])
        assert (made.status, made.episode) == (OPEN, 2)

    def test_only_a_close_after_the_last_dispatch_asks_for_another(self) -> None:
        log = [action(DISPATCH, 1), action(CLOSE, 1), action(DISPATCH, 1), action(CLOSE, 1), action(REOPEN, 1)]
        assert [flowed_back(log[:n]) for n in range(6)] == [False, False, True, False, True, False]


class TestStatus:
    """A supplier's closing closes a record; only a green matter follows it."""

    @pytest.mark.parametrize("colour", [YELLOW, RED])
    def test_it_never_closes_a_yellow_or_red_matter(self, colour: Colour) -> None:
        assert stands(record(closed=True), hits=[hit("X|a", colour)]).status == OPEN
        assert stands(record(colour=colour, closed=True)).status == OPEN

    def test_it_closes_a_green_one_when_every_record_is_closed(self) -> None:
        assert stands(record(closed=True), record("r2", closed=True)).status == CLOSED
        assert stands(record(closed=True), record("r2")).status == OPEN

    def test_a_process_limit_keeps_it_open(self) -> None:
        assert stands(record(closed=True), process=YELLOW).status == OPEN

    def test_a_person_opens_it_again_until_something_new_is_closed(self) -> None:
        assert stands(record(closed=True), actions=[action("reopen", 5)]).status == OPEN
        later = record("r2", day=6, closed=True)
        assert stands(record(closed=True), later, actions=[action("reopen", 5)]).status == CLOSED


class TestHistoryOfOldRecords:
    """Ruling 14."""

    @pytest.mark.parametrize("known", [datetime(2024, 3, 1, tzinfo=UTC), datetime(2025, 1, 3, tzinfo=UTC), START])
    def test_seven_days_are_whole_to_the_second_over_leap_days_and_years_ends(self, known: datetime) -> None:
        week = 7 * DAY
        assert not is_history(known - week, known, week)
        assert is_history(known - week - SECOND, known, week)
        assert not is_history(known + DAY, known, week)


LOOKS = {
    GREEN: Looks((7 * DAY, 30 * DAY), (7 * DAY,)),
    YELLOW: Looks((3 * DAY, 7 * DAY), (7 * DAY, 30 * DAY)),
    RED: Looks((1 * DAY, 3 * DAY), (7 * DAY, 90 * DAY)),
}


class TestMoments:
    """When a matter is looked at again although no rule sets a time."""

    def found(self, held: Standing, *actions: Action, asides: Sequence[SetAside] = (), now: float = 0) -> list[Moment]:
        return sorted(moments(held, actions, asides, LOOKS, START + now * DAY))

    def at(self, day: float, why: str) -> Moment:
        return Moment(START + day * DAY, why)

    def test_an_open_matter_by_its_colour_from_its_last_dispatch(self) -> None:
        held = Standing(OPEN, 1, GREEN, YELLOW, None)
        history = (action(DISPATCH, 0), action(DISPATCH, 2), action("contact", 9))
        assert self.found(held, *history) == [self.at(5, FLOOR), self.at(9, FLOOR)]
        assert self.found(held, *history, now=5) == [self.at(9, FLOOR)]

    def test_one_that_was_never_dispatched_waits_for_nothing(self) -> None:
        assert self.found(Standing(OPEN, 1, RED, RED, None), action("contact", 0)) == []

    @pytest.mark.parametrize(("level", "days"), [("red", (7, 90)), ("yellow", (7, 30)), ("", (7,))])
    def test_a_closed_one_by_the_colour_it_was_closed_with(self, level: str, days: tuple[int, ...]) -> None:
        held = Standing(CLOSED, 1, GREEN, GREEN, None)
        closed = Action("r1", CLOSE, level, "王主任", START, START)
        assert self.found(held, action(DISPATCH, -3), closed) == [self.at(day, FOLLOW_UP) for day in days]

    def test_any_one_when_a_lowering_lapses(self) -> None:
        held = Standing(OPEN, 1, GREEN, GREEN, None)
        assert self.found(held, asides=[aside(until=9), aside(until=-1)]) == [self.at(9, LAPSE)]
        assert self.found(held, asides=[aside(until=9)], now=9) == []


def test_neglect_does_not_begin_the_clock_of_a_long_yellow() -> None:
    hits = [hit("Y8L|m", YELLOW, known=1), hit("Y2|a", YELLOW, known=4)]
    held = standing([record()], hits, set_asides=(), actions=(), process=GREEN, now=START + 9 * DAY, elapsed=("Y8L",))
    assert held.yellow_since == START + 4 * DAY
    alone = standing(
        [record()], hits[:1], set_asides=(), actions=(), process=GREEN, now=START + 9 * DAY, elapsed=("Y8L",)
    )
    assert (alone.standing, alone.yellow_since) == (YELLOW, None)


@pytest.mark.parametrize(
    ("hits", "since"),
    [
        ([hit("Y2|a", YELLOW), hit("R9L|m", RED, known=5)], START),
        ([hit("Y2|a", YELLOW), hit("R6|a", RED, known=5)], None),
        ([hit("R9L|m", RED, known=5)], None),
    ],
    ids=["long yellow", "red by itself", "never yellow by itself"],
)
def test_a_long_yellow_goes_on_while_only_that_makes_it_red(hits: list[HitHad], since: datetime | None) -> None:
    held = standing(
        [record()], hits, set_asides=(), actions=(), process=RED, now=START + 9 * DAY, elapsed=("R9L", "Y8L")
    )
    assert (held.standing, held.yellow_since) == (RED, since)
