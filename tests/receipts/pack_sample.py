# SPDX-License-Identifier: Apache-2.0
"""A small pack built by hand: an ESCALATE, the approval that answers it, and the ALLOW.

`Story` is what may vary; `members` and `repacked` take a pack apart and put it together again with
a manifest that fits, as a forger would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import attrs

from helm_logic.kernel.certificate import (
    Apply,
    Certificate,
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
from helm_logic.receipts.archive import read_archive, write_archive
from helm_logic.receipts.manifest import MANIFEST, with_manifest
from helm_logic.receipts.pack import FORMAT, Pack
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import PAYLOAD_TYPE, Reason, Statement, request_digest
from helm_logic.receipts.verdict import Verdict
from tests.receipts.sample import ENGINE, LOG, ORIGIN, REQUEST, STRANGER

RULE_TEXT = b'allow(covered) :- action("deploy").\n'
LINK_TYPE, APPROVAL_TYPE, REVOCATION_TYPE = (
    f"application/vnd.helm-logic.{name}+json" for name in ("link", "approval", "revocation")
)
PROGRAM = Program(
    (
        Predicate("action", ("string",), given=True),
        Predicate("approval", ("string",), given=True),
        Predicate("allow", ("symbol",), given=False),
        Predicate("approved", (), given=False),
        Predicate("escalate", ("symbol",), given=False),
        Predicate("verdict", ("symbol",), given=False),
    ),
    (
        Rule("allow/1", Atom("allow", ("y:covered",)), (Positive(Atom("action", ("v:A",))),)),
        Rule("approved/1", Atom("approved", ()), (Positive(Atom("approval", ("v:D",))),)),
        Rule("escalate/1", Atom("escalate", ("y:ask",)), (Negative(Atom("approved", ())),)),
        Rule(
            "verdict/1",
            Atom("verdict", ("y:allow",)),
            (Positive(Atom("allow", ("v:R",))), Negative(Atom("escalate", ("y:ask",)))),
        ),
        Rule(
            "verdict/2",
            Atom("verdict", ("y:escalate",)),
            (Positive(Atom("escalate", ("v:R",))),),
        ),
    ),
    (("allow",), ("approved",), ("escalate",), ("verdict",)),
)
_ACTION = Given("action", ("s:deploy",))
ASKED = Certificate(
    {
        "allow": {("y:covered",): 1},
        "escalate": {("y:ask",): 1},
        "verdict": {("y:escalate",): 1},
    },
    (Apply(2, (), ()), Apply(4, ("y:ask",), (0,))),
)
GRANTED = Certificate(
    {"allow": {("y:covered",): 1}, "approved": {(): 1}, "verdict": {("y:allow",): 1}},
    (_ACTION, Apply(0, ("s:deploy",), (0,)), Apply(3, ("y:covered",), (1,))),
)


@attrs.frozen
class Story:
    """The texts of a pack, its signers, and what a forger may change in approval and receipts."""

    request: object = attrs.field(factory=lambda: REQUEST)
    text: str = "a person has to agree"
    rules: tuple[bytes, ...] = (RULE_TEXT,)
    engine: SeedSigner = ENGINE
    log: SeedSigner = LOG
    approver: SeedSigner = STRANGER
    link_type: str = LINK_TYPE
    approval: dict[str, Any] = attrs.field(factory=dict)
    asked: dict[str, Any] = attrs.field(factory=dict)
    granted: dict[str, Any] = attrs.field(factory=dict)
    policy: dict[str, Any] = attrs.field(factory=dict)
    order: tuple[int, ...] = (0, 1, 2)
    """The places in the log of ESCALATE, approval and ALLOW, after the config entry."""

    def pack(self) -> Pack:
        """Return the pack that tells it."""
        policy = canonical_json(self._policy())
        link = self._envelope(self.link_type, "issuer_key", {"id": "link"})
        asked = self._statement(link, ASKED, Verdict.ESCALATE, "ask", digest(policy))
        first = sign(PAYLOAD_TYPE, attrs.evolve(asked, **self.asked).to_bytes(), self.engine)
        said = {"receipt": first.digest, "request": asked.request_digest, "policy": asked.policy}
        approval = self._envelope(APPROVAL_TYPE, "key", {**said, **self.approval})
        granted = self._statement(link, GRANTED, Verdict.ALLOW, "covered", digest(policy))
        granted = attrs.evolve(granted, **_approved(approval, first.digest))
        granted = attrs.evolve(granted, **self.granted)
        last = sign(PAYLOAD_TYPE, granted.to_bytes(), self.engine)
        entries = [(Kind.RECEIPT, first), (Kind.APPROVAL, approval), (Kind.RECEIPT, last)]
        one, two, three = prove(entries, self.order, self.log)
        program = program_value(PROGRAM)
        return Pack(
            Receipt(last, three.decode(), program, (link, approval)),
            {first.digest: Receipt(first, one.decode(), program, (link,))},
            {approval.digest: two},
            {digest(policy): policy},
            {digest(text): text for text in self.rules},
        )

    def _policy(self) -> dict[str, Any]:
        rules = [[f"{number}.dl", digest(text)] for number, text in enumerate(self.rules)]
        named = {"format": "helm-logic/bundle/v1", "program": program_digest(PROGRAM)}
        return {**named, "rules": rules, **self.policy}

    def _envelope(self, kind: str, member: str, said: dict[str, Any]) -> Envelope:
        signer = STRANGER if kind != APPROVAL_TYPE else self.approver
        return sign(kind, canonical_json({member: STRANGER.public_key.text, **said}), signer)

    def _statement(
        self, link: Envelope, proof: Certificate, verdict: Verdict, code: str, policy: str
    ) -> Statement:
        named = {"delegate": "agent:ops", "digest": link.digest, "id": "link", "issuer": "user:me"}
        return Statement(
            request_digest=request_digest(self.request),
            request=self.request,
            now=1_800_000_000,
            verdict=verdict,
            reasons=(Reason(code, text=self.text),),
            chain=[{**named, "file": digest(link.to_bytes())}],
            authority=None,
            approvals=[],
            revocations=[],
            facts=facts_value({"action": (("s:deploy",),)}),
            certificate=certificate_value(proof),
            program=program_digest(PROGRAM),
            policy=policy,
            engine={"name": "test"},
            checks=["kernel"],
            parents=[],
        )


def _approved(approval: Envelope, answered: str) -> dict[str, Any]:
    named = {"approver": "user:boss", "role": "owner", "id": "1", "receipt": answered}
    facts = {"action": (("s:deploy",),), "approval": ((f"s:{approval.digest}",),)}
    named |= {"digest": approval.digest, "file": digest(approval.to_bytes())}
    return {
        "approvals": [named],
        "facts": facts_value(facts),
        "parents": sorted([answered, approval.digest]),
    }


def prove(
    entries: Sequence[tuple[Kind, Envelope]], order: Sequence[int], log: SeedSigner
) -> list[bytes]:
    """Return proofs that *entries* stand in a log in *order*, after one other entry."""
    leaves = [leaf_hash(b"config")] * (len(entries) + 1)
    for place, (kind, envelope) in zip(order, entries, strict=True):
        leaves[1 + place] = leaf_hash(envelope_leaf(kind, envelope))
    note = sign_checkpoint(Checkpoint(ORIGIN, len(leaves), _root(leaves)), log)
    return [TlogProof(1 + n, tuple(_path(1 + n, leaves)), note).to_bytes() for n in order]


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:half]) + _root(leaves[half:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*_path(index, leaves[:half]), _root(leaves[half:])]
    return [*_path(index - half, leaves[half:]), _root(leaves[:half])]


def members(data: bytes) -> dict[str, bytes]:
    """Return the members of the pack *data* but the manifest."""
    return {name: content for name, content in read_archive(data).items() if name != MANIFEST}


def repacked(parts: dict[str, bytes], receipt: str) -> bytes:
    """Return an archive of *parts* with the manifest that fits them."""
    return write_archive(with_manifest(FORMAT, receipt, parts))
