# SPDX-License-Identifier: Apache-2.0
"""HL108: maximal regions of authorized requests that no rule decides, for each action.

Such a request falls to the default, DENY `no_rule_allows`, whose reason tells nobody what to do.
Every maximal box of undecided requests is found (they may overlap), so that what is reported does
not depend on the order or the names of rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from helm_logic.analysis.boxes import Box, are_apart, largest, meet
from helm_logic.analysis.cover import Cover, TooManyCases
from helm_logic.analysis.finding import ERROR, WARNING, Finding
from helm_logic.analysis.formula import Is
from helm_logic.analysis.inquiry import Claimed, Inquiry
from helm_logic.analysis.study import VERDICTS
from helm_logic.kernel.terms import Term
from helm_logic.lang import term_text
from helm_logic.lang.source import Span
from helm_logic.receipts.verdict import Verdict

_MOST_REGIONS = 64
_SHOWN = 8


def find_gaps(inquiry: Inquiry) -> Iterator[Finding]:
    """Yield HL108 for each region, the largest first, action by action."""
    study = inquiry.study
    number = study.number_of("action")
    if number is None:
        return
    must, places = _told(inquiry, "must_decide"), _told(inquiry, "known_action")
    masks = study.features[number].masks
    for constant in _actions(inquiry):
        mask = masks.get(Is("action", constant), 0)
        start = meet({number: mask}, study.authorized) if mask else None
        if start is None:
            continue
        span = must.get(constant) or places.get(constant) or _mention(inquiry, constant)
        if span is None:
            continue
        if inquiry.kept is not None and inquiry.kept.decides(constant):
            continue
        severity = ERROR if constant in must else WARNING
        found = list(_gaps_of(inquiry, constant, start, severity, span))
        if inquiry.kept is not None and not found:
            inquiry.kept.keep_decided(constant)
        yield from found


def _told(inquiry: Inquiry, predicate: str) -> dict[Term, Span]:
    """Return the constants for which `predicate(constant)` is a fact, with its place."""
    return {
        rule.head.terms[0]: inquiry.span(rule.id)
        for rule in inquiry.study.rule_set.program.rules
        if rule.head.predicate == predicate and not rule.body
    }


def _actions(inquiry: Inquiry) -> list[Term]:
    number = inquiry.study.number_of("action")
    tests = inquiry.study.features[number].masks if number is not None else {}
    named = dict.fromkeys(test.constant for test in tests if isinstance(test, Is))
    return [*named, *(each for each in _told(inquiry, "must_decide") if each not in named)]


def _mention(inquiry: Inquiry, constant: Term) -> Span | None:
    """Return the place of the first linted rule about the action *constant*."""
    study = inquiry.study
    number = study.number_of("action")
    mask = study.features[number].masks.get(Is("action", constant), 0) if number is not None else 0
    for rule in study.ruled:
        if rule.id in study.linted and any(box.get(number) == mask for box in rule.boxes):  # type: ignore[arg-type]
            return inquiry.span(rule.id)
    return None


def _gaps_of(
    inquiry: Inquiry, action: Term, start: Box, severity: str, span: Span
) -> Iterator[Finding]:
    study = inquiry.study
    near = [each for verdict in VERDICTS for each in inquiry.by_verdict[verdict].near(start)]
    try:
        regions = _regions(inquiry, start, [box for _, box in near])
    except TooManyCases as error:
        message = f"whether the rules decide every {term_text(action)} has too many cases: {error}"
        yield Finding("HL903", ERROR, message, span)
        return
    if not regions:
        found = study.inside(start, [box for _, box in near])
        if isinstance(found, Cover):
            named = tuple((rule.id, box) for rule, box in near)
            inquiry.claimed.append(Claimed(f"HL108 {term_text(action)}", start, named, found))
        return
    asked = {feature for _, box in near for feature in box if study.features[feature].is_attribute}
    inputs = {n for n, each in enumerate(study.features) if each.is_attribute and each.source.path}  # type: ignore[union-attr]
    told = sorted(regions, key=lambda box: (-study.space.points(box, asked), inquiry.words(box)))
    for place, box in enumerate(told[:_SHOWN], start=1):
        words = inquiry.words(box, sorted(asked | inputs))
        also = (
            f" (and {len(told) - _SHOWN} more such regions)" if place == _SHOWN < len(told) else ""
        )
        finding = Finding(
            "HL108", severity, f"no rule decides {words}{also}", span, (), region=words,
            fix="add an allow, deny or escalate rule for these requests",
        )  # fmt: skip
        title = "HL108: no rule decides this request"
        yield inquiry.shown(finding, inquiry.witness(title, box, (), Verdict.DENY))


def _regions(inquiry: Inquiry, start: Box, covering: list[Box]) -> list[dict[int, int]]:
    """Return the maximal boxes of *start* apart from *covering* that some request lies in."""
    left = inquiry.study.space.remainder(start, covering, _MOST_REGIONS)
    if left is None:
        left = _some(inquiry, start, covering)
    else:
        inquiry.study.note(start, [*covering, *left], None)
    if not inquiry.unfeasible:
        return left
    possible = [box for box in left if not inquiry.are_inside((box,), ())]
    for box in possible:
        inquiry.study.note(box, covering, box)
    relaxed = largest(_relaxed(inquiry, start, box, covering) for box in possible)
    return _apart(inquiry, relaxed)


def _apart(inquiry: Inquiry, boxes: list[dict[int, int]]) -> list[dict[int, int]]:
    """Return *boxes* without those whose possible requests all lie in another one."""
    kept = list(boxes)
    for box in boxes:
        others = (other for other in kept if other is not box)
        if any(inquiry.are_inside((box,), (other,)) for other in others):
            kept.remove(box)
    return kept


def _relaxed(
    inquiry: Inquiry, start: Box, box: dict[int, int], covering: list[Box]
) -> dict[int, int]:
    """Return *box* without conditions that keep it only from what cannot be anyway."""
    for feature in [each for each in box if each not in start]:
        wider = {number: mask for number, mask in box.items() if number != feature}
        met = [both for each in covering if (both := meet(wider, each)) is not None]
        if inquiry.are_inside(met, ()):
            box = wider
    return box


def _some(inquiry: Inquiry, start: Box, covering: list[Box]) -> list[dict[int, int]]:
    """Return some maximal regions, where there are too many to list."""
    study, taken = inquiry.study, list(covering)
    found: list[dict[int, int]] = []
    while len(found) <= _SHOWN:
        outside = study.inside(start, taken)
        if isinstance(outside, Cover):
            break
        grown = _grown(inquiry, start, outside, covering)
        found.append(grown)
        taken.append(grown)
    return found


def _grown(inquiry: Inquiry, start: Box, box: Box, covering: list[Box]) -> dict[int, int]:
    """Return a largest box around *box* in *start* that stays apart from *covering*."""
    space, grown = inquiry.study.space, dict(box)
    for feature in list(grown):
        limit = start.get(feature, space.full(feature))
        for number in range(limit.bit_length()):
            bit = 1 << number
            if bit & limit & ~grown[feature]:
                tried = {**grown, feature: grown[feature] | bit}
                if all(are_apart(tried, each) for each in covering):
                    grown = tried
        if grown[feature] == space.full(feature):
            del grown[feature]
    return grown
