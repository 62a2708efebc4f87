# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of RFC 6962 (RFC 9162 section 2.1): growing it, proving from it, verifying.

Invariants:
- A leaf hash is SHA-256(0x00 || leaf), a node hash SHA-256(0x01 || left || right): no node is a
  leaf.
- Verification computes the root a proof leads to and then compares; every proof has exactly one
  accepted length, known from the sizes before anything is hashed.
- Consistency from size 0 is always refused: an empty tree says nothing about its successor.

Levels count from the leaves: `nodes(level, index)` is the hash of the full subtree over the leaves
[index * 2**level, (index + 1) * 2**level). Full subtrees never change as the tree grows, so a
source of them is all that proofs at any size need, O(log size) reads each. `store` keeps them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from helm_logic.errors import ProofError

Nodes: TypeAlias = Callable[[int, int], bytes]

HASH_BYTES = 32
MAX_SIZE = 2**64 - 1
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of the leaf *data*."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over *left* and *right*."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Node(NamedTuple):
    """The hash of one full subtree of 2**level leaves."""

    level: int
    position: int  # its leaves begin at position * 2**level
    hash: bytes


class Frontier:
    """The right edge of a tree: its size and the roots of its maximal full subtrees, largest first.

    It is all that appending and the current root need.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self._size = size
        self._peaks = list(peaks)
        if not 0 <= size <= MAX_SIZE or len(self._peaks) != size.bit_count():
            raise ProofError(f"got {len(self._peaks)} peaks for a tree of {_shown(size)} leaves")

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def copy(self) -> Frontier:
        """Return an independent frontier of the same tree."""
        return Frontier(self._size, self._peaks)

    def append(self, leaf: bytes) -> list[Node]:
        """Add the leaf hash *leaf*; return the full subtrees it completes, the leaf first."""
        level, index, current = 0, self._size, leaf
        completed = [Node(0, index, leaf)]
        while index & 1:
            current = node_hash(self._peaks.pop(), current)
            level, index = level + 1, index >> 1
            completed.append(Node(level, index, current))
        self._peaks.append(current)
        self._size += 1
        return completed

    def peaks(self) -> list[Node]:
        """Return the maximal full subtrees, largest first."""
        return [
            Node(level, index, peak)
            for (level, index), peak in zip(peak_positions(self._size), self._peaks, strict=True)
        ]

    def root(self) -> bytes:
        """Return the root hash."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


class Tree:
    """A whole tree in memory: every full subtree it has had."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._frontier = Frontier()
        self._levels: list[list[bytes]] = []
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._frontier.size

    def append(self, leaf: bytes) -> None:
        """Add the leaf hash *leaf*."""
        for node in self._frontier.append(leaf):
            if node.level == len(self._levels):
                self._levels.append([])
            self._levels[node.level].append(node.hash)

    def root(self, size: int | None = None) -> bytes:
        """Return the root hash the tree had at *size*, or has now."""
        return root_at(self.node, self.size if size is None else size)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a full subtree; IndexError if it is not full yet."""
        return self._levels[level][index]


def peak_positions(size: int) -> list[tuple[int, int]]:
    """Return (level, index) of the maximal full subtrees over *size* leaves, largest first."""
    return [
        (level, (size >> level) - 1)
        for level in reversed(range(size.bit_length()))
        if size >> level & 1
    ]


def root_at(nodes: Nodes, size: int) -> bytes:
    """Return the root hash of the first *size* leaves."""
    return Frontier(size, [nodes(level, index) for level, index in peak_positions(size)]).root()


def inclusion_proof(nodes: Nodes, index: int, size: int) -> tuple[bytes, ...]:
    """Return the path from leaf *index* to the root of the first *size* leaves, bottom up.

    Raises ProofError unless 0 <= index < size.
    """
    return inclusion_proofs(nodes, range(index, index + 1), size)[0]


def inclusion_proofs(nodes: Nodes, indexes: range, size: int) -> list[tuple[bytes, ...]]:
    """Return the inclusion proofs of several leaves of one tree, sharing its right edge."""
    if indexes.start < 0 or indexes.stop > size:
        raise ProofError(f"got leaf {indexes.stop - 1} of a tree of {size} leaves")
    edge = _edge(nodes, size)
    return [tuple(_path(nodes, edge, index, size, 0)) for index in indexes]


