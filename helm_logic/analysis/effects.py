# SPDX-License-Identifier: Apache-2.0
"""Rules and conditions without effect: HL101 to HL104.

One rule has at most one of HL101, HL104 and HL103, the gravest; HL107 (conflicts.py) goes before
HL104 and HL103: a dead rule (HL101) is nothing else, an overridden one (HL104) is not redundant
(HL103). A condition is vacuous (HL102) if the rest of its rule implies it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from helm_logic.analysis.binding import Part
from helm_logic.analysis.boxes import EVERYTHING, Box, meet
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.finding import ERROR, WARNING, Finding
from helm_logic.analysis.formula import FALSE, TRUE, Formula, Test, conj, tests_of
from helm_logic.analysis.inquiry import Claimed, Inquiry, listed
from helm_logic.analysis.study import Ruled
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.kernel.terms import Positive, is_variable
from helm_logic.lang.source import Span

_WILL = {"deny": "denied", "escalate": "escalated", "allow": "allowed"}


def find_dead(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL101 for every linted rule whose body no request satisfies."""
    study = inquiry.study
    for rule in study.rule_set.program.rules:
        if rule.id not in study.linted or rule.id in inquiry.settled:
            continue
        try:
            boxes = study.boxes(rule.id)
        except TooManyCases as error:
            message = f"the guard of `{rule.id}` has too many cases to analyse: {error}"
            yield Finding("HL903", ERROR, message, inquiry.span(rule.id), (rule.id,))
            continue
        proofs = inquiry.prove_inside(f"HL101 {rule.id}", boxes, ())
        if isinstance(proofs, list):
            message = f"`{rule.id}` never holds: no request satisfies its whole body"
            why = _contradiction(inquiry, rule.id)
            finding = Finding(
                "HL101", ERROR, message + why, inquiry.span(rule.id), (rule.id,),
                fix="remove the rule, or correct the condition that excludes the others",
            )  # fmt: skip
            yield inquiry.proved(finding, proofs)


def _contradiction(inquiry: Inquiry, rule_id: str) -> str:
    """Return which literals of a dead rule exclude each other, if two or one of them do."""
    study = inquiry.study
    bodies = study.unfolder.bodies(study.by_id[rule_id])
    if len(bodies) != 1:
        return ""
    parts = [part for part in bodies[0] if len(part.numbers) == 1 and part.formula is not TRUE]
    texts = [_literal_text(inquiry, rule_id, part.numbers[0]) for part in parts]
    never = [n for n, part in enumerate(parts) if part.formula is FALSE]
    if never:  # then no rule asks for the other tests, and they have no classes
        return f"; `{texts[never[0]]}` cannot be" if texts[never[0]] else ""
    boxes = [study.boxes_of(part.formula) for part in parts]
    for text, one in zip(texts, boxes, strict=True):
        if text and study.is_empty(one):
            return f"; `{text}` cannot be"
    for number, (text, one) in enumerate(zip(texts, boxes, strict=True)):
        for other_text, other in zip(texts[:number], boxes[:number], strict=True):
            both = [
                b for first in one for second in other if (b := meet(first, second)) is not None
            ]
            if text and other_text and text != other_text and study.is_empty(both):
                return f"; `{other_text}` and `{text}` exclude each other"
    return ""


def _literal_text(inquiry: Inquiry, rule_id: str, number: int) -> str:
    found = _written(inquiry, rule_id, number)
    return "" if found is None else found[0]


def _written(inquiry: Inquiry, rule_id: str, number: int) -> tuple[str, Span] | None:
    """Return the text and place of the literal that body literal *number* comes from."""
    rule_set = inquiry.study.rule_set
    origins = rule_set.origins.get(rule_id, ())
    place = origins[number] if number < len(origins) else -1
    return rule_set.literals[rule_id][place] if place >= 0 else None


