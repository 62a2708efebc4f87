# SPDX-License-Identifier: Apache-2.0
"""The tlog-proof file: one byte form, and no byte of it may change."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import CheckpointError, ProofError, SignatureError
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.merkle import Tree, inclusion_proof, leaf_hash
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from tests.ledger.keyring import ENGINE, LOG, ORIGIN

LEAVES = [leaf_hash(b"entry %d" % number) for number in range(21)]


def proof(index: int, size: int) -> TlogProof:
    """Return the proof of leaf *index* in a tree of *size* leaves."""
    tree = Tree(LEAVES[:size])
    note = sign_checkpoint(Checkpoint(ORIGIN, size, tree.root()), LOG)
    return TlogProof(index, inclusion_proof(tree.node, index, size), note)


@given(st.integers(1, 21), st.data())
def test_print_parse_verify(size: int, data: st.DataObject) -> None:
    """Every leaf of every small tree: the file reads back and proves the leaf."""
    index = data.draw(st.integers(0, size - 1))
    good = proof(index, size)

    assert parse_tlog_proof(good.to_bytes()) == good
    assert good.verify(LEAVES[index], ORIGIN, LOG.public_key).size == size
    with pytest.raises(ProofError):
        good.verify(LEAVES[index - 1] if size > 1 else LEAVES[1], ORIGIN, LOG.public_key)


def test_the_layout_is_that_of_the_specification() -> None:
    """Header, index, one hash a line, an empty line, the checkpoint verbatim."""
    good = proof(2, 3)
    lines = good.to_bytes().decode().split("\n")

    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert [len(lines[2]), lines[3], lines[4]] == [44, "", ORIGIN]
    assert good.to_bytes().endswith(b"\n\n" + good.checkpoint)
    assert (
        proof(0, 1).to_bytes().startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + ORIGIN.encode())
    )


def test_every_flipped_bit_is_refused() -> None:
    """No bit of the file may change."""
    data = proof(5, 13).to_bytes()
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8

        with pytest.raises((CheckpointError, ProofError, SignatureError)):
            parse_tlog_proof(bytes(changed)).verify(LEAVES[5], ORIGIN, LOG.public_key)


def test_every_lost_repeated_or_swapped_line_is_refused() -> None:
    """Lines may not be dropped, doubled, exchanged or cut short."""
    data = proof(5, 13).to_bytes()
    lines = data.splitlines(keepends=True)
    changed = [data[:length] for length in range(len(data))]
    for place, line in enumerate(lines):
        changed.append(b"".join([*lines[:place], *lines[place + 1 :]]))
        changed.append(b"".join([*lines[:place], line, *lines[place:]]))
        if place:
            swapped = [*lines[: place - 1], line, lines[place - 1], *lines[place + 1 :]]
            changed.append(b"".join(swapped))

    for one in changed:
        with pytest.raises((CheckpointError, ProofError, SignatureError)):
            parse_tlog_proof(one).verify(LEAVES[5], ORIGIN, LOG.public_key)


GOOD = proof(5, 13).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"\nindex 5", b""),
        GOOD.replace(b"\nindex 5", b"\nextra QQ==\nindex 5"),
        GOOD.replace(b"index 5", b"index 05"),
        GOOD.replace(b"index 5", b"index -5"),
        GOOD.replace(b"index 5", b"index 18446744073709551616"),
        GOOD.replace(b"index 5", b"index 5\nQQ=="),
        GOOD.replace(b"index 5", b"index 5\n" + GOOD.splitlines()[2] * 2),
        GOOD.replace(b"index 5", "index é".encode()),
        GOOD.replace(b"index 5", b"index 5\n" + b"\n".join([GOOD.splitlines()[2]] * 64)),
        GOOD.replace(b"\n", b"\r\n"),
        b"c2sp.org/tlog-proof@v1\n\n" + GOOD.split(b"\n\n", 1)[1],
        b"c2sp.org/tlog-proof@v1\nindex 0\n\nno checkpoint\n",
        b"c2sp.org/tlog-proof@v1\nindex 0\n",
        GOOD + bytes(300_000),
    ],
)
def test_another_form_is_refused(data: bytes) -> None:
    """Other versions, extra data, other spellings of numbers and hashes, overlong paths."""
    with pytest.raises(CheckpointError):
        parse_tlog_proof(data)


def test_bounds_are_inclusive() -> None:
    """A path of 64 hashes is read, 65 are not; overlong bytes are refused unread."""
    longest = TlogProof(2**64 - 1, (bytes(32),) * 64, proof(0, 1).checkpoint)

    assert parse_tlog_proof(longest.to_bytes()) == longest
    with pytest.raises(CheckpointError, match="got a path of 65 hashes, want <= 64"):
        parse_tlog_proof(attrs.evolve(longest, path=(bytes(32),) * 65).to_bytes())
    with pytest.raises(CheckpointError, match="got a tlog-proof of 270337 bytes"):
        parse_tlog_proof(bytes(270_337))
    with pytest.raises(CheckpointError, match="no empty line"):
        parse_tlog_proof(bytes(270_336))


def test_trust_is_the_verifier_s() -> None:
    """Another origin, another key or another index does not verify."""
    good = proof(5, 13)
    with pytest.raises(SignatureError):
        good.verify(LEAVES[5], "example.com/other", LOG.public_key)
    with pytest.raises(SignatureError):
        good.verify(LEAVES[5], ORIGIN, ENGINE.public_key)
    with pytest.raises(ProofError):
        attrs.evolve(good, index=4).verify(LEAVES[5], ORIGIN, LOG.public_key)
