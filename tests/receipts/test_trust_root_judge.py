# SPDX-License-Identifier: Apache-2.0
"""Receipts and packs judged by a trust root: by role, and by the place in the log."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from helm_logic.errors import ReceiptRefused, TrustRefused
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.cosignature import cosign
from helm_logic.ledger.envelope import EnvelopeSignature, sign
from helm_logic.ledger.keys import PublicKey, SeedSigner
from helm_logic.receipts.pack_results import State
from helm_logic.receipts.pack_verify import pack_report
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from helm_logic.receipts.trust_root_judge import key_fault, root_trust
from helm_logic.receipts.verify import KEYS_STEP, STEPS, verify
from tests.receipts.pack_sample import Story
from tests.receipts.roots import APPROVER, NEXT_ENGINE, ROOTS, WITNESSES, keys, root, with_key
from tests.receipts.sample import (
    ENGINE,
    LINK,
    LOG,
    ORIGIN,
    STRANGER,
    prove,
    receipt,
    statement,
)

GOOD = receipt()
NAMES = ("w1.example", "w2.example", "w3.example")
WITNESSED = RoleKeys(
    tuple(RootKey(one.public_key, name) for one, name in zip(WITNESSES, NAMES, strict=True)), 2
)


def refusal(made: TrustRoot, one: Receipt = GOOD) -> tuple[str, str]:
    """Return at which step *one* is refused by *made*, and the code; two empty texts if not."""
    try:
        verify(one.to_bytes(), root_trust(made))
    except ReceiptRefused as error:
        return error.name, error.code
    return "", ""


def span(**ends: Any) -> TrustRoot:
    """Return the root with *ends* of the engine key's span."""
    return root(engine=keys(ENGINE, **ends))


def test_a_good_receipt_passes_ten_steps() -> None:
    """The nine of every receipt, and that each key counts where it signed."""
    passed: list[str] = []
    verify(GOOD.to_bytes(), root_trust(root()), lambda _, name: passed.append(name))
    assert passed == [*STEPS, KEYS_STEP]


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("", span(from_index=1, to_index=2, revoked_from_index=2)),
        ("key_not_yet_valid", span(from_index=2)),
        ("key_retired", span(to_index=1)),
        ("key_revoked", span(revoked_from_index=1, reason="stolen")),
        ("key_revoked", span(revoked_from_index=0, from_index=5, to_index=0)),
    ],
)
def test_an_engine_key_counts_where_its_span_says(code: str, made: TrustRoot) -> None:
    """The receipt is entry 1: before the span, after it, and from the revocation on it is none."""
    assert refusal(made) == (("keys", code) if code else ("", ""))


def test_a_key_revoked_anywhere_is_revoked() -> None:
    """An engine key that is listed twice, or revoked under another name, does not count."""
    listed = RoleKeys((RootKey(ENGINE.public_key), RootKey(ENGINE.public_key, "old", 0, None, 1)))
    assert refusal(root(engine=listed)) == ("keys", "key_revoked")


def test_who_is_no_engine_is_refused_at_once() -> None:
    """A key of another role, a key of none, a signature that is another key's."""
    (one,) = GOOD.envelope.signatures
    forged = EnvelopeSignature(STRANGER.public_key.keyid, one.signature)
    crossed = attrs.evolve(GOOD, envelope=attrs.evolve(GOOD.envelope, signatures=(forged,)))
    others = root(engine=keys(NEXT_ENGINE), anchor=keys(ENGINE, name="user:x"))
    assert refusal(others) == ("signature", "wrong_role")
    assert refusal(root(), receipt(signer=NEXT_ENGINE)) == ("signature", "unknown_key")
    assert refusal(root(engine=keys(STRANGER), approver=keys()), crossed) == (
        "signature",
        "bad_signature",
    )


def head(size: int, signer: SeedSigner = LOG, origin: str = ORIGIN) -> bytes:
    """Return a tree head of *size* entries."""
    return sign_checkpoint(Checkpoint(origin, size, bytes(32)), signer)


def cosigned(note: bytes, *places: int) -> bytes:
    """Return *note* with cosignatures of the witnesses at *places*."""
    for place in places:
        note = cosign(note, NAMES[place], WITNESSES[place], 1_700_000_000)
    return note


