# SPDX-License-Identifier: Apache-2.0
"""Statements signed by the key that they name: what links, revocations and approvals share.

Invariants:
- the payload is canonical JSON, has every member of its format, and no other;
- the envelope has exactly one signature, and it is the one of the key that the statement names:
  nothing unverified is carried along;
- what is not so is refused with LinkRefused and a reason code, and never partly read.

That a signature is good says only who spoke. Whether that key may speak is for rules to decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from helm_logic.errors import EnvelopeError, InputError, LinkRefused, SignatureError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, from_value, sign, verify
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.shape import require_object, require_text

MAX_PAYLOAD = 1 << 16

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def sign_statement(
    payload_type: str, statement: Mapping[str, object], key: PublicKey, signer: Signer
) -> Envelope:
    """Return *statement* signed by *signer*; raise LinkRefused unless *key* is the signer's."""
    if signer.public_key != key:
        raise LinkRefused(
            "bad_signature",
            f"the statement names the key {key} and the signer has {signer.public_key}",
        )
    return sign(payload_type, canonical_json(statement), signer)


def read_envelope(value: Envelope | JsonValue, malformed: str) -> Envelope:
    """Return *value* as an envelope; raise LinkRefused with the reason *malformed*."""
    if isinstance(value, Envelope):
        return value
    try:
        return from_value(value)
    except EnvelopeError as error:
        raise LinkRefused(malformed, str(error)) from None


def read_statement(
    envelope: Envelope, payload_type: str, members: tuple[str, ...], form: str
) -> dict[str, JsonValue]:
    """Return the members of the statement in *envelope*, whose `format` must be *form*.

    Raises InputError. The signature is not looked at.
    """
    if envelope.payload_type != payload_type:
        raise InputError(
            "wrong_type", f"got the payload type `{envelope.payload_type}`, want `{payload_type}`"
        )
    if len(envelope.signatures) != 1:
        raise InputError("wrong_shape", f"got {len(envelope.signatures)} signatures, want one")
    value = parse_json(envelope.payload, max_bytes=MAX_PAYLOAD)
    parts = require_object(value, form, ("format", *members))
    if parts["format"] != form:
        raise InputError("wrong_type", f"got another format than `{form}`")
    if canonical_json(value) != envelope.payload:
        raise InputError("not_canonical", f"{form}: the payload is not canonical json")
    return parts


def require_signature(envelope: Envelope, key: PublicKey) -> None:
    """Return if *key* signed *envelope*; raise LinkRefused `bad_signature` otherwise."""
    try:
        verify(envelope, (key,))
    except SignatureError as error:
        raise LinkRefused("bad_signature", str(error)) from None


def require_key(value: object, where: str) -> PublicKey:
    """Return the public key that *value* is the text of; raise InputError naming *where*."""
    text = require_text(value, where)
    try:
        return PublicKey.parse(text)
    except ValueError as error:
        raise InputError("wrong_shape", f"{where}: {error}") from None


def require_digest(value: object, where: str) -> str:
    """Return *value* if it is `sha256:` and 64 hex digits; raise InputError naming *where*."""
    text = require_text(value, where)
    if _DIGEST.fullmatch(text) is None:
        raise InputError("wrong_shape", f"{where}: got `{text[:40]}`, want sha256: and 64 digits")
    return text
