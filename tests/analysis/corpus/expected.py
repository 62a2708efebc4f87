# SPDX-License-Identifier: Apache-2.0
"""What a lint of a rule set must say, and how it is compared with what one says.

Findings are compared by code, severity and the rules that are concerned; for most codes also by
which of them it is about, as it stands first. A gap concerns no rule: the rules that were taken
away to make it tell where it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from helm_logic.analysis.finding import Finding
from helm_logic.lang import RuleSet

Key = tuple[str, str, str, tuple[str, ...]]

# The rules of these stand side by side; those of others are about the first.
EQUALS = frozenset({"HL107"})
# About a claim, by its place.
CLAIMS = frozenset({"HL401", "HL402"})
# About regions of requests, or about the rule set as a whole.
REGIONS = frozenset({"HL108", "HL110"})


@attrs.frozen
class Expected:
    """One finding that must be there.

    *about* is the rule that it is about, empty if it is about all of *rules* alike; *removed* are
    the rules that would decide the requests of a gap.
    """

    code: str
    severity: str
    rules: tuple[str, ...] = ()
    about: str = ""
    removed: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What is compared."""
        return self.code, self.severity, self.about, tuple(sorted(self.rules))


def expect(code: str, severity: str, about: str, *others: str) -> Expected:
    """Return the expectation of a finding about one rule, and *others* that are concerned."""
    return Expected(code, severity, (about, *others), about)


def alike(code: str, severity: str, *rules: str) -> Expected:
    """Return the expectation of a finding about several rules alike."""
    return Expected(code, severity, rules)


def wanted(expected: Iterable[Expected]) -> Counter[Key]:
    """Return the keys of *expected*, with how often each is there."""
    return Counter(each.key for each in expected)


def found(report: Iterable[Finding], rule_set: RuleSet, due: Iterable[Expected]) -> Counter[Key]:
    """Return the keys of the findings of *report* on *rule_set*, with how often each is there.

    A finding about the rules of one that is *due* for all of them alike is about none first.
    """
    equal = {(each.code, frozenset(each.rules)) for each in due if not each.about}
    return Counter(_key(each, rule_set, equal) for each in report)


def claim_of(finding: Finding, rule_set: RuleSet) -> str:
    """Return the id of the claim that *finding* stands at, empty if it stands at none."""
    for claim in rule_set.claims:
        span = claim.span
        if span.source == finding.span.source and span.start <= finding.span.start < span.end:
            return claim.id
    return ""


def _key(finding: Finding, rule_set: RuleSet, equal: set[tuple[str, frozenset[str]]]) -> Key:
    rules = () if finding.code in REGIONS else tuple(sorted(finding.rules))
    if finding.code in CLAIMS:
        # Which rules break it is told, and not compared.
        claim = claim_of(finding, rule_set)
        return finding.code, finding.severity, claim, (claim,)
    alone = finding.code in EQUALS or (finding.code, frozenset(rules)) in equal
    about = "" if alone or not rules else finding.rules[0]
    return finding.code, finding.severity, about, rules
