# SPDX-License-Identifier: Apache-2.0
"""A process that appends to a PostgreSQL log until it is killed, and tells each acknowledgement.

    python -m tests.ledger.postgres_writer URL HEAD_GUARD RUN

Prints `index text` for every receipt once `append` has returned, and at a StoreError what it says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from helm_logic.errors import StoreError
from helm_logic.ledger.postgres import PostgresStore
from tests.ledger.crash_writer import tell
from tests.ledger.keyring import LOG, ORIGIN
from tests.ledger.logs import receipt


def main(url: str, head: str, run: str) -> None:
    """Append batches of one to seven receipts to the log at *url*."""
    with PostgresStore.open(url, Path(head), origin=ORIGIN, signer=LOG) as store:
        for turn in range(1_000_000):
            texts = [f"run {run} turn {turn} number {number}" for number in range(1 + turn % 7)]
            try:
                appended = store.append([receipt(text) for text in texts])
            except StoreError as error:
                tell(f"{type(error).__name__}: {error}")
                break
            tell(*(f"{one.index} {text}" for one, text in zip(appended, texts, strict=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