def consistency_proof(nodes: Nodes, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Return the proof that the first *old_size* leaves are a prefix of the first *new_size*.

    Raises ProofError unless 0 < old_size <= new_size.
    """
    _validate_sizes(old_size, new_size)
    if old_size == new_size:
        return ()
    # The largest full subtree that ends where the old tree ends: the proof starts with it, unless
    # it is the old tree.
    level = _trailing_zeros(old_size)
    start = () if old_size == 1 << level else (nodes(level, (old_size - 1) >> level),)
    return (*start, *_path(nodes, _edge(nodes, new_size), old_size - 1, new_size, level))


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that *path* leads to from leaf hash *leaf*; ProofError if it is no path."""
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError(
            f"got leaf {_shown(index)} of a tree of {_shown(size)} leaves,"
            " want 0 <= index < size < 2^64"
        )
    sides = _sides(index, size, 0)
    _validate_hashes(path, len(sides))
    _validate_hashes((leaf,), 1)
    root = leaf
    for on_the_left, sibling in zip(sides, path, strict=True):
        root = node_hash(sibling, root) if on_the_left else node_hash(root, sibling)
    return root


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Return if *path* proves leaf hash *leaf* at *index* under *root*; else raise ProofError."""
    _compare(root_from_inclusion(leaf, index, size, path), root, "inclusion")


def roots_from_consistency(
    old_size: int, new_size: int, old_root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the old and the new root that *path* leads to; ProofError if it cannot be a proof.

    Where the old tree is one full subtree RFC 6962 leaves its hash out, so *old_root* starts.
    """
    _validate_sizes(old_size, new_size)
    if old_size == new_size:
        _validate_hashes(path, 0)
        return old_root, old_root
    level = _trailing_zeros(old_size)
    sides = _sides(old_size - 1, new_size, level)
    started = old_size == 1 << level
    _validate_hashes(path, len(sides) + (not started))
    old = new = old_root if started else path[0]
    _validate_hashes((old,), 1)
    for on_the_left, sibling in zip(sides, path if started else path[1:], strict=True):
        if on_the_left:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    return old, new


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Return if *path* proves that the new tree extends the old one; raise ProofError otherwise."""
    old, new = roots_from_consistency(old_size, new_size, old_root, path)
    _compare(old, old_root, "consistency (old root)")
    _compare(new, new_root, "consistency (new root)")


def _edge(nodes: Nodes, size: int) -> list[bytes | None]:
    # edge[level] covers the leaves after the last full subtree of that level; None if none are.
    edge: list[bytes | None] = []
    current: bytes | None = None
    for level in range(size.bit_length()):
        edge.append(current)
        if size >> level & 1:
            peak = nodes(level, (size >> level) - 1)
            current = peak if current is None else node_hash(peak, current)
    return edge


def _path(
    nodes: Nodes, edge: list[bytes | None], index: int, size: int, from_level: int
) -> list[bytes]:
    path = []
    for level in range(from_level, (size - 1).bit_length()):
        sibling = (index >> level) ^ 1
        if (sibling + 1) << level <= size:
            path.append(nodes(level, sibling))
        elif (partial := edge[level]) is not None and sibling == size >> level:
            path.append(partial)
    return path


def _sides(index: int, size: int, from_level: int) -> list[bool]:
    # One item per hash of the path from `from_level` up: is that sibling on the left? A node on the
    # right edge without a right sibling has none at its level and moves up as it is.
    last = size - 1
    return [
        bool(index >> level & 1)
        for level in range(from_level, last.bit_length())
        if index >> level & 1 or index >> level < last >> level
    ]


def _trailing_zeros(size: int) -> int:
    return (size & -size).bit_length() - 1


def _validate_sizes(old_size: int, new_size: int) -> None:
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise ProofError(
            f"got sizes {_shown(old_size)} and {_shown(new_size)}, want 0 < old <= new < 2^64"
        )


def _shown(number: int) -> str:
    # Python refuses to print integers of more than 4300 digits.
    return str(number) if number.bit_length() <= MAX_SIZE.bit_length() else "an overlong number"


def _validate_hashes(hashes: Sequence[bytes], count: int) -> None:
    if len(hashes) != count:
        raise ProofError(f"got a proof of {len(hashes)} hashes, want {count}")
    for one in hashes:
        if len(one) != HASH_BYTES:
            raise ProofError(f"got a hash of {len(one)} bytes, want {HASH_BYTES}")


def _compare(got: bytes, want: bytes, what: str) -> None:
    if got != want:
        raise ProofError(f"{what}: the proof leads to {got.hex()}, want {want.hex()}")
