"""Figures of rules from a database: what hit, what people did, what shadow rules would have done and never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.desk import acting, sampling
from engine.desk.figures import health, shadows
from engine.feedback import SILENT, Share
from engine.model import Colour
from engine.pipeline import Stages
from engine.ruleset import loader
from tests.conftest import KEYS
from tests.installation import Installation, shipped

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
LAMP = "村口的望远镜坏了一个多星期没有人来修理"
SHADOW = """
features:
  words.scope: {title: 提到望远镜, words: scope}
  matter.scope_contacts: {title: 联系次数, count: actions, same: matter, where: {action: contact}}
words:
  scope: {title: 望远镜, entries: [望远镜]}
rules:
  - id: S1
    title: 望远镜
    status: shadow
    colour: red
    let: {scope: {feature: words.scope, is: true}}
    because: 望远镜（{words.scope}）
    advice: 报修
  - id: S2
    title: 办理中联系过
    status: shadow
    colour: yellow
    let: {acted: {feature: matter.scope_contacts, at_least: 1}}
    because: 联系过
    advice: 看看
"""


def with_shadow(place: Installation, status: str = "shadow") -> None:
    """The shipped rules with two shadow rules: one of records, one of the process."""
    files = {
        **shipped().files,
        "local.yaml": SHADOW.replace("status: shadow", f"status: {status}").encode(),
    }
    rulebook = loader.load(files)
    stages = Stages.of(rulebook, index_key=KEYS.index, engine="trace")
    place.desk = replace(place.desk, rulebook=rulebook, _stages=[stages])


def test_hits_matters_and_overrides_are_counted_by_rule(place: Installation) -> None:
    place.ingest(
        *(place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)), place.call("B1", "村口的路灯坏了没有人修", caller=2)
    )
    first = health(place.desk)
    figures = {one.rule: one for one in first.rules}
    assert first.records == 4
    assert (figures["R6"].records, figures["R6"].matters, figures["R6"].lowered) == (1, 1, Share(0, 1))
    assert figures["Y2"].records == 2, "the second and the third"
    person, second = place.person(), place.person("李所长", "lead")
    place.later(days=15)
    acting.act(place.desk, person, "police_110:A9", kind="agreement")
    acting.override(place.desk, person, "police_110:A9", to=Colour.YELLOW, reason="已达成协议", second=second)
    acting.override(place.desk, person, "police_110:B1", to=Colour.RED, reason="老人独居")
    figures = {one.rule: one for one in health(place.desk).rules}
    assert figures["R6"].lowered == Share(1, 1)
    assert figures["Y2"].lowered == Share(0, 1), "only what lies above yellow was set aside"


def test_a_rule_is_silent_by_the_records_that_came_and_not_by_the_time_that_passed(small_place: Installation) -> None:
    small_place.ingest(*(small_place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)))
    small_place.later(days=500)
    assert not any(one.signs for one in health(small_place.desk).rules), "nothing came that could have been hit"
    small_place.ingest(small_place.call("L1", "村口的路灯坏了没有人修", caller=2))
    figures = {one.rule: one for one in health(small_place.desk).rules}
    assert figures["R6"].signs == (SILENT,)
    assert not figures.keys() & {"A1", "C1"}, "flags and conclusions leave no hit of their own"


def test_a_period_is_of_the_records_that_happened_in_it(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)))
    found = health(place.desk, since=place.now - timedelta(days=6), until=place.now - timedelta(days=4))
    assert found.records == 1
    assert {one.rule: one.records for one in found.rules if one.records} == {"Y2": 1}


def test_a_matter_that_came_back_after_it_was_closed_is_told(place: Installation) -> None:
    place.ingest(*(place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)))
    person = place.person()
    acting.close(place.desk, person, "police_110:A9", means="调解", evidence="协议1号")
    figures = {one.rule: one for one in health(place.desk).rules}
    assert figures["R6"].came_back == Share(0, 1)
    place.later(days=1)
    place.ingest(place.call("A0", LEAK))
    assert {one.rule: one for one in health(place.desk).rules}["R6"].came_back == Share(1, 1)


def test_shadow_rules_never_act_and_say_what_they_would_have_done(place: Installation) -> None:
    with_shadow(place)
    place.ingest(
        place.call("L1", LAMP),
        place.call("L2", "邻居拿着菜刀上门扬言要砍死我们，望远镜也砸了", caller=2),
        place.call("L3", LEAK, caller=3),
    )
    place.later(days=2)
    with place.desk.store.read() as view:
        assert view.assessments_of("police_110:L1")[-1].colour is Colour.GREEN
        assert not any(hit.rule in ("S1", "S2") for hit in view.hits_of(["police_110:L1", "police_110:L2"]))
        assert not any(notice.colour is Colour.RED for notice in view.fresh_notices(10) if "L1" in notice.matter)
    one, process = shadows(place.desk)
    assert (one.rule, one.hits, one.agrees, one.raises, one.see) == (
        "S1",
        2,
        1,
        (("green", "red", 1),),
        ("police_110:L1",),
    )
    assert (one.days, one.decided) == (2, 3)
    assert (process.rule, process.hits) == ("S2", 0)
    acting.act(place.desk, place.person(), "police_110:L1", kind="contact")
    with place.desk.store.read() as view:
        row = view.matter("police_110:L1")
        assert row is not None
        assert (row.state.standing, row.state.machine) == (Colour.GREEN, Colour.GREEN)
    _, process = shadows(place.desk)
    assert (process.raises, process.see) == ((("green", "yellow", 1),), ("matter:police_110:L1",))


def test_the_same_rules_live_do_act(place: Installation) -> None:
    """What shows that the shadow of the test above is one."""
    with_shadow(place, "live")
    place.ingest(place.call("L1", LAMP))
    with place.desk.store.read() as view:
        assert view.assessments_of("police_110:L1")[-1].colour is Colour.RED
    assert shadows(place.desk) == []


def test_a_shadow_rule_that_means_something_else_begins_anew(small_place: Installation) -> None:
    with_shadow(small_place)
    small_place.ingest(small_place.call("L1", LAMP))
    small_place.later(days=10)
    assert shadows(small_place.desk)[0].days == 10
    files = {**small_place.desk.rulebook.files}
    files["local.yaml"] = files["local.yaml"].replace(b"colour: red", b"colour: yellow")
    rulebook = loader.load(files)
    stages = Stages.of(rulebook, index_key=KEYS.index, engine="trace")
    small_place.desk = replace(small_place.desk, rulebook=rulebook, _stages=[stages])
    small_place.ingest(small_place.call("L2", LAMP, caller=2))
    small_place.later(days=1)
    assert [one.days for one in shadows(small_place.desk)] == [1, 11]


def test_blind_grades_of_what_a_shadow_rule_hit_are_its_own(place: Installation) -> None:
    with_shadow(place)
    place.ingest(place.call("L1", LAMP), place.call("L3", LEAK, caller=3))
    person = place.person()
    sampling.deal(place.desk, person, percent=sampling.Fraction(100), days=30)
    for one in sampling.waiting(place.desk, person):
        colour = Colour.RED if any("望远镜" in record.text for record in one.records) else Colour.GREEN
        sampling.grade(place.desk, person, one.number, colour=colour)
    assert [one.right for one in shadows(place.desk)] == [Share(1, 1), Share(0, 0)]
    held = health(place.desk).yardstick
    assert (held.graded, held.under, held.over) == (2, Share(1, 1), Share(0, 0))


def test_figures_hold_no_word_of_a_record(small_place: Installation) -> None:
    small_place.ingest(*(small_place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)))
    shown = repr(health(small_place.desk))
    assert "漏水" not in shown
    assert "1380000" not in shown


@pytest.mark.parametrize("kind", ["agreement"])
def test_nothing_people_did_is_no_lowering(small_place: Installation, kind: str) -> None:
    small_place.ingest(*(small_place.call(f"A{n}", LEAK, days=n) for n in (9, 5, 1)))
    acting.act(small_place.desk, small_place.person(), "police_110:A9", kind=kind)
    assert all(one.lowered.count == one.raised.count == 0 for one in health(small_place.desk).rules)
