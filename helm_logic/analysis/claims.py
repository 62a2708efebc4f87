# SPDX-License-Identifier: Apache-2.0
"""What authors claim of their rules, for every complete request and every fact base: HL401, HL402.

A claim about single requests (never, always, only, decides) asks for boxes inside unions of guards,
and its proof is cover trees; one about two requests (monotone, independent) is asked of both at
once (`claims_of_pairs.py`). What is not proved is a request, or two, on which the engine did what
the claim denies.

Where the stock chain rules name every fault, whoever is not authorized is denied; without them,
nothing is taken for granted of such requests but that they are not allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.boxes import Box, meet
from helm_logic.analysis.certificate import ClaimsCertificate
from helm_logic.analysis.claims_of_pairs import Refuted, refute_pair
from helm_logic.analysis.copies import PairProof
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.finding import ERROR, WARNING, Finding
from helm_logic.analysis.guards import Covering, Guards, Outside
from helm_logic.analysis.inquiry import Claimed, Inquiry, listed
from helm_logic.analysis.scope import study_of
from helm_logic.analysis.study import Ruled
from helm_logic.analysis.words import Words
from helm_logic.lang import Claim, Note, RuleSet
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict

_IS = {Verdict.ALLOW: "allowed", Verdict.ESCALATE: "escalated", Verdict.DENY: "denied"}
_TRIED = 6  # regions, until one has a request that shows it
_FIX = "correct the rules or the claim; `#assume never ...` excludes facts that cannot be"


@attrs.frozen
class ClaimResult:
    """What became of a *claim*: it *holds*, or not, or None if that is not decided.

    *finding* says what is wrong, if anything is. A claim that holds is proved by *proofs*, covers
    over the study, or by *pairs*, trees over two requests. Of two requests that refute a claim the
    finding has the second, *first* is the other one.
    """

    claim: Claim
    holds: bool | None
    finding: Finding | None = None
    proofs: tuple[Claimed, ...] = ()
    pairs: PairProof | None = None
    first: Case | None = None


def check_claims(rule_set: RuleSet) -> tuple[ClaimResult, ...]:
    """Return what becomes of each claim of *rule_set*, which is loaded with its claims.

    Raises TooManyCases if its rules cannot be studied at all.
    """
    return tuple(claim_results(Inquiry(study_of(rule_set))))


def prove_claims(rule_set: RuleSet) -> tuple[tuple[ClaimResult, ...], Mapping[str, object]]:
    """Return what becomes of each claim of *rule_set*, and the certificate of those that hold.

    Raises TooManyCases as `check_claims` does.
    """
    inquiry = Inquiry(study_of(rule_set))
    results = tuple(claim_results(inquiry))
    return results, ClaimsCertificate(inquiry)


def find_claims(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL401 for each claim that does not hold, HL402 for each one about nothing."""
    for result in claim_results(inquiry):
        if result.finding is not None:
            yield result.finding
        constructs = inquiry.study.unfolder.unsupported.get(result.claim.condition)
        if constructs:
            message = (
                f"the condition of {_name(result.claim)} uses {', '.join(constructs)}, which the"
                " analysis takes for anything"
            )
            yield Finding("HL901", WARNING, message, result.claim.span)


def claim_results(inquiry: Inquiry) -> Iterator[ClaimResult]:
    """Yield what becomes of each claim of the rules that *inquiry* is about, in order.

    It is remembered there, with what proves it.
    """
    claims = inquiry.study.rule_set.claims
    if claims:
        guards = Guards(inquiry)
        for claim in claims:
            result = _checked(inquiry, guards, claim)
            inquiry.claimed += result.proofs
            inquiry.results.append(result)
            yield result


def _checked(inquiry: Inquiry, guards: Guards, claim: Claim) -> ClaimResult:
    try:
        condition = guards.condition(claim.condition)
        if guards.unclear and _rests_on_faults(claim):
            return _beyond(claim, guards)
        if claim.kind in ("monotone", "independent"):
            result = _about_pairs(inquiry, guards, claim, condition)
        else:
            result = _about_requests(inquiry, guards, claim, condition)
        if result.holds and claim.condition:
            return _unless_empty(inquiry, result, condition)
    except TooManyCases as error:
        message = f"whether {_name(claim)} holds has too many cases: {error}"
        return ClaimResult(claim, None, Finding("HL903", ERROR, message, claim.span))
    return result


def _rests_on_faults(claim: Claim) -> bool:
    """Say whether *claim* can only be believed if it is known who has a fault of the chain."""
    if claim.kind == "always":
        return claim.verdict != "deny"
    return claim.kind in ("monotone", "independent") or claim.verdict == "deny"


def _beyond(claim: Claim, guards: Guards) -> ClaimResult:
    message = (
        f"whether {_name(claim)} holds is not known: the chain rules are not the stock ones alone,"
        f" see {listed(guards.unclear)}"
    )
    return ClaimResult(claim, None, Finding("HL901", WARNING, message, claim.span, guards.unclear))


