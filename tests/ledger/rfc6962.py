# SPDX-License-Identifier: Apache-2.0
"""The definitions of RFC 6962 section 2.1, transcribed: slow, recursive, obviously the RFC's.

`MTH`, `PATH`, `PROOF` and `SUBPROOF` are functions of a list of entries there and here.
They share no code with `helm_logic.ledger.merkle`, whose oracle they are.
"""

from __future__ import annotations

import hashlib
from functools import cache

Entries = tuple[bytes, ...]


def split(size: int) -> int:
    """Return the largest power of two smaller than *size*."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


@cache
def mth(entries: Entries) -> bytes:
    """Return the Merkle tree hash of *entries*."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Entries) -> list[bytes]:
    """Return the audit path of entry *m*."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Entries) -> list[bytes]:
    """Return the consistency proof between the first *m* entries and all of them."""
    return _subproof(m, entries, known=True)


def _subproof(m: int, entries: Entries, *, known: bool) -> list[bytes]:
    if m == len(entries):
        return [] if known else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*_subproof(m, entries[:k], known=known), mth(entries[k:])]
    return [*_subproof(m - k, entries[k:], known=False), mth(entries[:k])]
