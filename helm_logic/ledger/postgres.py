# SPDX-License-Identifier: Apache-2.0
"""Growing a log that PostgreSQL keeps, together with guards on other hosts.

Invariants, beside those of every store:
- Whoever appends holds the head row (`SELECT ... FOR UPDATE`) from before it knows the size until
  the commit, so entries have no gaps and tree heads come one after the other; and the size is
  swapped only against the one that was read.
- A tree head is signed after every row of its batch was accepted, in the same transaction.
- A commit whose answer was lost is never sent again. A new connection takes the head row, which the
  old transaction has let go of by then, and looks whether the batch is there: if it is, it is
  acknowledged with the tree head it was signed under; if not, it is appended as if for the first
  time. If no connection can be made, the append fails, and its records may be in the log.

Threads may share a store; it may not be carried across a fork.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, LiteralString, Self

import psycopg
from psycopg import Connection

from helm_logic.errors import (
    AlreadyLogged,
    ApprovalConsumed,
    EnvelopeError,
    ForkRefused,
    StoreCorrupt,
    StoreError,
    StoreUnreachable,
)
from helm_logic.ledger.batch import Rows, conflict, prepare, proofs
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.leaf import Kind, digest_bytes
from helm_logic.ledger.log_config import config_envelope
from helm_logic.ledger.note import validate_name
from helm_logic.ledger.postgres_follower import LAST_NOTE, PostgresFollower
from helm_logic.ledger.postgres_reader import fetch
from helm_logic.ledger.postgres_schema import create_schema
from helm_logic.ledger.postgres_session import connect, failure, where
from helm_logic.ledger.store_protocol import Appended, Record

PATIENCE: Final = 15.0  # seconds from the first failure on in which the server may come and go
_MAX_KNOWN_BLOBS: Final = 4096
_REFUSALS: Final = (ApprovalConsumed, AlreadyLogged, EnvelopeError)  # the store is as it was

_INSERT_ENTRIES: Final = (
    "INSERT INTO entry SELECT * FROM"
    " unnest(%b::int8[], %b::int2[], %b::bytea[], %b::bytea[], %b::bytea[])"
)
_INSERT_NODES: Final = "INSERT INTO node SELECT * FROM unnest(%b::int2[], %b::int8[], %b::bytea[])"
_INSERT_BLOBS: Final = (
    "INSERT INTO blob SELECT * FROM unnest(%b::bytea[], %b::bytea[]) ON CONFLICT DO NOTHING"
)
_INSERT_CONSUMED: Final = "INSERT INTO consumed SELECT * FROM unnest(%b::bytea[], %b::int8[])"


class PostgresStore(PostgresFollower):
    """A log in a PostgreSQL database, open for appending by this process and by others."""

    def __init__(
        self, url: str, head_path: Path, *, origin: str, signer: Signer, wait: float = 0.0
    ) -> None:
        super().__init__(url, head_path, origin, signer.public_key, wait)
        self._signer = signer
        self._known_blobs: set[str] = set()
        self._doubtful: tuple[Rows, bytes] | None = None  # sent to be committed, not answered

    @classmethod
    def create(
        cls, url: str, head_path: Path, *, origin: str, signer: Signer, wait: float = 0.0
    ) -> Self:
        """Make the log *origin* in the database of *url*, with its config as entry 0.

        Raises ForkRefused if the head guard *head_path* exists, StoreError if there is a log.
        """
        validate_name(origin)
        if head_path.exists():
            raise ForkRefused(
                f"head guard `{head_path}` remembers a log, so a new one may not take its place;"
                " restore that log, or choose another head guard and origin"
            )
        store = cls(url, head_path, origin=origin, signer=signer, wait=wait)
        try:
            store._lay()
        except psycopg.Error as error:
            raise failure(error, where(url)) from error
        return store

    @classmethod
    def open(
        cls, url: str, head_path: Path, *, origin: str, signer: Signer, wait: float = 0.0
    ) -> Self:
        """Open the log *origin*, signed by *signer*'s key, for appending.

        *head_path* is the head guard of this host, which a host that is new to the log takes from
        another. Raises ForkRefused, StoreCorrupt, StoreUnreachable, StoreReadOnly or StoreError.
        """
        store = cls(url, head_path, origin=origin, signer=signer, wait=wait)
        try:
            store._load()
            store._refuse_fork(head_path)
            store._remember()
        except BaseException:
            store.close()
            raise
        return store

    def append(self, batch: Sequence[Record]) -> tuple[Appended, ...]:
        """Append *batch* in order and return its entries, durable and provable.

        Raises ApprovalConsumed, AlreadyLogged or EnvelopeError naming the record by its position in
        the batch, with nothing appended; StoreUnreachable, after which the batch may be in the log;
        ForkRefused or StoreCorrupt, which close the store; StoreError otherwise.
        """
        if not batch:
            return ()
        with self._lock:
            self._doubtful = None
            try:
                return self._attempt(batch, PATIENCE)
            except StoreUnreachable:
                deadline = time.monotonic() + PATIENCE
            while (left := deadline - time.monotonic()) > 0:
                # However often: a server that recovers may go away again, and so may its standby.
                with suppress(StoreUnreachable):
                    return self._attempt(batch, left)
            return self._attempt(batch, 0.0)

    def _attempt(self, batch: Sequence[Record], patience: float) -> tuple[Appended, ...]:
        with self._undone_on_error(), self._use(patience) as connection:
            self._take_head(connection)
            if self._doubtful is not None and self._holds(connection, self._doubtful[0]):
                connection.rollback()
                return self._acknowledge(*self._doubtful)
            try:
                rows = prepare(batch, self._frontier, self._known_blobs)
                return self._acknowledge(rows, self._commit(connection, rows))
            except EnvelopeError:
                connection.rollback()
                raise
            except psycopg.IntegrityError:
                # This also forgets the statements that the broken pipeline left unprepared.
                connection.rollback()
                raise self._conflict(batch) from None

    @contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        # Without its connection the server undoes what was not committed, and the next use looks at
        # log and head guard again. A log that is not the one it was is not used again at all.
        try:
            yield
        except _REFUSALS:
            raise
        except (ForkRefused, StoreCorrupt):
            self.close()
            raise
        except BaseException:
            self._drop()
            raise

    def _take_head(self, connection: Connection[Any]) -> None:
        # Begins a transaction that alone may append, and catches up with those before it. The last
        # note is a statement of its own: one that waited for the row would not see it.
        with connection.pipeline():
            connection.execute("BEGIN")
            head = connection.execute("SELECT size FROM head FOR UPDATE")
            last = connection.execute(LAST_NOTE, binary=True)
        self._catch_up(last.fetchall())
        if head.fetchall() != [(self.size,)]:
            raise StoreCorrupt(f"{self._where}: FROM head is not {self.size}")

    def _holds(self, connection: Connection[Any], rows: Rows) -> bool:
        # Tells whether the log has exactly these entries at exactly these places.
        names = [name for _, _, name, _, _ in rows.entries]
        found = fetch(
            connection, "SELECT idx, digest, leaf FROM entry WHERE digest = ANY(?)", names
        )
        return set(found) == {(index, name, leaf) for index, _, name, leaf, _ in rows.entries}

    def _commit(self, connection: Connection[Any], rows: Rows) -> bytes:
        # Returns the signed tree head under which *rows* are committed.
        old_size, new_size = rows.before.size, rows.frontier.size
        with connection.pipeline():
            for statement, columns in _inserts(rows):
                connection.execute(statement, columns)
            change = "UPDATE head SET size = %s WHERE size = %s"
            swapped = connection.execute(change, (new_size, old_size))
        if swapped.rowcount != 1:
            raise StoreCorrupt(f"{self._where} no longer has the {old_size} entries it had")
        head = Checkpoint(self._origin, new_size, rows.frontier.root())
        note = sign_checkpoint(head, self._signer)
        self._doubtful = rows, note
        with connection.pipeline():
            connection.execute("INSERT INTO checkpoint VALUES (%s, %s)", (new_size, note))
            done = connection.execute("COMMIT")
        if done.statusmessage != "COMMIT":
            raise StoreError(f"{self._where}: got {done.statusmessage} in answer to COMMIT")
        return note

    def _acknowledge(self, rows: Rows, note: bytes) -> tuple[Appended, ...]:
        if rows.frontier.size > self.size:  # else others have grown the log since, and it was read
            self._frontier, self._note = rows.frontier, note
        self._remember()
        self._known_blobs.update(rows.blobs)
        if len(self._known_blobs) > _MAX_KNOWN_BLOBS:
            self._known_blobs.clear()
        return proofs(rows, note)

    def _conflict(self, batch: Sequence[Record]) -> StoreError:
        found = conflict(batch, self.is_consumed, lambda name: self.find(name) is not None)
        if found is not None:
            return found
        return StoreCorrupt(f"{self._where} holds rows beyond its {self.size} entries")

    def _lay(self) -> None:
        # Makes the tables and entry 0 in one transaction, over a connection that finds no log yet.
        with connect(self._url, append=True, wait=self._wait) as connection:
            connection.execute("BEGIN")
            create_schema(connection, self._where)
            config = Record(Kind.CONFIG, config_envelope(self._origin, self._signer))
            rows = prepare([config], self._frontier, ())
            self._acknowledge(rows, self._commit(connection, rows))


def _inserts(rows: Rows) -> Iterator[tuple[LiteralString, list[Any]]]:
    # A statement for each table that gets rows, with one array for each of its columns.
    entries = [(index, int(kind), *rest) for index, kind, *rest in rows.entries]
    nodes = [node for node in rows.nodes if node.level]
    blobs = [(digest_bytes(name), data) for name, data in rows.blobs.items()]
    for statement, table in (
        (_INSERT_ENTRIES, entries),
        (_INSERT_NODES, nodes),
        (_INSERT_BLOBS, blobs),
        (_INSERT_CONSUMED, rows.consumed),
    ):
        if table:
            yield statement, [list(column) for column in zip(*table, strict=True)]