def _unless_empty(inquiry: Inquiry, result: ClaimResult, condition: Sequence[Box]) -> ClaimResult:
    claim = result.claim
    proofs = inquiry.prove_inside(f"HL402 {claim.id}", condition, ())
    if not isinstance(proofs, list):
        return result
    message = f"{_name(claim)} says nothing: its condition never holds"
    fix = "correct the condition, or remove the claim"
    finding = Finding("HL402", WARNING, message, claim.span, fix=fix)
    return attrs.evolve(result, finding=finding, proofs=(*result.proofs, *proofs))


def _name(claim: Claim) -> str:
    return f"`{claim.id}` ({claim.reason})" if claim.reason else f"`{claim.id}`"


# Claims about single requests.


def _about_requests(
    inquiry: Inquiry, guards: Guards, claim: Claim, condition: Sequence[Box]
) -> ClaimResult:
    about, start, excused = f"HL401 {claim.id}", condition, Covering()
    if claim.kind == "only":
        rule = Ruled(inquiry.study.by_id[claim.condition], "", (), None, ())
        start, excused = [guards.complete], [(rule, box) for box in condition]
    proofs: list[Claimed] = []
    for verdict in _denied_by(claim):
        if claim.kind == "decides":
            outcome = guards.decided(about, start)
        else:
            outcome = guards.never(about, verdict, start, excused)
        if not isinstance(outcome, list):
            finding = _refuted(inquiry, claim, verdict, outcome)
            return ClaimResult(claim, holds=False, finding=finding)
        proofs += outcome
    return ClaimResult(claim, holds=True, proofs=tuple(proofs))


def _denied_by(claim: Claim) -> list[Verdict]:
    """Return the verdicts that *claim* says do not come out."""
    if claim.kind == "decides":
        return [Verdict.DENY]
    named = Verdict(claim.verdict.upper())
    return [each for each in Verdict if (each is named) != (claim.kind == "always")]


def _refuted(inquiry: Inquiry, claim: Claim, verdict: Verdict, outside: Outside) -> Finding:
    title = f"HL401: {claim.id} does not hold"
    box, case = outside.box, None
    for region in outside.regions(inquiry.study.space)[:_TRIED]:
        inside = meet(region, inquiry.study.authorized)
        case = inquiry.witness(title, inside, (), verdict) if inside is not None else None
        case = case or inquiry.witness(title, region, (), verdict)
        if case is not None:
            box = region
            break
    what = f"a request{_meeting(claim)} is {_IS[verdict]}"
    if claim.kind == "decides":
        what = f"no rule decides a request{_meeting(claim)}"
    elif claim.kind == "always":
        what += f", not {_IS[Verdict(claim.verdict.upper())]}"
    known = inquiry.study.authorized
    words = Words(inquiry.study.features).region(
        {n: m for n, m in box.items() if known.get(n) != m}
    )
    return _finding(inquiry, claim, f"{what}: {words}", words, case)


def _meeting(claim: Claim) -> str:
    if claim.kind == "only":
        return " that does not meet its condition"
    return " that meets its condition" if claim.condition else ""


def _finding(inquiry: Inquiry, claim: Claim, what: str, region: str, case: Case | None) -> Finding:
    rules = tuple(case.rules or ()) if case is not None else ()
    notes = tuple(
        Note(f"`{each}` decides it: {case.verdict.value}", inquiry.span(each))
        for each in rules
        if case is not None
    )
    message = f"{_name(claim)} does not hold: {what}"
    finding = Finding(
        "HL401", ERROR, message, claim.span, rules, notes=notes, region=region, fix=_FIX
    )
    return inquiry.shown(finding, case)


# Claims about two requests.


def _about_pairs(
    inquiry: Inquiry, guards: Guards, claim: Claim, condition: Sequence[Box]
) -> ClaimResult:
    outcome = refute_pair(inquiry, guards, claim, condition)
    if not isinstance(outcome, Refuted):
        return ClaimResult(claim, holds=True, pairs=outcome)
    change = f"{outcome.before.value} into {outcome.after.value}"
    if claim.kind == "monotone":
        what = f"one more approval turns {change}"
    else:
        what = f"another value of `{claim.about}` turns {change}"
    finding = _finding(inquiry, claim, f"{what}: {outcome.region}", outcome.region, outcome.second)
    if outcome.first is not None:
        by = ", ".join(f"`{each}`" for each in outcome.first.rules or ()) or "no rule"
        note = Note(f"before it: {outcome.before.value}, by {by}", claim.span)
        rules = tuple(dict.fromkeys((*finding.rules, *(outcome.first.rules or ()))))
        finding = attrs.evolve(finding, rules=rules, notes=(*finding.notes, note))
    return ClaimResult(claim, holds=False, finding=finding, first=outcome.first)
