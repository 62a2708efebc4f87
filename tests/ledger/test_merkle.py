# SPDX-License-Identifier: Apache-2.0
"""The tree against the RFC's own definitions, foreign vectors and altered proofs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import ProofError
from helm_logic.ledger.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    Tree,
    consistency_proof,
    inclusion_proof,
    inclusion_proofs,
    leaf_hash,
    node_hash,
    root_at,
    root_from_inclusion,
    roots_from_consistency,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger import rfc6962
from tests.ledger.vectors import load, load_all

ENTRIES = tuple(b"entry %d" % number for number in range(131))
TREE = Tree(leaf_hash(entry) for entry in ENTRIES)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _verifies(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except ProofError:
        return False
    return True


@pytest.mark.parametrize("size", range(len(ENTRIES) + 1))
def test_roots_and_inclusion_proofs_are_those_of_the_rfc(size: int) -> None:
    """Every root, and every proof of every leaf, is what the recursive definition gives."""
    entries = ENTRIES[:size]
    root = rfc6962.mth(entries)

    assert TREE.root(size) == root
    for index, path in enumerate(inclusion_proofs(TREE.node, range(size), size)):
        assert list(path) == rfc6962.path(index, entries)
        verify_inclusion(leaf_hash(entries[index]), index, size, path, root)


@pytest.mark.parametrize("new_size", range(1, 41))
def test_consistency_proofs_are_those_of_the_rfc(new_size: int) -> None:
    """Every pair of sizes has the proof of the recursive definition, and it verifies."""
    for old_size in range(1, new_size + 1):
        path = consistency_proof(TREE.node, old_size, new_size)

        assert list(path) == rfc6962.proof(old_size, ENTRIES[:new_size])
        old_root, new_root = TREE.root(old_size), TREE.root(new_size)
        verify_consistency(old_size, new_size, old_root, new_root, path)


def test_foreign_inclusion_vectors() -> None:
    """transparency-dev's 98 inclusion cases: 6 verify, the 92 altered ones are refused."""
    cases = load_all("merkle/inclusion")
    verified = {
        name
        for name, case in cases.items()
        if _verifies(
            verify_inclusion,
            _bytes(case["leafHash"]),
            case["leafIdx"],
            case["treeSize"],
            [_bytes(one) for one in case["proof"] or ()],
            _bytes(case["root"]),
        )
    }

    assert verified == {name for name, case in cases.items() if not case["wantErr"]}
    assert (len(cases), len(verified)) == (98, 6)


def test_foreign_consistency_vectors() -> None:
    """transparency-dev's 98 consistency cases: 6 verify, the 92 altered ones are refused."""
    cases = load_all("merkle/consistency")
    verified = {
        name
        for name, case in cases.items()
        if _verifies(
            verify_consistency,
            case["size1"],
            case["size2"],
            _bytes(case["root1"]),
            _bytes(case["root2"]),
            [_bytes(one) for one in case["proof"] or ()],
        )
    }

    assert verified == {name for name, case in cases.items() if not case["wantErr"]}
    assert (len(cases), len(verified)) == (98, 6)


def test_a_foreign_log_has_the_same_roots_and_proofs() -> None:
    """Roots 1 to 8, inclusion and consistency proofs of helm-ai-kernel's golden log."""
    golden = load("helm/translog/rfc6962_golden.json")
    tree = Tree(leaf_hash(bytes.fromhex(leaf)) for leaf in golden["leaves"])

    assert [tree.root(size).hex() for size in range(1, 9)] == golden["roots"]
    for one in golden["inclusion_proofs"]:
        path = inclusion_proof(tree.node, one["leaf_index"], one["tree_size"])
        assert [step.hex() for step in path] == one["audit_path"]
    for one in golden["consistency_proofs"]:
        path = consistency_proof(tree.node, one["old_size"], one["new_size"])
        assert [step.hex() for step in path] == one["consistency_path"]


def test_empty_and_single() -> None:
    """The empty tree hashes nothing; one leaf is its own root and needs no path."""
    assert EMPTY_ROOT == hashlib.sha256(b"").digest() == Tree().root() == Frontier().root()
    leaf = leaf_hash(b"only")

    assert Tree([leaf]).root() == leaf
    assert root_from_inclusion(leaf, 0, 1, ()) == leaf


def test_a_leaf_is_not_a_node() -> None:
    """The prefixes keep a leaf that spells out two hashes from being taken for their parent."""
    left, right = leaf_hash(b"left"), leaf_hash(b"right")

    assert leaf_hash(left + right) != Tree([left, right]).root()


@given(st.integers(1, 131), st.data())
def test_a_frontier_grows_as_the_tree_does(size: int, data: st.DataObject) -> None:
    """From any size on, appending to the right edge alone gives the roots of the whole tree."""
    start = data.draw(st.integers(0, size))
    frontier = Frontier()
    for entry in ENTRIES[:start]:
        frontier.append(leaf_hash(entry))
    grown = frontier.copy()
    for entry in ENTRIES[start:size]:
        for node in grown.append(leaf_hash(entry)):
            assert TREE.node(node.level, node.position) == node.hash

    assert (grown.size, grown.root()) == (size, TREE.root(size))
    assert (frontier.size, frontier.root()) == (start, TREE.root(start))
    assert all(TREE.node(level, place) == value for level, place, value in grown.peaks())


