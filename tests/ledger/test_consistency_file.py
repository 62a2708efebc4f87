# SPDX-License-Identifier: Apache-2.0
"""The consistency proof as a file: one byte form, the one that witnesses read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import CheckpointError, ProofError, SignatureError
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.consistency_file import ConsistencyFile, parse_consistency
from helm_logic.ledger.merkle import Tree, consistency_proof, leaf_hash
from tests.ledger.keyring import ENGINE, LOG, ORIGIN

KEY = LOG.public_key
TREE = Tree(leaf_hash(b"entry %d" % number) for number in range(21))


def head(size: int, signer: object = LOG, origin: str = ORIGIN) -> bytes:
    """Return the signed tree head of *size*."""
    return sign_checkpoint(Checkpoint(origin, size, TREE.root(size)), signer)  # type: ignore[arg-type]


def proof(old: int, new: int) -> ConsistencyFile:
    """Return the proof that the tree of *new* extends that of *old*."""
    return ConsistencyFile(old, consistency_proof(TREE.node, old, new), head(new))


@given(st.integers(1, 21), st.integers(1, 21))
def test_print_parse_verify(one: int, two: int) -> None:
    """Any two sizes: the file reads back, and proves what it says."""
    old, new = sorted((one, two))
    good = proof(old, new)

    assert parse_consistency(good.to_bytes()) == good
    assert [each.size for each in good.verify(head(old), ORIGIN, KEY)] == [old, new]


def test_the_layout_is_that_of_the_specification() -> None:
    """The old size, one hash a line, an empty line, the checkpoint verbatim."""
    data = proof(4, 7).to_bytes()
    lines = data.decode().split("\n")

    assert lines[0] == "old 4"
    assert [len(line) for line in lines[1:4]] == [44, 0, len(ORIGIN)]
    assert data.endswith(b"\n\n" + head(7))
    assert proof(7, 7).to_bytes() == b"old 7\n\n" + head(7)


def test_every_flipped_bit_is_refused() -> None:
    """No bit of the file may change."""
    data = proof(5, 13).to_bytes()
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8

        with pytest.raises((CheckpointError, ProofError, SignatureError)):
            parse_consistency(bytes(changed)).verify(head(5), ORIGIN, KEY)


def test_the_older_checkpoint_must_be_the_right_one() -> None:
    """Of another size, another tree, another log or another key it proves nothing."""
    good = proof(5, 13)
    other = sign_checkpoint(Checkpoint(ORIGIN, 5, bytes(32)), LOG)
    for old in (head(6), other, head(5, ENGINE), head(5, LOG, "example.com/other"), b""):
        with pytest.raises((CheckpointError, ProofError, SignatureError)):
            good.verify(old, ORIGIN, KEY)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"old 1\n", b"new 1\n\n", b"old 01\n\n", b"old -1\n\n", b"old 1\nAAAA\n\n",
        "old \u0661\n\n".encode(), b"old 1\n" + b"A" * 43 + b"=\n" * 70 + b"\n", b"old 1" * 90_000,
    ],
)  # fmt: skip
def test_other_bytes_are_no_proof(data: bytes) -> None:
    """Refused by name, whatever follows."""
    with pytest.raises(CheckpointError):
        parse_consistency(data + head(3))