def find_vacuous(inquiry: Inquiry, dead: Collection[str]) -> Iterator[Finding]:
    """Yield HL102 for every condition that the rest of its rule implies."""
    study = inquiry.study
    for rule in study.rule_set.program.rules:
        if rule.id not in study.linted or rule.id in dead or not rule.body:
            continue
        if rule.id in inquiry.settled:
            continue
        bodies = study.unfolder.bodies(rule)
        if len(bodies) != 1:
            continue
        merged = _by_literal(inquiry, rule.id, bodies[0])
        for place, (numbers, formula) in merged.items():
            if _is_condition(inquiry, rule.id, numbers):
                rest = [each for other, (_, each) in merged.items() if other != place]
                finding = _vacuous(inquiry, rule.id, numbers[0], formula, rest)
                if finding is not None:
                    yield finding


def _by_literal(
    inquiry: Inquiry, rule_id: str, parts: Sequence[Part]
) -> dict[int, tuple[tuple[int, ...], Formula]]:
    """Return what each literal of the text asks; a part of several ones has a key of its own."""
    origins = inquiry.study.rule_set.origins.get(rule_id, ())
    found: dict[int, tuple[tuple[int, ...], Formula]] = {}
    for count, part in enumerate(parts):
        places = {origins[n] if n < len(origins) else -1 for n in part.numbers}
        key = next(iter(places)) if len(places) == 1 and -1 not in places else -2 - count
        numbers, formula = found.get(key, ((), TRUE))
        found[key] = ((*numbers, *part.numbers), conj((formula, part.formula)))
    return found


def _is_condition(inquiry: Inquiry, rule_id: str, numbers: Sequence[int]) -> bool:
    """Say whether the literals could be left out: they give no variable its value."""
    if _written(inquiry, rule_id, numbers[0]) is None:
        return False
    body = inquiry.study.by_id[rule_id].body
    for number in numbers:
        literal = body[number]
        if isinstance(literal, Positive) and (
            literal.atom.predicate == AUTHORIZED or any(map(is_variable, literal.atom.terms))
        ):
            return False
    return True


def _vacuous(
    inquiry: Inquiry, rule_id: str, number: int, formula: Formula, rest: Sequence[Formula]
) -> Finding | None:
    study = inquiry.study
    own = study.boxes_of(formula)
    if any(own) and not _touches(inquiry, own, rest) and not study.are_inside((EVERYTHING,), own):
        return None
    others = study.boxes_of(conj(rest))
    covering = [(_asked(inquiry, rule_id), box) for box in own]
    proofs = inquiry.prove_inside(f"HL102 {rule_id} {number}", others, covering)
    written = _written(inquiry, rule_id, number)
    if not isinstance(proofs, list) or written is None:
        return None
    text, span = written
    message = f"the condition `{text}` of `{rule_id}` excludes nothing: the rest implies it"
    if not any(others):
        message = f"the condition `{text}` of `{rule_id}` excludes nothing: it always holds"
    fix = f"remove `{text}`, or write what was meant"
    finding = Finding("HL102", WARNING, message, span, (rule_id,), fix=fix)
    return inquiry.proved(finding, proofs)


def _asked(inquiry: Inquiry, rule_id: str) -> Ruled:
    return Ruled(inquiry.study.by_id[rule_id], "", (), None, ())


def _touches(inquiry: Inquiry, own: Sequence[Box], rest: Sequence[Formula]) -> bool:
    """Say whether anything else, or what cannot be, is about the features of *own*."""
    features = {feature for box in own for feature in box}
    found: dict[Test, None] = {}
    for formula in rest:
        tests_of(formula, found)
    study = inquiry.study
    if any(study.number_of(test) in {*features, None} for test in found):
        return True
    return study.has_comparisons or any(
        feature in features for lemma in study.impossible for feature in lemma.box
    )


def find_overridden(inquiry: Inquiry, skipped: Collection[str]) -> Iterator[Finding]:
    """Yield HL104 for every ALLOW or ESCALATE rule that stronger rules leave nothing."""
    study = inquiry.study
    for rule in inquiry.of_verdicts("allow", "escalate"):
        if rule.id not in study.linted or rule.id in skipped:
            continue
        boxes = inquiry.held[rule.id] if rule.verdict == "allow" else rule.boxes
        stronger = ("deny", "escalate") if rule.verdict == "allow" else ("deny",)
        covering = [each for box in boxes for verdict in stronger
                    for each in inquiry.by_verdict[verdict].near(box)]  # fmt: skip
        proofs = inquiry.prove_inside(f"HL104 {rule.id}", boxes, covering) if covering else {}
        if isinstance(proofs, list):
            yield _overridden(inquiry, rule, proofs)


