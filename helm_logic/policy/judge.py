# SPDX-License-Identifier: Apache-2.0
"""From facts to a verdict with its reasons and its certificate, checked by the kernel.

Invariants:
- every `Judgment` carries a certificate that the kernel accepted, and the claim that the kernel
  returned is the verdict; anything else raises;
- exactly one verdict: the join is in the rules, and a model without exactly one is refused;
- every determining fact is a reason, and every rule that derives it is named;
- the derivation holds the claim, every determining fact and every approval that counted.

Who may speak (`authority`) and what is signed (`guard`) are elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from helm_logic.authority.reasons import ASK, NONE, STOP, finality
from helm_logic.engine import Engine, Evaluation
from helm_logic.engine.evaluation import Fact
from helm_logic.errors import CertificateRefused
from helm_logic.kernel.certificate import Certificate, Facts, Model
from helm_logic.kernel.check import Checker
from helm_logic.kernel.terms import Row
from helm_logic.policy.bundle import Bundle
from helm_logic.receipts.statement import Reason
from helm_logic.receipts.verdict import (
    MISSING_FACT,
    NO_RULE_ALLOWS,
    Verdict,
    claim,
    determining_facts,
    reason_code,
)

SEMANTICS = "1"  # what programs mean here; receipts name it


@attrs.frozen
class Judgment:
    """A verdict, why, and what proves it."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    facts: Facts
    certificate: Certificate


class Judge:
    """Decides by one bundle; compiled once, and safe to share between threads."""

    def __init__(self, bundle: Bundle) -> None:
        program = bundle.rule_set.program
        given = [predicate.name for predicate in program.predicates if predicate.given]
        declared = {name: rows for name, rows in bundle.static.items() if name in given}
        request = [name for name in given if name not in bundle.static]
        self._engine = Engine(program, declared, request, bundle.settings.limits)
        self._checker = Checker(program)
        self._rules = program.rules
        self._annotations = bundle.rule_set.annotations
        self._request = frozenset(request)

    def judge(self, facts: Facts) -> Judgment:
        """Return the judgment on *facts*, those of the request.

        Raises LimitReached or EvaluationError if the rules cannot be evaluated, and
        CertificateRefused if the kernel does not accept what the engine found.
        """
        asked = {name: rows for name, rows in facts.items() if name in self._request}
        evaluation = self._engine.evaluate(asked)
        model, given = evaluation.model, evaluation.facts
        verdict = verdict_of(model)
        certificate = evaluation.certificate(goals_of(verdict, model))
        goal, proved = claim(verdict), self._checker.check(given, certificate)
        if proved != goal:
            raise CertificateRefused("claim", proved, goal)
        determining = determining_facts(verdict, model)
        reasons = tuple(self._reason(evaluation, *fact) for fact in determining)
        return Judgment(verdict, reasons or (_NOTHING,), given, certificate)

    def _reason(self, evaluation: Evaluation, predicate: str, row: Row) -> Reason:
        rules = tuple(self._rules[n].id for n in evaluation.supporting_rules(predicate, row))
        code = reason_code(predicate, row)
        if code == MISSING_FACT:
            name = str(row[0])[2:]
            return Reason(code, (name,), (), rules, f"the request lacks `{name}`", finality(code))
        texts = dict.fromkeys(self._annotated(rules, "reason"))
        approvers = tuple(dict.fromkeys(self._annotated(rules, "approver")))
        final = NONE if predicate == "allow" else finality(code, _OTHERWISE[predicate])
        return Reason(code, (), approvers, rules, "; ".join(texts), final)

    def _annotated(self, rules: tuple[str, ...], name: str) -> Iterator[str]:
        for rule in rules:
            text = getattr(self._annotations.get(rule), name, None)
            if text is not None:
                yield text


# What to do about a policy's own reasons: a DENY is final, an ESCALATE is for a person to answer.
_OTHERWISE = {"deny": STOP, "escalate": ASK}
_NOTHING = Reason(
    NO_RULE_ALLOWS, (), (), (), "no rule allows this request", finality(NO_RULE_ALLOWS)
)


def verdict_of(model: Model) -> Verdict:
    """Return the one verdict of *model*; raise CertificateRefused if it has none or several."""
    found = sorted(str(row[0])[2:].upper() for row in model.get("verdict", ()))
    if len(found) != 1:
        raise CertificateRefused("model", f"the verdicts {found}", "exactly one verdict")
    return Verdict(found[0])


def goals_of(verdict: Verdict, model: Model) -> list[Fact]:
    """Return what the derivation of a decision holds, in order; the claim of *verdict* is last."""
    # An approval decides by what it keeps from being derived: it stands beside the claim.
    approved = [("approved", row) for row in sorted(model.get("approved", ()))]
    goal = claim(verdict)
    return [*approved, *determining_facts(verdict, model), (goal.predicate, goal.terms)]
