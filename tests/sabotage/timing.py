"""Defences of what is done in time: due matters, their claims, the moments at which they are looked at.

In: nothing. Out: `TIMING`. Not here: what is decided then (`deciding`), what is kept (`keeping`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_DUE, _MOMENTS, _SWEEP = "engine/store/due.py", "engine/features/moments.py", "engine/scheduler/matters.py"
_JOBS, _TICKER, _OPENING = "engine/scheduler/jobs.py", "engine/scheduler/ticker.py", "engine/store/opening.py"
_UPGRADE = "engine/store/migrations/versions/0002_service.py"
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
        'due.c.due_at <= bindparam("now"), _free)',
        instead='due.c.due_at <= bindparam("now"))',
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
    defence(
        "sweep-poison",
        "一件研判不了，不耽误别的",
        _SWEEP,
        "if len(claims) > 1:",
        instead="if len(claims) > 1_000:",
        tests="unit/test_scheduler_matters.py::test_a_matter_that_cannot_be_judged_stops_no_other_and_is_tried_again",
    ),
    defence(
        "lease-clock-back",
        "时钟回拨，租约不拖长",
        _DUE,
        '_free = or_(due.c.lease_until <= bindparam("now"), due.c.lease_until > bindparam("until"))',
        instead='_free = due.c.lease_until <= bindparam("now")',
        tests="unit/test_store_due.py::"
        "test_a_lease_that_lies_too_far_ahead_binds_nobody_after_a_clock_was_set_back[sqlite]",
    ),
    defence(
        "job-isolated",
        "一项任务出错，不耽误别的任务",
        _JOBS,
        "except Exception as fault:",
        instead="except ZeroDivisionError as fault:",
        tests="unit/test_scheduler_jobs.py::test_a_job_that_fails_is_tried_sooner_at_first_and_stops_no_other",
    ),
    defence(
        "job-fence",
        "任务被人接手以后，迟到的结果作废",
        _JOBS,
        "if not tx.still_held([claim]):",
        instead="if not tx.still_held([claim]) and not claim:",
        tests="unit/test_scheduler_jobs.py::test_one_that_ends_after_its_lease_notes_nothing[sqlite]",
    ),
    defence(
        "job-overtaken",
        "任务被人接手以后，半路就停手",
        _JOBS,
        "raise Overtaken\n",
        instead="return\n",
        tests="unit/test_scheduler_jobs.py::test_a_job_that_somebody_has_is_left_alone_until_the_lease_ends[sqlite]",
    ),
    defence(
        "job-given-back",
        "停下时把没办完的任务还回去",
        _JOBS,
        "tx.release(claim)",
        instead="pass",
        tests="unit/test_scheduler_jobs.py::test_a_process_that_ends_gives_its_job_back[sqlite]",
    ),
    defence(
        "job-clock-back",
        "时钟回拨，任务至多晚一轮",
        _JOBS,
        "return latest if row.next_at is not None and row.next_at > latest else None",
        instead="return None",
        tests="unit/test_scheduler_jobs.py::test_a_clock_that_was_set_back_delays_no_job_by_more_than_a_round[sqlite]",
    ),
    defence(
        "tick-clock-back",
        "时钟回拨，照样按时醒来",
        _TICKER,
        "job.modify(next_run_time=_now())",
        instead="pass",
        tests="unit/test_scheduler_ticker.py::test_a_clock_that_is_set_back_an_hour_stops_no_tick",
    ),
    defence(
        "server-clock",
        "租约以数据库的时钟为准",
        _OPENING,
        "return lambda: self._vendor.time(self._engine, host)",
        instead="return host",
        tests="unit/test_store_opening.py::TestClock::test_postgresql_has_its_own_whatever_the_host_says",
    ),
    defence(
        "upgrade-queue",
        "升级前的事项也会到期",
        _UPGRADE,
        "FROM matters WHERE code <> ''",
        instead="FROM matters WHERE code = 'none'",
        tests="unit/test_store_migrate.py::test_the_first_release_is_brought_here_with_all_it_holds[sqlite]",
    ),
    defence(
        "service-edge",
        "一轮出错，服务不退出",
        "cli/service.py",
        "except Exception as fault:",
        instead="except ZeroDivisionError as fault:",
        tests="unit/test_cli_service.py::test_a_tick_that_fails_is_told_and_ends_nothing",
    ),
    defence(
        "rules-open-only",
        "规则改了，只看办理中的事项",
        "engine/store/matters.py",
        'matters.c.status == "open", matters.c.history == 0)',
        instead='matters.c.status != "")',
        tests="acceptance/test_reviews.py::TestRules::test_only_open_matters_are_queued_and_only_once[sqlite]",
    ),
    defence(
        "rules-queued",
        "规则改了，办理中的事项都要再看",
        "engine/scheduler/rules.py",
        "tx.schedule(RULEBOOK, dict.fromkeys(open_, Moment(now, RULEBOOK)))",
        instead="pass",
        tests="acceptance/test_reviews.py::TestRules::test_a_stricter_rule_raises_what_is_open[sqlite]",
    ),
    defence(
        "rules-kept",
        "按新规则的研判都存下",
        "engine/pipeline.py",
        "[*self.fresh, *moved] if self.trigger == ACTION else moved",
        instead='[*self.fresh, *moved] if self.trigger != "arrival" else moved',
        tests="acceptance/test_reviews.py::TestRules::test_a_stricter_rule_raises_what_is_open[sqlite]",
    ),
    defence(
        "deadlines-first",
        "时限到了的先办，规则变了的后看",
        _SWEEP,
        "claims = claims or tx.claim(RULEBOOK, now=now, until=now + lease, most=piece)",
        instead="claims = tx.claim(RULEBOOK, now=now, until=now + lease, most=piece) or claims",
        tests="acceptance/test_reviews.py::TestRules::test_deadlines_go_before_what_only_waits_for_new_rules[sqlite]",
    ),
    defence(
        "rules-refused",
        "规则有错，服务仍用原来的",
        "cli/service.py",
        "except RuleError as fault:",
        instead="except ZeroDivisionError as fault:",
        tests="unit/test_cli_service.py::test_changed_rules_hold_from_the_next_round_and_faulty_ones_are_told_once",
    ),
)
