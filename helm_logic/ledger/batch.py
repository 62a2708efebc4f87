# SPDX-License-Identifier: Apache-2.0
"""A batch on its way into a log: the rows that it becomes, its proofs, and why it may not enter.

Shared by every store; nothing here reads or writes one. A store prepares a batch against the right
edge of its tree, inserts the rows and the signed tree head in one transaction, and hands out the
proofs when that is durable. What breaks a uniqueness rule on the way in is named by `conflict`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

import attrs

from helm_logic.errors import AlreadyLogged, ApprovalConsumed, EnvelopeError, StoreError
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.leaf import digest_bytes, envelope_leaf
from helm_logic.ledger.merkle import Frontier, Node, inclusion_proofs, leaf_hash
from helm_logic.ledger.store_protocol import Appended, Record
from helm_logic.ledger.tlog_proof import TlogProof


@attrs.frozen
class Rows:
    """A batch as rows, with the tree after it (*frontier*) and before it (*before*).

    *entries* are (index, kind, digest, leaf, envelope), *nodes* all completed subtrees with the
    leaves, *blobs* maps digests to new content, *consumed* are (approval digest, index).
    """

    before: Frontier
    frontier: Frontier
    entries: list[tuple[int, int, bytes, bytes, bytes]] = attrs.field(factory=list)
    nodes: list[Node] = attrs.field(factory=list)
    blobs: dict[str, bytes] = attrs.field(factory=dict)
    consumed: list[tuple[bytes, int]] = attrs.field(factory=list)


def prepare(batch: Sequence[Record], before: Frontier, known_blobs: Container[str]) -> Rows:
    """Return *batch* as the rows that follow *before*; blobs in *known_blobs* are left out.

    Raises EnvelopeError naming the record that fits no leaf, or whose blobs or digests are wrong.
    """
    rows = Rows(before, before.copy())
    for position, record in enumerate(batch):
        index, envelope = rows.frontier.size, record.envelope
        try:
            leaf = envelope_leaf(record.kind, envelope)
            rows.consumed.extend((digest_bytes(one), index) for one in record.consumes)
            rows.blobs.update(_new_blobs(record, known_blobs))
        except EnvelopeError as error:
            raise EnvelopeError(f"record {position} of the batch: {error}") from None
        name = digest_bytes(envelope.digest)
        rows.entries.append((index, record.kind, name, leaf, envelope.to_bytes()))
        rows.nodes.extend(rows.frontier.append(leaf_hash(leaf)))
    return rows


def proofs(rows: Rows, note: bytes) -> tuple[Appended, ...]:
    """Return the entries of *rows*, each with its proof in the tree whose signed head is *note*."""
    # All siblings of a new leaf lie in the batch or are peaks of the tree before it.
    nodes = {(level, index): value for level, index, value in (*rows.before.peaks(), *rows.nodes)}
    first, size = rows.before.size, rows.frontier.size
    paths = inclusion_proofs(lambda level, index: nodes[level, index], range(first, size), size)
    return tuple(
        Appended(index, nodes[0, index], TlogProof(index, path, note))
        for index, path in enumerate(paths, start=first)
    )


def conflict(
    batch: Sequence[Record], is_consumed: Callable[[str], bool], is_logged: Callable[[str], bool]
) -> StoreError | None:
    """Return why *batch* may not enter, naming the first record at fault; None if it may."""
    used: set[str] = set()
    logged: set[str] = set()
    for position, record in enumerate(batch):
        where = f"record {position} of the batch"
        for approval in record.consumes:
            if approval in used or is_consumed(approval):
                return ApprovalConsumed(
                    f"{where}: approval `{approval}` was used before; ask for a new one",
                    position=position,
                    approval=approval,
                )
            used.add(approval)
        name = record.envelope.digest
        if name in logged or is_logged(name):
            return AlreadyLogged(f"{where}: the log holds `{name}` already", position=position)
        logged.add(name)
    return None


def _new_blobs(record: Record, known_blobs: Container[str]) -> dict[str, bytes]:
    new = {name: data for name, data in record.blobs.items() if name not in known_blobs}
    for name, data in new.items():
        if digest(data) != name:
            raise EnvelopeError(f"got a blob with digest {digest(data)} as `{name[:80]}`")
    return new
