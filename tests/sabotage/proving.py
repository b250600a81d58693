"""Defences of what is proved: nothing false is proved, no case is shown that the engine does not judge so, what is not known is said.

In: nothing. Out: `PROVING`. Not here: the rules themselves (`deciding`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_EVERY_CASE = "property/test_proof.py::test_every_answer_is_what_trying_every_case_gives"
_QUESTIONS = "unit/test_workbench_proof_questions.py"
_NEAREST = "unit/test_workbench_proof_nearest.py"

PROVING = (
    defence(
        "prove-unknown",
        "证明：不知道的事实可能成立",
        "engine/workbench/proof/encoding.py",
        "return Kleene(surely, either((surely, fact.unknown)))",
        instead="return Kleene(surely, surely)",
        tests=_EVERY_CASE,
    ),
    defence(
        "prove-on-missing",
        "证明：on_missing 写 yes 的，不知道也命中",
        "engine/workbench/proof/encoding.py",
        "fired = either((verdict.surely, both((open_, on_yes))))",
        instead="fired = verdict.surely",
        tests=_EVERY_CASE,
    ),
    defence(
        "prove-points",
        "证明：积分一条一条加起来",
        "engine/workbench/proof/encoding.py",
        "both((fired, _reached(after, left - weight)))",
        instead="both((fired, _reached(after, left)))",
        tests=f"{_QUESTIONS}::test_conclusions_points_and_flags_have_answers",
    ),
    defence(
        "prove-windows",
        "证明：窗口长的不少于短的，反过来不成立",
        "engine/workbench/proof/relations.py",
        "    if other.within is not None and (one.within is None or one.within > other.within):\n        return None\n",
        instead="",
        tests="unit/test_workbench_proof_relations.py::test_a_count_is_at_most_another_where_its_window_is_part_of_it",
    ),
    defence(
        "prove-engine",
        "证明：例子先由研判引擎判过",
        "engine/workbench/proof/benches.py",
        "if not (engine.keeps(case) and confirmed(case)):",
        instead="if False:",
        tests=f"{_QUESTIONS}::test_a_case_that_the_engine_does_not_confirm_is_a_fault_and_not_shown",
    ),
    defence(
        "prove-time",
        "证明：时间用完了就说不知道，不当作没有",
        "engine/workbench/proof/solving.py",
        'return Reply(why="给证明的时间用完了")',
        instead="return Reply()",
        tests=f"{_QUESTIONS}::test_when_the_time_is_over_it_says_so",
    ),
    defence(
        "prove-invariants-raise",
        "证明：比较颜色时底线的上调也算",
        "engine/workbench/proof/encoding.py",
        "made.finally_red, made.finally_yellow = red, yellow",
        instead="made.finally_red, made.finally_yellow = made.red, made.yellow",
        tests="unit/test_workbench_proof_meaning.py::test_what_invariants_raise_is_counted_in",
    ),
    defence(
        "prove-stated-first",
        "证明：facts 自己矛盾就不再往下证",
        "engine/workbench/proof/questions.py",
        "    if contradiction.verdict is not Verdict.REFUTED:\n        return\n",
        instead="",
        tests=f"{_QUESTIONS}::test_a_bad_rulebook_has_its_finding_at_its_place[P208]",
    ),
    defence(
        "nearest-fixed",
        "最少改什么：固定的事实不动",
        "engine/workbench/proof/nearest.py",
        "if self._rulebook.features[f].mutable and f not in self._following",
        instead="if f not in self._following",
        tests=f"{_NEAREST}::test_past_counts_are_never_touched_and_that_there_is_no_way_is_proved",
    ),
    defence(
        "nearest-known",
        "最少改什么：已知的不会变成不知道",
        "engine/workbench/proof/nearest.py",
        "*map(self._can_become, free), ",
        instead="",
        tests=f"{_NEAREST}::test_what_is_known_stays_known_and_what_is_absent_stays_absent",
    ),
    defence(
        "nearest-time",
        "最少改什么：时间不倒回",
        "engine/workbench/proof/nearest.py",
        " passing, exactly(",
        instead=" exactly(",
        tests=f"{_NEAREST}::test_days_do_not_go_back_and_what_was_done_stays_done",
    ),
)
