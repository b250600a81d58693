"""Blind grades: the same share of every colour, nothing of the colour shown, graded once by somebody who had no part in it."""

from __future__ import annotations

from fractions import Fraction

import orjson
import pytest

from cli.printing import plain
from engine.desk import acting, sampling
from engine.errors import UsageError
from engine.model import Colour
from tests.installation import Installation

pytest_plugins = ["tests.places"]

SIGNS = "柳石桥塘新铺青龙泉岭坪湾"
GREEN, RED = "村口的路灯坏了一个多星期没有人来修理", "邻居拿着菜刀上门扬言要砍死我们一家人"


def filled(place: Installation, green: int = 6, red: int = 2) -> None:
    """So many matters of each colour, each of a caller and place of its own."""
    place.ingest(*(place.call(f"G{n}", GREEN, caller=n, hours=n, place=f"云溪镇{SIGNS[n]}村1组") for n in range(green)))
    place.ingest(
        *(place.call(f"R{n}", RED, caller=50 + n, hours=n, place=f"云溪镇{SIGNS[-n - 1]}村1组") for n in range(red))
    )


def deal(place: Installation, percent: int = 100, seed: str = "") -> int:
    return sampling.deal(place.desk, place.person(), percent=Fraction(percent), days=30, seed=seed)


def test_the_same_share_of_every_colour_is_dealt_and_nothing_twice(place: Installation) -> None:
    filled(place)
    assert deal(place, 50) == 4
    with place.desk.store.read() as view:
        dealt = [view.dealt(n) for n in range(1, 5)]
    assert sorted(one.standing for one in dealt if one) == [Colour.GREEN] * 3 + [Colour.RED]
    assert all(("R1" in one.rules) == (one.standing is Colour.RED) for one in dealt if one)
    assert deal(place, 100) == 4
    assert deal(place, 100) == 0


def test_what_a_share_leaves_over_is_dealt_by_lot() -> None:
    found = [(f"m{n}", Colour.GREEN, Colour.GREEN) for n in range(5)]
    counts = [len(sampling._drawn(found, Fraction(1, 10), str(seed))) for seed in range(400)]
    assert set(counts) == {0, 1}
    assert 160 < sum(counts) < 240, "half of one of five, each as likely as any other"
    every = [id_ for seed in range(400) for id_ in sampling._drawn(found, Fraction(1, 10), str(seed))]
    assert {every.count(id_) > 15 for id_, *_ in found} == {True}


def test_whoever_grades_sees_what_the_records_say_and_nothing_of_the_colour(place: Installation) -> None:
    filled(place, 1, 1)
    deal(place)
    shown = sampling.waiting(place.desk, place.person())
    assert {GREEN, RED} <= {record.text for one in shown for record in one.records}
    written = orjson.dumps(plain(shown)).decode()
    for told in (
        "red",
        "yellow",
        "green",
        "红",
        "黄",
        "绿",
        "R1",
        "P0",
        "理由",
        "route",
        "SS2025",
        "police_110:",
        "危险",
    ):
        assert told not in written, told
    assert set(orjson.loads(written)[0]) == {"number", "round", "records"}
    assert set(orjson.loads(written)[0]["records"][0]) == {"kind", "at", "text"}


def test_a_grade_is_given_once(place: Installation) -> None:
    filled(place, 1, 0)
    deal(place)
    sampling.grade(place.desk, place.person(), 1, colour=Colour.YELLOW)
    with pytest.raises(UsageError, match="评过"):
        sampling.grade(place.desk, place.person("李所长", "lead"), 1, colour=Colour.RED)
    with place.desk.store.read() as view:
        one = view.dealt(1)
        assert one is not None
        assert (one.grade, one.graded_by) == (Colour.YELLOW, "王主任")
        told = [row.payload for row in view.audit_rows() if row.what == sampling.GRADE]
    assert told == [{"sample": 1, "round": 1}], "the grade is not in the log that graders may read"
    assert sampling.waiting(place.desk, place.person()) == []


def test_whoever_handled_a_matter_neither_sees_nor_grades_it(place: Installation) -> None:
    filled(place, 1, 0)
    acting.act(place.desk, place.person(), "police_110:G0", kind="contact")
    deal(place)
    assert sampling.waiting(place.desk, place.person()) == []
    with pytest.raises(UsageError, match="办理过"):
        sampling.grade(place.desk, place.person(), 1, colour=Colour.RED)
    assert len(sampling.waiting(place.desk, place.person("李所长", "lead"))) == 1


def test_what_does_not_make_sense_is_refused(small_place: Installation) -> None:
    with pytest.raises(UsageError, match="比例"):
        deal(small_place, 0)
    with pytest.raises(UsageError, match="没有这个样本"):
        sampling.grade(small_place.desk, small_place.person(), 9, colour=Colour.RED)
    with pytest.raises(UsageError, match="analyst"):
        sampling.deal(small_place.desk, small_place.person("张分析", "analyst"), percent=Fraction(5), days=30)
