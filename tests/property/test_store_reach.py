"""The neighbourhood is what a plain reading of its definition gives, for any stored records and any batch."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model import Cause, Links, Sighting
from engine.store import Store, open_store
from engine.store.sealing import Keys as SealingKeys
from engine.store.tables import blocks, identities, sightings
from tests.store_samples import START, Keys, by_hand

REACH = timedelta(days=20)
few = st.sampled_from([None, None, "1", "2"])


@st.composite
def record(draw: st.DrawFn, ids: str) -> tuple[Sighting, Links]:
    id_ = draw(st.sampled_from(ids))
    sighting = Sighting(
        id=id_,
        kind="police_110",
        at=START + timedelta(days=draw(st.integers(0, 90))),
        cause=Cause.NEW,
        topic=draw(few),
        place=draw(few),
        fine=draw(few),
        phone=draw(st.sampled_from([None, "p1", "p2"])),
        id_number=draw(st.sampled_from([None, "i1", "i2"])),
        account=draw(st.sampled_from([None, None, None, "a1"])),
        opponent=draw(st.sampled_from([None, None, None, "o1"])),
        numbers=tuple(draw(st.lists(st.sampled_from(ids), max_size=1))),
    )
    links = Links(
        None,
        draw(st.sampled_from(ids)),
        None,
        draw(st.booleans()),
        cluster=draw(st.sampled_from(ids)),
        chain=draw(st.sampled_from([None, "k1", "k2"])),
    )
    return sighting, links


def keys(s: Sighting) -> set[tuple[str, ...]]:
    """Everything two records can share, in words."""
    found = {("party", value) for value in (s.phone, s.id_number, s.account, s.opponent) if value}
    places = {(kind, name, s.topic or "") for kind, name in (("fine", s.fine), ("place", s.place)) if name}
    return found | places


def plain(held: dict[str, tuple[Sighting, Links]], batch: Sequence[Sighting]) -> set[str]:
    """The definition, read aloud."""
    former = [held[s.id][0] for s in batch if s.id in held]
    times = [s.at for s in (*batch, *former)]
    wanted = {key for s in (*batch, *former) for key in keys(s)}
    named = {number for s in (*batch, *former) for number in s.numbers} | {s.id for s in batch}
    near = {
        id_
        for id_, (s, _) in held.items()
        if (keys(s) & wanted and min(times) - REACH <= s.at <= max(times) + REACH)
        or id_ in named
        or named & set(s.numbers)
        or s.phone in split_phones(held, batch)
    }
    near |= founders(held, batch)
    clusters = {held[id_][1].cluster for id_ in near}
    chains = {held[id_][1].chain for id_ in near} - {None}
    return near | {id_ for id_, (_, links) in held.items() if links.cluster in clusters or links.chain in chains}


def split_phones(held: dict[str, tuple[Sighting, Links]], batch: Sequence[Sighting]) -> set[str | None]:
    before = [s for s, _ in held.values()]
    after = [s for s in before if s.id not in {b.id for b in batch}] + list(batch)
    pairs = [{(s.phone, s.id_number) for s in of if s.phone and s.id_number} for of in (before, after)]
    return {phone for phone, _ in pairs[0] ^ pairs[1]}


def founders(held: dict[str, tuple[Sighting, Links]], batch: Sequence[Sighting]) -> set[str]:
    """The first record of every person that the batch names; of several in one second, all."""
    found = set()
    for person in {key for s in batch for key in keys(s) if key[0] == "party"}:
        having = [s for s, _ in held.values() if person in keys(s)]
        found |= {s.id for s in having if s.at == min(h.at for h in having)}
    return found


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A database file with every table, to copy from."""
    from engine.store import upgrade

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        upgrade(f"sqlite:///{path}")
        yield path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(record("abcdefgh"), min_size=1, max_size=5, unique_by=lambda r: r[0].id), max_size=4),
    st.lists(record("ghijkl"), min_size=1, max_size=3, unique_by=lambda r: r[0].id),
)
def test_the_neighbourhood_is_its_definition(
    empty: Path, written: list[list[tuple[Sighting, Links]]], batch: list[tuple[Sighting, Links]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sanse.db"
        (Path(folder) / "sanse.db").write_bytes(empty.read_bytes())
        store = open_store(url, SealingKeys(b"i" * 32, b"s" * 32, b"c" * 32))
        held: dict[str, tuple[Sighting, Links]] = {}
        for rows in written:
            with store.batch() as tx:
                tx.write_sightings(rows)
            held.update({s.id: (s, links) for s, links in rows})
        check(store, held, [s for s, _ in batch])
        store.close()
        check_index(url, held)


def check(store: Store, held: dict[str, tuple[Sighting, Links]], batch: list[Sighting]) -> None:
    times = [s.at for s in batch]
    with store.read() as view:
        rows = view.neighbourhood([Keys.of(s) for s in batch], min(times), max(times), REACH)
        again = view.neighbourhood([Keys.of(s) for s in batch], min(times), max(times), REACH)
    found = {row.sighting.id: (row.sighting, row.links) for row in rows}
    assert len(found) == len(rows)
    wanted = plain(held, batch)
    assert found.keys() == wanted
    assert all(found[id_] == held[id_] for id_ in found)
    assert {row.sighting.id: (row.sighting, row.links) for row in again} == found


def check_index(url: str, held: dict[str, tuple[Sighting, Links]]) -> None:
    """The index holds what the records say now, after whatever corrections."""
    with by_hand(url) as connection:
        filed = connection.execute(blocks.select()).fetchall()
        numbers = {row.n: row.id for row in connection.execute(sightings.select())}
        pairs = {(r.phone, r.id_number): r.records for r in connection.execute(identities.select())}
    assert sorted(numbers.values()) == sorted(held)
    expected = [(id_, key) for id_, (s, _) in held.items() for key in {*keys(s), *(("n", n) for n in s.numbers)}]
    assert len(filed) == len(expected)
    counted: dict[tuple[str, str], int] = {}
    for s, _ in held.values():
        if s.phone and s.id_number:
            counted[s.phone, s.id_number] = counted.get((s.phone, s.id_number), 0) + 1
    assert {pair: n for pair, n in pairs.items() if n} == counted


def test_the_naive_reading_finds_something() -> None:
    """The property above would hold of a store that finds nothing if its definition did, too."""
    one = Sighting(id="a", kind="k", at=START, cause=Cause.NEW, phone="p1")
    held = {"a": (one, Links(None, "a", None, True, cluster="a"))}
    assert plain(held, [replace(one, id="z")]) == {"a"}