def _overridden(inquiry: Inquiry, rule: Ruled, proofs: list[Claimed]) -> Finding:
    ids = used_rules(proofs)
    kinds = sorted({inquiry.ruled_by_id[each].verdict for each in ids})
    how = " or ".join(_WILL[kind] for kind in kinds)
    message = (
        f"`{rule.id}` never takes effect: every request it holds for is {how} by {listed(ids)}"
    )
    fix = "narrow the stronger rule, or remove this one"
    if ids == ["unknown-action"]:
        fix = 'add the action to those that the policy knows: `known_action("...").`'
    finding = Finding(
        "HL104", ERROR, message, inquiry.span(rule.id), (rule.id, *ids),
        notes=tuple(inquiry.note(each, f"`{each}` is stronger") for each in ids),
        region=inquiry.words(proofs[0].box), fix=fix,
    )  # fmt: skip
    return inquiry.proved(finding, proofs)


def used_rules(proofs: Sequence[Claimed]) -> list[str]:
    """Return the ids of the rules that the leaves of *proofs* name, in order."""
    found: dict[str, None] = {}
    for proof in proofs:
        for number in proof.cover.used:
            if number < len(proof.covering):
                found.setdefault(proof.covering[number][0])
    return list(found)


def find_redundant(inquiry: Inquiry, skipped: Collection[str]) -> Iterator[Finding]:
    """Yield HL103 for every rule that others of its verdict make needless; equals count once."""
    study = inquiry.study
    told: set[str] = set()
    for rule in study.ruled:
        if rule.id not in study.linted or rule.id in skipped or rule.id in told:
            continue
        boxes = inquiry.held[rule.id] if rule.verdict == "allow" else rule.boxes
        covering = [
            (other, box)
            for each in boxes
            for other, box in inquiry.by_verdict[rule.verdict].near(each)
            if other.id != rule.id and _same_effect(rule, other)
        ]
        proofs = inquiry.prove_inside(f"HL103 {rule.id}", boxes, covering) if covering else {}
        if isinstance(proofs, list):
            yield _redundant(inquiry, rule, proofs, told)


def _same_effect(rule: Ruled, other: Ruled) -> bool:
    return rule.verdict != "escalate" or rule.approver == other.approver


def _redundant(inquiry: Inquiry, rule: Ruled, proofs: list[Claimed], told: set[str]) -> Finding:
    equals = _equals(inquiry, rule)
    ids = equals or used_rules(proofs)
    told.update(equals)
    if equals:
        message = f"`{rule.id}` and {listed(equals)} hold for the same requests, to the same effect"
        fix = "keep one of them"
    else:
        union = "" if len(ids) == 1 else " together"
        message = f"`{rule.id}` adds nothing: {listed(ids)}{union} hold for all its requests"
        message = message.replace("` hold for", "` holds for") if len(ids) == 1 else message
        fix = "remove it; no verdict changes"
    finding = Finding(
        "HL103", WARNING, message, inquiry.span(rule.id), (rule.id, *ids),
        notes=tuple(inquiry.note(each, f"`{each}` holds for them") for each in ids),
        region=inquiry.words(proofs[0].box), fix=fix,
    )  # fmt: skip
    return inquiry.proved(finding, proofs)


def _equals(inquiry: Inquiry, rule: Ruled) -> list[str]:
    """Return the linted rules with the guard and effect of *rule*, other than itself."""
    boxes = inquiry.held[rule.id] if rule.verdict == "allow" else rule.boxes
    if not boxes:
        return []
    found = []
    for other in {
        each.id: each for each, _ in inquiry.by_verdict[rule.verdict].near(boxes[0])
    }.values():
        theirs = inquiry.held[other.id] if rule.verdict == "allow" else other.boxes
        if (
            other.id != rule.id
            and other.id in inquiry.study.linted
            and _same_effect(rule, other)
            and inquiry.are_inside(boxes, theirs)
            and inquiry.are_inside(theirs, boxes)
        ):
            found.append(other.id)
    return found
