"""The audit chain: what a mac covers, and what an examination of a chain can tell.

In: entries in order, the head, anchors, the chain key. Out: findings, each naming what was done to which entries. Pure.
Not here: where entries are kept (`audit`).

Entry n's mac is HMAC-SHA-256 over its fields and the mac of entry n-1. The head (sequence and mac of the last entry) and anchors are
sealed by the same key, so a cut tail shows, too; an anchor kept elsewhere shows even a database put back to an older state.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from engine.model import canonical


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored entry as it stands, true or not."""

    seq: int
    at: int
    actor: str
    what: str
    payload: bytes
    mac: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """A sealed statement that entry `seq` had this mac; kept in the database and, better, elsewhere."""

    seq: int
    at: int
    mac: bytes
    seal: bytes

    @property
    def line(self) -> str:
        """One line of text for a file on another volume, a printed page, a second person's copy."""
        return f"sanse-anchor {self.seq} {self.at} {self.mac.hex()} {self.seal.hex()}"

    @classmethod
    def of(cls, line: str) -> Anchor:
        """The anchor of its line; raises ValueError for anything else."""
        word, seq, at, mac, seal = line.split()
        if word != "sanse-anchor":
            raise ValueError(line)
        return cls(int(seq), int(at), bytes.fromhex(mac), bytes.fromhex(seal))


class Tampering(str, Enum):
    """What was done to a chain."""

    CHANGED = "changed"
    MISSING = "missing"
    CUT = "cut"
    APPENDED = "appended"
    REWRITTEN = "rewritten"
    HEAD = "head"


