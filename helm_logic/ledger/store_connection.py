# SPDX-License-Identifier: Apache-2.0
"""The one connection of an SQLite store, and how statements are run on it.

Invariants:
- one thread at a time uses the connection;
- after an error of SQLite it is closed and the object refuses further use: after a failed write or
  sync nobody knows what the disk holds, so the file has to be opened again.

What the statements mean is in `store_reader` and `store`; how the file is opened in `store_schema`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from helm_logic.errors import StoreError
from helm_logic.ledger.store_schema import failure

_PAGE = 256  # rows read at a time when iterating


class StoreConnection:
    """A connection to the file *path* that this process alone has open."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._lock = threading.RLock()
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file. Closing again does nothing."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._rows(statement, *values)
        return rows[0] if rows else None

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._use() as connection:
            return connection.execute(statement, values).fetchall()

    def _pages(self, statement: str, after: object) -> Iterator[tuple[Any, ...]]:
        # *statement* orders by its first column and takes those beyond its one parameter.
        while rows := self._rows(f"{statement} LIMIT {_PAGE}", after):
            yield from rows
            after = rows[-1][0]

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                raise StoreError(
                    f"store `{self._path}` was closed, by request or after an error; open it again"
                )
            try:
                yield self._connection
            except sqlite3.Error as error:
                self.close()
                raise failure(error, f"store `{self._path}`") from error

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise
