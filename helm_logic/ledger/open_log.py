# SPDX-License-Identifier: Apache-2.0
"""Opening a log by what the settings call it: the one place that knows which stores there are.

A log is named by a path, relative to the policy folder, and its head guard by another.
"""

from __future__ import annotations

from pathlib import Path

from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.store import SqliteStore
from helm_logic.ledger.store_protocol import Log, Store
from helm_logic.ledger.store_reader import open_reader


def open_store(  # noqa: PLR0913 - what a log is named by, and its keys
    folder: Path, ledger: str, head: str, *, origin: str, signer: Signer, wait: float = 0.0
) -> Store:
    """Open the log *ledger* of the policy folder *folder* for appending; raise StoreError."""
    return SqliteStore.open(folder / ledger, folder / head, origin=origin, signer=signer, wait=wait)


def open_log(  # noqa: PLR0913 - what a log is named by, and its key
    folder: Path, ledger: str, head: str | None, *, origin: str, key: PublicKey, wait: float = 0.0
) -> Log:
    """Open the log *ledger* of the policy folder *folder* for reading; raise StoreError.

    With no *head* an archived copy is read, whose age nobody vouches for.
    """
    guard = None if head is None else folder / head
    return open_reader(folder / ledger, guard, origin=origin, key=key, wait=wait)
