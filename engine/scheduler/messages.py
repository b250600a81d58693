"""Messages: what was decided to be told goes out, at least once, and every repeat bears the same key.

In: a store, outlets (a channel with its terms), the policy, the clock. Out: `Posted`, what came of it. Not here: what is told, whom and in which
words (`engine.notify`), how a channel sends (`adapters.channels`), when this is done (`cli.service`).

Each step is a short transaction of its own: channels are chosen for a notice; a message is put together, given its key, counted against the
caps and claimed with a lease; it is sent; it is marked. Whoever is killed between sending and marking leaves a claim that lapses: then the
same message goes out once more, under the same key. A refused message waits longer each time; after too many it is dead, and a person may revive it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from engine import notify
from engine.casework import CLOSED
from engine.errors import UsageError
from engine.masking import mask_text
from engine.model import Channel, Colour, Delivered, Message, Notice, Refused
from engine.notify import Bucket, Policy, Standing, Terms
from engine.scheduler.carrying import Carriers
from engine.store import Batch, Store
from engine.store.outbox import DEAD, SENT, WAITING
from engine.store.rows import DeliveryRow

LEASE = timedelta(minutes=5)
REFUSED, LOST = "refused", "lost"
_PIECE = 500
_RED_GOES_ELSEWHERE = 3
"""After so many refusals red is also told through the second channel: it cannot wait until the first one is given up."""
_LONGEST = 200


class Overtaken(Exception):
    """Somebody marked or took a message between our looking and our taking it: nothing of the claim is kept."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A channel and what the configuration says of it."""

    channel: Channel
    terms: Terms


