# SPDX-License-Identifier: Apache-2.0
"""Keeping up with a log to which others append, over connections that may be lost.

Invariants:
- What others appended is added to this process's own tree, leaf by leaf, and must lead to the root
  that they signed. So a server that shows another past than this process saw is refused at once,
  and not only when the log is opened.
- A connection that was lost is made anew by the next use, which looks at the log and at the head
  guard as opening does. Reading is then tried again, appending is not: see `postgres`.
- ForkRefused and StoreCorrupt close the store.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection

from helm_logic.errors import ForkRefused, StoreCorrupt, StoreUnreachable
from helm_logic.ledger.head import refuse_fork
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.merkle import leaf_hash
from helm_logic.ledger.postgres_head import advance_head
from helm_logic.ledger.postgres_reader import PostgresTables, fetch
from helm_logic.ledger.postgres_schema import require_schema
from helm_logic.ledger.postgres_session import connect, failure
from helm_logic.ledger.tlog_proof import TlogProof

LAST_NOTE: Final = "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
_PAUSE: Final = 0.05  # seconds between attempts to reach the server
_PAGE: Final = 1024  # leaves read at a time when catching up


class PostgresFollower(PostgresTables):
    """A log as it stands now, with a connection that is made when it is needed.

    *head_path* is the head guard of this host; *wait* as in `connect`.
    """

    def __init__(self, url: str, head_path: Path, origin: str, key: PublicKey, wait: float) -> None:
        super().__init__(None, url, origin, key)
        self._url = url
        self._wait = wait
        self._head_path = head_path
        self._remembered = b""  # the tree head that this process last put into the head guard

    def refresh(self) -> int:
        """Learn of what other writers of the same log appended, and return the size."""
        with self._closing_on_fault():
            try:
                return self._look()
            except StoreUnreachable:  # on a connection from before the server went away, perhaps
                return self._look()

    def inclusion(self, index: int) -> TlogProof:
        """Return the proof that the last tree head includes entry *index*; else ProofError."""
        if index >= self.size:
            self.refresh()
        return super().inclusion(index)

    def consistency(self, old_size: int, new_size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of *new_size* (now, if absent) extends *old_size*'s."""
        if new_size is not None and new_size > self.size:
            self.refresh()
        return super().consistency(old_size, new_size)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            with self._use() as connection:
                return fetch(connection, statement, *values)
        except StoreUnreachable:
            with self._use() as connection:
                return fetch(connection, statement, *values)

    @contextmanager
    def _use(self, patience: float = 0.0) -> Iterator[Connection[Any]]:
        # Yields the connection, made anew if it was lost; no failing statement leaves one behind.
        with self._lock:
            if self._closed:
                raise self._was_closed()
            connection = self._connection or self._reach(patience)
            try:
                yield connection
            except psycopg.Error as error:
                self._drop()
                raise failure(error, self._where) from error

    def _reach(self, patience: float) -> Connection[Any]:
        # Connects, trying for *patience* seconds, and refuses a log that is not the one it was.
        deadline = time.monotonic() + patience
        while True:
            try:
                connection = connect(self._url, append=True, wait=self._wait)
                break
            except StoreUnreachable:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(_PAUSE)
        self._connection = connection
        with self._closing_on_fault():
            try:
                require_schema(connection, self._where)
                if self._note:
                    self._catch_up(fetch(connection, LAST_NOTE))
                    self._refuse_fork(self._head_path)
            except psycopg.Error as error:
                self._drop()
                raise failure(error, self._where) from error
        return connection

    def _look(self) -> int:
        with self._use() as connection:
            self._catch_up(fetch(connection, LAST_NOTE))
            self._remember()
            return self.size

    def _catch_up(self, notes: list[tuple[Any, ...]]) -> None:
        # Grows the own tree to that of the last tree head, the one row of *notes*.
        if not notes:
            raise StoreCorrupt(f"{self._where} lost its tree heads")
        note: bytes = notes[0][0]
        if note == self._note:
            return
        head, frontier = self._verified(note), self._frontier.copy()
        if head.size < frontier.size:
            refuse_fork(self._verified(self._note), head, self.consistency)
        while frontier.size < head.size:
            last = min(frontier.size + _PAGE, head.size) - 1
            statement = "SELECT idx, leaf FROM entry WHERE idx BETWEEN ? AND ? ORDER BY idx"
            rows = self._present(statement, frontier.size, last)
            if [index for index, _ in rows] != list(range(frontier.size, last + 1)):
                raise StoreCorrupt(f"{self._where} has lost entries after {frontier.size}")
            for _, leaf in rows:
                frontier.append(leaf_hash(leaf))
        if frontier.root() != head.root:
            raise ForkRefused(
                f"{self._where}: its {head.size} entries do not extend the {self.size} that this"
                " process saw: the server shows another past; name the one that was used before"
            )
        self._frontier, self._note = frontier, note

    def _present(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        # Reads over the connection that is there: a transaction must not go on over another one.
        if self._connection is None:
            raise self._was_closed()
        return fetch(self._connection, statement, *values)

    def _remember(self) -> None:
        # The head guard is never behind what this process acknowledged or went by.
        if self._note != self._remembered:
            advance_head(self._head_path, self._note)
            self._remembered = self._note

    @contextmanager
    def _closing_on_fault(self) -> Iterator[None]:
        try:
            yield
        except (ForkRefused, StoreCorrupt):
            self.close()
            raise
