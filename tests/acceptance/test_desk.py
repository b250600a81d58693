"""What people do to a matter: it is remembered, it decides as the law says, and it can be undone; on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engine.desk import acting
from engine.desk.acting import Done
from engine.desk.reading import MatterShown, show
from engine.errors import UsageError
from engine.model import Colour
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LAMP = "村口的路灯坏了一个多星期没有人来修理"
LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"
OLD, YELLOW, RED, GREEN = "police_110:A1", Colour.YELLOW, Colour.RED, Colour.GREEN


def act(place: Installation, kind: str, level: str = "", reference: str = OLD, **at: float) -> Done:
    """An action of the usual person, so long ago."""
    when = place.now - timedelta(**at)
    return acting.act(place.desk, place.person(), reference, kind=kind, level=level, at=when, evidence="登记表12号")


def settled(place: Installation) -> None:
    """A yellow matter that fulfils every condition of a lowering."""
    place.ingest(place.call("A1", f"{LEAK}，还互相推搡"))
    place.later(days=7)
    act(place, "agreement")


def lower(place: Installation, to: Colour, second: str = "", **lasts: float) -> Done:
    """A lowering by the usual person."""
    other = place.person(second, "lead") if second else None
    lasting = timedelta(**lasts) if lasts else timedelta(days=90)
    reason = "双方已签协议"
    return acting.override(place.desk, place.person(), OLD, to=to, reason=reason, second=other, lasts=lasting)


def matter(place: Installation, reference: str = OLD) -> MatterShown:
    """The page of a matter."""
    return show(place.desk, reference)


def standing(place: Installation, reference: str = OLD) -> Colour:
    """Its standing colour."""
    return matter(place, reference).row.state.standing


def audit(place: Installation) -> Sequence[tuple[str, str]]:
    """Who did what, oldest first."""
    with place.desk.store.read() as view:
        return [(entry.actor, entry.what) for entry in view.audit_rows()]


class TestActing:
    def test_what_was_done_stands_on_the_page_and_in_the_audit_log(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        act(place, "contact", "village")
        dispatched, contacted = matter(place).actions
        assert (dispatched.kind, dispatched.actor) == ("dispatch", "sanse")
        assert (contacted.kind, contacted.level, contacted.evidence) == ("contact", "village", "登记表12号")
        assert audit(place)[-1] == ("王主任", "contact")

    def test_the_third_failed_mediation_of_a_village_makes_it_yellow(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, days=3))
        seen = [act(place, "mediation_failed", "village", days=d).after.state.standing for d in (2, 1, 0)]
        assert seen == [GREEN, GREEN, YELLOW]

    def test_the_second_failed_mediation_of_a_township_makes_it_red(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, days=3))
        act(place, "mediation_failed", "township", days=1)
        assert act(place, "mediation_failed", "township", days=1).after.state.standing is GREEN, "the same once more"
        done = act(place, "mediation_failed", "township")
        assert (done.before.state.standing, done.after.state.standing) == (GREEN, RED)
        assert done.after.state.route == "red"

    def test_an_action_before_a_stored_record_is_seen_by_that_record(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=6), place.call("A2", f"{LEAK}，又来了", hours=1))
        for days in (5, 4):
            act(place, "mediation_failed", "township", days=days)
        newest = matter(place).records[-1]
        assert newest.colour is RED
        assert any(reason.startswith("R8") for reason in newest.reasons)

    @pytest.mark.parametrize(
        ("kind", "level", "said"),
        [
            ("mediate", "", "没有这种办理动作：mediate"),
            ("close", "", "没有这种办理动作：close"),
            ("contact", "street", "没有这个层级：street"),
            ("mediation_failed", "", "调解失败要写明层级"),
            ("opinion", "village", "没有这个层级：village"),
        ],
    )
    def test_what_no_rule_would_count_is_refused(
        self, small_place: Installation, kind: str, level: str, said: str
    ) -> None:
        small_place.ingest(small_place.call("A1", LAMP))
        with pytest.raises(UsageError) as refused:
            act(small_place, kind, level)
        assert refused.value.what == said
        assert refused.value.hint

    def test_the_words_of_the_screen_are_understood(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, days=3))
        act(place, "调解失败", "乡级", days=1)
        assert act(place, "mediation_failed", "township").after.state.standing is RED
        assert [action.kind for action in matter(place).actions if action.level == "township"] == [
            "mediation_failed"
        ] * 2

    def test_a_year_that_was_mistyped_is_refused_and_what_was_tried_before_is_not(
        self, small_place: Installation
    ) -> None:
        place, who = small_place, small_place.person()
        place.ingest(place.call("A1", "楼上漏水没人管", days=1))
        long_ago = place.now - timedelta(days=368)
        for at in (datetime(1850, 1, 1, tzinfo=UTC), long_ago):
            with pytest.raises(UsageError, match="写错了年份"):
                acting.act(place.desk, who, "police_110:A1", kind="note", at=at, evidence="村里说过")
        acting.act(place.desk, who, "police_110:A1", kind="note", at=place.now - timedelta(days=366), evidence="说过")

    def test_nothing_is_done_in_the_future_or_to_a_stranger(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", LAMP))
        with pytest.raises(UsageError, match="将来"):
            act(small_place, "contact", hours=-1)
        with pytest.raises(UsageError, match="没有找到事项：SS2025-000099"):
            act(small_place, "contact", reference="SS2025-000099")
        assert [kind for _, kind in audit(small_place)] == ["ingest", "person"]


class TestClosing:
    def test_closing_ends_the_episode_and_a_counting_record_begins_the_next(self, place: Installation) -> None:
        place.ingest(place.call("A1", f"{LEAK}，还互相推搡"))
        code = matter(place).row.state.code
        place.later(days=2)
        done = acting.close(place.desk, place.person(), code, means="调解", evidence="调解协议书3号")
        assert (done.before.state.status, done.after.state.status) == ("open", "closed")
        place.later(days=40)
        place.ingest(place.call("A2", LEAK))
        state = matter(place).row.state
        assert (state.code, state.status, state.episode) == (code, "open", 2)
        assert state.standing is GREEN

    def test_a_green_matter_that_comes_back_within_thirty_days_is_yellow(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        acting.close(place.desk, place.person(), OLD, means="调解", evidence="维修单8号")
        place.later(days=29)
        place.ingest(place.call("A2", f"{LAMP}，又坏了"))
        shown = matter(place)
        assert shown.row.state.standing is YELLOW
        assert any(reason.startswith("Y11") for reason in shown.records[-1].reasons)

    def test_a_yellow_matter_that_comes_back_within_thirty_days_is_red(self, place: Installation) -> None:
        place.ingest(place.call("A1", f"{LEAK}，还互相推搡"))
        acting.close(place.desk, place.person(), OLD, means="调解", evidence="登记表3号")
        place.later(days=29)
        place.ingest(place.call("A2", f"{LEAK}，又来了"))
        shown = matter(place)
        assert shown.row.state.standing is RED
        assert any(reason.startswith("R9") for reason in shown.records[-1].reasons)

    def test_an_urge_does_not_reopen(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        acting.close(place.desk, place.person(), OLD, means="调解", evidence="维修单8号")
        place.later(days=1)
        place.ingest(place.call("A2", LAMP, 关联类型="催办", 关联主接警单编号="A1"))
        assert matter(place).row.state.status == "closed"

    def test_a_person_reopens_with_a_reason(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        acting.close(place.desk, place.person(), OLD, means="调解", evidence="维修单8号")
        place.later(hours=1)
        done = acting.reopen(place.desk, place.person(), OLD, reason="回访说没有修好")
        assert (done.after.state.status, done.after.state.episode) == ("open", 2)
        assert done.after.state.code == done.before.state.code

    def test_closing_and_reopening_say_what_is_missing(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", LAMP))
        desk, person = small_place.desk, small_place.person()
        with pytest.raises(UsageError, match="化解方式和依据"):
            acting.close(desk, person, OLD, means="调解", evidence=" ")
        with pytest.raises(UsageError, match="没有办结"):
            acting.reopen(desk, person, OLD, reason="想再看看")
        acting.close(desk, person, OLD, means="调解", evidence="维修单8号")
        with pytest.raises(UsageError, match="已经办结"):
            acting.close(desk, person, OLD, means="调解", evidence="维修单8号")
        with pytest.raises(UsageError, match="理由"):
            acting.reopen(desk, person, OLD, reason="")
        with pytest.raises(UsageError, match="已经办结，不能改级"):
            acting.override(desk, person, OLD, to=YELLOW, reason="再看看")

    @pytest.mark.parametrize(("said", "kept"), [("仲裁", "仲裁"), ("litigation", "诉讼"), ("随便写写", "")])
    def test_a_matter_ends_by_one_of_the_six_means(self, small_place: Installation, said: str, kept: str) -> None:
        small_place.ingest(small_place.call("A1", LAMP))
        desk, person = small_place.desk, small_place.person()
        if not kept:
            with pytest.raises(UsageError, match="没有这种化解方式") as refused:
                acting.close(desk, person, OLD, means=said, evidence="裁决书1号")
            for word in ("调解", "仲裁", "行政裁决", "行政复议", "诉讼", "法律监督"):
                assert word in str(refused.value.hint)
            with pytest.raises(UsageError, match="没有这种化解方式"):
                acting.close_all(desk, person, [OLD], means=said, evidence="裁决书1号")
            return
        acting.close(desk, person, OLD, means=said, evidence="裁决书1号")
        assert matter(small_place).actions[-1].evidence == f"{kept}；裁决书1号"

    def test_one_meeting_closes_many_in_one_transaction(self, place: Installation) -> None:
        place.ingest(*(place.call(f"A{n}", LAMP, caller=n) for n in (1, 2, 3)))
        acting.close(place.desk, place.person(), OLD, means="调解", evidence="维修单8号")
        before, references = len(audit(place)), [f"police_110:A{n}" for n in (1, 2, 3)]
        closed = acting.close_all(place.desk, place.person(), references, means="调解", evidence="会议纪要1号")
        assert closed == 2
        assert {matter(place, reference).row.state.status for reference in references} == {"closed"}
        assert len(audit(place)) == before + 1


def close(place: Installation, reference: str = OLD, evidence: str = "调解协议书3号") -> Done:
    """A closing by the usual person."""
    return acting.close(place.desk, place.person(), reference, means="调解", evidence=evidence)


def reopen(place: Installation, reference: str = OLD) -> Done:
    """A reopening by the usual person."""
    return acting.reopen(place.desk, place.person(), reference, reason="回访说没有解决")


class TestTakingUp:
    """Nobody lowers a colour by closing and opening again: what stood stands, and only a new record begins anew."""

    def test_a_red_matter_that_one_person_closes_and_reopens_is_red(self, place: Installation) -> None:
        place.ingest(place.call("A1", KNIFE))
        close(place)
        place.later(hours=1)
        state = reopen(place).after.state
        assert (state.status, state.standing, state.machine, state.route) == ("open", RED, RED, "red")
        place.later(days=14)
        act(place, "measure")
        with pytest.raises(UsageError, match=r"R1.*opinion.*第二人"):
            lower(place, YELLOW)

    def test_what_a_person_raised_is_kept(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        acting.override(place.desk, place.person(), OLD, to=RED, reason="带班领导研判")
        close(place)
        place.later(days=1)
        assert reopen(place).after.state.standing is RED

    def test_what_was_lowered_stays_lowered(self, place: Installation) -> None:
        settled(place)
        lower(place, GREEN)
        close(place)
        place.later(hours=1)
        assert reopen(place).after.state.standing is GREEN

    def test_every_step_of_one_instant_counts_in_its_order(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, minutes=5))
        seen = [(done.after.state.status, done.after.state.episode) for done in (close(place), reopen(place))]
        seen += [(done.after.state.status, done.after.state.episode) for done in (close(place), reopen(place))]
        assert seen == [("closed", 1), ("open", 2), ("closed", 2), ("open", 3)]
        assert acting.override(place.desk, place.person(), OLD, to=RED, reason="研判").after.state.standing is RED
        assert [done.kind for done in matter(place).actions if done.kind in ("close", "reopen")] == [
            *("close", "reopen") * 2
        ]
        assert [(done.after.state.status, done.after.state.standing) for done in (close(place), reopen(place))] == [
            ("closed", RED),
            ("open", RED),
        ]


class TestReflow:
    """A closed matter that a new record opens is given out again, under its code, and its clock runs."""

    def test_it_is_dispatched_anew_and_told(self, place: Installation) -> None:
        place.ingest(place.call("A1", KNIFE))
        code = matter(place).row.state.code
        close(place)
        place.later(days=2)
        tally = place.ingest(place.call("A2", f"{KNIFE}，又来了"))
        shown = matter(place)
        assert tally.reflows == [code]
        assert (shown.row.state.code, shown.row.state.episode) == (code, 2)
        first, again = (done for done in shown.actions if done.kind == "dispatch")
        assert (first.level, again.level, again.at) == ("red", "red", place.now)
        assert again.evidence.startswith("回流")
        assert place.ingest(place.call("A3", f"{KNIFE}，第三次")).reflows == [], "once"

    def test_elapsed_limits_run_again(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        act(place, "mediation_tried")
        close(place)
        place.later(days=40)
        place.ingest(place.call("A2", f"{LAMP}，又坏了"))
        assert standing(place) is GREEN
        place.later(days=3)
        assert act(place, "contact").after.state.standing is YELLOW

    def test_a_record_closed_in_its_own_second_is_no_reflow(self, place: Installation) -> None:
        """Sources with days only and a closing with a day only meet at midnight."""
        place.ingest(place.call("A1", LAMP), place.call("A2", f"{LAMP}，路灯还是不亮"))
        before = [record.reasons for record in matter(place).records]
        close(place)
        assert matter(place).row.state.machine is YELLOW, "by Y2, as before"
        place.ingest({**place.call("A2", f"{LAMP}，路灯还是不亮"), "报警人": "陈二"})
        assert matter(place).row.state.machine is YELLOW
        assert [record.reasons for record in matter(place).records] == before

    def test_in_the_second_of_closing_too(self, place: Installation) -> None:
        place.ingest(place.call("A1", KNIFE))
        close(place)
        code = matter(place).row.state.code
        assert place.ingest(place.call("A2", f"{KNIFE}，又来了")).reflows == [code]
        assert [done.level for done in matter(place).actions if done.kind == "dispatch"] == ["red", "red"]


class TestLowering:
    def test_a_yellow_matter_with_an_agreement_and_seven_quiet_days_is_lowered(self, place: Installation) -> None:
        settled(place)
        state = lower(place, GREEN).after.state
        assert (state.standing, state.machine) == (GREEN, YELLOW)

    def test_every_condition_that_is_not_met_is_named_at_once(self, place: Installation) -> None:
        place.ingest(place.call("A1", KNIFE))
        with pytest.raises(UsageError) as refused:
            lower(place, GREEN)
        for said in ("不满14天", "agreement", "opinion", "第二人", "一次只能下调一级"):
            assert said in refused.value.what
        assert standing(place) is RED

    def test_red_needs_an_opinion_and_another_person(self, place: Installation) -> None:
        place.ingest(place.call("A1", KNIFE))
        place.later(days=14)
        act(place, "measure")
        with pytest.raises(UsageError, match=r"R1.*opinion"):
            lower(place, YELLOW, second="李所长")
        act(place, "opinion", "police")
        with pytest.raises(UsageError, match="复核人不能是本人"):
            lower(place, YELLOW, second="王主任")
        assert lower(place, YELLOW, second="李所长").after.state.standing is YELLOW
        (aside,) = matter(place).set_asides
        assert (aside.by, aside.second) == ("王主任", "李所长")

    def test_an_agreement_that_a_later_record_overtook_no_longer_counts(self, place: Installation) -> None:
        settled(place)
        place.later(hours=1)
        place.ingest(place.call("A2", f"{LEAK}，协议没有履行"))
        place.later(days=7)
        with pytest.raises(UsageError, match="agreement"):
            lower(place, GREEN)
        act(place, "measure")
        assert lower(place, GREEN).after.state.standing is GREEN

    def test_facts_judged_again_do_not_undo_a_person(self, place: Installation) -> None:
        settled(place)
        lower(place, GREEN)
        act(place, "contact", days=8)
        place.ingest(place.call("A9", LAMP, caller=9))
        assert standing(place) is GREEN

    def test_a_new_hit_raises_it_again(self, place: Installation) -> None:
        settled(place)
        lower(place, GREEN)
        place.ingest(place.call("A2", f"{LEAK}，又推搡起来"))
        assert standing(place) is YELLOW

    def test_the_lowering_ends_when_its_time_is_over(self, place: Installation) -> None:
        settled(place)
        act(place, "mediation_succeeded", "village")
        lower(place, GREEN, days=30)
        place.later(days=29)
        assert act(place, "contact").after.state.standing is GREEN
        place.later(days=1)
        assert act(place, "contact").after.state.standing is YELLOW

    def test_anybody_may_raise_at_once_and_the_machine_never_takes_it_back(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP))
        acting.override(place.desk, place.person(), OLD, to=RED, reason="带班领导研判")
        place.ingest(place.call("A2", f"{LAMP}，再催", 关联主接警单编号="A1"))
        state = matter(place).row.state
        assert state.standing is RED
        assert state.machine < RED
        assert state.route == "red"

    def test_no_reason_no_change_or_too_long_is_refused(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", LAMP))
        desk, person = small_place.desk, small_place.person()
        for to, reason, days, said in (
            (RED, " ", 90, "理由"),
            (GREEN, "原样", 90, "现在就是绿色"),
            (YELLOW, "看一看", 366, "期限"),
            (YELLOW, "看一看", 0, "期限"),
        ):
            with pytest.raises(UsageError, match=said):
                acting.override(desk, person, OLD, to=to, reason=reason, lasts=timedelta(days=days))


class TestOneOrTwo:
    def test_merged_matters_answer_to_every_former_code_and_id(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, caller=1), place.call("B1", LEAK, caller=2))
        codes = [matter(place, f"police_110:{n}").row.state.code for n in ("A1", "B1")]
        acting.merge(place.desk, place.person(), *codes, reason="同一户的两件事，一起谈")
        for reference in (*codes, "police_110:A1", "police_110:B1", "matter:police_110:A1"):
            shown = matter(place, reference)
            assert (shown.row.state.id, shown.row.state.records) == (OLD, 2)
        assert matter(place).row.state.code == codes[0]
        assert set(matter(place).codes) == set(codes)

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_closed_matter_never_closes_the_open_one_it_is_merged_with(
        self, place: Installation, turned: bool
    ) -> None:
        place.ingest(place.call("A1", LAMP, caller=1, days=1), place.call("B1", KNIFE, caller=2))
        close(place)
        place.later(hours=1)
        pair = ("police_110:B1", OLD) if turned else (OLD, "police_110:B1")
        acting.merge(place.desk, place.person(), *pair, reason="同一户的两件事")
        state = matter(place).row.state
        assert (state.status, state.standing, state.machine, state.records) == ("open", RED, RED, 2)

    def test_a_closed_red_matter_merged_with_an_open_green_one_is_red(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, caller=1, minutes=5))
        acting.override(place.desk, place.person(), OLD, to=RED, reason="带班领导研判")
        close(place)
        place.later(hours=1)
        place.ingest(place.call("B1", LAMP, caller=2))
        acting.merge(place.desk, place.person(), OLD, "police_110:B1", reason="同一户的两件事")
        state = matter(place).row.state
        assert (state.status, state.standing) == ("open", RED)

    def test_two_closed_matters_stay_closed(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, caller=1), place.call("B1", LEAK, caller=2))
        close(place)
        place.later(hours=1)
        close(place, "police_110:B1")
        acting.merge(place.desk, place.person(), OLD, "police_110:B1", reason="同一户的两件事")
        assert matter(place).row.state.status == "closed"

    def test_what_a_person_united_stays_united_when_more_comes(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, caller=1), place.call("B1", LEAK, caller=2))
        acting.merge(place.desk, place.person(), OLD, "police_110:B1", reason="同一户的两件事")
        place.ingest(place.call("B2", f"{LEAK}，又漏了", caller=2))
        assert matter(place, "police_110:B2").row.state.id == OLD
        assert matter(place).row.state.records == 3

    def test_what_a_person_parted_never_joins_again(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=3), place.call("A2", f"{LEAK}，又漏了", days=1))
        assert matter(place).row.state.records == 2
        done = acting.split(place.desk, place.person(), OLD, records=["police_110:A2"], reason="是另外一家漏的")
        assert (done.before.state.records, done.after.state.records) == (2, 1)
        place.ingest(place.call("A3", f"{LEAK}，第三次", hours=1))
        assert matter(place, "police_110:A2").row.state.id != OLD

    def test_a_code_on_paper_resolves_after_a_split(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=3), place.call("A2", f"{LEAK}，又漏了", days=1))
        code = matter(place).row.state.code
        acting.split(place.desk, place.person(), code, records=["police_110:A2"], reason="是另外一家漏的")
        apart = matter(place, "police_110:A2").row.state
        assert matter(place, code).row.state.id == OLD
        assert apart.code
        assert apart.code != code

    def test_merging_takes_back_a_split_and_a_split_takes_back_a_merge(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=3), place.call("A2", f"{LEAK}，又漏了", days=1))
        code = matter(place).row.state.code
        acting.split(place.desk, place.person(), OLD, records=["police_110:A2"], reason="看错了")
        other = matter(place, "police_110:A2").row.state.code
        acting.merge(place.desk, place.person(), OLD, "police_110:A2", reason="还是一件事")
        assert matter(place, other).row.state.code == code
        assert [row.revoked for row in matter(place).decisions] == [True, False]
        acting.split(place.desk, place.person(), OLD, records=["police_110:A2"], reason="确实是两件")
        assert matter(place, "police_110:A2").row.state.id == "police_110:A2"

    def test_colours_follow_what_a_person_says_is_one(self, place: Installation) -> None:
        days = (9, 5, 1)
        place.ingest(*(place.call(f"A{n}", LEAK, days=n, place=f"云溪镇柳树村{n}组") for n in days))
        place.ingest(place.call("K1", KNIFE, caller=7))
        acting.merge(place.desk, place.person(), "police_110:A9", "police_110:K1", reason="同一对邻居")
        assert standing(place, "police_110:A9") is RED
        acting.split(place.desk, place.person(), "police_110:A9", records=["police_110:K1"], reason="不是同一对")
        assert standing(place, "police_110:K1") is RED

    def test_strangers_all_or_nothing_and_oneself_are_refused(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("A1", LEAK, days=3), small_place.call("A2", f"{LEAK}，又漏了", days=1))
        small_place.ingest(small_place.call("B1", LAMP, caller=5))
        desk, person = small_place.desk, small_place.person()
        for records, said in (
            (["police_110:B1"], "不在这个事项里的来件：police_110:B1"),
            ([], "不能没有"),
            ([OLD, "police_110:A2"], "不能没有"),
        ):
            with pytest.raises(UsageError, match=said):
                acting.split(desk, person, OLD, records=records, reason="看一看")
        with pytest.raises(UsageError, match="已是同一事项"):
            acting.merge(desk, person, OLD, "police_110:A2", reason="看一看")
        with pytest.raises(UsageError, match="没有找到事项：nobody"):
            acting.merge(desk, person, OLD, "nobody", reason="看一看")
