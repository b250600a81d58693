"""Sending: together, in time, within the caps, again when refused, elsewhere when red; each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from engine import notify
from engine.errors import UsageError
from engine.model import ChannelSpec, Colour, Delivered, Limits, Message, Notice, Refused
from engine.notify import Policy, Terms
from engine.scheduler.carrying import Carriers
from engine.scheduler.messages import LEASE, Outlet, Parcel, Post, Posted
from engine.store import Store
from engine.store.outbox import DEAD, NOT_SENT, SENT, WAITING
from engine.store.rows import DeliveryRow, Silence
from tests.installation import shipped
from tests.notice_samples import NOW, notice

POLICY = Policy.of(shipped(), "Asia/Shanghai")


@dataclass
class Line:
    """A channel whose answers a test writes down beforehand; the last one is given again and again."""

    answers: list[Delivered | Refused | Exception] = field(default_factory=lambda: [Delivered("ok")])
    got: list[Message] = field(default_factory=list)
    spec: ChannelSpec = field(default_factory=lambda: ChannelSpec("群"))
    limits: Limits = field(default_factory=lambda: Limits(20, 2_048))

    def deliver(self, message: Message) -> Delivered | Refused:
        self.got.append(message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Office:
    """A store, a clock that a test moves, and lines."""

    store: Store
    now: datetime = NOW
    lines: dict[str, Line] = field(default_factory=dict)
    terms: dict[str, Terms] = field(default_factory=dict)

    def line(self, name: str = "群", *answers: Delivered | Refused | Exception, **terms: object) -> Line:
        self.lines[name] = Line(list(answers) or [Delivered("ok")])
        self.terms[name] = replace(Terms(name), **terms)  # type: ignore[arg-type]
        return self.lines[name]

    def post(self, **more: object) -> Post:
        outlets = [Outlet(line, self.terms[name]) for name, line in self.lines.items()]
        return Post(self.store, lambda: self.now, outlets, POLICY, **more)  # type: ignore[arg-type]

    def run(self, stop: Callable[[], bool] = lambda: False) -> Posted:
        return self.post().run(stop)

    def tell(self, number: int = 1, colour: Colour = Colour.YELLOW, **more: object) -> Notice:
        made = notice(colour, number, **{"at": self.now, **more})
        with self.store.beside() as tx:
            tx.write_notices([made])
        return made

    def rows(self) -> list[DeliveryRow]:
        with self.store.read() as view:
            return view.deliveries((WAITING, SENT, DEAD, NOT_SENT), 1_000)

    def states(self) -> dict[tuple[str, str], tuple[str, str]]:
        return {(row.notice.key, row.channel): (row.state, row.why) for row in self.rows()}

    def later(self, **elapsed: float) -> None:
        self.now += timedelta(**elapsed)


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def test_what_is_due_is_sent_once_and_stands_in_the_ledger(office: Office) -> None:
    line = office.line()
    office.tell(1, Colour.RED)
    assert (office.run().sent, office.run().sent) == (1, 0)
    (message,) = line.got
    assert (message.at, [one.code for one in message.lines]) == (NOW, ["SS2025-000001"])
    (row,) = office.rows()
    assert (row.state, row.attempts, row.parcel) == (SENT, 1, message.key)
    with office.store.read() as view:
        (tried,) = view.sendings_of([message.key])
    assert (tried.outcome, tried.said, tried.ended_at) == ("sent", "ok", NOW)


def test_what_is_not_red_goes_out_together_at_the_end_of_its_stretch(office: Office) -> None:
    line = office.line(batch=timedelta(minutes=10))
    for number in range(1, 4):
        office.later(minutes=1)
        office.tell(number)
        assert office.run().sent == 0
    assert office.states()["0001", "群"] == (WAITING, notify.BATCH)
    office.tell(4, Colour.RED)
    assert office.run().sent == 1
    office.later(minutes=7)
    assert office.run().sent == 1
    assert [[one.code[-1] for one in message.lines] for message in line.got] == [["4"], ["1", "2", "3"]]


def test_nobody_is_told_for_a_reason(office: Office) -> None:
    office.line(colours=frozenset({Colour.RED}))
    office.tell(1)
    assert office.run().nobody == 1
    with office.store.read() as view:
        assert [one.verdict for one in view.notices_about(["SS2025-000001"])] == [notify.NOBODY]


def test_quiet_hours_hold_back_all_but_red(office: Office) -> None:
    line = office.line()
    office.now = datetime(2025, 3, 10, 18, tzinfo=UTC)
    office.tell(1)
    office.tell(2, Colour.RED)
    office.run()
    assert [message.lines[0].code for message in line.got] == ["SS2025-000002"]
    assert office.states()["0001", "群"] == (WAITING, notify.QUIET)
    office.now = datetime(2025, 3, 10, 23, tzinfo=UTC)
    office.run()
    assert len(line.got) == 2


def test_a_cap_is_kept_and_what_waits_says_so(office: Office) -> None:
    line = office.line(per_minute=4, most_bytes=1)
    for number in range(1, 9):
        office.tell(number)
    sent = {}
    for second in range(0, 240, 15):
        office.now = NOW + timedelta(seconds=second)
        sent[second] = office.run().sent
    assert len(line.got) == 8
    times = [at for at, count in sent.items() for _ in range(count)]
    assert all(sum(at <= other < at + 60 for other in times) <= 4 for at in times)
    assert sent[0] == 2


def test_while_the_cap_is_reached_the_reason_is_written(office: Office) -> None:
    office.line(per_minute=2, most_bytes=1)
    for number in (1, 2):
        office.tell(number)
    office.run()
    assert office.states()["0002", "群"] == (WAITING, notify.CAP)


def test_a_refusal_is_tried_again_later_and_later_under_the_same_key(office: Office) -> None:
    line = office.line("群", Refused("HTTP 500"), Refused("HTTP 500"), Delivered())
    office.tell(1)
    waits = []
    for _ in range(200):
        before = len(line.got)
        office.run()
        if len(line.got) > before:
            waits.append(office.now)
        office.later(seconds=10)
    assert [at - NOW for at in waits] == [timedelta(0), timedelta(seconds=30), timedelta(seconds=90)]
    assert len({message.key for message in line.got}) == 1
    assert len({message.text for message in line.got}) == 1
    with office.store.read() as view:
        assert [one.outcome for one in view.sendings_of([line.got[0].key])] == ["refused", "refused", "sent"]


def test_after_enough_refusals_it_is_dead_and_comes_back_under_its_key(office: Office) -> None:
    line = office.line("群", Refused("HTTP 500"))
    office.tell(1)
    for _ in range(3):
        office.post(give_up_after=3).run()
        office.later(hours=1)
    assert office.states()["0001", "群"] == (DEAD, notify.RETRY)
    assert len(line.got) == 3
    office.run()
    assert len(line.got) == 3
    line.answers = [Delivered()]
    with office.store.beside() as tx:
        assert tx.revive([line.got[0].key], office.now) == 1
    office.run()
    assert len({message.key for message in line.got}) == 1
    assert office.states()["0001", "群"][0] == SENT


def test_what_can_never_be_taken_is_dead_at_once(office: Office) -> None:
    office.line("群", Refused("errcode 93000", again=False))
    office.tell(1)
    assert (office.run().dead, office.states()["0001", "群"][0]) == (1, DEAD)


def test_red_goes_elsewhere_when_its_channel_fails_and_yellow_does_not(office: Office) -> None:
    office.line("群", Refused("HTTP 500"), second="短信")
    second = office.line("短信", colours=frozenset())
    office.tell(1, Colour.RED)
    office.tell(2)
    for _ in range(12):
        office.run()
        office.later(seconds=30)
    assert [[one.code for one in message.lines] for message in second.got] == [["SS2025-000001"]]
    assert office.states()["0001", "短信"][0] == SENT
    assert ("0002", "短信") not in office.states()
    assert office.states()["0001", "群"][0] == WAITING


def test_red_that_can_never_be_taken_goes_elsewhere_at_once(office: Office) -> None:
    office.line("群", Refused("errcode 93000", again=False), second="短信")
    second = office.line("短信", colours=frozenset())
    office.tell(1, Colour.RED)
    office.run()
    assert len(second.got) == 1


def test_a_channel_that_asks_for_time_gets_it_whole(office: Office) -> None:
    line = office.line("群", Refused("errcode 45009", wait=timedelta(minutes=10)), Delivered(), most_bytes=1)
    office.tell(1, Colour.RED)
    office.tell(2, Colour.RED)
    for _ in range(30):
        office.run()
        office.later(seconds=15)
    assert len(line.got) == 1
    office.later(minutes=5)
    office.run()
    assert len(line.got) == 3


def test_one_channel_that_breaks_does_not_stop_another(office: Office) -> None:
    office.line("坏", ValueError("secret of a person"))
    line = office.line("好")
    office.tell(1, Colour.RED)
    posted = office.run()
    assert (posted.sent, posted.refused, len(line.got)) == (1, 1, 1)
    with office.store.read() as view:
        broken = next(row for row in office.rows() if row.channel == "坏")
        (tried,) = view.sendings_of([broken.parcel])
    assert tried.said == "程序错误（ValueError）"


def test_a_silenced_matter_is_not_told_unless_it_is_red(office: Office) -> None:
    line = office.line()
    with office.store.beside() as tx:
        for number in (1, 2):
            tx.silence(Silence(f"SS2025-{number:06d}", "王主任", "已知", NOW, NOW + timedelta(days=1)))
    office.tell(1)
    office.tell(2, Colour.RED)
    office.run()
    assert [message.lines[0].code for message in line.got] == ["SS2025-000002"]
    assert office.states()["0001", "群"] == (NOT_SENT, notify.SILENCED)
    office.later(days=1)
    office.tell(3, code="SS2025-000001")
    office.run()
    assert len(line.got) == 2


def test_of_one_matter_only_the_newest_is_told(office: Office) -> None:
    line = office.line(batch=timedelta(minutes=10))
    office.later(minutes=1)
    office.tell(1)
    office.later(minutes=1)
    office.tell(2, code="SS2025-000001", event=notify.ROUTED)
    office.run()
    office.later(minutes=10)
    office.run()
    assert [one.event for one in line.got[0].lines] == ["改派"]
    assert office.states()["0001", "群"] == (NOT_SENT, notify.OVERTAKEN)


def test_what_is_older_is_not_told_after_what_is_newer(office: Office) -> None:
    line = office.line()
    office.now = datetime(2025, 3, 9, 15, 6, tzinfo=UTC)
    office.tell(1)
    office.run()
    office.later(minutes=25)
    office.tell(2, Colour.RED, code="SS2025-000001", event=notify.RAISED)
    office.run()
    office.later(hours=9)
    assert office.run().sent == 0
    assert [(one.colour, one.event) for message in line.got for one in message.lines] == [(Colour.RED, "升级")]
    assert office.states()["0001", "群"] == (NOT_SENT, notify.OVERTAKEN)


def test_what_no_channel_takes_may_be_told_when_one_does(office: Office) -> None:
    office.line(colours=frozenset({Colour.GREEN}))
    office.tell(1, Colour.RED)
    assert office.run().nobody == 1
    assert office.run().nobody == 0
    with office.store.beside() as tx:
        (left,) = tx.unheard((notify.NOBODY,), most=5)
        assert tx.unheard((notify.EXPIRED,), most=5) == []
        assert tx.unheard((notify.NOBODY,), first=notify.first_key(left.at), most=5) == []
        assert tx.address_again([left.key]) == 1
    line = office.line()
    assert office.run().sent == 1
    assert [one.code for one in line.got[0].lines] == [left.code]


def test_who_is_killed_while_sending_leaves_a_claim_that_lapses(office: Office) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    line = office.line()
    office.tell(1, Colour.RED)
    office.tell(2, Colour.RED)
    office.lines["群"] = dead = Line()
    dead.deliver = lambda message: (_ for _ in ()).throw(Killed())  # type: ignore[method-assign]
    with pytest.raises(Killed):
        office.run()
    office.lines["群"] = line
    assert office.run().sent == 0
    office.tell(3, Colour.RED)
    office.run()
    assert [[one.code[-1] for one in message.lines] for message in line.got] == [["3"]]
    office.now += LEASE
    office.run()
    assert [[one.code[-1] for one in message.lines] for message in line.got] == [["3"], ["1", "2"]]
    with office.store.read() as view:
        tries = view.sendings_of([line.got[-1].key])
    assert [(one.attempt, one.outcome) for one in tries] == [(1, ""), (2, "sent")]


def test_who_slept_through_the_lease_changes_nothing(office: Office) -> None:
    office.tell(1, Colour.RED)
    line = office.line()

    def asleep(message: Message) -> Delivered | Refused:
        office.later(minutes=6)
        line.deliver = awake  # type: ignore[method-assign]
        assert office.run().sent == 1
        return Refused("too late to be true")

    awake, line.deliver = line.deliver, asleep  # type: ignore[method-assign]
    posted = office.run()
    assert (posted.sent, posted.refused) == (0, 0)
    assert office.states()["0001", "群"][0] == SENT


def test_a_stop_is_heard_between_messages(office: Office) -> None:
    line = office.line(most_bytes=1)
    for number in range(1, 5):
        office.tell(number, Colour.RED)
    office.run(lambda: len(line.got) >= 2)
    assert len(line.got) == 2


def test_what_a_gateway_answers_is_kept_without_numbers_of_people(office: Office) -> None:
    office.line("群", Refused("号码 13800000001 不存在"))
    office.tell(1)
    office.run()
    with office.store.read() as view:
        (tried,) = view.sendings_of([row.parcel for row in office.rows()])
    assert tried.said.startswith("号码 ")
    assert "13800000001" not in tried.said


def test_a_test_message_is_sent_now_and_kept_in_the_ledger(office: Office) -> None:
    line = office.line("群", Refused("HTTP 500"))
    assert office.post().test("群") == Refused("HTTP 500")
    assert [(one.code, one.event) for one in line.got[0].lines] == [("TEST", "测试，收到即可")]
    with office.store.read() as view:
        assert [one.outcome for one in view.sendings_of([line.got[0].key])] == ["refused"]
    with pytest.raises(UsageError, match="没有这个渠道：别的"):
        office.post().test("别的")


class TestChannelsThatAreNoMore:
    """The configuration changes while messages wait: what waits for a channel that is gone is told through those there are."""

    def test_a_renamed_channel_tells_what_its_former_name_could_not(self, office: Office) -> None:
        office.line("群", Refused("500", again=True))
        office.tell(1, Colour.RED)
        office.run()
        assert office.states() == {("0001", "群"): (WAITING, notify.RETRY)}
        del office.lines["群"]
        renamed = office.line("群新")
        office.later(seconds=30)
        office.run()
        assert renamed.got == [], "another process may have it still: within a lease it would have sent"
        office.later(seconds=LEASE.total_seconds())
        assert office.run().sent == 1
        assert [one.code for one in renamed.got[0].lines] == ["SS2025-000001"]
        assert office.states() == {("0001", "群"): (NOT_SENT, notify.GONE), ("0001", "群新"): (SENT, "")}

    def test_what_the_cap_or_the_night_held_back_goes_too(self, office: Office) -> None:
        office.line("群", per_minute=1)
        office.line("夜", colours=frozenset({Colour.YELLOW}))
        office.now = datetime(2025, 3, 10, 18, tzinfo=UTC)
        office.tell(1, Colour.RED)
        office.run()
        office.tell(2, Colour.RED)
        office.tell(3)
        office.run()
        assert {why for state, why in office.states().values() if state == WAITING} == {notify.CAP, notify.QUIET}
        office.lines.clear()
        line = office.line("别的")
        office.now = datetime(2025, 3, 10, 23, 10, tzinfo=UTC)
        office.run()
        assert sorted(one.code[-1] for message in line.got for one in message.lines) == ["2", "3"]

    def test_where_no_other_channel_takes_it_nobody_hears_and_that_is_seen(self, office: Office) -> None:
        office.line("群", Refused("500", again=True))
        office.tell(1, Colour.RED)
        office.run()
        del office.lines["群"]
        office.line("绿", colours=frozenset({Colour.GREEN}))
        office.later(hours=1)
        assert office.run().nobody == 1
        with office.store.read() as view:
            (unheard,) = view.unheard((notify.NOBODY,), most=9)
        office.lines.clear()
        back = office.line("群")
        with office.store.beside() as tx:
            assert tx.address_again([unheard.key]) == 1
        assert office.run().sent == 1, "the channel that is there again tells what it left"
        assert len(back.got) == 1
        assert office.states() == {("0001", "群"): (SENT, "")}

    def test_who_was_told_by_one_channel_is_told_by_the_other_too_and_nobody_is_missed(self, office: Office) -> None:
        told = office.line("一")
        office.line("二", Refused("500", again=True))
        office.tell(1, Colour.RED)
        office.run()
        office.lines.clear()
        office.line("绿", colours=frozenset({Colour.GREEN}))
        office.later(hours=1)
        assert office.run().nobody == 0
        with office.store.read() as view:
            assert view.unheard((notify.NOBODY,), most=9) == []
        assert len(told.got) == 1

    def test_what_another_process_is_sending_stays_with_it(self, office: Office) -> None:
        office.line("群")
        office.tell(1, Colour.RED)
        with office.store.beside() as tx:
            tx.address_notice(notice(Colour.RED, 1, at=office.now), "群", due_at=office.now, why="")
            tx.close_notices({"0001": ""})
            assert tx.take("群", ["0001"], parcel="p", now=office.now, until=office.now + 3 * LEASE) == 1
        office.lines.clear()
        office.line("别的")
        office.later(seconds=2 * LEASE.total_seconds())
        assert office.run().sent == 0
        assert office.states() == {("0001", "群"): (WAITING, "")}


@dataclass
class Slow(Line):
    """A channel that answers when a test lets it."""

    gate: Event = field(default_factory=Event)

    def deliver(self, message: Message) -> Delivered | Refused:
        answer = super().deliver(message)
        self.gate.wait()
        return answer


class TestCarried:
    """With carriers: every channel beside the others, and beside whoever sends."""

    @pytest.fixture
    def slow(self, office: Office) -> Iterator[Slow]:
        made = Slow(spec=ChannelSpec("慢"))
        office.lines["慢"], office.terms["慢"] = made, Terms("慢", most_bytes=1)
        yield made
        made.gate.set()

    def test_a_channel_that_hangs_holds_up_no_other(self, office: Office, slow: Slow) -> None:
        line, carriers = office.line("快", most_bytes=1), Carriers[Parcel](0.2)
        for number in (1, 2):
            office.tell(number, Colour.RED)
        assert office.post(carriers=carriers).run().sent == 2
        assert ([len(message.lines) for message in line.got], len(slow.got)) == ([1, 1], 1)
        office.tell(3, Colour.RED)
        assert office.post(carriers=carriers).run().sent == 1
        assert (len(line.got), len(slow.got)) == (3, 1)
        slow.gate.set()
        assert office.post(carriers=carriers).settle(timedelta(seconds=30)).sent == 1
        assert office.post(carriers=carriers).run().sent == 2
        assert [message.lines[0].code for message in slow.got] == [message.lines[0].code for message in line.got]
        assert {state for state, _ in office.states().values()} == {SENT}

    def test_one_that_refuses_rests_until_the_next_round_and_red_goes_elsewhere_in_this_one(
        self, office: Office
    ) -> None:
        first = office.line("群", Refused("no"), second="备")
        second = office.line("备", receivers=frozenset({"nobody"}))
        office.tell(1, Colour.RED)
        for _ in range(3):
            assert office.post(carriers=Carriers(30.0)).run().refused == 1
            office.later(hours=1)
        assert (len(first.got), len(second.got)) == (3, 1)

    def test_what_does_not_come_before_the_end_goes_out_once_more_under_the_same_key(
        self, office: Office, slow: Slow
    ) -> None:
        office.tell(1, Colour.RED)
        carriers = Carriers[Parcel](0.01)
        assert office.post(carriers=carriers).run() == office.post(carriers=carriers).settle(timedelta(0)) == Posted()
        slow.gate.set()
        assert office.post(carriers=Carriers(30.0)).run().sent == 0
        office.later(seconds=LEASE.total_seconds())
        assert office.post(carriers=Carriers(30.0)).run().sent == 1
        assert len({message.key for message in slow.got}) == 1 < len(slow.got)

    def test_nothing_new_sets_out_when_it_is_to_stop(self, office: Office) -> None:
        line = office.line()
        office.tell(1, Colour.RED)
        office.post().run()
        office.tell(2, Colour.RED)
        assert office.post(carriers=Carriers(30.0)).run(lambda: True) == Posted()
        assert len(line.got) == 1
