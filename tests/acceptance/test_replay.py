"""Every decision that was ever made is made again to the byte, whatever happened since; and every decision says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from engine.desk import Desk, acting
from engine.desk.explaining import Explained, explain
from engine.desk.reading import show
from engine.desk.rebuilding import rebuild
from engine.desk.replaying import replay, sample
from engine.errors import UsageError
from engine.model import Colour
from engine.pipeline import Stages
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from tests.conftest import KEYS
from tests.installation import Installation, shipped

pytest_plugins = ["tests.places"]
pytestmark = pytest.mark.xdist_group("replay")

LAMP = "村口的路灯坏了一个多星期没有人来修理"
LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"
EVERY = 100_000


@pytest.fixture(scope="module")
def lived(shared_place: Installation) -> Iterator[Installation]:
    """A fortnight with everything that makes decisions: arrivals, late and corrected rows, acts, a merge and a split."""
    place = shared_place
    place.ingest(place.call("A1", LEAK, days=6), place.call("A3", f"{LEAK}，第三次", days=1))
    place.ingest(place.call("A2", f"{LEAK}，晚到的一件", days=3))
    place.ingest(place.call("B1", LAMP, caller=2), place.call("K1", KNIFE, caller=3, hours=2))
    place.ingest(place.call("B1", LAMP, caller=2) | {"报警内容": f"{LAMP}，82岁老人摔倒"})
    for days in (2, 1):
        when = place.now - timedelta(days=days)
        acting.act(place.desk, place.person(), "police_110:B1", kind="mediation_failed", level="township", at=when)
    acting.merge(place.desk, place.person(), "police_110:B1", "police_110:K1", reason="同一户")
    acting.split(place.desk, place.person(), "police_110:B1", records=["police_110:K1"], reason="看错了")
    acting.close(place.desk, place.person(), "police_110:A1", means="调解", evidence="协议书1号")
    place.later(days=3)
    place.ingest(place.call("A4", f"{LEAK}，协议没有履行", hours=1))
    return place


@cache
def rules_with(change: tuple[str, str, str]) -> Rulebook:
    """The shipped rules with one text changed in one file."""
    name, old, new = change
    files = dict(shipped().files)
    text = files[name].decode()
    assert text.count(old) == 1
    return loader.load({**files, name: text.replace(old, new).encode()})


def under(desk: Desk, rulebook: Rulebook) -> Desk:
    """The same installation after its rules were changed."""
    return replace(desk, rulebook=rulebook, _stages=[Stages.of(rulebook, index_key=KEYS.index, engine="trace")])


def told(desk: Desk, reference: str, why_not: str = "") -> dict[str, Explained]:
    """Explanations by subject."""
    return {part.subject: part for part in explain(desk, reference, why_not=why_not)}


class TestReplay:
    def test_every_decision_is_the_same_to_the_byte(self, lived: Installation) -> None:
        results = list(sample(lived.desk, EVERY))
        assert len(results) > 10
        assert {result.subject.split(":")[0] for result in results} == {"police_110", "matter"}
        assert all(result.same for result in results)

    def test_old_decisions_stay_the_same_under_new_rules(self, lived: Installation) -> None:
        newer = under(
            lived.desk,
            rules_with(("parameters.yaml", "value: 2, source: 公安“二次报警”", "value: 4, source: 公安“二次报警”")),
        )
        assert all(result.same for result in sample(newer, EVERY))

    def test_a_matter_replays_all_its_records_and_its_process(self, lived: Installation) -> None:
        subjects = {result.subject for result in replay(lived.desk, ["police_110:A1"])}
        assert {f"police_110:A{n}" for n in (1, 2, 3, 4)} <= subjects

    def test_one_record_replays_every_version_of_its_decision(self, lived: Installation) -> None:
        results = list(replay(lived.desk, ["police_110:A3"]))
        assert {result.subject for result in results} == {"police_110:A3"}
        assert len(results) >= 2, "the late record judged it again"

    def test_a_sample_is_drawn_evenly_and_never_more_than_asked(self, lived: Installation) -> None:
        numbers = [result.seq for result in sample(lived.desk, EVERY)]
        drawn = [result.seq for result in sample(lived.desk, 4)]
        assert len(drawn) == 4
        assert drawn[0] == numbers[0]
        assert drawn[-1] >= numbers[len(numbers) // 2]

    def test_changed_bytes_are_found(self, lived: Installation) -> None:
        other = rules_with(
            (
                "repeats.yaml",
                "because: 同一事项30日内第{matter.calls_30d}次报警",
                "because: 同一事项30日里第{matter.calls_30d}次报警",
            )
        )
        forged = replace(other, digest=shipped().digest)
        results = {result.subject: result.same for result in replay(under(lived.desk, forged), ["police_110:A1"])}
        assert not results["police_110:A3"]
        assert results["police_110:A1"]

    def test_an_unknown_reference_is_refused(self, lived: Installation) -> None:
        with pytest.raises(UsageError, match="没有找到 nobody 的研判记录"):
            list(replay(lived.desk, ["nobody"]))


class TestFromRaw:
    def test_every_decision_comes_again_from_the_raw_rows(self, lived: Installation) -> None:
        recorded = [(result.subject, result.known_at) for result in sample(lived.desk, EVERY)]
        results = list(rebuild(lived.desk))
        assert [(result.subject, result.known_at) for result in results] == recorded
        assert [result for result in results if not result.same] == []

    def test_a_reference_compares_its_own_decisions_alone(self, lived: Installation) -> None:
        results = list(rebuild(lived.desk, ["police_110:A1"]))
        assert len(results) == len(list(replay(lived.desk, ["police_110:A1"])))
        assert all(result.same and "B1" not in result.subject for result in results)
        with pytest.raises(UsageError, match="没有找到 nobody 的研判记录"):
            list(rebuild(lived.desk, ["nobody"]))

    def test_old_rulebooks_are_used_where_they_were_live(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=2))
        newer = rules_with(("parameters.yaml", "value: 2, source: 公安“二次报警”", "value: 4, source: 公安“二次报警”"))
        older, place.desk = place.desk, under(place.desk, newer)
        place.ingest(place.call("A2", f"{LEAK}，又漏了", days=1))
        results = list(rebuild(older))
        assert {result.rulebook for result in results} == {shipped().digest, newer.digest}
        assert all(result.same for result in results)

    def test_what_people_did_to_colours_is_done_again(self, place: Installation) -> None:
        person, second = place.person(), place.person("李所长", "lead")
        place.ingest(place.call("A1", f"{LEAK}，还互相推搡", days=20), place.call("B1", LAMP, caller=2))
        acting.override(place.desk, person, "police_110:B1", to=Colour.RED, reason="人大代表过问")
        acting.act(place.desk, person, "police_110:A1", kind="agreement")
        acting.override(place.desk, person, "police_110:A1", to=Colour.GREEN, reason="已和好", second=second)
        acting.close_all(place.desk, person, ["police_110:A1", "police_110:B1"], means="调解", evidence="会议纪要1号")
        place.later(days=2)
        acting.reopen(place.desk, person, "police_110:A1", reason="又吵了")
        place.ingest(place.call("A2", f"{LEAK}，又漏了", hours=1))
        acting.act(place.desk, person, "police_110:A1", kind="mediation_failed", level="village")
        results = list(rebuild(place.desk))
        assert len(results) == len(list(sample(place.desk, EVERY)))
        assert [result for result in results if not result.same] == []

    def test_another_release_gives_a_list_of_differences(self, lived: Installation) -> None:
        other = rules_with(("parameters.yaml", "value: 2, source: 公安“二次报警”", "value: 4, source: 公安“二次报警”"))
        forged = replace(other, digest=shipped().digest)
        made = [Stages.of(forged, index_key=KEYS.index)]
        results = [result for result in rebuild(replace(lived.desk, _stages=made)) if not result.same]
        assert results
        assert {'colour："yellow" → "green"', 'engine.outcomes.Y2："fired" → null'} <= set(results[0].differences)


class TestExplain:
    def test_every_reason_names_facts_and_limits(self, lived: Installation) -> None:
        part = told(lived.desk, "police_110:A3")["police_110:A3"]
        assert part.colour is Colour.RED
        rules = {rule: explanation for rule, _, explanation in part.rules}
        thrice = next(line for line in rules["R6"].lines if line.name == "thrice")
        assert (thrice.actual, thrice.bound, thrice.parameter, thrice.verdict) == (3, 3, "repeat.red_30d", True)

    def test_why_not_says_which_line_failed(self, lived: Installation) -> None:
        part = told(lived.desk, "police_110:B1", why_not="R6")["police_110:B1"]
        ((rule, _, explanation),) = part.rules
        assert (rule, explanation.verdict) == ("R6", False)
        assert [line.name for line in explanation.lines if not line.verdict] == ["thrice", "steady"]

    def test_a_matter_tells_of_every_record_and_of_its_process(self, lived: Installation) -> None:
        parts = told(lived.desk, "police_110:A1")
        assert list(parts)[:4] == [f"police_110:A{n}" for n in (1, 2, 3, 4)]
        process = told(lived.desk, "police_110:B1")["matter:police_110:B1"]
        assert [rule for rule, _, _ in process.rules] == ["R8"]

    def test_under_new_rules_an_old_decision_is_explained_by_the_rules_of_its_day(self, lived: Installation) -> None:
        newer = under(
            lived.desk,
            rules_with(("parameters.yaml", "value: 2, source: 公安“二次报警”", "value: 4, source: 公安“二次报警”")),
        )
        rules = {rule: e for rule, _, e in told(newer, "police_110:A2")["police_110:A2"].rules}
        assert rules["Y2"].lines[0].bound == 2

    def test_an_unknown_rule_or_record_is_refused_with_what_there_is(self, lived: Installation) -> None:
        with pytest.raises(UsageError) as refused:
            explain(lived.desk, "police_110:A1", why_not="R99")
        assert refused.value.what == "没有规则 R99"
        assert "R6" in refused.value.hint
        with pytest.raises(UsageError, match="没有找到事项或来件：nobody"):
            explain(lived.desk, "nobody")

    def test_a_confidential_record_shows_its_colour_and_no_word(self, place: Installation) -> None:
        place.ingest(place.call("S1", KNIFE, 是否保密="是"))
        part = told(place.desk, "police_110:S1")["police_110:S1"]
        (record,) = show(place.desk, "police_110:S1").records
        assert (part.colour, record.colour) == (Colour.RED, Colour.RED)
        assert (part.text, part.rules) == ("（保密件，内容不显示）", ())
        shown = f"{part}{record}"
        assert not [word for word in ("菜刀", "扬言", "砍", "柳树村") if word in shown]
        assert all(result.same for result in replay(place.desk, ["police_110:S1"]))
