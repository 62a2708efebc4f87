# SPDX-License-Identifier: Apache-2.0
"""What the author of the rules states about single requests: whether the proofs show it.

A request is denied if it has a fault of the chain, if a deny rule holds, or if nothing does;
escalated if an escalate rule holds and it is not denied; allowed if an allow rule holds, it is
authorized, and it is neither. Statements about two requests have certificates of another kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_logic.analysis.feature import FALSE_MASK
from helm_logic.analysis.recheck.bundle import VERDICTS
from helm_logic.analysis.recheck.prover import Allowed, Prover, resting_on_nothing
from helm_logic.analysis.recheck.trees import Box, Refused, lies_in
from helm_logic.lang import Claim


def require_stated(prover: Prover, name: str) -> str:
    """Return in words what the claim *name* states, proved; raise Refused if it is not."""
    claim = prover.bundle.claim(name)
    condition = _condition(prover, claim)
    shown = _Statement(prover, () if claim.kind != "only" else [claim.condition])
    match claim.kind:
        case "never":
            shown.require_never(claim.verdict, condition)
        case "always":
            for verdict in VERDICTS:
                if verdict != claim.verdict:
                    shown.require_never(verdict, condition)
        case "only":
            shown.require_never(claim.verdict, [prover.bundle.complete])
        case "decides":
            shown.require_decided(condition)
        case _:
            raise Refused(f"a claim of the kind `{claim.kind}` is not proved by boxes")
    return f"`{name}` holds: {claim.text}"


def require_condition_empty(prover: Prover, name: str) -> str:
    """Return in words that the condition of claim *name* never holds; raise Refused if it may."""
    prover.require(_condition(prover, prover.bundle.claim(name)), resting_on_nothing)
    return f"the condition of `{name}` never holds"


def _condition(prover: Prover, claim: Claim) -> list[Box]:
    if not claim.condition:
        return [prover.bundle.complete]
    return prover.complete(prover.guard(claim.condition))


class _Statement:
    """What becomes of requests, those aside for which a rule of *excused* holds."""

    def __init__(self, prover: Prover, excused: Sequence[str]) -> None:
        self._prover, self._excused = prover, list(excused)
        bundle = prover.bundle
        self._authorized = bundle.authorized
        self._is_clear = bundle.is_clear
        self._is_faulted = bool(bundle.context.faults) and self._is_clear and bool(self._authorized)
        self._may_be_allowed = bool(self._authorized) or bundle.may_be_authorized

    def require_never(self, verdict: str, starts: Sequence[Box]) -> None:
        """Raise Refused unless no request of *starts* gets *verdict*."""
        prover = self._prover
        if verdict == "deny":
            if not self._is_clear:
                raise Refused(
                    "who has a fault of the chain is not for the stock rules alone to say"
                )
            prover.require(self._unauthorized(starts), self._rests_on(()))
            prover.require(self._holding("deny", self._chained(starts)), self._rests_on(()))
            prover.require(self._chained(starts), self._rests_on(prover.concluding(*VERDICTS)))
        elif verdict == "escalate":
            asked = self._holding("escalate", self._chained(starts))
            prover.require(asked, self._rests_on(prover.concluding("deny")))
        elif self._may_be_allowed:
            authorized = list(prover.shared(starts, [self._authorized]))
            asked = self._holding("allow", authorized)
            prover.require(asked, self._rests_on(prover.concluding("deny", "escalate")))

    def require_decided(self, starts: Sequence[Box]) -> None:
        """Raise Refused unless some rule concludes a verdict for every request of *starts*."""
        rules = self._prover.concluding(*VERDICTS)
        self._prover.require(self._chained(starts), self._prover.resting_on(rules))

    def _holding(self, verdict: str, starts: Sequence[Box]) -> list[Box]:
        prover = self._prover
        return [both for rule in prover.concluding(verdict)
                for both in prover.shared(prover.complete(prover.guard(rule)), starts)]  # fmt: skip

    def _chained(self, starts: Sequence[Box]) -> list[Box]:
        """Return the requests of *starts* that no fault of a chain denies."""
        known = self._authorized if self._is_faulted else {}
        return list(self._prover.shared(starts, [known]))

    def _unauthorized(self, starts: Sequence[Box]) -> list[Box]:
        if not self._is_faulted:
            return []
        return list(self._prover.shared(starts, [dict.fromkeys(self._authorized, FALSE_MASK)]))

    def _rests_on(self, rules: Iterable[str]) -> Allowed:
        """Return whether a covering box decides, or is excused; allow rules do if authorized."""
        inside = self._prover.resting_on([*rules, *self._excused])

        def allowed(rule: str, box: Box) -> bool:
            if rule not in self._excused and self._prover.verdict(rule) == "allow":
                return lies_in(box, self._authorized) and inside(rule, box)
            return inside(rule, box)

        return allowed
