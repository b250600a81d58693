"""R12: fifty ways in which a row can be poison, and a file in which one row of a hundred is.

In: an installation and a size. Out: `Poisoned`: who came in, and what became of the poison. Not here: damaged files (`files`).
A poisonous row is either quarantined with a reason or is a record after all (a shortened text, an unknown phone); it never stops another.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.model import Colour
from engine.pipeline import Tally
from engine.store import Store
from tests.installation import Installation

_NUL, _LONG = "\x00", "漏" * 40_000
_ID, _TIME, _TEXT, _PHONE, _NAME = "接警单编号", "报警时间", "报警内容", "报警电话", "报警人"
HEADERS = (_ID, _TIME, _NAME, _PHONE, "警情地址", "警情类型", "报警内容", "涉及金额", "是否持械", "关联主接警单编号")

REFUSED: Sequence[Mapping[str, str]] = (
    *({_TIME: time} for time in ("", "昨天", "2999-01-01 00:00:00", "2025-02-30 08:00:00", "2025-13-01", "0000-00-00")),
    *(
        {_TIME: time}
        for time in ("1066-10-14 08:00:00", "NaN", "-1", "99999999999999999999", "二〇二五年某月", "25:61")
    ),
    *({_TIME: time} for time in ("=NOW()", "NULL", "{}", "<time>", "08:00", "2025", "１２：００", "#VALUE!")),
    *({_ID: id_} for id_ in ("", "   ", "　", "1.23E+20", "号" * 500, "\t")),
)
"""Rows that can be no record."""
TAKEN: Sequence[Mapping[str, str]] = (
    *(
        {_TEXT: text}
        for text in (_LONG, "", "'; DROP TABLE versions; --", "=cmd|' /C calc'!A0", "\u202e\u200f倒着写", "🔪" * 50)
    ),
    *(
        {_TEXT: text}
        for text in ("\\x00\\n%s%n{0}${jndi}", "<script>alert(1)</script>", "{{7*7}}", "(a+)+$" * 200, "\ufeff\ufffe")
    ),
    *({_PHONE: phone} for phone in ("1380000", "１３８００００００９９", "+86 138-0000-0098", "电话不详", "9" * 300)),
    *({_NAME: name} for name in ("张" * 300, "=HYPERLINK(1)", "匿名", "Ａ１")),
    *({"涉及金额": amount} for amount in ("一百亿亿元", "-5", "1e999", "五十万元")),
)
"""Rows that look like poison and are records nevertheless."""
WAYS = (*REFUSED, *TAKEN)
_CALLERS = 5_000
VILLAGES = (
    "柳塘村",
    "石桥村",
    "双井村",
    "枫林村",
    "竹山村",
    "荷叶塘村",
    "长坡村",
    "麻田村",
    "油铺村",
    "白果村",
    "塘边村",
    "上湾村",
)


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A file with poison beside the same file without."""

    rows: int
    ways: int
    tally: Tally
    missing: tuple[str, ...]
    otherwise: tuple[str, ...]
    unaccounted: tuple[str, ...]


def poisoned(clean: Installation, dirty: Installation, rows: int) -> Poisoned:
    """Take `rows` rows into two installations, into one of them with a poisonous row after every hundred."""
    honest = [_row(clean, number) for number in range(rows)]
    bad = [
        {**_row(clean, rows + n, f"云溪镇九里村{n}组{n}号", _CALLERS + n), _ID: f"POISON{n}", **WAYS[n % len(WAYS)]}
        for n in range(max(rows // 100, len(WAYS)))
    ]
    step = max(1, rows // len(bad))
    mixed = list(honest)
    for n, row in enumerate(bad):
        mixed.insert(min(len(mixed), n * (step + 1)), row)
    clean.read(_file(clean.folder / "clean.csv", honest))
    tally = dirty.read(_file(dirty.folder / "dirty.csv", mixed))
    ids = [f"police_110:{row[_ID]}" for row in honest]
    expected, found = _colours(clean.desk.store, ids), _colours(dirty.desk.store, ids)
    return Poisoned(
        len(mixed),
        len({str(WAYS[n % len(WAYS)]) for n in range(len(bad))}),
        tally,
        tuple(id_ for id_ in ids if id_ not in found),
        tuple(id_ for id_ in ids if id_ in found and found[id_] != expected[id_]),
        tuple(_unaccounted(dirty, bad)),
    )


def _unaccounted(place: Installation, bad: Sequence[Mapping[str, str]]) -> list[str]:
    """Poisonous rows that are neither a record nor in quarantine."""
    with place.desk.store.read() as view:
        kept = view.known([f"police_110:{row[_ID]}" for row in bad])
        held = view.quarantined(limit=10 * len(bad))
    waiting = {(row.values.get(_TIME), row.values.get(_TEXT)) for row in held}
    return [
        row[_ID]
        for row in bad
        if f"police_110:{row[_ID].strip()}" not in kept and (row[_TIME], row[_TEXT]) not in waiting
    ]


def _colours(store: Store, ids: Sequence[str]) -> dict[str, Colour]:
    with store.read() as view:
        return {id_: seen[-1] for id_, seen in ((id_, _colour(v)) for id_, v in view.record_views(ids).items())}


def _colour(view: tuple[object, ...]) -> list[Colour]:
    return [part for part in view if isinstance(part, Colour)]


def _row(place: Installation, number: int, where: str = "", caller: int | None = None) -> dict[str, str]:
    """An honest row of a township; poison has places and callers of its own, so that what is a record after all is nobody's neighbour."""
    texts = ("楼上漏水把天花板泡坏了，双方为赔偿争吵不休", "村口的路灯坏了没有人来修理", "有人拿着菜刀砍人，快来救命")
    who = number % _CALLERS if caller is None else caller
    home = where or f"云溪镇{VILLAGES[who % len(VILLAGES)]}{who % 40}组{who}号"
    text = f"{texts[number % 3]}，第{number}件"
    made = place.call(f"A{number}", text, caller=who, place=home, hours=1 + number % 4_000)
    return {header: str(made.get(header, "")) for header in HEADERS}


def _file(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        writer.writerows(rows)
    return path
