"""Subjects: records of the room are values: frozen, equal by content, fit for a set."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from engine.model import FeatureSet
from tests.feature_samples import member, subject


def test_members_of_equal_content_are_one() -> None:
    assert member("a") == member("a")
    assert member("a") != member("a", matter="other")
    assert len({member("a"), member("a"), member("b")}) == 2


def test_a_subject_keeps_its_member_and_its_base() -> None:
    base = FeatureSet({"record.weapon": None}, absent=("record.heads",))
    held = subject(member("a"), base)
    assert (held.member, held.base) == (member("a"), base)
    assert replace(held, member=member("b")).base is base


def test_neither_can_be_changed() -> None:
    held = subject()
    with pytest.raises(FrozenInstanceError):
        held.member = member("b")  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        held.member.links = member("b").links  # type: ignore[misc]
