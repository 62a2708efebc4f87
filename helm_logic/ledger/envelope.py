# SPDX-License-Identifier: Apache-2.0
"""DSSE v1 envelopes: what is signed, the one JSON form it is written in, and who has signed it.

Invariants:
- What is signed is PAE(payload type, payload): bytes, never a re-serialised value.
- The digest of an envelope is that of its PAE. It is the id of links, approvals and receipts, and
  it does not depend on the signatures.
- An envelope has exactly one byte form: `parse(data).to_bytes() == data`, or `parse` refuses.
- A threshold counts distinct public keys. A key id only finds the key; a signature under an unknown
  key id counts for nothing, and a bad one under a known key id spoils the envelope.

Stricter than the DSSE protocol on purpose: url-safe base64, white space, unknown or absent members,
a key id that is not 64 hex digits and a key id given twice are refused.
Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md, v1.0.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator

import attrs

from helm_logic.errors import EnvelopeError, InputError, SignatureError
from helm_logic.kernel.encoding import JsonValue, digest, parse_json
from helm_logic.ledger.base64text import parse_base64, print_base64
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.shape import require_list, require_object, require_text

MAX_ENVELOPE_BYTES = 4 << 20
MAX_SIGNATURES = 16
MAX_SIGNATURE_BYTES = 4096

# Printable ASCII without space, quote and backslash: media types and URIs need no JSON escape.
_PAYLOAD_TYPE = re.compile(r"[!#-\[\]-~]{1,255}")
_KEYID = re.compile(r"[0-9a-f]{64}")


@attrs.frozen
class EnvelopeSignature:
    """A signature (1 to 4096 bytes) and the key id, 64 hex digits, that finds its key."""

    keyid: str = attrs.field()
    signature: bytes = attrs.field()

    @keyid.validator
    def _keyid_form(self, _: object, keyid: str) -> None:
        if _KEYID.fullmatch(keyid) is None:
            raise EnvelopeError(f"got the key id `{keyid[:80]}`, want 64 lowercase hex digits")

    @signature.validator
    def _signature_length(self, _: object, signature: bytes) -> None:
        if not 1 <= len(signature) <= MAX_SIGNATURE_BYTES:
            raise EnvelopeError(
                f"got a signature of {len(signature)} bytes, want 1 to {MAX_SIGNATURE_BYTES}"
            )


@attrs.frozen
class Envelope:
    """A typed payload with 1 to 16 signatures; *digest* is that of the signed bytes (the PAE)."""

    payload_type: str = attrs.field()
    payload: bytes = attrs.field()
    signatures: tuple[EnvelopeSignature, ...] = attrs.field()
    digest: str = attrs.field(init=False, eq=False)

    @payload_type.validator
    def _payload_type_form(self, _: object, payload_type: str) -> None:
        if _PAYLOAD_TYPE.fullmatch(payload_type) is None:
            raise EnvelopeError(
                f"got the payload type `{payload_type[:80]}`, want a media type or URI in ASCII"
            )

    @signatures.validator
    def _signature_count(self, _: object, signatures: tuple[EnvelopeSignature, ...]) -> None:
        if not 1 <= len(signatures) <= MAX_SIGNATURES:
            raise EnvelopeError(f"got {len(signatures)} signatures, want 1 to {MAX_SIGNATURES}")
        if len({signature.keyid for signature in signatures}) != len(signatures):
            raise EnvelopeError(
                "a key id signs more than once; keep one signature of each key",
                "duplicate_signature",
            )

    @digest.default
    def _digest(self) -> str:
        return digest(pae(self.payload_type, self.payload))

    def to_value(self) -> JsonValue:
        """Return the envelope as JSON, for embedding in other JSON."""
        return {
            "payload": print_base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": one.keyid, "sig": print_base64(one.signature)} for one in self.signatures
            ],
        }

    def to_bytes(self) -> bytes:
        """Return the canonical JSON (RFC 8785) of `to_value`.

        Written out by hand because it is on the path of every decision: base64, key ids and payload
        types need no escapes, and the members are already in order.
        """
        signatures = ",".join(
            f'{{"keyid":"{one.keyid}","sig":"{print_base64(one.signature)}"}}'
            for one in self.signatures
        )
        tail = f'","payloadType":"{self.payload_type}","signatures":[{signatures}]}}'
        payload = binascii.b2a_base64(self.payload, newline=False)
        return b"".join((b'{"payload":"', payload, tail.encode("utf-8")))


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the DSSE pre-authentication encoding: the bytes that are signed."""
    name = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def sign(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    """Return an envelope over *payload* with the one signature of *signer*."""
    signature = signer.sign(pae(payload_type, payload))
    keyid = signer.public_key.keyid
    return Envelope(payload_type, payload, (EnvelopeSignature(keyid, signature),))


def parse(data: bytes, *, max_bytes: int = MAX_ENVELOPE_BYTES) -> Envelope:
    """Return the envelope that prints as *data*; raise EnvelopeError. Nothing is verified."""
    try:
        envelope = from_value(parse_json(data, max_bytes=max_bytes))
    except InputError as error:
        raise EnvelopeError(f"not an envelope: {error}") from error
    if envelope.to_bytes() != data:
        raise EnvelopeError(
            "the envelope is not in canonical form; the stored bytes must be those written"
        )
    return envelope


def from_value(value: JsonValue) -> Envelope:
    """Return the envelope that `to_value` gave as *value*; raise EnvelopeError."""
    try:
        members = require_object(value, "envelope", ("payload", "payloadType", "signatures"))
        signatures = require_list(members["signatures"], "envelope signatures")
        return Envelope(
            require_text(members["payloadType"], "envelope payloadType"),
            parse_base64(require_text(members["payload"], "envelope payload")),
            tuple(_signature(one) for one in signatures),
        )
    except (InputError, ValueError) as error:
        raise EnvelopeError(f"not an envelope: {error}") from error


def verify(
    envelope: Envelope, keys: Iterable[PublicKey], threshold: int = 1
) -> tuple[PublicKey, ...]:
    """Return the distinct keys of *keys* that signed *envelope*, in the order of its signatures.

    Raises SignatureError if fewer than *threshold* (at least 1) did, if *keys* is empty, or if a
    signature claims one of *keys* and is not its own.
    """
    if threshold < 1:
        raise SignatureError(f"got a threshold of {threshold}, want at least 1")
    known = {key.keyid: key for key in keys}
    message = pae(envelope.payload_type, envelope.payload)
    accepted = {key.raw: key for key in _signers(envelope, known, message)}
    if len(accepted) < threshold:
        raise SignatureError(
            f"got {len(accepted)} signatures of the {len(known)} accepted keys, want {threshold}"
        )
    return tuple(accepted.values())


def _signers(
    envelope: Envelope, known: dict[str, PublicKey], message: bytes
) -> Iterator[PublicKey]:
    for one in envelope.signatures:
        key = known.get(one.keyid)
        if key is not None:
            key.verify(message, one.signature)
            yield key


def _signature(value: JsonValue) -> EnvelopeSignature:
    members = require_object(value, "envelope signature", ("keyid", "sig"))
    return EnvelopeSignature(
        require_text(members["keyid"], "envelope keyid"),
        parse_base64(require_text(members["sig"], "envelope sig")),
    )