@given(st.integers(1, 131), st.data())
def test_an_altered_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    """Another leaf, index, root, or path (one bit, one hash less, one more) does not verify."""
    index = data.draw(st.integers(0, size - 1))
    leaf, root = leaf_hash(ENTRIES[index]), TREE.root(size)
    path = inclusion_proof(TREE.node, index, size)
    bad: list[tuple[bytes, int, tuple[bytes, ...], bytes]] = [
        (_flip(leaf, data), index, path, root),
        (leaf, index, path, _flip(root, data)),
        (leaf, index, (*path, root), root),
        (leaf, index, (root, *path), root),
        (leaf[:-1], index, path, root),
        *((leaf, other, path, root) for other in range(size) if other != index),
    ]
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        flipped = (*path[:place], _flip(path[place], data), *path[place + 1 :])
        short = (*path[:place], path[place][:-1], *path[place + 1 :])
        bad += [(leaf, index, other, root) for other in (flipped, short, path[1:], path[:-1])]

    for one in bad:
        with pytest.raises(ProofError):
            verify_inclusion(one[0], one[1], size, one[2], one[3])


@given(st.integers(1, 131), st.data())
def test_an_altered_consistency_proof_is_refused(new_size: int, data: st.DataObject) -> None:
    """Other roots or another path do not verify, and neither do swapped sizes."""
    old_size = data.draw(st.integers(1, new_size))
    old, new = TREE.root(old_size), TREE.root(new_size)
    path = consistency_proof(TREE.node, old_size, new_size)
    bad = [(_flip(old, data), new, path), (old, _flip(new, data), path), (old, new, (*path, old))]
    if old_size != new_size:
        place = data.draw(st.integers(0, len(path) - 1))
        flipped = (*path[:place], _flip(path[place], data), *path[place + 1 :])
        bad += [(new, old, path), (old, new, path[1:]), (old, new, path[:-1]), (old, new, flipped)]
        with pytest.raises(ProofError, match="want 0 < old <= new"):
            verify_consistency(new_size, old_size, new, old, path)

    for one in bad:
        with pytest.raises(ProofError):
            verify_consistency(old_size, new_size, *one)


def test_sizes_are_bounded_before_they_are_used() -> None:
    """Sizes beyond 64 bits, negative ones and an empty old tree are errors, never long loops."""
    leaf = leaf_hash(b"")
    huge = 1 << 100_000

    for index, size in ((0, 0), (-1, 1), (1, 1), (0, MAX_SIZE + 1), (huge - 1, huge)):
        with pytest.raises(ProofError, match="want 0 <= index < size"):
            root_from_inclusion(leaf, index, size, ())
    for old, new in ((0, 0), (0, 1), (2, 1), (-1, 1), (1, MAX_SIZE + 1), (huge, huge)):
        with pytest.raises(ProofError, match="want 0 < old <= new"):
            roots_from_consistency(old, new, leaf, ())
        with pytest.raises(ProofError, match="want 0 < old <= new"):
            consistency_proof(TREE.node, old, new)


def test_the_largest_tree_has_proofs_of_64_hashes() -> None:
    """At 2^64 - 1 leaves, path lengths are still exact: 64 from the left, 63 from the last."""
    leaf = leaf_hash(b"")

    assert root_from_inclusion(leaf, 0, MAX_SIZE, [leaf] * 64)
    assert root_from_inclusion(leaf, MAX_SIZE - 1, MAX_SIZE, [leaf] * 63)
    with pytest.raises(ProofError, match="got a proof of 64 hashes, want 63"):
        root_from_inclusion(leaf, MAX_SIZE - 1, MAX_SIZE, [leaf] * 64)
    assert MAX_SIZE == 18446744073709551615
    assert roots_from_consistency(MAX_SIZE, MAX_SIZE, leaf, ()) == (leaf, leaf)
    assert Frontier(MAX_SIZE, [leaf] * 64).size == MAX_SIZE


def test_a_starting_hash_of_another_length_is_refused() -> None:
    """An old root that is hashed has 32 bytes, or its end could pass for its sibling's start."""
    leaf = leaf_hash(b"")
    for old in (leaf + b"x", leaf[:-1], b""):
        with pytest.raises(ProofError, match="got a hash of"):
            verify_consistency(1, 2, old, node_hash(old, leaf), [leaf])


def test_proofs_of_what_the_tree_has_not_are_refused() -> None:
    """A leaf outside the tree has no proof, and a frontier has as many peaks as its size says."""
    for index in (-1, 5):
        with pytest.raises(ProofError, match="of a tree of 5 leaves"):
            inclusion_proof(TREE.node, index, 5)
    with pytest.raises(ProofError, match="got 1 peaks for a tree of 3 leaves"):
        Frontier(3, [EMPTY_ROOT])
    with pytest.raises(ProofError):
        Frontier(-1)
    assert root_at(TREE.node, 0) == EMPTY_ROOT


def _flip(value: bytes, data: st.DataObject) -> bytes:
    """Return *value* with one bit changed."""
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    return bytes(byte ^ (1 << bit % 8) * (place == bit // 8) for place, byte in enumerate(value))
