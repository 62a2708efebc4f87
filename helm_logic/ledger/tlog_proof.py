# SPDX-License-Identifier: Apache-2.0
"""The tlog-proof: one entry's index, its inclusion path and the checkpoint, as one text file.

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=      the path, from the leaf's sibling upwards
    ...

    (the checkpoint, verbatim)

INVARIANT: `parse_tlog_proof(data).to_bytes() == data`, or it is refused. The optional `extra` line
is refused: it is authenticated by nothing.
Source: c2sp.org/tlog-proof, read at commit 0065ea5.
"""

from __future__ import annotations

import attrs

from helm_logic.errors import CheckpointError
from helm_logic.ledger.base64text import print_base64
from helm_logic.ledger.checkpoint import Checkpoint, parse_decimal, parse_hash, verify_checkpoint
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.merkle import verify_inclusion
from helm_logic.ledger.note import MAX_NOTE_BYTES, parse_note

_HEADER = "c2sp.org/tlog-proof@v1"
_MAX_PATH = 64  # a tree of 2^64 - 1 leaves is 64 levels high
_MAX_BYTES = MAX_NOTE_BYTES + 8192
_FIXED_LINES = 2


@attrs.frozen
class TlogProof:
    """Entry *index* is under the root of *checkpoint* (a signed note) by way of *path*."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def to_bytes(self) -> bytes:
        """Return the proof as a `.tlog-proof` file."""
        hashes = "".join(print_base64(one) + "\n" for one in self.path)
        return f"{_HEADER}\nindex {self.index}\n{hashes}\n".encode("ascii") + self.checkpoint

    def verify(self, leaf: bytes, origin: str, key: PublicKey) -> Checkpoint:
        """Return the checkpoint, once the log *origin* signed it and it includes leaf hash *leaf*.

        Raises CheckpointError or SignatureError for the checkpoint, ProofError for the path.
        """
        checkpoint = verify_checkpoint(self.checkpoint, origin, key)
        verify_inclusion(leaf, self.index, checkpoint.size, self.path, checkpoint.root)
        return checkpoint


def parse_tlog_proof(data: bytes) -> TlogProof:
    """Return the proof that prints as *data*; raise CheckpointError. Nothing is verified."""
    if len(data) > _MAX_BYTES:
        raise CheckpointError(f"got a tlog-proof of {len(data)} bytes, want at most {_MAX_BYTES}")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise CheckpointError("the tlog-proof has no empty line before its checkpoint")
    lines = head.decode("ascii").split("\n")
    if lines[0] != _HEADER or len(lines) < _FIXED_LINES or not lines[1].startswith("index "):
        raise CheckpointError(f"the tlog-proof does not begin with `{_HEADER}` and `index`")
    if len(lines) - _FIXED_LINES > _MAX_PATH:
        raise CheckpointError(f"got a path of {len(lines) - _FIXED_LINES} hashes, want <= 64")
    index = parse_decimal(lines[1].removeprefix("index "))
    path = tuple(parse_hash(line) for line in lines[_FIXED_LINES:])
    parse_note(checkpoint)
    return TlogProof(index, path, checkpoint)
