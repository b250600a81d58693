"""Due work: a claim is one worker's until its lease ends, and counts only while its fence and its moment are those of the row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import StoreError
from engine.model import Moment
from engine.store import Store
from engine.store.rows import Claim, Review
from tests.store_samples import START, samples, write

KIND = "matter"
SECOND, LEASE = timedelta(seconds=1), timedelta(minutes=5)


def due(store: Store, **after: int) -> None:
    """Items that are due so many seconds after START."""
    with store.beside() as tx:
        tx.schedule(KIND, {item: Moment(START + seconds * SECOND, "limit") for item, seconds in after.items()})


def claim(store: Store, at: int = 0, *, most: int = 10, items: tuple[str, ...] = ()) -> list[Claim]:
    now = START + at * SECOND
    with store.beside() as tx:
        return tx.claim(KIND, now=now, until=now + LEASE, most=most, items=items)


def held(store: Store, *claims: Claim) -> list[str]:
    with store.beside() as tx:
        return [one.item for one in tx.still_held(claims)]


def test_what_is_due_is_claimed_once_the_longest_due_first(store: Store) -> None:
    due(store, a=3, b=1, c=2, later=4)
    assert [one.item for one in claim(store, 3, most=2)] == ["b", "c"]
    assert [one.item for one in claim(store, 3)] == ["a"]
    assert claim(store, 3) == []


def test_only_the_kind_and_the_items_asked_for_are_claimed(store: Store) -> None:
    due(store, a=0, b=0)
    with store.beside() as tx:
        tx.schedule("job", {"a": Moment(START, "turn")})
        assert [one.kind for one in tx.claim("job", now=START, until=START + LEASE, most=9)] == ["job"]
    assert [one.item for one in claim(store, items=("b", "unknown"))] == ["b"]


def test_red_matters_come_first(store: Store) -> None:
    batch = list(samples(6, seed=2))
    with store.batch() as tx:
        write(tx, batch)
        states = tx.matter_states([sample.incident.id for sample in batch])
    due(store, **{id_: place for place, id_ in enumerate(sorted(states))})
    claimed = [states[one.item].standing for one in claim(store, 100)]
    assert len(set(claimed)) > 1
    assert claimed == sorted(claimed, reverse=True)


def test_a_lease_that_ended_lets_another_in_with_a_higher_fence(store: Store) -> None:
    due(store, a=0)
    (first,) = claim(store)
    assert claim(store, 299) == []
    (second,) = claim(store, 300)
    assert (second.fence, second.attempts) == (first.fence + 1, first.attempts + 1)
    assert held(store, first) == []
    assert held(store, second) == ["a"]


def test_a_lease_that_lies_too_far_ahead_binds_nobody_after_a_clock_was_set_back(store: Store) -> None:
    due(store, a=0)
    claim(store, 3_600)
    assert [one.item for one in claim(store, 3_600 - 1)] == ["a"]


def test_a_renewed_claim_lasts_and_a_lost_one_cannot_be_renewed(store: Store) -> None:
    due(store, a=0)
    (first,) = claim(store)
    with store.beside() as tx:
        assert tx.renew(first, START + 2 * LEASE)
    assert claim(store, 300) == []
    (second,) = claim(store, 600)
    with store.beside() as tx:
        assert not tx.renew(first, START + 9 * LEASE)
        assert tx.renew(second, START + 3 * LEASE)


def test_a_claim_given_back_is_free_at_once_and_does_not_count_as_a_try(store: Store) -> None:
    due(store, a=0)
    (first,) = claim(store)
    with store.beside() as tx:
        tx.release(first)
    (second,) = claim(store)
    assert (second.fence, second.attempts) == (first.fence + 1, 1)
    with store.beside() as tx:
        tx.release(first)
    assert claim(store) == [], "an old claim gives nothing back"


def test_a_claim_for_another_moment_is_no_claim_any_more(store: Store) -> None:
    due(store, a=0, b=0)
    claims = claim(store)
    due(store, a=0, b=7)
    assert held(store, *claims) == ["a"], "the same moment again changes nothing"
    assert [one.item for one in claim(store, 7)] == ["b"]
    with store.beside() as tx:
        tx.unschedule(KIND, ["a", "b"])
        tx.unschedule(KIND, [])
    assert held(store, *claims) == []
    assert held(store) == []


def test_what_waits_is_listed_the_next_one_first_with_who_has_it(store: Store) -> None:
    due(store, late=9, early=1)
    claim(store, 1)
    with store.read() as view:
        rows = view.waiting(KIND)
    assert [(row.item, row.due.why, row.attempts) for row in rows] == [("early", "limit", 1), ("late", "limit", 0)]
    assert [row.lease_until for row in rows] == [START + SECOND + LEASE, None]


def test_two_workers_at_once_never_have_the_same_item(store: Store) -> None:
    due(store, **{f"i{n}": 0 for n in range(8)})
    if store._vendor.name == "sqlite":
        claims = [claim(store, most=5), claim(store, most=5)]
    else:
        with store.beside() as one, store.beside() as other:
            claims = [tx.claim(KIND, now=START, until=START + LEASE, most=5) for tx in (one, other)]
    taken = [one.item for part in claims for one in part]
    assert sorted(taken) == [f"i{n}" for n in range(8)]


class TestReviews:
    """The log of what was looked at again."""

    def test_they_come_back_in_order(self, store: Store) -> None:
        done = [self.review("a", 1), self.review("a", None), self.review("a", 2), self.review("b", 1)]
        with store.beside() as tx:
            tx.write_reviews(done)
        with store.read() as view:
            assert view.reviews_of(["a", "b"]) == done
            assert view.reviews_of(["b"]) == done[3:]
            assert view.taken(["a"], START + SECOND) == {("a", START + 2 * SECOND)}
            assert view.taken([], START) == set()

    def test_no_moment_is_taken_twice(self, store: Store) -> None:
        with store.beside() as tx:
            tx.write_reviews([self.review("a", 1), self.review("a", None), self.review("a", None)])
        with pytest.raises(StoreError), store.beside() as tx:
            tx.write_reviews([self.review("a", 1)])

    def review(self, item: str, at: int | None) -> Review:
        moment = None if at is None else START + at * SECOND
        return Review(item, moment, START + 9 * SECOND, "limit", "digest", "inputs", {"standing": ["green", "yellow"]})
