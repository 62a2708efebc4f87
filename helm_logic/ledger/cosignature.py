# SPDX-License-Identifier: Apache-2.0
"""Cosignatures: a witness says that a log's tree head is the one that it saw, and when.

    -- witness.example.com/w1 base64(key id, seconds, signature)      a signature line of the note

Invariants:
- what is signed is the note's text with the moment before it, so it can never pass for the log's
  own signature, nor that for a cosignature;
- a line counts only under both the name and the key id of a witness that the verifier knows; lines
  of others are ignored, a bad line of a known witness is not.

A witness that signs must have seen that the log only grew since it last signed: whoever calls
`cosign` vouches for that. How many witnesses it takes is for the trust root to say.
Source: c2sp.org/tlog-cosignature v1.0.1, Ed25519.
"""

from __future__ import annotations

import hashlib
import struct

from helm_logic.errors import SignatureError
from helm_logic.ledger.checkpoint import parse_checkpoint
from helm_logic.ledger.keys import ED25519, SIGNATURE_BYTES, PublicKey, Signer
from helm_logic.ledger.note import KEY_ID_BYTES, Note, NoteSignature, parse_note, validate_name

MAX_MOMENT = 2**63 - 1

_COSIGNATURE = b"\x04"
_MOMENT = struct.Struct(">Q")


def cosignature_key_id(name: str, key: PublicKey) -> bytes:
    """Return the 4-byte id that *key* has as that of the witness *name*."""
    hashed = name.encode("utf-8") + b"\n" + _COSIGNATURE + key.raw
    return hashlib.sha256(hashed).digest()[:KEY_ID_BYTES]


def cosign(note: bytes, name: str, signer: Signer, moment: int) -> bytes:
    """Return the signed tree head *note* with the cosignature of *signer*, the witness *name*.

    *moment* is in seconds since the epoch. Raises CheckpointError if *note* is no tree head or the
    name is none for a key, SignatureError for a key that is not Ed25519 or signs it already.
    """
    parse_checkpoint(note)
    validate_name(name)
    key, head = signer.public_key, parse_note(note)
    if key.scheme != ED25519:
        raise SignatureError(f"a witness signs with {ED25519}, and not with {key.scheme}")
    key_id = cosignature_key_id(name, key)
    if any((one.name, one.key_id) == (name, key_id) for one in head.signatures):
        raise SignatureError(f"the witness `{name}` has cosigned this tree head already")
    signature = _MOMENT.pack(moment) + signer.sign(_message(head.text, moment))
    line = NoteSignature(name, key_id, signature)
    return Note(head.text, (*head.signatures, line)).to_bytes()


def verify_cosignature(note: bytes, name: str, key: PublicKey) -> int | None:
    """Return when the witness *name* cosigned the tree head *note* with *key*; None if it did not.

    Raises CheckpointError if *note* is no note, SignatureError for a line that claims to be this
    witness's and is not, or stands there twice.
    """
    head = parse_note(note)
    key_id = cosignature_key_id(name, key)
    lines = [one for one in head.signatures if (one.name, one.key_id) == (name, key_id)]
    if not lines:
        return None
    if len(lines) > 1:
        raise SignatureError(f"got {len(lines)} cosignatures of `{name}`, want 1")
    if len(lines[0].signature) != _MOMENT.size + SIGNATURE_BYTES:
        raise SignatureError(f"the cosignature of `{name}` has the wrong length")
    (moment,) = _MOMENT.unpack_from(lines[0].signature)
    if moment > MAX_MOMENT:
        raise SignatureError(f"the cosignature of `{name}` is from beyond the end of time")
    key.verify(_message(head.text, moment), lines[0].signature[_MOMENT.size :])
    return int(moment)


def _message(text: str, moment: int) -> bytes:
    return f"cosignature/v1\ntime {moment}\n{text}".encode()
