"""The audit log: one entry for each transaction, appended last; nothing here can be changed or taken back.

In: who did what, and a payload without personal data. Out: entries, anchors, and what an examination finds.
Not here: what a mac covers (`chain`), who may act (`people`). Triggers of the database forbid UPDATE and DELETE.

An entry also holds the footprint of its transaction: which rows of the growing tables it wrote, and a digest over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from engine.model import canonical
from engine.store import cells, chain
from engine.store.dialects import Insert, Query
from engine.store.rows import AuditRow
from engine.store.sealing import REASONS
from engine.store.session import Session
from engine.store.tables import anchors, audit, audit_head

_HEAD = Query(select(audit_head.c.seq, audit_head.c.mac, audit_head.c.seal).where(audit_head.c.id == 1))
_HEAD_LOCKED = Query(
    select(audit_head.c.seq, audit_head.c.mac, audit_head.c.seal).where(audit_head.c.id == 1).with_for_update()
)
_SHOWN = Query(select(audit).where(audit.c.seq > bindparam("after")).order_by(audit.c.seq).limit(bindparam("size")))
_ANCHORS = Query(select(anchors.c.seq, anchors.c.at, anchors.c.mac, anchors.c.seal).order_by(anchors.c.n))

_WRITE = Insert(audit)
_WRITE_HEAD = Insert(audit_head, keys=("id",))
_WRITE_ANCHOR = Insert(anchors, "seq", "at", "mac", "seal")

PERSON = "person"
"""What the entry of a registered person, or of a new secret, is called."""
_OF_KIND = Query(select(audit).where(audit.c.what == bindparam("what")).order_by(audit.c.seq.desc()))


class Audit(Session):
    """Appending to and reading the audit log."""

    def append_audit(
        self, actor: str, what: str, payload: Mapping[str, object], at: datetime, *, reason: str = ""
    ) -> int:
        """The one entry of this transaction, after everything else; its sequence number. `reason` is what a person wrote: it is sealed."""
        wrote = self._wrote()
        seq, previous, _ = self._rows(_HEAD_LOCKED)[0]
        told = {**payload, "wrote": wrote} if wrote else dict(payload)
        if reason:
            told[_REASON] = self._sealer.seal(REASONS, _cell(seq + 1), reason.encode()).hex()
        body = canonical(told)
        bare = chain.Entry(seq + 1, cells.seconds(at), actor, what, body, b"")
        mac = chain.mac_of(self._keys.chain, bare, bytes(previous))
        self._each(_WRITE, [(bare.seq, bare.at, actor, what, body, mac)])
        self._each(_WRITE_HEAD, [(1, bare.seq, mac, chain.head_seal(self._keys.chain, bare.seq, mac))])
        return bare.seq

    def write_anchor(self, at: datetime) -> chain.Anchor:
        """Anchor the head as it stands; keep the returned line somewhere else, too."""
        seq, mac, _ = self._rows(_HEAD_LOCKED)[0]
        when = cells.seconds(at)
        seal = chain.anchor_seal(self._keys.chain, seq, at=when, mac=bytes(mac))
        self._each(_WRITE_ANCHOR, [(seq, when, bytes(mac), seal)])
        return chain.Anchor(seq, when, bytes(mac), seal)

    def audit_head(self) -> tuple[int, bytes]:
        """Number and mac of the newest entry; (0, nothing) before the first."""
        seq, mac, _ = self._rows(_HEAD)[0]
        return int(seq), bytes(mac)

    def anchors(self) -> list[chain.Anchor]:
        """The anchors kept in the database."""
        return [chain.Anchor(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in self._rows(_ANCHORS)]

    def audit_rows(self, after: int = 0, limit: int = 1000) -> list[AuditRow]:
        """Entries after a sequence number."""
        return [
            AuditRow(row.seq, cells.moment(row.at), row.actor, row.what, self._told(row), bytes(row.mac))
            for row in self._rows(_SHOWN, after=after, size=limit)
        ]

    def _told(self, row: Any) -> dict[str, Any]:
        """The payload of an entry with its reason opened."""
        told: dict[str, Any] = orjson.loads(row.payload)
        if _REASON in told:
            told[_REASON] = self._sealer.open_reason(_cell(row.seq), bytes.fromhex(told[_REASON])).decode()
        return told

    def reset_by(self, name: str) -> str:
        """Who gave a known person another secret, when nothing was entered about that person since; "" for anybody who set it alone."""
        for row in self._rows(_OF_KIND, what=PERSON):
            told = orjson.loads(row.payload)
            if told.get("name") == name:
                return str(row.actor) if told.get("reset") and row.actor != name else ""
        return ""

    def examine_audit(self, elsewhere: Sequence[chain.Anchor] = ()) -> chain.Examination:
        """Walk the whole chain; `elsewhere`: anchors that were kept outside this database."""
        head = next((chain.Head(row[0], bytes(row[1]), bytes(row[2])) for row in self._rows(_HEAD)), _NO_HEAD)
        known = [*self.anchors(), *elsewhere]
        return chain.examine(self._keys.chain, self._entries(), head=head, anchors=known)

    def _entries(self) -> Iterator[chain.Entry]:
        statement = select(audit).order_by(audit.c.seq).execution_options(stream_results=True)
        rows: Iterable[Any] = self._connection.execute(statement)
        for seq, at, actor, what, payload, mac in rows:
            yield chain.Entry(seq, at, actor, what, bytes(payload), bytes(mac))


_REASON = "reason"


def _cell(seq: int) -> str:
    return f"audit/reason/{seq}"


_NO_HEAD = chain.Head(0, b"", b"missing")
