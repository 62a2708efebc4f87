# SPDX-License-Identifier: Apache-2.0
"""A change of rules as text and JSON, and what the gate lets pass."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from helm_logic.analysis.compare import Change, Move
from helm_logic.analysis.finding import INFO, WARNING, Finding
from helm_logic.analysis.report.change import ChangeOutcome, change_json, change_text
from helm_logic.receipts.verdict import Verdict
from tests.analysis.report.sample import GAP, OVERRIDDEN, mark

ALLOW, ESCALATE, DENY = Verdict.ALLOW, Verdict.ESCALATE, Verdict.DENY
LOOSENED = attrs.evolve(GAP, code="HL301", severity=WARNING, message="now allowed")
TIGHTENED = attrs.evolve(OVERRIDDEN, code="HL305", severity=INFO, message="now denied")
UNKNOWN = attrs.evolve(GAP, code="HL903", message="not decided")
LEFT_OUT = attrs.evolve(GAP, code="HL901", message="not compared")
STAYS = Move(ALLOW, ALLOW, 1200, ({},))
LOOSER = Move(DENY, ALLOW, 3, ({},), ('env = "prod"',))
TIGHTER = Move(ALLOW, DENY, 40, ({},), ('env = "dev"',), 2)
DIGEST = "sha256:this"


def outcome(
    *findings: Finding, moves: tuple[Move, ...] = (), undecided: bool = False, **changes: Any
) -> ChangeOutcome:
    """Return the outcome of a change with *moves*, by default of one that loosens."""
    change = Change(moves or (STAYS, LOOSER), (), ("action", "env"), {}, DIGEST, undecided)
    found = tuple(map(mark, findings or (LOOSENED,)))
    return attrs.evolve(ChangeOutcome("old/main.dl", "new/main.dl", change, found), **changes)


def test_a_change_is_shown_move_by_move_and_as_a_table() -> None:
    """Each finding with its places; then how many kinds of requests moved from where to where."""
    said = change_text(outcome(LOOSENED, TIGHTENED, moves=(STAYS, LOOSER, TIGHTER)))

    assert "warning HL301: now allowed\n" in said
    assert "info HL305: now denied\n" in said
    assert said.endswith(
        """\
old/main.dl -> new/main.dl
loosened for some requests, tightened for others; digest of this change: sha256:this
kinds of requests by action, env; verdicts before in rows, after in columns:
               ALLOW  ESCALATE      DENY
  ALLOW        1,200         0        40
  ESCALATE         0         0         0
  DENY             3         0         0
"""
    )


def test_no_effect_is_said_in_one_line() -> None:
    """Without a change there is no table to read."""
    said = change_text(attrs.evolve(outcome(moves=(STAYS,), gated=True), findings=()))

    assert said == (
        "old/main.dl -> new/main.dl\n"
        "no effect: both give every request the same verdict (proved)\n"
        "gate no-loosening: passed\n"
    )


def test_the_gate_refuses_a_loosening_until_it_is_acknowledged() -> None:
    """The digest that would let the change pass is shown; another one lets nothing pass."""
    refused = outcome(gated=True)
    passed = outcome(gated=True, acknowledged=frozenset({DIGEST}))
    other = outcome(gated=True, acknowledged=frozenset({"sha256:other"}))

    assert [each.gate for each in (refused, passed, other)] == [
        "refused",
        "acknowledged",
        "refused",
    ]
    assert [each.failed for each in (refused, passed, other)] == [True, False, True]
    assert change_text(refused).endswith(f"  --acknowledge {DIGEST}\n")
    assert change_text(passed).endswith("gate no-loosening: acknowledged\n")
    assert not outcome().failed


def test_a_tightening_passes_the_gate() -> None:
    """Only what lets more through needs somebody's name."""
    tightened = outcome(TIGHTENED, moves=(STAYS, TIGHTER), gated=True)

    assert (tightened.gate, tightened.failed) == ("passed", False)
    assert "\ntightened; digest" in change_text(tightened)


@pytest.mark.parametrize("gated", [True, False])
def test_what_is_not_known_passes_nothing(gated: bool) -> None:  # noqa: FBT001 - a parameter
    """With or without a gate, and whatever is acknowledged."""
    whole = outcome(
        UNKNOWN, moves=(STAYS,), undecided=True, gated=gated, acknowledged=frozenset({DIGEST})
    )

    assert whole.failed
    assert "what is not known passes no gate" in change_text(whole)
    assert "passed" not in change_text(whole)


def test_what_was_left_out_has_to_be_acknowledged() -> None:
    """A comparison that leaves something out finds nothing, and says that this is not all."""
    left_out = outcome(LEFT_OUT, moves=(STAYS,), undecided=True, gated=True)

    assert left_out.gate == "refused"
    assert "not everything was compared" in change_text(left_out)
    assert attrs.evolve(left_out, acknowledged=frozenset({DIGEST})).gate == "acknowledged"


def test_json_has_moves_findings_and_the_gate() -> None:
    """The members of the format."""
    value = json.loads(change_json(outcome(gated=True, moves=(STAYS, LOOSER, TIGHTER))))

    assert value["format"] == "helm-logic/change-report/v1"
    assert (value["gate"], value["digest"], value["noEffect"]) == ("refused", DIGEST, False)
    assert (value["loosened"], value["tightened"]) == (True, True)
    assert value["moves"][2] == {
        "before": "ALLOW",
        "after": "DENY",
        "more": 2,
        "size": 40,
        "regions": ['env = "dev"'],
    }
    assert [each["code"] for each in value["findings"]] == ["HL301"]
    assert json.loads(change_json(outcome()))["gate"] is None
