# SPDX-License-Identifier: Apache-2.0
"""A consistency proof as a text file: the tree of a checkpoint extends the one of an older size.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      the proof of RFC 6962 section 2.1.2
    ...

    (the checkpoint, verbatim)

These are also the bytes that a witness is sent. What the older tree was is not in the file: whoever
verifies has the older checkpoint, which is the point of it.

INVARIANT: `parse_consistency(data).to_bytes() == data`, or it is refused.
Source: c2sp.org/tlog-witness, add-checkpoint.
"""

from __future__ import annotations

import attrs

from helm_logic.errors import CheckpointError, ProofError
from helm_logic.ledger.base64text import print_base64
from helm_logic.ledger.checkpoint import Checkpoint, parse_decimal, parse_hash, verify_checkpoint
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.merkle import verify_consistency
from helm_logic.ledger.note import MAX_NOTE_BYTES, parse_note

_MAX_PATH = 63  # what a witness accepts, and more than a tree of 2^62 leaves needs
_MAX_BYTES = MAX_NOTE_BYTES + 8192


@attrs.frozen
class ConsistencyFile:
    """The tree of *checkpoint* (a signed note) extends that of *old_size*, by way of *path*."""

    old_size: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def to_bytes(self) -> bytes:
        """Return the proof as a file."""
        hashes = "".join(print_base64(one) + "\n" for one in self.path)
        return f"old {self.old_size}\n{hashes}\n".encode("ascii") + self.checkpoint

    def verify(self, old: bytes, origin: str, key: PublicKey) -> tuple[Checkpoint, Checkpoint]:
        """Return both tree heads, once the log *origin* signed both and the newer extends *old*.

        Raises CheckpointError or SignatureError for the checkpoints, ProofError for the proof.
        """
        before = verify_checkpoint(old, origin, key)
        after = verify_checkpoint(self.checkpoint, origin, key)
        if before.size != self.old_size:
            raise ProofError(
                f"the proof starts from {self.old_size} entries, the checkpoint has {before.size}"
            )
        verify_consistency(before.size, after.size, before.root, after.root, self.path)
        return before, after


def parse_consistency(data: bytes) -> ConsistencyFile:
    """Return the proof that prints as *data*; raise CheckpointError. Nothing is verified."""
    if len(data) > _MAX_BYTES:
        raise CheckpointError(f"got a proof of {len(data)} bytes, want at most {_MAX_BYTES}")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii() or not head.startswith(b"old "):
        raise CheckpointError("the consistency proof does not begin with `old` and a size")
    lines = head.decode("ascii").split("\n")
    if len(lines) - 1 > _MAX_PATH:
        raise CheckpointError(f"got a proof of {len(lines) - 1} hashes, want <= {_MAX_PATH}")
    old_size = parse_decimal(lines[0].removeprefix("old "))
    path = tuple(parse_hash(line) for line in lines[1:])
    parse_note(checkpoint)
    return ConsistencyFile(old_size, path, checkpoint)
