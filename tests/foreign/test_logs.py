# SPDX-License-Identifier: Apache-2.0
"""Go's x/mod accepts our proofs and tree heads, none with a bit off, and has our roots."""

from __future__ import annotations

from typing import Any

from helm_logic.ledger.merkle import Tree, consistency_proof, leaf_hash
from tests.foreign.samples import Samples, changed_proofs, proofs
from tests.foreign.verifiers import by_go, encoded

LEAVES = [b"leaf %d" % number * (number % 5) for number in range(48)]
TREE = Tree(map(leaf_hash, LEAVES))


def test_our_proofs_are_accepted_and_with_one_bit_changed_refused() -> None:
    """Of receipts and approvals; a bit of leaf, index, path, origin, size, root or signature."""
    samples = Samples(2026)
    good = [each for pack in samples.packs(20) for each in proofs(pack)]
    bad = [other for each in good for other in changed_proofs(each, samples.flip)]

    assert by_go(good) == [(True, "")] * len(good) == [(True, "")] * 60
    assert [why for accepted, why in by_go(bad) if accepted] == []


def test_roots_of_every_size_are_the_same() -> None:
    """From the empty tree to one of 48 leaves, some of them empty."""
    asked = [
        {"kind": "root", "leaves": [encoded(each) for each in LEAVES[:size]]}
        for size in range(1, 49)
    ]
    assert by_go(asked) == [(True, encoded(TREE.root(size))) for size in range(1, 49)]


def test_our_consistency_proofs_are_accepted_and_with_one_bit_changed_refused() -> None:
    """Between any two of the sizes; a bit of either root or of any hash of the path."""
    samples = Samples(7)
    good, bad = [], []
    for new in range(1, 49, 3):
        for old in range(1, new + 1, 2):
            path = consistency_proof(TREE.node, old, new)
            hashes = [TREE.root(old), TREE.root(new), *path]
            good.append(_consistency(old, new, hashes))
            for place, each in enumerate(hashes):
                changed = [*hashes[:place], samples.flip(each), *hashes[place + 1 :]]
                bad.append(_consistency(old, new, changed))

    assert by_go(good) == [(True, "")] * len(good)
    assert not any(accepted for accepted, _ in by_go(bad))


def _consistency(old: int, new: int, hashes: list[bytes]) -> dict[str, Any]:
    first, second, *path = map(encoded, hashes)
    sizes = {"kind": "consistency", "old": old, "new": new}
    return {**sizes, "oldRoot": first, "newRoot": second, "path": path}
