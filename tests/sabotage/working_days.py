"""Defences of working days: what time counts, what a table may say, and that a year that is missing is told.

In: nothing. Out: `WORKING_DAYS`. Not here: what else is done in time (`timing`), what else is told (`telling`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_CALENDAR, _ALMANAC, _UPKEEP = "engine/calendar.py", "engine/ruleset/almanac.py", "engine/desk/upkeep.py"
_NOTIFY = "engine/notify.py"
_LAWS = "property/test_workdays.py::test_a_thousand_spans_are_as_they_are_counted"
_HOW_FAR, _TABLE = "unit/test_calendar.py::TestHowFar::", "unit/test_ruleset_almanac.py::test_"
_ONE_DAY = f"{_TABLE}a_day_that_cannot_be_right_is_told_at_its_line"
_MESSAGES, _ASKED = "unit/test_notify.py::", "unit/test_desk_upkeep.py::test_"

WORKING_DAYS = (
    defence(
        "days-off",
        "放假停表",
        _CALENDAR,
        "            if self.is_workday(day):\n",
        instead="            if True:\n",
        tests=_LAWS,
    ),
    defence(
        "days-additive",
        "分两段算和一次算结果相同",
        _CALENDAR,
        "if left < end - moment:",
        instead="if left <= end - moment:",
        tests=_LAWS,
    ),
    defence(
        "days-made-up",
        "调休上班的周末照常走表",
        _CALENDAR,
        "return day in self.workdays or (",
        instead="return (",
        tests=_LAWS,
    ),
    defence(
        "days-closed",
        "本地停办的日子停表",
        _CALENDAR,
        "        if day in self.closures:\n            return False\n",
        instead="",
        tests=(_LAWS, "unit/test_calendar.py::TestDays::test_a_local_closure_goes_before_everything"),
    ),
    defence(
        "days-absolute",
        "同一时区里也按真实时间相减",
        _CALENDAR,
        "first, last = begin.astimezone(UTC), end.astimezone(UTC)",
        instead="first, last = begin, end",
        tests="unit/test_calendar.py::TestTime::test_a_day_on_which_clocks_are_put_forward_is_shorter",
    ),
    defence(
        "days-provisional",
        "没有公布的年份算出来的是暂定",
        _CALENDAR,
        "return Due(at, not self.years.issuperset(passed))",
        instead="return Due(at, False)",
        tests=(f"{_HOW_FAR}test_a_year_that_is_not_in_the_table_makes_an_answer_provisional", _LAWS),
    ),
    defence(
        "days-gap",
        "中间缺一年就不算排到最后",
        _CALENDAR,
        "        while last + 1 in self.years:\n            last += 1\n",
        instead="        last = max(self.years)\n",
        tests=f"{_HOW_FAR}test_a_gap_between_years_is_one_too",
    ),
    defence(
        "days-of-deadlines",
        "黄色、绿色的时限按工作日",
        _NOTIFY,
        "if deadline.natural else self.calendar.due(at, deadline.within)",
        instead="if True else self.calendar.due(at, deadline.within)",
        tests=f"{_MESSAGES}TestDecide::test_red_is_signed_for_by_the_clock_others_on_working_days",
    ),
    defence(
        "days-red-by-the-clock",
        "红色不看日历",
        _NOTIFY,
        'Deadline(duration(of["sign"]), of.get("clock") == "natural")',
        instead='Deadline(duration(of["sign"]), False)',
        tests=f"{_MESSAGES}TestDecide::test_red_is_signed_for_by_the_clock_others_on_working_days",
    ),
    defence(
        "days-told",
        "暂定的时限写明暂定",
        _NOTIFY,
        'told = firm if _is_firm(notice, policy) else policy.words.get("due_provisional", f"{firm}?")',
        instead="told = firm",
        tests=f"{_MESSAGES}TestMessages::test_a_moment_in_a_year_that_is_not_published_is_said_to_be_provisional",
    ),
    defence(
        "days-table-changed",
        "日历改了，没发出的旧时限写明暂定",
        _NOTIFY,
        "return policy.calendar.due(notice.at, notice.within) == Due(notice.due_at or notice.at, False)",
        instead="return not policy.calendar.due(notice.at, notice.within).provisional",
        tests=f"{_MESSAGES}TestMessages::test_a_moment_that_the_table_as_it_stands_does_not_give_is_provisional_too",
    ),
    defence(
        "table-date",
        "不是日期的写法不收",
        _ALMANAC,
        "if _WRITTEN.fullmatch(text):",
        instead="if True:",
        tests=_ONE_DAY,
    ),
    defence(
        "table-year",
        "写错年份的日期不收",
        _ALMANAC,
        "if year in (None, day.year):",
        instead="if True:",
        tests=_ONE_DAY,
    ),
    defence(
        "table-reversed",
        "前后写反的不收",
        _ALMANAC,
        "    if length < 1:\n",
        instead="    if False:\n",
        tests=_ONE_DAY,
    ),
    defence(
        "table-length",
        "一段太长的不收",
        _ALMANAC,
        "elif length > _LONGEST:",
        instead="elif False:",
        tests=_ONE_DAY,
    ),
    defence(
        "table-twice",
        "写了两次的日子不收",
        _ALMANAC,
        "    if twice:\n",
        instead="    if False:\n",
        tests=_ONE_DAY,
    ),
    defence(
        "table-both",
        "又放假又上班的日子不收",
        _ALMANAC,
        "elif day in off:",
        instead="elif False:",
        tests=_ONE_DAY,
    ),
    defence(
        "table-weekday",
        "本来就上班的日子不能写成调休",
        _ALMANAC,
        "elif day.weekday() < len(_WEEKDAYS):",
        instead="elif False:",
        tests=_ONE_DAY,
    ),
    defence(
        "table-all-at-once",
        "一年写错不遮住别的年份",
        "engine/ruleset/sifting.py",
        '"calendar": 3, ',
        instead="",
        tests=f"{_TABLE}all_of_it_is_told_at_once_and_a_misshapen_year_hides_no_other",
    ),
    defence(
        "doctor-calendar",
        "明年的放假安排没抄，自查要打叉",
        _UPKEEP,
        "well = days >= _TOO_NEAR or simulated(desk)",
        instead="well = True",
        tests=f"{_ASKED}days_off_that_are_not_published_are_asked_for_in_time",
    ),
    defence(
        "doctor-calendar-practice",
        "演练库不催放假安排",
        _UPKEEP,
        "well = days >= _TOO_NEAR or simulated(desk)",
        instead="well = days >= _TOO_NEAR",
        tests=f"{_ASKED}on_a_simulated_clock_nobody_waits_for_a_notice",
    ),
    defence(
        "doctor-calendar-fresh",
        "刚建好的库不催放假安排",
        _UPKEEP,
        " or _is_empty(desk)\n",
        instead="\n",
        tests=f"{_ASKED}where_nothing_has_a_deadline_yet_it_is_only_told",
    ),
    defence(
        "job-calendar",
        "明年的放假安排没抄，任务要失败",
        "cli/upkeep.py",
        "    if not check.well:\n",
        instead="    if False:\n",
        tests="unit/test_cli_upkeep.py::test_the_calendar_is_looked_at_once_a_day_and_a_year_that_is_missing_is_a_failure",
    ),
)
