# SPDX-License-Identifier: Apache-2.0
"""The policy tests that ship beside `rules/authority.dl` come out as they say."""

from __future__ import annotations

from helm_logic.policy.cases import run_file
from tests.authority.court import RULES


def test_the_cases_beside_the_authority_rules_pass() -> None:
    """Every case of authority_test.toml, by the real judge."""
    outcomes = run_file(RULES / "authority_test.toml")

    assert len(outcomes) > 20
    assert {one.case.name: one.faults for one in outcomes if one.faults} == {}
