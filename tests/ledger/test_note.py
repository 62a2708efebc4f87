# SPDX-License-Identifier: Apache-2.0
"""Signed notes, against the published examples and against every small change of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import CheckpointError, SignatureError
from helm_logic.ledger.base64text import parse_base64
from helm_logic.ledger.keys import PublicKey, SeedSigner
from helm_logic.ledger.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    parse_note,
    sign_note,
    verifier_key,
    verify_note,
)
from tests.ledger.keyring import ENGINE, LOG

# The example of c2sp.org/signed-note (CC BY 4.0); its key is not published.
C2SP_NOTE = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore \
NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
""".encode()

# The example of golang.org/x/mod/sumdb/note: verifier key, seed (after the algorithm byte), note.
GO_NAME = "PeterNeumann"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SIGNER = SeedSigner(parse_base64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:])
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann \
x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
""".encode()

TEXT = "one\n\ntwo, è\n"
NOTE = sign_note(TEXT, "example.com/log", LOG)


def test_the_specification_s_example_reads_and_prints() -> None:
    """Text with an empty line in it, one signature line, key id 367ba04b."""
    note = parse_note(C2SP_NOTE)

    assert note.to_bytes() == C2SP_NOTE
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert [(one.name, one.key_id.hex(), len(one.signature)) for one in note.signatures] == [
        ("quasimodo.example/salvatore", "367ba04b", 64)
    ]


def test_another_implementation_s_note_verifies() -> None:
    """Go's example: the same key id, verifier key, signature and text."""
    text = GO_NOTE.decode().split("\n\n")[0] + "\n"

    assert verifier_key(GO_NAME, GO_SIGNER.public_key) == GO_VERIFIER
    assert verify_note(GO_NOTE, GO_NAME, GO_SIGNER.public_key) == text
    assert sign_note(text, GO_NAME, GO_SIGNER).to_bytes() == GO_NOTE


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=30))
def test_signing_and_verifying_is_a_round_trip(text: str) -> None:
    """Any text without control characters comes back, empty lines and all."""
    data = sign_note(text + "\n", "a.example/k", LOG).to_bytes()

    assert verify_note(data, "a.example/k", LOG.public_key) == text + "\n"
    assert parse_note(data).to_bytes() == data


def test_every_flipped_bit_is_refused() -> None:
    """No bit of a signed note may change."""
    data = NOTE.to_bytes()
    for place in range(len(data) * 8):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8

        with pytest.raises((CheckpointError, SignatureError)):
            verify_note(bytes(changed), "example.com/log", LOG.public_key)


def test_signatures_of_other_keys_are_passed_over() -> None:
    """A witness's line before or after the log's changes nothing."""
    witness = sign_note(TEXT, "witness.example/w", ENGINE).signatures[0]
    for signatures in ((witness, *NOTE.signatures), (*NOTE.signatures, witness)):
        data = Note(TEXT, signatures).to_bytes()

        assert verify_note(data, "example.com/log", LOG.public_key) == TEXT


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("example.com/other", LOG.public_key),
        ("example.com/log", ENGINE.public_key),
    ],
)
def test_name_and_key_id_must_both_match(name: str, key: PublicKey) -> None:
    """The same key under another name, or the same name with another key, signed nothing."""
    with pytest.raises(SignatureError, match="got 0 signatures"):
        verify_note(NOTE.to_bytes(), name, key)


def test_a_bad_or_repeated_signature_of_the_key_is_refused() -> None:
    """A line that claims the key counts only if it is the one line and right."""
    one = NOTE.signatures[0]
    bad = NoteSignature(one.name, one.key_id, bytes(64))

    with pytest.raises(SignatureError, match="is not the one of key"):
        verify_note(Note(TEXT, (bad,)).to_bytes(), one.name, LOG.public_key)
    for signatures in ((one, one), (bad, one), (one, bad)):
        with pytest.raises(SignatureError, match="got 2 signatures"):
            verify_note(Note(TEXT, signatures).to_bytes(), one.name, LOG.public_key)


LINE = NOTE.signatures[0].line()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        f"text\n{LINE}\n",
        f"text\n\n{LINE}",
        f"text\n\n{LINE}\n\n",
        f"text\n\n{LINE}\nmore\n",
        f"te\rxt\n\n{LINE}\n",
        f"te\txt\n\n{LINE}\n",
        f"te\0xt\n\n{LINE}\n",
        f"text\n\n-{LINE[1:]}\n",
        f"text\n\n{LINE[1:]}\n",
        f"text\n\n{LINE[2:]}\n",
        f"text\n\n{LINE.replace(' ', '  ')}\n",
        f"text\n\n{LINE} \n",
        f"text\n\n{LINE.rstrip('=')}\n",
        "text\n\n— name\n",
        "text\n\n— name \n",
        "text\n\n— name QQ==\n",
        "text\n\n— name QUFBQQ==\n",
        "text\n\n—  QUFBQUE=\n",
        "text\n\n— na+me QUFBQUE=\n",
        "text\n\n— na\u2003me QUFBQUE=\n",
        "text\n\n— " + "n" * 256 + " QUFBQUE=\n",
        "text\n\n" + (LINE + "\n") * (MAX_SIGNATURES + 1),
        "x" * MAX_NOTE_BYTES + f"\n\n{LINE}\n",
    ],
)
def test_anything_else_is_no_note(text: str) -> None:
    """Missing parts, control characters, other dashes, spaces, names and base64."""
    with pytest.raises(CheckpointError):
        parse_note(text.encode())


def test_bytes_that_are_no_text_are_no_note() -> None:
    """A note is utf-8."""
    with pytest.raises(CheckpointError, match="not utf-8"):
        parse_note(b"\xff" + NOTE.to_bytes())


def test_bounds_are_inclusive() -> None:
    """64 signatures (the specification asks for 16), names of 255 characters, 256 KiB."""
    names = ["n" * 255, *(f"w{number}" for number in range(63))]
    lines = tuple(NoteSignature(name, b"\0" * 4, b"s") for name in names)
    room = (256 << 10) - len(Note("\n", lines).to_bytes())
    most = Note("x" * room + "\n", lines)

    assert parse_note(most.to_bytes()) == most
    with pytest.raises(CheckpointError, match="want at most 262144"):
        parse_note(Note("x" * (room + 1) + "\n", lines).to_bytes())
    with pytest.raises(CheckpointError, match="got 65 signatures, want at most 64"):
        parse_note(Note("x\n", (*lines, lines[0])).to_bytes())


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "a\u00a0b", "n" * 256])
def test_a_name_has_no_spaces_and_no_plus(name: str) -> None:
    """A key may not be printed under a name that could not be read back."""
    with pytest.raises(CheckpointError, match="want 1 to 255 printable"):
        verifier_key(name, LOG.public_key)
