# SPDX-License-Identifier: Apache-2.0
"""A change of rules as text and JSON, and what the gate lets pass."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from helm_logic.analysis.finding import INFO, WARNING
from helm_logic.analysis.report.change import (
    ChangeOutcome,
    change_json,
    change_text,
    with_digests,
)
from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import prelude
from helm_logic.receipts.verdict import Verdict
from tests.analysis.report.sample import GAP, OVERRIDDEN

ALLOW, ESCALATE, DENY = Verdict.ALLOW, Verdict.ESCALATE, Verdict.DENY
LOOSENED = attrs.evolve(GAP, code="HL301", severity=WARNING, message="now allowed")
TIGHTENED = attrs.evolve(OVERRIDDEN, code="HL305", severity=INFO, message="now denied")
UNKNOWN = attrs.evolve(GAP, code="HL903", message="not decided")
RULES = 'known_action("a").\n'


@attrs.frozen
class Moved:
    """A move, made by hand."""

    before: Verdict
    after: Verdict
    size: int
    regions: tuple[str, ...] = ()


MOVES = (Moved(ALLOW, ALLOW, 1200), Moved(DENY, ALLOW, 3, ('env = "prod"',)), Moved(DENY, DENY, 40))


def rules(text: str = RULES) -> RuleSet:
    """Return the rule set in *text*."""
    return load(Source("main.dl", text), lambda _: None, prelude=prelude())


def outcome(**changes: Any) -> ChangeOutcome:
    """Return a change with one loosening and one tightening."""
    findings = with_digests([LOOSENED, TIGHTENED], rules(), rules(RULES * 2))
    made = ChangeOutcome("old/main.dl", "new/main.dl", findings, MOVES, no_effect=False)
    return attrs.evolve(made, **changes)


def test_a_change_is_shown_move_by_move_and_as_a_table() -> None:
    """Each finding with its digest if it loosens; then how many kinds of requests moved where."""
    said = change_text(outcome())
    digest = outcome().findings[0].fingerprint

    assert "HL301: now allowed\n" in said
    assert said.count("digest: sha256:") == 1
    assert f"  digest: {digest}\n" in said
    assert said.endswith(
        """\
old/main.dl -> new/main.dl
kinds of requests, by the verdict before (rows) and after (columns):
               ALLOW  ESCALATE      DENY
  ALLOW        1,200         0         0
  ESCALATE         0         0         0
  DENY             3         0        40
"""
    )


def test_no_effect_is_said_in_one_line() -> None:
    """Without a change there is no table to read."""
    said = change_text(outcome(findings=(), moves=(), no_effect=True, gated=True))

    assert said == (
        "old/main.dl -> new/main.dl\n"
        "no effect: both give every request the same verdict (proved)\n"
        "gate no-loosening: passed\n"
    )


def test_the_gate_refuses_a_loosening_until_it_is_acknowledged() -> None:
    """A tightening passes; the digest that would let the loosening pass is shown."""
    (loosening, tightening) = outcome().findings
    refused = outcome(gated=True)
    passed = outcome(gated=True, acknowledged=frozenset({loosening.fingerprint}))
    other = outcome(gated=True, acknowledged=frozenset({tightening.fingerprint}))

    assert (refused.failed, passed.failed, other.failed) == (True, False, True)
    assert refused.refused == (loosening,)
    assert f"  --acknowledge {loosening.fingerprint}\n" in change_text(refused)
    assert "  acknowledged\n" in change_text(passed)
    assert change_text(passed).endswith("gate no-loosening: passed\n")
    assert not outcome().failed


@pytest.mark.parametrize("gated", [True, False])
def test_what_is_not_decided_passes_nothing(gated: bool) -> None:  # noqa: FBT001 - drawn
    """With or without a gate, and whatever is acknowledged."""
    findings = with_digests([UNKNOWN], rules(), rules())
    marks = frozenset(each.fingerprint for each in findings)
    whole = outcome(findings=findings, gated=gated, acknowledged=marks)

    assert whole.failed
    assert "what is not known passes no gate" in change_text(whole)
    assert "passed" not in change_text(whole)


def test_a_digest_is_of_one_change_only() -> None:
    """Other rules on either side, another region: another digest. Comments and layout: the same."""
    base = with_digests([LOOSENED], rules(), rules(RULES * 2))
    spaced = with_digests([LOOSENED], rules("% why\n\n" + RULES), rules(RULES * 2))
    others = [
        with_digests([LOOSENED], rules('known_action("b").'), rules(RULES * 2)),
        with_digests([LOOSENED], rules(), rules(RULES)),
        with_digests([LOOSENED], rules(RULES * 2), rules()),
        with_digests([LOOSENED], rules(), rules(RULES * 2 + "#input x : bool from context.x.\n")),
        with_digests([attrs.evolve(LOOSENED, region="more")], rules(), rules(RULES * 2)),
    ]

    assert spaced[0].fingerprint == base[0].fingerprint
    assert len({base[0].fingerprint, *(each[0].fingerprint for each in others)}) == 6


def test_json_has_moves_findings_and_what_the_gate_refused() -> None:
    """The members of the format, with each loosening acknowledged or not."""
    value = json.loads(change_json(outcome(gated=True)))

    assert set(value) == {"format", "old", "new", "noEffect", "moves", "findings", "refused"}
    assert value["moves"][1] == {
        "before": "DENY",
        "after": "ALLOW",
        "size": 3,
        "regions": ['env = "prod"'],
    }
    loosened, tightened = value["findings"]
    assert loosened["acknowledged"] is False
    assert "acknowledged" not in tightened
    assert value["refused"] == [loosened["fingerprint"]]
