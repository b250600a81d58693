"""Whatever is done to a chain without its key is noticed."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.store.chain import Anchor, Entry, Head, anchor_seal, examine, head_seal, mac_of

KEY = b"k" * 32


def chain(length: int, key: bytes = KEY) -> list[Entry]:
    entries, previous = [], b""
    for seq in range(1, length + 1):
        bare = Entry(seq, 1_700_000_000 + seq, "张三", "ingest", b'{"n":%d}' % seq, b"")
        previous = mac_of(key, bare, previous)
        entries.append(replace(bare, mac=previous))
    return entries


def head_of(entries: list[Entry]) -> Head:
    last = entries[-1]
    return Head(last.seq, last.mac, head_seal(KEY, last.seq, last.mac))


def sound(entries: list[Entry], head: Head, *anchors: Anchor) -> bool:
    return examine(KEY, entries, head=head, anchors=anchors).sound


def flipped(body: bytes, bit: int) -> bytes:
    bent = bytearray(body)
    bent[bit // 8 % len(body)] ^= 1 << bit % 8
    return bytes(bent)


@pytest.mark.parametrize("length", [1, 2, 50])
def test_an_untouched_chain_is_sound(length: int) -> None:
    entries = chain(length)
    assert sound(entries, head_of(entries))


def test_an_empty_chain_is_sound() -> None:
    assert sound([], Head(0, b"", b""))


def test_every_byte_of_a_thousand_entries_counts() -> None:
    """Each byte of payload and mac of each entry, one bit of it turned."""
    entries = chain(1_000)
    head = head_of(entries)
    draw = random.Random(1)
    for position in range(0, 1_000, 10):
        entry = entries[position]
        window = entries[max(0, position - 1) : position + 2]
        before = window[0].mac if position else b""
        for name in ("payload", "mac"):
            body: bytes = getattr(entry, name)
            for byte in range(len(body)):
                bent = replace(entry, **{name: flipped(body, byte * 8 + draw.randrange(8))})
                assert mac_of(KEY, bent, before) != bent.mac
    for _ in range(60):
        position, bit = draw.randrange(1_000), draw.randrange(64)
        bent = replace(entries[position], payload=flipped(entries[position].payload, bit))
        assert not sound([*entries[:position], bent, *entries[position + 1 :]], head)


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 60), st.data())
def test_deleted_swapped_cut_and_repeated_entries(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    head = head_of(entries)
    at = data.draw(st.integers(0, length - 1))
    other = data.draw(st.integers(0, length - 1).filter(lambda n: n != at))
    renumber = data.draw(st.booleans())
    swapped = list(entries)
    swapped[at], swapped[other] = replace(entries[other], seq=at + 1), replace(entries[at], seq=other + 1)
    damaged = [
        entries[:at] + entries[at + 1 :],
        entries[:at],
        swapped,
        entries[: at + 1] + [replace(entry, seq=entry.seq + 1) for entry in entries[at:]],
    ]
    for broken in damaged:
        rows = [replace(entry, seq=n) for n, entry in enumerate(broken, 1)] if renumber else broken
        assert not sound(rows, head)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_a_chain_written_anew_without_the_key(length: int, first: int, forge: bool) -> None:
    entries = chain(length)
    first = min(first, length)
    other = chain(length, b"guessed")
    previous = entries[first - 2].mac if first > 1 else b""
    anew = entries[: first - 1]
    for entry in other[first - 1 :]:
        previous = mac_of(b"guessed", replace(entry, what="other"), previous)
        anew.append(replace(entry, what="other", mac=previous))
    head = Head(length, anew[-1].mac, head_seal(b"guessed", length, anew[-1].mac)) if forge else head_of(entries)
    assert not sound(anew, head)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.integers(1, 40))
def test_a_database_put_back_to_an_older_state_shows_by_an_anchor_kept_elsewhere(length: int, kept: int) -> None:
    entries = chain(length)
    kept = min(kept, length - 1)
    anchor = Anchor(length, 5, entries[-1].mac, anchor_seal(KEY, length, at=5, mac=entries[-1].mac))
    older = entries[:kept]
    assert sound(older, head_of(older)), "without the anchor nobody can tell"
    assert not sound(older, head_of(older), anchor)
