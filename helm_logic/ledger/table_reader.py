# SPDX-License-Identifier: Apache-2.0
"""Reading a log from its tables, whatever database keeps them.

Invariants:
- A log is opened only if its last tree head is signed by the expected key for the expected origin,
  is the root of the stored tree, and extends the head guard's.
- What is read has the types of its columns, which SQLite keeps no promise of in a damaged file, and
  is compared with its digest; a damaged row is StoreCorrupt, never an answer.

The tables are those of `store_schema`, which every database has under the same names. Statements
mark parameters with `?` and are plain enough for all of them; how they are run is `_rows`, which
each store brings. The check of a whole log is in `store_fsck`.
"""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from helm_logic.errors import (
    CheckpointError,
    EnvelopeError,
    ForkRefused,
    ProofError,
    SignatureError,
    StoreCorrupt,
    StoreError,
)
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.head import read_head, refuse_fork
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind, digest_bytes, digest_text, envelope_leaf
from helm_logic.ledger.log_config import verify_config
from helm_logic.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    peak_positions,
)
from helm_logic.ledger.store_protocol import Counts, Entry
from helm_logic.ledger.tlog_proof import TlogProof

_COLUMNS = "SELECT idx, kind, digest, leaf, envelope FROM entry"
_ENTRY = (int, int, bytes, bytes, bytes)
_PAGE = 256  # rows read at a time when iterating
_Types: TypeAlias = tuple[type[int] | type[bytes], ...]


