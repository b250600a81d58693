"""R7: what a release made of a frozen log is what this one makes of it, or each difference is listed with its reason.

In: the folders of `fixtures/golden`, one for each release: `log.jsonl` (what came in and what people did, never changed), `pinned.jsonl` (a line for each
record, matter and quarantined row), `differences.jsonl` (what is otherwise now, and why). Out: violations in words.
Not here: that one release comes to the same in any order (R6), that decisions are made again to the byte (`replay`).

    python -m tests.promises.golden                      list what is otherwise now, keep the reasons that were given    (make golden)
    python -m tests.promises.golden because 改了什么      the same, and give this reason to everything that has none yet   (make golden BECAUSE=…)
    python -m tests.promises.golden pin                  pin what is now; no difference is left                          (make golden PIN=1)
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from engine.desk import acting
from engine.errors import UsageError
from engine.model import Colour, RawRecord
from engine.pipeline import ingest_batch
from engine.scheduler.matters import sweep
from engine.store import Reading, tables, upgrade
from tests.installation import Installation

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "golden"
_LOG, _PINNED, _DIFFERENCES = "log.jsonl", "pinned.jsonl", "differences.jsonl"
Line = Mapping[str, Any]
Found = Mapping[str, Mapping[str, Any]]
"""What stands in the end: `record X`, `matter X`, `quarantined X` -> its fields, and `action N` that was refused."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one subject that is otherwise than pinned; a subject that came or went is the field `there`."""

    of: str
    what: str
    pinned: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.of}: {self.what} was {self.pinned}, is {self.now}"


def releases() -> list[Path]:
    """The folders, one for each release."""
    return sorted(folder for folder in GOLDEN.iterdir() if (folder / _LOG).is_file())


def violations(folder: Path) -> list[str]:
    """What is otherwise and not listed, or listed and not so, or listed without a reason."""
    now = {_named(one): one for one in differences(folder)}
    listed = {_named(_difference(line)): line for line in _lines(folder / _DIFFERENCES)}
    return [
        *(f"not listed: {one}" for name, one in now.items() if name not in listed),
        *(f"listed, but not so: {_difference(line)}" for name, line in listed.items() if name not in now),
        *(f"listed without a reason: {_difference(line)}" for line in listed.values() if not line["because"].strip()),
    ]


def differences(folder: Path) -> list[Difference]:
    """Everything that is otherwise than pinned."""
    pinned, now = _by_subject(_lines(folder / _PINNED)), replayed(_lines(folder / _LOG))
    return [one for of in sorted({*pinned, *now}) for one in _compared(of, pinned.get(of), now.get(of))]


def _compared(of: str, pinned: Line | None, now: Line | None) -> Iterator[Difference]:
    if pinned is None or now is None:
        yield Difference(of, "there", pinned is not None, now is not None)
        return
    for what in sorted({*pinned, *now}):
        if pinned.get(what) != now.get(what):
            yield Difference(of, what, pinned.get(what), now.get(what))


def replayed(log: Sequence[Line]) -> Found:
    """The log lived through under the shipped rules: at each of its times rows come in, people act, and what is due is looked at again."""
    with tempfile.TemporaryDirectory(prefix="sanse-golden-") as name:
        url = f"sqlite:///{name}/sanse.db"
        upgrade(url)
        place = Installation(Path(name), url)
        try:
            refused: dict[str, Line] = {}
            for at, lines in groupby(enumerate(log, start=1), lambda numbered: numbered[1]["at"]):
                place.now = datetime.fromisoformat(at)
                refused |= lived(place, list(lines))
            with place.desk.store.read() as view:
                return dict(sorted([*_records(view), *_matters(view), *_quarantined(view), *refused.items()]))
        finally:
            place.close()


def lived(place: Installation, lines: Sequence[tuple[int, Line]]) -> dict[str, Line]:
    """One time of the log; what somebody did then and may not do now: `action N`, the line of the log -> why."""
    refused: dict[str, Line] = {}
    raws = [RawRecord(line["kind"], line["kind"], number, line["row"]) for number, line in lines if "row" in line]
    if raws:
        ingest_batch(raws, store=place.desk.store, stages=place.desk.stages, known_at=place.now)
    for number, line in lines:
        if "act" in line:
            try:
                _acted(place, line)
            except UsageError as fault:
                refused[f"action {number}"] = {"act": line["act"], "refused": fault.what}
    sweep(place.desk.store, place.desk.stages, place.desk.clock)
    return refused


