"""Defences of what is told to people: whether, whom, in which words, through which channel, and that it arrives.

In: nothing. Out: `TELLING`. Not here: what is decided before (`deciding`), which hosts may be reached (`doors`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_NOTIFY, _OUTBOX = "engine/notify.py", "engine/store/outbox.py"
_NOTICES, _UNIT = "acceptance/test_notices.py::test_", "unit/test_notify.py::"

TELLING = (
    defence(
        "notice-same-transaction",
        "通知与决定同在一个事务里",
        "engine/settlement.py",
        "        self._tx.write_notices(self._notices)\n",
        instead="",
        tests=f"{_NOTICES}a_matter_from_its_first_record_to_its_follow_up[sqlite]",
    ),
    defence(
        "notice-alarm",
        "读不懂但涉险的行也要通知",
        "engine/pipeline.py",
        "    tx.write_notices(_alarms(tx, rejected, known_at))\n",
        instead="",
        tests=f"{_NOTICES}a_dangerous_row_that_cannot_be_read_is_announced_once_like_red[sqlite]",
    ),
    defence(
        "notice-once",
        "写过的通知不被改写",
        _OUTBOX,
        "_WRITE_NOTICE = Insert(outbox, once=True)",
        instead='_WRITE_NOTICE = Insert(outbox, keys=("key",))',
        tests="unit/test_store_outbox.py::test_a_notice_comes_back_as_it_was_written_and_is_never_overwritten[sqlite]",
    ),
    defence(
        "notice-no-history",
        "历史来件不通知",
        _NOTIFY,
        "    if not state.code:\n        return None\n",
        instead="",
        tests=f"{_NOTICES}of_history_nothing_is_written[sqlite]",
    ),
    defence(
        "notice-words",
        "通知里只有编号、颜色、固定的词、时限和链接",
        _NOTIFY,
        "        code=notice.code,\n        event=event,\n        due=",
        instead="        code=notice.code + notice.matter,\n        event=event,\n        due=",
        tests=f"{_UNIT}TestMessages::test_the_words",
    ),
    defence(
        "quiet-hours",
        "免打扰时段不发黄色、绿色",
        _NOTIFY,
        "    if morning is not None:\n        return morning, QUIET\n",
        instead="",
        tests=f"{_UNIT}TestQuietHours::test_red_does_not_wait",
    ),
    defence(
        "quiet-not-red",
        "红色不等",
        _NOTIFY,
        '    if colour is Colour.RED:\n        return now, ""\n',
        instead="",
        tests=f"{_UNIT}TestQuietHours::test_red_does_not_wait",
    ),
    defence(
        "silence-not-red",
        "静默不住红色",
        _NOTIFY,
        "elif notice.colour is not Colour.RED and now.silenced:",
        instead="elif now.silenced:",
        tests=f"{_UNIT}TestWithheld",
    ),
    defence(
        "channel-cap",
        "每分钟不超过渠道的上限",
        _NOTIFY,
        "    if level >= _SIXTIETHS:\n",
        instead="    if True:\n",
        tests=f"{_UNIT}TestPace::test_in_no_minute_more_than_the_cap",
    ),
    defence(
        "message-size",
        "一条不超过渠道的字节数",
        _NOTIFY,
        "        if together and size + len(_title(policy).encode()) > most_bytes:\n            break\n",
        instead="",
        tests=f"{_UNIT}TestMessages::test_as_many_as_fit_and_red_without_others",
    ),
    defence(
        "delivery-fence",
        "租约过期的发送方改不了结果",
        _OUTBOX,
        'deliveries.c.fence == bindparam("held"), ',
        instead="",
        tests="unit/test_store_outbox.py::test_who_slept_through_the_lease_marks_nothing[sqlite]",
    ),
)
