# SPDX-License-Identifier: Apache-2.0
"""What no single conflict shows: HL109 escalations without a way out, HL110, HL111, HL901.

HL109 asks who could answer an ESCALATE; HL110 whether the set ever allows, or ever does anything
else; HL111 whether authority is given that nothing ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from helm_logic.analysis.attribute import PARTS, Attribute
from helm_logic.analysis.boxes import Box, meet
from helm_logic.analysis.cover import Cover
from helm_logic.analysis.dependency import reads
from helm_logic.analysis.finding import ERROR, WARNING, Finding
from helm_logic.analysis.formula import Fact, Is
from helm_logic.analysis.inquiry import Claimed, Inquiry
from helm_logic.analysis.study import Ruled
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.kernel.terms import Positive
from helm_logic.policy.settings import Settings
from helm_logic.receipts.verdict import Verdict


def find_unanswerable(
    inquiry: Inquiry, settings: Settings | None, skipped: Collection[str]
) -> Iterator[Finding]:
    """Yield HL109 for ESCALATE rules that no approval can answer."""
    for rule in inquiry.of_verdicts("escalate"):
        if rule.id in inquiry.study.linted and rule.id not in skipped:
            finding = _without_approval(inquiry, rule) or _without_approver(inquiry, rule, settings)
            if finding is not None:
                yield finding


def _without_approval(inquiry: Inquiry, rule: Ruled) -> Finding | None:
    study = inquiry.study
    answers = _answers(inquiry)
    for box in rule.boxes:
        if answers & box.keys():
            continue
        start = meet(box, study.authorized)
        denied = [other for _, other in inquiry.by_verdict["deny"].near(box)]
        outside = study.inside(start, denied) if start is not None else None
        if outside is None or isinstance(outside, Cover):
            continue
        role = rule.approver or "..."
        message = f"no approval answers `{rule.id}`: whoever approves, it still escalates"
        finding = Finding(
            "HL109", ERROR, message, inquiry.span(rule.id), (rule.id,),
            region=inquiry.words(outside),
            fix=f'add `not approved("{role}")` to its body, or make it a deny',
        )  # fmt: skip
        title = f"HL109: {rule.id} escalates whatever is approved"
        return inquiry.shown(finding, inquiry.witness(title, outside, (rule.id,), Verdict.ESCALATE))
    return None


def _answers(inquiry: Inquiry) -> frozenset[int]:
    """Return the features that an approval can change."""
    study = inquiry.study
    answering = study.unfolder.reaching(("approval", "approved"))
    found = set()
    for number, feature in enumerate(study.features):
        source = feature.source
        fact = study.unfolder.counts.get(source.name) if isinstance(source, Attribute) else source
        if isinstance(fact, Fact) and fact.predicates & answering:
            found.add(number)
    return frozenset(found)


def _without_approver(inquiry: Inquiry, rule: Ruled, settings: Settings | None) -> Finding | None:
    if settings is None or rule.approver is None:
        return None
    roles = sorted({role for each in settings.approvers.values() for role in each.roles})
    if rule.approver in roles:
        return None
    known = ", ".join(f"`{role}`" for role in roles) or "none"
    message = (
        f"nobody can answer `{rule.id}`: no approver of this policy has the role"
        f" `{rule.approver}` (roles in helm.toml: {known})"
    )
    fix = f"give an approver in helm.toml the role `{rule.approver}`"
    return Finding("HL109", ERROR, message, inquiry.span(rule.id), (rule.id,), fix=fix)


def find_one_sided(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL110 if nothing is ever allowed, or everything that is authorized always."""
    study = inquiry.study
    allows = inquiry.of_verdicts("allow")
    known = [
        rule for rule in study.rule_set.program.rules
        if rule.head.predicate == "known_action" and rule.id in study.linted
    ]  # fmt: skip
    places = [each.id for each in allows if each.id in study.linted] or [each.id for each in known]
    if not places:
        return
    boxes = [box for rule in allows for box in inquiry.held[rule.id]] if study.authorizes else []
    proofs = _never(inquiry, boxes)
    if isinstance(proofs, list):
        message = "these rules never allow anything: every request they could allow is stopped"
        if not allows:
            message = "these rules never allow anything: no rule concludes `allow`"
        elif not boxes:
            message = "these rules never allow anything: no rule gives anybody authority"
        fix = 'write an `allow` rule, and `#include "authority".` for delegation chains'
        yield inquiry.proved(
            Finding("HL110", ERROR, message, inquiry.span(places[0]), (places[0],), fix=fix), proofs
        )
        return
    yield from _always(inquiry, places[0])


