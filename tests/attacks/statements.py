"""Texts that want to be SQL, in every text that a command, a record or a source takes.

In: an office, how many texts, how many inputs each is tried in. Out: the row: nothing changes but what the same input with a harmless text
changes, and what is data is kept letter by letter. Not here: how statements are written (`syntax`).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle, islice, product
from pathlib import Path
from random import Random
from typing import Any

from adapters.sources.database import DatabaseSource
from engine.errors import SourceError
from engine.model import SourceSpec
from tests.attacks.measure import Outcome, in_chinese
from tests.console import ACTOR, OTHER, Console, Ran
from tests.places import ROWS

_SEED = 6
_NOW = ("--now", "2025-03-10T09:00:00")
_SECOND = {**ACTOR, "SANSE_SECOND_SECRET": OTHER}
_ENDS = ("'", '"', "';", '";', "')", "'));", "`", "\\'", "''", "%27", "＇", "1", "x'||'")
_DEEDS = ("DROP TABLE people", "DELETE FROM audit", "UPDATE matters SET standing = 0", "INSERT INTO people VALUES ('x','x','admin',0,1)",
          "ATTACH DATABASE 'stolen.db' AS s", "PRAGMA writable_schema = 1", "OR 1=1", "UNION SELECT secret FROM people",
          "AND 1=(SELECT count(*) FROM people)", "; SELECT pg_sleep(9)", "; COPY people TO '/tmp/x'", "|| (SELECT secret FROM people)",
          "; VACUUM INTO 'stolen.db'", "RETURNING *", "; BEGIN; DROP TABLE raws; COMMIT")  # fmt: skip
_TAILS = ("", " --", " /*", " #", "; --", " -- :cursor ? %s $1 {0}")
CLEAN = "平常的话"


def payloads(count: int) -> list[str]:
    """So many different texts, drawn over all kinds."""
    every = [f"{end} {deed}{tail}" for end, deed, tail in product(_ENDS, _DEEDS, _TAILS)]
    return Random(_SEED).sample(every, count)


@dataclass(frozen=True, slots=True)
class Input:
    """One text of a command: its arguments, the environment, and where the text is found afterwards when it is data."""

    name: str
    arguments: Callable[[str], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=lambda: ACTOR)
    kept: tuple[str, ...] = ()


_SHOWN = ("matters", "show", "police_110:A1", "--json")


def _matter(command: str, *rest: str) -> tuple[str, ...]:
    return ("matters", command, "police_110:A1", *rest, *_NOW)


INPUTS: Sequence[Input] = (
    Input("show", lambda text: ("matters", "show", "--", text)),
    Input("list --colour", lambda text: ("matters", "list", f"--colour={text}")),
    Input("explain", lambda text: ("explain", "--", text)),
    Input("explain --why-not", lambda text: ("explain", "police_110:A1", f"--why-not={text}")),
    Input("replay", lambda text: ("replay", "--", text)),
    Input("ingest SOURCE", lambda text: ("ingest", *_NOW, "--", text)),
    Input("ingest --source", lambda text: ("ingest", "--file", "export.csv", f"--source={text}", *_NOW)),
    Input("ingest --now", lambda text: ("ingest", "--file", "export.csv", "--source", "police_110", f"--now={text}")),
    Input("score --source", lambda text: ("score", "--file", "export.csv", f"--source={text}")),
    Input("actor", lambda _: _matter("act", "--kind", "联系"), {**ACTOR, "SANSE_ACTOR": "{}"}),
    Input("act --kind", lambda text: _matter("act", f"--kind={text}")),
    Input("act --level", lambda text: _matter("act", "--kind", "联系", f"--level={text}")),
    Input("act --at", lambda text: _matter("act", "--kind", "联系", f"--at={text}")),
    Input("act --evidence", lambda text: _matter("act", "--kind", "联系", f"--evidence={text}"), kept=_SHOWN),
    Input("override --reason", lambda text: _matter("override", "--to", "红", f"--reason={text}"), kept=_SHOWN),
    Input("override --to", lambda text: _matter("override", f"--to={text}", "--reason", "x")),
    Input("override --second", lambda text: _matter("override", "--to", "绿", "--reason", "x", f"--second={text}"), _SECOND),
    Input("close --means", lambda text: _matter("close", f"--means={text}", "--evidence=x")),
    Input("close", lambda text: _matter("close", "--means=调解", f"--evidence={text}")),
    Input("reopen", lambda text: _matter("reopen", f"--reason={text}")),
    Input("merge --reason", lambda text: _matter("merge", "police_110:B1", f"--reason={text}")),
    Input("merge", lambda text: ("matters", "merge", "--reason", "x", *_NOW, "--", "police_110:A1", text)),
    Input("split --reason", lambda text: _matter("split", "police_110:A2", f"--reason={text}")),
    Input("split", lambda text: ("matters", "split", "--reason", "x", *_NOW, "--", "police_110:A1", text)),
    Input("people add", lambda text: ("people", "add", *_NOW, "--", text), {**ACTOR, "SANSE_NEW_SECRET": "long enough secret"},
          ("people", "list", "--json")),
    Input("people add --role", lambda text: ("people", "add", "新人", f"--role={text}", *_NOW), {**ACTOR, "SANSE_NEW_SECRET": "x" * 20}),
    Input("dismiss --reason", lambda text: ("quarantine", "dismiss", "1", f"--reason={text}", *_NOW)),
    Input("dismiss --source", lambda text: ("quarantine", "dismiss", f"--source={text}", "--reason", "x", *_NOW)),
    Input("unmask --reason", lambda text: ("quarantine", "export", "--file", "out.xlsx", "--unmask", f"--reason={text}")),
)  # fmt: skip


def taken_in(office: Console) -> bytes:
    """The office with an export read: what every trial begins with."""
    (office.folder / "export.csv").write_text("\n".join(ROWS), encoding="utf-8")
    office.ok("ingest", "--file", "export.csv", "--source", "police_110", *_NOW)
    database = office.folder / "sanse.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.read_bytes()


def _restored(office: Console, data: bytes) -> Path:
    database = office.folder / "sanse.db"
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    database.write_bytes(data)
    return database


def snapshot(database: Path) -> dict[str, object]:
    """The schema, how many rows each table has, and which people there are."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        held: dict[str, object] = {"schema": sorted(map(str, connection.execute("SELECT * FROM sqlite_master")))}
        for table in tables:
            held[table] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
        held["secrets"] = sorted(
            map(str, connection.execute("SELECT name, secret, role FROM people WHERE name = '王主任'"))
        )
    return held


