"""Whether to tell, whom, when, in which words: every answer with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import casework, notify
from engine.calendar import Calendar
from engine.model import Colour, MatterState, Moment
from engine.notify import Bucket, Deadline, Policy, Standing, Terms
from engine.ruleset.labels import MESSAGE_PLACES
from tests.installation import shipped
from tests.notice_samples import NOW, notice

POLICY = Policy.of(shipped(), "Asia/Shanghai")
LINK = "https://board.example/matters/{code}"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=POLICY.zone)


def state(colour: Colour = Colour.YELLOW, **more: object) -> MatterState:
    held = MatterState(
        id="police_110:A1",
        code="SS2025-000001",
        status="open",
        episode=1,
        standing=colour,
        machine=colour,
        records=1,
        route=colour.word,
        history=False,
        first_at=NOW,
        last_at=NOW,
        updated_at=NOW,
    )
    return replace(held, **more)  # type: ignore[arg-type]


class TestDecide:
    @pytest.mark.parametrize(
        ("former", "now", "event", "verdict"),
        [
            ([], state(), notify.NEW, ""),
            ([state(code="")], state(), notify.NEW, ""),
            ([state()], state(Colour.RED), notify.RAISED, ""),
            ([state(Colour.GREEN), state()], state(Colour.RED), notify.RAISED, ""),
            ([state(status="closed")], state(), notify.REOPENED, ""),
            ([state()], state(route="yellow-family"), notify.ROUTED, ""),
            ([state()], state(records=2), "", notify.UNCHANGED),
            ([state(Colour.RED, route="yellow")], state(), "", notify.LOWERED),
            ([state()], state(status="closed"), "", notify.CLOSED),
            ([state(status="closed")], state(status="closed"), "", notify.UNCHANGED),
        ],
    )
    def test_what_happened_or_why_nobody_is_told(
        self, former: list[MatterState], now: MatterState, event: str, verdict: str
    ) -> None:
        told = notify.decide(former, now, POLICY)
        assert told is not None
        assert (told.event, told.verdict) == (event, verdict)
        assert (told.code, told.colour, told.route, told.at) == (now.code, now.standing, now.route, NOW)

    @pytest.mark.parametrize("former", [[], [state(Colour.RED)], [state(status="closed")], [state(Colour.GREEN)]])
    def test_what_is_for_110_is_said_however_red_it_was_already(self, former: list[MatterState]) -> None:
        told = notify.decide(former, state(Colour.RED), POLICY, handback=True)
        assert told is not None
        assert (told.event, told.verdict) == (notify.HANDBACK, "")
        (line,) = notify.message([told], key="k", at=NOW, policy=POLICY, link="").lines
        assert "险情，立即交回110，时限" in line.text

    def test_labels_of_before_there_was_such_an_event_say_it_too(self) -> None:
        labels = {**shipped().documents["labels"], "messages": {"new": "新派单"}}
        old = Policy.of(replace(shipped(), documents={**shipped().documents, "labels": labels}), "Asia/Shanghai")
        assert (old.words["handback"], old.words["new"]) == ("险情，立即交回110", "新派单")

    def test_what_is_for_110_is_told_though_something_newer_waits(self) -> None:
        first = notify.decide([], state(Colour.RED), POLICY, handback=True)
        later = notify.decide(
            [state(Colour.RED)], state(Colour.RED, route="other", updated_at=NOW + timedelta(minutes=1)), POLICY
        )
        assert first is not None
        assert later is not None
        assert notify.withheld([first, later], {}) == {}
        assert notify.withheld([first, later], {later.matter: notify.Standing(closed=True)}).keys() == {
            first.key,
            later.key,
        }

    def test_of_history_nothing_is_said(self) -> None:
        assert notify.decide([], state(code="", history=True), POLICY) is None

    def test_people_are_to_be_asked_again(self) -> None:
        due = Moment(NOW - timedelta(minutes=1), casework.FOLLOW_UP)
        told = notify.decide([state(status="closed")], state(status="closed"), POLICY, due)
        assert told is not None
        assert (told.event, told.due_at, told.verdict) == (notify.FOLLOW_UP, due.at, "")
        looked = notify.decide([state()], state(), POLICY, Moment(NOW, casework.FLOOR))
        assert looked is not None
        assert looked.verdict == notify.UNCHANGED

    @pytest.mark.parametrize(
        ("colour", "at", "due"),
        [
            (Colour.RED, "2025-09-30T22:00", "2025-09-30T23:00"),
            (Colour.RED, "2025-10-04T22:00", "2025-10-04T23:00"),
            (Colour.YELLOW, "2025-09-29T14:00", "2025-09-29T18:00"),
            (Colour.YELLOW, "2025-09-30T22:00", "2025-10-09T02:00"),
            (Colour.YELLOW, "2025-10-04T22:00", "2025-10-09T04:00"),
            (Colour.GREEN, "2025-10-10T18:00", "2025-10-11T18:00"),
            (Colour.GREEN, "2025-10-11T18:00", "2025-10-13T18:00"),
        ],
    )
    def test_red_is_signed_for_by_the_clock_others_on_working_days(self, colour: Colour, at: str, due: str) -> None:
        told = notify.decide([], state(colour, updated_at=local(at)), POLICY)
        assert told is not None
        assert (told.due_at, told.within) == (local(due), POLICY.deadlines[colour].within)

    def test_where_nobody_is_told_nothing_is_due(self) -> None:
        told = notify.decide([state()], state(records=2), POLICY)
        assert told is not None
        assert (told.due_at, told.within) == (None, None)

    def test_the_same_decision_has_the_same_key_and_another_one_another(self) -> None:
        keys = [
            told.key
            for told in (
                notify.decide([], state(), POLICY),
                notify.decide([], state(), POLICY),
                notify.decide([state()], state(Colour.RED), POLICY),
                notify.decide([], state(updated_at=NOW + timedelta(seconds=1)), POLICY),
                notify.decide([], state(id="police_110:B1"), POLICY),
            )
            if told
        ]
        assert keys[0] == keys[1]
        assert len(set(keys)) == 4

    def test_a_dangerous_row_is_announced_like_red_and_once(self) -> None:
        first = notify.alarm(17, "feed", "digest", NOW)
        again = notify.alarm(17, "feed", "digest", NOW + timedelta(days=1))
        assert (first.code, first.colour, first.event) == ("Q17", Colour.RED, notify.QUARANTINE)
        assert first.key == again.key
        shown = notify.message([first], key="k", at=NOW, policy=POLICY, link="")
        assert shown.text == "三色通知\n【红】Q17 来件有误，内容涉险"


class TestQuietHours:
    @pytest.mark.parametrize(
        ("clock", "until"),
        [
            ("2025-03-10T22:00", "2025-03-11T07:00"),
            ("2025-03-10T23:59", "2025-03-11T07:00"),
            ("2025-03-11T00:00", "2025-03-11T07:00"),
            ("2025-03-11T06:59", "2025-03-11T07:00"),
            ("2025-03-11T07:00", ""),
            ("2025-03-10T21:59", ""),
        ],
    )
    def test_over_midnight(self, clock: str, until: str) -> None:
        at = datetime.fromisoformat(clock).replace(tzinfo=POLICY.zone)
        quiet = POLICY.quiet_until(at.astimezone(UTC))
        assert (quiet.astimezone(POLICY.zone).strftime("%Y-%m-%dT%H:%M") if quiet else "") == until

    def test_within_a_day_and_none_at_all(self) -> None:
        noon = replace(POLICY, quiet=(time(12), time(14, 30)))
        assert noon.quiet_until(NOW) == NOW + timedelta(minutes=30)
        assert noon.quiet_until(NOW + timedelta(minutes=30)) is None
        assert replace(POLICY, quiet=(time(0), time(0))).quiet_until(NOW) is None

    def test_red_does_not_wait(self) -> None:
        night = datetime(2025, 3, 10, 18, tzinfo=UTC)
        channels = [Terms("群", batch=timedelta(minutes=10))]
        red, _ = notify.address(notice(Colour.RED, at=night), channels, POLICY, night)
        yellow, _ = notify.address(notice(at=night), channels, POLICY, night)
        assert (red[0].not_before, red[0].why) == (night, "")
        assert (yellow[0].not_before, yellow[0].why) == (datetime(2025, 3, 10, 23, tzinfo=UTC), notify.QUIET)


class TestWhom:
    def test_channels_serve_colours_and_receivers(self) -> None:
        channels = [
            Terms("全部"),
            Terms("红色", frozenset({Colour.RED})),
            Terms("司法所", receivers=frozenset({"司法所"})),
            Terms("妇联", receivers=frozenset({"妇联"})),
        ]
        chosen, why = notify.address(notice(), channels, POLICY, NOW)
        assert ([slot.channel for slot in chosen], why) == (["全部", "司法所"], "")
        alarmed, _ = notify.address(notify.alarm(1, "a", "b", NOW), channels, POLICY, NOW)
        assert [slot.channel for slot in alarmed] == ["全部", "红色", "司法所", "妇联"]

    def test_nobody_is_told_for_a_reason(self) -> None:
        assert notify.address(notice(), [], POLICY, NOW) == ((), notify.NOBODY)
        old = notice(at=NOW - timedelta(days=7, seconds=1))
        assert notify.address(old, [Terms("全部")], POLICY, NOW) == ((), notify.EXPIRED)
        assert notify.address(replace(old, colour=Colour.RED), [Terms("全部")], POLICY, NOW)[0]

    def test_what_is_not_red_waits_for_the_end_of_its_stretch(self) -> None:
        channels = [Terms("群", batch=timedelta(minutes=10))]
        times = {
            notify.address(notice(), channels, POLICY, NOW + timedelta(seconds=s))[0][0].not_before
            for s in (1, 300, 600)
        }
        assert times == {NOW + timedelta(minutes=10)}
        assert notify.address(notice(), channels, POLICY, NOW)[0][0].why == ""


class TestWithheld:
    def test_only_the_newest_of_a_matter_is_sent(self) -> None:
        older, newer = notice(), notice(Colour.RED, number=2, code="SS2025-000001", at=NOW + timedelta(minutes=1))
        assert notify.withheld([newer, older], {}) == {older.key: notify.OVERTAKEN}

    def test_silence_holds_back_all_but_red_and_closing_all_but_follow_up(self) -> None:
        rows = [notice(), notice(Colour.RED, 2), notice(number=3), notice(number=4, event=notify.FOLLOW_UP)]
        standing = {
            "police_110:A1": Standing(silenced=True),
            "police_110:A2": Standing(silenced=True),
            "police_110:A3": Standing(closed=True),
            "police_110:A4": Standing(closed=True),
        }
        assert notify.withheld(rows, standing) == {"0001": notify.SILENCED, "0003": notify.CLOSED}


class TestMessages:
    def test_the_words(self) -> None:
        notices = [
            notice(Colour.RED, due_at=NOW + timedelta(hours=1), within=timedelta(hours=1)),
            notice(number=2, due_at=NOW + timedelta(hours=4), within=timedelta(hours=4), event=notify.ROUTED),
            notice(number=3, due_at=NOW - timedelta(minutes=1), event=notify.FOLLOW_UP),
        ]
        shown = notify.message(notices, key="k", at=NOW, policy=POLICY, link=LINK)
        assert shown.text.splitlines() == [
            "三色通知",
            "【红】SS2025-000001 新派单，时限03-10 15:00 https://board.example/matters/SS2025-000001",
            "【黄】SS2025-000002 改派，时限03-10 18:00 https://board.example/matters/SS2025-000002",
            "【黄】SS2025-000003 该回访了，时限03-10 13:59 https://board.example/matters/SS2025-000003",
        ]
        assert (shown.key, shown.at, [line.code for line in shown.lines]) == (
            "k",
            NOW,
            ["SS2025-000001", "SS2025-000002", "SS2025-000003"],
        )

    def test_a_notice_of_before_there_was_a_calendar_says_the_hours(self) -> None:
        shown = notify.message([notice(within=timedelta(hours=4))], key="k", at=NOW, policy=POLICY, link="")
        assert shown.text.splitlines()[1] == "【黄】SS2025-000001 新派单，时限4个工作小时"

    @pytest.mark.parametrize(
        ("colour", "policy", "said"),
        [
            (Colour.YELLOW, POLICY, "，时限01-01 02:00（暂定，以放假安排为准）"),
            (Colour.RED, POLICY, "，时限12-31 23:00"),
            (Colour.YELLOW, replace(POLICY, words={"due_at": "，时限{at}"}), "，时限01-01 02:00?"),
        ],
    )
    def test_a_moment_in_a_year_that_is_not_published_is_said_to_be_provisional(
        self, colour: Colour, policy: Policy, said: str
    ) -> None:
        told = notify.decide([], state(colour, updated_at=local("2026-12-31T22:00")), policy)
        assert told is not None
        assert notify._due(told, policy) == said

    def test_a_moment_that_the_table_as_it_stands_does_not_give_is_provisional_too(self) -> None:
        bare = replace(POLICY, calendar=Calendar.of(None, "Asia/Shanghai"))
        told = notify.decide([], state(updated_at=local("2025-09-30T22:00")), bare)
        assert told is not None
        assert told.due_at == local("2025-10-01T02:00")
        assert notify._due(told, POLICY) == "，时限10-01 02:00（暂定，以放假安排为准）"

    def test_older_rules_without_words_still_say_what_matters(self) -> None:
        shown = notify.message([notice()], key="k", at=NOW, policy=Policy(Calendar.of(None, "Asia/Shanghai")), link="")
        assert shown.text == "sanse\nyellow SS2025-000001 new"

    def test_every_event_and_reason_has_its_words(self) -> None:
        labels = shipped().documents["labels"]
        assert set(labels["messages"]) == set(MESSAGE_PLACES)
        reasons = {
            value
            for name, value in vars(notify).items()
            if name.isupper() and isinstance(value, str) and not name.startswith("_")
        } - set(labels["messages"])
        assert set(labels["not_sent"]) == reasons

    def test_as_many_as_fit_and_red_without_others(self) -> None:
        many = [notice(number=n) for n in range(1, 60)]
        most = notify.fitting(many, most_bytes=2_048, policy=POLICY, link=LINK)
        size = [
            len(notify.message(many[:n], key="k", at=NOW, policy=POLICY, link=LINK).text.encode())
            for n in (most, most + 1)
        ]
        assert size[0] <= 2_048 < size[1]
        assert notify.fitting(many, most_bytes=1, policy=POLICY, link=LINK) == 1
        mixed = [notice(Colour.RED), notice(Colour.RED, 2), notice(number=3)]
        assert notify.fitting(mixed, most_bytes=2_048, policy=POLICY, link=LINK) == 2

    def test_a_repeat_is_the_same_message_in_whatever_order_it_is_handed_over(self) -> None:
        """Notices are sent red first and come back from the ledger by their keys; a receiver that knows the key must find the same body."""
        notices = [notice(Colour.GREEN, 1), notice(Colour.YELLOW, 2), notice(Colour.GREEN, 3), notice(Colour.YELLOW, 4)]
        made = {notify.message(some, key="k", at=NOW, policy=POLICY, link="").text for some in permutations(notices)}
        assert len(made) == 1
        assert [
            line.code[-1] for line in notify.message(notices, key="k", at=NOW, policy=POLICY, link="").lines
        ] == list("2413")

    def test_the_key_of_a_message_depends_on_what_is_in_it_and_on_nothing_else(self) -> None:
        assert notify.parcel_key(["a", "b"], "群") == notify.parcel_key(["b", "a"], "群")
        assert len({notify.parcel_key(keys, "群") for keys in (["a"], ["b"], ["a", "b"])}) == 3
        assert notify.parcel_key(["a"], "群") != notify.parcel_key(["a"], "别的")


class TestPace:
    @settings(max_examples=200, deadline=None)
    @given(cap=st.integers(1, 60), gaps=st.lists(st.integers(0, 40), max_size=120))
    def test_in_no_minute_more_than_the_cap(self, cap: int, gaps: list[int]) -> None:
        bucket, now, sent = None, NOW, []
        for gap in gaps:
            now += timedelta(seconds=gap)
            bucket, wait = notify.drawn(bucket, cap, now)
            if not wait:
                sent.append(now)
        for at in sent:
            assert sum(at <= other < at + timedelta(minutes=1) for other in sent) <= cap

    @settings(max_examples=100, deadline=None)
    @given(cap=st.integers(1, 60), taken=st.integers(0, 60))
    def test_who_waits_as_long_as_told_may_send(self, cap: int, taken: int) -> None:
        bucket, now = None, NOW
        for _ in range(taken + 1):
            bucket, wait = notify.drawn(bucket, cap, now)
            if wait:
                now += wait
                bucket, wait = notify.drawn(bucket, cap, now)
            assert not wait

    def test_a_clock_that_goes_back_gives_nothing_away(self) -> None:
        full = Bucket(60, NOW)
        empty, _ = notify.drawn(full, 2, NOW)
        still, wait = notify.drawn(empty, 2, NOW - timedelta(hours=1))
        assert wait
        assert still.at == NOW

    def test_the_wait_doubles_up_to_an_hour_and_is_never_shorter_than_asked(self) -> None:
        waits = [notify.wait_before(n) for n in range(1, 9)]
        assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
        assert waits[-1] == notify.wait_before(10_000) == timedelta(hours=1)
        assert notify.wait_before(1, timedelta(minutes=10)) == timedelta(minutes=10)


def test_the_policy_is_what_the_rules_say() -> None:
    assert POLICY.deadlines[Colour.RED] == Deadline(timedelta(hours=1), natural=True)
    assert POLICY.deadlines[Colour.GREEN] == Deadline(timedelta(hours=24), natural=False)
    assert POLICY.quiet == (time(22), time(7))
    assert "妇联" in POLICY.receivers["red-family"]
