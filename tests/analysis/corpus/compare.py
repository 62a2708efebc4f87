# SPDX-License-Identifier: Apache-2.0
"""What the oracle says is due beside what an analysis found: the differences, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from helm_logic.analysis.finding import Finding
from helm_logic.lang import RuleSet
from tests.analysis.corpus.expected import CLAIMS, claim_of
from tests.analysis.corpus.oracle import Judged, Oracle

MAIN_FILES = ("main.dl", "parts.dl")

# The oracle knows nothing of these: they are not about points.
_ASIDE = frozenset({"HL111"})
_COVERED = frozenset({"HL103", "HL104"})
_REGION = "HL108"
_MOST = 1500


def judge(rule_set: RuleSet) -> Oracle:
    """Return the oracle's view of *rule_set*; raise OutOfReach."""
    return Oracle(rule_set, MAIN_FILES, most=_MOST)


def differences(oracle: Oracle, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what *findings* lack, have too much, or say wrongly."""
    due = Counter(oracle.judged())
    got = Counter(
        _judged(oracle, each, due) for each in findings if each.code not in (*_ASIDE, _REGION)
    )
    for each, times in (due - got).items():
        yield f"missing, {times} times: {each}"
    for each, times in (got - due).items():
        yield f"too much, {times} times: {each}"
    for finding in findings:
        yield from _badly_covered(oracle, finding)
    gaps = [finding for finding in findings if finding.code == _REGION]
    if len(gaps) != len(oracle.gaps()):
        yield f"{len(gaps)} gaps, due are {len(oracle.gaps())}"


def _badly_covered(oracle: Oracle, finding: Finding) -> Iterator[str]:
    """Yield it if the rules that are named as covering do not cover, or not all are needed."""
    if finding.code not in _COVERED:
        return
    about, *others = finding.rules
    if len({oracle.guard[name] for name in finding.rules}) == 1:
        return  # each of them covers the others
    if not oracle.covers(about, others):
        yield f"{finding.code} of {about}: {others} do not cover it"
    for each in others:
        rest = [other for other in others if other != each]
        if rest and oracle.covers(about, rest):
            yield f"{finding.code} of {about}: {each} of {others} is not needed"


def _judged(oracle: Oracle, finding: Finding, due: Iterable[Judged]) -> Judged:
    """Return *finding* in the words of the oracle, which names covering rules by none."""
    code, rules = finding.code, finding.rules
    if code in ("HL105", "HL106"):
        return Judged(code, finding.severity, rules[:1], tuple(sorted(rules[1:])))
    if code in CLAIMS:
        return Judged(code, finding.severity, (claim_of(finding, oracle.rule_set),))
    if code == "HL107":
        return Judged(code, finding.severity, tuple(sorted(rules)))
    if code == "HL110":
        return Judged(code, finding.severity)
    groups = {frozenset(each.about): each.about for each in due if each.code == code}
    if code == "HL103" and frozenset(rules) in groups:
        return Judged(code, finding.severity, groups[frozenset(rules)])
    return Judged(code, finding.severity, rules[:1])
