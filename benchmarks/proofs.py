# SPDX-License-Identifier: Apache-2.0
"""Proofs by the size of the log, and what verifying takes: a proof, a receipt, a pack.

Up to a million entries the log is an SQLite file and proofs are read from it. Beyond that only the
tree is made, in memory: its proofs are the same hashes, and reading them is not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import attrs

from benchmarks.scene import ENGINE, LOG, NOW, ORIGIN, deploy_scene, new_store
from benchmarks.table import Figure, Table, figure_table, number
from benchmarks.timing import TINY, Effort, interleave
from helm_logic.guard.journal import Journal
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.envelope import sign
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_at,
    verify_consistency,
)
from helm_logic.ledger.store import Record, SqliteStore
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts import verify
from helm_logic.receipts.logged import logged_receipt
from helm_logic.receipts.logged_pack import logged_pack
from helm_logic.receipts.pack_verify import verify_pack
from helm_logic.receipts.verify import Trust

STORED: Final = (1_000, 10_000, 100_000, 1_000_000)
LARGEST: Final = 10_000_000
_BATCH: Final = 1024
_HASH: Final = 32
_EFFORT: Final = Effort(rounds=21, calls=16)
_TYPE: Final = "application/vnd.in-toto+json"


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table by size, and that of what is verified."""
    effort = TINY if tiny else _EFFORT
    rows: list[tuple[str, ...]] = []
    figures: list[Figure] = []
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        for size in (10, 20) if tiny else STORED:
            _fill(store, size)
            rows.append(_measure(_of_store(store), effort, figures))
    rows.append(_measure(_of_tree(40 if tiny else LARGEST), effort, figures))
    heads = ("entries", "hashes", "bytes", "read, µs", "verified, µs", "consistency: bytes", "µs")
    how = (
        f"CPU time, {effort.text}, at places all over the log. A proof is a `tlog-proof` file with"
        " its signed tree head, which is parsed and verified too; the consistency proof is from"
        " half the size."
    )
    yield Table("Proofs by size of the log", how, heads, tuple(rows), tuple(figures))
    yield _verified(effort)


@attrs.frozen
class _Log:
    """As much of a log as proofs need; *prove* reads one from where it is stored, if it is."""

    size: int
    node: Callable[[int, int], bytes]
    note: bytes
    prove: Callable[[int], TlogProof] | None

    def proof(self, index: int) -> TlogProof:
        """Return the proof that entry *index* is included."""
        if self.prove is not None:
            return self.prove(index)
        return TlogProof(index, inclusion_proof(self.node, index, self.size), self.note)


def _fill(store: SqliteStore, size: int) -> None:
    for start in range(store.size, size, _BATCH):
        count = min(_BATCH, size - start)
        store.append(
            [
                Record(Kind.RECEIPT, sign(_TYPE, b"receipt %d" % each, ENGINE))
                for each in range(start, start + count)
            ]
        )


def _of_store(store: SqliteStore) -> _Log:
    return _Log(store.size, store.node, store.checkpoint(), store.inclusion)


def _of_tree(size: int) -> _Log:
    levels = [bytearray().join(leaf_hash(b"receipt %d" % each) for each in range(size))]
    while (below := levels[-1]) and len(below) > _HASH:
        pairs = range(0, len(below) // _HASH // 2 * 2 * _HASH, 2 * _HASH)
        levels.append(
            bytearray().join(
                node_hash(bytes(below[one : one + _HASH]), bytes(below[one + _HASH : one + 64]))
                for one in pairs
            )
        )

    def node(level: int, index: int) -> bytes:
        return bytes(levels[level][index * _HASH : (index + 1) * _HASH])

    note = sign_checkpoint(Checkpoint(ORIGIN, size, root_at(node, size)), LOG)
    return _Log(size, node, note, None)


def _measure(log: _Log, effort: Effort, figures: list[Figure]) -> tuple[str, ...]:
    places = [log.size * part // 97 for part in range(97)]
    proofs = [log.proof(index).to_bytes() for index in places]
    leaves = [log.node(0, index) for index in places]
    old, roots = log.size // 2, (root_at(log.node, log.size // 2), root_at(log.node, log.size))
    path = consistency_proof(log.node, old, log.size)

    def verify_one(call: int) -> None:
        which = call % len(places)
        head = parse_tlog_proof(proofs[which]).verify(leaves[which], ORIGIN, LOG.public_key)
        assert head.size == log.size

    sides = {
        "read": lambda call: log.proof(places[call % len(places)]),
        "verified": verify_one,
        "consistent": lambda _: verify_consistency(old, log.size, *roots, path),
    }
    spent = {name: timing.cpu for name, timing in interleave(sides, effort).items()}
    hashes = max(len(parse_tlog_proof(proof).path) for proof in proofs)
    size = max(map(len, proofs))
    figures.append(
        Figure(f"proof of one of {log.size:,} entries, verified", spent["verified"], "µs")
    )
    read = "" if log.prove is None else number(spent["read"])
    consistency = str(len(path) * _HASH), number(spent["consistent"])
    return f"{log.size:,}", str(hashes), str(size), read, number(spent["verified"]), *consistency


def _verified(effort: Effort) -> Table:
    """Return how many receipts and packs are verified in a second."""
    scene = deploy_scene(3)
    trust = Trust((ENGINE.public_key,), ORIGIN, LOG.public_key)
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        rulings = [
            scene.evaluator().rule(scene.request(each), NOW, Journal(store)) for each in range(8)
        ]
        store.append([record for ruling in rulings for record in ruling.records()])
        names = [ruling.envelope.digest for ruling in rulings]
        receipts = [logged_receipt(store, name).to_bytes() for name in names]
        packs = [logged_pack(store, name).to_bytes() for name in names]
    sides = {
        "receipts, signature to derivation": lambda call: verify(receipts[call % 8], trust),
        "packs, the same and their bytes": lambda call: verify_pack(packs[call % 8], trust),
    }
    timings = interleave(sides, effort)
    figures = [
        Figure(f"verified: {name}", 1e6 / timing.cpu, "/s", best=1e6 / timing.best)
        for name, timing in timings.items()
    ]
    how = f"By CPU time, {effort.text}; receipts of a chain of 3 links, each with its proof."
    return figure_table("Verifying", how, figures)
