"""Defences of what is done in time: due matters, their claims, the moments at which they are looked at.

In: nothing. Out: `TIMING`. Not here: what is decided then (`deciding`), what is kept (`keeping`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_DUE, _MOMENTS, _SWEEP = "engine/store/due.py", "engine/features/moments.py", "engine/scheduler/matters.py"
_CASEWORK, _SETTLEMENT = "engine/casework.py", "engine/settlement.py"
_TESTS = "acceptance/test_due_matters.py::test_"

TIMING = (
    defence(
        "due-fence",
        "租约过期后的写入作废",
        _DUE,
        "if now.get(claim.item) == (cells.seconds(claim.due.at), claim.fence)]",
        instead="if claim.item in now or True]",
        tests=f"{_TESTS}a_worker_that_slept_through_its_lease_writes_nothing[sqlite]",
    ),
    defence(
        "due-lease",
        "有人在办的不再派给别人",
        _DUE,
        ', due.c.lease_until <= bindparam("now"))',
        instead=")",
        tests=f"{_TESTS}a_worker_that_slept_through_its_lease_writes_nothing[sqlite]",
    ),
    defence(
        "due-red-first",
        "积压时红色先办",
        _DUE,
        "func.coalesce(matters.c.standing, 0).desc(), due.c.due_at",
        instead="due.c.due_at",
        tests=f"{_TESTS}an_outage_is_made_up_in_one_sweep_red_first_then_the_longest_due[sqlite]",
    ),
    defence(
        "due-once",
        "时钟回拨也不重办同一时刻",
        _SETTLEMENT,
        " if (case.id, moment.at) not in self._taken)",
        instead=")",
        tests=f"{_TESTS}a_clock_that_goes_back_makes_no_moment_due_twice[sqlite]",
    ),
    defence(
        "moment-limit",
        "办理时限到点就再看",
        _MOMENTS,
        "yield from (anchor + days * _DAY for days in self._days.get(fact, ()))",
        instead="yield from ()",
        tests=f"{_TESTS}a_green_matter_nobody_touches_turns_yellow_at_the_third_day_to_the_second[sqlite]",
    ),
    defence(
        "moment-floor",
        "什么都没发生也要再看",
        _CASEWORK,
        "yield from (Moment(last.at + after, why) for after in days if last.at + after > now)",
        instead="yield from ()",
        tests=f"{_TESTS}after_closing_people_are_asked_again_and_nothing_else_is_due[sqlite]",
    ),
    defence(
        "moment-lapse",
        "下调到期的那一刻再看",
        _CASEWORK,
        "yield from (Moment(aside.expires_at, LAPSE) for aside in set_asides if aside.expires_at > now)",
        instead="yield from ()",
        tests=f"{_TESTS}a_lowering_that_lapses_is_looked_at_in_that_second[sqlite]",
    ),
    defence(
        "neglect-once",
        "拖延不连升两级",
        _CASEWORK,
        " and hit.rule not in elapsed)",
        instead=")",
        tests=f"{_TESTS}neglect_does_not_climb_the_colours_twice[sqlite]",
    ),
)
