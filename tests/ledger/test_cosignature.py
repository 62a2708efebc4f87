# SPDX-License-Identifier: Apache-2.0
"""Cosignatures: what is signed, and which lines of a note are a witness's."""

from __future__ import annotations

import struct

import pytest
from nacl.signing import VerifyKey

from helm_logic.errors import HelmError, SignatureError
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from helm_logic.ledger.cosignature import cosign, cosignature_key_id, verify_cosignature
from helm_logic.ledger.note import Note, NoteSignature, note_key_id, parse_note, sign_note
from tests.ledger.keyring import LOG, ORIGIN, OTHER

WITNESS, MOMENT = "witness.example/w1", 1_679_315_147
HEAD = sign_checkpoint(Checkpoint(ORIGIN, 7, b"r" * 32), LOG)
COSIGNED = cosign(HEAD, WITNESS, OTHER, MOMENT)
KEY = OTHER.public_key


def replaced(signature: bytes, key_id: bytes | None = None, times: int = 1) -> bytes:
    """Return the tree head with *signature* in the place of the witness's."""
    head = parse_note(COSIGNED)
    line = NoteSignature(WITNESS, key_id or head.signatures[1].key_id, signature)
    return Note(head.text, (head.signatures[0], *(line,) * times)).to_bytes()


def test_a_cosignature_is_over_the_moment_and_the_tree_head() -> None:
    """Checked with another library, from the words of the specification; the log's line stays."""
    line = parse_note(COSIGNED).signatures[1]
    (moment,) = struct.unpack(">Q", line.signature[:8])
    message = b"cosignature/v1\ntime 1679315147\n" + HEAD.partition(b"\n\n")[0] + b"\n"
    VerifyKey(KEY.raw).verify(message, line.signature[8:])

    assert (moment, line.name, len(line.signature)) == (MOMENT, WITNESS, 72)
    assert verify_cosignature(COSIGNED, WITNESS, KEY) == MOMENT
    assert COSIGNED.startswith(HEAD)
    assert verify_checkpoint(COSIGNED, ORIGIN, LOG.public_key).size == 7


def test_the_key_id_is_one_of_its_own() -> None:
    """The same key has another id as a witness than as a log, and another under each name."""
    ids = {
        cosignature_key_id(WITNESS, KEY),
        cosignature_key_id("other", KEY),
        note_key_id(WITNESS, KEY),
        cosignature_key_id(WITNESS, LOG.public_key),
    }
    assert len(ids) == 4


def test_lines_of_others_are_ignored() -> None:
    """Another name, another key, the log's own line: none is this witness's."""
    assert verify_cosignature(HEAD, WITNESS, KEY) is None
    assert verify_cosignature(COSIGNED, "witness.example/w2", KEY) is None
    assert verify_cosignature(COSIGNED, WITNESS, LOG.public_key) is None
    assert verify_cosignature(COSIGNED, ORIGIN, LOG.public_key) is None


def test_a_bad_line_of_a_known_witness_is_refused() -> None:
    """Another moment, one bit, another length, the end of time, or the same line twice."""
    good = parse_note(COSIGNED).signatures[1].signature
    plain = sign_note(parse_note(HEAD).text, WITNESS, OTHER).signatures[0].signature
    bad = [
        replaced(struct.pack(">Q", MOMENT + 1) + good[8:]),
        replaced(good[:-1] + bytes([good[-1] ^ 1])),
        replaced(good[:8] + plain),
        replaced(plain),
        replaced(good + b"\0"),
        replaced(b"\xff" + good[1:]),
        replaced(good, times=2),
    ]
    for note in bad:
        with pytest.raises(SignatureError):
            verify_cosignature(note, WITNESS, KEY)


def test_a_cosignature_is_none_for_another_tree_head() -> None:
    """A line moved to another size or root does not verify there."""
    line = parse_note(COSIGNED).signatures[1]
    for other in (Checkpoint(ORIGIN, 8, b"r" * 32), Checkpoint(ORIGIN, 7, b"s" * 32)):
        head = parse_note(sign_checkpoint(other, LOG))
        moved = Note(head.text, (*head.signatures, line)).to_bytes()
        with pytest.raises(SignatureError):
            verify_cosignature(moved, WITNESS, KEY)


@pytest.mark.parametrize(
    ("note", "name"), [(b"no note", WITNESS), (HEAD, "two words"), (COSIGNED, WITNESS)]
)
def test_what_cannot_be_cosigned(note: bytes, name: str) -> None:
    """Bytes that are no tree head, a name that no key has, a witness that was there already."""
    with pytest.raises(HelmError):
        cosign(note, name, OTHER, MOMENT)
