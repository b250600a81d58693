"""Windows worked out by hand from chapter 2 of the language page: for the reader in Python and the reader by columns.

In: nothing. Out: cases, each a definition, the records around the subject `this`, and the number that the page gives. Not here: the readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.features.subjects import Member
from engine.model import Action, Cause
from tests.feature_samples import DAY, NOW, action, member

COUNT: Mapping[str, Any] = {"count": "incidents", "same": "matter", "within": "30d"}
ACTED: Mapping[str, Any] = {"count": "actions", "same": "matter"}
ITSELF = member()


@dataclass(frozen=True, slots=True)
class Case:
    """`this` is the subject unless `around` holds another one by that id; `ids`: what made the value, if the page tells."""

    title: str
    definition: Mapping[str, Any]
    value: int
    around: Sequence[Member] = ()
    actions: Sequence[Action] = ()
    this: Member = ITSELF
    ids: tuple[str, ...] | None = None


def window(**more: Any) -> dict[str, Any]:
    """`COUNT` with other keys."""
    return {**COUNT, **more}


def distinct(of: str, **more: Any) -> dict[str, Any]:
    """Different values in 30 days of the matter."""
    return {"count_distinct": of, "same": "matter", "within": "30d", **more}


def closed(id_: str, before: float, **more: Any) -> Member:
    """A record closed so many seconds before NOW, made long ago."""
    return member(id_, 300 * DAY, closed_at=NOW - timedelta(seconds=before), **more)


def _shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


_LEAP = [member("leap", at=_shanghai("2024-02-29T12:00:00")), member("before", at=_shanghai("2024-02-28T12:00:00"))]
_SAME = {"matter": "x", "person": "p", "hotspot": "h", "place": "石桥村", "phone": "f"}
_OTHERS = {
    "matter": {"matter": "x"},
    "caller": {"person": "p", "matter": "b"},
    "hotspot": {"hotspot": "h", "matter": "b"},
    "place": {"place": "石桥村", "matter": "b"},
    "phone": {"phone": "f", "matter": "b"},
    "pair": {"person": "p", "matter": "x"},
}
_PEOPLE = [
    member("a", 1, person="p1"),
    member("b", 2, person="p2"),
    member("c", 3, person="p1"),
    member("d", 4),
    member("e", 5),
]

CASES: tuple[Case, ...] = (
    Case("a record alone counts itself", COUNT, 1, ids=("this",)),
    Case("but not where it is left out", window(including_this=False), 0),
    Case("thirty days ago is in", COUNT, 2, [member("a", 30 * DAY)], ids=("a", "this")),
    Case("a second earlier is out", COUNT, 1, [member("a", 30 * DAY + 1)]),
    Case("the same second is in", window(within="0s"), 2, [member("a", 0)]),
    Case("a second later is out", COUNT, 1, [member("a", -1)]),
    Case("of no length a second earlier is out", window(within="0s"), 1, [member("a", 1)]),
    Case("a leap day is a day", window(within="1d"), 2, _LEAP),
    Case("and two days reach over it", window(within="2d"), 3, _LEAP),
    Case(
        "a window of a year's end",
        window(within="24h"),
        2,
        [member("a", at=_shanghai("2024-12-31T00:30:00")), member("b", at=_shanghai("2024-12-31T00:29:59"))],
        this=member("this", at=_shanghai("2025-01-01T00:30:00")),
    ),
    Case("the longest window holds 366 days", window(within="366d"), 2, [member("a", 366 * DAY)]),
    Case("records that do not count are not counted", COUNT, 1, [member("a", 5, counts=False)]),
    Case("not even as this", COUNT, 1, [member("a", 5)], this=member("this", counts=False), ids=("a",)),
    Case("nor alone", COUNT, 0, this=member("this", counts=False)),
    Case("this is left out, the others stay", window(including_this=False), 1, [member("a", 5)], ids=("a",)),
    *(
        Case(f"the same {same}", window(same=same), 2, [member("a", 5, **shared), member("b", 5, matter="b")],
             this=member("this", **_SAME), ids=("a", "this"))
        for same, shared in _OTHERS.items()
    ),
    *(
        Case(f"without a {same} there is only itself", window(same=same), 1, [member("a", 5, matter="b"), member("b", 9)],
             ids=("this",))
        for same in ("caller", "place", "hotspot", "phone", "pair")
    ),
    Case("a pair needs person and matter", window(same="pair"), 1,
         [member("a", 5, person="p", matter="b"), member("b", 5, person="q", matter="x"), member("c", 5, matter="x")],
         this=member("this", person="p", matter="x")),
    Case("a line of where", window(where={"kind": "petition"}), 1, [member("a", 5, kind="petition")], ids=("a",)),
    Case("a line of several values", window(where={"kind": ["petition", "police_110"]}), 2,
         [member("a", 5, kind="petition"), member("b", 5, kind="walk_in")], ids=("a", "this")),
    Case("every line must hold", window(where={"kind": "petition", "cause": "repeat"}), 1,
         [member("a", 5, kind="petition"), member("b", 5, kind="petition", cause=Cause.REPEAT), member("c", 5, cause=Cause.REPEAT)],
         ids=("b",)),
    Case("an area", window(where={"area": ["a", "b"]}), 1, [member("a", 5, area="b"), member("b", 5, area="c")], ids=("a",)),
    Case("a topic that is null is none of those named", window(where={"topic": "noise"}), 1,
         [member("a", 5, topic="noise"), member("b", 5)], ids=("a",)),
    Case("a dispute is one that is listed, or unknown", window(where={"topic_is": "dispute"}), 3,
         [member("a", 5, topic="neighbours"), member("b", 5), member("c", 5, topic="noise")], ids=("a", "b", "this")),
    Case("a base fact", window(where={"words.knife": True}), 1, [member("a", 5, marks=frozenset({"words.knife"})), member("b", 5)]),
    Case("a base fact that is not true", window(where={"words.knife": False}), 2,
         [member("a", 5, marks=frozenset({"words.knife"})), member("b", 5)]),
    Case("closed in the window", window(by="closed_at"), 2, [closed("a", 0), closed("b", 30 * DAY), closed("c", 30 * DAY + 1)],
         ids=("a", "b")),
    Case("not closed, or closed later, is not", window(by="closed_at"), 0, [member("a", 5), closed("b", -1)]),
    Case("the subject is never among the closed", window(by="closed_at"), 0, this=member("this", closed_at=NOW)),
    Case("different kinds", distinct("kind"), 2, [member("a", 5, kind="petition"), member("b", 6, kind="petition")]),
    Case("different people, and all without a name are one", distinct("person"), 3, _PEOPLE),
    Case("of the others alone", distinct("person", including_this=False), 2, _PEOPLE[:3], ids=("a", "b", "c")),
    Case("what has no topic is left out", distinct("topic"), 2,
         [member("a", 5, topic="noise"), member("b", 5, topic="wages"), member("c", 5)], ids=("a", "b")),
    Case("what has no place is left out", distinct("place"), 1, [member("a", 5, place="石桥村"), member("b", 6, place="石桥村")]),
    Case("different matters of one place", distinct("matter", same="place"), 3,
         [member("a", 5, place="石桥村", matter="x"), member("b", 5, place="石桥村", matter="y")],
         this=member("this", place="石桥村")),
    Case("different numbers of one phone", distinct("identity", same="phone"), 2,
         [member("a", 5, phone="f", id_number="n1"), member("b", 5, phone="f", id_number="n2"), member("c", 5, phone="f")],
         this=member("this", phone="f")),
    Case("different people among the closed", distinct("person", by="closed_at"), 2,
         [closed("a", 5, person="p"), closed("b", 6, person="p"), closed("c", 7)]),
    Case("no actions", ACTED, 0),
    Case("actions before this second", ACTED, 2,
         actions=[action(before=1, id="x"), action(before=9 * DAY, id="y"), action(id="now"), action(before=-1, id="z")], ids=("x", "y")),
    Case("actions within", {**ACTED, "within": "7d"}, 1, actions=[action(before=7 * DAY, id="x"), action(before=7 * DAY + 1)]),
    Case("an action names any record of its matter", ACTED, 1, [member("a", 90 * DAY), member("b", 5, matter="other")],
         actions=[action(before=1, matter="a", id="x"), action(before=1, matter="b", id="y"), action(before=1, matter="nobody", id="z")]),
    Case("an action of a record that does not count is done all the same", ACTED, 1, [member("a", 5, counts=False)],
         actions=[action(before=1, matter="a")]),
    Case("actions of a kind and a level", {**ACTED, "where": {"action": "close", "level": ["village", "township"]}}, 1,
         actions=[action("close", 1, level="village"), action("close", 1), action("returned", 1, level="village")]),
)  # fmt: skip
