# SPDX-License-Identifier: Apache-2.0
"""Verification conditions asked again, of solvers that know nothing but their text."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from helm_logic.analysis import second_solver, solver
from helm_logic.analysis.chains.certificate import Certificate, require_conditions
from helm_logic.analysis.chains.induction import Condition
from helm_logic.analysis.solver import TIMEOUT_MS
from helm_logic.errors import CertificateRefused
from helm_logic.lang import RuleSet


@attrs.frozen
class Rechecked:
    """What was shown again: *properties*, by so many *conditions*, each by all of *solvers*."""

    properties: tuple[str, ...]
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
    asked = [solver, second_solver] if second else [solver]
    versions = tuple(each.version() for each in asked)
    for each in asked:
        require_unsatisfiable(certificate.conditions, each.__name__, timeout_ms)
    return Rechecked(certificate.properties, len(certificate.conditions), versions)


def require_unsatisfiable(
    conditions: Iterable[Condition], asked: str, timeout_ms: int = TIMEOUT_MS
) -> None:
    """Raise CertificateRefused unless a solver finds that each of *conditions* cannot hold."""
    decide = (
        second_solver.is_unsatisfiable
        if asked == second_solver.__name__
        else solver.is_unsatisfiable
    )
    for each in conditions:
        answer = decide(each.script, timeout_ms)
        if answer is not True:
            got = "a model" if answer is False else str(answer)
            raise CertificateRefused(f"condition `{each.name}`", got, "unsatisfiable")
