# SPDX-License-Identifier: Apache-2.0
"""Verification of a receipt file from its bytes, in the numbered steps of FORMAT.md.

A verifier brings its own trust: the engine keys it accepts, and the log's origin and key, or a
trust root, which judges each key by its role and by the place in the log; then there is one step
more. Nothing in the file is believed before the step that shows it. The first step that fails
raises ReceiptRefused with its number; a receipt that passes all of them is returned as
`VerifiedReceipt`. No engine, parser or rule text is needed: the kernel checks the certificate
against the program that the receipt carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import attrs

from helm_logic.errors import (
    CertificateRefused,
    CheckpointError,
    EnvelopeError,
    EvaluationError,
    InputError,
    ProgramError,
    ProofError,
    ReceiptRefused,
    SignatureError,
    TrustRefused,
)
from helm_logic.kernel.certificate import Certificate, certificate_value, facts_value
from helm_logic.kernel.check import check
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom
from helm_logic.ledger.checkpoint import Checkpoint
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.merkle import leaf_hash, verify_inclusion
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts.decode import decode_certificate, decode_facts, decode_program
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import PAYLOAD_TYPE, Statement, request_digest
from helm_logic.receipts.trust import Trust, placed_envelopes
from helm_logic.receipts.verdict import Verdict, claim, reason_codes

__all__ = [
    "KEYS_STEP",
    "STEPS",
    "Trust",
    "VerifiedReceipt",
    "certificate_of",
    "check_attachments",
    "check_request",
    "check_verdict",
    "included",
    "program_of",
    "steps_of",
    "verify",
]

REFUSALS = (
    CertificateRefused,
    CheckpointError,
    EnvelopeError,
    EvaluationError,
    InputError,
    ProgramError,
    ProofError,
    SignatureError,
    TrustRefused,
)

STEPS = (
    "bytes",
    "signature",
    "statement",
    "request",
    "attachments",
    "program",
    "certificate",
    "verdict",
    "inclusion",
)
KEYS_STEP = "keys"  # the tenth, for a trust that judges places in the log


@attrs.frozen
class VerifiedReceipt:
    """A receipt that passed every step: what it proves and where the log holds it."""

    receipt: Receipt
    statement: Statement
    claim: Atom | None
    index: int
    checkpoint: Checkpoint


def verify(
    data: bytes, trust: Trust, passed: Callable[[int, str], None] = lambda _step, _name: None
) -> VerifiedReceipt:
    """Return the receipt in *data* once every step holds; raise ReceiptRefused otherwise.

    The steps are those of `steps_of`. *passed* is told each (its number from 1, its name) as it
    succeeds.
    """
    step = partial(_step, passed)
    with step(1):
        receipt = Receipt.parse(data)
    with step(2):
        if receipt.envelope.payload_type != PAYLOAD_TYPE:
            raise EnvelopeError(f"got the payload type `{receipt.envelope.payload_type}`")
        trust.verify_engine(receipt.envelope)
    with step(3):
        statement = Statement.parse(receipt.envelope.payload)
    with step(4):
        check_request(statement)
    with step(5):
        check_attachments(receipt, statement)
    with step(6):
        program = program_of(receipt, statement)
    with step(7):
        proved, certificate = certificate_of(program, statement)
    with step(8):
        check_verdict(statement, proved, certificate)
    with step(9):
        proof = parse_tlog_proof(receipt.proof.encode("utf-8"))
        leaf = leaf_hash(envelope_leaf(Kind.RECEIPT, receipt.envelope))
        checkpoint = included(proof, leaf, trust)
    if trust.judges_places:
        with step(len(STEPS) + 1):
            named = (receipt.envelope, receipt.envelopes, statement, proof.index)
            for placed in placed_envelopes(*named):
                trust.check(placed)
    return VerifiedReceipt(receipt, statement, proved, proof.index, checkpoint)


@contextmanager
def _step(passed: Callable[[int, str], None], number: int) -> Iterator[None]:
    name = (*STEPS, KEYS_STEP)[number - 1]
    try:
        yield
    except REFUSALS as error:
        raise ReceiptRefused(number, name, str(error), getattr(error, "code", "")) from error
    passed(number, name)


def steps_of(trust: Trust) -> tuple[str, ...]:
    """Return the names of the steps that *trust* asks for."""
    return (*STEPS, KEYS_STEP) if trust.judges_places else STEPS


def included(proof: TlogProof, leaf: bytes, trust: Trust) -> Checkpoint:
    """Return the tree head of *proof*, once it counts and includes the leaf hash *leaf*.

    Raises CheckpointError, SignatureError, TrustRefused or ProofError.
    """
    checkpoint = trust.verify_head(proof.checkpoint)
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint


def check_request(statement: Statement) -> None:
    """Step 4: return if the request is the one that *statement* is about; raise InputError."""
    if statement.request is None:
        if statement.error is None:
            raise InputError("request", "the request is left out, but no error says why")
    elif request_digest(statement.request) != statement.request_digest:
        raise InputError("request", "the request is not the one that the statement is about")


def check_attachments(receipt: Receipt, statement: Statement) -> None:
    """Step 5: return if *receipt* attaches what *statement* names, no more; raise InputError."""
    attached = tuple((each.digest, digest(each.to_bytes())) for each in receipt.envelopes)
    if statement.named_envelopes() != attached:
        raise InputError("attachments", "the envelopes attached are not those that are named")
    if statement.parents not in statement.expected_parents():
        raise InputError("attachments", "the parents are not those that the approvals give")


def program_of(receipt: Receipt, statement: Statement) -> Program | None:
    """Step 6: return the program that *statement* names, None without a certificate.

    Raises InputError or ProgramError.
    """
    if statement.certificate is None:
        if receipt.program is not None:
            raise InputError("program", "a program is attached that no certificate needs")
        return None
    if digest(canonical_json(receipt.program)) != statement.program:
        raise InputError("program", "the program attached is not the one that is named")
    return decode_program(receipt.program)  # type: ignore[arg-type]


def certificate_of(
    program: Program | None, statement: Statement
) -> tuple[Atom | None, Certificate | None]:
    """Step 7: return what the certificate of *statement* proves by *program*, and itself.

    Raises InputError, CertificateRefused or EvaluationError.
    """
    if program is None:
        return None, None
    facts = decode_facts(statement.facts)  # type: ignore[arg-type]
    certificate = decode_certificate(statement.certificate)  # type: ignore[arg-type]
    if canonical_json(facts_value(facts)) != canonical_json(statement.facts):
        raise InputError("not_canonical", "the facts are not sorted, each once")
    if canonical_json(certificate_value(certificate)) != canonical_json(statement.certificate):
        raise InputError("not_canonical", "the model is not sorted, each fact once")
    return check(program, facts, certificate), certificate


def check_verdict(
    statement: Statement, proved: Atom | None, certificate: Certificate | None
) -> None:
    """Step 8: return if *proved* and the model say what *statement* says; raise InputError."""
    if certificate is None or proved is None:
        if statement.verdict is not Verdict.DENY or statement.error is None:
            raise InputError(
                "verdict", "without a certificate the verdict must be DENY, with an error"
            )
        return
    if proved != claim(statement.verdict):
        want = claim(statement.verdict).terms[0]
        raise InputError(
            "verdict", f"the derivation proves `{proved}`, the verdict claims `{want}`"
        )
    codes = tuple(reason.code for reason in statement.reasons)
    if codes != reason_codes(statement.verdict, certificate.model):
        raise InputError("verdict", f"the reasons listed, {codes}, are not those of the model")
