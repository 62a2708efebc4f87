# SPDX-License-Identifier: Apache-2.0
"""Verification of a pack from its bytes, with a separate result for each thing that may hold.

    bytes         it is the one form of a pack, and holds exactly what its receipts name
    signature     every statement in it is signed by the key that it should be
    trust         these keys, and the log's, are those that the verifier trusts; by a trust root,
                  each in its role and at the place in the log where it signed
    inclusion     receipts and approvals are in the log, in the order that they name each other
    derivation    the kernel accepts each certificate, and verdict and reasons are those proved
    replay NAME   the engine NAME finds the same model again (only where engines are given)

A verifier brings its own trust; nothing in the pack supplies any. If the bytes do not hold, nothing
else is looked at. A signature by a key that is not trusted cannot be checked, for the pack has no
keys. Engines are handed in: this room imports none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import attrs

from helm_logic.errors import InputError, ProofError, ReceiptRefused, SignatureError
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.ledger import envelope as dsse
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.leaf import Kind, envelope_leaf
from helm_logic.ledger.merkle import leaf_hash
from helm_logic.ledger.note import parse_note
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts.pack import Pack, policy_value
from helm_logic.receipts.pack_replay import Replay, replay
from helm_logic.receipts.pack_results import Findings, Result, State
from helm_logic.receipts.pack_roots import check_root_signatures, check_roots
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import PAYLOAD_TYPE, Statement
from helm_logic.receipts.trust import TOKEN_TYPE, Trust, placed_envelopes
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import (
    certificate_of,
    check_attachments,
    check_request,
    check_verdict,
    included,
    program_of,
)

NAMES = ("bytes", "signature", "trust", "inclusion", "derivation", "replay")

_NO_ENGINES: Mapping[str, Replay] = MappingProxyType({})
# The member of each statement that names the key it is signed with.
_KEY_MEMBERS = {
    "application/vnd.helm-logic.link+json": "issuer_key",
    "application/vnd.helm-logic.approval+json": "key",
    "application/vnd.helm-logic.revocation+json": "key",
}
_APPROVAL = "application/vnd.helm-logic.approval+json"


@attrs.frozen
class PackReport:
    """Every result about one pack; the rest is empty if the bytes do not hold.

    *pack* is None for a redacted one as well.
    """

    results: tuple[Result, ...]
    pack: Pack | None = None
    receipt: str = ""
    statement: Statement | None = None
    proof: TlogProof | None = None

    @property
    def holds(self) -> bool:
        """Whether everything that was asked for holds."""
        return all(each.state in (State.HOLDS, State.NOT_ASKED) for each in self.results)


def verify_pack(data: bytes, trust: Trust, engines: Mapping[str, Replay] = _NO_ENGINES) -> Pack:
    """Return the pack in *data* if everything holds; raise ReceiptRefused at the first that fails.

    Its step counts from 1 in the order of `NAMES`.
    """
    report = pack_report(data, trust, engines)
    for each in report.results:
        if each.state in (State.FAILED, State.UNKNOWN):
            number = NAMES.index(each.name.split()[0]) + 1
            raise ReceiptRefused(number, each.name, each.detail)
    if report.pack is None:
        raise ReceiptRefused(1, "bytes", "there is no pack")
    return report.pack


def pack_report(
    data: bytes, trust: Trust, engines: Mapping[str, Replay] = _NO_ENGINES
) -> PackReport:
    """Return every result about the pack in *data*; raises nothing for what *data* holds."""
    found = Findings()
    with found.result("bytes"):
        pack = Pack.parse(data)
        receipts = [_Case.of(receipt, statement) for receipt, statement in pack.receipts()]
        _check_contents(pack, receipts)
        found.say(f"{len(data)} bytes; receipts: {len(receipts)}, policies: {len(pack.policies)}")
    if found.failed:
        return PackReport((*found.results, *unreached(engines)))
    _signatures(found, pack, receipts, trust)
    with found.result("inclusion"):
        head = _check_inclusion(pack, receipts, trust)
        found.say(head)
    with found.result("derivation"):
        found.say(_check_derivations(receipts))
    replay(found, [(each.receipt, each.statement) for each in receipts], engines)
    root = receipts[0]
    return PackReport(tuple(found.results), pack, root.receipt.id, root.statement, root.proof)


@attrs.frozen
class _Case:
    """A receipt, read."""

    receipt: Receipt
    statement: Statement
    proof: TlogProof

    @classmethod
    def of(cls, receipt: Receipt, statement: Statement) -> _Case:
        return cls(receipt, statement, parse_tlog_proof(receipt.proof.encode("utf-8")))


def unreached(engines: Mapping[str, Replay]) -> Iterator[Result]:
    """Yield the results that stay open if the bytes do not hold."""
    for name in (*NAMES[1:-1], *(f"replay {each}" for each in engines)):
        yield Result(name, State.UNKNOWN, "the bytes do not hold")


def _check_contents(pack: Pack, receipts: list[_Case]) -> None:
    """Return if every part is what the statements say it is; raise HelmError."""
    by_id = {each.receipt.id: each.statement for each in receipts}
    for each in receipts:
        said = each.statement
        check_request(said)
        check_attachments(each.receipt, said)
        for envelope in each.receipt.envelopes:
            if envelope.payload_type == _APPROVAL:
                _check_answer(envelope, said, by_id)
        policy = pack.policies.get(said.policy)
        if policy is not None and policy_value(policy)["program"] != said.program:
            raise InputError("pack", "the policy has another program than the receipt")
    for data in pack.proofs.values():
        parse_tlog_proof(data)


def _check_answer(approval: Envelope, said: Statement, by_id: Mapping[str, Statement]) -> None:
    parts = _payload(approval)
    answered = by_id.get(require_text(parts.get("receipt"), "approval receipt"))
    if answered is None or answered.verdict is not Verdict.ESCALATE:
        raise InputError("pack", "an approval answers no ESCALATE of this pack")
    asked = (said.request_digest, said.policy)
    if (parts.get("request"), parts.get("policy")) != asked:
        raise InputError("pack", "an approval is for another request or policy than its receipt")
    if (answered.request_digest, answered.policy) != asked:
        raise InputError("pack", "an approval answers a receipt about another request or policy")


def _signatures(found: Findings, pack: Pack, receipts: list[_Case], trust: Trust) -> None:
    """Find what signatures and keys are worth; a key that is not trusted leaves both open."""
    known = {key.keyid for key in trust.engine_keys}
    signers = [{one.keyid for one in each.receipt.envelope.signatures} for each in receipts]
    strangers = sorted(min(keyids) for keyids in signers if keyids.isdisjoint(known))
    if strangers:
        detail = f"nobody trusted signed: `{strangers[0]}` is no accepted engine key"
        found.add("signature", State.UNKNOWN, "the engine's key is not known here")
        found.add("trust", State.FAILED, detail)
        return
    with found.result("signature"):
        count = 0
        for each in receipts:
            _check_signatures(each.receipt, trust)
            count += 1 + sum(one.payload_type != TOKEN_TYPE for one in each.receipt.envelopes)
        count += check_root_signatures(pack.roots, trust.log_keys)
        found.say(f"signatures: {count}, each by the key that it names")
    with found.result("trust"):
        for each in receipts:
            check_log(each.proof, trust)
        if trust.judges_places:
            _check_places(pack, receipts, trust)
        versions = check_roots(pack.roots)
        told = f"; the log tells of version {versions} of its trust root" if versions else ""
        found.say(f"accepted engines, and the log {trust.log_origin}{told}")


def _check_signatures(receipt: Receipt, trust: Trust) -> None:
    if receipt.envelope.payload_type != PAYLOAD_TYPE:
        raise SignatureError(f"got the payload type `{receipt.envelope.payload_type}`")
    trust.verify_engine(receipt.envelope)
    for each in receipt.envelopes:
        if each.payload_type != TOKEN_TYPE:  # signed by its issuer, in another way: replay verifies
            check_own_key(each)


def _check_places(pack: Pack, receipts: list[_Case], trust: Trust) -> None:
    """Return if every key counts where the proofs say that it signed; raise TrustRefused."""
    places = {name: parse_tlog_proof(data).index for name, data in pack.proofs.items()}
    for each in receipts:
        own = each.receipt
        named = (own.envelope, own.envelopes, each.statement, each.proof.index, places)
        for placed in placed_envelopes(*named):
            trust.check(placed)


def check_own_key(envelope: Envelope) -> None:
    """Return if *envelope* is signed by the key that it names; raise HelmError."""
    member = _KEY_MEMBERS.get(envelope.payload_type)
    if member is None:
        raise SignatureError(f"got a statement of the unknown type `{envelope.payload_type}`")
    text = require_text(_payload(envelope).get(member), member)
    try:
        key = PublicKey.parse(text)
    except ValueError as error:
        raise SignatureError(f"{member}: {error}") from None
    dsse.verify(envelope, (key,))


def check_log(proof: TlogProof, trust: Trust) -> None:
    """Return if the tree head of *proof* claims the trusted log's key; raise SignatureError."""
    if not trust.is_claimed(proof.checkpoint):
        names = ", ".join(sorted({one.name for one in parse_note(proof.checkpoint).signatures}))
        raise SignatureError(f"the tree head is signed by `{names}`, and not by the trusted log")


