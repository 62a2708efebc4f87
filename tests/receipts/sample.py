# SPDX-License-Identifier: Apache-2.0
"""A small receipt built by hand from kernel and ledger alone, and ways to forge parts of it."""

from __future__ import annotations

from typing import Any

import attrs

from helm_logic.kernel.certificate import (
    Apply,
    Certificate,
    Facts,
    Given,
    certificate_value,
    facts_value,
    program_digest,
    program_value,
)
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Atom, Negative, Positive
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.merkle import leaf_hash
from helm_logic.ledger.tlog_proof import TlogProof
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import PAYLOAD_TYPE, Reason, Statement, request_digest
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import Trust

ENGINE, LOG, STRANGER = (SeedSigner(bytes([number]) * 32) for number in (1, 2, 3))
ORIGIN = "test.example/log"
TRUST = Trust((ENGINE.public_key,), ORIGIN, LOG.public_key)

_VERDICT = Atom("verdict", ("y:allow",))
PROGRAM = Program(
    (
        Predicate("action", ("string",), given=True),
        Predicate("frozen", ("string",), given=True),
        Predicate("allow", ("symbol",), given=False),
        Predicate("deny", ("symbol",), given=False),
        Predicate("verdict", ("symbol",), given=False),
    ),
    (
        Rule(
            "allow/1",
            Atom("allow", ("y:covered",)),
            (Positive(Atom("action", ("v:A",))), Negative(Atom("frozen", ("v:A",)))),
        ),
        Rule("deny/1", Atom("deny", ("y:freeze",)), (Positive(Atom("frozen", ("v:A",))),)),
        Rule(
            "verdict/1",
            _VERDICT,
            (Positive(Atom("allow", ("v:R",))), Negative(Atom("deny", ("y:freeze",)))),
        ),
        Rule("verdict/2", Atom("verdict", ("y:deny",)), (Positive(Atom("deny", ("v:R",))),)),
    ),
    (("allow",), ("deny",), ("verdict",)),
)
FACTS: Facts = {"action": (("s:deploy",),)}
CERTIFICATE = Certificate(
    {"allow": {("y:covered",): 1}, "verdict": {("y:allow",): 1}},
    (Given("action", ("s:deploy",)), Apply(0, ("s:deploy",), (0,)), Apply(2, ("y:covered",), (1,))),
)
REQUEST = {
    "action": {"name": "deploy", "properties": {}},
    "context": {},
    "resource": {"id": "shop", "properties": {}, "type": "service"},
    "subject": {"id": "ops", "properties": {}, "type": "agent"},
}
LINK = sign("application/vnd.test.link+json", b"{}", STRANGER)


def statement() -> Statement:
    """Return the statement of an ALLOW that names one link."""
    named = {
        "delegate": "agent:ops",
        "digest": LINK.digest,
        "file": digest(LINK.to_bytes()),
        "id": "link",
        "issuer": "user:founder",
    }
    return Statement(
        request_digest=request_digest(REQUEST),
        request=REQUEST,
        now=1_800_000_000,
        verdict=Verdict.ALLOW,
        reasons=(Reason("covered", rules=("allow/1",), text="the chain covers it"),),
        chain=[named],
        authority=None,
        approvals=[],
        revocations=[],
        facts=facts_value(FACTS),
        certificate=certificate_value(CERTIFICATE),
        program=program_digest(PROGRAM),
        policy=digest(b"policy"),
        engine={"name": "test"},
        checks=["kernel"],
        parents=[],
    )


def receipt(
    stated: Statement | None = None, *, signer: SeedSigner = ENGINE, log: SeedSigner = LOG
) -> Receipt:
    """Return a receipt for *stated*, logged in a tree of two leaves."""
    stated = statement() if stated is None else stated
    envelope = sign(PAYLOAD_TYPE, stated.to_bytes(), signer)
    program = None if stated.certificate is None else program_value(PROGRAM)
    return Receipt(envelope, prove(envelope, log=log), program, (LINK,) if stated.chain else ())


def prove(envelope: Envelope, *, log: SeedSigner = LOG) -> str:
    """Return the proof that *envelope* is entry 1 of a log of two entries."""
    import hashlib  # noqa: PLC0415 - an independent tree of two leaves

    other, own = leaf_hash(b"config"), leaf_hash(envelope_leaf(Kind.RECEIPT, envelope))
    root = hashlib.sha256(b"\x01" + other + own).digest()
    note = sign_checkpoint(Checkpoint(ORIGIN, 2, root), log)
    return TlogProof(1, (other,), note).to_bytes().decode("utf-8")


def forged(**changes: Any) -> bytes:
    """Return the file of a receipt whose statement has *changes* and is signed all the same."""
    return receipt(attrs.evolve(statement(), **changes)).to_bytes()


__all__ = ["CERTIFICATE", "FACTS", "LINK", "PROGRAM", "REQUEST", "TRUST", "canonical_json"]
