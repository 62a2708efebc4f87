# SPDX-License-Identifier: Apache-2.0
"""The one connection of an SQLite store, and how statements are run on it.

Invariants:
- one thread at a time uses the connection;
- after an error of SQLite it is closed and the object refuses further use: after a failed write or
  sync nobody knows what the disk holds, so the file has to be opened again.

What the statements mean is in `table_reader` and `store`; how the file is opened in `store_schema`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from helm_logic.errors import StoreError
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.store_schema import failure
from helm_logic.ledger.table_reader import TableReader


class StoreConnection(TableReader):
    """A connection to the file *path* that this process alone has open."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, origin: str, key: PublicKey
    ) -> None:
        super().__init__(origin, key, f"store `{path}`")
        self._connection: sqlite3.Connection | None = connection
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

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._use() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                raise StoreError(
                    f"store `{self._path}` was closed, by request or after an error; open it again"
                )
            try:
                yield self._connection
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self.close()
                raise failure(error, f"store `{self._path}`") from error

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise
