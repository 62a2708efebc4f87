# SPDX-License-Identifier: Apache-2.0
"""The fuzzer: it counts what agrees, and hands over what does not as a small case."""

from __future__ import annotations

import pytest

from tests.engine import fuzz
from tests.engine.strategies import Case


def test_it_counts_agreement(capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for so many cases, it stops after them with exit code 0."""
    assert fuzz.main(["--count", "3"]) == 0
    assert capsys.readouterr().out.startswith("3 cases agree, from seed ")


def test_it_makes_a_failing_case_small(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rules and rows that the failure does not need are dropped, and the rest is printed."""

    def fail_on_two_rules(case: Case) -> None:
        if len(case.program.rules) > 1:
            raise AssertionError("two rules")

    monkeypatch.setattr(fuzz, "require_agreement", fail_on_two_rules)

    assert fuzz.main(["--seed", "0"]) == 1

    out = capsys.readouterr().out
    assert "case 0 fails: AssertionError: two rules" in out
    assert out.count("Rule(id=") == 2
    assert "facts={'g0': []}" in out
