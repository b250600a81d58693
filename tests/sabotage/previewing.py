"""Defences of previews: that a back-test says what a fresh database would, and where it cannot know.

In: nothing. Out: `PREVIEWING`. Not here: history judged again (`rescoring`), what is proved of rules (`proving`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_PREVIEW = "property/test_preview.py::test_a_few_changes_are_foretold"
_VIEWS = "unit/test_workbench_backtest_views.py"
_COURSES = "unit/test_workbench_backtest_courses.py"
_PLACES = "acceptance/test_place_windows.py"

PREVIEWING = (
    defence(
        "preview-rules",
        "回测：用要试的规则判（预演即生产）",
        "engine/workbench/backtest/trying.py",
        "answered(\n            half.columns,\n            half.side.questions,\n",
        instead="answered(\n            half.columns,\n            self._old.side.questions,\n",
        tests=_PREVIEW,
    ),
    defence(
        "preview-words",
        "回测：词表改了，词语事实按新词表重做",
        "engine/remaking.py",
        "if self.always or maker not in self.known",
        instead="if False",
        tests="unit/test_remaking.py::test_other_words_make_other_facts_and_marks_and_nothing_is_written",
    ),
    defence(
        "preview-once",
        "回测：重判过的，不当作知道何时变黄",
        "engine/workbench/backtest/views.py",
        "return case.plain and (case.once if self._steady else case.quiet)",
        instead="return True",
        tests=(
            f"{_VIEWS}::test_judged_twice_nobody_knows_since_when_and_nothing_is_said",
            f"{_VIEWS}::test_under_new_windows_a_record_must_be_quiet",
        ),
    ),
    defence(
        "preview-dispatch",
        "回测：承办方已办结的，不绿才派单",
        "engine/workbench/backtest/views.py",
        "r.supplier_closed and r.colour is Colour.GREEN for",
        instead="r.supplier_closed for",
        tests=f"{_VIEWS}::test_what_suppliers_closed_is_dispatched_as_soon_as_it_is_not_green",
    ),
    defence(
        "preview-marks",
        "重判、回测：窗口要按别的事实数，存下的标记就重做",
        "engine/rescore/makers.py",
        "[book for book in alike if wanted <= set(marked(book))]",
        instead="alike",
        tests="unit/test_rescore_makers.py::test_what_holds",
    ),
    defence(
        "preview-retold",
        "回测：改过的来件以前可能办结过，派没派单不当作知道",
        "engine/workbench/backtest/views.py",
        "if case.retold or (",
        instead="if (",
        tests=f"{_VIEWS}::test_what_was_told_again_may_have_been_closed_before",
    ),
    defence(
        "preview-retold-alike",
        "回测：改过的来件和没改过的，不算走得一样",
        "engine/workbench/backtest/courses.py",
        "PARTITION BY plain, once, quiet, retold, records,",
        instead="PARTITION BY plain, once, quiet, records,",
        tests=f"{_COURSES}::test_a_matter_is_looked_at_as_what_is_known_of_its_past_allows",
    ),
    defence(
        "preview-joined",
        "回测：人工合并的事项，各件当时各按自己的颜色派单",
        "engine/workbench/backtest/views.py",
        "not case.plain and any(record.supplier_closed for record in records)",
        instead="False",
        tests=f"{_VIEWS}::test_each_part_of_what_people_joined_was_dispatched_as_its_own_colour_was",
    ),
    defence(
        "preview-outcome",
        "回测：有过结果，也不证明之前该派单",
        "engine/workbench/backtest/views.py",
        "earliest if closed else ended[0].known_at",
        instead="ended[0].known_at",
        tests=f"{_VIEWS}::test_an_outcome_does_not_prove_the_dispatch_before_it",
    ),
    defence(
        "preview-imagined",
        "回测：从没派过单、照新规则才会派的，标出来",
        "engine/workbench/backtest/views.py",
        "colour > base and self._imagined(case, records, colour, now)",
        instead="False",
        tests=f"{_VIEWS}::test_what_suppliers_closed_is_dispatched_as_soon_as_it_is_not_green",
    ),
    defence(
        "preview-newest",
        "回测：按最新的阈值试，不管来件是哪天的",
        "engine/ruleset/parameters.py",
        "values=(replace(held.values[-1], start=held.values[0].start),)",
        instead="values=held.values",
        tests="unit/test_ruleset_parameters.py::test_the_newest_numbers_as_if_they_had_always_held",
    ),
    defence(
        "preview-left-out",
        "回测：没有比较的事项，写在每周件数旁边",
        "cli/backtest.py",
        "capacities, found.apart)",
        instead="capacities)",
        tests="unit/test_cli_backtest.py::test_what_is_not_compared_stands_beside_the_load",
    ),
    defence(
        "preview-alike",
        "回测：经过一样才算一样，差一秒到整天也分开",
        "engine/workbench/backtest/courses.py",
        "PARTITION BY matter ORDER BY rest",
        instead="PARTITION BY matter ORDER BY 1",
        tests=f"{_COURSES}::test_each_gets_the_answer_that_it_would_have_got_alone",
    ),
    defence(
        "preview-only-limits",
        "回测：再派单若有规则说得出，就不算一样",
        "engine/workbench/backtest/views.py",
        "return all(self._only_limits(day * _DAY, at) for",
        instead="return all(day is not None for",
        tests=f"{_COURSES}::test_where_a_dispatch_is_counted_or_has_points_every_one_counts",
    ),
    defence(
        "preview-refused",
        "回测：会改变归并的，拒绝并点名",
        "engine/workbench/backtest/limits.py",
        "if digest(part(stored)) != digest(part(other))",
        instead="if part is None",
        tests="property/test_preview.py::test_what_would_move_records_is_refused_by_name",
    ),
    defence(
        "windows-place",
        "地点窗口：同一地点不论主题都数到",
        "engine/pipeline.py",
        '(None, *rulebook.documents.get("topics", {})) if "place" in longest else ()',
        instead="()",
        tests=f"{_PLACES}::test_what_is_told_of_a_place_counts_whatever_its_topic",
    ),
    defence(
        "windows-former",
        "更正到别处的来件，原来那处的窗口跟着改",
        "engine/pipeline.py",
        "            former=self.former,\n",
        instead="",
        tests=f"{_PLACES}::test_a_record_corrected_to_another_place_leaves_the_windows_of_the_first",
    ),
)
