# SPDX-License-Identifier: Apache-2.0
"""Reading a log that PostgreSQL keeps: as it was at one moment, while others append to it.

Invariants:
- Everything that one `PostgresReader` tells is of one moment: it reads in one transaction of
  isolation level REPEATABLE READ, until `refresh` begins another.
- What it refreshes to extends what it showed before, and both extend the head guard's tree head.

Appending is in `postgres`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import Connection

from helm_logic.errors import ForkRefused, StoreCorrupt, StoreError
from helm_logic.ledger.checkpoint import Checkpoint
from helm_logic.ledger.head import read_head, refuse_fork
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.postgres_schema import require_schema
from helm_logic.ledger.postgres_session import connect, failure, where
from helm_logic.ledger.table_reader import TableReader

_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class PostgresTables(TableReader):
    """The log *origin* in the database of *url*: what reading and appending have in common."""

    def __init__(
        self, connection: Connection[Any] | None, url: str, origin: str, key: PublicKey
    ) -> None:
        super().__init__(origin, key, where(url))
        self._connection = connection
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connection. Closing again does nothing."""
        with self._lock:
            self._closed = True
            self._drop()

    def check_storage(self) -> None:
        """Compare tables, triggers and head row with what they must be; raise StoreCorrupt.

        Pages are the server's to check: `initdb --data-checksums`, `pg_amcheck`.
        """
        with self._lock:
            self._rows("SELECT 1")  # so that there is a connection, or the reason why not
            if self._connection is None:
                raise self._was_closed()
            try:
                require_schema(self._connection, self._where)
            except psycopg.Error as error:
                self._drop()
                raise failure(error, self._where) from error
            if self._row((int,), "SELECT size FROM head") != (self.size,):
                raise StoreCorrupt(f"{self._where}: FROM head is not {self.size}")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _was_closed(self) -> StoreError:
        return StoreError(f"{self._where} was closed, by request or after an error; open it again")

    def _refuse_fork(self, head_path: Path) -> Checkpoint | None:
        remembered = read_head(head_path, self._origin, self._key)
        if remembered is not None:
            refuse_fork(remembered, self._verified(self._note), self.consistency)
        elif self.size > 1:
            raise ForkRefused(
                f"there is no head guard `{head_path}` for a log of {self.size} entries; put it"
                " back, or on a host that is new to the log copy that of another of its hosts:"
                " without one nobody can tell whether the server shows an old copy"
            )
        return remembered


class PostgresReader(PostgresTables):
    """A log as it was at one moment. Close it, or use `with`."""

    def refresh(self) -> int:
        """Move to the present moment and return the size; raise ForkRefused or StoreError."""
        with self._lock:
            before = None if self._note == b"" else self._verified(self._note)
            self._rows("COMMIT")
            self._begin()
            if before is not None:
                refuse_fork(before, self._verified(self._note), self.consistency)
            return self.size

    def _begin(self) -> None:
        self._rows(_BEGIN.decode())
        self._load()

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            if self._connection is None:
                raise self._was_closed()
            try:
                return fetch(self._connection, statement, *values)
            except psycopg.Error as error:
                self.close()  # with the transaction went the moment
                raise failure(error, self._where) from error


def fetch(connection: Connection[Any], statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of *statement*, which marks its parameters with `?`."""
    query = statement.replace("?", "%s").encode()
    cursor = connection.execute(query, values, binary=True)
    return [] if cursor.description is None else cursor.fetchall()


def open_postgres_reader(
    url: str, head_path: Path | None, *, origin: str, key: PublicKey, wait: float = 0.0
) -> PostgresReader:
    """Open the log *origin*, signed by *key*, in the database of *url* for reading.

    *head_path* is this host's head guard; with None nobody vouches for the age of what is read.
    Raises ForkRefused, StoreCorrupt, StoreUnreachable or StoreError.
    """
    log = PostgresReader(connect(url, append=False, wait=wait), url, origin, key)
    try:
        log._rows(_BEGIN.decode())  # noqa: SLF001 - its other half
        require_schema(log._connection, log._where)  # type: ignore[arg-type]  # noqa: SLF001
        log._load()  # noqa: SLF001
        if head_path is not None:
            log._refuse_fork(head_path)  # noqa: SLF001
    except psycopg.Error as error:
        log.close()
        raise failure(error, where(url)) from error
    except BaseException:
        log.close()
        raise
    return log
