# SPDX-License-Identifier: Apache-2.0
"""The check of a whole log: everything stored is computed again from the entries.

It believes only the entries' bytes and the log's key. Opening a log compares its last tree head
with the tree's right edge, in O(log size); this reads every row. Whose signature an entry should
carry is known elsewhere.
"""
# ruff: noqa: SLF001 - a part of the store, kept in its own file

from __future__ import annotations

import attrs

from helm_logic.errors import StoreCorrupt
from helm_logic.ledger.leaf import digest_text
from helm_logic.ledger.merkle import Frontier
from helm_logic.ledger.store_reader import StoreReader


@attrs.frozen
class FsckReport:
    """How much was read and found sound."""

    entries: int
    checkpoints: int
    blobs: int


def fsck(store: StoreReader) -> FsckReport:
    """Read all of *store*; raise StoreCorrupt naming the first thing that is not sound."""
    problems = [row[0] for row in store._rows("PRAGMA integrity_check")]
    if problems != ["ok"]:
        raise StoreCorrupt(f"sqlite finds: {'; '.join(problems[:3])}")
    frontier, nodes, heads = Frontier(), 0, 0
    for entry in store:
        if entry.index != frontier.size:
            raise StoreCorrupt(f"entry {frontier.size} is missing")
        completed = frontier.append(entry.leaf_hash)
        if any(store._node(node.level, node.position) != node.hash for node in completed):
            raise StoreCorrupt(f"a node above entry {entry.index} is not the hash of its children")
        nodes += len(completed) - 1
        heads += _tree_head(store, frontier)
    _require_count(store, "SELECT size FROM head", frontier.size)
    _require_count(store, "SELECT count(*) FROM node", nodes)
    _require_count(store, "SELECT count(*) FROM checkpoint", heads)
    blobs = store._rows("SELECT digest FROM blob")
    for (digest,) in blobs:
        store.blob(digest_text(digest))
    return FsckReport(frontier.size, heads, len(blobs))


def _tree_head(store: StoreReader, frontier: Frontier) -> int:
    row = store._row("SELECT note FROM checkpoint WHERE size = ?", frontier.size)
    if row is None:
        return 0
    head = store._verified(row[0])
    if (head.size, head.root) != (frontier.size, frontier.root()):
        raise StoreCorrupt(f"the tree head of size {frontier.size} is not that of its entries")
    return 1


def _require_count(store: StoreReader, query: str, want: int) -> None:
    row = store._row(query)
    if row != (want,):
        raise StoreCorrupt(f"got {row} for `{query}`, the entries give {want}")
