# SPDX-License-Identifier: Apache-2.0
"""Entries that say what is in force from here on: the policy, the keys, the trust root.

    {"bundle": DIGEST, "format": "helm-logic/policy-change/v1", "now": SECONDS,
     "previous": DIGEST or null, "program": DIGEST}
    {"engine": KEY, "format": "helm-logic/key-change/v1", "log": KEY, "now": SECONDS,
     "previous": DIGEST or null, "trusted": [KEY, ...]}
    {"format": "helm-logic/root-change/v1", "now": SECONDS, "previous": DIGEST or null,
     "root": ENVELOPE}

A guard that opens a log logs one of each, signed with the log's key, unless the last one of that
kind says the same. *previous* is the digest of that last one, so that going back to an earlier
policy is a new entry. `now` is a claim, as in receipts; the order of the log is what counts. What a
trust root is, and which one may follow which, is in `trust_root.py` and `trust_root_chain.py`.
"""

from __future__ import annotations

from typing import Self

import attrs

from helm_logic.errors import EnvelopeError, InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, from_value, sign
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

POLICY_TYPE = "application/vnd.helm-logic.policy-change+json"
POLICY_FORMAT = "helm-logic/policy-change/v1"
KEYS_TYPE = "application/vnd.helm-logic.key-change+json"
KEYS_FORMAT = "helm-logic/key-change/v1"
ROOT_TYPE = "application/vnd.helm-logic.root-change+json"
ROOT_FORMAT = "helm-logic/root-change/v1"

_MAX_PAYLOAD = 1 << 20


@attrs.frozen
class PolicyChange:
    """From here on the bundle *bundle*, whose rules are *program*, decides."""

    bundle: str
    program: str
    now: int
    previous: str | None = None

    def signed(self, log: Signer) -> Envelope:
        """Return the entry's envelope, signed with the log's key."""
        value = {"format": POLICY_FORMAT, **attrs.asdict(self)}
        return sign(POLICY_TYPE, canonical_json(value), log)

    @classmethod
    def read(cls, envelope: Envelope) -> Self:
        """Return the change in *envelope*, whose signature is not looked at; raise InputError."""
        parts = _read(envelope, POLICY_TYPE, POLICY_FORMAT, ("bundle", "program"))
        return cls(
            require_text(parts["bundle"], "bundle"),
            require_text(parts["program"], "program"),
            require_integer(parts["now"], "now"),
            _previous(parts),
        )


@attrs.frozen
class KeyChange:
    """From here on *engine* signs the receipts of a guard, and *trusted* are all that may."""

    engine: PublicKey
    log: PublicKey
    trusted: tuple[PublicKey, ...]
    now: int
    previous: str | None = None

    def signed(self, log: Signer) -> Envelope:
        """Return the entry's envelope, signed with the log's key."""
        value = {
            "engine": self.engine.text,
            "format": KEYS_FORMAT,
            "log": self.log.text,
            "now": self.now,
            "previous": self.previous,
            "trusted": [key.text for key in self.trusted],
        }
        return sign(KEYS_TYPE, canonical_json(value), log)

    @classmethod
    def read(cls, envelope: Envelope) -> Self:
        """Return the change in *envelope*, whose signature is not looked at; raise InputError."""
        parts = _read(envelope, KEYS_TYPE, KEYS_FORMAT, ("engine", "log", "trusted"))
        trusted = tuple(map(_key, require_list(parts["trusted"], "trusted")))
        engine, log = _key(parts["engine"]), _key(parts["log"])
        return cls(engine, log, trusted, require_integer(parts["now"], "now"), _previous(parts))


@attrs.frozen
class RootChange:
    """From here on *root*, a signed trust root, says whose keys count where in the log."""

    root: Envelope
    now: int
    previous: str | None = None

    def signed(self, log: Signer) -> Envelope:
        """Return the entry's envelope, signed with the log's key."""
        value = {
            "format": ROOT_FORMAT,
            "now": self.now,
            "previous": self.previous,
            "root": self.root.to_value(),
        }
        return sign(ROOT_TYPE, canonical_json(value), log)

    @classmethod
    def read(cls, envelope: Envelope) -> Self:
        """Return the change in *envelope*, whose signature is not looked at; raise InputError."""
        parts = _read(envelope, ROOT_TYPE, ROOT_FORMAT, ("root",))
        try:
            root = from_value(parts["root"])
        except EnvelopeError as error:
            raise InputError("wrong_shape", f"root: {error}") from None
        return cls(root, require_integer(parts["now"], "now"), _previous(parts))


def _read(
    envelope: Envelope, payload_type: str, form: str, members: tuple[str, ...]
) -> dict[str, JsonValue]:
    if envelope.payload_type != payload_type:
        raise InputError(
            "wrong_type", f"got the payload type `{envelope.payload_type}`, want `{payload_type}`"
        )
    value = parse_json(envelope.payload, max_bytes=_MAX_PAYLOAD)
    parts = require_object(value, form, ("format", "now", "previous", *members))
    if parts["format"] != form:
        raise InputError("wrong_type", f"got another format than `{form}`")
    if canonical_json(value) != envelope.payload:
        raise InputError("not_canonical", f"{form}: the payload is not canonical json")
    return parts


def _previous(parts: dict[str, JsonValue]) -> str | None:
    previous = parts["previous"]
    return None if previous is None else require_text(previous, "previous")


def _key(value: JsonValue) -> PublicKey:
    try:
        return PublicKey.parse(require_text(value, "key"))
    except ValueError as error:
        raise InputError("wrong_shape", f"key: {error}") from None
