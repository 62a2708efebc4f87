# SPDX-License-Identifier: Apache-2.0
"""Growing a log: one SQLite file, one writer, many records to a commit.

Invariants:
- `append` returns only when the records are on the disk under a signed tree head, and that tree
  head is in the head guard. So everything acknowledged has an inclusion proof from the start.
- A batch is all or nothing. A record that may not be appended (an approval used before, an envelope
  logged before) is named, and leaves the store as it was and usable.
- Every other failure closes the store. A commit is never tried again on the same connection, as a
  failed sync may have dropped what it did not write; opening again finds out what is there.
- No two tree heads of one log contradict each other: a tree head is signed inside the transaction
  that makes it true, and a store that does not extend the head guard's is not opened.

Threads may share a store; processes may not, nor may it be carried across a fork.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from helm_logic.errors import ForkRefused, StoreCorrupt, StoreError
from helm_logic.ledger.batch import Rows, conflict, prepare, proofs
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.head import write_head
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.leaf import Kind, digest_bytes
from helm_logic.ledger.log_config import config_envelope
from helm_logic.ledger.note import validate_name
from helm_logic.ledger.store_protocol import Appended, Record
from helm_logic.ledger.store_reader import StoreReader
from helm_logic.ledger.store_schema import connect, create_schema

__all__ = ["Appended", "Record", "SqliteStore"]

_MAX_KNOWN_BLOBS = 4096


class SqliteStore(StoreReader):
    """A log in an SQLite file, open for appending by this process alone."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, origin: str, signer: Signer
    ) -> None:
        super().__init__(connection, path, origin, signer.public_key)
        self._signer = signer
        self._head_path = path
        self._known_blobs: set[str] = set()

    @classmethod
    def create(
        cls, path: Path, head_path: Path, *, origin: str, signer: Signer, wait: float = 0.0
    ) -> Self:
        """Make the log *origin* in the new file *path*, with its config as entry 0.

        Raises ForkRefused if the head guard *head_path* exists, StoreError if *path* holds a log.
        """
        validate_name(origin)
        if head_path.exists():
            raise ForkRefused(
                f"head guard `{head_path}` remembers a log, so a new one may not take its place;"
                " restore that log, or choose another head guard and origin"
            )
        store = cls(connect(path, new=True, wait=wait), path, origin, signer)
        store._head_path = head_path
        with store._closing_on_error():
            store._write([Record(Kind.CONFIG, config_envelope(origin, signer))], new=True)
        return store

    @classmethod
    def open(
        cls, path: Path, head_path: Path, *, origin: str, signer: Signer, wait: float = 0.0
    ) -> Self:
        """Open the log *origin*, signed by *signer*'s key, for appending.

        *wait* is how many seconds to wait for another process. Raises ForkRefused, StoreCorrupt,
        StoreLocked, StoreReadOnly or StoreError.
        """
        store = cls(connect(path, wait=wait), path, origin, signer)
        store._head_path = head_path
        with store._closing_on_error():
            store._load()
            remembered = store._refuse_fork(head_path)
            if remembered is None or remembered.size < store.size:
                store._remember_what_was_recovered()
        return store

    def append(self, batch: Sequence[Record]) -> tuple[Appended, ...]:
        """Append *batch* in order and return its entries, durable and provable.

        Raises ApprovalConsumed, AlreadyLogged or EnvelopeError naming the record by its position in
        the batch, with nothing appended and the store still open; any other StoreError closes it.
        """
        return self._write(batch, new=False) if batch else ()

    def refresh(self) -> int:
        """Return the size: nobody else appends to this file while it is open."""
        return self.size

    def _write(self, batch: Sequence[Record], *, new: bool) -> tuple[Appended, ...]:
        with self._lock:
            rows = prepare(batch, self._frontier, self._known_blobs)
            with self._use() as connection, self._closing_on_error():
                connection.execute("BEGIN IMMEDIATE")
                try:
                    if new:
                        create_schema(connection)
                    note = self._insert(connection, rows)
                except sqlite3.IntegrityError:
                    connection.execute("ROLLBACK")
                else:
                    connection.execute("COMMIT")
                    return self._acknowledge(rows, note)
            raise self._conflict(batch)

    def _insert(self, connection: sqlite3.Connection, rows: Rows) -> bytes:
        old_size, new_size = self.size, rows.frontier.size
        connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", rows.entries)
        connection.executemany(
            "INSERT INTO node VALUES (?, ?, ?)", [node for node in rows.nodes if node.level]
        )
        connection.executemany(
            "INSERT INTO blob VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(digest_bytes(name), data) for name, data in rows.blobs.items()],
        )
        connection.executemany("INSERT INTO consumed VALUES (?, ?)", rows.consumed)
        # A compare-and-swap: whoever else grew the log since it was read makes this fail.
        grown = connection.execute(
            "UPDATE head SET size = ? WHERE size = ?", (new_size, old_size)
        ).rowcount
        if grown != 1:
            raise StoreCorrupt(f"store `{self._path}` no longer has the {old_size} entries it had")
        head = Checkpoint(self._origin, new_size, rows.frontier.root())
        note = sign_checkpoint(head, self._signer)
        connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (new_size, note))
        return note

    def _acknowledge(self, rows: Rows, note: bytes) -> tuple[Appended, ...]:
        write_head(self._head_path, note)
        self._frontier, self._note = rows.frontier, note
        self._known_blobs.update(rows.blobs)
        if len(self._known_blobs) > _MAX_KNOWN_BLOBS:
            self._known_blobs.clear()
        return proofs(rows, note)

    def _conflict(self, batch: Sequence[Record]) -> StoreError:
        found = conflict(batch, self.is_consumed, lambda name: self.find(name) is not None)
        if found is not None:
            return found
        self.close()
        return StoreCorrupt(f"store `{self._path}` holds rows beyond its {self.size} entries")

    def _remember_what_was_recovered(self) -> None:
        # These entries were read from a WAL that may never have been synced. They go to the disk
        # first, so that the head guard never remembers what a power cut could still take away.
        busy = self._row((int, int, int), "PRAGMA wal_checkpoint(TRUNCATE)")
        if busy is None or busy[0] != 0:
            raise StoreError(f"store `{self._path}`: its recovered entries could not be synced")
        write_head(self._head_path, self._note)
