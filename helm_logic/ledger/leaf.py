# SPDX-License-Identifier: Apache-2.0
"""The leaf: the fixed record that stands for one signed envelope in the Merkle tree.

The tree commits to leaves, not to envelopes, so a leaf is small whatever the payload, a payload may
be withheld without breaking a proof, and the signature is committed although it is not part of the
id. All integers are big-endian:

    offset  bytes  content
    0       4      `HLL1`: a helm_logic leaf, version 1
    4       1      kind: 1 receipt, 2 approval, 3 revocation, 4 config, 5 policy, 6 keys,
                   7 trust root
    5       1      zero
    6       2      n, the length of the signature (64 for Ed25519), 1 to 4096
    8       32     SHA-256 of the envelope's PAE, the digest that names it
    40      32     SHA-256 of the signing key's SubjectPublicKeyInfo, its key id
    72      n      the signature

INVARIANT: `leaf_bytes` is injective, and `parse_leaf` accepts nothing that it does not print.
The hash of a leaf in the tree is `merkle.leaf_hash(leaf_bytes(...))`.
"""

from __future__ import annotations

import struct
from enum import IntEnum

import attrs

from helm_logic.errors import EnvelopeError
from helm_logic.ledger.envelope import MAX_SIGNATURE_BYTES, Envelope

_HEADER = struct.Struct(">4sBBH32s32s")
_MAGIC = b"HLL1"
_DIGEST_PREFIX = "sha256:"


class Kind(IntEnum):
    """What an entry of the log is; the number is the one in the leaf.

    New kinds are added at the end. A log that has none of them reads as it always did.
    """

    RECEIPT = 1
    APPROVAL = 2
    REVOCATION = 3
    CONFIG = 4
    POLICY = 5
    KEYS = 6
    ROOT = 7

    @property
    def words(self) -> str:
        """What such an entry is called in sentences."""
        words = {"POLICY": "policy change", "KEYS": "key change", "ROOT": "trust root"}
        return words.get(self.name, self.name.lower())


@attrs.frozen
class Leaf:
    """The content of a leaf: *pae_digest* is `sha256:` + hex, *keyid* is hex."""

    kind: Kind
    pae_digest: str
    keyid: str
    signature: bytes

    def to_bytes(self) -> bytes:
        """Return the leaf's bytes, as in the table above."""
        return leaf_bytes(self.kind, self.pae_digest, self.keyid, self.signature)


def leaf_bytes(kind: Kind, pae_digest: str, keyid: str, signature: bytes) -> bytes:
    """Return the leaf for a signature by the key *keyid* over the envelope *pae_digest*.

    Raises EnvelopeError if a digest or the signature does not fit the record.
    """
    if not 1 <= len(signature) <= MAX_SIGNATURE_BYTES:
        raise EnvelopeError(f"got a signature of {len(signature)} bytes, which no leaf holds")
    header = _HEADER.pack(
        _MAGIC, kind, 0, len(signature), digest_bytes(pae_digest), _hex_bytes(keyid)
    )
    return header + signature


def envelope_leaf(kind: Kind, envelope: Envelope) -> bytes:
    """Return the leaf for *envelope*, which must have one signature; EnvelopeError otherwise."""
    if len(envelope.signatures) != 1:
        raise EnvelopeError(
            f"got {len(envelope.signatures)} signatures, want the 1 that a leaf commits to"
        )
    one = envelope.signatures[0]
    return leaf_bytes(kind, envelope.digest, one.keyid, one.signature)


def parse_leaf(data: bytes) -> Leaf:
    """Return the leaf that prints as *data*; raise EnvelopeError for any other bytes."""
    if len(data) <= _HEADER.size:
        raise EnvelopeError(f"got a leaf of {len(data)} bytes, want more than {_HEADER.size}")
    magic, kind, zero, length, pae_digest, keyid = _HEADER.unpack_from(data)
    signature = data[_HEADER.size :]
    if magic != _MAGIC or zero != 0 or length != len(signature) or length > MAX_SIGNATURE_BYTES:
        raise EnvelopeError("these bytes are not a leaf of version 1")
    try:
        known = Kind(kind)
    except ValueError:
        raise EnvelopeError(f"got a leaf of kind {kind}, want 1 to {max(Kind)}") from None
    return Leaf(known, digest_text(pae_digest), keyid.hex(), signature)


def digest_bytes(text: str) -> bytes:
    """Return the 32 bytes of the digest *text*, `sha256:` and hex; raise EnvelopeError."""
    if not text.startswith(_DIGEST_PREFIX):
        raise EnvelopeError(f"got the digest `{text[:24]}`, want `{_DIGEST_PREFIX}` and hex")
    return _hex_bytes(text[len(_DIGEST_PREFIX) :])


def digest_text(data: bytes) -> str:
    """Return the digest whose 32 bytes are *data*, as `sha256:` and hex."""
    return _DIGEST_PREFIX + data.hex()


def _hex_bytes(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 32 or data.hex() != text:  # noqa: PLR2004 - SHA-256; fromhex also reads spaces
        raise EnvelopeError(f"got `{text[:80]}`, want the 64 lowercase hex digits of a SHA-256")
    return data