def head_code(made: TrustRoot, note: bytes) -> str:
    """Return the code for which the tree head *note* does not count."""
    try:
        root_trust(made).verify_head(note)
    except TrustRefused as error:
        return error.code
    return ""


def test_a_log_key_counts_for_tree_heads_of_its_span() -> None:
    """By their last entry: up to the last one of its span, and by its successor from then on."""
    next_log = SeedSigner(bytes([41]) * 32)
    both = RoleKeys(
        (
            RootKey(LOG.public_key, ORIGIN, to_index=5),
            RootKey(next_log.public_key, ORIGIN, from_index=5),
        )
    )
    made = root(log=both)
    assert [head_code(made, head(size)) for size in (0, 1, 5, 6)] == ["", "", "", "key_retired"]
    early, late = head(5, next_log), head(6, next_log)
    assert (head_code(made, early), head_code(made, late)) == ("key_not_yet_valid", "")
    assert head_code(made, head(5, ENGINE)) == "unknown_key"
    assert head_code(made, head(5)[:-4] + b"AAA\n") == "bad_signature"
    assert refusal(root(), receipt(log=STRANGER)) == ("inclusion", "unknown_key")


def test_several_log_keys_may_have_to_sign() -> None:
    """A threshold of two takes two keys' lines; the same line twice is one."""
    other = SeedSigner(bytes([41]) * 32)
    made = root(log=keys(LOG, other, name=ORIGIN, threshold=2))
    (line,) = head(3, other).splitlines()[-1:]
    assert head_code(made, head(3)) == "threshold_not_met"
    assert head_code(made, head(3) + line + b"\n") == ""


@pytest.mark.parametrize(
    ("code", "places"),
    [("witnesses_missing", ()), ("witnesses_missing", (0,)), ("", (0, 2)), ("", (0, 1, 2))],
)
def test_a_tree_head_takes_as_many_witnesses_as_the_root_says(
    code: str, places: tuple[int, ...]
) -> None:
    """Two of three; and a receipt whose proof has too few is not included."""
    made = root(witness=WITNESSED)
    assert head_code(made, cosigned(head(7), *places)) == code
    proof = GOOD.proof.encode()
    more = proof[: proof.index(ORIGIN.encode())] + cosigned(
        proof[proof.index(ORIGIN.encode()) :], *places
    )
    one = attrs.evolve(GOOD, proof=more.decode())
    assert refusal(made, one) == (("inclusion", code) if code else ("", ""))


def test_witnesses_are_counted_by_key_bytes_and_within_their_spans() -> None:
    """Two names of one key are one witness; a revoked one is none, whatever it cosigned."""
    twice = RoleKeys(
        (*WITNESSED.keys[:2], RootKey(WITNESSES[0].public_key, NAMES[1])), 2
    )  # fmt: skip
    note = cosign(cosigned(head(7), 0), NAMES[1], WITNESSES[0], 5)
    assert head_code(root(witness=twice), note) == "witnesses_missing"
    for ends in ({"revoked_from_index": 100}, {"to_index": 6}, {"from_index": 7}):
        made = root(witness=with_key(WITNESSED, 0, **ends))
        assert head_code(made, cosigned(head(7), 0, 1)) == "witnesses_missing"
        assert head_code(made, cosigned(head(7), 1, 2)) == ""
    broken = cosigned(head(7), 0, 1)[:-4] + b"A==\n"
    assert head_code(root(witness=WITNESSED), broken) == "bad_signature"


def test_a_revoked_log_key_needs_a_witness() -> None:
    """Whoever has it can sign any place, so that its word for an early one is not enough."""
    stolen = keys(LOG, name=ORIGIN, revoked_from_index=5)
    made = root(log=stolen, witness=RoleKeys(WITNESSED.keys, 0))
    assert head_code(made, head(5)) == "witnesses_missing"
    assert head_code(made, cosigned(head(5), 1)) == ""
    assert head_code(made, cosigned(head(6), 1)) == "key_revoked"