def _changes(office: Console, data: bytes, one: Input, text: str) -> tuple[Ran, dict[str, object], dict[str, object]]:
    """A command from the same beginning: its answer, what there was, what there is."""
    database = _restored(office, data)
    before = snapshot(database)
    environment = {name: value.replace("{}", text) for name, value in one.environment.items()}
    ran = office.run(*one.arguments(text), **environment)
    return ran, before, snapshot(database)


def commands(office: Console, texts: Sequence[str], texts_each: int) -> Outcome:
    """Every input with so many texts (0: with all), each text in its turn."""
    data = taken_in(office)
    turns, count, violations = cycle(texts), 0, []
    for one in INPUTS:
        clean = _changes(office, data, one, CLEAN)[2]
        for text in islice(turns, texts_each or len(texts)):
            count += 1
            violations += [f"{one.name} ← {text!r}: {fault}" for fault in _tried(office, data, one, text, clean)]
    violations += [f"{path.name} was written" for path in office.folder.rglob("stolen*")]
    return count, violations


def _tried(office: Console, data: bytes, one: Input, text: str, clean: Mapping[str, object]) -> Iterator[str]:
    ran, before, after = _changes(office, data, one, text)
    if after not in (before, clean):
        changed = [name for name in {*before, *after} if after.get(name) != clean.get(name)]
        yield f"changed {sorted(changed)}"
    if ran.code and not in_chinese(ran.err + ran.out):
        yield f"refused with {ran.code}, not in Chinese: {ran.err[:80]}"
    if not ran.code and one.kept and text.strip() not in _texts(office.ok(*one.kept).lines):
        yield "not kept letter by letter"


def _texts(held: Any) -> set[str]:
    """Every text in JSON data."""
    if isinstance(held, str):
        return {held, held.strip()}
    parts = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
    return {text for part in parts for text in _texts(part)}


_COLUMNS = ("接警单编号", "报警人", "报警电话", "证件号码", "警情地址", "警情类型", "警情类别", "管辖单位", "报警内容", "处警反馈", "涉及人数",
            "关联主接警单编号", "补充接警内容", "没人认识的列")  # fmt: skip


