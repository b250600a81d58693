"""Notices by behaviour: written with the decision they tell of, or not at all; and nothing of a record is in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from engine import notify
from engine.calendar import Calendar
from engine.desk.acting import act, close, override
from engine.model import Colour, Incident, Message, Notice, RawRecord
from engine.pipeline import Stages
from engine.ruleset import loader
from engine.scheduler.matters import sweep
from engine.score import _scored
from engine.store import Batch
from engine.store.message_tables import deliveries, outbox
from engine.store.rows import MatterFilter
from tests.conftest import KEYS
from tests.installation import ZONE, Installation, shipped
from tests.store_samples import by_hand

pytest_plugins = ["tests.places"]

QUIET = "楼道堆放杂物影响通行，请协调处理"
SHOVED = "因停车位双方争吵推搡，没有受伤"
KNIFE = "有人拿着菜刀砍人，快来救命"
WORDS = "险情，立即交回110|新派单|升级|重新打开|改派|该回访了|来件有误，内容涉险"
LINE = re.compile(
    rf"【[红黄绿]】(SS\d{{4}}-\d{{6}}|Q\d+) ({WORDS})(，时限(\d\d-\d\d \d\d:\d\d(（暂定，以放假安排为准）)?|\d+个工作小时))?( https://board\.example/m/(SS\d{{4}}-\d{{6}}|Q\d+))?"
)


def notices(place: Installation) -> list[Notice]:
    with place.desk.store.read() as view:
        codes = [code for row in view.matters(MatterFilter(), limit=1000) for code in view.codes_of(row.state.id)]
        return view.notices_about(codes)


def told(place: Installation) -> list[tuple[str, str]]:
    return [(one.event, one.verdict) for one in notices(place)]


def code(place: Installation) -> str:
    with place.desk.store.read() as view:
        return view.matters(MatterFilter())[0].state.code


def test_a_matter_from_its_first_record_to_its_follow_up(place: Installation) -> None:
    place.ingest(place.call("A1", QUIET, minutes=5))
    place.later(hours=1)
    place.ingest(place.call("A2", QUIET + "，还没有人来", minutes=5, 关联主接警单编号="A1", 关联类型="2"))
    place.later(hours=1)
    place.ingest(place.call("A3", KNIFE, minutes=5, 关联主接警单编号="A1"))
    person = place.person()
    act(place.desk, person, code(place), kind="measure", level="township")
    place.later(days=1)
    close(place.desk, person, code(place), means="调解", evidence="1号")
    place.later(days=7)
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    events = told(place)
    assert events[0] == ("new", "")
    assert ("", "unchanged") in events
    assert ("handback", "") in events
    assert events[-2:] == [("", "closed"), ("follow_up", "")]
    raised = next(one for one in notices(place) if one.event == "handback")
    assert (raised.colour, raised.within) == (Colour.RED, timedelta(hours=1))


def test_every_record_that_is_for_110_is_told_once_however_red_its_matter_is(place: Installation) -> None:
    place.ingest(place.call("A1", KNIFE, minutes=5))
    place.later(minutes=10)
    place.ingest(place.call("A2", "又来了，" + KNIFE, minutes=5, 关联主接警单编号="A1"))
    place.later(minutes=10)
    place.ingest(place.call("A3", QUIET, minutes=5, 关联主接警单编号="A1"))
    place.later(days=8)
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    assert [event for event, verdict in told(place) if not verdict] == ["handback", "handback"]


def said(place: Installation) -> str:
    """The first line of the message that tells of everything."""
    policy = place.desk.stages.terms.messages
    return notify.message(notices(place), key="k", at=place.now, policy=policy, link="").text.splitlines()[1]


@pytest.mark.parametrize(
    ("at", "text", "due"),
    [
        ("2025-01-24T19:30:00", SHOVED, "01-24 23:30"),  # a Friday evening; the Sunday is worked
        ("2025-01-24T22:00:00", SHOVED, "01-26 02:00"),
        ("2025-01-24T22:00:00", QUIET, "01-26 22:00"),
        ("2025-01-27T22:00:00", SHOVED, "02-05 02:00"),  # the evening before the Spring Festival
        ("2025-01-30T10:00:00", SHOVED, "02-05 04:00"),
        ("2025-01-30T10:00:00", KNIFE, "01-30 11:00"),
        ("2026-04-30T22:00:00", SHOVED, "05-06 02:00"),
        ("2026-12-31T22:00:00", SHOVED, "01-01 02:00（暂定，以放假安排为准）"),
    ],
)
def test_who_is_told_before_a_holiday_is_told_the_moment_after_it(
    small_place: Installation, at: str, text: str, due: str
) -> None:
    place = small_place
    place.now = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    place.ingest(place.call("A1", text, minutes=5))
    assert said(place).endswith(f"{'险情，立即交回110' if text == KNIFE else '新派单'}，时限{due}")


def test_days_off_have_no_part_in_a_decision(small_place: Installation) -> None:
    """With the calendar and without, a record's decision is the same to the byte but for the digest of the rules."""
    rows = [small_place.call(f"A{n}", said, caller=n, hours=1) for n, said in enumerate((KNIFE, SHOVED, QUIET))]
    bare = loader.load({name: data for name, data in shipped().files.items() if name != "calendar.yaml"})
    assert "calendar" not in bare.documents
    records = []
    for rulebook in (shipped(), bare):
        made = Stages.of(rulebook, index_key=KEYS.index, engine="trace")
        raws = [RawRecord("police_110", "police_110", number, row) for number, row in enumerate(rows)]
        seen = [made.sight(one) for raw in raws if isinstance(one := made.normalise(raw, small_place.now), Incident)]
        scored = _scored(made, seen).values()
        records.append([one.decision.record.replace(rulebook.digest.encode(), b"") for one in scored])
    assert len(records[0]) == 3
    assert records[0] == records[1]


