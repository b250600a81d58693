"""A sealed cell opens only where and as it was sealed."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from engine.errors import StoreError
from engine.store.sealing import Keys, Sealer, fingerprint

KEYS = Keys(index=b"i" * 32, seal=b"s" * 32, chain=b"c" * 32)
CIPHERS = ("aes", "sm4")


@pytest.fixture(params=CIPHERS)
def sealer(request: pytest.FixtureRequest) -> Sealer:
    """One of each cipher."""
    return Sealer(replace(KEYS, cipher=request.param))


@pytest.mark.parametrize("plain", [b"", b"x", "报警人张三 13800000000".encode() * 100])
def test_what_was_sealed_opens(sealer: Sealer, plain: bytes) -> None:
    assert sealer.open("raw", "raw/sealed/1", sealer.seal("raw", "raw/sealed/1", plain)) == plain


def test_the_same_text_is_never_sealed_to_the_same_bytes(sealer: Sealer) -> None:
    assert len({sealer.seal("raw", "cell", b"text") for _ in range(100)}) == 100


def test_a_cell_does_not_open_elsewhere(sealer: Sealer) -> None:
    sealed = sealer.seal("raw", "raw/sealed/1", b"text")
    for kind, cell in (("raw", "raw/sealed/2"), ("incident", "raw/sealed/1"), ("raw", "bodies/sealed/1")):
        with pytest.raises(StoreError, match="无法打开"):
            sealer.open(kind, cell, sealed)


def test_every_flipped_bit_is_noticed(sealer: Sealer) -> None:
    sealed = sealer.seal("raw", "cell", b"a text of some length")
    for position in range(len(sealed) * 8):
        bent = bytearray(sealed)
        bent[position // 8] ^= 1 << position % 8
        with pytest.raises(StoreError):
            sealer.open("raw", "cell", bytes(bent))


def test_every_shortened_cell_is_noticed(sealer: Sealer) -> None:
    sealed = sealer.seal("raw", "cell", b"a text of some length")
    for length in range(len(sealed)):
        with pytest.raises(StoreError):
            sealer.open("raw", "cell", sealed[:length])


def test_two_thousand_swapped_cells_are_all_noticed(sealer: Sealer) -> None:
    draw = random.Random(5)
    sealed = [sealer.seal("raw", f"cell/{n}", f"text {n}".encode()) for n in range(500)]
    for _ in range(2_000):
        one, other = draw.sample(range(500), 2)
        with pytest.raises(StoreError):
            sealer.open("raw", f"cell/{one}", sealed[other])


def test_another_key_opens_nothing(sealer: Sealer) -> None:
    sealed = sealer.seal("raw", "cell", b"text")
    with pytest.raises(StoreError):
        Sealer(replace(KEYS, seal=b"t" * 32)).open("raw", "cell", sealed)


def test_keys_do_not_show_when_printed() -> None:
    assert "s" * 8 not in repr(KEYS)
    assert str(KEYS.seal) not in str(KEYS)


def test_a_fingerprint_changes_with_each_key() -> None:
    changed = [replace(KEYS, **{name: b"x" * 32}) for name in ("index", "seal", "chain")]
    assert len({fingerprint(keys) for keys in (KEYS, *changed)}) == 4
    assert fingerprint(KEYS) == fingerprint(replace(KEYS, cipher="sm4"))