def _acted(place: Installation, line: Line) -> None:
    """One thing that somebody did, as `engine.desk.acting` has it."""
    options = {name: value for name, value in line.items() if name not in ("at", "act", "by", "of")}
    if "to" in options:
        options["to"] = Colour.named(options["to"])
    if "second" in options:
        options["second"] = place.person(options["second"], "lead")
    getattr(acting, line["act"])(place.desk, place.person(line["by"]), *line["of"], **options)


def _records(view: Reading) -> Iterator[tuple[str, Line]]:
    decided = _decided(view)
    for row in view._connection.execute(select(tables.sightings)):
        yield (
            f"record {row.id}",
            {
                **decided[row.id],
                "cause": row.cause,
                "counts": bool(row.counts),
                "matter": row.matter,
                "hotspot": row.hotspot,
                "person": row.person,
            },
        )


def _matters(view: Reading) -> Iterator[tuple[str, Line]]:
    rules: dict[str, set[str]] = {}
    for row in view._connection.execute(
        select(tables.sightings.c.matter, tables.hits.c.rule).join(
            tables.hits, tables.hits.c.incident == tables.sightings.c.id
        )
    ):
        rules.setdefault(row.matter, set()).add(row.rule)
    for row in view._connection.execute(select(tables.matters)):
        yield (
            f"matter {row.id}",
            {
                "standing": Colour(row.standing).word,
                "machine": Colour(row.machine).word,
                "status": row.status,
                "episode": row.episode,
                "records": row.records,
                "route": row.route,
                "code": row.code,
                "rules": sorted(rules.get(row.id, ())),
            },
        )


def _quarantined(view: Reading) -> Iterator[tuple[str, Line]]:
    for row in view._connection.execute(select(tables.quarantine)):
        yield f"quarantined {row.kind} {row.row}", {"code": row.code, "colour": row.colour, "times": row.times}


def _decided(view: Reading) -> Found:
    """What was last decided of each record, by its id."""
    v, a = tables.verdicts.c, tables.assessments.c
    newest = select(v.subject, a.record).join(tables.assessments, v.seq == a.seq)
    found = {row.subject: orjson.loads(row.record) for row in view._connection.execute(newest)}
    shown = ("colour", "reasons", "flags")
    return {subject: {name: record[name] for name in shown} for subject, record in found.items()}


def pinned(folder: Path) -> int:
    """How many lines are pinned."""
    return len(_lines(folder / _PINNED))


def pin(folder: Path) -> int:
    """Pin what is now; how many lines."""
    now = replayed(_lines(folder / _LOG))
    _write(folder / _PINNED, ({"of": of, **fields} for of, fields in now.items()))
    _write(folder / _DIFFERENCES, ())
    return len(now)


def note(folder: Path, because: str = "") -> tuple[int, int]:
    """List what is otherwise now, with the reasons given before, or this one; how many there are, and how many without a reason."""
    reasons = {_named(_difference(line)): line["because"] for line in _lines(folder / _DIFFERENCES)}
    listed = [
        {
            "of": one.of,
            "what": one.what,
            "pinned": one.pinned,
            "now": one.now,
            "because": reasons.get(_named(one)) or because,
        }
        for one in differences(folder)
    ]
    _write(folder / _DIFFERENCES, listed)
    return len(listed), sum(not line["because"] for line in listed)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def _write(path: Path, lines: Iterable[Line]) -> None:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))


def _by_subject(lines: Iterable[Mapping[str, Any]]) -> Found:
    return {line["of"]: {name: value for name, value in line.items() if name != "of"} for line in lines}


def _difference(line: Line) -> Difference:
    return Difference(line["of"], line["what"], line["pinned"], line["now"])


def _named(one: Difference) -> bytes:
    return orjson.dumps([one.of, one.what, one.pinned, one.now])


def main(does: str = "", because: str = "") -> int:
    """Note or pin every release; 1 while a reason is missing."""
    missing = 0
    for folder in releases():
        if does == "pin":
            print(f"{folder.name}：钉住 {pin(folder)} 行")
            continue
        found, without = note(folder, because)
        missing += without
        print(f"{folder.name}：{found} 处不同，{without} 处没写原因（{folder / _DIFFERENCES}）")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
