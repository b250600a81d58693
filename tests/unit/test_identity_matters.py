"""Matters: explicit numbers, the same person and topic, the same household and words; cuts hold, whatever the order (ruling 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.identity.matters import CERTAIN, candidates
from engine.model import Cut, Sighting, Union
from tests.identity_samples import LEAP, SETTINGS, linked, matters, seen, shuffles

LEAK = "楼上装修漏水把我家天花板泡坏了，双方争吵"
SECOND = 1 / 86_400


def together(*sightings: Sighting, cuts: tuple[Cut, ...] = (), unions: tuple[Union, ...] = ()) -> set[frozenset[str]]:
    """The groups of records that are one matter; the same in every order."""
    told = matters(sightings, cuts, unions)
    for order in shuffles(sightings):
        assert matters(order, cuts, unions) == told
    return {frozenset(id_ for id_ in told if told[id_] == matter) for matter in told.values()}


def apart(*numbers: str) -> set[frozenset[str]]:
    return {frozenset(number) for number in numbers}


def cut(left: str, right: str) -> Cut:
    return Cut(tuple(f"police_110:{n}" for n in left), tuple(f"police_110:{n}" for n in right))


class TestNumbers:
    def test_a_record_that_names_another_is_of_its_matter_whatever_else_differs(self) -> None:
        other = seen("b", 900, kind="petition", topic="wages", place="柳塘村", numbers=("police_110:a",))
        assert together(seen("a", place="翠湖花园"), other) == {frozenset("ab")}

    def test_two_that_name_a_number_nobody_has_seen_are_together(self) -> None:
        assert together(seen("a", numbers=("police_110:x",)), seen("b", 700, numbers=("police_110:x",))) == {
            frozenset("ab")
        }

    def test_a_record_that_names_itself_is_alone(self) -> None:
        assert together(seen("a", numbers=("police_110:a",)), seen("b")) == apart("a", "b")

    def test_a_circle_of_names_is_one_matter(self) -> None:
        ring = [seen(n, numbers=(f"police_110:{m}",)) for n, m in ("ab", "bc", "ca")]
        assert together(*ring) == {frozenset("abc")}
        assert {link.score for link in candidates(ring, dict.fromkeys((s.id for s in ring), None), (), SETTINGS)} == {
            CERTAIN
        }


class TestOnePerson:
    @pytest.mark.parametrize(("days", "one"), [(0, True), (180, True), (180 + SECOND, False), (-180, True)])
    def test_the_same_topic_within_a_hundred_and_eighty_days(self, days: float, *, one: bool) -> None:
        assert (len(together(seen("a", phone="p"), seen("b", days, phone="p"))) == 1) is one

    def test_another_topic_is_another_matter(self) -> None:
        assert together(seen("a", phone="p"), seen("b", 1, phone="p", topic="wages")) == apart("a", "b")

    def test_two_places_contradict_and_a_road_does_not(self) -> None:
        home = seen("a", phone="p", place="翠湖花园")
        assert together(home, seen("b", 1, phone="p", place="和顺家园")) == apart("a", "b")
        assert together(home, seen("b", 1, phone="p", place="解放路")) == {frozenset("ab")}

    def test_a_record_of_no_place_never_bridges_two_places(self) -> None:
        groups = together(
            seen("a", phone="p", place="翠湖花园"), seen("b", 1, phone="p"), seen("c", 2, phone="p", place="和顺家园")
        )
        assert len(groups) == 2

    def test_unknown_topics_need_like_words(self) -> None:
        first = seen("a", phone="p", topic=None, words=LEAK)
        assert together(first, seen("b", 1, phone="p", topic=None, words=f"{LEAK}不休")) == {frozenset("ab")}
        assert together(first, seen("b", 1, phone="p", topic=None, words="村口路灯坏了")) == apart("a", "b")
        assert together(seen("a", phone="p", topic=None), seen("b", phone="p", topic=None)) == apart("a", "b")

    def test_anonymous_records_with_the_same_words_are_apart(self) -> None:
        assert together(seen("a", words=LEAK), seen("b", 1, words=LEAK)) == apart("a", "b")

    def test_the_one_complained_of_calls_back(self) -> None:
        assert together(seen("a", phone="p", opponent="q"), seen("b", 1, phone="q")) == {frozenset("ab")}
        assert together(seen("a", phone="p", opponent="q"), seen("b", 181, phone="q")) == apart("a", "b")

    def test_a_name_alone_is_no_party(self) -> None:
        assert together(seen("a", phone="p", opponent="~x"), seen("b", 1, phone="q", opponent="~x")) == apart("a", "b")


class TestOneHousehold:
    def two(self, days: float = 1, words: str = LEAK, **more: str) -> set[frozenset[str]]:
        first = seen("a", phone="p", fine="f", place="翠湖花园", words=LEAK, **more)
        return together(first, seen("b", days, phone="q", fine="f", place="翠湖花园", words=words, **more))

    @pytest.mark.parametrize(("days", "one"), [(30, True), (30 + SECOND, False)])
    def test_like_words_within_thirty_days(self, days: float, *, one: bool) -> None:
        assert (len(self.two(days)) == 1) is one

    def test_other_words_are_another_matter_unless_the_opponent_is_the_same(self) -> None:
        other = "门口堆放杂物占了过道，说了也不听"
        assert self.two(words=other) == apart("a", "b")
        assert self.two(words=other, opponent="~x") == {frozenset("ab")}

    def test_one_estate_is_not_one_household(self) -> None:
        assert together(
            seen("a", phone="p", place="翠湖花园", words=LEAK), seen("b", 1, phone="q", place="翠湖花园", words=LEAK)
        ) == apart("a", "b")


class TestPeopleDecide:
    line = tuple(seen(n, day, phone="p") for day, n in enumerate("abcd"))

    def test_a_cut_is_never_bridged(self) -> None:
        groups = together(*self.line, cuts=(cut("a", "d"),))
        assert not any({"a", "d"} <= group for group in groups)
        assert set().union(*groups) == set("abcd")

    def test_a_cut_of_sides_holds_for_every_pair(self) -> None:
        groups = together(*self.line, cuts=(cut("ab", "cd"),))
        assert groups == {frozenset("ab"), frozenset("cd")}

    def test_a_cut_about_records_that_have_not_come_changes_nothing(self) -> None:
        assert together(*self.line, cuts=(cut("a", "z"),)) == {frozenset("abcd")}

    def test_a_union_joins_what_nothing_else_would(self) -> None:
        strangers = (seen("a", phone="p", place="翠湖花园"), seen("b", 400, phone="q", topic="wages", place="柳塘村"))
        assert together(*strangers) == apart("a", "b")
        assert together(*strangers, unions=(Union("police_110:a", "police_110:b"),)) == {frozenset("ab")}

    def test_a_cut_wins_over_a_union(self) -> None:
        union = Union("police_110:a", "police_110:b")
        assert together(seen("a"), seen("b"), cuts=(cut("a", "b"),), unions=(union,)) == apart("a", "b")

    def test_undone_is_as_before(self) -> None:
        before = together(*self.line)
        together(*self.line, cuts=(cut("a", "b"),))
        assert together(*self.line) == before == {frozenset("abcd")}


def test_the_matter_is_named_by_its_oldest_record_and_the_smaller_id_of_one_second() -> None:
    assert set(matters([seen("c", 1, phone="p"), seen("b", phone="p"), seen("a", phone="p")]).values()) == {"a"}
    assert set(matters([seen("c", -1, phone="p"), seen("b", phone="p")]).values()) == {"c"}


def test_a_leap_day_is_a_day() -> None:
    year = [seen("a", phone="p"), seen("b", 180, phone="p"), seen("c", 360, phone="p")]
    assert year[2].at == LEAP + timedelta(days=360)
    assert together(*year) == {frozenset("abc")}


def test_links_tell_why_and_which_were_not_applied() -> None:
    told = linked(
        [seen("a", phone="p", place="翠湖花园"), seen("b", 1, phone="p"), seen("c", 2, phone="p", place="和顺家园")]
    )
    ties = {(link.left[-1], link.right[-1]): link for links in told.values() for link in links.links}
    assert all(link.why.startswith("b:") and 0 < link.score < CERTAIN for link in ties.values())
    assert sorted(link.applied for link in ties.values()) == [False, True]
