# SPDX-License-Identifier: Apache-2.0
"""proofs/authority_*: as the rules give them, and proved again by z3 and by cvc5."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_logic.analysis.chains.certificate import read_certificate
from helm_logic.analysis.chains.contract import read_exclusion
from helm_logic.analysis.chains.files import stock_proofs
from helm_logic.analysis.chains.recheck import recheck, recheck_contract
from tests.proofs.authority import EXCLUDES, NEVER_WIDENS, ROOT, rules, write_proofs

AGAIN = "write the proofs anew: python -m tests.proofs.authority"


def test_the_saved_proofs_are_what_the_rules_give(tmp_path: Path) -> None:
    """Proving everything once more gives the same files, byte for byte."""
    write_proofs(tmp_path)
    for name in (NEVER_WIDENS, EXCLUDES):
        made = {each.name: each.read_bytes() for each in (tmp_path / name).iterdir()}
        kept = {each.name: each.read_bytes() for each in (ROOT / "proofs" / name).iterdir()}
        assert made == kept, AGAIN


def test_authority_never_widens() -> None:
    """Along every chain, however long and whatever it states: both solvers agree."""
    shown = recheck(read_certificate(stock_proofs() / NEVER_WIDENS), rules())
    assert set(shown.shown) == {"scope", "window", "depth", "length", "continuation"}
    assert [each.partition(" ")[0] for each in shown.solvers] == ["z3", "cvc5"]


def test_authority_excludes_every_fault() -> None:
    """Where the rules authorize, none of their faults holds: both solvers agree."""
    shown = recheck_contract(read_exclusion(stock_proofs() / EXCLUDES), rules())
    reasons = {each.id for each in rules().program.rules if each.head.predicate == "deny"}
    assert set(shown.shown) == reasons - {"invalid-input", "unknown-action"}
    assert len(shown.solvers) == len(("z3", "cvc5"))


@pytest.mark.parametrize("name", [NEVER_WIDENS, EXCLUDES])
def test_conditions_are_plain_smt_lib(name: str) -> None:
    """No command and no function that only one solver knows stands in them."""
    known = {"set-logic", "declare-sort", "declare-fun", "assert", "check-sat"}
    for path in (ROOT / "proofs" / name).glob("*.smt2"):
        lines = [each for each in path.read_text("utf-8").splitlines() if each[:1] != ";"]
        commands = {each[1:].split(" ", 1)[0].rstrip(")") for each in lines}
        assert commands <= known, path.name
        assert "(_ " not in path.read_text("utf-8")
