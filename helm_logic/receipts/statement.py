# SPDX-License-Identifier: Apache-2.0
"""The statement: everything that a receipt's signature covers, as an in-toto Statement v1.

Invariants:
- the payload bytes are canonical JSON and `Statement.parse(payload).to_bytes() == payload`;
- every member is always present, and an unknown one is refused;
- a statement without a certificate (the request was refused before the rules could be asked, or a
  limit was reached) names its error and can only be a DENY.

FORMAT.md describes each member. What the members must mean together is `verify.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import attrs

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest, parse_json
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.receipts.verdict import Verdict

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:helm-logic:predicate:decision:v1"
MAX_PAYLOAD = 16 << 20

_REASON = ("about", "approvers", "code", "finality", "rules", "text")
_LISTS = ("approvals", "chain", "checks", "parents", "reasons", "revocations")
_TEXTS = ("policy", "program")


@attrs.frozen
class Reason:
    """Why: a stable *code*, what it is *about*, the *rules* that derive it, and their text."""

    code: str
    about: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    text: str = ""
    finality: str = "stop"

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "about": self.about,
            "approvers": self.approvers,
            "code": self.code,
            "finality": self.finality,
            "rules": self.rules,
            "text": self.text,
        }

    @classmethod
    def from_value(cls, value: JsonValue) -> Self:
        """Return the reason that *value* encodes; raise InputError."""
        parts = require_object(value, "reason", _REASON)
        names = {each: tuple(_texts(parts[each])) for each in ("about", "approvers", "rules")}
        texts = {each: require_text(parts[each], each) for each in ("code", "finality", "text")}
        return cls(**names, **texts)  # type: ignore[arg-type]


@attrs.frozen
class Statement:
    """One decision, whole. *facts*, *certificate* and the lists are in their JSON form."""

    request_digest: str
    request: object
    now: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    chain: object
    authority: object
    approvals: object
    revocations: object
    facts: object
    certificate: object
    program: str
    policy: str
    engine: object
    checks: object
    parents: object
    error: object = None

    def to_bytes(self) -> bytes:
        """Return the canonical payload bytes."""
        name = self.request_digest.removeprefix("sha256:")
        predicate: Mapping[str, object] = {
            "approvals": self.approvals,
            "authority": self.authority,
            "certificate": self.certificate,
            "chain": self.chain,
            "checks": self.checks,
            "engine": self.engine,
            "error": self.error,
            "facts": self.facts,
            "now": self.now,
            "parents": self.parents,
            "policy": self.policy,
            "program": self.program,
            "reasons": [reason.to_value() for reason in self.reasons],
            "request": self.request,
            "revocations": self.revocations,
            "verdict": self.verdict.value,
        }
        return canonical_json(
            {
                "_type": STATEMENT_TYPE,
                "predicate": predicate,
                "predicateType": PREDICATE_TYPE,
                "subject": [{"digest": {"sha256": name}, "name": "request"}],
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Return the statement that prints as *payload*; raise InputError for any other bytes."""
        value = parse_json(payload, max_bytes=MAX_PAYLOAD)
        whole = require_object(
            value, "statement", ("_type", "predicate", "predicateType", "subject")
        )
        if (whole["_type"], whole["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise InputError(
                "wrong_type", f"statement: want {STATEMENT_TYPE} with {PREDICATE_TYPE}"
            )
        statement = cls._from_predicate(whole["predicate"], _subject_digest(whole["subject"]))
        if statement.to_bytes() != payload:
            raise InputError("not_canonical", "statement: the payload is not canonical json")
        return statement

    @classmethod
    def _from_predicate(cls, value: JsonValue, request_digest: str) -> Self:
        names = {field.name for field in attrs.fields(cls)} - {"request_digest"}
        parts = require_object(value, "predicate", tuple(sorted(names)))
        for name in _LISTS:
            require_list(parts[name], name)
        for name in _TEXTS:
            require_text(parts[name], name)
        verdict = require_text(parts["verdict"], "verdict")
        if verdict not in Verdict.__members__:
            raise InputError(
                "wrong_shape", f"verdict: got `{verdict}`, want ALLOW, DENY or ESCALATE"
            )
        require_integer(parts["now"], "now")
        reasons = tuple(map(Reason.from_value, require_list(parts["reasons"], "reasons")))
        known: dict[str, object] = {"verdict": Verdict[verdict], "reasons": reasons}
        return cls(request_digest=request_digest, **{**parts, **known})  # type: ignore[arg-type]

    def named_envelopes(self) -> tuple[tuple[str, str], ...]:
        """Return the envelope and file digests of the links, approvals and revocations named."""
        named: list[JsonValue] = [*self.chain, *self.approvals, *self.revocations]  # type: ignore[misc]
        parts = [require_object(each, "named envelope") for each in named]
        return tuple(
            (require_text(part.get("digest"), "digest"), require_text(part.get("file"), "file"))
            for part in parts
        )

    def expected_parents(self) -> tuple[list[str], list[str]]:
        """Return the two lists of which `parents` must be one.

        The approvals and the receipts that they answer; or, in a receipt of a log that had no
        entries for approvals, these receipts alone.
        """
        parts = [require_object(each, "approval") for each in self.approvals]  # type: ignore[attr-defined]
        receipts, approvals = (
            {require_text(part.get(name), name) for part in parts} for name in ("receipt", "digest")
        )
        return sorted(receipts | approvals), sorted(receipts)


def request_digest(request: object) -> str:
    """Return the digest that names *request*: that of its canonical JSON."""
    return digest(canonical_json(request))


def _subject_digest(value: JsonValue) -> str:
    (subject,) = require_list(value, "subject", 1)
    parts = require_object(subject, "subject", ("digest", "name"))
    digests = require_object(parts["digest"], "subject digest", ("sha256",))
    if parts["name"] != "request":
        raise InputError("wrong_shape", "subject: want the name `request`")
    return "sha256:" + require_text(digests["sha256"], "subject sha256")


def _texts(value: JsonValue) -> list[str]:
    return [require_text(each, "text") for each in require_list(value, "texts")]
