# SPDX-License-Identifier: Apache-2.0
"""Four of the thirteen known defects of another system, as they would show at the front door.

The others are in tests/authority/test_upstream_defects.py, against facts and rules.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_logic.guard import Guard
from helm_logic.receipts import Verdict, verify
from tests.authority.world import FOUNDER, OPS, STRANGER, TOOL, make_chain
from tests.guard.town import ask, make_folder, open_guard


def with_members(**members: Any) -> bytes:
    """Return a request without a chain, with *members* laid over it."""
    return json.dumps({**json.loads(ask(chain=())), **members}).encode()


def test_d9_delegation_is_not_opt_in(guard: Guard) -> None:
    """D9: without a delegation session nothing was narrowed; here, no chain means no authority."""
    decision = guard.decide(ask(chain=()))

    assert (decision.verdict, decision.codes) == (Verdict.DENY, ("empty_chain",))
    assert decision.index is not None


@pytest.mark.parametrize(
    "members",
    [
        {"context": {"ci_passed": True, "authorized": True, "delegation_validated": True}},
        {"authorized": True, "facts": {"authorized": [[]]}},
        {"link": [["x", FOUNDER, TOOL]], "anchor": [TOOL], "now": 0},
        {"subject": {"type": "tool", "id": "deploy", "properties": {"anchor": True}}},
    ],
)
def test_d10_no_caller_can_set_what_a_policy_reads(guard: Guard, members: dict[str, Any]) -> None:
    """D10: plain context keys stood for validated delegation; here only verified links do."""
    decision = guard.decide(with_members(**members))

    assert Verdict.DENY is decision.verdict
    assert "empty_chain" in decision.codes


def test_d12_every_decision_names_its_links_in_a_durable_receipt(guard: Guard) -> None:
    """D12: delegation receipts were best effort; here no verdict leaves without one."""
    chain = make_chain((FOUNDER, OPS, "agent:middle", TOOL))
    decision = guard.decide(ask(chain=chain))
    receipt = verify(guard.receipt(decision.receipt_id).to_bytes(), guard.trust)
    links: list[dict[str, str]] = list(receipt.statement.chain)  # type: ignore[call-overload]

    assert Verdict.ALLOW is decision.verdict
    assert [link.digest for link in chain] == [each["digest"] for each in links]


def test_d13_the_principal_does_not_depend_on_the_transport(tmp_path: Path) -> None:
    """D13: the principal was built from the remote address; here it is the subject, and no more."""
    requests = [ask(), with_members(chain=json.loads(ask())["chain"], remote="192.0.2.7:1")]
    for place, request in enumerate(requests):
        with open_guard(make_folder(tmp_path / str(place))) as guard:
            requests[place] = guard.decide(request).receipt_id.encode()

    assert requests[0] == requests[1]
    with open_guard(make_folder(tmp_path / "other")) as guard:
        assert "principal_mismatch" in guard.decide(ask(subject=STRANGER)).codes
