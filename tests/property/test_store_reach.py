"""The neighbourhood holds what a plain reading of its contract asks for, and resolving it equals resolving everything (law 7)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.identity.keys import block_keys
from engine.identity.resolve import resolve
from engine.identity.settings import Settings
from engine.model import Cause, Cut, Links, Sighting, Union
from engine.store import Batch, Store, open_store
from engine.store.rows import Reach
from engine.store.sealing import Keys as SealingKeys
from engine.store.tables import blocks, identities, sightings
from tests.store_samples import START, Keys, by_hand

REACH = Reach(timedelta(days=180), timedelta(days=90))
SETTINGS = Settings()
few = st.sampled_from([None, None, "1", "2"])


@st.composite
def record(draw: st.DrawFn, ids: str) -> Sighting:
    return Sighting(
        id=draw(st.sampled_from(ids)),
        kind=draw(st.sampled_from(["police_110", "hotline_12345"])),
        at=START + timedelta(days=draw(st.integers(0, 700)), seconds=draw(st.integers(0, 1))),
        cause=draw(st.sampled_from([Cause.NEW, Cause.NEW, Cause.URGE])),
        topic=draw(few),
        place=draw(few),
        fine=draw(few),
        phone=draw(st.sampled_from([None, "p1", "p2"])),
        id_number=draw(st.sampled_from([None, None, "i1", "i2"])),
        account=draw(st.sampled_from([None, None, None, "a1"])),
        opponent=draw(st.sampled_from([None, None, None, "p1", "i1", "~o1"])),
        gist=draw(
            st.sampled_from(["", "000001000002000003", "00000100000200000400000500000600000700000800000900000a"])
        ),
        text_digest=draw(st.sampled_from(["t1", "t2"])),
        numbers=tuple(draw(st.lists(st.sampled_from(ids), max_size=1))),
    )


def keys(s: Sighting) -> set[tuple[str, ...]]:
    """Everything two records can share, in words."""
    found = {("party", value) for value in (s.phone, s.id_number, s.account, s.opponent) if value}
    places = {(kind, name, s.topic or "") for kind, name in (("fine", s.fine), ("place", s.place)) if name}
    return found | places


def least(held: dict[str, tuple[Sighting, Links]], batch: Sequence[Sighting]) -> set[str]:
    """What must be read, whatever else is: points 1, 2 and 5 of the contract in `engine.identity.keys`."""
    times = [s.at for s in batch]
    wanted = {key for s in batch for key in keys(s) if key[0] != "place" or s.topic}
    named = {number for s in batch for number in s.numbers} | {s.id for s in batch}
    near = {
        id_
        for id_, (s, _) in held.items()
        if any(min(times) - far <= s.at <= max(times) + far for far in _reaches(keys(s) & wanted))
        or id_ in named
        or named & set(s.numbers)
    }
    clusters = {held[id_][1].cluster for id_ in near}
    growing = {links.hotspot for s, links in held.values() if s.at < min(times)}
    growing -= {held[s.id][1].chain for s in batch if s.id in held}
    chains = {held[id_][1].chain for id_ in near} - growing - {None}
    return near | {id_ for id_, (_, links) in held.items() if links.cluster in clusters or links.chain in chains}


def _reaches(shared: set[tuple[str, ...]]) -> list[timedelta]:
    return [REACH.parties if key[0] == "party" else REACH.places for key in shared]


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A database file with every table, to copy from."""
    from engine.store import upgrade

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        upgrade(f"sqlite:///{path}")
        yield path


batch = st.lists(record("abcdefghijkl"), min_size=1, max_size=4, unique_by=lambda r: r.id)
pair = st.lists(st.sampled_from("abcdefghijkl"), min_size=2, max_size=2, unique=True)
decided = st.builds(lambda ids: Union(*ids), pair) | st.builds(lambda ids: Cut((ids[0],), (ids[1],)), pair)
histories = st.lists(batch | batch | decided | st.just("revoke"), min_size=1, max_size=7)


crowded = st.builds(
    lambda id_, day, phone, place: Sighting(
        id=id_, kind="police_110", at=START + timedelta(days=day), cause=Cause.NEW, phone=phone, topic="1", place=place
    ),
    st.sampled_from([f"{n:02d}" for n in range(40)]),
    st.sampled_from([n * 15 for n in range(30)]),
    st.sampled_from(["p1", "p2", "p3", "p4", None]),
    st.sampled_from(["1", "1", "1", "2"]),
).map(lambda s: replace(s, id_number="i1") if s.phone in ("p3", "p4") and s.id > "30" else s)
"""Many records of few persons at few places, so that there are hotspots that grow, are renamed, joined, parted and lost."""
crowds = st.lists(
    st.lists(crowded, min_size=1, max_size=6, unique_by=lambda r: r.id)
    | st.lists(crowded, min_size=1, max_size=2, unique_by=lambda r: r.id),
    min_size=3,
    max_size=14,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories | crowds)
