# SPDX-License-Identifier: Apache-2.0
"""Opening a log by what the settings call it: the one place that knows which stores there are.

A log is named by a path, relative to the policy folder, or by the URL of a PostgreSQL database; its
head guard always by a path. The PostgreSQL driver is an extra and loaded for such a URL only.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from helm_logic.errors import StoreError
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.store import SqliteStore
from helm_logic.ledger.store_protocol import URL_SCHEMES, Log, Store
from helm_logic.ledger.store_reader import open_reader


def create_store(folder: Path, ledger: str, head: str, *, origin: str, signer: Signer) -> Store:
    """Make the log *ledger* of the policy folder *folder*, with its config as entry 0.

    Raises ForkRefused if the head guard exists, StoreError if there is a log already.
    """
    if ledger.startswith(URL_SCHEMES):
        _require_driver()
        from helm_logic.ledger.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore.create(ledger, folder / head, origin=origin, signer=signer)
    return SqliteStore.create(folder / ledger, folder / head, origin=origin, signer=signer)


def open_store(  # noqa: PLR0913 - what a log is named by, and its keys
    folder: Path, ledger: str, head: str, *, origin: str, signer: Signer, wait: float = 0.0
) -> Store:
    """Open the log *ledger* of the policy folder *folder* for appending; raise StoreError."""
    if ledger.startswith(URL_SCHEMES):
        _require_driver()
        from helm_logic.ledger.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore.open(ledger, folder / head, origin=origin, signer=signer, wait=wait)
    return SqliteStore.open(folder / ledger, folder / head, origin=origin, signer=signer, wait=wait)


def open_log(  # noqa: PLR0913 - what a log is named by, and its key
    folder: Path, ledger: str, head: str | None, *, origin: str, key: PublicKey, wait: float = 0.0
) -> Log:
    """Open the log *ledger* of the policy folder *folder* for reading; raise StoreError.

    With no *head* an archived copy is read, whose age nobody vouches for.
    """
    guard = None if head is None else folder / head
    if ledger.startswith(URL_SCHEMES):
        _require_driver()
        from helm_logic.ledger.postgres_reader import open_postgres_reader  # noqa: PLC0415

        return open_postgres_reader(ledger, guard, origin=origin, key=key, wait=wait)
    return open_reader(folder / ledger, guard, origin=origin, key=key, wait=wait)


def _require_driver() -> None:
    if find_spec("psycopg") is None:
        raise StoreError(
            "a log in PostgreSQL needs psycopg; install it: pip install 'helm-logic[postgres]'"
        )