class TableReader(ABC):
    """The log *origin*, signed by *key*, in the tables that `_rows` reads; *where* names them."""

    def __init__(self, origin: str, key: PublicKey, where: str) -> None:
        self._origin = origin
        self._key = key
        self._where = where
        self._lock = threading.RLock()
        self._frontier = Frontier()
        self._note = b""

    @abstractmethod
    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows that *statement* selects; raise StoreError."""

    @property
    def origin(self) -> str:
        """The log's origin: the first line of its checkpoints and the name of its key."""
        return self._origin

    @property
    def key(self) -> PublicKey:
        """The key that signs its checkpoints."""
        return self._key

    @property
    def size(self) -> int:
        """The number of entries."""
        return self._frontier.size

    def checkpoint(self) -> bytes:
        """Return the last signed tree head, a signed note."""
        return self._note

    def checkpoints(self, start: int = 0) -> Iterator[bytes]:
        """Yield every signed tree head of a size from *start* on, smallest first."""
        statement = "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size"
        for row in self._pages((int, bytes), statement, start - 1):
            yield row[1]

    def entry(self, index: int) -> Entry:
        """Return entry *index*; raise StoreError if there is none."""
        row = self._row(_ENTRY, f"{_COLUMNS} WHERE idx = ?", index)
        if row is None:
            raise StoreError(f"the log has no entry {index}; it has {self.size}, the first is 0")
        return self._entry(row)

    def find(self, digest: str) -> Entry | None:
        """Return the entry whose envelope has *digest*, None if the log has none."""
        row = self._row(_ENTRY, f"{_COLUMNS} WHERE digest = ?", digest_bytes(digest))
        return None if row is None else self._entry(row)

    def read(self, digest: str) -> Entry:
        """Return the entry whose envelope has *digest*; raise StoreError if the log has none."""
        entry = self.find(digest)
        if entry is None:
            raise StoreError(f"the log has no entry `{digest}`")
        return entry

    def named(self, prefix: str, most: int = 2) -> tuple[int, ...]:
        """Return the indexes of at most *most* entries whose digest begins with hex *prefix*."""
        first, last = (bytes.fromhex(prefix.ljust(64, digit)) for digit in "0f")
        statement = "SELECT idx FROM entry WHERE digest BETWEEN ? AND ? ORDER BY digest LIMIT ?"
        rows = self._typed((int,), self._rows(statement, first, last, most))
        return tuple(row[0] for row in rows)

    def blob(self, digest: str) -> bytes:
        """Return the bytes that have *digest*; raise StoreError if they were not stored."""
        statement = "SELECT content FROM blob WHERE digest = ?"
        row = self._row((bytes,), statement, digest_bytes(digest))
        if row is None:
            raise StoreError(f"the log has no blob `{digest}`")
        content: bytes = row[0]
        if hashlib.sha256(content).digest() != digest_bytes(digest):
            raise StoreCorrupt(f"blob `{digest}` of {self._where} is damaged")
        return content

    def blobs(self) -> Iterator[str]:
        """Yield the digests of all blobs, in order."""
        statement = "SELECT digest FROM blob WHERE digest > ? ORDER BY digest"
        for row in self._pages((bytes,), statement, b""):
            yield digest_text(row[0])

    def entries(self, start: int = 0, kind: Kind | None = None) -> Iterator[Entry]:
        """Yield the entries from *start* in order; with *kind* those of that kind alone."""
        chosen = "" if kind is None else f"AND kind = {int(kind)}"
        if kind is not None and kind is not Kind.RECEIPT:
            chosen += " AND kind <> 1"  # the condition of the index entry_kind, in its own words
        statement = f"{_COLUMNS} WHERE idx > ? {chosen} ORDER BY idx"
        for row in self._pages(_ENTRY, statement, start - 1):
            yield self._entry(row)

    def __iter__(self) -> Iterator[Entry]:
        return self.entries()

    def leaves(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes of the leaves from *start* in order, without looking at envelopes."""
        statement = "SELECT idx, leaf FROM entry WHERE idx > ? ORDER BY idx"
        for row in self._pages((int, bytes), statement, start - 1):
            yield row[1]

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the full subtree *index* of *level*; StoreCorrupt if it is gone."""
        if level:
            statement = "SELECT hash FROM node WHERE level = ? AND idx = ?"
            row = self._row((bytes,), statement, level, index)
        else:
            row = self._row((bytes,), "SELECT leaf FROM entry WHERE idx = ?", index)
        if row is None:
            raise StoreCorrupt(f"{self._where} has lost node {index} of level {level}")
        stored: bytes = row[0]
        return stored if level else leaf_hash(stored)

    def inclusion(self, index: int) -> TlogProof:
        """Return the proof that the last tree head includes entry *index*; else ProofError."""
        with self._lock:
            path = inclusion_proof(self.node, index, self.size)
            return TlogProof(index, path, self._note)

    def consistency(self, old_size: int, new_size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of *new_size* (now, if absent) extends *old_size*'s."""
        with self._lock:
            new_size = self.size if new_size is None else new_size
            if new_size > self.size:
                raise ProofError(f"got the size {new_size}, the log has {self.size} entries")
            return consistency_proof(self.node, old_size, new_size)

    def consumed_by(self, approval: str) -> int | None:
        """Return the index of the entry that used up the approval with this digest, or None."""
        statement = "SELECT receipt_idx FROM consumed WHERE approval = ?"
        row = self._row((int,), statement, digest_bytes(approval))
        return None if row is None else row[0]

    def is_consumed(self, approval: str) -> bool:
        """Tell whether the approval with this digest was used up."""
        return self.consumed_by(approval) is not None

    def consumed(self) -> Iterator[tuple[str, int]]:
        """Yield the digests of all used approvals, in order, each with the entry that used it."""
        columns = "SELECT approval, receipt_idx FROM consumed"
        statement = f"{columns} WHERE approval > ? ORDER BY approval"
        for row in self._pages((bytes, int), statement, b""):
            yield digest_text(row[0]), row[1]

    def counts(self) -> Counts:
        """Return how many rows the store keeps, counted and not derived."""
        tables = ("entry", "node", "checkpoint", "blob", "consumed")
        rows = [self._row((int,), f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
        return Counts(*(row[0] for row in rows if row is not None))

    def _row(self, types: _Types, statement: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._typed(types, self._rows(statement, *values))
        return rows[0] if rows else None

    def _pages(self, types: _Types, statement: str, after: object) -> Iterator[tuple[Any, ...]]:
        # *statement* orders by its first column and takes those beyond its one parameter.
        while rows := self._typed(types, self._rows(f"{statement} LIMIT {_PAGE}", after)):
            yield from rows
            after = rows[-1][0]

    def _typed(self, types: _Types, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return *rows*; raise StoreCorrupt unless each value has the type of its column."""
        for row in rows:
            for value, wanted in zip(row, types, strict=True):
                if type(value) is not wanted:
                    got = f"got {type(value).__name__} where {wanted.__name__} must stand"
                    raise StoreCorrupt(f"{self._where} is damaged ({got}); restore the newest copy")
        return rows

    def _load(self) -> None:
        row = self._row(
            (int, int, int, bytes),
            "SELECT (SELECT size FROM head), (SELECT max(idx) + 1 FROM entry), size, note"
            " FROM checkpoint ORDER BY checkpoint.size DESC LIMIT 1",
        )
        if row is None or not row[0] == row[1] == row[2]:
            raise StoreCorrupt(f"{self._where}: its entries and tree heads do not match")
        size, self._note = row[0], row[3]
        head = self._verified(self._note)
        peaks = [self.node(level, index) for level, index in peak_positions(size)]
        self._frontier = Frontier(size, peaks)
        if head.size != size or head.root != self._frontier.root():
            raise StoreCorrupt(f"{self._where}: its last tree head is not that of its tree")
        verify_config(self.entry(0).envelope, self._origin, self._key)

    def _verified(self, note: bytes) -> Checkpoint:
        try:
            return verify_checkpoint(note, self._origin, self._key)
        except (CheckpointError, SignatureError) as error:
            raise StoreCorrupt(f"{self._where} is not the expected log: {error}") from error

    def _refuse_fork(self, head_path: Path) -> Checkpoint | None:
        # Returns the head guard's tree head; None if a log that was only just made has no guard.
        remembered = read_head(head_path, self._origin, self._key)
        if remembered is not None:
            refuse_fork(remembered, self._verified(self._note), self.consistency)
        elif self.size > 1:
            raise ForkRefused(
                f"there is no head guard `{head_path}` for a log of {self.size} entries;"
                " put it back: without it nobody can tell whether this is an old copy"
            )
        return remembered

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        index, kind, pae_digest, leaf, data = row
        try:
            envelope = parse(data)
            sound = envelope_leaf(Kind(kind), envelope) == leaf
        except (EnvelopeError, ValueError) as error:
            raise StoreCorrupt(f"entry {index} of {self._where}: {error}") from error
        if not sound or envelope.digest != digest_text(pae_digest):
            raise StoreCorrupt(f"entry {index} of {self._where} is not what its leaf says")
        return Entry(index, Kind(kind), envelope, leaf_hash(leaf))
