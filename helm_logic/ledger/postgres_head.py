# SPDX-License-Identifier: Apache-2.0
"""The head guard of a host whose processes share one log.

`head` replaces the file for the one process that holds an SQLite log. Here several processes of a
host may append in turn, so a lock on a file beside it orders them.

INVARIANT: the remembered tree head never becomes a smaller one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helm_logic.errors import CheckpointError
from helm_logic.ledger.checkpoint import parse_checkpoint
from helm_logic.ledger.head import write_head
from helm_logic.ledger.store_schema import failure


def advance_head(path: Path, note: bytes) -> None:
    """Remember the signed tree head *note* in *path*, unless a larger one is; raise StoreError."""
    with _locked(path):
        if _size(path) < parse_checkpoint(note).size:
            write_head(path, note)


def _size(path: Path) -> int:
    # The size that is remembered, -1 if none is. Opening refuses a guard that is no tree head.
    try:
        return parse_checkpoint(path.read_bytes()).size
    except (OSError, CheckpointError):
        return -1


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    beside = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise failure(error, f"head guard `{path}`") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
