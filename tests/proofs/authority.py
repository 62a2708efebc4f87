# SPDX-License-Identifier: Apache-2.0
"""The proofs about `rules/authority.dl`, made from the rules: `python -m tests.proofs.authority`.

Run as a program it writes proofs/ anew, which is needed when the rules, what is assumed of facts
or the formulas change; git then shows what became different.
"""

from __future__ import annotations

from pathlib import Path

from helm_logic.analysis.chains.certificate import certificate_of, write_certificate
from helm_logic.analysis.chains.contract import STOCK, saved_exclusion, write_exclusion
from helm_logic.analysis.chains.exclusion import prove_exclusion
from helm_logic.analysis.chains.prove import prove_attenuation
from helm_logic.lang import RuleSet
from helm_logic.policy.folder import read_rules

ROOT = Path(__file__).resolve().parents[2]
NEVER_WIDENS = "authority_never_widens"
EXCLUDES = STOCK


def rules() -> RuleSet:
    """Return the rules that the proofs are about."""
    return read_rules(ROOT / "rules" / "authority.dl")


def write_proofs(folder: Path) -> None:
    """Prove everything about the rules and write it to *folder*."""
    rule_set = rules()
    (known,) = prove_attenuation(rule_set)
    write_certificate(certificate_of(known), folder / NEVER_WIDENS)
    write_exclusion(saved_exclusion(rule_set, prove_exclusion(rule_set)), folder / EXCLUDES)


if __name__ == "__main__":
    write_proofs(ROOT / "proofs")
