# SPDX-License-Identifier: Apache-2.0
"""What it means that engines agree on a case: the check that tests and the fuzzer share.

Model, heights, derivations, supporting rules and firings of the native engine against the naive
one; the rows of pyDatalog, and the certificate made from them, against the same; what is kept
between requests against everything given at once; and the kernel as judge of every certificate,
which must accept the right ones and refuse each changed one.
"""

from __future__ import annotations

import attrs

from helm_logic.engine import Engine, Evaluation, canonical, pydatalog
from helm_logic.errors import CertificateRefused, EvaluationError
from helm_logic.kernel.certificate import Apply, Certificate
from helm_logic.kernel.check import Checker
from helm_logic.kernel.terms import Atom, Row
from tests.engine.reference import Fact, Naive
from tests.engine.strategies import DOMAINS, Case

Model = dict[str, dict[Row, int]]


def require_agreement(case: Case, *, reference: bool = True) -> None:
    """Raise AssertionError if any two engines differ on *case*; ask pyDatalog if *reference*."""
    native, whole, naive = _native(case), _native(_whole(case)), _naive(case)
    assert (native is None) == (whole is None) == (naive is None), "only one found an overflow"
    rows = _pydatalog(case) if reference else None
    if native is None or whole is None or naive is None:
        assert rows is None, "pydatalog found no overflow"
        return
    goals = _goals(naive.model)
    assert native.model == naive.model
    assert native.firings == len(naive.instances)
    assert native.derivation(goals) == naive.derivation(goals)
    for goal in goals:
        assert native.supporting_rules(*goal) == naive.supporting_rules(goal)
    assert whole.model == native.model
    assert whole.firings == native.firings
    assert whole.derivation(goals) == native.derivation(goals)
    if reference:
        assert rows == {name: set(heights) for name, heights in naive.model.items()}
        model = canonical.heights(case.program, case.facts, rows)
        found = canonical.certificate(case.program, case.facts, model, goals)
        assert found == native.certificate(goals)
    _require_judgement(case, native, goals)


def _goals(model: Model) -> list[Fact]:
    """List the derived facts, predicates from the top, so that goals are premises of others."""
    return [(name, row) for name, rows in reversed(model.items()) for row in sorted(rows)]


def _whole(case: Case) -> Case:
    """Give the same case with nothing kept between requests."""
    return attrs.evolve(case, static=frozenset())


def _native(case: Case) -> Evaluation | None:
    try:
        return Engine(case.program, case.kept).evaluate(case.asked)
    except EvaluationError:
        return None


def _naive(case: Case) -> Naive | None:
    try:
        return Naive(case.program, case.facts)
    except EvaluationError:
        return None


def _pydatalog(case: Case) -> dict[str, set[Row]] | None:
    try:
        return pydatalog.evaluate(case.program, case.facts)
    except EvaluationError:
        return None


def _require_judgement(case: Case, native: Evaluation, goals: list[Fact]) -> None:
    checker = Checker(case.program)
    for goal in goals[:3] + goals[-1:]:
        certificate = native.certificate([goal])
        assert checker.check(case.facts, certificate) == Atom(*goal)
        for what, changed in _changes(case, certificate):
            try:
                checker.check(case.facts, changed)
            except CertificateRefused:
                continue
            raise AssertionError(f"the kernel accepted a certificate with {what}")


def _changes(case: Case, certificate: Certificate) -> list[tuple[str, Certificate]]:
    """Give certificates that are wrong in one place each."""
    changes: list[tuple[str, Certificate]] = []
    model = {name: dict(rows) for name, rows in certificate.model.items()}
    for name, rows in model.items():
        row, height = max(rows.items(), key=lambda each: each[1])
        less = {other: h for other, h in rows.items() if other != row}
        changes.append(("a fact less", attrs.evolve(certificate, model={**model, name: less})))
        if height > 1:
            lower = {**model, name: {**rows, row: 1}}
            changes.append(("a height too small", attrs.evolve(certificate, model=lower)))
    for each in case.program.predicates:
        row = tuple(DOMAINS[column][0] for column in each.columns)
        if not each.given and row not in model.get(each.name, ()):
            more = {**model, each.name: {**model.get(each.name, {}), row: 1}}
            changes.append(("a fact more", attrs.evolve(certificate, model=more)))
    for number, step in enumerate(certificate.steps):
        steps = list(certificate.steps)
        if isinstance(step, Apply) and step.premises != step.premises[::-1]:
            steps[number] = step._replace(premises=step.premises[::-1])
            changes.append(("premises swapped", attrs.evolve(certificate, steps=tuple(steps))))
        if isinstance(step, Apply) and step.premises:
            steps[number] = step._replace(premises=(*step.premises[:-1], number))
            changes.append(("a step from itself", attrs.evolve(certificate, steps=tuple(steps))))
    return changes
