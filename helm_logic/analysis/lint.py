# SPDX-License-Identifier: Apache-2.0
"""All checks of a rule set in one run: `lint`.

The order: unfold and box the guards; dead rules; pairs of opposite verdicts; rules without effect;
gaps; escalations; the set as a whole; the author's claims; authority that is handed on. Each later
check leaves out what an earlier one has said of the same rule. Nothing here asks a solver for rules
that compare no two attributes with each other and hand no authority on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from helm_logic.analysis.cache import Cache
from helm_logic.analysis.certificate import Certificate
from helm_logic.analysis.claims import find_claims
from helm_logic.analysis.conflicts import Pair, find_contradictions, find_overlaps, find_pairs
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.effects import find_dead, find_overridden, find_redundant, find_vacuous
from helm_logic.analysis.finding import ERROR, Finding, Report, in_order
from helm_logic.analysis.gaps import find_gaps
from helm_logic.analysis.handed_on import find_widening
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.scope import study_of
from helm_logic.analysis.whole import (
    find_one_sided,
    find_permanent,
    find_unanswerable,
    find_unsupported,
)
from helm_logic.kernel.encoding import digest
from helm_logic.lang import RuleSet, Span
from helm_logic.lang.lazy import Lazy
from helm_logic.policy.settings import Settings

Progress = Callable[[int, int], None]
_STAGES = 7


def lint(
    rule_set: RuleSet,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    double_check: bool = False,
    cache: Cache | None = None,
) -> Report:
    """Return every finding about the linted rules of *rule_set*, loaded with its claims.

    *settings*, if there are any, tell who may approve. *progress* is told how many stages of how
    many are done. To *double_check* is to ask a solver every question again. What an earlier run
    found out is taken from the *cache*, what this one does is put there; the report is the same.
    """
    try:
        inquiry = Inquiry(study_of(rule_set), None if double_check else cache)
    except TooManyCases as error:
        span = Span(rule_set.sources[-1], 0, 0)
        return Report((Finding("HL903", ERROR, f"{error} in these rules", span),), {}, {})
    if double_check:
        inquiry.study.questions = []
    found: list[Finding] = []
    for stage, news in enumerate(_stages(inquiry, settings), start=1):
        found += news
        if progress is not None:
            progress(stage, _STAGES)
    if double_check:
        found += _disagreements(inquiry)
    if inquiry.kept is not None:
        inquiry.kept.keep(found)
    names = [source.name for source in rule_set.sources]
    findings = in_order(found, reversed(names))
    return Report(findings, rule_digests(inquiry), Certificate(inquiry, findings))


def _disagreements(inquiry: Inquiry) -> Iterator[Finding]:
    from helm_logic.analysis.second_opinion import disagreements  # noqa: PLC0415 - has the solver

    return disagreements(inquiry)


def _stages(inquiry: Inquiry, settings: Settings | None) -> Iterator[list[Finding]]:
    def told(*found: Iterator[Finding]) -> list[Finding]:
        return [finding for each in found for finding in _bounded(inquiry, each)]

    dead = told(find_dead(inquiry))
    yield [*told(find_unsupported(inquiry)), *dead]
    gone = {finding.rules[0] for finding in dead}
    yield told(find_vacuous(inquiry, gone))
    pairs: list[Pair] = []
    opposed = told(find_pairs(inquiry, gone, pairs), find_contradictions(inquiry, pairs))
    gone |= {rule for finding in opposed for rule in finding.rules[:1]}
    overridden = told(find_overridden(inquiry, gone))
    gone |= {finding.rules[0] for finding in overridden}
    yield [*opposed, *overridden, *told(find_redundant(inquiry, gone))]
    yield told(find_overlaps(inquiry, pairs, gone))
    yield told(find_gaps(inquiry))
    yield told(
        find_unanswerable(inquiry, settings, gone),
        find_one_sided(inquiry),
        find_permanent(inquiry),
        find_claims(inquiry),
    )
    yield told(find_widening(inquiry))


def _bounded(inquiry: Inquiry, found: Iterator[Finding]) -> Iterator[Finding]:
    """Yield what is *found*, and HL903 if a question on the way has too many cases."""
    try:
        yield from found
    except TooManyCases as error:
        span = Span(inquiry.study.rule_set.sources[-1], 0, 0)
        message = f"a question about these rules could not be answered: {error}"
        yield Finding("HL903", ERROR, message, span, fix="split the rule set by action")


def rule_digests(inquiry: Inquiry) -> Mapping[str, str]:
    """Return the digest of the text of every linted rule, made when it is asked for."""
    annotations = inquiry.study.rule_set.annotations
    linted = {rule_id: annotations[rule_id] for rule_id in sorted(inquiry.study.linted)}
    return Lazy(linted, lambda said: digest(said.text.encode("utf-8")))