def test_rules_made_before_there_was_a_calendar_go_on(small_place: Installation) -> None:
    place = small_place
    bare = loader.load({name: data for name, data in shipped().files.items() if name != "calendar.yaml"})
    made = Stages.of(bare, index_key=KEYS.index, engine="trace")
    place.desk = replace(place.desk, rulebook=bare, _stages=[made])
    place.now = datetime(2025, 1, 24, 14, tzinfo=UTC)
    place.ingest(place.call("A1", SHOVED, minutes=5))
    assert said(place).endswith("新派单，时限01-27 02:00（暂定，以放假安排为准）")


def test_a_person_who_lowers_tells_nobody(place: Installation) -> None:
    place.ingest(place.call("A1", SHOVED, minutes=5))
    act(place.desk, place.person(), code(place), kind="agreement", level="village", evidence="协议")
    place.later(days=8)
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    place.later(minutes=1)
    override(place.desk, place.person(), code(place), to=Colour.GREEN, reason="已和好")
    assert (told(place)[-1], notices(place)[-1].colour) == (("", "lowered"), Colour.GREEN)


def test_of_history_nothing_is_written(place: Installation) -> None:
    place.ingest(place.call("A1", KNIFE, days=40))
    with place.desk.store.beside() as tx:
        assert tx.fresh_notices(10) == []


def test_a_decision_that_is_not_kept_is_not_told(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> int:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Batch, "append_audit", broken)
        with pytest.raises(RuntimeError):
            place.ingest(place.call("A1", KNIFE, minutes=5))
    with place.desk.store.beside() as tx:
        assert tx.fresh_notices(10) == []
    place.ingest(place.call("A1", KNIFE, minutes=5))
    assert told(place) == [("handback", "")]


