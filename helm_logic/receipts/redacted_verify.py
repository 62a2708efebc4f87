# SPDX-License-Identifier: Apache-2.0
"""Verification of a redacted pack, with the results that a pack has.

    signature     the redaction is signed by the engine, links and revocations by their own keys
    trust         the engine is trusted, also as the signer of the receipt, and so is the log
    inclusion     the log holds the receipt that the redaction is about, with that leaf
    derivation    as in a pack, if no rule reads what is withheld; else it is withheld

Not verified: that the receipt says what its engine says here that it says, for its own signature is
over the values too. A derivation that is withheld does not hold: the pack is not verified then.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from helm_logic.errors import InputError, SignatureError
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.merkle import leaf_hash
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts.archive import read_archive
from helm_logic.receipts.pack import policy_value
from helm_logic.receipts.pack_replay import Replay, replay
from helm_logic.receipts.pack_results import Findings, State
from helm_logic.receipts.pack_verify import (
    PackReport,
    check_log,
    check_own_key,
    pack_report,
    unreached,
)
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.redacted_pack import REDACTION, RedactedPack
from helm_logic.receipts.redaction import Redaction, depends
from helm_logic.receipts.trust import Trust, placed_envelopes
from helm_logic.receipts.verify import certificate_of, check_verdict, included, program_of

_NO_ENGINES: Mapping[str, Replay] = MappingProxyType({})


def any_pack_report(
    data: bytes, trust: Trust, engines: Mapping[str, Replay] = _NO_ENGINES
) -> PackReport:
    """Return every result about the pack in *data*, redacted or not; raises nothing for it."""
    if _is_redacted(data):
        return redacted_report(data, trust, engines)
    return pack_report(data, trust, engines)


def redacted_report(
    data: bytes, trust: Trust, engines: Mapping[str, Replay] = _NO_ENGINES
) -> PackReport:
    """Return every result about the redacted pack in *data*; raises nothing for what it holds."""
    found = Findings()
    with found.result("bytes"):
        pack = RedactedPack.parse(data)
        redaction = Redaction.read(pack.redaction)
        proof = parse_tlog_proof(pack.proof)
        for each in pack.policies.values():
            if policy_value(each)["program"] != redaction.statement.program:
                raise InputError("pack", "the policy has another program than the receipt")
        found.say(f"{len(data)} bytes; values withheld: {len(redaction.withheld)}")
    if found.failed:
        return PackReport((*found.results, *unreached(engines)))
    _signatures(found, pack, redaction, proof, trust)
    with found.result("inclusion"):
        head = included(proof, leaf_hash(redaction.leaf.to_bytes()), trust)
        found.say(f"entry {proof.index} of {head.size} of {head.origin}")
    said = redaction.statement
    receipt = Receipt(pack.redaction, "", pack.program_value(), ())
    if said.certificate is None and said.error is None:
        found.add("derivation", State.WITHHELD, "the rules read what is withheld")
    else:
        with found.result("derivation"):
            if depends(redaction, receipt.program):
                raise InputError("redaction", "the rules read what is withheld")
            program = program_of(receipt, said)
            check_verdict(said, *certificate_of(program, said))
            found.say("the rules read nothing that is withheld")
    replay(found, [(receipt, said)], engines)
    return PackReport(tuple(found.results), None, redaction.receipt, said, proof)


def _signatures(
    found: Findings, pack: RedactedPack, redaction: Redaction, proof: TlogProof, trust: Trust
) -> None:
    known = {key.keyid for key in trust.engine_keys}
    signers = {one.keyid for one in pack.redaction.signatures} | {redaction.leaf.keyid}
    if not signers <= known:
        found.add("signature", State.UNKNOWN, "the engine's key is not known here")
        stranger = min(signers - known)
        found.add("trust", State.FAILED, f"`{stranger}` is no accepted engine key")
        return
    with found.result("signature"):
        trust.verify_engine(pack.redaction)
        if signers != {redaction.leaf.keyid}:
            raise SignatureError("the redaction is not signed by the engine of the receipt")
        for each in pack.envelopes.values():
            check_own_key(parse(each))
        found.say("the redaction by the engine of the receipt, whose own signature stays open")
    with found.result("trust"):
        check_log(proof, trust)
        attached = [parse(each) for each in pack.envelopes.values()]
        for placed in placed_envelopes(pack.redaction, attached, redaction.statement, proof.index):
            trust.check(placed)
        found.say(f"accepted engine, and the log {trust.log_origin}")


def _is_redacted(data: bytes) -> bool:
    try:
        return REDACTION in read_archive(data)
    except InputError:
        return False