@dataclass(slots=True)
class Posted:
    """What one round came to: messages sent, refused, given up, and how many notices nobody was to be told of."""

    sent: int = 0
    refused: int = 0
    dead: int = 0
    nobody: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message in hand: claimed, not yet marked."""

    message: Message
    rows: Sequence[DeliveryRow]
    fence: int
    number: int
    terms: Terms

    @property
    def red(self) -> bool:
        return self.rows[0].notice.colour is Colour.RED


class Post:
    """Sends what is due through the outlets of one installation."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        outlets: Sequence[Outlet],
        policy: Policy,
        *,
        link: str = "",
        lease: timedelta = LEASE,
        give_up_after: int = 8,
        carriers: Carriers[Parcel] | None = None,
    ) -> None:
        self._store, self._clock, self._policy, self._link = store, clock, policy, link
        self._outlets = {outlet.terms.name: outlet for outlet in outlets}
        self._lease, self._give_up_after, self._carriers = lease, give_up_after, carriers

    def run(self, stop: Callable[[], bool] = lambda: False) -> Posted:
        """Choose channels for everything new or left behind, then send what is due, until nothing is or `stop` says so.

        A channel that refuses has a rest until the next round. With carriers all channels send at once, and what is still on its way then is
        marked in a later round: one that does not answer must not hold up the others, nor whoever runs this.
        """
        posted = Posted()
        while not stop() and self._gathered():
            pass
        while not stop() and self._address(posted):
            pass
        if self._carriers is not None:
            self._carry(self._carriers, posted, stop)
            return posted
        for outlet in self._outlets.values():
            while not stop() and self._send_next(outlet, posted):
                pass
        return posted

    def settle(self, patience: timedelta) -> Posted:
        """Mark what is on its way, as far as it comes within `patience`: the process ends. What does not is sent once more when its lease has lapsed."""
        posted, until = Posted(), time.monotonic() + patience.total_seconds()
        while self._carriers and (came := self._carriers.come(max(until - time.monotonic(), 0.0))):
            self._noted(came.load, came.answer, posted)
        return posted

    def test(self, channel: str) -> Delivered | Refused:
        """Send a test message now; raises UsageError for an unknown channel."""
        outlet = self._outlets.get(channel)
        if outlet is None:
            known = "、".join(self._outlets) or "config.yaml 里还没有 channels"
            raise UsageError(f"没有这个渠道：{channel}", hint=f"可用：{known}")
        now = self._clock()
        notice = Notice(
            key="", matter="", code="TEST", event=notify.TEST, colour=Colour.GREEN, route="", at=now, verdict=""
        )
        key = f"test-{int(now.timestamp())}"
        with self._store.beside() as tx:
            number = tx.begin_sending(key, channel, attempt=1, at=now)
        answer = self._deliver(outlet, self._worded([notice], key, now))
        with self._store.beside() as tx:
            self._end(tx, number, answer)
        return answer

    def _gathered(self) -> bool:
        """Take a piece of what waits for channels that were renamed or removed, so that others are chosen; whether there was any.

        Another process may have such a channel still: it would have sent within a lease.
        """
        now = self._clock()
        with self._store.beside() as tx:
            left = tx.stranded(self._outlets, since=now - self._lease, now=now, most=_PIECE)
            for channel in {row.channel for row in left}:
                tx.withhold(channel, {row.notice.key: notify.GONE for row in left if row.channel == channel}, now)
            tx.address_again({row.notice.key for row in left})
        return bool(left)

    def _address(self, posted: Posted) -> bool:
        """Choose channels for a piece of what is new; whether there was any."""
        now, terms = self._clock(), [outlet.terms for outlet in self._outlets.values()]
        with self._store.beside() as tx:
            notices = tx.fresh_notices(_PIECE)
            made = {(row.notice.key, row.channel): row for row in tx.deliveries_of([one.key for one in notices])}
            told = {key for (key, _), row in made.items() if row.state == SENT}
            verdicts = {}
            for notice in notices:
                slots, why = notify.address(notice, terms, self._policy, now)
                verdicts[notice.key] = "" if notice.key in told else why
                for slot in slots:
                    tx.address_notice(notice, slot.channel, due_at=slot.not_before, why=slot.why)
                    if (notice.key, slot.channel) in made:
                        tx.take_back(notice, slot.channel, was=notify.GONE, due_at=slot.not_before, why=slot.why)
            tx.close_notices(verdicts)
        posted.nobody += sum(1 for why in verdicts.values() if why)
        return bool(notices)

    def _carry(self, carriers: Carriers[Parcel], posted: Posted, stop: Callable[[], bool]) -> None:
        """Let every channel send the next of its messages as soon as the one before has come, while it is worth waiting for any."""
        refused, idle = set[str](), set[str]()
        while True:
            came = carriers.come()
            if came is not None and not self._noted(came.load, came.answer, posted):
                refused.add(came.load.terms.name)
                idle.clear()  # a second channel may have something to tell now
            begun = False
            for name, outlet in () if stop() else self._outlets.items():
                if carriers.busy(name) or name in refused or name in idle:
                    continue
                if (taken := self._taken(outlet)) is None:
                    idle.add(name)
                    continue
                carriers.set_out(name, taken, partial(self._deliver, outlet, taken.message))
                begun = True
            if came is None and not begun:
                return

    def _send_next(self, outlet: Outlet, posted: Posted) -> bool:
        """Send the next message of a channel; False when there is none, or it was refused."""
        parcel = self._taken(outlet)
        return parcel is not None and self._noted(parcel, self._deliver(outlet, parcel.message), posted)

    def _taken(self, outlet: Outlet) -> Parcel | None:
        """The next message of a channel, in hand from now on; None where there is none."""
        try:
            with self._store.beside() as tx:
                return self._claimed(tx, outlet)
        except Overtaken:
            return None

    def _noted(self, parcel: Parcel, answer: Delivered | Refused, posted: Posted) -> bool:
        """Write what came of a message; whether it was taken."""
        with self._store.beside() as tx:
            state = self._marked(tx, parcel, answer)
        posted.sent += state == SENT
        posted.refused += state in {WAITING, DEAD}
        posted.dead += state == DEAD
        return isinstance(answer, Delivered)

    def _claimed(self, tx: Batch, outlet: Outlet) -> Parcel | None:
        """The next message, claimed and counted; None when nothing is due or the cap is reached. The bucket's lock makes this one at a time."""
        now, terms = self._clock(), outlet.terms
        held = tx.bucket(terms.name)
        rows = self._worth_sending(tx, terms.name, tx.ready(terms.name, now=now, most=_PIECE), now)
        if not rows:
            return None
        chosen, key = self._chosen(tx, terms, rows)
        keys = [row.notice.key for row in chosen]
        bucket, wait = notify.drawn(Bucket(*held) if held else None, terms.per_minute, now)
        tx.write_bucket(terms.name, bucket.level, bucket.at)
        if wait:
            tx.put_off(terms.name, [row.notice.key for row in rows], until=now + wait, why=notify.CAP)
            return None
        if tx.take(terms.name, keys, parcel=key, now=now, until=now + self._lease) != len(keys):
            raise Overtaken
        number = tx.begin_sending(key, terms.name, attempt=chosen[0].attempts + 1, at=now)
        message = self._worded([row.notice for row in chosen], key, now)
        return Parcel(message, chosen, chosen[0].fence + 1, number, terms)

    def _worth_sending(self, tx: Batch, channel: str, rows: Sequence[DeliveryRow], now: datetime) -> list[DeliveryRow]:
        """What is due, without what need not be sent after all; a message that was in hand before stays as it is, whatever happened since."""
        fresh = [row.notice for row in rows if not row.parcel]
        states = tx.matter_states([notice.matter for notice in fresh])
        silences = tx.silences_of({notice.code for notice in fresh})
        standing = {
            notice.matter: Standing(
                silenced=notice.code in silences and silences[notice.code].until > now,
                closed=notice.matter in states and states[notice.matter].status == CLOSED,
            )
            for notice in fresh
        }
        told = tx.told(channel, {notice.code for notice in fresh})
        reasons = notify.withheld(fresh, standing, told)
        tx.withhold(channel, reasons, now)
        return [row for row in rows if row.parcel or row.notice.key not in reasons]

    def _chosen(self, tx: Batch, terms: Terms, rows: Sequence[DeliveryRow]) -> tuple[Sequence[DeliveryRow], str]:
        """The deliveries that go out together, and under which key: the message in hand before, or a new one from the first on."""
        if rows[0].parcel:
            return tx.parcel(rows[0].parcel), rows[0].parcel
        fresh = [row for row in rows if not row.parcel]
        notices = [row.notice for row in fresh]
        fits = notify.fitting(notices, most_bytes=terms.most_bytes, policy=self._policy, link=self._link)
        chosen = fresh[:fits]
        return chosen, notify.parcel_key([row.notice.key for row in chosen], terms.name)

    def _deliver(self, outlet: Outlet, message: Message) -> Delivered | Refused:
        try:
            return outlet.channel.deliver(message)
        except Exception as fault:  # noqa: BLE001 -- one channel that breaks must not stop the others; what broke is told
            return Refused(f"程序错误（{type(fault).__name__}）")

    def _marked(self, tx: Batch, parcel: Parcel, answer: Delivered | Refused) -> str:
        """Write what came of a message; `LOST` when somebody else has it by now."""
        now, key, terms = self._clock(), parcel.message.key, parcel.terms
        self._end(tx, parcel.number, answer)
        if isinstance(answer, Delivered):
            return SENT if tx.parcel_sent(key, parcel.fence, now) else LOST
        if answer.wait:
            tx.write_bucket(
                terms.name, 0, now + answer.wait
            )  # the whole channel rests: its other messages would be refused as well
        failures = parcel.rows[0].failures + 1
        state = WAITING if answer.again and failures < self._give_up_after else DEAD
        again = now + notify.wait_before(failures, answer.wait)
        if not tx.parcel_failed(key, parcel.fence, state=state, why=notify.RETRY, again=again, now=now):
            return LOST
        if parcel.red and terms.second in self._outlets and (state == DEAD or failures >= _RED_GOES_ELSEWHERE):
            for row in parcel.rows:
                tx.address_notice(row.notice, terms.second, due_at=now, why=notify.SECOND)
        return state

    def _end(self, tx: Batch, number: int, answer: Delivered | Refused) -> None:
        said = answer.said if isinstance(answer, Delivered) else answer.why
        outcome = SENT if isinstance(answer, Delivered) else REFUSED
        tx.end_sending(number, at=self._clock(), outcome=outcome, said=mask_text(said)[:_LONGEST])

    def _worded(self, notices: Sequence[Notice], key: str, now: datetime) -> Message:
        return notify.message(notices, key=key, at=now, policy=self._policy, link=self._link)
