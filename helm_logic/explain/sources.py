# SPDX-License-Identifier: Apache-2.0
"""Where subjects come from: a receipt, an EvidencePack, or a request that is decided here.

Whoever hands a receipt in has verified it, or says that nobody did; either way its certificate goes
through the kernel here, because a derivation that was not checked explains nothing. A signature of
a link is `verified` only where its envelope is at hand and was looked at here. A request is judged
as the guard would judge it, except that nothing is signed, logged or used up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Chain, Tokens, verify_chain
from helm_logic.authority.facts import chain_facts, property_facts
from helm_logic.authority.link import PAYLOAD_TYPE, verify_link
from helm_logic.authority.revocation import RevocationSet
from helm_logic.errors import (
    CertificateRefused,
    EvaluationError,
    HelmError,
    LinkRefused,
    NotExplained,
    ReceiptRefused,
)
from helm_logic.explain.links import link_states
from helm_logic.explain.subject import Asked, Subject, rule_sources
from helm_logic.kernel.certificate import Certificate, Facts, program_digest
from helm_logic.kernel.check import check
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet, Source, load
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.shape import require_list, require_object, require_text
from helm_logic.policy.approval import Circumstances, judge_approvals
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.folder import PRELUDE
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.judge import Judge, Judgment
from helm_logic.policy.request import Request, parse_request
from helm_logic.receipts.decode import decode_certificate, decode_facts, decode_program
from helm_logic.receipts.pack import Pack, policy_value
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Reason, Statement


@attrs.frozen
class PolicySource:
    """What a policy adds to a receipt: the rules as they were written, and who may approve."""

    rule_set: RuleSet
    approvers: Mapping[str, tuple[str, ...]]

    @classmethod
    def of_bundle(cls, bundle: Bundle) -> PolicySource:
        """Return that of the policy *bundle*."""
        approvers = bundle.settings.approvers
        return cls(bundle.rule_set, {name: each.roles for name, each in approvers.items()})


def of_receipt(
    receipt: Receipt, statement: Statement, policy: PolicySource | None = None
) -> Subject:
    """Return the subject of *receipt*; *policy* counts if its program is the one attached.

    Raises NotExplained for a receipt without a derivation, ReceiptRefused if the kernel does not
    accept it, InputError or ProgramError if it cannot be read.
    """
    if statement.certificate is None:
        raise NotExplained("the receipt has no derivation: no rules were asked, or they failed")
    program = decode_program(receipt.program)  # type: ignore[arg-type]
    facts = decode_facts(statement.facts)  # type: ignore[arg-type]
    certificate = decode_certificate(statement.certificate)  # type: ignore[arg-type]
    try:
        check(program, facts, certificate)
    except (CertificateRefused, EvaluationError) as error:
        raise ReceiptRefused(7, "certificate", str(error)) from error
    if policy is not None and program_digest(policy.rule_set.program) != program_digest(program):
        policy = None
    asked = None
    if policy is not None and isinstance(statement.request, dict):
        inputs, approvers = policy.rule_set.inputs, policy.approvers
        asked = Asked(statement.request, statement.now, inputs, approvers)
    subject = _subject(program, facts, certificate, statement.verdict.value, statement.reasons)
    chain = [require_object(each, "link") for each in statement.chain]  # type: ignore[attr-defined]
    order = [require_text(each.get("id"), "link id") for each in chain]
    return attrs.evolve(
        subject,
        title=f"receipt {receipt.id}",
        rules={} if policy is None else rule_sources(policy.rule_set),
        links=link_states(subject.view, order, _verified(receipt.envelopes)),
        asked=asked,
    )


def of_pack(pack: Pack) -> Subject:
    """Return the subject of the receipt of *pack*, by the rules that the pack holds, if it does.

    Raises as `of_receipt`.
    """
    statement = Statement.parse(pack.receipt.envelope.payload)
    return of_receipt(pack.receipt, statement, policy_of_pack(pack, statement.policy))


def policy_of_pack(pack: Pack, name: str) -> PolicySource | None:
    """Return the policy *name* as *pack* has it; None if it has it not, or not whole."""
    if name not in pack.policies:
        return None
    try:
        parts = policy_value(pack.policies[name])
        pairs = [require_list(pair, "rule file", 2) for pair in require_list(parts["rules"], "")]
        sources = [
            Source(require_text(file, "file"), pack.rules[require_text(each, "digest")].decode())
            for file, each in pairs
        ]
        approvers = require_object(parts.get("approvers", {}), "approvers")
        roles = {name: tuple(map(str, _roles(each))) for name, each in approvers.items()}
        return PolicySource(_rules(sources), roles)
    except (HelmError, KeyError, ValueError):
        return None


def of_request(bundle: Bundle, data: bytes, revocations: RevocationSet, now: int) -> Subject:
    """Return the subject of the request in *data*, judged by *bundle* at *now* (seconds).

    An approval counts here if it would count the first time. Raises InputError, EvaluationError,
    LimitReached or CertificateRefused where a decision would be DENY without a derivation.
    """
    settings = bundle.settings
    request = parse_request(data, max_bytes=settings.request_bytes)
    tokens = Tokens(bundle.adapters, request.asked(now))
    chain = verify_chain(request.chain, LinkCache(), now, settings.chain_depth, tokens)
    facts = {
        **request_facts(request, bundle.rule_set.inputs, now),
        **chain_facts(chain, revocations),
        **property_facts(chain, request.value),
        **_approvals(bundle, request, chain, now),
    }
    judgment = Judge(bundle).judge(facts)
    policy = PolicySource.of_bundle(bundle)
    subject = of_judgment(bundle.rule_set, judgment, request.value, now, policy.approvers)
    ids = [link.link.id for link in chain.links]
    return attrs.evolve(subject, links=link_states(subject.view, ids, ids))


def of_judgment(
    rule_set: RuleSet,
    judgment: Judgment,
    request: Mapping[str, JsonValue],
    now: int,
    approvers: Mapping[str, tuple[str, ...]],
) -> Subject:
    """Return the subject of *judgment*, made by *rule_set* of *request* at *now* (seconds)."""
    subject = _subject(
        rule_set.program,
        judgment.facts,
        judgment.certificate,
        judgment.verdict.value,
        judgment.reasons,
    )
    return attrs.evolve(
        subject,
        title="request",
        rules=rule_sources(rule_set),
        links=link_states(subject.view),
        asked=Asked(request, now, rule_set.inputs, approvers),
    )


def _subject(
    program: Program,
    facts: Facts,
    certificate: Certificate,
    verdict: str,
    reasons: Iterable[Reason],
) -> Subject:
    return Subject(
        program,
        facts,
        certificate.model,
        certificate.steps,
        verdict=verdict,
        reasons=tuple(reasons),
    )


def _verified(envelopes: Iterable[Envelope]) -> set[str]:
    """Return the ids of the links among *envelopes* whose signature is that of their key."""
    found = set()
    for envelope in envelopes:
        if envelope.payload_type == PAYLOAD_TYPE:
            try:
                found.add(verify_link(envelope).link.id)
            except LinkRefused:
                continue
    return found


def _approvals(bundle: Bundle, request: Request, chain: Chain, now: int) -> dict[str, list[Row]]:
    trusted = {
        (name, role): each.keys
        for name, each in bundle.settings.approvers.items()
        for role in each.roles
    }
    wanted = Circumstances(
        request.digest, bundle.digest, chain.digest, trusted, now, lambda _digest: False
    )
    return judge_approvals(request.approvals, wanted).facts()


def _rules(sources: list[Source]) -> RuleSet:
    """Return the rule set whose files are *sources*: the prelude, what is included, the main."""
    known = {source.name: source for source in sources}
    prelude = [known[f"{name}.dl"] for name in PRELUDE]
    return load(sources[-1], lambda name: known.get(f"{name}.dl"), prelude=prelude)


def _roles(value: JsonValue) -> list[JsonValue]:
    return require_list(require_object(value, "approver").get("roles"), "roles")
