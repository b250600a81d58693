"""Defences of what survives: an ingest that is killed, a database that fails at any call, rules that change under old records.

In: nothing. Out: `SURVIVING`. Not here: what is kept when nothing happens (`keeping`), backups and migrations (`operating`).
"""

from __future__ import annotations

from tests.sabotage.defence import Change, defence, together

_PIPELINE, _DIALECTS, _REFUSALS = "engine/pipeline.py", "engine/store/dialects.py", "engine/store/refusals.py"
_R1 = "acceptance/test_promise_r1.py::test_killed_at_any_moment_on_sqlite"
_R14 = "acceptance/test_promise_r14.py::test_on_sqlite"
_R7 = "acceptance/test_promise_r7.py::test_it_is_as_pinned_or_the_difference_is_listed"
_COMMIT = "self.tx._connection.exec_driver_sql"

SURVIVING = (
    defence(
        "killed-one-commit",
        "读入被杀：记录与事项、通知一起落盘",
        _PIPELINE,
        "        self.write()\n        self.settle()\n",
        instead=(
            f'        self.write()\n        {_COMMIT}("COMMIT")\n        {_COMMIT}("BEGIN IMMEDIATE")\n'
            "        self.settle()\n"
        ),
        tests=_R1,
    ),
    together(
        "killed-cursor-first",
        "读入被杀：游标不走在来件前面",
        (
            Change(
                _PIPELINE,
                "            if read_to:\n                tx.write_cursor",
                "            if False:\n                tx.write_cursor",
            ),
            Change(
                _PIPELINE,
                "        with store.batch(keys) as tx:\n            tx.note_rulebook(stages.rulebook, known_at)\n            tally, current",
                (
                    "        if read_to:\n            with store.beside() as early:\n"
                    "                early.write_cursor(raws[0].source, read_to, known_at)\n"
                    "        with store.batch(keys) as tx:\n            tx.note_rulebook(stages.rulebook, known_at)\n"
                    "            tally, current"
                ),
            ),
        ),
        tests=_R1,
    ),
    defence(
        "killed-untold",
        "读入被杀：派出去的事项都有通知或原因",
        "engine/settlement.py",
        "        self._tx.write_notices(self._notices)\n",
        instead="        self._tx.write_notices(self._notices[1:])\n",
        tests=_R1,
    ),
    defence(
        "failed-call-typed",
        "数据库出错报成我们的错误",
        _DIALECTS,
        "        raise refused(fault, unsure=committing, file=file) from fault\n",
        instead="        raise\n",
        tests=_R14,
    ),
    defence(
        "failed-call-first-line",
        "数据库的报错只取第一行：后面带着数据",
        _REFUSALS,
        "    said = str(fault.orig).strip().splitlines()\n",
        instead="    said = [str(fault.orig).strip()]\n",
        tests=_R14,
    ),
    defence(
        "failed-commit-unsure",
        "提交中断不说没有留下改动",
        _DIALECTS,
        "                committing = writes\n",
        instead="",
        tests=(_R14, "unit/test_store_batch.py"),
    ),
    defence(
        "repeat-same-message",
        "重发的通知一字不差",
        "engine/notify.py",
        "    ordered = sorted(notices, key=lambda notice: (-notice.colour, notice.key))\n",
        instead="    ordered = notices\n",
        tests="unit/test_notify.py::TestMessages::test_a_repeat_is_the_same_message_in_whatever_order_it_is_handed_over",
    ),
    defence(
        "golden-threshold",
        "改了阈值，旧日志上的不同要写明",
        "rules/parameters.yaml",
        "values: [{from: 2025-01-01, value: 3, source: 长沙县“3次以上重复纠纷警情”统计口径}]",
        instead="values: [{from: 2025-01-01, value: 2, source: 长沙县“3次以上重复纠纷警情”统计口径}]",
        tests=_R7,
    ),
    defence(
        "golden-word",
        "改了判定，旧日志上的不同要写明",
        "engine/casework.py",
        "    return Standing(status, course.episode, colour, machine, yellow)\n",
        instead="    return Standing(status, course.episode, machine, machine, yellow)\n",
        tests=_R7,
    ),
)
