"""Sealing: authenticated encryption of single cells.

In: key material and plain bytes. Out: sealed bytes that open only in the same class, table, column and row.
Not here: where the key file lies (`engine.config`), which cells are sealed (the modules of rows), person digests (`engine.masking`).

A sealed cell is: cipher (1 byte), generation of the key (1 byte), nonce (12), text, tag (16). Each class of data has its own key,
derived from the sealing key by HKDF-SHA-256. Nonces are random: a class may seal 2**32 cells before its key must change.

While keys are rotated, cells of the former generation open, too; afterwards only reasons in the audit log do, for its entries are never
changed: of a former sealing key nothing is kept but the key of that class, and their chain vouches for them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field, replace
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import StoreError

_AES, _SM4 = 1, 2
_CIPHERS = {"aes": _AES, "sm4": _SM4}
_KEY_BYTES = {_AES: 32, _SM4: 16}
_NONCE_BYTES, _TAG_BYTES = 12, 16
_HEAD_BYTES = 2
_TEXT = _HEAD_BYTES + _NONCE_BYTES
LAST_GENERATION = 255
"""The generation of a key is one byte of every cell."""
REASONS = "casework"
"""The class of reasons in the audit log."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Three independent keys of 32 bytes: person digests, sealed cells, audit chain; the cipher of new cells, and which sealing key of this installation it is."""

    index: bytes = field(repr=False)
    seal: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    cipher: Literal["aes", "sm4"] = "aes"
    generation: int = 1
    former: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)
    reasons: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)


def fingerprint(keys: Keys) -> str:
    """Tells whether two installations have the same keys, and nothing else about them."""
    macs = [hmac.digest(key, b"sanse/fingerprint", "sha256") for key in (keys.index, keys.seal, keys.chain)]
    return hashlib.sha256(b"".join(macs)).hexdigest()


def fingerprints(keys: Keys) -> frozenset[str]:
    """Those of an installation whose keys are these, or whose rotation to these has not begun to be written down."""
    return frozenset({fingerprint(keys), *(fingerprint(replace(keys, seal=seal)) for _, seal in keys.former)})


def reasons_key(seal: bytes, generation: int) -> bytes:
    """All that is kept of a former sealing key: what opens reasons in the audit log, of either cipher."""
    return b"".join(_derived(seal, generation, cipher, REASONS) for cipher in (_AES, _SM4))


class Sealer:
    """Seals with the newest key of an installation, and opens cells of every key that it still has."""

    def __init__(self, keys: Keys) -> None:
        self.generation = keys.generation
        self._masters = {**dict(keys.former), keys.generation: keys.seal}
        self._reasons = dict(keys.reasons)
        self._head = bytes((_CIPHERS[keys.cipher], keys.generation))
        self._aes: dict[tuple[int, str], AESGCM] = {}
        self._sm4: dict[tuple[int, str], bytes] = {}

    def seal(self, kind: str, cell: str, plain: bytes) -> bytes:
        """`plain` sealed for one cell; `kind` is the class of data, `cell` names table, column and row."""
        nonce = os.urandom(_NONCE_BYTES)
        bound = self._head + cell.encode()
        if self._head[0] == _AES:
            return self._head + nonce + self._aes_of(self.generation, kind).encrypt(nonce, plain, bound)
        encryptor = Cipher(algorithms.SM4(self._sm4_of(self.generation, kind)), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        text = encryptor.update(plain) + encryptor.finalize()
        return self._head + nonce + text + encryptor.tag

    def open(self, kind: str, cell: str, sealed: bytes) -> bytes:
        """What was sealed; raises StoreError when the cell was changed, moved, or sealed with another key."""
        if len(sealed) < _HEAD_BYTES or sealed[1] not in self._masters:
            raise _unopenable(cell)
        generation = sealed[1]
        if sealed[0] == _AES:
            return _open_aes(self._aes_of(generation, kind), cell, sealed)
        if sealed[0] == _SM4:
            return _open_sm4(self._sm4_of(generation, kind), cell, sealed)
        raise _unopenable(cell)

    def open_reason(self, cell: str, sealed: bytes) -> bytes:
        """A reason in the audit log, of any generation; raises StoreError."""
        held = self._reasons.get(sealed[1]) if len(sealed) >= _HEAD_BYTES else None
        if held is None:
            return self.open(REASONS, cell, sealed)
        if sealed[0] == _AES:
            return _open_aes(AESGCM(held[: _KEY_BYTES[_AES]]), cell, sealed)
        return _open_sm4(held[_KEY_BYTES[_AES] :], cell, sealed)

    def _aes_of(self, generation: int, kind: str) -> AESGCM:
        held = self._aes.get((generation, kind))
        if held is None:
            held = self._aes[generation, kind] = AESGCM(_derived(self._masters[generation], generation, _AES, kind))
        return held

    def _sm4_of(self, generation: int, kind: str) -> bytes:
        held = self._sm4.get((generation, kind))
        if held is None:
            held = self._sm4[generation, kind] = _derived(self._masters[generation], generation, _SM4, kind)
        return held


def _open_aes(key: AESGCM, cell: str, sealed: bytes) -> bytes:
    head, nonce, text = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:_TEXT], sealed[_TEXT:]
    try:
        return key.decrypt(nonce, text, head + cell.encode())
    except (InvalidTag, ValueError) as fault:
        raise _unopenable(cell) from fault


def _open_sm4(key: bytes, cell: str, sealed: bytes) -> bytes:
    head, nonce, text = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:_TEXT], sealed[_TEXT:]
    if len(text) < _TAG_BYTES:
        raise _unopenable(cell)
    try:
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, text[-_TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(head + cell.encode())
        return decryptor.update(text[:-_TAG_BYTES]) + decryptor.finalize()
    except (InvalidTag, ValueError) as fault:
        raise _unopenable(cell) from fault


def _derived(master: bytes, generation: int, cipher: int, kind: str) -> bytes:
    info = f"sanse/seal/{generation}/{cipher}/{kind}".encode()
    return HKDF(SHA256(), length=_KEY_BYTES[cipher], salt=None, info=info).derive(master)


def _unopenable(cell: str) -> StoreError:
    return StoreError(
        "加密内容无法打开：内容被改动、被调换位置，或密钥不对",
        where=cell,
        hint="核对密钥文件；密钥无误时运行 sanse db verify，并从备份恢复",
    )