def _never(inquiry: Inquiry, boxes: Sequence[Box]) -> list[Claimed] | None:
    """Return the proof that every one of *boxes* is denied or escalated, None if it is not."""
    proofs: list[Claimed] = []
    for box in boxes:
        near = [each for verdict in ("deny", "escalate")
                for each in inquiry.by_verdict[verdict].near(box)]  # fmt: skip
        found = inquiry.prove_inside("HL110 never", [box], near)
        if not isinstance(found, list):
            return None
        proofs += found
    return proofs


def _always(inquiry: Inquiry, place: str) -> Iterator[Finding]:
    study = inquiry.study
    number = study.number_of("action")
    mask = 0
    for rule in study.rule_set.program.rules:
        if rule.head.predicate == "known_action" and not rule.body and number is not None:
            mask |= study.features[number].masks.get(Is("action", rule.head.terms[0]), 0)
    start = meet({number: mask}, study.authorized) if number is not None and mask else None
    if start is None:
        return
    for verdict in ("deny", "escalate"):
        near = (meet(start, box) for _, box in inquiry.by_verdict[verdict].near(start))
        if not inquiry.are_inside([box for box in near if box is not None], ()):
            return
    proofs = inquiry.prove_inside(
        "HL110 always", [start], list(inquiry.by_verdict["allow"].near(start))
    )
    if isinstance(proofs, list):
        message = "these rules allow every authorized request with a known action"
        fix = "write what must be denied or escalated; without it the chain alone decides"
        yield inquiry.proved(
            Finding("HL110", ERROR, message, inquiry.span(place), (place,), fix=fix), proofs
        )


def find_permanent(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL111 for rules that give authority which no time ends."""
    study = inquiry.study
    timed, authority = study.unfolder.reaching(("now",)), _authority(inquiry)
    for rule in study.rule_set.program.rules:
        if rule.id not in study.linted or rule.id in study.stock:
            continue
        if rule.head.predicate not in authority or reads(rule) & timed:
            continue
        message = f"`{rule.id}` gives authority that never ends: nothing it asks depends on `now`"
        fix = "compare `now` with an end, or delegate by a link, which has one"
        yield Finding("HL111", WARNING, message, inquiry.span(rule.id), (rule.id,), fix=fix)


def _authority(inquiry: Inquiry) -> frozenset[str]:
    """Return `authorized` and the stock predicates that it rests on."""
    study = inquiry.study
    found, size = {AUTHORIZED}, 0
    stock = [each for each in study.rule_set.program.rules if each.id in study.stock]
    while len(found) > size:
        size = len(found)
        for rule in stock:
            if rule.head.predicate in found:
                found |= {each.atom.predicate for each in rule.body if isinstance(each, Positive)}
    return frozenset(found & study.derived)


def find_unsupported(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL901 for every construct of a linted rule that was not understood exactly.

    And HL903 for every assumption with too many cases.
    """
    for rule_id in inquiry.study.too_many:
        if rule_id in inquiry.study.rule_set.assumptions:
            message = f"the assumption `{rule_id}` has too many cases to be relied on"
            yield Finding("HL903", ERROR, message, inquiry.span(rule_id), (rule_id,))
    for rule_id, constructs in _unsupported(inquiry).items():
        if rule_id in inquiry.study.linted:
            message = (
                f"`{rule_id}` uses {', '.join(constructs)}, which the analysis takes for anything"
            )
            fix = "findings about this rule may be missing; test it"
            yield Finding("HL901", WARNING, message, inquiry.span(rule_id), (rule_id,), fix=fix)


def _unsupported(inquiry: Inquiry) -> dict[str, tuple[str, ...]]:
    """Return by rule what was not understood, inputs that are a part of a name included."""
    study = inquiry.study
    found: dict[str, tuple[str, ...]] = dict(study.unfolder.unsupported)
    partial = {name for name, each in study.unfolder.attributes.items() if each.path in PARTS}
    for rule in study.rule_set.program.rules if partial else ():
        names = sorted(reads(rule) & partial)
        if names:
            told = tuple(f"`{name}`, a part of a name that stands elsewhere too" for name in names)
            found[rule.id] = (*found.get(rule.id, ()), *told)
    for rule_id in _changing(inquiry):
        found[rule_id] = (*found.get(rule_id, ()), _OF_CHAINS)
    return found


_OF_CHAINS = "a predicate of the chain rules, whose faults `authorized` may no longer exclude"


def _changing(inquiry: Inquiry) -> Iterator[str]:
    """Yield rules that add to what stock rules say of chains and HL111 says nothing about."""
    study = inquiry.study
    rules = study.rule_set.program.rules
    sources = {inquiry.span(each).source.name for each in study.faults & study.stock}
    stock = {each for each in study.stock if inquiry.span(each).source.name in sources}
    chain = {each.head.predicate for each in rules if each.id in stock}
    timed = study.unfolder.reaching(("now",))
    for rule in rules:
        changes = rule.head.predicate in chain - {"deny"} and rule.id not in study.stock
        if changes and reads(rule) & timed:
            yield rule.id