_SAID: Mapping[Tampering, str] = {
    Tampering.CHANGED: "记录被改动",
    Tampering.MISSING: "中间的记录缺失",
    Tampering.CUT: "末尾的记录被截去",
    Tampering.APPENDED: "末尾有手工添加的记录",
    Tampering.REWRITTEN: "记录链被重写",
    Tampering.HEAD: "链头标记被伪造或倒退",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was done to the entries `first` to `last`."""

    kind: Tampering
    first: int
    last: int

    def __str__(self) -> str:
        span = f"第{self.first}条" if self.first == self.last else f"第{self.first}至{self.last}条"
        return f"{_SAID[self.kind]}：{span}"


def mac_of(key: bytes, entry: Entry, previous: bytes, *, seq: int | None = None) -> bytes:
    """The mac that an entry must have after `previous`."""
    fields = canonical([entry.seq if seq is None else seq, entry.at, entry.actor, entry.what])
    return hmac.digest(key, b"\n".join((b"entry", previous, fields, entry.payload)), "sha256")


def head_seal(key: bytes, seq: int, mac: bytes) -> bytes:
    """The seal of the head."""
    return hmac.digest(key, b"head %d\n%b" % (seq, mac), "sha256")


def anchor_seal(key: bytes, seq: int, *, at: int, mac: bytes) -> bytes:
    """The seal of an anchor."""
    return hmac.digest(key, b"anchor %d %d\n%b" % (seq, at, mac), "sha256")


@dataclass(frozen=True, slots=True)
class Head:
    """The head as it stands in the database."""

    seq: int
    mac: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Examination:
    """How many entries there are and what is wrong with them; nothing wrong: `sound`."""

    entries: int
    anchors: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether every entry is where and as it was written."""
        return not self.findings


def examine(key: bytes, entries: Iterable[Entry], *, head: Head, anchors: Sequence[Anchor] = ()) -> Examination:
    """Walk a chain from its first entry; memory does not grow with its length."""
    trusted = [a for a in anchors if hmac.compare_digest(anchor_seal(key, a.seq, at=a.at, mac=a.mac), a.seal)]
    return _Walk(key, head, trusted).over(entries)


@dataclass(slots=True)
class _Walk:
    key: bytes
    head: Head
    anchors: Sequence[Anchor]
    findings: list[Finding] = field(default_factory=list)
    count: int = 0
    last: int = 0
    previous: bytes = b""
    run: tuple[int, int] | None = None
    shifted: bool = False
    at_anchor: dict[int, bytes] = field(default_factory=dict)
    at_head: bytes = b""

    def over(self, entries: Iterable[Entry]) -> Examination:
        wanted = {anchor.seq for anchor in self.anchors}
        for entry in entries:
            self._step(entry)
            if entry.seq in wanted:
                self.at_anchor[entry.seq] = entry.mac
            if entry.seq == self.head.seq:
                self.at_head = entry.mac
        self._close_run(at_end=True)
        self._ends()
        return Examination(self.count, len(self.anchors), tuple(sorted(self.findings, key=lambda f: (f.first, f.kind))))

    def _step(self, entry: Entry) -> None:
        self.count += 1
        gap = entry.seq > self.last + 1
        if gap:
            self._close_run(at_end=False)
            self.findings.append(Finding(Tampering.MISSING, self.last + 1, entry.seq - 1))
        elif hmac.compare_digest(mac_of(self.key, entry, self.previous), entry.mac):
            self._close_run(at_end=False)
        else:
            self._extend_run(entry)
        self.last, self.previous = entry.seq, entry.mac

    def _extend_run(self, entry: Entry) -> None:
        first = entry.seq if self.run is None else self.run[0]
        if entry.seq == first + 1:
            self.shifted = self._renumbered(entry)
        self.run = (first, entry.seq)

    def _renumbered(self, entry: Entry) -> bool:
        """Whether the entry is true under a later number: then entries before it were taken out and the rest renumbered."""
        most = min(self.head.seq - entry.seq, _MOST_RENUMBERED)
        return any(
            hmac.compare_digest(mac_of(self.key, entry, self.previous, seq=entry.seq + lost), entry.mac)
            for lost in range(1, most + 1)
        )

    def _close_run(self, *, at_end: bool) -> None:
        if self.run is None:
            return
        first, last = self.run
        self.findings.append(Finding(self._kind_of_run(first, last, at_end=at_end), first, last))
        self.run, self.shifted = None, False

    def _kind_of_run(self, first: int, last: int, *, at_end: bool) -> Tampering:
        if self.shifted:
            return Tampering.MISSING
        if not at_end:
            return Tampering.CHANGED
        vouched = self._vouched()
        if first > vouched and (self._head_true() or first == last or 0 < vouched == first - 1):
            return Tampering.APPENDED
        return Tampering.REWRITTEN if last > first and not self._head_stands() else Tampering.CHANGED

    def _vouched(self) -> int:
        """The highest entry that a true head or anchor vouches for."""
        true_head = [self.head.seq] if self._head_true() else []
        return max([*true_head, *(anchor.seq for anchor in self.anchors)], default=0)

    def _head_true(self) -> bool:
        if not self.head.seq:
            return not self.head.seal
        return hmac.compare_digest(head_seal(self.key, self.head.seq, self.head.mac), self.head.seal)

    def _head_stands(self) -> bool:
        return self._head_true() and self.at_head == self.head.mac

    def _ends(self) -> None:
        """What head and anchors say of a chain whose entries hold together."""
        vouched = self._vouched()
        if self.last < vouched and not any(f.kind is Tampering.MISSING and f.last >= self.last for f in self.findings):
            self.findings.append(Finding(Tampering.CUT, self.last + 1, vouched))
        appended = any(f.kind is Tampering.APPENDED for f in self.findings)
        if not self._head_true() or (self.head.seq < self.last and not appended):
            self.findings.append(Finding(Tampering.HEAD, self.head.seq, self.head.seq))
        broken = [a.seq for a in self.anchors if a.seq in self.at_anchor and self.at_anchor[a.seq] != a.mac]
        if broken and not any(f.kind is Tampering.REWRITTEN for f in self.findings):
            self.findings.append(Finding(Tampering.REWRITTEN, min(broken), self.last))


_MOST_RENUMBERED = 10_000
