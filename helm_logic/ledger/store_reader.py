# SPDX-License-Identifier: Apache-2.0
"""Reading a log from its SQLite file: what `table_reader` reads, over the one connection.

After an error of SQLite the connection is closed and the object refuses further use: after a failed
write or sync nobody knows what the disk holds, so the file has to be opened again.

Appending is in `store`; the check of a whole log is in `store_fsck`.
"""

from __future__ import annotations

from pathlib import Path

from helm_logic.errors import StoreCorrupt
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.store_connection import StoreConnection
from helm_logic.ledger.store_protocol import Entry
from helm_logic.ledger.store_schema import connect_read_only

__all__ = ["Entry", "StoreReader", "open_reader"]


class StoreReader(StoreConnection):
    """A log in an SQLite file that this process alone has open. Close it, or use `with`."""

    def check_storage(self) -> None:
        """Let SQLite check its own pages and indexes; raise StoreCorrupt."""
        problems = [row[0] for row in self._rows("PRAGMA integrity_check")]
        if problems != ["ok"]:
            raise StoreCorrupt(f"sqlite finds: {'; '.join(problems[:3])}")
        if self._row((int,), "SELECT size FROM head") != (self.size,):
            raise StoreCorrupt(f"store `{self._path}`: FROM head is not {self.size}")


def open_reader(
    path: Path, head_path: Path | None, *, origin: str, key: PublicKey, wait: float = 0.0
) -> StoreReader:
    """Open the log *origin*, signed by *key*, for reading while no other process holds it.

    *head_path* is its head guard; with None an archived copy is read, whose age nobody vouches for.
    *wait* is how many seconds to wait for another process. Raises ForkRefused, StoreCorrupt,
    StoreLocked, StoreReadOnly or StoreError.
    """
    store = StoreReader(connect_read_only(path, wait=wait), path, origin, key)
    with store._closing_on_error():  # noqa: SLF001 - its other half
        store._load()  # noqa: SLF001
        if head_path is not None:
            store._refuse_fork(head_path)  # noqa: SLF001
    return store