def approved(**changes: Any) -> Receipt:
    """Return a receipt that counts an approval by `APPROVER`, with *changes* to what is named."""
    payload = canonical_json({"approver": APPROVER, "key": STRANGER.public_key.text})
    approval = sign("application/vnd.helm-logic.approval+json", payload, STRANGER)
    named = {
        "approver": APPROVER,
        "digest": approval.digest,
        "file": digest(approval.to_bytes()),
        "receipt": digest(b"asked"),
        **changes,
    }
    stated = attrs.evolve(
        statement(),
        chain=[],
        approvals=[named],
        parents=sorted([approval.digest, digest(b"asked")]),
    )
    one = receipt(stated)
    return attrs.evolve(one, envelopes=(approval,), proof=prove(one.envelope))


def test_an_approval_counts_by_its_approvers_key() -> None:
    """One of the root's, for that approver, in its span; the receipt's place stands for its own."""
    one = approved()
    assert refusal(root(), one) == ("", "")
    assert refusal(root(), approved(approver="user:eve")) == ("keys", "wrong_name")
    other = keys(STRANGER, name="user:eve")
    assert refusal(root(approver=other), one) == ("keys", "wrong_name")
    assert refusal(root(approver=keys()), one) == ("keys", "unknown_key")
    elsewhere = keys(STRANGER, name=APPROVER)
    assert refusal(root(approver=keys(), anchor=elsewhere), one) == ("keys", "wrong_role")
    gone = keys(STRANGER, name=APPROVER, revoked_from_index=1)
    assert refusal(root(approver=gone), one) == ("keys", "key_revoked")


def test_the_chain_of_an_allow_begins_at_an_anchor_of_the_root() -> None:
    """If the root has anchors: by the issuer's name and key; what is no ALLOW is not asked."""
    issuer = "user:founder"
    link = sign(LINK.payload_type, canonical_json({"issuer": issuer}), STRANGER)
    named = {"digest": link.digest, "file": digest(link.to_bytes()), "issuer": issuer}
    stated = attrs.evolve(statement(), chain=[named])
    one = attrs.evolve(receipt(stated), envelopes=(link,))
    assert refusal(root(), one) == ("", "")
    assert refusal(root(anchor=keys(STRANGER, name=issuer), approver=keys()), one) == ("", "")
    assert refusal(root(anchor=keys(STRANGER, name="user:eve")), one) == ("keys", "wrong_name")
    assert refusal(root(anchor=keys(ROOTS[0], name=issuer)), one) == ("keys", "wrong_role")


STORY = Story(approval={"approver": "user:boss"})  # of three entries: 1, 2 and 3


def states(made: TrustRoot) -> dict[str, State]:
    """Return the results about the pack of the story by *made*."""
    report = pack_report(STORY.pack().to_bytes(), root_trust(made))
    return {each.name: each.state for each in report.results}


def test_in_a_pack_every_part_has_its_own_place() -> None:
    """The approval is entry 2: revoked from 3 on it counts, though the ALLOW is entry 3."""
    for index, want in ((3, State.HOLDS), (2, State.FAILED)):
        gone = keys(STRANGER, name=APPROVER, revoked_from_index=index)
        assert states(root(approver=gone))["trust"] is want
    for key, want in (
        (RootKey(ENGINE.public_key, revoked_from_index=4), State.HOLDS),
        (RootKey(ENGINE.public_key, revoked_from_index=3), State.FAILED),
        (RootKey(ENGINE.public_key, from_index=1), State.HOLDS),
        (RootKey(ENGINE.public_key, from_index=2), State.FAILED),
    ):
        found = states(root(engine=RoleKeys((key,))))
        assert found["trust"] is want
        assert found["signature"] is State.HOLDS


def test_key_fault_says_why_a_key_does_not_count() -> None:
    """The question that a guard asks before it signs."""
    made = root(engine=keys(ENGINE, from_index=2, to_index=4))
    key: PublicKey = ENGINE.public_key
    codes = [key_fault(made, Role.ENGINE, key, index) for index in range(1, 5)]
    assert codes == ["key_not_yet_valid", "", "", "key_retired"]
    assert key_fault(made, Role.APPROVER, key, 2) == "wrong_role"
    assert key_fault(made, Role.APPROVER, STRANGER.public_key, 2, "user:eve") == "wrong_name"
    assert key_fault(made, Role.ENGINE, NEXT_ENGINE.public_key, 2) == "unknown_key"
