# SPDX-License-Identifier: Apache-2.0
"""A seed sealed by a passphrase: Argon2id makes a key of it, and a SecretBox holds the seed.

    kdf: argon2id 3 268435456 <salt>     passes, bytes of memory, 16 random bytes in base64
    box: <nonce and sealed seed>         XSalsa20-Poly1305, base64

Invariants:
- salt and nonce are fresh from the operating system for every sealing;
- the cost stands in the text, and a cost out of bounds is refused before it is spent: whoever can
  change the file can make it useless, but cannot make a reader take all memory;
- any change of the text, its cost and salt included, fails as a wrong passphrase does.

The file around these two lines is written by `keys`. Sources: RFC 9106, NaCl secretbox.
"""

from __future__ import annotations

import os
import re

import attrs
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from helm_logic.errors import KeyFileError
from helm_logic.ledger.base64text import parse_base64, print_base64

MAX_PASSES = 16
MAX_MEMORY = argon2id.MEMLIMIT_SENSITIVE  # 1 GiB

_KDF = re.compile(r"argon2id ([1-9][0-9]{0,2}) ([1-9][0-9]{0,10}) (\S+)", re.ASCII)


@attrs.frozen
class Cost:
    """What one guess costs: *passes* over *memory* bytes. The default is half a second."""

    passes: int = attrs.field(default=argon2id.OPSLIMIT_MODERATE)
    memory: int = attrs.field(default=argon2id.MEMLIMIT_MODERATE)

    @passes.validator
    def _passes_bound(self, _: object, passes: int) -> None:
        if not argon2id.OPSLIMIT_MIN <= passes <= MAX_PASSES:
            raise ValueError(f"got {passes} passes of argon2id, want at most {MAX_PASSES}")

    @memory.validator
    def _memory_bound(self, _: object, memory: int) -> None:
        # Argon2 counts in KiB: with a remainder, one key would have many spellings.
        if memory % 1024 or not argon2id.MEMLIMIT_MIN <= memory <= MAX_MEMORY:
            least = argon2id.MEMLIMIT_MIN
            raise ValueError(f"got {memory} bytes for argon2id, want KiB, {least} to {MAX_MEMORY}")


@attrs.frozen
class SealedSeed:
    """A sealed seed; without the passphrase it tells nothing."""

    cost: Cost
    salt: bytes = attrs.field()
    box: bytes

    @salt.validator
    def _salt_length(self, _: object, salt: bytes) -> None:
        if len(salt) != argon2id.SALTBYTES:
            raise ValueError(f"got a salt of {len(salt)} bytes, want {argon2id.SALTBYTES}")

    @classmethod
    def parse(cls, kdf: str, box: str) -> SealedSeed:
        """Return what `lines` prints as *kdf* and *box*; raise ValueError."""
        found = _KDF.fullmatch(kdf)
        if found is None:
            raise ValueError("the line `kdf` does not name argon2id with its cost and salt")
        cost = Cost(int(found[1]), int(found[2]))
        return cls(cost, parse_base64(found[3]), parse_base64(box))

    def lines(self) -> tuple[str, str]:
        """Return the values of the lines `kdf` and `box`."""
        kdf = f"argon2id {self.cost.passes} {self.cost.memory} {print_base64(self.salt)}"
        return kdf, print_base64(self.box)

    def open(self, passphrase: bytes) -> bytes | None:
        """Return the seed, or None if *passphrase* is not the one."""
        box = SecretBox(_key(passphrase, self.salt, self.cost))
        try:
            return box.decrypt(self.box)
        except (CryptoError, ValueError):  # the latter: a box shorter than a nonce
            return None


def seal(seed: bytes, passphrase: bytes, cost: Cost) -> SealedSeed:
    """Return *seed* sealed by *passphrase*, at *cost* for each guess."""
    salt = os.urandom(argon2id.SALTBYTES)
    box = SecretBox(_key(passphrase, salt, cost)).encrypt(seed)
    return SealedSeed(cost, salt, bytes(box))


def _key(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    passes, memory = cost.passes, cost.memory
    try:
        return argon2id.kdf(SecretBox.KEY_SIZE, passphrase, salt, opslimit=passes, memlimit=memory)
    except CryptoError as error:
        needed = memory >> 20
        raise KeyFileError(f"the passphrase was not tried: that takes {needed} MiB") from error
