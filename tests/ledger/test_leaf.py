# SPDX-License-Identifier: Apache-2.0
"""The leaf record: one byte form, and nothing else is one."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import EnvelopeError
from helm_logic.ledger.envelope import EnvelopeSignature
from helm_logic.ledger.leaf import (
    Kind,
    Leaf,
    digest_bytes,
    digest_text,
    envelope_leaf,
    leaf_bytes,
    parse_leaf,
)
from tests.ledger.keyring import ENGINE, envelope

HASHES = st.binary(min_size=32, max_size=32)
LEAVES = st.builds(
    Leaf,
    st.sampled_from(Kind),
    HASHES.map(digest_text),
    HASHES.map(bytes.hex),
    st.binary(min_size=1, max_size=70),
)


@given(LEAVES)
def test_parse_after_print_is_identity(leaf: Leaf) -> None:
    """Every leaf is read back from its bytes."""
    assert parse_leaf(leaf.to_bytes()) == leaf


@given(st.binary(max_size=140) | LEAVES.map(Leaf.to_bytes), st.data())
def test_what_is_read_prints_as_it_was(data: bytes, draw: st.DataObject) -> None:
    """No bytes but the printed ones are a leaf, whatever one byte is changed to."""
    if data:
        place = draw.draw(st.integers(0, len(data) - 1))
        data = data[:place] + draw.draw(st.binary(max_size=2)) + data[place + 1 :]
    try:
        leaf = parse_leaf(data)
    except EnvelopeError:
        return

    assert leaf.to_bytes() == data


def test_the_bytes_are_those_of_the_table() -> None:
    """The layout that FORMAT.md and foreign verifiers rely on."""
    data = leaf_bytes(Kind.REVOCATION, "sha256:" + "ab" * 32, "cd" * 32, b"\x01\x02")

    assert data == b"HLL1" + bytes([3, 0, 0, 2]) + b"\xab" * 32 + b"\xcd" * 32 + b"\x01\x02"


def test_the_leaf_of_an_envelope_commits_to_its_signature() -> None:
    """Kind, digest, key id and signature are those of the envelope; two signatures have no leaf."""
    signed = envelope("payload")
    leaf = parse_leaf(envelope_leaf(Kind.APPROVAL, signed))
    one = signed.signatures[0]

    assert leaf == Leaf(Kind.APPROVAL, signed.digest, ENGINE.public_key.keyid, one.signature)
    second = EnvelopeSignature("00" * 32, one.signature)
    with pytest.raises(EnvelopeError, match="got 2 signatures, want the 1"):
        envelope_leaf(Kind.APPROVAL, attrs.evolve(signed, signatures=(one, second)))


@pytest.mark.parametrize(
    ("pae_digest", "keyid", "signature"),
    [
        ("ab" * 32, "cd" * 32, b"s"),
        ("sha512:" + "ab" * 32, "cd" * 32, b"s"),
        ("sha256:" + "AB" * 32, "cd" * 32, b"s"),
        ("sha256:" + "ab" * 31, "cd" * 32, b"s"),
        ("sha256:" + "ab " * 32, "cd" * 32, b"s"),
        ("sha256:" + "ab" * 32, "cd" * 33, b"s"),
        ("sha256:" + "ab" * 32, "zz" * 32, b"s"),
        ("sha256:" + "ab" * 32, "cd" * 32, b""),
        ("sha256:" + "ab" * 32, "cd" * 32, b"s" * 4097),
    ],
)
def test_what_does_not_fit_is_refused(pae_digest: str, keyid: str, signature: bytes) -> None:
    """Digests and key ids in their one spelling, signatures of at most 4096 bytes."""
    with pytest.raises(EnvelopeError):
        leaf_bytes(Kind.RECEIPT, pae_digest, keyid, signature)


def test_other_bytes_are_no_leaf() -> None:
    """Another version or kind, a reserved byte that is set, a length not the signature's."""
    good = Leaf(Kind.RECEIPT, "sha256:" + "ab" * 32, "cd" * 32, b"signature").to_bytes()
    for place, value in ((3, ord("2")), (4, 0), (4, 8), (5, 1), (7, 8), (6, 1)):
        changed = good[:place] + bytes([value]) + good[place + 1 :]
        with pytest.raises(EnvelopeError, match=r"leaf of version 1|want 1 to 7"):
            parse_leaf(changed)
    for changed in (good[:-1], good + b"s", good[:72], b""):
        with pytest.raises(EnvelopeError):
            parse_leaf(changed)


def test_the_numbers_are_part_of_the_format() -> None:
    """Kinds never change their number; signatures have 1 to 4096 bytes, both included."""
    assert {kind.name: kind.value for kind in Kind} == {
        "RECEIPT": 1,
        "APPROVAL": 2,
        "REVOCATION": 3,
        "CONFIG": 4,
        "POLICY": 5,
        "KEYS": 6,
        "ROOT": 7,
    }
    longest = Leaf(Kind.RECEIPT, "sha256:" + "ab" * 32, "cd" * 32, bytes(4096))
    assert parse_leaf(longest.to_bytes()) == longest
    for length in (0, 4097):
        header = longest.to_bytes()[:6] + length.to_bytes(2, "big") + longest.to_bytes()[8:72]
        with pytest.raises(EnvelopeError):
            parse_leaf(header + bytes(length))


def test_digests_are_a_round_trip() -> None:
    """`sha256:` and hex on the outside, 32 bytes inside."""
    assert digest_bytes(digest_text(b"\x07" * 32)) == b"\x07" * 32