def test_a_dangerous_row_that_cannot_be_read_is_announced_once_like_red(place: Installation) -> None:
    bad = place.call("A1", KNIFE, minutes=5) | {"报警时间": "昨天下午"}
    for _ in range(2):
        place.ingest(bad, place.call("B1", QUIET, minutes=5) | {"报警时间": "昨天下午"})
        place.later(hours=1)
    with place.desk.store.beside() as tx:
        (alarm,) = tx.fresh_notices(10)
    assert (alarm.event, alarm.colour, alarm.verdict) == (notify.QUARANTINE, Colour.RED, "")
    with place.desk.store.read() as view:
        (row,) = [row for row in view.quarantined() if row.colour is Colour.RED]
    assert alarm.code == f"Q{row.id}"


def test_a_rule_of_the_scheduler_and_a_word_of_notify_are_the_same() -> None:
    from engine import casework

    assert (notify.FOLLOW_UP, "open") == (casework.FOLLOW_UP, casework.OPEN)


NAMES = st.text(alphabet="赵钱孙李周吴郑王欧阳司马诸葛伟芳娜敏静丽强磊军洋", min_size=2, max_size=4)
PHONES = st.integers(10**9, 10**10 - 1).map(lambda n: f"1{n}")
CARDS = st.integers(10**16, 10**17 - 1).map(lambda n: f"43{n}"[:17] + "X")


@pytest.fixture(scope="module")
def crowd(shared_place: Installation) -> Installation:
    return shared_place


@settings(max_examples=15, deadline=None)
@given(people=st.lists(st.tuples(NAMES, PHONES, CARDS), min_size=1, max_size=4), turn=st.integers(0, 3))
def test_no_message_and_no_cell_holds_anything_of_a_person(
    crowd: Installation, people: list[tuple[str, str, str]], turn: int
) -> None:
    """Whatever people write, a message is made of codes, colours, fixed words, times and a link."""
    texts = (KNIFE, SHOVED, QUIET, "老板拖欠我三个月工资一直不给")
    rows: list[dict[str, Any]] = []
    for n, (name, phone, card) in enumerate(people):
        said = f"{name}（{phone}，{card}）报称：{texts[(n + turn) % len(texts)]}"
        row = crowd.call(f"X{phone}", said, place=f"云溪镇柳树村{n}组{name}家", minutes=5, 证件号码=card)
        row |= {"报警人": name, "报警电话": phone}
        rows.append(row | ({"报警时间": f"昨天，回电{phone}"} if (n + turn) % 3 == 0 else {}))
    crowd.ingest(*rows)
    with crowd.desk.store.beside() as tx:
        found = tx.fresh_notices(1000)
    policy = crowd.desk.stages.terms.messages
    shown = notify.message(found, key="k", at=crowd.now, policy=policy, link="https://board.example/m/{code}")
    contract(shown)
    with by_hand(crowd.url) as connection:
        cells = [
            str(cell)
            for table, skipped in ((outbox, "matter"), (deliveries, ""))
            for row in connection.execute(text(f"SELECT * FROM {table.name}")).mappings()
            for name, cell in row.items()
            if name != skipped
        ]
    stored = "\n".join(cells)
    for name, phone, card in people:
        assert not any(word in shown.text or word in stored for word in (name, phone, card))


def contract(shown: Message) -> None:
    """Every line of a message is made of nothing else."""
    head, *lines = shown.text.split("\n")
    assert head == "三色通知"
    for line in lines:
        assert LINE.fullmatch(line), line


def test_the_contract_refuses_a_line_with_anything_else() -> None:
    def one(**more: str) -> str:
        held = notify.alarm(1, "a", "b", datetime(2025, 3, 10, tzinfo=UTC))
        words = {
            "quarantine": more.get("event", "来件有误，内容涉险"),
            "line": "【{colour}】{code} {event}{due} {link}",
        }
        policy = notify.Policy(Calendar.of(None, "Asia/Shanghai"), colours={"red": "红"}, words=words)
        return notify.message([held], key="k", at=held.at, policy=policy, link=more.get("link", "")).lines[0].text

    assert LINE.fullmatch(one())
    assert not LINE.fullmatch(one(event="陈某某持刀"))
    assert not LINE.fullmatch(one(link="https://board.example/m/{code}?name=陈某某"))
