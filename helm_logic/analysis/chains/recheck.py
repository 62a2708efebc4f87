# SPDX-License-Identifier: Apache-2.0
"""Verification conditions asked again, of solvers that know nothing but their text."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from helm_logic.analysis import second_solver, solver
from helm_logic.analysis.chains.certificate import Certificate, require_conditions
from helm_logic.analysis.chains.contract import SavedExclusion, require_exclusion
from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.solver import TIMEOUT_MS
from helm_logic.errors import CertificateRefused
from helm_logic.lang import RuleSet


@attrs.frozen
class Rechecked:
    """What was *shown* again, by so many *conditions*, each by all of *solvers*."""

    shown: tuple[str, ...]
    conditions: int
    solvers: tuple[str, ...]


def recheck(
    certificate: Certificate,
    rule_set: RuleSet,
    *,
    second: bool = True,
    timeout_ms: int = TIMEOUT_MS,
) -> Rechecked:
    """Return what *certificate* shows of *rule_set*, by a fresh z3 and, if *second*, by cvc5.

    Raises CertificateRefused if it is about other rules, has other conditions than they give, or a
    solver does not find one unsatisfiable, and SolverMissing if cvc5 is wanted and not installed.
    """
    require_conditions(certificate, rule_set)
    return _rechecked(
        certificate.properties, certificate.conditions, second=second, timeout_ms=timeout_ms
    )


def recheck_contract(
    proof: SavedExclusion, rule_set: RuleSet, *, second: bool = True, timeout_ms: int = TIMEOUT_MS
) -> Rechecked:
    """Return which faults *proof* excludes from *rule_set*; raises as `recheck` does."""
    require_exclusion(proof, rule_set)
    return _rechecked(proof.faults, proof.conditions, second=second, timeout_ms=timeout_ms)


def _rechecked(
    shown: tuple[str, ...], conditions: Sequence[Condition], *, second: bool, timeout_ms: int
) -> Rechecked:
    asked = [solver, second_solver] if second else [solver]
    versions = tuple(each.version() for each in asked)
    for each in asked:
        for condition in conditions:
            answer = each.is_unsatisfiable(condition.script, timeout_ms)
            if answer is not True:
                got = "a model" if answer is False else answer.reason
                where = f"condition `{condition.name}`, {each.version()}"
                raise CertificateRefused(where, got, "unsatisfiable")
    return Rechecked(shown, len(conditions), versions)
