# SPDX-License-Identifier: Apache-2.0
"""What became of the claims of authors, for a person and for programs: claim by claim, findings.

    {"format": "helm-logic/claims-report/v1", "rules": NAME,
     "claims": [{"id", "kind", "reason", "text", "file", "line", "status"}, ...],
     "findings": [FINDING, ...], "suppressed": [FINDING, ...]}     as in `as_json.py`

A status is `proved`, `broken` or `not decided`; `proved` alone is success. Rules without a claim
prove nothing, and that is no success either.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from helm_logic.analysis.claims import ClaimResult
from helm_logic.analysis.report.as_json import finding_value, json_text
from helm_logic.analysis.report.as_text import finding_lines, plain
from helm_logic.analysis.report.outcome import Outcome

FORMAT = "helm-logic/claims-report/v1"
_STATUS = {True: "proved", False: "broken", None: "not decided"}


@attrs.frozen
class ClaimsOutcome:
    """What became of the claims of the rules called *name*, and the *findings* about them."""

    name: str
    results: tuple[ClaimResult, ...]
    findings: Outcome

    @property
    def failed(self) -> bool:
        """Whether anything is not proved and not suppressed, or nothing is claimed at all."""
        return self.findings.failed or not self.results


def claims_text(outcome: ClaimsOutcome) -> str:
    """Return the outcome as text."""
    blocks = [
        "\n".join(_claims(outcome)),
        *(
            "\n".join(finding_lines(each, colour=outcome.findings.colour))
            for each in outcome.findings.findings
        ),
        "\n".join(_summary(outcome)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _claims(outcome: ClaimsOutcome) -> Iterator[str]:
    if outcome.results:
        yield "for every request and every fact base:"
    for each in outcome.results:
        said = each.claim.reason or " ".join(each.claim.text.split())
        yield f"  {_STATUS[each.holds]:<11} {plain(each.claim.id)}: {plain(said)}"


def _summary(outcome: ClaimsOutcome) -> Iterator[str]:
    name = plain(outcome.name)
    if not outcome.results:
        yield f"{name}: nothing is claimed, so there is nothing to prove; a claim reads"
        yield '  #claim never allow when action = "deploy", not approved("release-manager").'
    else:
        proved = sum(each.holds is True for each in outcome.results)
        yield f"{name}: {proved} of {len(outcome.results)} claims proved"
    if outcome.findings.suppressed:
        yield f"{len(outcome.findings.suppressed)} more suppressed by comments"
    if outcome.findings.findings:
        code = outcome.findings.findings[0].finding.code
        yield f"more on a code: helm-logic lint --explain {code}"


def claims_json(outcome: ClaimsOutcome) -> str:
    """Return the outcome as JSON."""
    return json_text(
        {
            "claims": [
                {
                    "file": each.claim.span.source.name,
                    "id": each.claim.id,
                    "kind": each.claim.kind,
                    "line": each.claim.span.line,
                    "reason": each.claim.reason or "",
                    "status": _STATUS[each.holds],
                    "text": each.claim.text,
                }
                for each in outcome.results
            ],
            "findings": [finding_value(each) for each in outcome.findings.findings],
            "format": FORMAT,
            "rules": outcome.name,
            "suppressed": [
                {**finding_value(each), "reason": each.reason}
                for each in outcome.findings.suppressed
            ],
        }
    )
