# SPDX-License-Identifier: Apache-2.0
"""What an analysis has to say: findings, with places, reasons to be believed, witnesses.

Invariants:
- a finding that says "there is a request that ..." carries a *witness*: a policy test case with the
  outcome that the production engine gave, so that anyone can run it (`helm-logic test`);
- one that says "there is no request that ..." is *proved*: its certificate is in the report;
- what a solver could not decide is a finding of its own, HL9xx, never silence.

What the codes mean is `codes.py`; how findings are shown is `report/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.lang.diagnostics import Note
from helm_logic.lang.source import Span
from helm_logic.policy.case_file import Case

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)
PROVED, REPLAYED, POSSIBLE = "proved", "replayed", "possible"


@attrs.frozen
class Finding:
    """One finding about rules.

    *message* is one lowercase line with user text in backticks; *rules* are the ids of the rules
    responsible, the one it is about first; *region* tells in words which requests are concerned;
    *confidence* is `proved` (a certificate), `replayed` (a witness that the engine confirmed) or
    `possible` (neither).
    """

    code: str
    severity: str = attrs.field(validator=attrs.validators.in_(SEVERITIES))
    message: str
    span: Span
    rules: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    region: str = ""
    fix: str = ""
    witness: Case | None = None
    confidence: str = attrs.field(
        default=PROVED, validator=attrs.validators.in_((PROVED, REPLAYED, POSSIBLE))
    )


@attrs.frozen
class Report:
    """The findings of one run in the order of their places.

    *rule_digests* names the text of every linted rule, by id; *certificate* is the JSON value that
    `recheck.py` verifies without a solver.
    """

    findings: tuple[Finding, ...]
    rule_digests: Mapping[str, str]
    certificate: Mapping[str, object]

    def worst(self) -> str | None:
        """Return the gravest severity of the findings, None if there are none."""
        found = {finding.severity for finding in self.findings}
        return next((each for each in SEVERITIES if each in found), None)


def in_order(findings: Iterable[Finding], sources: Iterable[str]) -> tuple[Finding, ...]:
    """Return *findings* by file, in the order of *sources*, then by place, code and message."""
    rank = {name: number for number, name in enumerate(sources)}
    return tuple(
        sorted(
            findings,
            key=lambda each: (
                rank.get(each.span.source.name, len(rank)),
                each.span.start,
                each.code,
                each.rules,
                each.message,
            ),
        )
    )
