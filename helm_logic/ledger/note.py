# SPDX-License-Identifier: Apache-2.0
"""Signed notes: a text, an empty line, and signature lines.

Invariants:
- A note has one byte form: `parse_note(data).to_bytes() == data`, or `parse_note` refuses.
- A signature counts only under both the name and the key id of the key the verifier holds; lines of
  other keys are ignored (witnesses and rotated keys use them), a bad line of a known key is not.

What checkpoints put into the text is in `checkpoint`. Only Ed25519 notes (type 0x01) are handled.
Source: c2sp.org/signed-note v1.0.0.
"""

from __future__ import annotations

import hashlib

import attrs

from helm_logic.errors import CheckpointError, SignatureError
from helm_logic.ledger.base64text import parse_base64, print_base64
from helm_logic.ledger.keys import ED25519, PublicKey, Signer

MAX_NOTE_BYTES = 256 << 10
MAX_SIGNATURES = 64
KEY_ID_BYTES = 4

_ED25519_NOTE = b"\x01"
_DASH = "\N{EM DASH} "


@attrs.frozen
class NoteSignature:
    """One signature line: the key's name, its 4-byte id, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the signature line, without its newline."""
        return f"{_DASH}{self.name} {print_base64(self.key_id + self.signature)}"


@attrs.frozen
class Note:
    """A text that ends in a newline, and its signature lines in order."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """Return the note as it is stored."""
        lines = "".join(one.line() + "\n" for one in self.signatures)
        return f"{self.text}\n{lines}".encode()


def note_key_id(name: str, key: PublicKey) -> bytes:
    """Return the 4-byte key id of *key* under *name*; raise CheckpointError unless Ed25519."""
    if key.scheme != ED25519:
        raise CheckpointError(f"a log signs with {ED25519}, and not with {key.scheme}")
    hashed = name.encode("utf-8") + b"\n" + _ED25519_NOTE + key.raw
    return hashlib.sha256(hashed).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, key: PublicKey) -> str:
    """Return *key* under *name* in the form other implementations read, `name+id+base64`."""
    validate_name(name)
    return f"{name}+{note_key_id(name, key).hex()}+{print_base64(_ED25519_NOTE + key.raw)}"


def validate_name(name: str) -> None:
    """Raise CheckpointError unless *name* may name a key: printable, no spaces, no plus."""
    wrong = not name or len(name) > 255 or not name.isprintable()  # noqa: PLR2004 - our bound
    if wrong or "+" in name or any(character.isspace() for character in name):
        raise CheckpointError(
            f"got the name `{name[:80]}`, want 1 to 255 printable characters, no space or `+`"
        )


def sign_note(text: str, name: str, signer: Signer) -> Note:
    """Return the note over *text*, which ends in a newline, signed under *name*."""
    key_id = note_key_id(name, signer.public_key)
    return Note(text, (NoteSignature(name, key_id, signer.sign(text.encode("utf-8"))),))


def parse_note(data: bytes) -> Note:
    """Return the note that prints as *data*; raise CheckpointError. Nothing is verified."""
    if len(data) > MAX_NOTE_BYTES:
        raise CheckpointError(f"got a note of {len(data)} bytes, want at most {MAX_NOTE_BYTES}")
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError:
        raise CheckpointError("the note is not utf-8") from None
    if any(character < " " and character != "\n" for character in decoded):
        raise CheckpointError("the note has a control character other than newline")
    text, blank, tail = decoded.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or len(lines) == 1 or lines.pop() != "":
        raise CheckpointError("the note has no empty line followed by signature lines")
    if len(lines) > MAX_SIGNATURES:
        raise CheckpointError(f"got {len(lines)} signatures, want at most {MAX_SIGNATURES}")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def verify_note(data: bytes, name: str, key: PublicKey) -> str:
    """Return the text of the note *data* if *key* signed it under *name*.

    Raises CheckpointError if it is no note, SignatureError if that signature is absent or wrong.
    """
    note = parse_note(data)
    key_id = note_key_id(name, key)
    claims = [one for one in note.signatures if one.name == name and one.key_id == key_id]
    if len(claims) != 1:
        raise SignatureError(f"got {len(claims)} signatures of `{name}+{key_id.hex()}`, want 1")
    key.verify(note.text.encode("utf-8"), claims[0].signature)
    return note.text


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise CheckpointError(f"got the signature line `{line[:80]}`, want dash, name and base64")
    validate_name(name)
    try:
        data = parse_base64(encoded)
    except ValueError as error:
        raise CheckpointError(f"signature line of `{name}`: {error}") from None
    if len(data) <= KEY_ID_BYTES:
        raise CheckpointError(f"signature line of `{name}`: no signature after the key id")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])
