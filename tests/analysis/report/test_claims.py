# SPDX-License-Identifier: Apache-2.0
"""What became of claims, as text and JSON, and when that is no success."""

from __future__ import annotations

import json

import attrs
import pytest

from helm_logic.analysis.claims import ClaimResult
from helm_logic.analysis.finding import Finding
from helm_logic.analysis.report.claims import ClaimsOutcome, claims_json, claims_text
from helm_logic.analysis.report.outcome import Outcome
from helm_logic.lang import Source, Span
from helm_logic.lang.ruleset import Claim
from tests.analysis.report.sample import GAP, mark

TEXT = '#claim never allow when\n    env = "prod".'
SOURCE = Source("rules/main.dl", f"a.\n{TEXT}\n")
CLAIM = Claim(
    "claim/1", "never", "allow", "", "claim/1", None, Span(SOURCE, 3, 3 + len(TEXT)), TEXT
)
REASONED = attrs.evolve(CLAIM, id="prod", reason="production is closed")
VIOLATED = attrs.evolve(GAP, code="HL401", severity="error", message="does not hold")


def outcome(*results: ClaimResult, found: tuple[Finding, ...] = ()) -> ClaimsOutcome:
    """Return the outcome with *results* and what was *found*."""
    return ClaimsOutcome("main.dl", results, Outcome("prove claims", tuple(map(mark, found))))


def test_each_claim_is_told_by_its_reason_or_its_text() -> None:
    """Proved, broken, not decided; then the findings, then how many are proved."""
    whole = outcome(
        ClaimResult(REASONED, holds=True),
        ClaimResult(CLAIM, holds=False),
        ClaimResult(CLAIM, holds=None),
        found=(VIOLATED,),
    )
    text = claims_text(whole)

    assert text.startswith(
        "for every request and every fact base:\n"
        "  proved      prod: production is closed\n"
        '  broken      claim/1: #claim never allow when env = "prod".\n'
        '  not decided claim/1: #claim never allow when env = "prod".\n\n'
        "rules/main.dl:1:1: error HL401: does not hold\n"
    )
    assert text.endswith(
        "main.dl: 1 of 3 claims proved\nmore on a code: helm-logic lint --explain HL401\n"
    )
    assert whole.failed


def test_what_is_proved_passes_and_nothing_claimed_does_not() -> None:
    """A file without claims proves nothing, and says how a claim reads."""
    proved = outcome(ClaimResult(CLAIM, holds=True))
    none = outcome()

    assert not proved.failed
    assert claims_text(proved).endswith("main.dl: 1 of 1 claims proved\n")
    assert none.failed
    assert "nothing is claimed" in claims_text(none)
    assert "#claim never allow" in claims_text(none)


@pytest.mark.parametrize(
    ("holds", "status"), [(True, "proved"), (False, "broken"), (None, "not decided")]
)
def test_json_has_each_claim_with_its_place(holds: bool | None, status: str) -> None:  # noqa: FBT001
    """The members of the format."""
    value = json.loads(claims_json(outcome(ClaimResult(REASONED, holds=holds))))

    assert value["format"] == "helm-logic/claims-report/v1"
    assert value["claims"] == [
        {
            "file": "rules/main.dl",
            "id": "prod",
            "kind": "never",
            "line": 2,
            "reason": "production is closed",
            "status": status,
            "text": TEXT,
        }
    ]
