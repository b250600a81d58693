"""Windows in plain Python: every case of the page, contributing ids, and many subjects at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.features.live import LiveFeatures
from engine.model import FeatureSet
from tests.feature_samples import DAY, NOW, action, member, subject
from tests.rulebook_samples import rulebook
from tests.window_cases import CASES, COUNT, Case, window


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_window_by_hand(case: Case) -> None:
    reader = LiveFeatures(rulebook(features={"m.fact": case.definition}))
    held = reader.compute([subject(case.this)], [*case.around, case.this], case.actions)["this"]
    assert held.values["m.fact"] == case.value
    if case.ids is not None:
        alone = ("this",) if case.value else ()
        assert held.ids.get("m.fact", alone) == case.ids


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_order_in_which_records_are_known_is_nothing(case: Case) -> None:
    reader = LiveFeatures(rulebook(features={"m.fact": case.definition}))
    members, done = [case.this, *reversed(case.around)], list(reversed(case.actions))
    assert reader.compute([subject(case.this)], members, done)["this"].values["m.fact"] == case.value


def test_no_subjects_no_facts() -> None:
    assert LiveFeatures(rulebook()).compute([], [member("a")], []) == {}


def test_facts_of_the_record_itself_are_kept_as_they_are() -> None:
    base = FeatureSet({"record.weapon": None, "words.knife": True}, {}, {"words.knife": ("菜刀",)}, ("record.heads",))
    held = LiveFeatures(rulebook(features={"m.fact": COUNT})).compute([subject(member(), base)], [member()], [])["this"]
    assert held.values == {"record.weapon": None, "words.knife": True, "m.fact": 1, "matter.failed": 0}
    assert (held.spans, held.absent) == ({"words.knife": ("菜刀",)}, ("record.heads",))


def test_each_subject_looks_back_from_its_own_time() -> None:
    members = [member(str(at), at * DAY) for at in range(40)]
    held = LiveFeatures(rulebook(features={"m.fact": COUNT})).compute([subject(one) for one in members], members, [])
    assert [held[str(at)].values["m.fact"] for at in (0, 9, 10, 38, 39)] == [31, 31, 30, 2, 1]
    assert held["38"].ids["m.fact"] == ("38", "39")


def test_two_records_of_one_second_see_each_other() -> None:
    members = [member("a"), member("b")]
    held = LiveFeatures(rulebook(features={"m.fact": COUNT})).compute([subject(one) for one in members], members, [])
    assert [held[one].values["m.fact"] for one in "ab"] == [2, 2]


def test_several_windows_over_one_group_do_not_mix() -> None:
    features = {
        "m.week": window(within="7d"),
        "m.month": COUNT,
        "m.others": window(including_this=False),
        "m.petitions": window(where={"kind": "petition"}),
        "m.place": window(same="place"),
    }
    members = [
        member("a", 3 * DAY),
        member("b", 20 * DAY, kind="petition"),
        member("c", 2 * DAY, place="石桥村", matter="x"),
    ]
    this = member("this", place="石桥村")
    held = LiveFeatures(rulebook(features=features)).compute([subject(this)], [*members, this], [])["this"]
    assert {name: held.values[name] for name in features} == {
        "m.week": 2,
        "m.month": 3,
        "m.others": 2,
        "m.petitions": 1,
        "m.place": 2,
    }


def test_one_reader_serves_batch_after_batch() -> None:
    reader = LiveFeatures(rulebook(features={"m.fact": window(where={"words.knife": True})}))
    armed = member("this", marks=frozenset({"words.knife"}))
    for this, expected in ((armed, 1), (member("this"), 0), (armed, 1)):
        assert reader.compute([subject(this)], [this], [])["this"].values["m.fact"] == expected


PROCESS = rulebook(
    features={
        "process.yellow_days": {"process": "yellow_days"},
        "process.tried": {"process": "mediation_tried"},
        "matter.recent": {"count": "actions", "same": "matter", "within": "7d"},
    }
)


def test_a_matter_that_was_never_dispatched_has_its_actions_and_no_process() -> None:
    held = LiveFeatures(PROCESS).matter("m", [action(id="x")], NOW, NOW)
    assert held.values == {"matter.failed": 1, "matter.recent": 1}
    assert set(held.absent) == {"process.days_open", "process.yellow_days", "process.tried"}
    assert held.ids == {"matter.failed": ("x",), "matter.recent": ("x",)}


def test_a_matter_as_of_a_moment() -> None:
    done = [action("dispatch", 9 * DAY, id="x"), action(before=8 * DAY, id="y"), action(before=-1, id="z")]
    reader = LiveFeatures(PROCESS)
    held = reader.matter("m", done, NOW, NOW - timedelta(days=2))
    assert held.values == {
        "matter.failed": 1,
        "matter.recent": 0,
        "process.days_open": 9,
        "process.yellow_days": 2,
        "process.tried": True,
    }
    later = reader.matter("m", done, NOW + timedelta(seconds=1), None)
    assert (later.values["matter.failed"], later.absent) == (2, ("process.yellow_days",))


def test_nothing_done_about_a_matter() -> None:
    held = LiveFeatures(PROCESS).matter("m", [], NOW, None)
    assert (held.values, held.ids) == ({"matter.failed": 0, "matter.recent": 0}, {})
