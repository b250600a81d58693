"""Verify: examine a whole database and name what should not be.

In: an open view. Out: a `Verification`: counts, the examination of the audit chain, findings in Chinese.
Not here: curing anything; replaying decisions (`engine.desk`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Select, Table, func, or_, select, true
from sqlalchemy.exc import DBAPIError

from engine.errors import StoreError
from engine.model import digest
from engine.store.batch import Reading
from engine.store.chain import Anchor, Examination
from engine.store.resealing import SEALED, SealedColumn
from engine.store.session import Footprint
from engine.store.tables import (
    assessments,
    audit,
    blobs,
    blocks,
    bodies,
    matter_codes,
    matters,
    metadata,
    raws,
    rulebook_files,
    rulebooks,
    sightings,
    tombstones,
    verdicts,
    versions,
)

_PAGE = 5_000
_MOST_NAMED = 20
_UNREADABLE = (DBAPIError, LookupError, TypeError, ValueError)
"""What reading damaged pages comes to: the driver refuses, or hands out cells as nobody ever wrote them."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What an examination found; `counts`: rows of the tables that can be read; `findings`: what should not be, in words."""

    counts: dict[str, int]
    audit: Examination
    findings: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether everything is as it was written."""
        return self.audit.sound and not self.findings


@contextmanager
def _as_far_as_read(findings: list[str], what: str, *, damaged: bool) -> Iterator[None]:
    """A part of the examination; where pages of the file are damaged it ends with a finding where it cannot be read on."""
    try:
        yield
    except _UNREADABLE as fault:
        if not damaged:
            raise
        findings.append(f"{what}读不下去（{type(fault).__name__}）")


class Verifier(Reading):
    """Examines one consistent view."""

    def verify(self, anchors: Sequence[Anchor] = (), *, deep: bool = False) -> Verification:
        """Everything; `deep` also opens every sealed cell and digests every decision and version against the audit log."""
        findings = [f"数据库自检：{fault}" for fault in self._vendor.faults(self._connection)]
        reading = partial(_as_far_as_read, findings, damaged=bool(findings))
        counts, examined = {}, Examination(0, 0, ())
        for table in metadata.sorted_tables:
            with reading(f"{table.name} 的行数"):
                counts[table.name] = self._scalar(select(func.count()).select_from(table))
        for said, strays in _STRAYS:
            with reading(f"“{said}”"):
                findings += self._strays(said, strays)
        with reading("规则集"):
            findings += self._false_rulebooks()
        with reading("审计链"):
            examined = self.examine_audit(anchors)
        if deep:
            with reading("研判和版本的摘要"):
                findings += self._false_footprints()
            for sealed in SEALED:
                with reading(f"{sealed.table.name} 的加密内容"):
                    findings += self._unopenable(sealed)
        return Verification(counts, examined, tuple(findings))

    def _strays(self, said: str, strays: Select[Any]) -> Iterator[str]:
        """Rows that belong to nothing, or of which there must be exactly one."""
        names = [str(row[0]) for row in self._connection.execute(strays.limit(_MOST_NAMED))]
        if names:
            yield f"{said}：{'、'.join(names)}"

    def _false_rulebooks(self) -> Iterator[str]:
        for name, body in self._connection.execute(select(blobs)):
            if hashlib.sha256(body).hexdigest() != name:
                yield f"规则文件内容与摘要不符：{name}"
        for held, _ in self.rulebooks():
            rows = self._connection.execute(
                select(rulebook_files.c.name, rulebook_files.c.blob).where(rulebook_files.c.rulebook == held)
            )
            if digest({row[0]: row[1] for row in rows}) != held:
                yield f"规则集的文件与摘要不符：{held}"

    def _false_footprints(self) -> Iterator[str]:
        """Rows of growing tables whose digest is not the one in the audit log; rows that no entry names."""
        named = dict.fromkeys(_PRINTED, 0)
        for seq, payload in self._stream(select(audit.c.seq, audit.c.payload).order_by(audit.c.seq)):
            for name, claimed in orjson.loads(payload).get("wrote", {}).items():
                found = Footprint()
                for first, last in claimed["rows"]:
                    named[name] += last - first + 1
                    for number, *parts in self._connection.execute(_PRINTED[name](first, last)):
                        found.add(number, *(part.encode() if isinstance(part, str) else bytes(part) for part in parts))
                if found.shown() != claimed:
                    yield f"审计第{seq}条写入的 {name} 已不是原样"
        for name, number in named.items():
            held = self._scalar(select(func.count()).select_from(metadata.tables[name]))
            if held != number:
                yield f"{name} 有 {held} 行，审计记录写入 {number} 行"

    def _unopenable(self, sealed: SealedColumn) -> Iterator[str]:
        """Sealed cells of a table that do not open."""
        stone = select(tombstones.c.purge).where(tombstones.c.aim == sealed.aim, tombstones.c.row == sealed.key)
        may_be_blank = true() if sealed.optional else stone.exists()
        wanted = or_(func.length(sealed.column) > 0, ~may_be_blank)
        for held, *named in self._stream(select(sealed.column, *sealed.named).where(wanted)):
            cell = sealed.cell(*named)
            if held is None or not self._opens(sealed.kind, cell, bytes(held)):
                yield f"加密内容无法打开：{cell}"

    def _opens(self, kind: str, cell: str, sealed: bytes) -> bool:
        try:
            self._sealer.open(kind, cell, sealed)
        except StoreError:
            return False
        return True

    def _stream(self, statement: Select[Any]) -> Iterator[Any]:
        """Rows a page at a time, while other statements run."""
        result = self._connection.execute(statement.execution_options(stream_results=True))
        for page in result.partitions(_PAGE):
            yield from page

    def _scalar(self, statement: Select[Any]) -> int:
        return int(self._connection.execute(statement).scalar_one())


def _printed_assessments(first: int, last: int) -> Select[Any]:
    a = assessments.c
    return select(a.seq, a.subject, a.record).where(a.seq.between(first, last)).order_by(a.seq)


def _printed_versions(first: int, last: int) -> Select[Any]:
    v = versions.c
    return select(v.n, v.incident, v.version, v.raw).where(v.n.between(first, last)).order_by(v.n)


_PRINTED = {"assessments": _printed_assessments, "versions": _printed_versions}


def _without(column: Any, other: Table, key: Any) -> Select[Any]:
    """Values of a column that have no row in another table."""
    return select(column).where(~select(other.c[key.name]).where(key == column).exists()).order_by(column)


_current = (
    select(versions.c.incident)
    .group_by(versions.c.incident)
    .having(func.sum(versions.c.current) != 1)
    .order_by(versions.c.incident)
)
_STRAYS: tuple[tuple[str, Select[Any]], ...] = (
    ("当前版本不是恰好一个的记录", _current),
    ("没有正文的版本", _without(versions.c.n, bodies, bodies.c.version)),
    ("没有原始行的版本", _without(versions.c.n, raws, raws.c.version)),
    ("没有来件的记录", _without(sightings.c.id, versions, versions.c.incident)),
    ("没有归入任何记录的来件", _without(versions.c.incident, sightings, sightings.c.id)),
    ("没有状态的事项", _without(sightings.c.matter, matters, matters.c.id)),
    ("没有记录的事项", _without(matters.c.id, sightings, sightings.c.matter)),
    ("没有记录的编号", _without(matter_codes.c.incident, sightings, sightings.c.id)),
    ("没有记录的索引", _without(blocks.c.record, sightings, sightings.c.n)),
    ("没有研判记录的结论", _without(verdicts.c.seq, assessments, assessments.c.seq)),
    ("没有规则集的研判", _without(assessments.c.rulebook, rulebooks, rulebooks.c.digest)),
)
