"""Looked at again: each thing that happens to a matter is kept with its reason, what it was judged from, and what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.desk.acting import act, close, merge, reopen, split
from engine.desk.opening import renewed
from engine.desk.reading import show
from engine.desk.rebuilding import rebuild
from engine.model import Colour
from engine.occasion import RULEBOOK
from engine.ruleset import loader
from engine.scheduler.matters import Swept, sweep
from engine.scheduler.rules import queue
from engine.store.rows import Review
from tests.installation import Installation, shipped

pytest_plugins = ["tests.places"]

QUIET = "楼道堆放杂物影响通行，请协调处理"
LAMP = "村口的路灯坏了一个多星期没有人来修理"
SHOVED = "因停车位双方争吵推搡，没有受伤"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"


def reviews(place: Installation, reference: str = "police_110:A1") -> list[Review]:
    return list(show(place.desk, reference).reviews)


def triggers(place: Installation, reference: str = "police_110:A1") -> list[str]:
    return [review.trigger for review in reviews(place, reference)]


def ruled(place: Installation, change: Callable[[str], str], file: str = "parameters.yaml") -> None:
    """Rules that are otherwise from now on."""
    files = {name: (change(body.decode()).encode() if name == file else body) for name, body in shipped().files.items()}
    assert files != shipped().files
    place.desk = replace(place.desk, rulebook=loader.load(files), _stages=[])


def queued(place: Installation) -> int:
    return queue(place.desk.store, place.desk.stages, place.desk.clock)


def swept(place: Installation, **more: Any) -> Swept:
    return sweep(place.desk.store, place.desk.stages, place.desk.clock, **more)


class TestRecords:
    """What a record that comes does to the matters that are there."""

    def test_a_new_one_is_an_arrival(self, place: Installation) -> None:
        place.ingest(place.call("A1", QUIET, days=2))
        place.later(hours=1)
        place.ingest(place.call("A2", f"{QUIET}，又来了", hours=1))
        (review,) = reviews(place)
        assert (review.trigger, review.due_at, review.done_at) == ("arrival", None, place.now)
        assert review.changed["records"] == [1, 2]
        assert review.rulebook == place.desk.rulebook.digest
        assert len(review.inputs) == 64

    def test_an_older_one_that_comes_late_says_which_matter_became_which(self, place: Installation) -> None:
        place.ingest(place.call("A2", QUIET, days=1))
        place.later(hours=1)
        place.ingest(place.call("A1", f"{QUIET}，先前一次", days=4))
        (review,) = reviews(place)
        assert review.trigger == "late"
        assert review.changed["matters"] == [["police_110:A2"], ["police_110:A1"]]

    def test_a_corrected_one_is_kept_even_where_it_changes_nothing(self, place: Installation) -> None:
        place.ingest(place.call("A1", QUIET, days=1))
        place.later(hours=1)
        place.ingest(place.call("A1", f"{QUIET}。", days=1, hours=1))
        (review,) = reviews(place)
        assert (review.trigger, review.changed) == ("corrected", {})
        place.later(hours=1)
        place.ingest(place.call("A1", KNIFE, days=1, hours=2))
        last = reviews(place)[-1]
        assert last.changed["standing"] == ["green", "red"]
        assert "R1" in last.changed["rules"][1] or "P0" in last.changed["rules"][1]

    def test_one_that_makes_two_matters_one(self, place: Installation) -> None:
        place.ingest(place.call("A1", QUIET, days=2), place.call("B1", LAMP, caller=2, days=1))
        place.later(hours=1)
        place.ingest(place.call("B1", LAMP, caller=2, days=1, hours=1, 关联主接警单编号="A1"))
        (review,) = reviews(place)
        assert review.trigger == "merged"
        assert review.changed["matters"] == [["police_110:A1", "police_110:B1"], ["police_110:A1"]]
        assert review.changed["records"] == [1, 2]

    def test_a_matter_that_nothing_happened_to_has_no_reviews(self, place: Installation) -> None:
        place.ingest(place.call("A1", QUIET, days=2), place.call("B1", LAMP, caller=2, days=2))
        place.later(hours=1)
        place.ingest(place.call("A2", f"{QUIET}，又来了", hours=1))
        assert triggers(place, "police_110:B1") == []


class TestPeople:
    """What people do."""

    def test_acts_merges_and_splits_have_triggers_of_their_own(self, place: Installation) -> None:
        person = place.person()
        place.ingest(place.call("A1", QUIET, days=2), place.call("B1", LAMP, caller=2, days=1))
        place.later(hours=1)
        act(place.desk, person, "police_110:A1", kind="contact")
        merge(place.desk, person, "police_110:A1", "police_110:B1", reason="同一件事")
        assert triggers(place) == ["action", "merged"]
        merged = reviews(place)[-1].changed
        assert merged["matters"] == [["police_110:A1", "police_110:B1"], ["police_110:A1"]]
        split(place.desk, person, "police_110:A1", records=["police_110:B1"], reason="两件事")
        assert triggers(place)[-1] == "split"
        assert reviews(place)[-1].changed["records"] == [2, 1]


class TestRules:
    """Open matters are looked at again when the rulebook is another one; closed ones and history are not."""

    def test_only_open_matters_are_queued_and_only_once(self, place: Installation) -> None:
        place.ingest(
            place.call("A1", SHOVED, days=1),
            place.call("B1", LAMP, caller=2, days=1),
            place.call("H1", SHOVED, caller=3, days=40),
        )
        close(place.desk, place.person(), "police_110:B1", means="调解", evidence="照片")
        assert queued(place) == 0, "the first rulebook that was ever live changes nothing"
        place.later(hours=1)
        ruled(place, lambda text: f"{text}\n# 只加了一行说明\n")
        assert queued(place) == 1
        assert queued(place) == 0
        made = swept(place)
        assert (made.done, made.changed) == (1, 0)
        (review,) = reviews(place)
        assert (review.trigger, review.due_at, review.changed) == (RULEBOOK, None, {})
        assert review.rulebook == place.desk.rulebook.digest
        assert triggers(place, "police_110:H1") == []

    def test_a_stricter_rule_raises_what_is_open(self, place: Installation) -> None:
        place.ingest(place.call("A1", SHOVED, days=1))
        assert show(place.desk, "police_110:A1").row.state.standing is Colour.YELLOW
        queued(place)
        place.later(hours=1)
        with place.desk.store.read() as view:
            (rule,) = {hit.rule for hit in view.hits_of(["police_110:A1"])}
        ruled(place, lambda text: text.replace("colour: yellow", "colour: red"), _file_of(rule))
        assert queued(place) == 1
        assert swept(place).changed == 1
        assert show(place.desk, "police_110:A1").row.state.standing is Colour.RED
        assert reviews(place)[-1].changed["standing"] == ["yellow", "red"]
        assert all(one.same for one in rebuild(place.desk)), "and can be done again to the byte"

    def test_one_that_is_closed_while_it_waits_is_looked_at_and_stays_closed(self, place: Installation) -> None:
        place.ingest(place.call("A1", QUIET, days=1))
        queued(place)
        ruled(place, lambda text: f"{text}\n# 一行\n")
        queued(place)
        close(place.desk, place.person(), "police_110:A1", means="调解", evidence="照片")
        assert swept(place).done == 1
        assert show(place.desk, "police_110:A1").row.state.status == "closed"
        reopen(place.desk, place.person(), "police_110:A1", reason="又堆上了")

    def test_deadlines_go_before_what_only_waits_for_new_rules(self, place: Installation) -> None:
        place.ingest(*(place.call(f"A{n}", QUIET, caller=n, minutes=5) for n in range(1, 4)))
        queued(place)
        ruled(place, lambda text: f"{text}\n# 一行\n")
        place.later(days=3)
        queued(place)
        answers = iter([False, False, True])
        assert swept(place, piece=2, stop=lambda: next(answers)).done == 3
        assert [triggers(place, f"police_110:A{n}")[0] for n in range(1, 4)] == ["limit"] * 3
        assert swept(place).done == 3
        assert [triggers(place, f"police_110:A{n}") for n in range(1, 4)] == [["limit", RULEBOOK]] * 3

    def test_the_folder_is_read_again_and_the_same_rules_change_nothing(self, place: Installation) -> None:
        for name, body in shipped().files.items():
            path = place.folder / "rules" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        assert renewed(place.desk) is place.desk
        (place.folder / "rules" / "parameters.yaml").write_bytes(shipped().files["parameters.yaml"] + b"# x\n")
        assert renewed(place.desk).rulebook.digest != place.desk.rulebook.digest


def _file_of(rule: str) -> str:
    (name,) = {one.place.file for one in shipped().rules if one.id == rule}
    return name
