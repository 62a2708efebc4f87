# SPDX-License-Identifier: Apache-2.0
"""The check of a whole log: everything stored is computed again from the entries.

It believes only the entries' bytes and the log's key. Opening a log compares its last tree head
with the tree's right edge, in O(log size); this reads every row. That every tree head is the root
of the entries before it also means that no two of them contradict each other. Whose signature an
entry should carry, and what entries say about each other, is `receipts/log_audit`.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from helm_logic.errors import CheckpointError, SignatureError, StoreCorrupt
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.merkle import Frontier
from helm_logic.ledger.store_protocol import Entry, Log


@attrs.frozen
class FsckReport:
    """How much was read and found sound."""

    entries: int
    checkpoints: int
    blobs: int
    consumed: int


def fsck(
    log: Log,
    look: Callable[[Entry], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> FsckReport:
    """Read all of *log*; raise StoreCorrupt naming the first thing that is not sound.

    *look* is given every entry, once its bytes are known to be sound; *progress* how many of how
    many rows are read.
    """
    counts = log.counts()
    total = counts.entries + counts.blobs
    progress(0, total)
    log.check_storage()
    frontier, nodes, heads = Frontier(), 0, _Heads(log)
    for entry in log.entries():
        if entry.index != frontier.size:
            raise StoreCorrupt(f"entry {frontier.size} is missing")
        completed = frontier.append(entry.leaf_hash)
        if any(log.node(node.level, node.position) != node.hash for node in completed[1:]):
            raise StoreCorrupt(f"a node above entry {entry.index} is not the hash of its children")
        nodes += len(completed) - 1
        heads.compare(frontier)
        look(entry)
        progress(frontier.size, total)
    _require_count("entries", log.size, frontier.size)
    _require_count("nodes", counts.nodes, nodes)
    _require_count("tree heads", counts.checkpoints, heads.compared)
    blobs = 0
    for blobs, name in enumerate(log.blobs(), start=1):
        log.blob(name)
        progress(frontier.size + blobs, total)
    return FsckReport(frontier.size, heads.compared, blobs, _consumed(log))


class _Heads:
    """The tree heads of a log, compared in order with the tree as it grows."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._notes = log.checkpoints()
        self._next: Checkpoint | None = None
        self.compared = 0
        self._advance()

    def compare(self, frontier: Frontier) -> None:
        if self._next is None or self._next.size > frontier.size:
            return
        if (self._next.size, self._next.root) != (frontier.size, frontier.root()):
            raise StoreCorrupt(
                f"the tree head of size {self._next.size} is not that of its entries"
            )
        self.compared += 1
        self._advance()

    def _advance(self) -> None:
        note = next(self._notes, None)
        try:
            verified = note and verify_checkpoint(note, self._log.origin, self._log.key)
        except (CheckpointError, SignatureError) as error:
            raise StoreCorrupt(f"a tree head is not the expected log's: {error}") from error
        self._next = verified or None


def _consumed(log: Log) -> int:
    count = 0
    for approval, index in log.consumed():
        if not 0 <= index < log.size or log.entry(index).kind is not Kind.RECEIPT:
            raise StoreCorrupt(f"approval `{approval}` is used up by {index}, which is no receipt")
        count += 1
    return count


def _require_count(what: str, got: int, want: int) -> None:
    if got != want:
        raise StoreCorrupt(f"got {got} {what}, the entries give {want}")