def test_resolving_the_neighbourhood_equals_resolving_everything(
    empty: Path, history: list[list[Sighting] | Cut | Union | str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sanse.db"
        (Path(folder) / "sanse.db").write_bytes(empty.read_bytes())
        told = Told(open_store(url, SealingKeys(b"i" * 32, b"s" * 32, b"c" * 32)))
        for event in history:
            told.take_in(event) if isinstance(event, list) else told.decide(event)
            everything = resolve([s for s, _ in told.held.values()], *told.decisions(), settings=SETTINGS)
            assert {id_: links for id_, (_, links) in told.held.items()} == everything
        told.store.close()
        check_index(url, told.held)


class Told:
    """A store and, kept beside it, what it was told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.held: dict[str, tuple[Sighting, Links]] = {}
        self.decided: dict[int, Cut | Union] = {}

    def decisions(self) -> tuple[list[Cut], list[Union]]:
        """What people decided and did not take back."""
        made = self.decided.values()
        return [d for d in made if isinstance(d, Cut)], [d for d in made if isinstance(d, Union)]

    def take_in(self, fresh: list[Sighting]) -> None:
        """One batch as the pipeline does it."""
        with self.store.batch() as tx:
            self._resolved(tx, fresh)

    def decide(self, decision: Cut | Union | str) -> None:
        """A person decides, or takes the newest decision back, and the records of it are considered again, as the desk does it."""
        told: dict[str, object] = {"by": "王主任", "reason": "", "known_at": START}
        with self.store.batch() as tx:
            if isinstance(decision, Cut | Union):
                self.decided[tx.write_decision(decision, **told)] = decision  # type: ignore[arg-type]
            elif self.decided:
                number, decision = self.decided.popitem()
                tx.revoke_decision(number, **told)  # type: ignore[arg-type]
            if isinstance(decision, str):
                return
            sides = {*decision.left, *decision.right}  # an id is one letter here
            self._resolved(tx, [self.held[id_][0] for id_ in sides if id_ in self.held])

    def _resolved(self, tx: Batch, fresh: list[Sighting]) -> None:
        if not fresh:
            return
        held, times = self.held, [s.at for s in fresh]
        rows = tx.neighbourhood([block_keys(s) for s in fresh], min(times), max(times), REACH)
        assert len({row.sighting.id for row in rows}) == len(rows)
        assert all(held[row.sighting.id] == (row.sighting, row.links) for row in rows)
        assert least(held, fresh) <= {row.sighting.id for row in rows}
        seen = {row.sighting.id: row.sighting for row in rows} | {s.id: s for s in fresh}
        known = {row.sighting.id: row.links for row in rows}
        changed = [*fresh, *(held[s.id][0] for s in fresh if s.id in held)]
        decisions = tx.decisions_about(list(seen))
        links = resolve(list(seen.values()), *decisions, settings=SETTINGS, known=known, changed=changed)
        tx.write_sightings([(seen[id_], links[id_]) for id_ in seen])
        held.update({id_: (seen[id_], links[id_]) for id_ in seen})


def check_index(url: str, held: dict[str, tuple[Sighting, Links]]) -> None:
    """The index holds what the records say now, after whatever corrections."""
    with by_hand(url) as connection:
        filed = connection.execute(blocks.select()).fetchall()
        numbers = {row.n: row.id for row in connection.execute(sightings.select())}
        pairs = {(r.phone, r.id_number): numbers[r.record] for r in connection.execute(identities.select())}
    assert sorted(numbers.values()) == sorted(held)
    expected = [(id_, key) for id_, (s, _) in held.items() for key in {*keys(s), *(("n", n) for n in s.numbers)}]
    assert len(filed) == len(expected)
    told = {(s.phone, s.id_number) for s, _ in held.values() if s.phone and s.id_number}
    assert pairs.keys() == told
    assert all((held[id_][0].phone, held[id_][0].id_number) == pair for pair, id_ in pairs.items())


def test_the_plain_reading_finds_something() -> None:
    """The properties above would hold of a store that finds nothing if their definition did, too."""
    one = Sighting(id="a", kind="k", at=START, cause=Cause.NEW, phone="p1")
    held = {"a": (one, Links(None, "a", None, True, cluster="a"))}
    assert least(held, [replace(one, id="z")]) == {"a"}
    assert Keys.of(one).phone == "p1"
