# SPDX-License-Identifier: Apache-2.0
"""Verification from bytes: what passes, and at which numbered step each forgery fails."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from helm_logic import receipts
from helm_logic.errors import ReceiptRefused
from helm_logic.kernel.certificate import Certificate, certificate_value, program_value
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.envelope import sign
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Reason
from helm_logic.receipts.verdict import Verdict, claim
from helm_logic.receipts.verify import STEPS, Trust, verify
from tests.receipts.sample import (
    CERTIFICATE,
    ENGINE,
    LINK,
    LOG,
    ORIGIN,
    PROGRAM,
    STRANGER,
    TRUST,
    forged,
    receipt,
    statement,
)

MODEL, DERIVATION = CERTIFICATE.model, CERTIFICATE.steps
ERROR = {"code": "limit_reached", "message": "too much"}


def refused_at(data: bytes, trust: Trust = TRUST) -> str:
    """Return the name of the step at which *data* is refused."""
    with pytest.raises(ReceiptRefused) as caught:
        verify(data, trust)
    return caught.value.name


def test_a_good_receipt_passes_every_step_in_order() -> None:
    """A receipt made by the rules is verified, step by step, and its claim is returned."""
    passed: list[tuple[int, str]] = []
    verified = verify(
        receipt().to_bytes(), TRUST, lambda number, name: passed.append((number, name))
    )

    assert list(enumerate(STEPS, start=1)) == passed
    assert claim(Verdict.ALLOW) == verified.claim
    assert (verified.index, verified.checkpoint.size) == (1, 2)


def test_format_md_numbers_the_same_steps() -> None:
    """The numbered steps of FORMAT.md are the steps of the code, in order."""
    page = Path(receipts.__file__).with_name("FORMAT.md").read_text("utf-8")
    section = page.partition("## Verification\n")[2].partition("\n## ")[0]

    assert tuple(re.findall(r"^\d\. \*\*(\w+)\*\*", section, re.MULTILINE)) == STEPS


def test_every_flipped_byte_is_refused() -> None:
    """No single byte of a receipt file can change, whatever it is part of."""
    data = receipt().to_bytes()
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 0x01
        with pytest.raises(ReceiptRefused):
            verify(bytes(changed), TRUST)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_truncated_or_extended_file_is_refused(cut: int) -> None:
    """A file that is cut short, or goes on after its end, is no receipt."""
    data = receipt().to_bytes()

    assert refused_at(data[:cut]) == "bytes"
    assert refused_at(data + b"\n") == "bytes"


def test_trust_comes_from_the_verifier() -> None:
    """An engine or log key that the verifier did not name is refused, and so is another log."""
    good = receipt().to_bytes()
    stranger = STRANGER.public_key

    assert refused_at(receipt(signer=STRANGER).to_bytes()) == "signature"
    assert refused_at(good, Trust((), ORIGIN, LOG.public_key)) == "signature"
    assert refused_at(good, Trust(TRUST.engine_keys, ORIGIN, stranger)) == "inclusion"
    assert refused_at(good, Trust(TRUST.engine_keys, "other/log", LOG.public_key)) == "inclusion"
    assert refused_at(receipt(log=STRANGER).to_bytes()) == "inclusion"


def test_the_parents_are_those_that_the_approvals_give() -> None:
    """Each approval and what it answers; or, from older logs, the latter alone; nothing else."""
    answered = digest(b"the ESCALATE")
    named = {"digest": LINK.digest, "file": digest(LINK.to_bytes()), "receipt": answered}
    for parents, accepted in (
        (sorted((LINK.digest, answered)), True),
        ([answered], True),
        (sorted((LINK.digest, answered), reverse=True), False),
        ([LINK.digest], False),
        ([answered, answered], False),
        ([], False),
        (sorted((LINK.digest, answered, digest(b"more"))), False),
    ):
        stated = attrs.evolve(statement(), chain=[], approvals=[named], parents=parents)
        data = attrs.evolve(receipt(stated), envelopes=(LINK,)).to_bytes()
        if accepted:
            assert verify(data, TRUST).statement.parents == parents
        else:
            assert refused_at(data) == "attachments"
    assert refused_at(forged(parents=[answered])) == "attachments"


def test_another_payload_type_is_refused() -> None:
    """A signature over another type of payload says nothing about a decision."""
    whole = receipt()
    other = sign("application/json", whole.envelope.payload, ENGINE)

    assert refused_at(attrs.evolve(whole, envelope=other).to_bytes()) == "signature"


def test_a_payload_that_is_no_statement_is_refused() -> None:
    """A signed payload with another type, an unknown member or other spacing is no statement."""
    whole = receipt()
    payload = whole.envelope.payload
    for changed in (
        payload.replace(b"decision:v1", b"decision:v2"),
        payload.replace(b'"now":', b'"extra":1,"now":'),
        payload.replace(b'"now":', b'"now": '),
        payload.replace(b'"ALLOW"', b'"MAYBE"'),
        payload.replace(b'"name":"request"', b'"name":"other"'),
        b"[]",
    ):
        envelope = sign(whole.envelope.payload_type, changed, ENGINE)
        assert refused_at(attrs.evolve(whole, envelope=envelope).to_bytes()) == "statement"


def test_another_request_is_refused() -> None:
    """The request in the statement must be the one that its subject names."""
    assert refused_at(forged(request={"other": 1})) == "request"
    assert refused_at(forged(request=None)) == "request"


def test_attachments_are_a_closed_set() -> None:
    """A link that is named must be there, one that is not named must not."""
    whole = receipt()

    for attached in ((), (LINK, LINK), (whole.envelope,)):
        file = attrs.evolve(whole, envelopes=attached).to_bytes()
        assert refused_at(file) == "attachments"
    assert refused_at(forged(chain=[{"digest": LINK.digest, "file": LINK.digest}])) == "attachments"


def test_another_program_is_refused() -> None:
    """The program attached must be the one that is named, and none may come without a use."""
    whole = receipt()
    other = program_value(PROGRAM) | {"strata": [["allow"], ["deny", "verdict"]]}

    assert refused_at(attrs.evolve(whole, program=other).to_bytes()) == "program"
    assert refused_at(attrs.evolve(whole, program=None).to_bytes()) == "program"
    denied = receipt(attrs.evolve(statement(), certificate=None, verdict=Verdict.DENY, error=ERROR))
    file = attrs.evolve(denied, program=program_value(PROGRAM)).to_bytes()
    assert refused_at(file) == "program"


@pytest.mark.parametrize(
    "wrong",
    [
        Certificate({**MODEL, "deny": {("y:freeze",): 1}}, DERIVATION),
        Certificate({"verdict": MODEL["verdict"]}, DERIVATION),
        Certificate(MODEL, DERIVATION[1:]),
        Certificate(MODEL, ()),
    ],
)
def test_a_wrong_certificate_is_refused(wrong: Certificate) -> None:
    """A fact too many or too few, and a derivation with a gap, fail although they are signed."""
    assert refused_at(forged(certificate=certificate_value(wrong))) == "certificate"


def test_a_certificate_out_of_order_is_refused() -> None:
    """Facts and model have one order; another one would be another file for the same decision."""
    rows = [["s:a"], ["s:b"]]

    assert refused_at(forged(facts={"action": rows[::-1]})) == "certificate"
    assert refused_at(forged(facts={"action": rows, "frozen": []})) == "certificate"
    empty = {"model": {"deny": []}, "steps": []}
    assert refused_at(forged(certificate=empty)) == "certificate"


def test_a_verdict_that_was_not_proved_is_refused() -> None:
    """The verdict must be the claim, and the reasons those of the model, each of them."""
    assert refused_at(forged(verdict=Verdict.ESCALATE)) == "verdict"
    assert (
        refused_at(forged(certificate=certificate_value(Certificate(MODEL, DERIVATION[:2]))))
        == "verdict"
    )
    assert refused_at(forged(reasons=())) == "verdict"
    assert refused_at(forged(reasons=(Reason("other"),))) == "verdict"
    assert refused_at(forged(reasons=(Reason("covered"), Reason("covered")))) == "verdict"


def test_without_a_certificate_only_a_deny_with_an_error_passes() -> None:
    """A receipt that proves nothing can say DENY and why, and nothing else."""
    bare = attrs.evolve(statement(), certificate=None, verdict=Verdict.DENY, error=ERROR)

    assert verify(receipt(bare).to_bytes(), TRUST).claim is None
    assert refused_at(receipt(attrs.evolve(bare, error=None)).to_bytes()) == "verdict"
    assert refused_at(receipt(attrs.evolve(bare, verdict=Verdict.ALLOW)).to_bytes()) == "verdict"
    unread = receipt(attrs.evolve(bare, request=None)).to_bytes()
    assert verify(unread, TRUST).statement.request is None


def test_parse_after_print_is_identity() -> None:
    """Reading a receipt file gives back the receipt and the statement that were written."""
    whole = receipt()
    read = Receipt.parse(whole.to_bytes())

    assert whole.envelope == read.envelope
    assert statement().to_bytes() == verify(whole.to_bytes(), TRUST).statement.to_bytes()
