# SPDX-License-Identifier: Apache-2.0
"""The receipt file: the signed envelope, its place in the log, and what it names by digest.

A receipt file has one byte form, `Receipt.parse(data).to_bytes() == data`, so that a byte changed
anywhere, in what is signed or beside it, is noticed. The *id* of a receipt is its envelope's
digest.
"""

from __future__ import annotations

from typing import Self

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, from_value
from helm_logic.ledger.shape import require_list, require_object, require_text

FORMAT = "helm-logic/receipt/v1"
MAX_RECEIPT = 64 << 20

_MEMBERS = ("envelope", "envelopes", "format", "program", "proof")


@attrs.frozen
class Receipt:
    """One receipt: *proof* is a tlog-proof text, *program* the rules as JSON (None on an error)."""

    envelope: Envelope
    proof: str
    program: object
    envelopes: tuple[Envelope, ...]

    @property
    def id(self) -> str:
        """The receipt's name: the digest of its envelope."""
        return self.envelope.digest

    def to_bytes(self) -> bytes:
        """Return the bytes of the receipt file."""
        return canonical_json(
            {
                "envelope": self.envelope.to_value(),
                "envelopes": [envelope.to_value() for envelope in self.envelopes],
                "format": FORMAT,
                "program": self.program,
                "proof": self.proof,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the receipt whose file is *data*; raise InputError or EnvelopeError."""
        value: JsonValue = parse_json(data, max_bytes=MAX_RECEIPT)
        parts = require_object(value, "receipt", _MEMBERS)
        if parts["format"] != FORMAT:
            raise InputError("wrong_type", f"receipt: want the format `{FORMAT}`")
        envelopes = tuple(map(from_value, require_list(parts["envelopes"], "envelopes")))
        proof = require_text(parts["proof"], "proof")
        receipt = cls(from_value(parts["envelope"]), proof, parts["program"], envelopes)
        if receipt.to_bytes() != data:
            raise InputError("not_canonical", "receipt: the file is not in its one canonical form")
        return receipt
