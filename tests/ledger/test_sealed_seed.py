# SPDX-License-Identifier: Apache-2.0
"""Sealed seeds: the bytes are those of the standards, and the default cost is no small one."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from helm_logic.errors import KeyFileError
from helm_logic.ledger.sealed_seed import Cost, SealedSeed, seal

SEED = hashlib.sha256(b"a seed").digest()
CHEAP = Cost(1, 8192)


@given(st.binary(max_size=40), st.integers(1, 3), st.integers(8, 64))
def test_another_implementation_opens_it(passphrase: bytes, passes: int, kib: int) -> None:
    """Argon2id of `cryptography` (one lane), then a SecretBox: the same key, the same seed."""
    sealed = seal(SEED, passphrase, Cost(passes, kib << 10))
    kdf = Argon2id(salt=sealed.salt, length=32, iterations=passes, lanes=1, memory_cost=kib)

    assert SecretBox(kdf.derive(passphrase)).decrypt(sealed.box) == SEED
    assert SealedSeed.parse(*sealed.lines()) == sealed
    assert sealed.open(passphrase) == SEED
    assert sealed.open(passphrase + b"x") is None


def test_a_box_too_short_for_a_nonce_opens_for_nobody() -> None:
    """It is as wrong as a wrong passphrase, and no error of its own."""
    assert SealedSeed(CHEAP, bytes(16), b"short").open(b"") is None


def test_a_guess_costs_a_quarter_of_a_gibibyte() -> None:
    """The default is libsodium's `moderate`; no cost is below its least or above 1 GiB."""
    assert Cost() == Cost(3, 256 << 20)
    for passes, memory in ((0, 8192), (17, 8192), (1, 7168), (1, 8193), (1, (1 << 30) + 1024)):
        with pytest.raises(ValueError, match="argon2id"):
            Cost(passes, memory)
    with pytest.raises(ValueError, match="want 16"):
        SealedSeed(CHEAP, bytes(15), b"")


def test_without_the_memory_it_is_not_the_passphrase_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host with too little of it says so, instead of refusing the right passphrase."""
    sealed = seal(SEED, b"secret", CHEAP)

    def fail(*_: object, **__: object) -> bytes:
        raise CryptoError("no memory")

    monkeypatch.setattr(argon2id, "kdf", fail)
    with pytest.raises(KeyFileError, match="was not tried"):
        sealed.open(b"secret")
