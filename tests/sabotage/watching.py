"""Defences of watching: how the service does is seen, and nothing of a record is in what is seen.

In: nothing. Out: `WATCHING`. Not here: what is done in time (`timing`), who is told of matters (`telling`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_VITALS, _EXPORTER, _JOURNAL, _UPKEEP = (
    "engine/scheduler/vitals.py",
    "adapters/exporter.py",
    "cli/journal.py",
    "cli/upkeep.py",
)

WATCHING = (
    defence(
        "journal-mask",
        "服务说的话先遮再写",
        _JOURNAL,
        "        return mask_text(clean(value))",
        instead="        return clean(value)",
        tests="unit/test_cli_journal.py::test_nothing_leaves_unmasked_however_deep_it_lies",
    ),
    defence(
        "journal-libraries",
        "程序库的原话不重复",
        _JOURNAL,
        'where = f"{record.module}:{record.lineno}"',
        instead="where = record.getMessage()",
        tests="unit/test_cli_journal.py::test_of_libraries_the_message_is_not_told",
    ),
    defence(
        "service-remarks",
        "服务读入时，要交回 110 的也说",
        "cli/jobs.py",
        "[accounted(total), *(remark for remark, _ in remarks(desk, total))]",
        instead="[accounted(total)]",
        tests="unit/test_cli_service.py::test_what_somebody_must_know_of_the_rows_is_said_by_the_service_too",
    ),
    defence(
        "health-last",
        "看好不好在别的都看过以后",
        "engine/scheduler/jobs.py",
        "items=[turn] if looks else named",
        instead="items=named",
        tests="unit/test_cli_service.py::test_health_is_not_alarmed_by_what_this_very_round_looks_at",
    ),
    defence(
        "health-worst",
        "整体不会好过最坏的一项",
        _EXPORTER,
        "    return 503 if health is Health.FAILING else 200",
        instead="    return 200",
        tests="unit/test_exporter.py::test_health_is_that_of_the_worst_sign",
    ),
    defence(
        "health-away",
        "数据库读不到也说得出来",
        _VITALS,
        '        return [*found, Sign("database", _FAILING',
        instead='        return [*found, Sign("database", _OK',
        tests="unit/test_scheduler_vitals.py::test_a_database_that_is_away_is_failing_and_the_rest_is_still_told",
    ),
    defence(
        "health-pulse",
        "停在半路看得出来",
        _VITALS,
        "    if pulse.silence > _LATE:",
        instead="    if False:",
        tests="unit/test_scheduler_vitals.py::TestPulse::test_silence_is_failing_after_a_quarter_of_an_hour",
    ),
    defence(
        "health-patience",
        "不说话的人占不住",
        _EXPORTER,
        "    timeout = _PATIENCE",
        instead="    patience = _PATIENCE",
        tests="unit/test_exporter.py::test_those_who_say_nothing_keep_nobody_waiting_and_are_sent_away",
    ),
    defence(
        "other-keys-end",
        "密钥换了，还拿着旧密钥的服务停下，不空转",
        "cli/service.py",
        "        except OtherKeys as fault:\n            self._hopeless = fault\n            self._give_up()\n",
        instead="",
        tests="unit/test_cli_service.py::test_with_other_keys_than_its_own_the_service_ends_and_says_what_to_do",
    ),
    defence(
        "matters-in-turns",
        "成批再研判时，新来的和要通知的轮得上",
        "cli/service.py",
        "            return stop() or monotonic() > until\n",
        instead="            return stop()\n",
        tests="unit/test_cli_service.py::test_while_many_matters_are_looked_at_again_what_comes_and_what_is_told_has_its_turn",
    ),
    defence(
        "channels-beside",
        "一个渠道不答，不拖住别的渠道，也不拖住读来源",
        "cli/service.py",
        "post_of(self._desk, carriers=self._carriers).run(",
        instead="post_of(self._desk).run(",
        tests="acceptance/test_serve.py::test_a_channel_that_does_not_answer_holds_up_no_other_and_no_reading[sqlite]",
    ),
    defence(
        "health-refusing",
        "渠道一再不收，看得出来",
        _VITALS,
        "    said += refused_often(view)\n",
        instead="",
        tests="acceptance/test_promise_r13.py::test_a_fault_is_told_seen_and_over_by_itself[telling-500-sqlite]",
    ),
    defence(
        "tick-survives",
        "一轮出错，下一轮照来",
        "cli/service.py",
        '        except SanseError as fault:\n            self._wrong(_WHERE.get(type(fault).__name__, "程序"), str(fault))\n',
        instead="        except SanseError as fault:\n            raise\n",
        tests="acceptance/test_promise_r13.py::test_a_fault_is_told_seen_and_over_by_itself[sweeping-locked-sqlite]",
    ),
    defence(
        "ping-silence",
        "情况不好不报平安",
        _UPKEEP,
        "    if health is Health.FAILING:",
        instead="    if False:",
        tests="unit/test_cli_upkeep.py::TestWatchman::test_he_hears_nothing_while_we_do_not_work",
    ),
    defence(
        "backup-newest",
        "最新的备份总留着",
        "engine/desk/backups.py",
        "for path in made[:-1] if",
        instead="for path in made if",
        tests="unit/test_cli_upkeep.py::TestBackups::test_the_newest_stays_however_old",
    ),
    defence(
        "retention-asked",
        "没有写明，服务不清除",
        "engine/desk/retention.py",
        "    if desk.config.retention.every is None:",
        instead="    if False:",
        tests="unit/test_desk_retention.py"
        "::test_the_service_purges_in_its_own_name_where_the_configuration_says_so[sqlite]",
    ),
    defence(
        "job-kept",
        "办得久的任务不被别人抢走",
        "engine/scheduler/jobs.py",
        "            with self._kept(claim) if job.long else nullcontext():",
        instead="            with nullcontext():",
        tests="unit/test_scheduler_jobs.py::test_a_long_job_keeps_its_lease_while_it_runs[sqlite]",
    ),
    defence(
        "rules-that-held",
        "规则目录坏了，服务照样能起来",
        "engine/desk/opening.py",
        "        held = _last_sound(url, keys) if steadfast else None",
        instead="        held = None",
        tests="unit/test_cli_service.py"
        "::test_the_service_starts_with_the_rules_that_held_while_those_in_the_folder_are_broken",
    ),
    defence(
        "rules-that-held-are-the-last",
        "用的是最后生效的那一套",
        "engine/store/rulebooks.py",
        "        newest = sorted([*published, *live, *used], key=lambda known: known[0], reverse=True)",
        instead="        newest = sorted(live, key=lambda known: known[0], reverse=True)",
        tests="unit/test_store_rulebooks.py::TestRulebooks::test_in_force_is_what_was_judged_by_last_or_went_live_since[sqlite]",
    ),
    defence(
        "look-back",
        "晚到的行，轮询往回看也读得到",
        "adapters/sources/database.py",
        "        start = begin(self.spec)",
        instead="        start = self.spec.cursor",
        tests="unit/test_source_database.py"
        "::test_a_reading_looks_back_for_late_rows_and_the_cursor_never_goes_back[sqlite-look_back0-read0-behind0]",
    ),
    defence(
        "look-back-keeps-cursor",
        "往回看不倒退游标",
        "adapters/sources/database.py",
        "later(self.spec.cursor, self._seen) if self._looks_back else self._seen",
        instead="self._seen",
        tests="unit/test_source_database.py"
        "::test_a_reading_looks_back_for_late_rows_and_the_cursor_never_goes_back[sqlite-look_back0-read0-behind0]",
    ),
)