def _check_inclusion(pack: Pack, receipts: list[_Case], trust: Trust) -> str:
    """Return what the log is, once it holds everything in order; raise HelmError."""
    head = receipts[0].proof.checkpoint
    places: dict[str, int] = {}
    entries = [(Kind.RECEIPT, each.receipt.envelope, each.proof) for each in receipts]
    approvals = {one.digest: one for each in receipts for one in each.receipt.envelopes}
    for name, data in pack.proofs.items():
        entries.append((Kind.APPROVAL, approvals[name], parse_tlog_proof(data)))
    for kind, envelope, proof in entries:
        if proof.checkpoint != head:
            raise ProofError("the proofs are for several tree heads, want one")
        leaf = leaf_hash(envelope_leaf(kind, envelope))
        checkpoint = included(proof, leaf, trust)
        places[envelope.digest] = proof.index
    for earlier, later in _edges(receipts):
        if earlier in places and later in places and places[earlier] >= places[later]:
            raise ProofError(f"the log has `{earlier}` after what names it")
    return f"{len(places)} of {checkpoint.size} entries of {checkpoint.origin}, in order"


def _edges(receipts: list[_Case]) -> Iterator[tuple[str, str]]:
    """Yield what is named and what names it: parents and receipts, receipts and their approvals."""
    for each in receipts:
        for parent in each.statement.parents:  # type: ignore[attr-defined]
            yield parent, each.receipt.id
        for approval in each.statement.approvals:  # type: ignore[attr-defined]
            yield approval["receipt"], approval["digest"]


def _check_derivations(receipts: list[_Case]) -> str:
    proved = 0
    for each in receipts:
        program = program_of(each.receipt, each.statement)
        claim, certificate = certificate_of(program, each.statement)
        check_verdict(each.statement, claim, certificate)
        proved += certificate is not None
    return f"certificates: {proved}, refusals without one: {len(receipts) - proved}"


def _payload(envelope: Envelope) -> dict[str, JsonValue]:
    return require_object(parse_json(envelope.payload), "signed statement")
