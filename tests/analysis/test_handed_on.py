# SPDX-License-Identifier: Apache-2.0
"""What lint says of rules that hand authority on, and when it asks a solver for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helm_logic.analysis.cache import Cache
from helm_logic.analysis.chains import prove
from helm_logic.analysis.chains.attenuation import Attenuation
from helm_logic.analysis.chains.system import System
from helm_logic.analysis.lint import lint
from tests.analysis.chains.planted import DECLARED, ROOT, STEP, loaded

KNOWN = 'known_action("deploy").\n'
RULES = KNOWN + "allow(go) :- subject(A), authority(A, _, _, _, _, _).\n" + DECLARED + ROOT + STEP
LATER = ("    U <= V,\n", "")


def codes(text: str, cache: Cache | None = None) -> list[str]:
    """Return the codes of what lint says about the chains of *text*."""
    found = lint(loaded(text), cache=cache).findings
    return [each.code for each in found if each.code.startswith(("HL2", "HL9"))]


def test_rules_that_narrow_are_silent_and_one_that_widens_is_found() -> None:
    """The same rules with and without the comparison of one column."""
    assert codes(RULES) == []
    assert codes(RULES.replace(*LATER)) == ["HL202"]


def test_a_helper_of_the_stock_rules_counts_as_a_rule_of_ones_own() -> None:
    """A rule by which every link is shorter than the one before it lets some outlive it."""
    text = f'#include "authority".\n{KNOWN}allow(go) :- authorized.\n'
    text += '@id("mine") shorter(L) :- parent(L, _).\n'
    assert codes(text) == ["HL202"]


def test_what_is_proved_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that knows the proof asks nothing; after an edit of the step it does."""
    path = tmp_path / "cache.json"
    asked: list[tuple[str, ...]] = []
    known = prove.prove_system

    def noted(system: System, timeout_ms: int = 1000) -> Attenuation:
        asked.append(tuple(system.shapes))
        return known(system, timeout_ms)

    first = Cache(path)
    codes(RULES, first)
    first.save()
    monkeypatch.setattr(prove, "prove_system", noted)
    assert codes(RULES + 'known_action("roll").\n', Cache(path)) == []
    assert asked == []
    assert codes(RULES.replace(*LATER), Cache(path)) == ["HL202"]
    assert asked == [("authority",)]


def test_rules_that_only_include_the_stock_ones_need_no_solver() -> None:
    """The shipped deploy rules are linted in a process that never loads z3."""
    script = (
        "import sys; from pathlib import Path; from helm_logic.analysis.lint import lint;"
        "from helm_logic.policy.folder import read_rules, stock_rules;"
        "lint(read_rules(stock_rules() / 'deploy' / 'main.dl')); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert "z3" not in done.stdout.decode().split()
