"""Affected: stored records whose windows gained or lost a member, never too few, none without need (ruling 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.identity.affected import affected
from engine.model import Links, Sighting
from tests.identity_samples import seen

SECOND = 1 / 86_400
MONTH = {
    "matter": timedelta(days=30),
    "caller": timedelta(days=30),
    "hotspot": timedelta(days=30),
    "place": timedelta(days=7),
    "phone": timedelta(days=7),
    "pair": timedelta(days=7),
}


def links(matter: str = "m", *, person: str | None = None, hotspot: str | None = None, counts: bool = True) -> Links:
    return Links(person, matter, hotspot, counts)


def stirred(
    new: Sighting,
    stored: Sighting,
    after: Links,
    *,
    before: Links | None = None,
    was: Links | None = None,
    of: Links | None = None,
) -> bool:
    """Whether the stored record is to be judged again when `new` comes with the links `after`."""
    old = {stored.id: before or of or links()}
    now = {stored.id: of or before or links(), new.id: after}
    if was:
        old[new.id] = was
    return stored.id in affected(old, now, {stored.id: stored, new.id: new}, {new.id}, longest=MONTH)


@pytest.mark.parametrize(("days", "hit"), [(0, True), (30, True), (30 + SECOND, False), (-SECOND, False)])
def test_a_window_looks_back_from_its_own_record_both_ends_included(days: float, *, hit: bool) -> None:
    assert stirred(seen("new", 0), seen("old", days), links()) is hit


def test_in_order_arrivals_touch_nobody() -> None:
    assert not stirred(seen("new", 1), seen("old", 0), links())


def test_other_matters_are_not_touched() -> None:
    assert not stirred(seen("new"), seen("old", 1), links("other"))


@pytest.mark.parametrize("group", [{"person": "x"}, {"hotspot": "h"}])
def test_any_common_group_is_enough(group: dict[str, str]) -> None:
    assert stirred(seen("new"), seen("old", 1), links("other", **group), of=links(**group))
    assert not stirred(seen("new"), seen("old", 31), links("other", **group), of=links(**group))


def test_places_and_phones_have_their_own_lengths() -> None:
    for key in ({"place": "翠湖花园"}, {"phone": "p"}):
        assert stirred(seen("new", **key), seen("old", 7, **key), links("other"))
        assert not stirred(seen("new", **key), seen("old", 7 + SECOND, **key), links("other"))


def test_a_corrected_record_stirs_where_it_was_and_where_it_is() -> None:
    assert stirred(seen("new"), seen("old", 1), links("other"), was=links("m"))
    assert stirred(seen("new"), seen("old", 1), links("m"), was=links("other"))


def test_a_record_that_changed_groups_is_judged_itself() -> None:
    assert stirred(seen("new", 5), seen("old", 0), links("m"), before=links("m"), of=links("m2"))
    assert stirred(seen("new", 5), seen("old", 0), links("z"), before=links("z"), of=links("z", counts=False))


def test_a_later_closing_reaches_into_the_windows_of_records_after_it() -> None:
    closed = seen("new", 0, closed_at=seen("x", 40).at)
    assert stirred(closed, seen("old", 60), links())
    assert not stirred(seen("new", 0), seen("old", 60), links())


def test_nothing_new_touches_nobody() -> None:
    stored = seen("old")
    held = {stored.id: links()}
    assert affected(held, held, {stored.id: stored}, (), longest=MONTH) == set()
    assert affected({}, {}, {}, (), longest=MONTH) == set()


def test_a_group_that_no_fact_counts_over_stirs_nobody() -> None:
    new, stored = seen("new"), seen("old", 1)
    told = affected(
        {stored.id: links()},
        {stored.id: links(), new.id: links()},
        {stored.id: stored, new.id: new},
        {new.id},
        longest={},
    )
    assert told == set()
