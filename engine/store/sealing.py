"""Sealing: authenticated encryption of single cells.

In: key material and plain bytes. Out: sealed bytes that open only in the same class, table, column and row.
Not here: where the key file lies (`engine.config`), which cells are sealed (the modules of rows), person digests (`engine.masking`).

A sealed cell is: cipher (1 byte), generation of the key (1 byte), nonce (12), text, tag (16). Each class of data has its own key,
derived from the sealing key by HKDF-SHA-256. Nonces are random: a class may seal 2**32 cells before its key must change.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
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
_GENERATION = 1
_HEAD_BYTES = 2


@dataclass(frozen=True, slots=True)
class Keys:
    """Three independent keys of 32 bytes: person digests, sealed cells, audit chain; the cipher of new cells, and which sealing key of this installation it is."""

    index: bytes = field(repr=False)
    seal: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    cipher: Literal["aes", "sm4"] = "aes"
    generation: int = 1


def fingerprint(keys: Keys) -> str:
    """Tells whether two installations have the same keys, and nothing else about them."""
    macs = [hmac.digest(key, b"sanse/fingerprint", "sha256") for key in (keys.index, keys.seal, keys.chain)]
    return hashlib.sha256(b"".join(macs)).hexdigest()


class Sealer:
    """Seals and opens cells with the keys of one installation."""

    def __init__(self, keys: Keys) -> None:
        self._master = keys.seal
        self._head = bytes((_CIPHERS[keys.cipher], _GENERATION))
        self._aes: dict[str, AESGCM] = {}
        self._sm4: dict[str, bytes] = {}

    def seal(self, kind: str, cell: str, plain: bytes) -> bytes:
        """`plain` sealed for one cell; `kind` is the class of data, `cell` names table, column and row."""
        nonce = os.urandom(_NONCE_BYTES)
        bound = self._head + cell.encode()
        if self._head[0] == _AES:
            return self._head + nonce + self._aes_of(kind).encrypt(nonce, plain, bound)
        encryptor = Cipher(algorithms.SM4(self._sm4_of(kind)), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        text = encryptor.update(plain) + encryptor.finalize()
        return self._head + nonce + text + encryptor.tag

    def open(self, kind: str, cell: str, sealed: bytes) -> bytes:
        """What was sealed; raises StoreError when the cell was changed, moved, or sealed with another key."""
        head, nonce, text = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:14], sealed[14:]
        try:
            if head == bytes((_AES, _GENERATION)):
                return self._aes_of(kind).decrypt(nonce, text, head + cell.encode())
            if head == bytes((_SM4, _GENERATION)) and len(text) >= _TAG_BYTES:
                return self._open_sm4(kind, head + cell.encode(), nonce, text)
        except (InvalidTag, ValueError) as fault:
            raise _unopenable(cell) from fault
        raise _unopenable(cell)

    def _open_sm4(self, kind: str, bound: bytes, nonce: bytes, text: bytes) -> bytes:
        cipher = Cipher(algorithms.SM4(self._sm4_of(kind)), modes.GCM(nonce, text[-_TAG_BYTES:]))
        decryptor = cipher.decryptor()
        decryptor.authenticate_additional_data(bound)
        return decryptor.update(text[:-_TAG_BYTES]) + decryptor.finalize()

    def _aes_of(self, kind: str) -> AESGCM:
        held = self._aes.get(kind)
        if held is None:
            held = self._aes[kind] = AESGCM(self._derived(kind, _AES))
        return held

    def _sm4_of(self, kind: str) -> bytes:
        held = self._sm4.get(kind)
        if held is None:
            held = self._sm4[kind] = self._derived(kind, _SM4)
        return held

    def _derived(self, kind: str, cipher: int) -> bytes:
        info = f"sanse/seal/{_GENERATION}/{cipher}/{kind}".encode()
        return HKDF(SHA256(), length=_KEY_BYTES[cipher], salt=None, info=info).derive(self._master)


def _unopenable(cell: str) -> StoreError:
    return StoreError(
        "加密内容无法打开：内容被改动、被调换位置，或密钥不对",
        where=cell,
        hint="核对密钥文件；密钥无误时运行 sanse db verify，并从备份恢复",
    )
