# SPDX-License-Identifier: Apache-2.0
"""Logged receipts on their way through a replay: what goes in, and what comes out.

    Logged     a receipt's envelope, and the words by which people find it
    Batch      receipts with the blobs that they name, ready to be sent to another process
    Outcome    what one receipt counts as, and the finding if there is something to tell
    Finding    what has to be told of one receipt: its group, and details as JSON

Nothing of a receipt is believed before its signature is: `read_logged` is the one way in. It also
refuses, by its name, what another version wrote in another form or under another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import attrs

from helm_logic.engine import Limits
from helm_logic.errors import HelmError, InputError, ReceiptRefused
from helm_logic.kernel.encoding import JsonValue, digest, parse_json
from helm_logic.ledger.envelope import Envelope, parse
from helm_logic.ledger.shape import require_integer, require_object, require_text
from helm_logic.policy.judge import SEMANTICS
from helm_logic.receipts.statement import (
    MAX_PAYLOAD,
    PAYLOAD_TYPE,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    Statement,
)
from helm_logic.receipts.trust import Trust, placed_envelopes
from helm_logic.receipts.verify import KEYS_STEP, STEPS, check_request

# Groups of findings, in the order in which they are told.
REFUSED = "refused"
DIFFERS = "differs"
ALLOWED, DENIED, ESCALATED = "allowed", "denied", "escalated"
OPEN = "open"

_TEXTS = ("group", "place", "receipt")
_NAME = "helm-logic"
_ENGINE = ("limits", "name", "semantics", "version")
_LIMITS = tuple(sorted(field.name for field in attrs.fields(Limits)))


@attrs.frozen
class Logged:
    """A receipt as a log, a pack or a file holds it; *place* says where, for people.

    *index* is the entry that it is, None if whoever read it has seen to what keys count there.
    """

    place: str
    envelope: Envelope
    index: int | None = None


@attrs.frozen
class Finding:
    """Something to tell of the receipt at *place*; what *detail* has depends on *group*."""

    group: str
    place: str
    receipt: str
    detail: Mapping[str, JsonValue]

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form."""
        return {
            "group": self.group,
            "place": self.place,
            "receipt": self.receipt,
            **self.detail,
        }

    @classmethod
    def from_value(cls, value: JsonValue) -> Self:
        """Return the finding that *value* is the JSON form of; raise InputError."""
        parts = dict(require_object(value, "finding"))
        group, place, receipt = (require_text(parts.pop(name, None), name) for name in _TEXTS)
        return cls(group, place, receipt, parts)


@attrs.frozen
class Batch:
    """Receipts in order, with the blobs that they name; the entries before *end* are dealt with.

    *refused* are files in which no receipt was found that could be replayed.
    """

    end: int
    receipts: tuple[Logged, ...] = ()
    blobs: Mapping[str, bytes] = attrs.field(factory=dict)
    refused: tuple[Finding, ...] = ()


@attrs.frozen
class Outcome:
    """What one receipt adds: the names under which it is *counted*, and a *finding* or None."""

    counted: tuple[str, ...]
    finding: Finding | None = None


def refused(logged: Logged, error: HelmError) -> Outcome:
    """Return the outcome of a receipt that cannot be replayed because of *error*."""
    return Outcome((REFUSED,), refusal(logged.place, logged.envelope.digest, error))


def refusal(place: str, receipt: str, error: HelmError) -> Finding:
    """Return the finding that what is at *place* cannot be replayed because of *error*."""
    step = error.name if isinstance(error, ReceiptRefused) else ""
    return Finding(REFUSED, place, receipt, {"message": str(error), "step": step})


def read_logged(logged: Logged, trust: Trust, blobs: Mapping[str, bytes]) -> Statement:
    """Return what *logged* states, by a key that counts, about a request that it has or lacks.

    *blobs* has the envelopes that it names, if keys count by their place in the log. Raises
    ReceiptRefused with the step of receipts/FORMAT.md that fails.
    """
    step = 2
    try:
        if logged.envelope.payload_type != PAYLOAD_TYPE:
            raise InputError("wrong_type", f"the payload type is `{logged.envelope.payload_type}`")
        trust.verify_engine(logged.envelope)
        step = 3
        statement = _statement(logged.envelope.payload)
        _require_known_meaning(statement)
        step = 4
        check_request(statement)
        if trust.judges_places and logged.index is not None:
            step = 10
            files = [name for _, name in statement.named_envelopes()]
            attached = [parse(blob_of(blobs, name, "the envelope")) for name in files]
            for each in placed_envelopes(logged.envelope, attached, statement, logged.index):
                trust.check(each)
    except HelmError as error:
        raise ReceiptRefused(step, (*STEPS, KEYS_STEP)[step - 1], str(error)) from error
    return statement


def limits_of(statement: Statement) -> Limits:
    """Return the limits under which *statement* was decided; raise InputError."""
    engine = require_object(statement.engine, "engine")
    bounds = require_object(engine.get("limits"), "engine limits", _LIMITS)
    try:
        return Limits(**{name: require_integer(bounds[name], name) for name in _LIMITS})
    except ValueError as error:
        raise InputError("wrong_shape", f"engine limits: {error}") from None


def blob_of(blobs: Mapping[str, bytes], name: str, what: str) -> bytes:
    """Return the bytes with the digest *name*; raise InputError if they are missing or others."""
    data = blobs.get(name)
    if data is None:
        raise InputError("attachments", f"{what} `{name}` is not stored with it")
    if digest(data) != name:
        raise InputError("attachments", f"{what} `{name}` has another digest")
    return data


def _statement(payload: bytes) -> Statement:
    try:
        return Statement.parse(payload)
    except InputError as error:
        if error.code == "wrong_type":
            members = require_object(parse_json(payload, max_bytes=MAX_PAYLOAD), "statement")
            got = f"`{members.get('_type')}` with `{members.get('predicateType')}`"
            raise InputError(
                error.code, f"it is {got}; only {STATEMENT_TYPE} with {PREDICATE_TYPE} is replayed"
            ) from None
        raise


def _require_known_meaning(statement: Statement) -> None:
    engine = require_object(statement.engine, "engine", _ENGINE)
    if (engine["name"], engine["semantics"]) != (_NAME, SEMANTICS):
        raise InputError(
            "wrong_type",
            f"it was decided by `{engine['name']}` under the semantics `{engine['semantics']}`;"
            f" only `{_NAME}` under `{SEMANTICS}` is replayed",
        )
