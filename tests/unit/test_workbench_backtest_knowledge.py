"""Knowledge: what a back-test says of fields that history does not know."""

from __future__ import annotations

import orjson
import pyarrow as pa

from engine.rescore import workspace
from engine.workbench.backtest.knowledge import Knowledge, asked_anew
from tests.property.rulebook_changes import base, loaded

DAY = 86_400
START = 1_740_787_200
"""1 March 2025."""


def test_only_facts_of_rules_that_are_new_or_otherwise_are_asked_for() -> None:
    book = base()
    book["rules"][2]["let"]["n"]["at_least"] = 2
    book["rules"][3]["status"] = "retired"
    assert [fact.name for fact in asked_anew(loaded(base()), loaded(book))] == ["record.heads"]
    book["rules"][3] = {**base()["rules"][3], "colour": "yellow"}
    names = [fact.name for fact in asked_anew(loaded(base()), loaded(book))]
    assert names == ["record.heads", "home.any", "matter.homes_180d", "words.home"], "a window's lines are asked too"


def told(
    *rows: tuple[int, dict[str, object], list[str]], kind: str = "petition", acted: int | None = None
) -> list[str]:
    """What is said of rows: day, values, absent facts."""
    book = loaded(base())
    facts = [book.features[name] for name in ("record.heads", "matter.failed")]
    with workspace() as space:
        number = list(range(1, len(rows) + 1))
        at = [START + day * DAY for day, _, _ in rows]
        given = pa.table({"n": number, "kind": [kind] * len(rows), "at": at})
        space.connection.register("arriving", given)
        space.connection.execute("CREATE TABLE history AS SELECT * FROM arriving")
        space.connection.execute("CREATE TABLE actions (done_at BIGINT)")
        if acted is not None:
            space.connection.execute("INSERT INTO actions VALUES (?)", [START + acted * DAY])
        known = Knowledge(space, facts)
        bodies = pa.array([orjson.dumps({"v": values, "a": absent}) for _, values, absent in rows], pa.binary())
        known.note(pa.table({"n": number, "body": pa.chunked_array([bodies])}))
        return list(known.told({"petition": "信访件"}, "Asia/Shanghai"))


HEADS, ACTED = "“人数”", "办理动作"


def test_a_field_that_a_source_lacks_or_never_fills() -> None:
    assert told((0, {}, ["record.heads"]), acted=0) == [f"来源没有{HEADS}这一栏，读到它的规则在这里不起作用（信访件）"]
    assert told((0, {"record.heads": None}, []), acted=0) == [f"{HEADS}从来没有值，按未知算（信访件）"]


def test_a_field_that_began_late_or_is_often_unknown() -> None:
    late = told((0, {"record.heads": None}, []), (40, {"record.heads": 3}, []), acted=1)
    assert late == [f"{HEADS}从2025-04-10起才有，以前的按未知算：回测看不到它那时会怎样（信访件）"]
    often = told((0, {"record.heads": 2}, []), (1, {"record.heads": None}, []), acted=1)
    assert often == [f"{HEADS}有50%未知（信访件）"]
    assert told((0, {"record.heads": 0}, []), acted=1) == []


def test_actions_that_were_not_written_down_yet() -> None:
    (never,) = told((0, {"record.heads": 2}, []))
    (late,) = told((0, {"record.heads": 2}, []), (90, {"record.heads": 2}, []), acted=60)
    assert (ACTED in never, ACTED in late, "2025-04-30" in late) == (True, True, True)
