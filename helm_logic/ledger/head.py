# SPDX-License-Identifier: Apache-2.0
"""The head guard: the last signed tree head, remembered in a small file outside the store.

A store that was restored from a backup, copied and grown twice, or that lost its tail is sound in
itself; only a memory outside it can tell. So a log acknowledges nothing before its tree head is
here, and a store that does not extend this tree head is not opened. The file is worth most in
another directory or on another disk than the store, and must move with it.

INVARIANT: the file is replaced in one step and durable before `write_head` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from helm_logic.errors import CheckpointError, ForkRefused, ProofError, SignatureError
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.durable import replace_file
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.merkle import verify_consistency
from helm_logic.ledger.note import MAX_NOTE_BYTES
from helm_logic.ledger.store_schema import failure

_RECOVER = "restore the newest copy of the store, or begin a new log under another origin"


def write_head(path: Path, note: bytes) -> None:
    """Remember the signed tree head *note* in *path*, durably; raise StoreError."""
    try:
        replace_file(path, note, 0o644)
    except OSError as error:
        raise failure(error, f"head guard `{path}`") from error


def read_head(path: Path, origin: str, key: PublicKey) -> Checkpoint | None:
    """Return the tree head of the log *origin* remembered in *path*, None if there is no file.

    Raises ForkRefused if the file holds anything else: then nothing is known of the last tree head.
    """
    try:
        with path.open("rb") as file:
            note = file.read(MAX_NOTE_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failure(error, f"head guard `{path}`") from error
    try:
        return verify_checkpoint(note, origin, key)
    except (CheckpointError, SignatureError) as error:
        raise ForkRefused(f"head guard `{path}` is no tree head of `{origin}`: {error}") from error


def refuse_fork(
    remembered: Checkpoint, now: Checkpoint, prove: Callable[[int, int], tuple[bytes, ...]]
) -> None:
    """Return if the tree head *now* extends *remembered*; raise ForkRefused otherwise.

    *prove* gives the consistency proof between two sizes of the store's tree.
    """
    if remembered.size > now.size:
        raise ForkRefused(
            f"the store has {now.size} entries and the head guard remembers {remembered.size}:"
            f" it lost its tail or is an old copy; {_RECOVER}"
        )
    try:
        path = prove(remembered.size, now.size)
        verify_consistency(remembered.size, now.size, remembered.root, now.root, path)
    except ProofError as error:
        raise ForkRefused(
            f"the store's {now.size} entries do not extend the {remembered.size} that the head"
            f" guard remembers: it was grown from a copy ({error}); {_RECOVER}"
        ) from error
