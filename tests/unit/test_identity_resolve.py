"""Resolve: a pure function of a set; what it gives is consistent whatever the set, and settled records stay as they were."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.identity.resolve import resolve
from engine.model import Cause, Cut, Sighting, Union
from tests.identity_samples import LEAP, SETTINGS, seen

IDS = "abcdefghij"
maybe = st.sampled_from([None, None, "1", "2"])


@st.composite
def sighting(draw: st.DrawFn) -> Sighting:
    days = draw(st.sampled_from([0, 0, 1, 29, 30, 31, 90, 91, 179, 180, 181, 400]))
    return seen(
        draw(st.sampled_from(IDS)),
        days + draw(st.integers(0, 1)) / 86_400,
        kind=draw(st.sampled_from(["police_110", "hotline_12345"])),
        words=draw(st.sampled_from(["", "楼上漏水泡坏了天花板", "楼上又漏水泡坏天花板", "村口路灯坏了"])),
        cause=draw(st.sampled_from([Cause.NEW, Cause.NEW, Cause.REPEAT, Cause.URGE])),
        topic=draw(st.sampled_from([None, "noise", "noise", "wages"])),
        place=draw(st.sampled_from([None, "翠湖花园", "和顺家园", "解放路"])),
        fine=draw(maybe),
        phone=draw(maybe),
        id_number=draw(st.sampled_from([None, None, None, "i", "j"])),
        account=draw(maybe),
        opponent=draw(st.sampled_from([None, None, "1", "i", "~x"])),
        numbers=tuple(f"police_110:{n}" for n in draw(st.lists(st.sampled_from(IDS), max_size=1))),
    )


sets = st.lists(sighting(), max_size=10, unique_by=lambda s: s.id)
pairs = st.lists(st.sampled_from(IDS), min_size=2, max_size=2, unique=True)
cuts = st.lists(st.builds(lambda p: Cut((f"police_110:{p[0]}",), (f"police_110:{p[1]}",)), pairs), max_size=2)
unions = st.lists(st.builds(lambda p: Union(f"police_110:{p[0]}", f"police_110:{p[1]}"), pairs), max_size=2)


@settings(max_examples=150, deadline=None)
@given(sets, cuts, unions, st.integers(0, 10_000))
def test_any_order_of_the_set_gives_the_same(
    drawn: list[Sighting], held: list[Cut], joined: list[Union], seed: int
) -> None:
    shuffled = list(drawn)
    random.Random(seed).shuffle(shuffled)
    assert resolve(shuffled, held, joined, settings=SETTINGS) == resolve(drawn, held, joined, settings=SETTINGS)


@settings(max_examples=150, deadline=None)
@given(sets, cuts, unions)
def test_every_group_is_named_by_its_oldest_record(drawn: list[Sighting], held: list[Cut], joined: list[Union]) -> None:
    links = resolve(drawn, held, joined, settings=SETTINGS)
    assert links.keys() == {s.id for s in drawn}
    at = {s.id: (s.at, s.id) for s in drawn}
    for name in ("person", "matter", "hotspot", "cluster", "chain"):
        members: dict[str, list[str]] = defaultdict(list)
        for id_, held_ in links.items():
            if getattr(held_, name):
                members[getattr(held_, name)].append(id_)
        assert all(min(ids, key=at.__getitem__) == group for group, ids in members.items()), name


@settings(max_examples=150, deadline=None)
@given(sets, cuts, unions)
def test_a_matter_lies_within_one_cluster_and_a_cut_is_never_bridged(
    drawn: list[Sighting], held: list[Cut], joined: list[Union]
) -> None:
    links = resolve(drawn, held, joined, settings=SETTINGS)
    clusters: dict[str, set[str]] = defaultdict(set)
    for held_ in links.values():
        clusters[held_.matter].add(held_.cluster)
    assert all(len(of) == 1 for of in clusters.values())
    for cut in held:
        left, right = (links.get(side[0]) for side in (cut.left, cut.right))
        assert left is None or right is None or left.matter != right.matter


@settings(max_examples=100, deadline=None)
@given(sets)
def test_what_is_anonymous_has_no_person_and_what_has_a_key_has_one(drawn: list[Sighting]) -> None:
    links = resolve(drawn, (), (), settings=SETTINGS)
    for s in drawn:
        assert (links[s.id].person is not None) == bool(s.phone or s.id_number or s.account)


@settings(max_examples=100, deadline=None)
@given(sets)
def test_resends_and_urges_do_not_count_and_a_resend_names_one_that_does(drawn: list[Sighting]) -> None:
    links = resolve(drawn, (), (), settings=SETTINGS)
    for s in drawn:
        assert links[s.id].counts == (s.cause.counts and links[s.id].resend_of is None)


@settings(max_examples=100, deadline=None)
@given(sets)
def test_resolving_again_with_what_is_known_changes_nothing(drawn: list[Sighting]) -> None:
    links = resolve(drawn, (), (), settings=SETTINGS)
    assert resolve(drawn, (), (), settings=SETTINGS, known=links) == links
    assert resolve(drawn, (), (), settings=SETTINGS, known=links, changed=drawn) == links


@settings(max_examples=150, deadline=None)
@given(sets, st.integers(0, 10))
def test_one_by_one_is_all_at_once(drawn: list[Sighting], split: int) -> None:
    """With everything at hand, what is stored and what is new may be parted anywhere."""
    links = resolve(drawn[:split], (), (), settings=SETTINGS)
    for end in range(split, len(drawn)):
        links = resolve(drawn[: end + 1], (), (), settings=SETTINGS, known=links, changed=drawn[end : end + 1])
    assert links == resolve(drawn, (), (), settings=SETTINGS)


def test_nothing_and_one() -> None:
    assert resolve([], (), (), settings=SETTINGS) == {}
    (links,) = resolve([seen("a")], (), (), settings=SETTINGS).values()
    assert (links.person, links.matter, links.hotspot, links.counts) == (None, "police_110:a", None, True)
    assert (links.links, links.resend_of, links.cluster, links.chain) == ((), None, "police_110:a", None)


def test_a_correction_that_takes_a_phone_away_parts_what_it_had_joined() -> None:
    first, second = seen("a", phone="p"), seen("b", 1, phone="p")
    known = resolve([first, second], (), (), settings=SETTINGS)
    assert known[second.id].matter == first.id
    mended = seen("b", 1, phone="q")
    after = resolve([first, mended], (), (), settings=SETTINGS, known=known, changed=[mended, second])
    assert after[second.id].matter == after[second.id].person == second.id


def test_a_late_older_record_renames_the_matter() -> None:
    first = seen("b", phone="p")
    known = resolve([first], (), (), settings=SETTINGS)
    older = seen("a", -1, phone="p")
    after = resolve([first, older], (), (), settings=SETTINGS, known=known, changed=[older])
    assert {links.matter for links in after.values()} == {older.id}


def test_many_records_of_one_person_at_one_second_are_one_matter() -> None:
    crowd = [seen(f"{n:03d}", phone="p") for n in range(300)]
    assert {links.matter for links in resolve(crowd, (), (), settings=SETTINGS).values()} == {"police_110:000"}
    assert crowd[0].at == LEAP < LEAP + timedelta(seconds=1)


def test_whoever_stands_between_two_records_and_becomes_another_person_joins_them() -> None:
    """A phone gets its second ID number: what its calls kept apart is now one after the other."""
    before = (
        seen("b", id_number="i", place="和顺家园"),
        seen("c", phone="p", place="翠湖花园"),
        seen("d", 1, phone="p", id_number="i"),
    )
    known = resolve(before, (), (), settings=SETTINGS)
    assert known["police_110:b"].cluster != known["police_110:d"].cluster == known["police_110:c"].cluster
    second = seen("e", phone="p", id_number="j")
    after = resolve([*before, second], (), (), settings=SETTINGS, known=known, changed=[second])
    assert after == resolve([*before, second], (), (), settings=SETTINGS)
    assert after["police_110:b"].cluster == after["police_110:d"].cluster


def test_a_record_that_came_along_without_its_neighbours_keeps_its_hotspot() -> None:
    """Half a year later something is said of the same place, and of an old demand only one record is at hand."""
    crowd = [seen(str(n), n, phone=f"p{n}", topic="property", place="和顺公寓") for n in range(4)]
    known = resolve(crowd, (), (), settings=SETTINGS)
    late = seen("9", 200, phone="q", topic="property", place="和顺公寓")
    alone = {crowd[3].id: known[crowd[3].id]}
    after = resolve([crowd[3], late], (), (), settings=SETTINGS, known=alone, changed=[late])
    assert (after[crowd[3].id].hotspot, after[crowd[3].id].chain) == (crowd[0].id, crowd[0].id)
    assert after[late.id].chain == late.id
