# SPDX-License-Identifier: Apache-2.0
"""Tree heads: one text form, signed by the log they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import CheckpointError, SignatureError
from helm_logic.ledger.checkpoint import (
    Checkpoint,
    parse_checkpoint,
    parse_decimal,
    parse_hash,
    sign_checkpoint,
    verify_checkpoint,
)
from helm_logic.ledger.merkle import EMPTY_ROOT, MAX_SIZE
from helm_logic.ledger.note import sign_note
from tests.ledger.keyring import ENGINE, LOG, ORIGIN

CHECKPOINT = Checkpoint(ORIGIN, 20852163, EMPTY_ROOT)
NOTE = sign_checkpoint(CHECKPOINT, LOG)
ROOT_LINE = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

# The example of c2sp.org/tlog-checkpoint (CC BY 4.0); its key is not published.
C2SP_CHECKPOINT = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()


def test_the_specification_s_example_reads_and_prints() -> None:
    """Origin, size and root of the example, and the same text again."""
    checkpoint = parse_checkpoint(C2SP_CHECKPOINT)

    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert C2SP_CHECKPOINT.startswith(checkpoint.text().encode() + b"\n")


@given(st.integers(0, MAX_SIZE), st.binary(min_size=32, max_size=32))
def test_a_signed_tree_head_is_a_round_trip(size: int, root: bytes) -> None:
    """What the log signs is what its verifier gets."""
    checkpoint = Checkpoint(ORIGIN, size, root)
    note = sign_checkpoint(checkpoint, LOG)

    assert verify_checkpoint(note, ORIGIN, LOG.public_key) == checkpoint == parse_checkpoint(note)


def test_every_flipped_bit_is_refused() -> None:
    """No bit of a signed tree head may change."""
    for place in range(len(NOTE) * 8):
        changed = bytearray(NOTE)
        changed[place // 8] ^= 1 << place % 8

        with pytest.raises((CheckpointError, SignatureError)):
            verify_checkpoint(bytes(changed), ORIGIN, LOG.public_key)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n1\n",
        f"{ORIGIN}\n1\n{ROOT_LINE}\nextension\n",
        f"{ORIGIN}\n01\n{ROOT_LINE}\n",
        f"{ORIGIN}\n+1\n{ROOT_LINE}\n",
        f"{ORIGIN}\n-1\n{ROOT_LINE}\n",
        f"{ORIGIN}\n\n{ROOT_LINE}\n",
        f"{ORIGIN}\n1 \n{ROOT_LINE}\n",
        f"{ORIGIN}\n1_0\n{ROOT_LINE}\n",
        f"{ORIGIN}\n\u0661\n{ROOT_LINE}\n",
        f"{ORIGIN}\n0x1\n{ROOT_LINE}\n",
        f"{ORIGIN}\n18446744073709551616\n{ROOT_LINE}\n",
        f"{ORIGIN}\n{'1' * 5000}\n{ROOT_LINE}\n",
        f"{ORIGIN}\n1\n{ROOT_LINE[:-1]}\n",
        f"{ORIGIN}\n1\nQQ==\n",
        f"{ORIGIN}\n1\n\n",
        f"\n1\n{ROOT_LINE}\n",
        f"a b\n1\n{ROOT_LINE}\n",
    ],
)
def test_a_signed_text_that_is_no_tree_head_is_refused(text: str) -> None:
    """The signature is good, the text is not: other line counts, numbers, roots and origins."""
    note = sign_note(text, ORIGIN, LOG).to_bytes()

    with pytest.raises(CheckpointError):
        verify_checkpoint(note, ORIGIN, LOG.public_key)


def test_numbers_and_hashes_have_one_spelling() -> None:
    """Decimals of 64 bits, hashes of 32 bytes: what other formats here are made of, too."""
    assert [parse_decimal(text) for text in ("0", "10", "18446744073709551615")] == [
        0,
        10,
        MAX_SIZE,
    ]
    for text in ("", "00", "-0", "18446744073709551616", "99999999999999999999", "1" * 21):
        with pytest.raises(CheckpointError, match="want a decimal of at most 64 bits"):
            parse_decimal(text)
    assert parse_hash(ROOT_LINE) == EMPTY_ROOT
    for text in ("", "QQ==", ROOT_LINE[:-4], "AAAA" + ROOT_LINE, ROOT_LINE.replace("=", "")):
        with pytest.raises(CheckpointError, match=r"bytes, want 32|base64"):
            parse_hash(text)


def test_a_tree_head_of_another_log_is_refused() -> None:
    """By name, by key, and when the log's own key signs a head that names another origin."""
    other = Checkpoint("example.com/other", 1, EMPTY_ROOT)
    mixed = sign_note(other.text(), ORIGIN, LOG).to_bytes()

    with pytest.raises(SignatureError):
        verify_checkpoint(sign_checkpoint(other, LOG), ORIGIN, LOG.public_key)
    with pytest.raises(SignatureError):
        verify_checkpoint(NOTE, ORIGIN, ENGINE.public_key)
    with pytest.raises(CheckpointError, match=r"tree head of `example\.com/other`"):
        verify_checkpoint(mixed, ORIGIN, LOG.public_key)


def test_a_tree_head_that_could_not_be_read_back_cannot_be_made() -> None:
    """Origin, size and root have the bounds of the format."""
    for origin, size, root in (
        ("", 1, EMPTY_ROOT),
        ("a b", 1, EMPTY_ROOT),
        (ORIGIN, -1, EMPTY_ROOT),
        (ORIGIN, MAX_SIZE + 1, EMPTY_ROOT),
        (ORIGIN, 1, EMPTY_ROOT[1:]),
    ):
        with pytest.raises(CheckpointError):
            Checkpoint(origin, size, root)
