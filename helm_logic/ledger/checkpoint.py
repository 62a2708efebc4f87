# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: the signed tree heads of a log.

    example.com/log              the origin, which is also the name of the key that signs
    20852163                     the size of the tree, decimal
    CsUYapGGPo4dkMgIAUqom/Xa...  its root hash, base64

INVARIANT: `parse` after print is the identity, and print after `parse` too; extension lines are
refused, because the logs read here never write them and witnesses do not sign them.
Signing is safe only over trees that extend each other; that promise is kept by `store` and `head`.
Source: c2sp.org/tlog-checkpoint v1.0.0.
"""

from __future__ import annotations

import re

import attrs

from helm_logic.errors import CheckpointError
from helm_logic.ledger.base64text import parse_base64, print_base64
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.merkle import HASH_BYTES, MAX_SIZE
from helm_logic.ledger.note import parse_note, sign_note, validate_name, verify_note

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_LINES = 3


@attrs.frozen
class Checkpoint:
    """A tree head: the *origin* log had *size* leaves (0 to 2^64 - 1) under *root* (32 bytes)."""

    origin: str = attrs.field()
    size: int = attrs.field()
    root: bytes = attrs.field()

    @origin.validator
    def _origin_form(self, _: object, origin: str) -> None:
        validate_name(origin)

    @size.validator
    def _size_range(self, _: object, size: int) -> None:
        if not 0 <= size <= MAX_SIZE:
            raise CheckpointError(f"got a tree size of {size}, want 0 to {MAX_SIZE}")

    @root.validator
    def _root_length(self, _: object, root: bytes) -> None:
        if len(root) != HASH_BYTES:
            raise CheckpointError(f"got a root hash of {len(root)} bytes, want {HASH_BYTES}")

    def text(self) -> str:
        """Return the note text that is signed."""
        return f"{self.origin}\n{self.size}\n{print_base64(self.root)}\n"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the signed note over *checkpoint*, under its origin as the key's name."""
    return sign_note(checkpoint.text(), checkpoint.origin, signer).to_bytes()


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Return what the signed note *data* says; raise CheckpointError. Nothing is verified."""
    return _parse_text(parse_note(data).text)


def verify_checkpoint(data: bytes, origin: str, key: PublicKey) -> Checkpoint:
    """Return the tree head in the signed note *data* if the log *origin* signed it with *key*.

    Raises CheckpointError for malformed bytes or another log, SignatureError for the signature.
    """
    checkpoint = _parse_text(verify_note(data, origin, key))
    if checkpoint.origin != origin:
        raise CheckpointError(f"got a tree head of `{checkpoint.origin}`, want one of `{origin}`")
    return checkpoint


def parse_decimal(text: str) -> int:
    """Return the unsigned 64-bit integer that prints as *text*; raise CheckpointError."""
    value = int(text) if _DECIMAL.fullmatch(text) else MAX_SIZE + 1
    if value > MAX_SIZE:
        raise CheckpointError(f"got `{text[:24]}`, want a decimal of at most 64 bits")
    return value


def parse_hash(text: str) -> bytes:
    """Return the 32-byte hash that prints as the base64 *text*; raise CheckpointError."""
    try:
        data = parse_base64(text)
    except ValueError as error:
        raise CheckpointError(str(error)) from None
    if len(data) != HASH_BYTES:
        raise CheckpointError(f"got a hash of {len(data)} bytes, want {HASH_BYTES}")
    return data


def _parse_text(text: str) -> Checkpoint:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != _LINES:
        raise CheckpointError(f"got a tree head of {len(lines)} lines, want {_LINES}")
    return Checkpoint(lines[0], parse_decimal(lines[1]), parse_hash(lines[2]))