def records(office: Console, data: bytes, texts: Sequence[str], looked_at: int) -> Outcome:
    """Every text as every cell of a record, and some as headers; so many records are looked at afterwards.

    A number with the caller's name in it is refused, so one record has the text as its number, another as the name.
    """
    database = _restored(office, data)
    before = snapshot(database)
    headers = [*_COLUMNS, *texts[:20]]
    rows = [
        {"报警时间": f"2025-03-0{number % 9 + 1} 08:00:00", **dict.fromkeys(headers, text), **own}
        for number, text in enumerate(texts)
        for own in ({"接警单编号": f"N{number} {text}", "报警人": ""}, {"接警单编号": f"M{number}"})
    ]
    lines = [json.dumps(one, ensure_ascii=False) for one in rows]
    (office.folder / "attack.jsonl").write_text("\n".join(lines), encoding="utf-8")
    take = ("ingest", "--file", "attack.jsonl", "--source", "police_110", "--json", *_NOW)
    first, again = office.ok(*take).only, office.ok(*take).only
    after = snapshot(database)
    violations = [f"{name} changed" for name in ("schema", "people", "secrets", "rulebooks", "decisions", "set_asides")
                  if before[name] != after[name]]  # fmt: skip
    violations += [] if first["new"] + first["quarantined"] == len(rows) else [f"rows are lost: {first}"]
    violations += [] if again["new"] == again["updated"] == 0 else [f"read again they are others: {again}"]
    violations += [
        fault
        for number, text in islice(enumerate(texts), looked_at)
        for id_, kept in ((f"N{number} {text}", text), (f"M{number}", ""))
        for fault in _kept(office, id_, kept)
    ]
    sound = office.run("db", "verify", "--deep", "--json")
    return len(rows) * len(headers), violations + ([] if sound.code == 0 else [f"verify: {sound.out[:200]}"])


def _kept(office: Console, id_: str, text: str) -> list[str]:
    """Whether a record is found by its number, with a text; both are kept with full-width marks as plain ones."""
    id_, text = (unicodedata.normalize("NFKC", part).strip() for part in (id_, text))
    ran = office.run("matters", "show", "--json", "--", f"police_110:{id_}")
    if ran.code:
        return [f"record {id_!r} is not found: {ran.err[:60]}"]
    return (
        []
        if any(text in unicodedata.normalize("NFKC", held) for held in _texts(ran.lines))
        else [f"record {id_!r} lost its words"]
    )


def sources(folder: Path, texts: Sequence[str]) -> Outcome:
    """Every text as the cursor, the column and the query of a database that is a source: it stays as it was."""
    database = folder / "theirs.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE people (id TEXT, secret TEXT)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(f"k{n}", "s") for n in range(5)])
        connection.commit()
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    good = "SELECT id, secret FROM people WHERE id > :cursor ORDER BY id"
    violations = [
        fault
        for text in texts
        for cursor, options in (
            (text, {"query": good, "cursor_column": "id"}),
            ("", {"query": good, "cursor_column": text}),
            ("", {"query": good, "cursor_column": "id", "cursor_start": text}),
            ("", {"query": text.lstrip(" '\";)`\\").replace(":", "")}),
        )
        for fault in _source(
            SourceSpec("theirs", "sql", location=f"sqlite:///{database}", cursor=cursor, options=options)
        )
    ]
    if hashlib.sha256(database.read_bytes()).hexdigest() != before:
        violations.append("the source's database was changed")
    return 4 * len(texts), violations + [f"{path.name} was written" for path in folder.rglob("stolen*")]


def _source(spec: SourceSpec) -> Iterator[str]:
    try:
        rows = list(DatabaseSource(spec).read())
    except SourceError as fault:
        if not in_chinese(fault.what):
            yield f"told unclearly: {fault}"
        return
    if len(rows) > 5 or any(set(raw.values) - {"id", "secret"} for raw in rows):
        yield f"{json.dumps(dict(spec.options))}: read something else"


def row(office: Console, count: int, texts_each: int, piece: slice = slice(None)) -> Outcome:
    """Commands, records and sources; `texts_each`: how many texts each command is tried with (0: all those of `piece`)."""
    texts = payloads(count)[piece]
    tried, violations = commands(office, texts, texts_each)
    data = taken_in(office)
    looked_at = 10 * texts_each or len(texts)
    outcomes = [(tried, violations), records(office, data, texts, looked_at), sources(office.folder, texts)]
    return sum(one[0] for one in outcomes), [fault for one in outcomes for fault in one[1]]
