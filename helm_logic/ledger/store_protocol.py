# SPDX-License-Identifier: Apache-2.0
"""What a log is to those who use one, whatever keeps it.

    Log       what readers need: entries, blobs, tree heads, proofs, and what checking it all needs
    Store     a log that this process may append to
    Entry     one entry as it was read; Record what to append; Appended what came of it

Invariants that every store keeps, and `tests/ledger` holds it to:
- `append` returns only when the records are durable under a signed tree head; a batch is all or
  nothing, and an approval is used up at most once whoever appends;
- no two tree heads of one log contradict each other;
- what is read is compared with its digest: a damaged row is StoreCorrupt, never an answer.

Every method may raise StoreError. `sqlite` in the names of modules says which store is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol, Self

import attrs

from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.tlog_proof import TlogProof

URL_SCHEMES: Final = ("postgresql://", "postgres://")  # of a log that a server keeps


@attrs.frozen
class Entry:
    """One entry of the log: its position, what it is, its signed envelope and its leaf hash."""

    index: int
    kind: Kind
    envelope: Envelope
    leaf_hash: bytes

    @property
    def digest(self) -> str:
        """The digest of its envelope, which names it."""
        return self.envelope.digest

    @property
    def leaf(self) -> bytes:
        """The bytes of its leaf."""
        return envelope_leaf(self.kind, self.envelope)


@attrs.frozen
class Record:
    """What to append: an envelope with one signature, and what is stored with it.

    *blobs* maps digests to the bytes that have them; *consumes* are the digests of the approvals
    that this record uses up.
    """

    kind: Kind
    envelope: Envelope
    blobs: Mapping[str, bytes] = attrs.field(factory=dict)
    consumes: tuple[str, ...] = ()


@attrs.frozen
class Appended:
    """A durable entry: its index, its leaf hash, and the proof that the log includes it."""

    index: int
    leaf_hash: bytes
    proof: TlogProof


@attrs.frozen
class Counts:
    """How many rows of each sort a store keeps; *nodes* are those above the leaves."""

    entries: int
    nodes: int
    checkpoints: int
    blobs: int
    consumed: int


class Log(Protocol):
    """A log open for reading. Close it, or use `with`."""

    def __enter__(self) -> Self:
        """Return the log itself."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close it."""
        ...

    def close(self) -> None:
        """Release it. Closing again does nothing."""
        ...

    @property
    def origin(self) -> str:
        """The log's origin: the first line of its checkpoints and the name of its key."""
        ...

    @property
    def key(self) -> PublicKey:
        """The key that signs its checkpoints."""
        ...

    @property
    def size(self) -> int:
        """The number of entries, as of the last look at the store."""
        ...

    def checkpoint(self) -> bytes:
        """Return the signed tree head of `size`, a signed note."""
        ...

    def checkpoints(self, start: int = 0) -> Iterator[bytes]:
        """Yield every signed tree head that was kept of a size from *start* on, smallest first."""
        ...

    def entry(self, index: int) -> Entry:
        """Return entry *index*; raise StoreError if there is none."""
        ...

    def find(self, digest: str) -> Entry | None:
        """Return the entry whose envelope has *digest*, None if the log has none."""
        ...

    def read(self, digest: str) -> Entry:
        """Return the entry whose envelope has *digest*; raise StoreError if the log has none."""
        ...

    def named(self, prefix: str, most: int = 2) -> tuple[int, ...]:
        """Return the indexes of at most *most* entries whose digest begins with hex *prefix*."""
        ...

    def entries(self, start: int = 0, kind: Kind | None = None) -> Iterator[Entry]:
        """Yield the entries from *start* in order; with *kind* those of that kind alone."""
        ...

    def leaves(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes of the leaves from *start* in order, without looking at envelopes."""
        ...

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree (`merkle.Nodes`); StoreCorrupt if it is not there."""
        ...

    def blob(self, digest: str) -> bytes:
        """Return the bytes that have *digest*; raise StoreError if they were not stored."""
        ...

    def blobs(self) -> Iterator[str]:
        """Yield the digests of all blobs, in order."""
        ...

    def inclusion(self, index: int) -> TlogProof:
        """Return the proof that the last tree head includes entry *index*; else ProofError."""
        ...

    def consistency(self, old_size: int, new_size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of *new_size* (now, if absent) extends *old_size*'s."""
        ...

    def is_consumed(self, approval: str) -> bool:
        """Tell whether the approval with this digest was used up, by whoever appends."""
        ...

    def consumed_by(self, approval: str) -> int | None:
        """Return the index of the entry that used up the approval with this digest, or None."""
        ...

    def consumed(self) -> Iterator[tuple[str, int]]:
        """Yield the digests of all used approvals, in order, each with the entry that used it."""
        ...

    def counts(self) -> Counts:
        """Return how many rows the store keeps, counted and not derived."""
        ...

    def check_storage(self) -> None:
        """Let the database check its own pages and indexes; raise StoreCorrupt."""
        ...


class Store(Log, Protocol):
    """A log open for appending; threads may share it."""

    def append(self, batch: Sequence[Record]) -> tuple[Appended, ...]:
        """Append *batch* in order and return its entries, durable and provable.

        Raises ApprovalConsumed, AlreadyLogged or EnvelopeError naming the record by its position in
        the batch, with nothing appended and the store still open. Any other StoreError leaves open
        whether the batch is in the log, and closes the store unless a server keeps it.
        """
        ...

    def refresh(self) -> int:
        """Learn of what other writers of the same log appended, and return the size."""
        ...
