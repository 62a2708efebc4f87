# SPDX-License-Identifier: Apache-2.0
"""The contract of chain rules: told by a saved proof, or proved anew, and else not held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from helm_logic.analysis.chains.contract import (
    SavedExclusion,
    contract,
    read_exclusion,
    require_exclusion,
    saved_exclusion,
    write_exclusion,
)
from helm_logic.analysis.chains.exclusion import faults_of, prove_exclusion
from helm_logic.analysis.chains.files import stock_proofs
from helm_logic.errors import CertificateRefused
from helm_logic.policy.folder import read_rules, stock_rules
from tests.analysis.chains.planted import edited, loaded

ALL = 34


def test_the_shipped_rules_keep_it() -> None:
    """Alone, and in a policy that includes them; every fault of the file is excluded."""
    for name in ("authority.dl", "deploy/main.dl"):
        rule_set = read_rules(stock_rules() / name)
        known = contract(rule_set)
        assert known.holds, known.why_not
        assert len(known.faults) == ALL
        assert set(known.faults) <= {each.id for each in rule_set.program.rules}


def test_no_solver_is_asked_for_a_saved_proof() -> None:
    """A lint of rules that include the shipped ones loads none."""
    code = (
        "import sys; from helm_logic.policy.folder import read_rules, stock_rules;"
        "from helm_logic.analysis.chains.contract import contract;"
        "print(contract(read_rules(stock_rules() / 'authority.dl')).holds, 'z3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"False"]


@pytest.mark.parametrize(
    "text",
    [
        '#include "authority".\nauthorized :- subject("user:root").\n',
        '#include "authority".\ncovers(L) :- link(L, _, _), action("read").\n',
        '#include "authority".\nlive(L) :- root(L).\n',
    ],
)
def test_a_policy_that_adds_to_the_rules_does_not(text: str) -> None:
    """One more way to be authorized, and the saved proof is about other rules."""
    known = contract(loaded(text))
    assert not known.holds
    assert known.why_not


def test_rules_about_other_things_do_not_matter() -> None:
    """Allow, deny and helper rules of a policy leave the contract as it is."""
    text = '#include "authority".\nallow(ok) :- authorized.\ndeny(no) :- action("drop").\n'
    known = contract(loaded(text))
    assert known.holds
    assert len(known.faults) == ALL


@pytest.mark.parametrize(
    ("piece", "left"),
    [
        (("    not widened(L),\n", ""), "scope-widened"),
        (("sound(L), not repeated, ", "sound(L), "), "cyclic-chain"),
    ],
)
def test_what_is_no_longer_asked_is_no_longer_excluded(piece: tuple[str, str], left: str) -> None:
    """Without a literal that excludes a fault, exactly this one is not proved any more."""
    rule_set = edited(piece)
    assert not contract(rule_set).holds
    known = contract(rule_set, prove=True, timeout_ms=2_000)
    assert not known.holds
    assert {each.id for each in faults_of(rule_set)} - set(known.faults) == {left}
    assert left in known.why_not


def test_another_order_of_literals_is_proved_anew() -> None:
    """An edit that changes nothing is not in the saved proof, and can be proved."""
    rule_set = edited(("anchored(L), live(L), covers(L)", "anchored(L), covers(L), live(L)"))
    assert not contract(rule_set).holds
    assert contract(rule_set, prove=True).holds


def test_rules_without_chains_have_no_contract() -> None:
    """Nothing is excluded where no file concludes `authorized`."""
    known = contract(loaded('known_action("deploy").\n'), prove=True)
    assert (known.holds, known.faults) == (False, ())
    assert "authorized" in known.why_not


def test_without_a_proof_nothing_is_proved(tmp_path: Path) -> None:
    """A folder that cannot be read is no proof."""
    assert not contract(edited(), folder=tmp_path).holds


@pytest.fixture(scope="module")
def saved() -> SavedExclusion:
    """Return the saved proof."""
    return read_exclusion(stock_proofs() / "authority_excludes_every_fault")


def _forged(saved: SavedExclusion, change: str) -> SavedExclusion:
    first, *rest = saved.conditions
    easy = attrs.evolve(first, script="(assert false)\n(check-sat)\n")
    edits: dict[str, dict[str, Any]] = {
        "rules": {"rules": "sha256:" + "0" * 64},
        "condition": {"conditions": (easy, *rest)},
        "fewer": {"conditions": saved.conditions[:-1]},
        "sound": {"sound": "withdrawn"},
        "linked": {"linked": (*saved.linked, "withdrawn.1")},
        "faults": {"faults": (*saved.faults, "unknown-action")},
        "fault": {"faults": saved.faults[1:]},
    }
    return attrs.evolve(saved, **edits[change])


@pytest.mark.parametrize(
    "change", ["rules", "condition", "fewer", "sound", "linked", "faults", "fault"]
)
def test_a_forged_proof_is_refused(saved: SavedExclusion, change: str) -> None:
    """It is about these rules, these faults and these conditions, or about nothing."""
    with pytest.raises(CertificateRefused):
        require_exclusion(_forged(saved, change), edited())


def test_what_is_written_is_read(saved: SavedExclusion, tmp_path: Path) -> None:
    """A proof survives its files, and a new one is the saved one."""
    made = saved_exclusion(edited(), prove_exclusion(edited()))
    write_exclusion(made, tmp_path)
    assert read_exclusion(tmp_path) == made
    assert made.conditions == saved.conditions
