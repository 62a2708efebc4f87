# SPDX-License-Identifier: Apache-2.0
"""Judging logged requests afresh by another policy: the verdicts that it would have changed.

Each request is judged as of then: its `now`, the links that its receipt attaches (their signatures
are verified again), and the revocations that were heeded for it; but with the inputs, rules,
standing facts, approvers and limits of the new bundle. So a move of the verdict is due to the
policy alone.

An approval answers one ESCALATE under one policy, and so counts for no other: here too, by default.
*keep_approvals* takes it for an answer under the new policy, if the new policy knows the approver.

What a receipt does not tell cannot be judged, and is said to be open instead of guessed:
- a chain that was longer than was read, and links that were refused where the facts are missing;
- a request whose bytes were too many, or that failed before it was kept.
A request that could not be read stays a DENY. An approval that did not count then is not kept: it
stays refused for the reason it was. How many bytes a request had is not known either, so a new
bound on them changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.errors import CertificateRefused, EvaluationError, HelmError, LimitReached
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Count, Negative, Positive
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.policy.bundle import Bundle
from helm_logic.policy.judge import Judge
from helm_logic.policy.replay_case import (
    ALLOWED,
    DENIED,
    ESCALATED,
    OPEN,
    Finding,
    Logged,
    Outcome,
    read_logged,
    refused,
)
from helm_logic.policy.replay_facts import REJECTED, Basis, Rebuilder, Untold
from helm_logic.policy.request import Request, read_request
from helm_logic.receipts.decode import decode_facts
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.trust import Trust
from helm_logic.receipts.verdict import Verdict

SAME, OTHER_REASONS, APPROVALS = "same", "other reasons", "approvals"

_MOVED = {Verdict.ALLOW: ALLOWED, Verdict.DENY: DENIED, Verdict.ESCALATE: ESCALATED}
# Failures before the request was kept that say nothing about what a policy would make of it.
_UNKEPT = frozenset(
    ("too_large", "ledger_unavailable", "internal_error", "limit_reached", "evaluation_error")
)


@attrs.frozen
class _Answer:
    """What a policy says: the verdict and the reason codes, each once."""

    verdict: Verdict
    codes: tuple[str, ...]


class Rejudge:
    """Judges by *bundle* the requests of receipts that *trust* accepts."""

    def __init__(self, trust: Trust, bundle: Bundle, *, keep_approvals: bool = False) -> None:
        self._trust = trust
        self._keep = keep_approvals
        self._basis = Basis.of(bundle)
        self._judge = Judge(bundle)
        self._rebuilder = Rebuilder()
        self._asks_rejected = _reads(bundle, REJECTED)

    def __call__(self, logged: Logged, blobs: Mapping[str, bytes]) -> Outcome:
        """Return what becomes of *logged*, whose envelopes are among *blobs*; raises nothing."""
        try:
            statement = read_logged(logged, self._trust, blobs)
            then = _Answer(statement.verdict, _codes(each.code for each in statement.reasons))
            asked = None if statement.request is None else read_request(statement.request)  # type: ignore[arg-type]
            answer = self._answer(statement, asked, blobs)
        except Untold as reason:
            detail: dict[str, JsonValue] = {"message": str(reason), **_answer_value("was", then)}
            return Outcome((OPEN,), Finding(OPEN, logged.place, logged.envelope.digest, detail))
        except HelmError as error:
            return refused(logged, error)
        counted = [APPROVALS] if self._sets_approvals_aside(statement) else []
        if answer.verdict is then.verdict:
            counted.append(SAME)
            if answer.codes != then.codes:
                counted.append(OTHER_REASONS)
            return Outcome(tuple(counted))
        group = _MOVED[answer.verdict]
        detail = {
            **_answer_value("was", then),
            **_answer_value("becomes", answer),
            "now": statement.now,
            "request": None if asked is None else _request_value(asked),
        }
        finding = Finding(group, logged.place, logged.envelope.digest, detail)
        return Outcome((*counted, f"{then.verdict.value} {answer.verdict.value}"), finding)

    def _answer(
        self, statement: Statement, asked: Request | None, blobs: Mapping[str, bytes]
    ) -> _Answer:
        if asked is None:
            error = require_object(statement.error, "error")
            if (code := require_text(error.get("code"), "error code")) in _UNKEPT:
                raise Untold(f"the request was not kept: {code}")
            return _Answer(Verdict.DENY, (code,))
        if statement.certificate is None and self._asks_rejected:
            raise Untold(f"rules read `{REJECTED}`, which this receipt has no facts of")
        policy = statement.policy if self._keep else self._basis.policy
        basis = attrs.evolve(self._basis, policy=policy)
        given = decode_facts(statement.facts)  # type: ignore[arg-type]
        facts = self._rebuilder.facts(statement, given, asked, blobs, basis)
        try:
            judgment = self._judge.judge(facts)
        except LimitReached:
            return _Answer(Verdict.DENY, ("limit_reached",))
        except (EvaluationError, CertificateRefused):
            return _Answer(Verdict.DENY, ("evaluation_error",))
        return _Answer(judgment.verdict, _codes(each.code for each in judgment.reasons))

    def _sets_approvals_aside(self, statement: Statement) -> bool:
        others = statement.policy != self._basis.policy
        return bool(statement.approvals) and others and not self._keep


def _reads(bundle: Bundle, predicate: str) -> bool:
    """Say whether a rule of *bundle* asks for *predicate*."""
    return any(
        literal.atom.predicate == predicate
        for rule in bundle.rule_set.program.rules
        for literal in rule.body
        if isinstance(literal, (Positive, Negative, Count))
    )


def _codes(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def _answer_value(name: str, answer: _Answer) -> dict[str, JsonValue]:
    return {name: {"reasons": list(answer.codes), "verdict": answer.verdict.value}}


def _request_value(asked: Request) -> dict[str, JsonValue]:
    return {"action": asked.action, "resource": asked.resource, "subject": asked.subject}
